"""Her diary by day: what she wrote, her check-ins, what the pump reports of her doses."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from zoneinfo import ZoneInfo

from cisterna.clinic.bodies.hers import DiaryWritten
from cisterna.clinic.bodies.visit import VisitRecorded
from cisterna.clinic.course import Person
from cisterna.clinic.timeline import timeline
from cisterna.facts import Pathway


@dataclass(frozen=True, slots=True)
class Entry:
    """One line: `kind` is `wrote`, `check-in`, `granted`, `refused` or `told`.

    What somebody wrote has its `id` and who wrote it (`by`).
    """

    at: datetime
    kind: str
    pain: str = ""
    did: str = ""
    says: str = ""
    dose: str = ""
    count: int = 0
    why: str = ""
    id: str = ""
    by: str = ""


def days(person: Person, rules: Pathway, zone: ZoneInfo, at: datetime) -> list[list[Entry]]:
    """Her entries, the latest day first, each day in its order."""
    found = sorted(_entries(person, rules, zone, at), key=lambda e: e.at)
    made = [list(rows) for _, rows in groupby(found, key=lambda e: e.at.date())]
    return list(reversed(made))


def _entries(person: Person, rules: Pathway, zone: ZoneInfo, at: datetime) -> Iterator[Entry]:
    for said in person.every(DiaryWritten, None):
        b = said.body
        pain = "" if b.pain is None else str(b.pain)
        wrote = (pain, b.did, b.says, b.dose)
        yield Entry(b.seen.astimezone(zone), "wrote", *wrote, id=said.id, by=said.by.who)
    for visit in person.every(VisitRecorded, None):
        if visit.body.remote:
            pain = _pain(visit.body)
            yield Entry(visit.body.seen.astimezone(zone), "check-in", pain, says=visit.body.says)
    told = timeline(person, rules, at)
    for asked in told.asked:
        yield Entry(
            asked.at.astimezone(zone), "granted" if asked.granted else "refused", why=asked.why
        )
    for row in told.told:
        yield Entry(row.at.astimezone(zone), "told", count=row.doses)


def _pain(body: VisitRecorded) -> str:
    found = (s.value for s in body.scores if (s.scale, s.item) == ("numeric-pain", "average"))
    return next(found, "")
