"""What a pump was told since its last fill: each order while it ran, stops, doses by hand.

A refill is judged by it: with the running order alone, a dose that was raised a month after the
fill would look like a reservoir that leaks backwards.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime

from cisterna.clinic.bodies.order import OrderWritten
from cisterna.clinic.bodies.refill import RefillBegun
from cisterna.clinic.course import Person
from cisterna.clinic.event import Event
from cisterna.clinic.gate import bodies as g
from cisterna.clinic.prescribing import own_line
from cisterna.clinic.refilling import Orders, text_digest
from cisterna.facts import Library
from cisterna.order.bridge import Bridge
from cisterna.order.line import Refused
from cisterna.order.plan import line_change
from cisterna.order.prescription import Prescription
from cisterna.order.residual import Ran, SinceFill
from cisterna.pump.link.canonical import decode
from cisterna.quantity import Quantity

_FLOWS = ("clinician_bolus", "prime")
"""What is done by hand and takes volume out of the reservoir."""


@dataclass(frozen=True, slots=True)
class _Turn:
    """A change of what the pump does: the digest of the order's text, None where it stood still."""

    at: datetime
    order: str | None
    fill: bool = False
    by_hand: Quantity = field(default=Quantity.of(0, "mL"))


@dataclass(frozen=True, slots=True)
class _Heard:
    """The story so far; `sent` are what each intent on record was for, and when it was sent."""

    turns: tuple[_Turn, ...] = ()
    proposal: g.ChangeProposed | g.DeedProposed | None = None
    sent: tuple[tuple[str, datetime, g.ChangeProposed | g.DeedProposed], ...] = ()


def since_fill(person: Person, orders: Orders, begun: RefillBegun, library: Library) -> SinceFill:
    """What ran since the fill before this refill, from the record.

    Where the record does not hold it whole – the programme came from elsewhere, or the running
    order is not the one that was sent last – the running order is taken from its fill on. Raises
    `Unusable` for an order on record that cannot be read any more.
    """
    alone = SinceFill.of(orders.running, orders.running_bridge)
    turns = _turns(person.events, begun.serial)
    texts = {e.body.digest: e.body.text for e in person.events if isinstance(e.body, OrderWritten)}
    last = max((n for n, turn in enumerate(turns) if turn.fill), default=None)
    if last is None:
        return alone
    named = [t.order for t in turns[last:] if t.order is not None]
    if named[-1:] != [text_digest(begun.running)] or any(d not in texts for d in named):
        return alone
    before = next((t.order for t in reversed(turns[:last]) if t.order in texts), None)
    old = None if before is None else own_line(texts[before], library)
    read = {digest: own_line(texts[digest], library) for digest in dict.fromkeys(named)}
    return SinceFill(
        tuple(_ran(turns[last:], read, orders.running.solution.filled_at)),
        sum((t.by_hand for t in turns[last:]), Quantity.of(0, "mL")),
        orders.running_bridge or _bridge(old, read[named[0]], library),
    )


def _bridge(old: Prescription | None, filled: Prescription, library: Library) -> Bridge | None:
    """The bridge with which the fill began, worked out as the gate did."""
    if old is None:
        return None
    try:
        found, _, _ = line_change(old, replace(filled, holds=old), library)
    except Refused:
        return None
    return found if found is not None and found.needed else None


def _ran(turns: Iterable[_Turn], read: dict[str, Prescription], filled: datetime) -> Iterator[Ran]:
    """The orders; the first runs from the fill that it names on."""
    first = True
    for turn in turns:
        if turn.by_hand:
            continue
        yield Ran(filled if first else turn.at, None if turn.order is None else read[turn.order])
        first = False


# From the record ---------------------------------------------------------------------------------


def _turns(events: Iterable[Event], serial: str) -> tuple[_Turn, ...]:
    heard = _Heard()
    for one in events:
        heard = _after(heard, one, serial)
    return heard.turns


def _after(h: _Heard, one: Event, serial: str) -> _Heard:
    match one.body:
        case g.ChangeProposed() | g.DeedProposed() as proposal:
            mine = proposal.serial == serial
            return replace(h, proposal=proposal if mine else None)
        case g.TransmissionIntended() if h.proposal is not None:
            return replace(h, sent=(*h.sent, (one.id, one.effective, h.proposal)))
        case g.StopSent(outcome="stopped"):
            return replace(h, turns=(*h.turns, _Turn(one.effective, None)))
        case _ if _happened(one.body):
            found = (s for s in h.sent if s[0] == one.body.intent)
            return replace(h, turns=(*h.turns, *(t for s in found for t in _turn(h, s[1], s[2]))))
    return h


def _happened(body: object) -> bool:
    """Whether something that was sent has come to pass; a dose of unknown outcome counts."""
    match body:
        case g.TransmissionEnded(outcome="activated") | g.OutcomeReconciled(runs="new"):
            return True
        case g.DeedEnded(outcome="done" | "unknown") | g.DeedReconciled(happened=True):
            return True
    return False


def _turn(h: _Heard, at: datetime, proposal: g.ChangeProposed | g.DeedProposed) -> Iterator[_Turn]:
    if isinstance(proposal, g.ChangeProposed):
        yield _Turn(at, proposal.prescription, proposal.refill is not None)
        return
    if proposal.verb == "restart":
        ran = next((t.order for t in reversed(h.turns) if t.order is not None), None)
        yield _Turn(at, ran)
        return
    arguments = decode(proposal.arguments.encode())
    volume = arguments.get("volume_nl") if isinstance(arguments, dict) else None
    if isinstance(volume, int) and volume and proposal.verb in _FLOWS:
        yield _Turn(at, None, by_hand=Quantity.of(volume, "nL").to("mL"))
