"""Who looked at a person although she is of another clinic, and who looked at that."""

from dataclasses import dataclass

from cisterna.clinic.event import event


@event
@dataclass(frozen=True, slots=True)
class ChartOpened:
    """Somebody of another `clinic` opened the record; the event's `why` says for what."""

    clinic: str


@event
@dataclass(frozen=True, slots=True)
class OpeningReviewed:
    """Somebody else has looked at why; `opening` is the id of the event that opened it."""

    opening: str
    right: bool
