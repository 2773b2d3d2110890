"""What she says herself: diary, messages, her language; and what the team answers to it."""

from dataclasses import dataclass
from datetime import datetime

from cisterna.clinic.event import event


@event
@dataclass(frozen=True, slots=True)
class DiaryWritten:
    """One entry of her diary: `about` is `day`, `before-dose` or `after-dose`; pain is 0 to 10."""

    seen: datetime
    about: str
    pain: int | None
    did: str
    says: str


@event
@dataclass(frozen=True, slots=True)
class MessageSent:
    """She writes to the team. `thread` is the id of the first message of a talk, empty for a new one.

    `level` is what triage made of her answers to the red-flag questions, never of her words.
    """

    thread: str
    subject: str
    says: str
    level: str


@event
@dataclass(frozen=True, slots=True)
class MessageAnswered:
    """The team answers in the talk that began with the event `thread`."""

    thread: str
    says: str


@event
@dataclass(frozen=True, slots=True)
class ReportAnswered:
    """Somebody of the team has taken up the report with the id `report`, and what came of it."""

    report: str
    says: str


@event
@dataclass(frozen=True, slots=True)
class LanguageStated:
    """The language that she wants to be spoken to in, and whether an interpreter has to be there."""

    language: str
    interpreter_needed: bool
    says: str = ""
