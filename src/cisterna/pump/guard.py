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
from dataclasses import dataclass, field
from itertools import accumulate, chain, pairwise, repeat
from typing import Literal

from cisterna.pump.changed import changed
from cisterna.quantity import DAY_MS, HOUR_MS, Pace, StrokeRun, TipRun

Why = Literal["flow", "device", "dose", "time"]
Regime = Literal["none", "schedule", "floor"]


@dataclass(frozen=True, slots=True)
class Inhibited:
    """Why something may not flow: what was found, and the limit (nL·ms/h, nL/h, fg or ms)."""

    why: Why
    found: int
    limit: int


@dataclass(frozen=True, slots=True)
class Granted:
    """A repeating schedule: (ms in the cycle, nL/h) steps, the first at zero.

    The cycle begins at `anchor_ms` and every `cycle_ms` before and after it. `heaviest` is the
    most that it grants in any 24 hours. The arithmetic is its own and not that of a pace, so that
    a mistake in the one is not in the other.
    """

    anchor_ms: int
    cycle_ms: int
    steps: tuple[tuple[int, int], ...]
    starts: list[int] = field(init=False, repr=False, compare=False)
    sums: tuple[int, ...] = field(init=False, repr=False, compare=False)
    heaviest: int = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        ends = [*(at for at, _ in self.steps[1:]), self.cycle_ms]
        parts = (rate * (end - at) for (at, rate), end in zip(self.steps, ends, strict=True))
        object.__setattr__(self, "starts", [at for at, _ in self.steps])
        object.__setattr__(self, "sums", tuple(accumulate(parts, initial=0)))
        object.__setattr__(self, "heaviest", self._heaviest())

    def between(self, start_ms: int, end_ms: int) -> int:
        """What it grants in [start, end)."""
        return self._by(end_ms) - self._by(start_ms)

    def bends(self, start_ms: int, end_ms: int) -> list[int]:
        """When its rate may change in (start, end)."""
        found, begin = [], start_ms - (start_ms - self.anchor_ms) % self.cycle_ms
        while begin < end_ms:
            found += [begin + at for at, _ in self.steps if start_ms < begin + at < end_ms]
            begin += self.cycle_ms
        return found

    def paces(self, pace: Pace) -> bool:
        """Whether a pace asks for just what it grants, at every time."""
        alike = pace.steps == self.steps and pace.cycle_ms == self.cycle_ms
        return alike and (pace.anchor_ms - self.anchor_ms) % self.cycle_ms == 0

    def _heaviest(self) -> int:
        """A window that holds the most has an edge on a step."""
        edges = [self.anchor_ms + at for at, _ in self.steps]
        return max(
            *(self.between(edge, edge + DAY_MS) for edge in edges),
            *(self.between(edge - DAY_MS, edge) for edge in edges),
        )

    def _by(self, at_ms: int) -> int:
        cycles, within = divmod(at_ms - self.anchor_ms, self.cycle_ms)
        index = bisect_right(self.starts, within) - 1
        at, rate = self.steps[index]
        return cycles * self.sums[-1] + self.sums[index] + rate * (within - at)


@dataclass(frozen=True, slots=True)
class Admitted:
    """One volume that may flow once: at its rate from `start_ms` to its end.

    The rate is the volume over the duration, rounded down; what that leaves is granted in the
    millisecond of the end, in which it may make a stroke.
    """

    start_ms: int
    duration_ms: int
    volume_nl: int
    end_ms: int = field(init=False, repr=False, compare=False)
    rate_nl_per_h: int = field(init=False, repr=False, compare=False)
    rest: int = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        whole = self.volume_nl * HOUR_MS
        object.__setattr__(self, "end_ms", self.start_ms + self.duration_ms)
        object.__setattr__(self, "rate_nl_per_h", whole // self.duration_ms)
        object.__setattr__(self, "rest", whole % self.duration_ms)

    def between(self, start_ms: int, end_ms: int) -> int:
        """What it grants in [start, end)."""
        if start_ms > self.end_ms or end_ms <= self.start_ms:
            return 0
        lasts = min(end_ms, self.end_ms) - max(start_ms, self.start_ms)
        return self.rate_nl_per_h * lasts + (self.rest if self.end_ms < end_ms else 0)


@dataclass(frozen=True, slots=True)
class Guard:
    """What the guard knows; a value, so that a power loss cannot leave it half-changed.

    `checked_ms` is the time up to which flow was checked. `regime` says what is granted from then
    on besides what was admitted: the schedule, the floor, or nothing. Since `plain_ms` it has been
    the schedule, and nothing else flowed but what is in `admitted` (it may still flow) or `given`
    (it has ended, and 24 hours can hold it). `lowest` is the lowest point so far of the balance
    (commanded less granted), counted from its value now.
    """

    stroke_nl: int
    device_nl_per_h: int
    per_24h_fg: int
    checked_ms: int
    schedule: Granted | None = None
    floor_nl_per_h: int = 0
    regime: Regime = "none"
    plain_ms: int = 0
    admitted: tuple[Admitted, ...] = ()
    given: tuple[Admitted, ...] = ()
    lowest: int = 0
    history: tuple[TipRun, ...] = ()

    def granted(self, until_ms: int) -> int:
        """All that may flow from `checked_ms` until a time."""
        total = 0
        for once in self.admitted:
            total += once.between(self.checked_ms, until_ms)
        if self.regime == "floor":
            return total + self.floor_nl_per_h * (until_ms - self.checked_ms)
        if self.regime == "schedule" and self.schedule:
            return total + self.schedule.between(self.checked_ms, until_ms)
        return total

    def at_once(self, at_ms: int) -> int:
        """What is granted all at once in this millisecond: what a rounded rate left for the end."""
        return sum([once.rest for once in self.admitted if once.end_ms == at_ms])


def programmed(guard: Guard, schedule: Granted, floor_nl_per_h: int, per_24h_fg: int) -> Guard:
    """A programme is activated: its schedule, its safe floor and its limit."""
    now = guard.checked_ms
    return changed(
        guard, schedule=schedule, floor_nl_per_h=floor_nl_per_h, per_24h_fg=per_24h_fg, plain_ms=now
    )


def schedule_fits(schedule: Granted, ng_per_ml: int, per_24h_fg: int) -> Inhibited | None:
    """Whether the schedule alone stays within the limit in every 24 hours, once, when staged."""
    mass = -(-schedule.heaviest * ng_per_ml // HOUR_MS)
    return Inhibited("dose", mass, per_24h_fg) if mass > per_24h_fg else None


def allowed(guard: Guard, once: Admitted) -> Guard:
    """A dose that was admitted; a prime or a bridge, which was checked when it was staged."""
    return changed(guard, admitted=(*guard.admitted, once))


def ruled(guard: Guard, regime: Regime) -> Guard:
    """What is granted from now on: the schedule, the floor, or nothing."""
    if guard.regime == regime:
        return guard
    return changed(guard, regime=regime, plain_ms=guard.checked_ms)


def called_off(guard: Guard) -> Guard:
    """What was admitted and has not flowed will not flow."""
    return changed(guard, admitted=(), plain_ms=guard.checked_ms)


def overruled(guard: Guard, tip: TipRun | None, until_ms: int) -> Guard:
    """What has flowed although it was inhibited: it counts in every window, and is not plain."""
    history = guard.history if tip is None else (*guard.history, tip)
    return changed(guard, checked_ms=until_ms, plain_ms=until_ms, history=history)


def commanded(guard: Guard, tip: TipRun | None, until_ms: int) -> Guard | Inhibited:
    """Check what is about to flow in [checked, until); nothing flows for None.

    Returns the guard with this flow on its books, or why it may not flow. What is called off
    later is checked again from the guard before, with the part that did flow.
    """
    if until_ms < guard.checked_ms:
        return Inhibited("time", until_ms, guard.checked_ms)
    books = _books(guard, tip.run, until_ms) if tip else _nothing(guard, until_ms)
    if isinstance(books, Inhibited):
        return books
    balance, lowest = books
    due, given = _ended(guard, until_ms)
    recent = _recent(guard.history, until_ms - DAY_MS)
    return Guard(  # every field is named, for this is made for each event
        stroke_nl=guard.stroke_nl,
        device_nl_per_h=guard.device_nl_per_h,
        per_24h_fg=guard.per_24h_fg,
        checked_ms=until_ms,
        schedule=guard.schedule,
        floor_nl_per_h=guard.floor_nl_per_h,
        regime=guard.regime,
        plain_ms=guard.plain_ms,
        admitted=due,
        given=given,
        lowest=lowest - balance,
        history=recent if tip is None else (*recent, tip),
    )


def _ended(guard: Guard, until_ms: int) -> tuple[tuple[Admitted, ...], tuple[Admitted, ...]]:
    """(what may still flow, what has ended in the last 24 hours) at a time."""
    due = [once for once in guard.admitted if once.end_ms >= until_ms]
    over = [*guard.given, *[once for once in guard.admitted if once.end_ms < until_ms]]
    return tuple(due), tuple([once for once in over if once.end_ms >= until_ms - DAY_MS])


def _recent(history: tuple[TipRun, ...], since_ms: int) -> tuple[TipRun, ...]:
    """The runs that may have a stroke after a time: a run is over when the next one begins."""
    old = 0
    while old + 1 < len(history) and history[old + 1].run.start.ms <= since_ms:
        old += 1
    return history[old:]


def _nothing(guard: Guard, until_ms: int) -> tuple[int, int]:
    """(balance at `until_ms`, its lowest point) where nothing flows."""
    balance = -guard.granted(until_ms)
    return balance, min(guard.lowest, balance)


def _books(guard: Guard, run: StrokeRun, until_ms: int) -> tuple[int, int] | Inhibited:
    """(balance at `until_ms`, its lowest point), or why this run may not flow.

    What a run asks for, less what is granted, is a line of straight pieces. The balance before a
    stroke is above that line less a stroke and a millisecond of the fastest flow; after it, it is
    at most on the line less what its millisecond grants at once. So the ends of the pieces bound
    the rise over all strokes between them.
    """
    first, last = run.at_ms(0), run.at_ms(run.count - 1)
    if wrong := _out_of_bounds(guard, run, last, until_ms):
        return wrong
    one = run.stroke_nl * HOUR_MS
    room = one + guard.device_nl_per_h
    before = guard.granted(first)
    lowest = min(guard.lowest, -before)
    for at in _ends(guard, run, first, last):
        line = run.asked(at) - (before if at == first else guard.granted(at))
        most = line - guard.at_once(at)
        if most - lowest > room:
            return Inhibited("flow", most - lowest, room)
        lowest = min(lowest, line - room)
    balance = run.count * one - guard.granted(until_ms)
    return balance, min(lowest, balance)


def _out_of_bounds(guard: Guard, run: StrokeRun, last_ms: int, until_ms: int) -> Inhibited | None:
    """A run that no pump like this makes, or that is not of this time."""
    if run.pace.highest > guard.device_nl_per_h:
        fastest = run.pace.fastest(run.start.ms, max(last_ms, run.start.ms + 1))
        if fastest > guard.device_nl_per_h:
            return Inhibited("device", fastest, guard.device_nl_per_h)
    if run.start.ms < guard.checked_ms or run.stroke_nl != guard.stroke_nl:
        return Inhibited("time", run.start.ms, guard.checked_ms)
    return Inhibited("time", last_ms, until_ms) if last_ms >= until_ms else None


def _ends(guard: Guard, run: StrokeRun, first_ms: int, last_ms: int) -> list[int]:
    """The ends of the straight pieces from the first stroke to the last, in order.

    Where a run follows the schedule, the line never rises, whatever else is granted: its first and
    its last stroke bound it.
    """
    schedule = guard.schedule if guard.regime == "schedule" else None
    if schedule and schedule.paces(run.pace):
        return [first_ms, last_ms]
    bends = {first_ms, last_ms + 1}
    for once in guard.admitted:
        bends |= {once.start_ms, once.end_ms, once.end_ms + 1}
    bends.update(begin for begin, _, _ in run.pace.pieces(first_ms, last_ms + 1))
    bends.update(schedule.bends(first_ms, last_ms) if schedule else ())
    begins = sorted(at for at in bends if first_ms <= at <= last_ms + 1)
    return [at for begin, end in pairwise(begins) for at in (begin, end - 1)]


def admit(
    guard: Guard, dose: Admitted, limit_fg: int, strongest_fg: int, ahead: Iterable[TipRun]
) -> Inhibited | None:
    """Whether every window that a dose can touch stays within the limit with it.

    No stroke that is still to come holds more than `strongest_fg`. `ahead` is all that will leave
    the tip from now to 24 hours after the end of the dose: what is committed, what is scheduled,
    and the dose itself. It is looked at stroke by stroke unless the dose fits in any case.
    """
    if _most(guard, dose, strongest_fg, limit_fg) <= limit_fg:
        return None
    every = chain.from_iterable(map(_strokes, chain(guard.history, ahead)))
    strokes = [stroke for stroke in every if stroke[0] > guard.checked_ms - DAY_MS]
    most = heaviest_day(strokes, dose.end_ms)
    return Inhibited("dose", most, limit_fg) if most > limit_fg else None


def _most(guard: Guard, dose: Admitted, strongest_fg: int, limit_fg: int) -> int:
    """A mass that no 24 hours from now on can exceed with a dose; above the limit if unknown.

    Where nothing but schedule and doses flowed for a day, it is the heaviest day of the schedule,
    the most of the doses in any window (which begins with one of them or ends with one), and the
    stroke by which flow may exceed what is granted, all of it at the strongest.
    """
    schedule = guard.schedule if guard.regime == "schedule" else None
    if schedule is None or guard.plain_ms > guard.checked_ms - DAY_MS:
        return limit_fg + 1
    doses = (*guard.given, *guard.admitted, dose)
    begins = [b for d in doses for b in (d.start_ms, d.end_ms + 1 - DAY_MS)]
    extra = max([sum([d.between(b, b + DAY_MS) for d in doses]) for b in begins])
    one = guard.stroke_nl * HOUR_MS
    strokes = (schedule.heaviest + extra + one + guard.device_nl_per_h) // one
    flowed = max([fg for tip in guard.history for _, fg in tip.parts], default=0)
    return strokes * max(strongest_fg, flowed)


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
