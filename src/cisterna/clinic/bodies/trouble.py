"""The search for a fault of pump or catheter, step by step, and its verdict."""

from dataclasses import dataclass
from enum import StrEnum

from cisterna.clinic.event import event
from cisterna.quantity import Quantity


@event
@dataclass(frozen=True, slots=True)
class TroubleOpened:
    """Why somebody looks for a fault."""

    complaint: str


@event
@dataclass(frozen=True, slots=True)
class TroubleStepRecorded:
    """One step with what it found; `result` is empty where it was not done, and `says` why.

    `drawn` is what came back from the catheter access port.
    """

    step: str
    result: str
    says: str
    drawn: Quantity | None = None


@event
@dataclass(frozen=True, slots=True)
class LineSettled:
    """After an aspiration the catheter is empty: primed again, or the time without drug written."""

    primed: bool
    without_drug: Quantity | None
    says: str


class Fault(StrEnum):
    """What the search concludes."""

    NONE = "no-fault"
    CATHETER = "catheter"
    PUMP = "pump"
    DRUG = "drug"
    UNCLEAR = "unclear"


@event
@dataclass(frozen=True, slots=True)
class TroubleJudged:
    """The verdict with its reason, and what covers her until it is put right."""

    fault: Fault
    reason: str
    cover: str
    explore: bool = False
