"""How to speak to her, and the link to her dates."""

from dataclasses import dataclass
from datetime import datetime

from cisterna.clinic.event import event


@event
@dataclass(frozen=True, slots=True)
class LanguageStated:
    """The language that she wants to be spoken to in, and whether an interpreter is needed."""

    language: str
    interpreter_needed: bool
    says: str = ""


@event
@dataclass(frozen=True, slots=True)
class CalendarShared:
    """A secret link to her dates, good until `until` or until it is ended."""

    until: datetime


@event
@dataclass(frozen=True, slots=True)
class CalendarEnded:
    """No link to her dates is good any more."""
