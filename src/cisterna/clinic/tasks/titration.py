"""Reassessments after a dose was changed, the weekly visit, and looking for a lost effect."""

from collections.abc import Iterator
from datetime import datetime

from cisterna.clinic.bodies.planning import Moved, Place
from cisterna.clinic.bodies.titration import TitrationVisited
from cisterna.clinic.course import Person
from cisterna.clinic.event import Role
from cisterna.clinic.reassess import reassessments
from cisterna.clinic.tasks.task import Task, tasks
from cisterna.clinic.titration import stopped
from cisterna.facts import Pathway
from cisterna.quantity import later


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
