"""A clinic of thousands for the load test: lives made by the real acts, told of many people.

A few courses are lived through act by act. Everybody else has one of them under a name of her own,
up to an event of her own, written through the record's own chain; the events of all people lie
between each other, as those of a working clinic do. Nobody here is real.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import islice

from django.db import transaction

from cisterna.clinic.event import Role, event_text
from cisterna.clinic.ledger.entry import ClinicKind, entry_after
from cisterna.clinic.ledger.models import EventRow
from cisterna.clinic.ledger.record import Record, event_row
from cisterna.clinic.web.members import invite
from cisterna.clinic.web.models import Member, PersonRow, TaskRow
from tests.clinic.onward import all_of
from tests.clinic.people import ENTRY, NURSE, SCRIPTS, Course, Step
from tests.clinic.years import BACLOFEN, MORPHINE, pain, tone, visit

SHORTEST, LONGEST = 40, 360
BEGIN = datetime(2021, 1, 4, 9, 0, tzinfo=UTC)
_PERSON = "QQPERSONQQ"
_BATCH = 2000
CLINIC = "main"
PASSWORD = "for the load test alone, on this machine"  # noqa: S105
ROLES = (Role.NURSE, Role.PHYSICIAN, Role.PHARMACIST, Role.THERAPIST, Role.SURGEON)
_GIVEN = ("Ada", "Ben", "Cleo", "Dan", "Eve", "Finn", "Gus", "Hana", "Ines", "Jo", "Kai", "Lea")
_LAST = ("Moss", "Reed", "Hill", "Lake", "Wood", "Stone", "Field", "Marsh", "Brook", "Vale")


@dataclass(frozen=True)
class Told:
    """One event of a lived course: its kind, its id and its text, of nobody yet."""

    kind: str
    id: str
    text: str


def lived(script: str) -> list[Told]:
    """A course into maintenance and years of visits, by the real acts."""
    course = Course(_PERSON, BEGIN).through(all_of(SCRIPTS[script]))
    while len(course.person.events) < LONGEST:
        value = len(course.person.events) % 11
        scores = tone("2", "2") if script == "palsy" else pain(value)
        drug = BACLOFEN if script == "palsy" else MORPHINE
        asked = visit(course, scores, now=drug)
        course.do(Step("record-visit", NURSE, asked, timedelta(days=7)))
    return [Told(e.kind, e.id, event_text(e)) for e in course.person.events[:LONGEST]]


def length(number: int) -> int:
    """How many events person `number` has: 40 to 360, 200 in the mean."""
    return SHORTEST + number * 7919 % (LONGEST - SHORTEST + 1)


def name(number: int) -> str:
    """What person `number` is called."""
    return f"{_GIVEN[number % 12]} {_LAST[number // 12 % 10]}-{number // 120}"


def texts(people: int) -> Iterator[tuple[str, Told]]:
    """(person, event) of everybody: the first events of all, then the second ones, and so on."""
    courses = [lived(script) for script in SCRIPTS]
    for step in range(LONGEST):
        for number in range(people):
            if step < length(number):
                found = courses[number % len(courses)][step]
                yield f"q{number:05d}", _of(found, number)


def _of(found: Told, number: int) -> Told:
    person = f"q{number:05d}"
    text = found.text.replace(_PERSON, person)
    if found.kind == "registered":
        text = text.replace(f'"{ENTRY.name}"', f'"{name(number)}"')
        text = text.replace(f'"{ENTRY.number}"', f'"MRN {number:05d}"')
    return Told(found.kind, found.id.replace(_PERSON, person), text)


def fill(database: str, people: int) -> int:
    """A record with these people; the number of its events."""
    record = Record.create(database, ClinicKind.REAL)
    seq, last = record.head()
    left = texts(people)
    while batch := list(islice(left, _BATCH)):
        rows = []
        for person, found in batch:
            entry = entry_after(seq, last, found.text)
            seq, last = entry.seq, entry.hash
            rows.append(event_row(entry, person, found.kind, found.id))
        with transaction.atomic(using=database):
            EventRow.objects.using(database).bulk_create(rows)
    return seq


def members(count: int) -> list[Member]:
    """So many accounts of staff, two of them auditors."""
    staff = (ROLES[n % len(ROLES)] for n in range(count))
    return accounts([Role.AUDITOR, Role.AUDITOR, *staff][:count])


def accounts(roles: Sequence[Role]) -> list[Member]:
    """An account with a second factor for each of these."""
    from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret  # noqa: PLC0415

    made = []
    for number, role in enumerate(roles):
        found, _ = invite(f"load-{number}", role, CLINIC, PASSWORD)
        TOTP.activate(found.user, generate_totp_secret())
        made.append(found)
    return made


def more_people(until: int) -> None:
    """Rows of the lists for people without events, each with a task, up to so many people."""
    have, now = PersonRow.objects.count(), datetime.now(UTC)
    places = ("referred", "evaluating", "titration", "maintenance")
    for start in range(have, until, _BATCH):
        numbers = range(start, min(start + _BATCH, until))
        about = {"clinic": CLINIC, "last": now, "events": 0, "seq": 0, "indication": "cancer-pain"}
        rows = [
            PersonRow(
                person=f"r{n:05d}", name=name(n), number=f"MRN {n:05d}",
                born=date(1940, 1, 1) + timedelta(days=n % 20_000), place=places[n % 4],
                since=now - timedelta(days=n % 90), **about,
            )
            for n in numbers
        ]  # fmt: skip
        PersonRow.objects.bulk_create(rows)
        TaskRow.objects.bulk_create(
            TaskRow(
                person_id=row.person, what="Refill", due=now + timedelta(days=n % 60 - 10),
                role=ROLES[n % len(ROLES)], why="",
            )
            for n, row in zip(numbers, rows, strict=True)
        )  # fmt: skip
