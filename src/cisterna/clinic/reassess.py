"""The looks that a change of dose asks for, and which of them were had."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from cisterna.clinic.bodies.titration import TitrationVisited
from cisterna.clinic.course import Person
from cisterna.clinic.titration import DoseChange, dose_changes
from cisterna.facts import Cited, Pathway
from cisterna.quantity import Quantity, later


@dataclass(frozen=True, slots=True)
class Reassessment:
    """One look that a change of dose asks for: after `opens`, by `due`."""

    change: DoseChange
    opens: datetime
    due: datetime
    done: bool
    source: str


def reassessments(person: Person, rules: Pathway) -> tuple[Reassessment, ...]:
    """What the latest change asks for; an earlier one is overtaken by it."""
    changes = dose_changes(person)
    return tuple(_of(changes[-1], person, rules)) if changes else ()


def _of(change: DoseChange, person: Person, rules: Pathway) -> Iterator[Reassessment]:
    seen = [v.body.seen for v in person.every(TitrationVisited, None)]
    opens = change.at
    for by, fact in _spans(change, rules):
        due = later(change.at, by)
        yield Reassessment(change, opens, due, any(s > opens for s in seen), fact.locator)
        opens = due


def _spans(change: DoseChange, rules: Pathway) -> Iterator[tuple[Quantity, Cited]]:
    """After which spans she is seen: baclofen after every change, others after start or rise."""
    if change.drug == "baclofen":
        fact = rules.figure("reassess.baclofen.by_first")
        yield fact.value, fact
    elif change.start or change.rise is not None:
        yield from _two(change, rules)


def _two(change: DoseChange, rules: Pathway) -> Iterator[tuple[Quantity, Cited]]:
    if rules.library.drug(change.drug).is_opioid:
        fact = rules.library.rule("respiratory_watch")
        yield fact.least, fact
        yield fact.most, fact
        return
    for name in ("by_first", "by_second"):
        fact = rules.figure(f"reassess.any.{name}")
        yield fact.value, fact
