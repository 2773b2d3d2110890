"""What a visit finds: scores, symptoms, adverse events, systemic opioids, tapers, studies.

Names of scales, symptoms, causes and studies are those of `facts/follow.toml`.
"""

from dataclasses import dataclass
from datetime import date, datetime

from cisterna.clinic.event import event
from cisterna.quantity import Quantity


@dataclass(frozen=True, slots=True)
class DrugDose:
    """An intrathecal drug and its daily dose, as the pump runs it at that moment."""

    drug: str
    per_day: Quantity


@dataclass(frozen=True, slots=True)
class Score:
    """One item of a scale, such as `numeric-pain`, `worst`, `7`."""

    scale: str
    item: str
    value: str


@dataclass(frozen=True, slots=True)
class Graded:
    """A symptom with its grade; `none` is an answer."""

    symptom: str
    grade: str


@event
@dataclass(frozen=True, slots=True)
class VisitRecorded:
    """One contact, in the clinic or remote: scores, symptoms, breaths a minute, the doses then."""

    seen: datetime
    remote: bool
    now: tuple[DrugDose, ...]
    scores: tuple[Score, ...]
    symptoms: tuple[Graded, ...]
    breaths: int | None = None
    says: str = ""


@event
@dataclass(frozen=True, slots=True)
class YearReviewed:
    """The yearly review with the team, each part in words, and whether the therapy goes on."""

    goals: str
    neurology: str
    endocrine: str
    device: str
    goes_on: bool
    reason: str


@dataclass(frozen=True, slots=True)
class Relation:
    """How an adverse event relates to one possible cause."""

    cause: str
    relation: str


@event
@dataclass(frozen=True, slots=True)
class AdverseEventRecorded:
    """One adverse event; `grade` 1 to 5 (CTCAE), `now` the doses at its onset.

    `procedure` names the event of an operation or refill that it followed, if it did.
    """

    term: str
    onset: datetime
    grade: int
    serious: bool
    related: tuple[Relation, ...]
    expected: bool
    action: str
    outcome: str
    now: tuple[DrugDose, ...]
    procedure: str = ""
    says: str = ""


@event
@dataclass(frozen=True, slots=True)
class OpioidsRecorded:
    """All systemic opioids as oral morphine equivalent a day, from a day on."""

    since: date
    daily: Quantity
    opioids: str


@dataclass(frozen=True, slots=True)
class TaperStep:
    """A daily dose from a day on."""

    since: date
    per_day: Quantity


@event
@dataclass(frozen=True, slots=True)
class TaperPlanned:
    """A taper as the clinician wrote it; it holds at a withdrawal score of `hold_at` (COWS)."""

    drug: str
    intrathecal: bool
    before: Quantity
    steps: tuple[TaperStep, ...]
    hold_at: int
    reason: str


@event
@dataclass(frozen=True, slots=True)
class WithdrawalScored:
    """The clinical opioid withdrawal scale at one moment."""

    score: int
    says: str = ""


@event
@dataclass(frozen=True, slots=True)
class TaperHeld:
    """The taper stays at its dose until a clinician plans it anew."""

    score: int
    hold_at: int


@event
@dataclass(frozen=True, slots=True)
class StudyOrdered:
    """Imaging or laboratory is ordered; its result is due by `due`."""

    kind: str
    question: str
    due: datetime


@dataclass(frozen=True, slots=True)
class Result:
    """One item of a result as the laboratory wrote it, with its unit."""

    item: str
    value: str


@event
@dataclass(frozen=True, slots=True)
class StudyReported:
    """The result of the order with the id `order`; `seen` when the study was made."""

    order: str
    kind: str
    seen: datetime
    results: tuple[Result, ...]
    says: str
