"""A scan of somebody with a pump: asked for, cleared, prepared, done, interrogated, closed."""

from dataclasses import dataclass
from datetime import datetime

from cisterna.clinic.event import event
from cisterna.quantity import Quantity


@event
@dataclass(frozen=True, slots=True)
class ScanRequested:
    """A scan is asked for: why, where, in which field (`1.5 T`), by when."""

    question: str
    region: str
    field: str
    due: datetime


@event
@dataclass(frozen=True, slots=True)
class ScanCleared:
    """Cleared for this model of pump: other implants, what covers the time without drug."""

    pump: str
    field: str
    drugs: tuple[str, ...]
    other_implants: tuple[str, ...]
    cover: str


@event
@dataclass(frozen=True, slots=True)
class ScanPrepared:
    """What was done before; `drawn` is what was taken from the reservoir, where it is emptied."""

    done: tuple[str, ...]
    drawn: Quantity | None = None


@event
@dataclass(frozen=True, slots=True)
class ScanEnded:
    """The scan is over; the pump has not been asked yet."""

    ended: datetime


@event
@dataclass(frozen=True, slots=True)
class ScanInterrogated:
    """One interrogation after the scan: what of the list was seen to be so."""

    seen: datetime
    found: tuple[str, ...]
    says: str = ""


@event
@dataclass(frozen=True, slots=True)
class ScanClosed:
    """The pump runs and the list is done."""

    interrogations: int


@event
@dataclass(frozen=True, slots=True)
class ScanCancelled:
    """No scan was made."""

    reason: str
