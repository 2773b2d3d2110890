"""Her plan as her record has it, in the parts that a page puts into words."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from cisterna.clinic.bodies.planning import GoalsSet
from cisterna.clinic.course import Person
from cisterna.clinic.next_refill import next_refill
from cisterna.clinic.outcomes import Outcomes, outcomes
from cisterna.clinic.therapy import DoseChange, dose_history
from cisterna.clinic.web.person.now import Now, now_of
from cisterna.facts import Library
from cisterna.order.form import Unusable
from cisterna.order.line import Refused


@dataclass(frozen=True, slots=True)
class Change:
    """One change of her dose as she reads it."""

    at: datetime
    what: str
    old: str
    new: str
    by: str
    reasons: tuple[str, ...]
    took: bool


@dataclass(frozen=True, slots=True)
class Plan:
    """What runs, how it came to be, what she wants to reach, and how it has gone."""

    now: Now
    refill: datetime | None
    refill_passed: bool
    changes: tuple[Change, ...]
    goals: tuple[tuple[str, str], ...]
    preferences: str
    outcomes: Outcomes


def plan_of(person: Person, library: Library, at: datetime) -> Plan:
    """Her plan as of `at`."""
    found, told = outcomes(person, library, at), person.last(GoalsSet, None)
    refill = refill_by(person, library)
    return Plan(
        now_of(person, library, at),
        refill,
        refill is not None and refill <= at,
        tuple(reversed(tuple(_changes(person)))),
        tuple((goal, step or "") for goal, step in found.goals.items()),
        told.body.preferences if told else "",
        found,
    )


def refill_by(person: Person, library: Library) -> datetime | None:
    """By when the pump has to be filled again; None where nothing runs, or nobody can say."""
    try:
        found = next_refill(person, library)
    except (Unusable, Refused):
        return None
    return found.refill_by if found else None


def _changes(person: Person) -> Iterator[Change]:
    for line in dose_history(person.events):
        yield _change(line)


def _change(line: DoseChange) -> Change:
    took = line.outcome in ("activated", "done", "stopped")
    words = (line.old or "", line.new or "")
    return Change(line.at, line.what, *words, line.by.who, line.reasons, took)
