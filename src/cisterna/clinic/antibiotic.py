"""The antibiotic of an operation: by weight before the cut, and over within a day (pathway §4)."""

from datetime import UTC, datetime, time
from fractions import Fraction

from cisterna.clinic.bodies.implant import AntibioticEnded, AntibioticGiven, OperationRecorded
from cisterna.clinic.bodies.planning import Registered
from cisterna.clinic.course import Person, Said
from cisterna.facts import Cited, Pathway
from cisterna.quantity import Quantity, later


def dose_for(drug: str, weight: Quantity, rules: Pathway) -> tuple[Quantity, Cited] | None:
    """The dose for her weight and where it stands; None for a drug that the facts do not dose."""
    known = rules.ids_below("antibiotic", drug) if drug in rules.ids("antibiotic") else ()
    if "per-kg" in known:
        fact = rules.figure(f"antibiotic.{drug}.per-kg")
        kilograms: Fraction = weight.number("kg")
        return fact.value * kilograms, fact
    if "dose" not in known:
        return None
    heavy = weight >= rules.figure(f"antibiotic.{drug}.heavy").value
    fact = rules.figure(f"antibiotic.{drug}.{'heavy-dose' if heavy else 'dose'}")
    return fact.value, fact


def adult(person: Person, rules: Pathway, at: datetime) -> bool:
    """Whether she is of the age from which the doses of the facts are known."""
    entry = person.last(Registered, None)
    grown = rules.figure("antibiotic_adult").value
    if entry is None:
        return True
    born = datetime.combine(entry.body.born, time(), UTC)
    return later(born, grown) <= at


def open_antibiotic(person: Person) -> Said[AntibioticGiven] | None:
    """The antibiotic of the latest operation whose end nobody has recorded."""
    given, over = person.last(AntibioticGiven, None), person.last(AntibioticEnded, None)
    operated = person.last(OperationRecorded, None)
    if given is None or operated is None or operated.at < given.at:
        return None
    return None if over is not None and over.at >= given.at else given


def ends_by(given: Said[AntibioticGiven], rules: Pathway) -> tuple[datetime, Cited]:
    """By when it is over, and where that stands."""
    fact = rules.figure("antibiotic_stop")
    return later(given.body.given, fact.value), fact
