"""What the years after the implant leave to be done: refills and their watches, visits, scans."""

from collections.abc import Iterator
from datetime import datetime

from cisterna.clinic.course import Person
from cisterna.clinic.due import follow_tasks
from cisterna.clinic.event import Role
from cisterna.clinic.refill_tasks import refill_tasks
from cisterna.clinic.tasks.task import Task, tasks
from cisterna.facts import Pathway

_PHYSICIAN = ("watch-", "troubleshoot")


@tasks
def refills(person: Person, rules: Pathway, at: datetime) -> Iterator[Task]:
    """Refills by the date that binds, and every open finding of a watch."""
    for row in refill_tasks(person, rules, at):
        role = Role.PHYSICIAN if row.kind.startswith(_PHYSICIAN) else Role(row.role)
        due, where = row.due or _when(person, row.event), "pathway §5.5; §5.7; §6.5"
        rest = row.binding, where, row.event, False, row.until
        yield Task(person.id, row.kind, row.says, due, role, *rest)


def _when(person: Person, event: str) -> datetime:
    """At once: since it was on record."""
    return next(e.recorded for e in person.events if e.id == event)


@tasks
def follow(person: Person, rules: Pathway, at: datetime) -> Iterator[Task]:
    """Visits, results, tapers, scans, the search for a fault, and the pump's replacement."""
    for row in follow_tasks(person, rules, at):
        role = Role.NURSE if row.role == "any" else Role(row.role)
        rest = role, "schedule" if row.routine else "", row.source, "", row.routine, row.until
        what = f"{row.what[:1].upper()}{row.what[1:]}"
        yield Task(person.id, row.kind or row.what.partition(":")[0], what, row.due, *rest)
