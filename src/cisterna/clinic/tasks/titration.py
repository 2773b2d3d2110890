"""Reassessments after a dose was changed, the weekly visit, and looking for a lost effect."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from cisterna.clinic.bodies.planning import Moved, Place
from cisterna.clinic.bodies.titration import TitrationVisited
from cisterna.clinic.course import Person
from cisterna.clinic.event import Role
from cisterna.clinic.tasks.task import Task, tasks
from cisterna.clinic.titration import DoseChange, dose_changes, stopped
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


@tasks
def reassess(person: Person, rules: Pathway, at: datetime) -> Iterator[Task]:
    """The reassessments that are open."""
    for found in reassessments(person, rules):
        if not found.done:
            what = f"See her after the change of {found.change.drug} of {found.change.at.date()}."
            why = "new start" if found.change.start else "change of dose"
            rest = found.due, Role.NURSE, why, found.source, found.change.id
            yield Task(person.id, "reassess", what, *rest)


@tasks
def weekly(person: Person, rules: Pathway, at: datetime) -> Iterator[Task]:
    """In titration she is seen every week."""
    if person.place is not Place.TITRATION:
        return
    steps = (m for m in person.every(Moved, None) if m.body.after is Place.TITRATION)
    began = list(steps)[-1]
    visits = person.every(TitrationVisited, None)
    last = max((began.at, *(v.body.seen for v in visits)))
    fact = rules.figure("reassess.weekly")
    rest = Role.NURSE, "weekly in titration", fact.locator, began.id
    yield Task(person.id, "titration-visit", "See her.", later(last, fact.value), *rest)


@tasks
def lost_effect(person: Person, rules: Pathway, at: datetime) -> Iterator[Task]:
    """Titration is stopped: somebody looks for the cause."""
    stop = stopped(person)
    if stop is not None:
        what = f"No further rise; look for: {', '.join(stop.body.look_for)}."
        why = f"effect lost after {stop.body.rises} rises"
        rest = stop.at, Role.PHYSICIAN, why, rules.figure("lost_effect.count").locator, stop.id
        yield Task(person.id, "troubleshoot", what, *rest)
