"""What happens while the dose is found: visits, the end of rises, and the stable dose."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from cisterna.clinic.bodies.implant import Neuro
from cisterna.clinic.event import event


class Effect(StrEnum):
    """How the therapy works, against the visit before."""

    BETTER = "better"
    SAME = "same"
    LESS = "less"


@event
@dataclass(frozen=True, slots=True)
class TitrationVisited:
    """A reassessment, in the clinic or from elsewhere; the first three are words, never blank.

    Pain 0 to 10 at rest and moving; the Ashworth score where the therapy is for spasticity.
    """

    seen: datetime
    sedation: str
    constipation: str
    breathing: str
    effect: Effect
    neuro: Neuro
    pain_rest: int | None = None
    pain_moving: int | None = None
    ashworth: str | None = None
    says: str = ""


@event
@dataclass(frozen=True, slots=True)
class TitrationStopped:
    """The effect is lost in spite of rises: no further rise until the cause is looked for."""

    rises: int
    look_for: tuple[str, ...]


@event
@dataclass(frozen=True, slots=True)
class TitrationResumed:
    """The cause was looked for: what was found."""

    stop: str
    found: str


@dataclass(frozen=True, slots=True)
class GoalLookedAt:
    """One goal of hers, and how far it is reached, in her words."""

    goal: str
    reached: str


@event
@dataclass(frozen=True, slots=True)
class Stabilised:
    """The dose is found; each goal was looked at."""

    goals: tuple[GoalLookedAt, ...]
    says: str = ""


@event
@dataclass(frozen=True, slots=True)
class AdjustmentBegun:
    """The dose that was found is no longer right, and why."""

    reason: str


@event
@dataclass(frozen=True, slots=True)
class AdjustmentEnded:
    """The dose is right again: how she is with it, in words."""

    says: str
