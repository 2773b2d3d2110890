"""When she must come back, from the therapy that runs: what the pump still holds, and why then.

The reservoir is known at the fill and at each interrogation since; from there on every programme
of this fill is taken as it ran, with every patient dose used. So a dose that was raised between
two refills brings the date forward, and the first refill has a date before any refill was done.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from fractions import Fraction
from functools import lru_cache
from itertools import pairwise

from cisterna.clinic.bodies.pumpread import PumpRead
from cisterna.clinic.course import Person
from cisterna.clinic.prescribing import running
from cisterna.clinic.therapy import Therapy, therapies
from cisterna.facts import Library
from cisterna.order.bridge import Bridge
from cisterna.order.dates import RefillDates, refill_dates
from cisterna.order.delivery import delivery
from cisterna.order.plan import bridge_of
from cisterna.order.prescription import Prescription
from cisterna.order.reading import prescription_from_text
from cisterna.quantity import Quantity, between

_KNOWN = ("runs", "unknown", "stopped")


@dataclass(frozen=True, slots=True)
class Fill:
    """One fill: each programme that ran on it with since when, and the solution before it."""

    programmes: tuple[Therapy, ...]
    before: Therapy | None


def next_refill(person: Person, library: Library) -> RefillDates | None:
    """The dates of the fill that is in the pump; None where no programme's text is known.

    Raises `Unusable` and `Refused` for a text that can no longer be read or bridged.
    """
    fill = _fill(therapies(person.events), library)
    if fill is None:
        return None
    first = fill.programmes[0]
    reads = [r for r in person.every(PumpRead, None) if r.body.serial == first.serial]
    later = [(r.at, r.body.reservoir_nl) for r in reads if first.since and r.at > first.since]
    return _dates(fill, later[-1] if later else None, library)


def _fill(had: tuple[Therapy, ...], library: Library) -> Fill | None:
    """The programmes that ran on the fill that is in the pump now."""
    if not had or had[-1].text is None or had[-1].state not in _KNOWN:
        return None
    filled = _read(had[-1].text, library).solution.filled_at
    found: list[Therapy] = []
    for one in reversed([t for t in had if t.state == "runs" and t.text is not None]):
        if _read(str(one.text), library).solution.filled_at != filled:
            return Fill(tuple(reversed(found)), one) if found else None
        found.append(one)
    return Fill(tuple(reversed(found)), None) if found else None


@lru_cache(maxsize=2048)
def _read(text: str, library: Library) -> Prescription:
    """The order of a text, whose line holds its own solution."""
    rx = running(Therapy("runs", text=text), library)
    assert rx is not None  # noqa: S101  (for the type checker; a text gives an order)
    return rx


@lru_cache(maxsize=2048)
def _dates(fill: Fill, read: tuple[datetime, int] | None, library: Library) -> RefillDates:
    rx = _read(str(fill.programmes[-1].text), library)
    over = _bridge(fill, library)
    since, left = _reservoir(fill, read, over, library)
    bridge = over if len(fill.programmes) == 1 else None
    # What this programme would have pumped by then, had it run since the fill.
    days = between(rx.solution.filled_at, since).number("day")
    before = delivery(rx, bridge.setting if bridge else None).volume(max(days, Fraction(0)))
    volume = Quantity.of(left + before, "mL")
    return refill_dates(
        replace(rx, solution=replace(rx.solution, fill_volume=volume)), library, bridge
    )


def _bridge(fill: Fill, library: Library) -> Bridge | None:
    """The bridge after this fill, where the solution before it was another."""
    old = running(fill.before, library) if fill.before else None
    if old is None:
        return None
    found = prescription_from_text(str(fill.programmes[0].text), library, previous=old)
    return bridge_of(found, library)


def _reservoir(
    fill: Fill, read: tuple[datetime, int] | None, over: Bridge | None, library: Library
) -> tuple[datetime, Fraction]:
    """Since when the last programme runs or the pump was read, and the mL that were left then."""
    first = _read(str(fill.programmes[0].text), library)
    at, left = first.solution.filled_at, first.solution.fill_volume.number("mL")
    if read is not None:
        at, left = read[0], Fraction(read[1], 10**6)
    for start, end, rx, bridge in _ran(fill, over, library):
        if end > at:
            left -= _pumped(rx, bridge, max(start, at), end)
            at = end
    return at, max(left, Fraction(0))


def _ran(
    fill: Fill, over: Bridge | None, library: Library
) -> Iterator[tuple[datetime, datetime, Prescription, Bridge | None]]:
    """Each programme before the last with its time; the first from the fill on."""
    for n, (one, following) in enumerate(pairwise(fill.programmes)):
        rx = _read(str(one.text), library)
        start = rx.solution.filled_at if n == 0 else one.since
        if start is not None and following.since is not None:
            yield start, following.since, rx, over if n == 0 else None


def _pumped(rx: Prescription, bridge: Bridge | None, start: datetime, end: datetime) -> Fraction:
    """mL that an order pumps between two times, every patient dose used."""
    out = delivery(rx, bridge.setting if bridge else None)
    a, b = (between(rx.solution.filled_at, t).number("day") for t in (start, end))
    return out.volume(max(b, Fraction(0))) - out.volume(max(a, Fraction(0)))
