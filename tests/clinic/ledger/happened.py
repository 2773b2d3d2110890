"""Events that happen in the tests of the record."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from cisterna.clinic.event import Actor, Event, Role, event, event_text
from cisterna.clinic.ledger.entry import (
    ClinicKind,
    Entry,
    end_line,
    entry_after,
    head_line,
    origin,
)

NURSE = Actor("ada", Role.NURSE)
START = datetime(2026, 11, 30, 9, 0, tzinfo=UTC)
RECORD_ID = "0123456789abcdef0123456789abcdef"


@event
@dataclass(frozen=True, slots=True)
class PainSaid:
    """How much it hurts, from 0 to 10, in whose words."""

    level: int
    words: str = ""


def said(
    number: int, person: str = "p1", corrects: str | None = None, words: str = "", who: str = "ada"
) -> Event:
    """What a person said as event `e<number>`."""
    at, body = START + timedelta(minutes=number), PainSaid(number % 11, words)
    actor = Actor(who, Role.NURSE)
    return Event(f"e{number}", person, actor, at, at, body, corrects=corrects)


def chain(count: int) -> list[Entry]:
    """So many entries, as a record holds them."""
    entries: list[Entry] = []
    last = origin(ClinicKind.REAL, RECORD_ID)
    for number in range(1, count + 1):
        entries.append(entry_after(number - 1, last, event_text(said(number))))
        last = entries[-1].hash
    return entries


def export_of(entries: list[Entry], end: bool = True) -> list[str]:
    """The lines of their export."""
    last = entries[-1] if entries else None
    seq, bound = (last.seq, last.hash) if last else (0, origin(ClinicKind.REAL, RECORD_ID))
    lines = [head_line(ClinicKind.REAL, RECORD_ID), *(entry.line() for entry in entries)]
    return [*lines, end_line(seq, bound)] if end else lines
