"""The guard: a second, independent look at everything that is about to flow. It can only inhibit.

It knows the limits of the active programme, the device's maximum, and the stroke runs with what
they push out of the tip; nothing of the controller that proposes them. It keeps three invariants:

- Flow: in no window is more commanded than the programme schedules and the admitted doses add, by
  more than one stroke (and what the fastest flow is in the millisecond that times are rounded
  up to). Commanded less granted is followed as a balance; its rise above its lowest point so far is
  the largest excess of any window that ends now.
- Device: no run is faster than the device's maximum.
- Dose: a patient or clinician dose is admitted only if in every window of 24 hours, from the one
  that ends now to the one that begins as the dose ends, the mass of primary drug leaving the tip
  (delivered, committed, and all that is scheduled) stays within the limit. Windows are half-open
  and roll; a stroke counts when it starts.

Integers only: ms, nL, nL/h, fg; balances in nL·ms/h (3,600,000 make a nanolitre).
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from itertools import accumulate, chain, repeat
from typing import Literal

from cisterna.quantity import DAY_MS, HOUR_MS, StrokeRun, TipRun

Why = Literal["flow", "device", "dose", "time"]
Regime = Literal["none", "schedule", "floor"]
_ANY_RATE = _FAR = 1 << 62


@dataclass(frozen=True, slots=True)
class Inhibited:
    """Why something may not flow: what was found, and the limit (nL·ms/h, nL/h, fg or ms)."""

    why: Why
    found: int
    limit: int


@dataclass(frozen=True, slots=True)
class Granted:
    """A repeating schedule: (ms in the cycle, nL/h) steps, the first at zero.

    The cycle begins at `anchor_ms` and every `cycle_ms` before and after it.
    """

    anchor_ms: int
    cycle_ms: int
    steps: tuple[tuple[int, int], ...]
    sums: tuple[int, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        ends = [*(at for at, _ in self.steps[1:]), self.cycle_ms]
        parts = (rate * (end - at) for (at, rate), end in zip(self.steps, ends, strict=True))
        object.__setattr__(self, "sums", tuple(accumulate(parts, initial=0)))

    def between(self, start_ms: int, end_ms: int) -> int:
        """What it grants in [start, end)."""
        return self._by(end_ms) - self._by(start_ms)

    def steady(self, at_ms: int) -> tuple[int, int]:
        """(nL/h, until when) of the step at a time."""
        cycles, index, _ = self._step(at_ms)
        ends = self.steps[index + 1][0] if index + 1 < len(self.steps) else self.cycle_ms
        return self.steps[index][1], self.anchor_ms + cycles * self.cycle_ms + ends

    def heaviest_day(self) -> int:
        """The most that it grants in any 24 hours: such a window has an edge on a step."""
        edges = [self.anchor_ms + at for at, _ in self.steps]
        return max(
            *(self.between(edge, edge + DAY_MS) for edge in edges),
            *(self.between(edge - DAY_MS, edge) for edge in edges),
        )

    def _by(self, at_ms: int) -> int:
        cycles, index, within = self._step(at_ms)
        at, rate = self.steps[index]
        return cycles * self.sums[-1] + self.sums[index] + rate * (within - at)

    def _step(self, at_ms: int) -> tuple[int, int, int]:
        """(cycles, step, ms in the cycle) at a time."""
        cycles, within = divmod(at_ms - self.anchor_ms, self.cycle_ms)
        return cycles, bisect_right(self.steps, (within, _ANY_RATE)) - 1, within


@dataclass(frozen=True, slots=True)
class Admitted:
    """One volume that may flow once: at its rate from `start_ms` to its end.

    The rate is the volume over the duration, rounded down; what that leaves is granted in the
    millisecond of the end, in which it may make a stroke.
    """

    start_ms: int
    duration_ms: int
    volume_nl: int

    @property
    def end_ms(self) -> int:
        """When it ends."""
        return self.start_ms + self.duration_ms

    @property
    def rate_nl_per_h(self) -> int:
        """Its rate, rounded down."""
        return self.volume_nl * HOUR_MS // self.duration_ms

    def steady(self, at_ms: int) -> tuple[int, int]:
        """(nL/h, until when) at a time."""
        if at_ms < self.start_ms:
            return 0, self.start_ms
        if at_ms < self.end_ms:
            return self.rate_nl_per_h, self.end_ms
        rest = self.volume_nl * HOUR_MS - self.rate_nl_per_h * self.duration_ms
        return (rest, self.end_ms + 1) if at_ms == self.end_ms else (0, _FAR)


@dataclass(frozen=True, slots=True)
class Guard:
    """What the guard knows; a value, so that a power loss cannot leave it half-changed.

    `checked_ms` is the time up to which flow was checked. `regime` says what is granted from then
    on besides what was admitted: the schedule, the floor, or nothing. `lowest` is the
    lowest point so far of the balance (commanded less granted), counted from its value now.
    """

    stroke_nl: int
    device_nl_per_h: int
    per_24h_fg: int
    checked_ms: int
    schedule: Granted | None = None
    floor_nl_per_h: int = 0
    regime: Regime = "none"
    admitted: tuple[Admitted, ...] = ()
    lowest: int = 0
    history: tuple[TipRun, ...] = ()

    def steady(self, at_ms: int) -> tuple[int, int]:
        """(all that may flow in nL/h, until when it stays so) at a time."""
        rate, until = 0, _FAR
        if self.regime == "floor":
            rate = self.floor_nl_per_h
        elif self.regime == "schedule" and self.schedule:
            rate, until = self.schedule.steady(at_ms)
        for once in self.admitted:
            extra, end = once.steady(at_ms)
            rate, until = rate + extra, min(until, end)
        return rate, until

    def granted(self, until_ms: int) -> Iterator[tuple[int, int, int]]:
        """All that may flow from `checked_ms` on, in pieces of (begin, end, nL/h)."""
        begin = self.checked_ms
        while begin < until_ms:
            rate, end = self.steady(begin)
            yield begin, min(end, until_ms), rate
            begin = end


def programmed(guard: Guard, schedule: Granted, floor_nl_per_h: int, per_24h_fg: int) -> Guard:
    """A programme is activated: its schedule, its safe floor and its limit."""
    return replace(guard, schedule=schedule, floor_nl_per_h=floor_nl_per_h, per_24h_fg=per_24h_fg)


def schedule_fits(schedule: Granted, ng_per_ml: int, per_24h_fg: int) -> Inhibited | None:
    """Whether the schedule alone stays within the limit in every 24 hours, once, when staged."""
    mass = -(-schedule.heaviest_day() * ng_per_ml // HOUR_MS)
    return Inhibited("dose", mass, per_24h_fg) if mass > per_24h_fg else None


def allowed(guard: Guard, once: Admitted) -> Guard:
    """A prime or a bridge, which was checked as a whole when it was staged."""
    return replace(guard, admitted=(*guard.admitted, once))


def ruled(guard: Guard, regime: Regime) -> Guard:
    """What is granted from now on: the schedule, the floor, or nothing."""
    return guard if guard.regime == regime else replace(guard, regime=regime)


def called_off(guard: Guard) -> Guard:
    """What was admitted and has not flowed will not flow."""
    return replace(guard, admitted=())


def commanded(guard: Guard, tip: TipRun | None, until_ms: int) -> Guard | Inhibited:
    """Check what is about to flow in [checked, until); nothing flows for None.

    Returns the guard with this flow on its books, or why it may not flow. What is called off
    later is checked again from the guard before, with the part that did flow.
    """
    if until_ms < guard.checked_ms:
        return Inhibited("time", until_ms, guard.checked_ms)
    wrong = _out_of_bounds(guard, tip.run, until_ms) if tip else None
    books = wrong or _balanced(guard, tip.run if tip else None, until_ms)
    if isinstance(books, Inhibited):
        return books
    balance, lowest = books
    old = 0
    while old < len(guard.history) and guard.history[old].run.last.ms <= until_ms - DAY_MS:
        old += 1
    recent = guard.history[old:]
    return replace(
        guard,
        checked_ms=until_ms,
        lowest=lowest - balance,
        history=recent if tip is None else (*recent, tip),
        admitted=tuple(a for a in guard.admitted if a.end_ms >= until_ms),
    )


def _out_of_bounds(guard: Guard, run: StrokeRun, until_ms: int) -> Inhibited | None:
    """A run that no pump like this makes, or that is not of this time."""
    if run.rate_nl_per_h > guard.device_nl_per_h:
        return Inhibited("device", run.rate_nl_per_h, guard.device_nl_per_h)
    if run.start.ms < guard.checked_ms or run.stroke_nl != guard.stroke_nl:
        return Inhibited("time", run.start.ms, guard.checked_ms)
    if run.last.ms >= until_ms:
        return Inhibited("time", run.last.ms, until_ms)
    return None


def _balanced(guard: Guard, run: StrokeRun | None, until_ms: int) -> tuple[int, int] | Inhibited:
    """(balance at `until_ms`, its lowest point), or by how much it rises too far.

    What a run asks for, less what is granted, is a line of straight pieces. The balance before a
    stroke is above that line less a stroke and a millisecond of flow; after it, and after what is
    granted in its millisecond, it is at most on the line less that grant. So the ends of the
    pieces bound the rise over all strokes between them.
    """
    sum_granted, lowest = 0, guard.lowest
    if run is None:
        sum_granted = sum(rate * (end - begin) for begin, end, rate in guard.granted(until_ms))
        return -sum_granted, min(lowest, -sum_granted)
    one, first, last = run.stroke_nl * HOUR_MS, run.at(0).ms, run.last.ms
    room = one + guard.device_nl_per_h
    for begin, end, rate in guard.granted(until_ms):
        if begin <= first:
            lowest = min(lowest, -sum_granted - rate * (min(first, end) - begin))
        low, high = max(begin, first), min(end - 1, last)
        for at in (low, high) if low <= high else ():
            asked = run.owed + run.rate_nl_per_h * (at - run.start.ms)
            line = asked - sum_granted - rate * (at - begin)
            if line - rate - lowest > room:
                return Inhibited("flow", line - rate - lowest, room)
            lowest = min(lowest, line - run.rate_nl_per_h - one)
        sum_granted += rate * (end - begin)
    balance = run.count * one - sum_granted
    return balance, min(lowest, balance)


def admit(guard: Guard, dose: Admitted, ahead: Iterable[TipRun]) -> Guard | Inhibited:
    """Admit one dose, if every window that it can touch stays within the limit.

    `ahead` is all that will leave the tip from now to 24 hours after the end of the dose: what is
    committed, what is scheduled, and the dose itself.
    """
    every = chain.from_iterable(map(_strokes, chain(guard.history, ahead)))
    strokes = [stroke for stroke in every if stroke[0] > guard.checked_ms - DAY_MS]
    most = heaviest_day(strokes, dose.end_ms)
    if most > guard.per_24h_fg:
        return Inhibited("dose", most, guard.per_24h_fg)
    return replace(guard, admitted=(*guard.admitted, dose))


def heaviest_day(strokes: list[tuple[int, int]], last_start_ms: int) -> int:
    """The largest mass in any [t, t + 24 h) with t up to `last_start_ms`.

    `strokes` are (ms, fg) in order of time. The largest window begins with a stroke, or last.
    """
    most = mass = end = 0
    for at, first in strokes:
        begin = min(at, last_start_ms)
        while end < len(strokes) and strokes[end][0] < begin + DAY_MS:
            mass += strokes[end][1]
            end += 1
        most = max(most, mass)
        if at > last_start_ms:
            break
        mass -= first
    return most


def _strokes(tip: TipRun) -> Iterator[tuple[int, int]]:
    """(ms, fg) of each stroke."""
    masses = chain.from_iterable(repeat(mass, strokes) for strokes, mass in tip.parts)
    return zip(tip.run.times(), masses, strict=True)
