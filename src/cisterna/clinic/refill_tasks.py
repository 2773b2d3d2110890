"""What a refill and its watches leave to be done, by when, and what binds that date."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from cisterna.clinic.acts.monitor import open_watches
from cisterna.clinic.bodies import refill as b
from cisterna.clinic.bodies.planning import Place
from cisterna.clinic.course import Person
from cisterna.clinic.guards.refill import Look, next_step, watch_until
from cisterna.clinic.refilling import orders, visit
from cisterna.facts import Pathway
from cisterna.facts.refill import RefillRules


@dataclass(frozen=True, slots=True)
class Due:
    """One thing to do: kind, the true due date (None is at once), what binds it, words."""

    kind: str
    due: datetime | None
    binding: str
    says: str
    event: str
    overdue: bool
    until: datetime | None = None


def refill_tasks(person: Person, rules: Pathway, at: datetime) -> Iterator[Due]:
    """The next refill, a refill that is open, and every finding of a watch that is open."""
    if person.place in (None, Place.THERAPY_ENDED):
        return
    yield from _next_refill(person, at)
    yield from _open_refill(person, rules, at)
    yield from _troubleshooting(person)
    for raised in open_watches(person):
        body = raised.body
        words = f"{body.found} {body.todo}"
        yield Due(f"watch-{body.watch}", None, body.watch, words, raised.id, overdue=True)


def _next_refill(person: Person, at: datetime) -> Iterator[Due]:
    found = person.last(b.NextRefillSet, None)
    if found is None or person.place is Place.REFILL:
        return
    due = found.body.refill_by or found.body.booked
    binding = found.body.binding or "booked"
    words = f"Refill by {due:%Y-%m-%d %H:%M} ({binding}), booked {found.body.booked:%Y-%m-%d}."
    yield Due("refill", due, binding, words, found.id, overdue=at > due)


def _open_refill(person: Person, rules: Pathway, at: datetime) -> Iterator[Due]:
    found = visit(person)
    if found is None or person.place is not Place.REFILL:
        return
    begun = found.begun
    if found.abandoned:
        words = "A refill was given up after the reservoir was touched: begin it again."
        yield Due("refill-again", begun.at, "reservoir", words, begun.id, overdue=True)
        return
    look = Look(found, orders(begun.body, rules.library), RefillRules(rules.library), at)
    step, until = next_step(look), watch_until(look)
    due = until if step == "observe-refill" else begun.at
    words = f"The refill stands at: {str(step).replace('-', ' ')}."
    late = due is not None and at > due
    label = look.visit.last(b.LabelRead)
    past = label.body.use_by if label is not None and label.body.use_by > at else None
    yield Due("refill-open", due, step or "", words, begun.id, overdue=late, until=past)


def _troubleshooting(person: Person) -> Iterator[Due]:
    """A residual that was held waits for what is found out, until a later one is accepted."""
    held = person.last(b.TroubleshootingOpened, None)
    judged = person.every(b.ResidualMeasured, None)
    if held is not None and judged and judged[-1].body.verdict != "accept":
        yield Due("troubleshoot", None, "residual", held.body.about, held.id, overdue=True)
