"""The antibiotic of an operation is over within a day."""

from collections.abc import Iterator
from datetime import datetime

from cisterna.clinic.antibiotic import ends_by, open_antibiotic
from cisterna.clinic.course import Person
from cisterna.clinic.event import Role
from cisterna.clinic.tasks.task import Task, tasks
from cisterna.facts import Pathway


@tasks
def antibiotic(person: Person, rules: Pathway, at: datetime) -> Iterator[Task]:
    """Whoever gave one stops it in time, and says when the last dose was."""
    given = open_antibiotic(person)
    if given is not None:
        until, fact = ends_by(given, rules)
        what = f"Stop the antibiotic ({given.body.drug}), and record its last dose."
        rest = until, Role.NURSE, f"within {fact.text()}", fact.locator, given.id
        yield Task(person.id, "antibiotic", what, *rest)
