"""Messages that wait for an answer."""

from collections.abc import Iterator
from datetime import datetime

from cisterna.clinic.course import Person
from cisterna.clinic.event import Role
from cisterna.clinic.messages import threads
from cisterna.clinic.tasks.task import Task, tasks
from cisterna.facts import Pathway
from cisterna.quantity import later


@tasks
def messages(person: Person, rules: Pathway, at: datetime) -> Iterator[Task]:
    """Each thread whose last word is hers."""
    fact = rules.figure("answer_within")
    for one in threads(person):
        if one.waits:
            due = later(one.since, fact.value)
            rest = due, Role.NURSE, "a message waits", fact.locator, one.id
            yield Task(person.id, "message", "Answer her message.", *rest)
