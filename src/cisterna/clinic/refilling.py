"""The refill that is under way: what was done since it began, and what the reservoir must hold.

A refill that was given up after something was drawn or instilled leaves a reservoir that is not
what the running order says. What is expected at the next try is put right by what was drawn and
instilled in between.
"""

import hashlib
from dataclasses import dataclass, replace
from datetime import datetime
from fractions import Fraction
from typing import Any, TypeVar

from cisterna.clinic.bodies import refill as b
from cisterna.clinic.course import Person, Said
from cisterna.clinic.event import Event
from cisterna.clinic.gate import bodies as g
from cisterna.clinic.prescribing import own_line
from cisterna.facts import Library
from cisterna.order.bridge import Bridge, bridge, concentrations
from cisterna.order.form import Unusable
from cisterna.order.plan import bridge_of
from cisterna.order.prescription import Prescription
from cisterna.order.reading import prescription_from_text
from cisterna.quantity import Quantity

T = TypeVar("T")

NOTHING = Quantity.of(0, "mL")


@dataclass(frozen=True, slots=True)
class Visit:
    """One try at a refill: its events, from the identification on."""

    begun: Said[b.RefillBegun]
    person: Person
    events: tuple[Event, ...]

    def every(self, kind: type[T]) -> tuple[Said[T], ...]:
        """All of a kind in this visit, oldest first."""
        return tuple(
            Said(e.body, e.effective, e.actor, e.id)
            for e in self.events
            if isinstance(e.body, kind)
        )

    def last(self, kind: type[T]) -> Said[T] | None:
        """The latest of a kind in this visit."""
        found = self.every(kind)
        return found[-1] if found else None

    def report(self, when: str) -> Said[b.PumpReported] | None:
        """The latest report before or after."""
        found = [r for r in self.every(b.PumpReported) if r.body.when == when]
        return found[-1] if found else None

    @property
    def drawn(self) -> Quantity:
        """All that came back."""
        found = self.last(b.ResidualMeasured)
        return found.body.measured if found else NOTHING

    @property
    def instilled(self) -> Quantity:
        """All that went in."""
        return sum((i.body.volume for i in self.every(b.Instilled)), NOTHING)

    @property
    def touched(self) -> bool:
        """Whether the reservoir is no longer what it was."""
        return bool(self.drawn) or bool(self.instilled)

    @property
    def abandoned(self) -> bool:
        """Whether it was given up."""
        return self.last(b.RefillAbandoned) is not None

    @property
    def ended(self) -> bool:
        """Whether two have signed it."""
        return self.last(b.RefillCountersigned) is not None

    @property
    def suspect(self) -> bool:
        """Whether some of the fill may be outside the pump."""
        return any(e.body.card == "P" for e in self.every(b.EmergencyRaised))


@dataclass(frozen=True, slots=True)
class Orders:
    """The orders of a visit, read anew from the texts that its first event keeps."""

    running: Prescription
    ordered: Prescription
    running_bridge: Bridge | None
    ordered_bridge: Bridge | None

    @property
    def same_solution(self) -> bool:
        """Whether the refill is with what is in the pump."""
        return concentrations(self.running) == concentrations(self.ordered)


def visits(person: Person) -> tuple[Visit, ...]:
    """Every try at a refill, oldest first; each reaches to the next."""
    starts = [n for n, e in enumerate(person.events) if isinstance(e.body, b.RefillBegun)]
    ends = [*starts[1:], len(person.events)] if starts else []
    found = []
    for start, end in zip(starts, ends, strict=True):
        first = person.events[start]
        said = Said(first.body, first.effective, first.actor, first.id)
        found.append(Visit(said, person, person.events[start:end]))
    return tuple(found)


def visit(person: Person) -> Visit | None:
    """The latest try."""
    found = visits(person)
    return found[-1] if found else None


def orders(begun: b.RefillBegun, library: Library) -> Orders:
    """The orders of a visit. Raises `Unusable` for a text, `Refused` for a bridge."""
    previous = None
    if begun.previous:
        previous = prescription_from_text(begun.previous, library, "the order before")
    running = _running(begun.running, library, previous)
    ordered = prescription_from_text(begun.ordered, library, "the order of the refill", running)
    changes = concentrations(running) != concentrations(ordered)
    over = bridge(running, ordered, library) if changes else None
    return Orders(running, ordered, bridge_of(running, library), over)


def _running(text: str, library: Library, previous: Prescription | None) -> Prescription:
    """The running order; without one before, the line holds its own solution: it did not change."""
    try:
        return prescription_from_text(text, library, "the running order", previous)
    except Unusable as unusable:
        if previous is not None or [p.key for p in unusable.problems] != ["line.holds"]:
            raise
    return own_line(text, library)


def text_digest(text: str) -> str:
    """As the gate names the text of an order."""
    return hashlib.sha256(text.encode()).hexdigest()


def as_filled(rx: Prescription, at: datetime) -> Prescription:
    """The order with the time at which it was really filled."""
    civil = at.astimezone(rx.solution.filled_at.tzinfo)
    return replace(rx, solution=replace(rx.solution, filled_at=civil))


def cycles(person: Person) -> tuple[tuple[Visit, ...], ...]:
    """The tries by the fill that they end; the last group may still be open.

    A try that was signed, or after which the pump was programmed for a fill, ends its cycle.
    """
    found: list[tuple[Visit, ...]] = []
    last: tuple[Visit, ...] = ()
    for one in visits(person):
        last = (*last, one)
        if one.ended or sent(one) is not None:
            found.append(last)
            last = ()
    return (*found, last) if last else tuple(found)


def tries_before(found: Visit) -> tuple[Visit, ...]:
    """The earlier tries at the fill of this visit, which were given up."""
    last = cycles(found.person)[-1]
    return tuple(v for v in last if v.begun.id != found.begun.id)


def in_doubt(found: Visit) -> bool:
    """Whether some of what went in before this visit may lie outside the pump."""
    before = visits(found.person)[:-1]
    tries = len(tries_before(found))
    return any(v.suspect for v in before[max(0, len(before) - tries - 1) :])


@dataclass(frozen=True, slots=True)
class Sent:
    """A programme that the gate has brought into the pump: proposed, approved by another, when."""

    proposal: g.ChangeProposed
    approved: bool
    at: datetime


def sent(found: Visit) -> Sent | None:
    """The latest programme of this visit that the pump has confirmed, by the gate's events."""
    intents = {e.id: e for e in found.events if isinstance(e.body, g.TransmissionIntended)}
    for event in reversed(found.events):
        intent = intents.get(getattr(event.body, "intent", ""))
        if intent is not None and _runs(event.body):
            return _sent(found, intent, event.effective)
    return None


def _runs(body: Any) -> bool:
    if isinstance(body, g.TransmissionEnded):
        return body.outcome == "activated"
    return isinstance(body, g.OutcomeReconciled) and body.runs == "new"


def _sent(found: Visit, intent: Event, at: datetime) -> Sent | None:
    before = found.events[: found.events.index(intent)]
    proposals = [e for e in before if isinstance(e.body, g.ChangeProposed)]
    if not proposals or proposals[-1].body.digest != intent.body.digest:
        return None
    proposal = proposals[-1]
    approvals = (e for e in before if isinstance(e.body, g.ChangeApproved))
    approved = any(
        e.body.proposal == proposal.id and e.actor.who != proposal.actor.who for e in approvals
    )
    return Sent(proposal.body, approved, at)


def rounded(volume: Quantity) -> Quantity:
    """A volume as an event can keep it: to the nanolitre."""
    return Quantity.of(Fraction(round(volume.number("nL"))), "nL").to("mL")


def judged(person: Person, serial: str) -> tuple[Said[b.ResidualMeasured], ...]:
    """The volume check of each fill of one pump, oldest first: that of its first drawing."""
    found = []
    for cycle in cycles(person):
        measured = [m for v in cycle if (m := v.last(b.ResidualMeasured)) is not None]
        if measured and cycle[0].begun.body.serial == serial:
            found.append(measured[0])
    return tuple(found)


def ratios(person: Person, serial: str, since: datetime | None = None) -> tuple[Fraction, ...]:
    """Delivered over programmed volume of each fill of one pump after a time, where judged."""
    return tuple(
        m.body.delivered.base / m.body.programmed.base
        for m in judged(person, serial)
        if m.body.judged and (since is None or m.at > since)
    )
