"""The schedule: every infusion mode as a repeating pattern of flow, exact.

A cycle is one day, one week (flex by weekday) or one interval (periodic boluses that do not fit
a day). Inside this module times are exact days and flows exact mL/day.
"""

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from fractions import Fraction
from functools import cached_property
from itertools import accumulate, pairwise

from cisterna.order.prescription import DAYS, FlexStep, PeriodicBolus, Prescription
from cisterna.quantity import Quantity, between

_MICRO = 86_400_000_000


@dataclass(frozen=True, slots=True)
class Piece:
    """A flow from a moment of the cycle (in days) to the next piece."""

    start: Fraction
    flow: Fraction


@dataclass(frozen=True)
class Schedule:
    """A repeating pattern: `pieces` tile [0, length); `phase` is where the cycle stands at fill."""

    length: Fraction
    pieces: tuple[Piece, ...]
    phase: Fraction

    @cached_property
    def _starts(self) -> list[Fraction]:
        return [piece.start for piece in self.pieces]

    @cached_property
    def _pumped(self) -> list[Fraction]:
        """mL pumped since the cycle began, at the start of each piece and at the end."""
        ends = [*self._starts[1:], self.length]
        volumes = ((end - p.start) * p.flow for p, end in zip(self.pieces, ends, strict=True))
        return list(accumulate(volumes, initial=Fraction(0)))

    @property
    def cycle_volume(self) -> Fraction:
        """mL in one whole cycle."""
        return self._pumped[-1]

    @property
    def mean(self) -> Quantity:
        """Mean flow over a cycle."""
        return _flow(self.cycle_volume / self.length)

    @property
    def flows(self) -> tuple[Quantity, ...]:
        """The distinct flows of the cycle, smallest first."""
        return tuple(_flow(f) for f in sorted({p.flow for p in self.pieces}))

    def runs(self, start: Fraction, end: Fraction) -> Iterator[tuple[Fraction, Fraction, Fraction]]:
        """(start, end, flow) between two times since the fill, in days."""
        at = start
        while at < end:
            within = (at + self.phase) % self.length
            index = bisect_right(self._starts, within) - 1
            last = index + 1 == len(self.pieces)
            piece_end = self.length if last else self._starts[index + 1]
            stop = min(end, at + piece_end - within)
            yield at, stop, self.pieces[index].flow
            at = stop

    def volume(self, start: Fraction, end: Fraction) -> Fraction:
        """mL scheduled between two times since the fill."""
        return self._since_cycle_zero(end) - self._since_cycle_zero(start)

    def _since_cycle_zero(self, at: Fraction) -> Fraction:
        cycles, within = divmod(at + self.phase, self.length)
        index = bisect_right(self._starts, within) - 1
        piece = self.pieces[index]
        return (
            cycles * self.cycle_volume + self._pumped[index] + (within - piece.start) * piece.flow
        )

    def peak_day(self) -> Quantity:
        """The largest volume in any rolling 24 hours, as a flow per day.

        The window's volume is piecewise linear in its start, so the largest has an edge on a
        change of flow.
        """
        edges = [p.start - self.phase for p in self.pieces]
        day = Fraction(1)
        volumes = [self.volume(e, e + day) for e in edges]
        volumes += [self.volume(e - day, e) for e in edges]
        return _flow(max(volumes))


def schedule(rx: Prescription) -> Schedule:
    """The schedule of an order; a stopped pump flows nothing."""
    since_monday = _since_monday(rx.solution.filled_at.astimezone(rx.pump_zone))
    if rx.infusion.mode == "flex":
        return _flex(rx, since_monday)
    if rx.infusion.periodic is not None:
        return _periodic(rx, rx.infusion.periodic, since_monday)
    return Schedule(Fraction(1), (Piece(Fraction(0), _continuous(rx)),), since_monday % 1)


def _continuous(rx: Prescription) -> Fraction:
    """One flow: a constant-flow pump gives its own, whatever was ordered."""
    if rx.pump.fixed_flow is not None:
        return rx.pump.fixed_flow.number("mL/day")
    if rx.infusion.mode == "minimum-rate":
        rate = rx.pump.model.minimum_rate
        return Fraction(0) if rate is None else rate.most.number("mL/day")
    dose = rx.infusion.daily_dose
    return Fraction(0) if dose is None else rx.volume_of(dose).number("mL/day")


def _flex(rx: Prescription, since_monday: Fraction) -> Schedule:
    week = [_day_pieces(rx, rx.infusion.steps, day) for day in DAYS]
    if all(day == week[0] for day in week):
        return Schedule(Fraction(1), tuple(week[0]), since_monday % 1)
    pieces = [Piece(n + p.start, p.flow) for n, day in enumerate(week) for p in day]
    return Schedule(Fraction(7), tuple(pieces), since_monday)


def _day_pieces(rx: Prescription, steps: tuple[FlexStep, ...], day: str) -> list[Piece]:
    todays = sorted((s for s in steps if day in s.days), key=lambda s: s.start)
    return [Piece(_of_day(s.start), rx.volume_of(s.dose_rate).number("mL/day")) for s in todays]


def _periodic(rx: Prescription, bolus: PeriodicBolus, since_monday: Fraction) -> Schedule:
    background = rx.volume_of(bolus.background).number("mL/day")
    duration, interval = bolus.duration.number("day"), bolus.interval.number("day")
    flow = background + rx.volume_of(bolus.dose).number("mL") / duration
    day = Fraction(1)
    first = _of_day(bolus.first)
    if (day / interval).denominator != 1:
        cycle = [(Fraction(0), duration)]
        return Schedule(
            interval,
            _pulses(cycle, interval, flow, background),
            (since_monday % 1 - first) % interval,
        )
    starts = sorted((first + n * interval) % day for n in range(int(day / interval)))
    spans = [(s, s + duration) for s in starts]
    return Schedule(day, _pulses(spans, day, flow, background), since_monday % 1)


def _pulses(
    spans: list[tuple[Fraction, Fraction]], length: Fraction, flow: Fraction, background: Fraction
) -> tuple[Piece, ...]:
    """Pieces of a cycle in which `spans` (which may run over its end) flow higher."""
    wrapped = [(s, min(e, length)) for s, e in spans]
    wrapped += [(Fraction(0), e - length) for _, e in spans if e > length]
    edges = sorted({Fraction(0), length, *(edge for span in wrapped for edge in span)})
    pieces: list[Piece] = []
    for start, end in pairwise(edges):
        inside = any(s <= start and end <= e for s, e in wrapped)
        rate = flow if inside else background
        if not pieces or pieces[-1].flow != rate:
            pieces.append(Piece(start, rate))
    return tuple(pieces)


def _of_day(clock: time) -> Fraction:
    seconds = timedelta(hours=clock.hour, minutes=clock.minute, seconds=clock.second)
    return Fraction(seconds // timedelta(microseconds=1), _MICRO)


def _since_monday(moment: datetime) -> Fraction:
    midnight = moment.replace(hour=0, minute=0, second=0, microsecond=0)
    return moment.weekday() + between(midnight, moment).number("day")


def _flow(ml_per_day: Fraction) -> Quantity:
    return Quantity.of(ml_per_day, "mL/day")
