"""A task, and the list of all that are due: pure functions of the record, nothing is kept.

A part of the course lists its tasks in a function marked with `tasks`. A task is gone as soon as
the record shows what it asked for.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum

from cisterna.clinic.course import Person
from cisterna.clinic.event import Role
from cisterna.facts import Pathway


class Urgency(IntEnum):
    """At once; at once when overdue; by its date; of a schedule."""

    AT_ONCE = 0
    NOT_LATE = 1
    USUAL = 2
    ROUTINE = 3


@dataclass(frozen=True, slots=True)
class Task:
    """Something to do: of which kind, in words, by when, who, why, and where the rule stands.

    `about` is the id of the event that called for it. `routine` is what a schedule asks for again
    and again. `until` is when time alone changes this task, or puts another in its place; None is
    never.
    """

    person: str
    kind: str
    what: str
    due: datetime
    role: Role
    why: str
    source: str
    about: str
    routine: bool = False
    until: datetime | None = None

    def overdue(self, at: datetime) -> bool:
        """Whether it should have been done."""
        return at > self.due

    @property
    def urgency(self) -> "Urgency":
        """How it ranks among the tasks of a clinic."""
        if self.kind in AT_ONCE:
            return Urgency.AT_ONCE
        if self.kind in NOT_LATE:
            return Urgency.NOT_LATE
        return Urgency.ROUTINE if self.routine else Urgency.USUAL


Lists = Callable[[Person, Pathway, datetime], Iterator[Task]]

LISTS: list[Lists] = []
AT_ONCE = frozenset({"red-flag", "reconcile", "refill-again", "line-empty"})
"""Kinds that come before everything else: a red flag, a pump that may not do what is thought."""
NOT_LATE = frozenset(
    {
        *("refill", "refill-open", "first-programme", "look-neuro", "look-opioid", "scan"),
        *("report", "message"),
    }
)
"""Kinds that come before everything else as soon as they are overdue: a refill or a look missed, a
report or a message that nobody has taken up."""


def tasks(lists: Lists) -> Lists:
    """Make a function part of what `due` asks (a decorator)."""
    LISTS.append(lists)
    return lists


def due(person: Person, rules: Pathway, at: datetime) -> tuple[Task, ...]:
    """Every task of a person as it stands at `at`, the most urgent first."""
    found = (task for lists in LISTS for task in lists(person, rules, at))
    return tuple(sorted(found, key=lambda task: (task.kind not in AT_ONCE, task.due)))
