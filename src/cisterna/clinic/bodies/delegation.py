"""What she lets somebody who cares for her see and do; and the link to her calendar."""

from dataclasses import dataclass
from datetime import datetime

from cisterna.clinic.event import event


@event
@dataclass(frozen=True, slots=True)
class AccessGiven:
    """The caregiver `who` may do these things from now on (`clinic.delegated.RIGHTS`)."""

    who: str
    rights: tuple[str, ...]


@event
@dataclass(frozen=True, slots=True)
class AccessChanged:
    """From now on it is these things, and no others."""

    who: str
    rights: tuple[str, ...]


@event
@dataclass(frozen=True, slots=True)
class AccessEnded:
    """The caregiver may do nothing any more but report that something is wrong."""

    who: str


@event
@dataclass(frozen=True, slots=True)
class CalendarShared:
    """A secret link to the dates of her refills, good until `until` or until it is ended."""

    until: datetime


@event
@dataclass(frozen=True, slots=True)
class CalendarEnded:
    """No link to her calendar is good any more."""
