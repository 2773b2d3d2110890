"""Revision, replacement and the end of a therapy."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from cisterna.clinic.bodies.visit import DrugDose
from cisterna.clinic.event import event
from cisterna.quantity import Quantity


@event
@dataclass(frozen=True, slots=True)
class RevisionProposed:
    """A part that should be revised, and why; nothing is ordered by it."""

    part: str
    reason: str


@dataclass(frozen=True, slots=True)
class PlannedPart:
    """One part of the plan: which component in place (its serial or model), and what is done."""

    part: str
    old: str
    action: str


@event
@dataclass(frozen=True, slots=True)
class RevisionPlanned:
    """The order for a revision or replacement: parts, why, what covers the gap in the drug."""

    parts: tuple[PlannedPart, ...]
    reason: str
    cover: str


@event
@dataclass(frozen=True, slots=True)
class RevisionDeclined:
    """No revision: she, or the team, decided against it."""

    reason: str


@dataclass(frozen=True, slots=True)
class Replaced:
    """One component for another; `new` is empty where it was only removed or repaired."""

    part: str
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class LineSegment:
    """One segment of the catheter as it lies: model and length in place."""

    model: str
    length: Quantity


@event
@dataclass(frozen=True, slots=True)
class RevisionRecorded:
    """What the operation left in place; the whole catheter, measured anew."""

    replaced: tuple[Replaced, ...]
    line: tuple[LineSegment, ...]
    tip: str


@event
@dataclass(frozen=True, slots=True)
class IndicatorRead:
    """The day by which the pump says it has to be replaced, as an interrogation showed it."""

    pump: str
    implanted: date
    replace_by: date


class Ending(StrEnum):
    """How a therapy ends."""

    TAPER = "taper"
    EXPLANT = "explant"
    DEATH = "death"


@dataclass(frozen=True, slots=True)
class Cover:
    """What covers the withdrawal of one drug, in words."""

    drug: str
    plan: str


@event
@dataclass(frozen=True, slots=True)
class TherapyEnded:
    """The therapy ends: how, for which reason, from which doses, with which cover."""

    ending: Ending
    reason: str
    says: str
    now: tuple[DrugDose, ...]
    cover: tuple[Cover, ...]
