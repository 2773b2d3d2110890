"""What a refill and its watches leave to be done, by when, and what binds that date."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from cisterna.clinic.acts.monitor import open_watches
from cisterna.clinic.bodies import refill as b
from cisterna.clinic.bodies.planning import Place
from cisterna.clinic.course import Person
from cisterna.clinic.guards.refill import Look, next_step, watch_until
from cisterna.clinic.ladder import next_change, step_before
from cisterna.clinic.next_refill import next_refill
from cisterna.clinic.refilling import orders, visit
from cisterna.clinic.therapy import therapy
from cisterna.facts import Pathway
from cisterna.facts.refill import RefillRules
from cisterna.order.form import Unusable
from cisterna.order.line import Refused


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
    role: str = "nurse"


def refill_tasks(person: Person, rules: Pathway, at: datetime) -> Iterator[Due]:
    """The next refill, a refill that is open, and every finding of a watch that is open."""
    if person.place in (None, Place.THERAPY_ENDED):
        return
    yield from _next_refill(person, rules, at)
    yield from _open_refill(person, rules, at)
    yield from _troubleshooting(person)
    for raised in open_watches(person):
        body = raised.body
        words = f"{body.found} {body.todo}"
        yield Due(f"watch-{body.watch}", None, body.watch, words, raised.id, overdue=True)


def _next_refill(person: Person, rules: Pathway, at: datetime) -> Iterator[Due]:
    """The date of the therapy that runs; that of the last refill where no later change is known."""
    if person.place is Place.REFILL:
        return
    kept, now = person.last(b.NextRefillSet, None), therapy(person.events)
    if kept is not None and (now.since is None or now.since <= kept.at):
        due = kept.body.refill_by or kept.body.booked
        yield from _refill(person, rules, (due, kept.body.binding or "booked", kept.id), at)
        return
    about = next((e.id for e in person.events if e.effective == now.since), "")
    try:
        found = next_refill(person, rules.library)
    except (Refused, Unusable) as why:
        words = f"The date of the next refill cannot be worked out: {why}"
        yield Due("refill-date", None, "order", words, about or person.events[-1].id, overdue=True)
        return
    if found is not None and found.refill_by is not None:
        yield from _refill(person, rules, (found.refill_by, str(found.binding), about), at)
    elif kept is not None:
        due = kept.body.refill_by or kept.body.booked
        yield from _refill(person, rules, (due, kept.body.binding or "booked", kept.id), at)


def _refill(
    person: Person, rules: Pathway, date: tuple[datetime, str, str], at: datetime
) -> Iterator[Due]:
    """The task, and the step before it whose time has come.

    A booking that lies after the date is said as it is.
    """
    (due, binding, about), kept = date, person.last(b.NextRefillSet, None)
    booked = f", booked {kept.body.booked:%Y-%m-%d}" if kept and kept.body.booked >= at else ""
    words = f"Refill by {due:%Y-%m-%d %H:%M %z} ({binding}){booked}."
    until = next_change(person, rules.library, due, at)
    yield Due("refill", due, binding, words, about, at > due, until)
    step = step_before(person, rules.library, due, at)
    if step is not None:
        why = f"refill by {due:%Y-%m-%d}"
        rest = step.says, about, at > step.until, until, step.rung.role
        yield Due(f"refill-{step.rung.id}", step.until, why, *rest)


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
