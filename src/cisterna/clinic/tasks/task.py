"""A task, and the list of all that are due: pure functions of the record, nothing is kept.

A part of the course lists its tasks in a function marked with `tasks`. A task is gone as soon as
the record shows what it asked for.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

from cisterna.clinic.course import Person
from cisterna.clinic.event import Role
from cisterna.facts import Pathway


@dataclass(frozen=True, slots=True)
class Task:
    """Something to do: of which kind, in words, by when, who, why, and where the rule stands.

    `about` is the id of the event that called for it.
    """

    person: str
    kind: str
    what: str
    due: datetime
    role: Role
    why: str
    source: str
    about: str

    def overdue(self, at: datetime) -> bool:
        """Whether it should have been done."""
        return at > self.due


Lists = Callable[[Person, Pathway, datetime], Iterator[Task]]

LISTS: list[Lists] = []
AT_ONCE = frozenset({"red-flag"})
"""Kinds that come before everything else, however long that is overdue."""


def tasks(lists: Lists) -> Lists:
    """Make a function part of what `due` asks (a decorator)."""
    LISTS.append(lists)
    return lists


def due(person: Person, rules: Pathway, at: datetime) -> tuple[Task, ...]:
    """Every task of a person as it stands at `at`, the most urgent first."""
    found = (task for lists in LISTS for task in lists(person, rules, at))
    return tuple(sorted(found, key=lambda task: (task.kind not in AT_ONCE, task.due)))
