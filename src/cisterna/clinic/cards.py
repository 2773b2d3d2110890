"""The emergency cards that fit a person, and the head that stands on each (pathway §7)."""

from collections.abc import Iterable
from dataclasses import dataclass

from cisterna.clinic.triage import fits, triage
from cisterna.facts import Card, Cards, Library
from cisterna.quantity import Quantity, show

UNKNOWN = "NOT KNOWN"


def cards_for(
    drugs: Iterable[str], findings: Iterable[str] = (), library: Library | None = None
) -> tuple[Card, ...]:
    """The cards for these intrathecal drugs, most urgent first where something was found.

    Without findings these are all that fit: what is printed to be kept. A drug that is not known,
    or none, puts the card with the maker's line first. Raises `UnknownFact` for a finding that
    nobody has.
    """
    library, names, told = library or Library(), tuple(drugs), tuple(findings)
    facts = Cards(library)
    letters = triage(told, names, library).cards if told else facts.ids()
    found = tuple(c for c in map(facts.card, letters) if fits(c, names, library))
    strange = not names or set(names) - set(library.drug_ids)
    return (facts.fallback(), *found) if strange else found


@dataclass(frozen=True, slots=True)
class Running:
    """A drug of the pump at the last confirmed programme."""

    drug: str
    concentration: Quantity
    daily_dose: Quantity


@dataclass(frozen=True, slots=True)
class Plain:
    """What the head of a card is filled with; what is None is printed as not known."""

    patient: str
    clinic_phone: str | None = None
    pump: str | None = None
    serial: str | None = None
    running: tuple[Running, ...] = ()
    confirmed: str | None = None
    bolus_limits: str | None = None
    last_refill: str | None = None
    catheter_volume: Quantity | None = None
    tip: str | None = None
    allergies: str | None = None
    systemic: str | None = None
    mr_status: str | None = None
    on_call: str | None = None
    poison_centre: str | None = None


def head(plain: Plain, library: Library | None = None) -> tuple[tuple[str, str], ...]:
    """The common head of every card, as label and words; nothing unknown is left out."""
    first = tuple(("", line) for line in Cards(library).head())
    volume = plain.catheter_volume
    rows = (
        ("Clinic", plain.clinic_phone),
        ("Patient", plain.patient),
        ("Pump", _pump(plain)),
        *_drugs(plain),
        ("Patient doses", plain.bolus_limits),
        ("Last refill", plain.last_refill),
        ("Catheter volume", None if volume is None else show(volume)),
        ("Tip", plain.tip),
        ("Allergies", plain.allergies),
        ("Systemic opioids and benzodiazepines", plain.systemic),
        ("MR status", plain.mr_status),
        ("On call", plain.on_call),
        ("Poison centre", plain.poison_centre),
    )
    return (*first, *((label, text or UNKNOWN) for label, text in rows))


def _pump(plain: Plain) -> str | None:
    return f"{plain.pump}, serial {plain.serial or UNKNOWN}" if plain.pump else None


def _drugs(plain: Plain) -> tuple[tuple[str, str | None], ...]:
    label = f"Drug at the last confirmed programme ({plain.confirmed or UNKNOWN})"
    if not plain.running:
        return ((label, None),)
    return tuple(
        (label, f"{r.drug} {show(r.concentration)}, {show(r.daily_dose)}") for r in plain.running
    )
