"""What the years after the implant ask of a record: since when, which drugs, how far."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from cisterna.clinic.bodies.planning import ImplantPlanned, Moved, Place
from cisterna.clinic.bodies.visit import AdverseEventRecorded, DrugDose, VisitRecorded
from cisterna.clinic.course import Person
from cisterna.facts import Library

AFTER_IMPLANT = (
    *(Place.IMPLANTED_OBSERVATION, Place.TITRATION, Place.MAINTENANCE, Place.REFILL),
    *(Place.ADJUST, Place.MRI_HOLD, Place.TROUBLESHOOTING, Place.EMERGENCY),
    Place.REVISION_PLANNED,
)

_SURGERY = (Place.IMPLANT_PLANNED, Place.REVISION_PLANNED)


@dataclass(frozen=True, slots=True)
class Due:
    """Something that falls due: what, by when, whom it needs, and where that rule stands.

    `kind` names it where its words do not; `routine` and `until` are those of a task.
    """

    what: str
    due: datetime
    role: str
    source: str
    kind: str = ""
    routine: bool = False
    until: datetime | None = None


def started(person: Person) -> datetime | None:
    """When the system was implanted in this round: the start of the therapy."""
    moves = (m for m in person.every(Moved) if m.body.after is Place.IMPLANTED_OBSERVATION)
    return next((m.at for m in moves), None)


def reached(person: Person, place: Place) -> bool:
    """Whether she has been at a place since the latest operation."""
    been: set[Place] = set()
    for move in person.every(Moved):
        if move.body.before in _SURGERY and move.body.after is Place.IMPLANTED_OBSERVATION:
            been = set()
        been.add(move.body.after)
    return place in been


def home(person: Person) -> Place:
    """Where she goes back to: as far as she had come since the latest operation."""
    return Place.MAINTENANCE if reached(person, Place.MAINTENANCE) else Place.TITRATION


def doses_on_record(person: Person) -> tuple[DrugDose, ...]:
    """The doses that the latest visit or adverse event was told."""
    kinds = (e.body for e in reversed(person.standing))
    bodies = (b for b in kinds if isinstance(b, VisitRecorded | AdverseEventRecorded))
    return next((b.now for b in bodies if b.now), ())


def drugs_on_record(person: Person) -> tuple[str, ...]:
    """The intrathecal drugs as last told, else the one that the implant was ordered for."""
    told = tuple(d.drug for d in doses_on_record(person))
    ordered = person.last(ImplantPlanned)
    return told or ((ordered.body.drug,) if ordered else ())


def kinds_of(drugs: Iterable[str], library: Library) -> frozenset[str]:
    """These drugs and their classes; a drug that is not known stands for itself."""
    names = set(drugs)
    known = names & set(library.drug_ids)
    return frozenset(names | {library.drug(name).drug_class for name in known})
