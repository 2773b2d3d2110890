"""Which orders a refill rests on, found on the record: nobody types the text of an order again.

The running order is the one that runs by the record; the order of the refill is one that was
written since. A record without such texts leads to the general form of the act.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from cisterna.clinic.bodies.order import OrderWritten
from cisterna.clinic.course import Person, Said
from cisterna.clinic.event import Event
from cisterna.clinic.gate.bodies import OutcomeReconciled, RefillTerms, TransmissionEnded
from cisterna.clinic.guards.refill import Look
from cisterna.clinic.prescribing import running
from cisterna.clinic.refilling import visits
from cisterna.clinic.therapy import Therapy, therapy
from cisterna.facts import Library
from cisterna.order.bridge import concentrations
from cisterna.order.form import Unusable
from cisterna.order.prescription import Prescription
from cisterna.order.reading import prescription_from_text


@dataclass(frozen=True, slots=True)
class Ordered:
    """An order on the record that no pump runs yet: its event, who wrote it, how it reads."""

    id: str
    by: str
    at: datetime
    rx: Prescription


def running_text(person: Person) -> str:
    """The text of the order that runs; empty where the record has none."""
    found = therapy(person.events).text
    if found is not None:
        return found
    ended = (v.begun.body.ordered for v in reversed(visits(person)) if v.ended)
    return next(ended, "")


def waiting_orders(person: Person, library: Library) -> tuple[Ordered, ...]:
    """The orders written after the one that runs, the latest first, for the same pump.

    One that cannot be read after the running order is none; the programmer says why.
    """
    runs = running_text(person)
    written = person.every(OrderWritten, None)
    last = max((n for n, o in enumerate(written) if o.body.text == runs), default=-1)
    return tuple(_readable(reversed(written[last + 1 :]), runs, library))


def _readable(
    written: Iterator[Said[OrderWritten]], runs: str, library: Library
) -> Iterator[Ordered]:
    old = running(Therapy(text=runs), library) if runs else None
    for one in written:
        try:
            rx = prescription_from_text(one.body.text, library, previous=old)
        except Unusable:
            continue
        yield Ordered(one.id, one.by.who, one.at, rx)


def texts(person: Person, order: str, library: Library) -> tuple[str, str, str]:
    """The running order, the order `order` (the id of its event), and the one before.

    The order before is needed where the line still has to be counted with its solution.
    """
    written = {o.id: o.body.text for o in person.every(OrderWritten, None)}
    runs = running_text(person)
    before = _before(person.events, runs)
    return runs, written.get(order, ""), before if _differs(before, runs, library) else ""


def _before(events: tuple[Event, ...], runs: str) -> str:
    """The text that ran before the one that runs now."""
    for end in range(len(events) - 1, 0, -1):
        if not isinstance(events[end].body, TransmissionEnded | OutcomeReconciled):
            continue
        found = therapy(events[:end]).text
        if found and found != runs:
            return found
    return ""


def _differs(before: str, runs: str, library: Library) -> bool:
    if not (before and runs):
        return False
    try:
        old, new = (running(Therapy(text=text), library) for text in (before, runs))
    except Unusable:
        return False
    return old is not None and new is not None and concentrations(old) != concentrations(new)


def terms(look: Look) -> RefillTerms:
    """What goes on the pump's record of this refill: drawn, instilled, and the new strength."""
    strength = look.orders.ordered.primary.concentration
    return RefillTerms(
        int(look.visit.drawn.number("nL")),
        int(look.visit.instilled.number("nL")),
        int(strength.number("ng/mL")),
    )

