"""What she has said and who has answered: talks with the team, reports, her language, her diary."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from cisterna.clinic.bodies.emergency import EmergencyClosed, ReportTriaged
from cisterna.clinic.bodies.planning import Registered
from cisterna.clinic.bodies.voice import (
    DiaryWritten,
    LanguageStated,
    MessageAnswered,
    MessageSent,
    ReportAnswered,
)
from cisterna.clinic.course import Person, Said
from cisterna.clinic.event import Role
from cisterna.clinic.triage import Level

AT_HOME = (Role.PATIENT, Role.CAREGIVER)
_SATURDAY = 5


@dataclass(frozen=True, slots=True)
class Talk:
    """One talk with the team: its subject and what was said, oldest first.

    `waits` is the first message of hers that nobody has answered.
    """

    id: str
    subject: str
    said: tuple[Said[MessageSent | MessageAnswered], ...]
    waits: Said[MessageSent] | None

    @property
    def last(self) -> datetime:
        """When something was said last."""
        return self.said[-1].at


def talks(person: Person) -> tuple[Talk, ...]:
    """Every talk, the one with the latest word first."""
    found: dict[str, list[Said[MessageSent | MessageAnswered]]] = {}
    for one in person.events:
        if isinstance(one.body, MessageSent | MessageAnswered):
            said = Said(one.body, one.effective, one.actor, one.id)
            found.setdefault(one.body.thread or one.id, []).append(said)
    made = (_talk(name, said) for name, said in found.items())
    return tuple(sorted(made, key=lambda talk: talk.last, reverse=True))


def _talk(name: str, said: list[Said[MessageSent | MessageAnswered]]) -> Talk:
    waits: Said[MessageSent] | None = None
    subject = ""
    for one in said:
        if isinstance(one.body, MessageAnswered):
            waits = None
        else:
            subject = subject or one.body.subject
            waits = waits or Said(one.body, one.at, one.by, one.id)
    return Talk(name, subject, tuple(said), waits)


def open_reports(person: Person) -> tuple[Said[ReportTriaged], ...]:
    """What was reported from home and nobody has taken up; a red one ends with its emergency."""
    found: dict[str, Said[ReportTriaged]] = {}
    for one in person.events:
        if isinstance(one.body, ReportTriaged) and one.actor.role in AT_HOME:
            found[one.id] = Said(one.body, one.effective, one.actor, one.id)
        elif isinstance(one.body, ReportAnswered):
            found.pop(one.body.report, None)
        elif isinstance(one.body, EmergencyClosed):
            found = {k: r for k, r in found.items() if r.body.level != Level.RED}
    return tuple(found.values())


def answer_by(level: str, at: datetime, zone: ZoneInfo) -> datetime:
    """By when somebody acts (pathway §6.4): at once, the same day, or the next working day.

    Days are those of the person's zone, working days Monday to Friday; holidays are not known.
    """
    if level == Level.RED:
        return at
    day = at.astimezone(zone).date()
    if level == Level.GREEN:
        day += timedelta(days=1)
        while day.weekday() >= _SATURDAY:
            day += timedelta(days=1)
    return datetime.combine(day, time(23, 59), zone)


def zone_of(person: Person) -> ZoneInfo:
    """Her time zone; UTC before she is registered."""
    entry = person.last(Registered, None)
    return ZoneInfo(entry.body.zone if entry else "UTC")


@dataclass(frozen=True, slots=True)
class Spoken:
    """The language to speak to her in, whether an interpreter is needed, and what she adds."""

    language: str
    interpreter_needed: bool
    says: str = ""


def language_of(person: Person) -> Spoken | None:
    """As it was last stated, by herself or at the registration."""
    for one in reversed(person.events):
        if isinstance(one.body, LanguageStated):
            return Spoken(one.body.language, one.body.interpreter_needed, one.body.says)
        if isinstance(one.body, Registered):
            return Spoken(one.body.language, one.body.interpreter_needed)
    return None


def diary(person: Person) -> Iterator[Said[DiaryWritten]]:
    """Every entry of her diary, in the order in which it was written."""
    yield from person.every(DiaryWritten, None)
