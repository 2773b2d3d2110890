"""The stroke run: the unit of flow inside a pump.

Controller, guard, journal and oracle speak in runs of equal strokes at a constant rate, so years
of flow cost little memory and a power loss may split a run at any stroke. Integers only: volumes
in nanolitres, times in milliseconds, rates in nanolitres per hour, masses in femtograms (a
nanolitre at 1 ng/mL holds 1 fg). What a rate leaves over between two strokes is carried in units
of nL·ms/h, `HOUR_MS` of which are a nanolitre, so nothing is ever rounded away.
"""

from dataclasses import dataclass

from cisterna.quantity.time import DeviceTime

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS


@dataclass(frozen=True, slots=True)
class StrokeRun:
    """`count` strokes of `stroke_nl` at a constant rate from `start`, with `owed` carried over.

    Stroke i (from 0) happens in the first millisecond t in which what was carried and what the
    rate has asked for since make it up: owed + rate·(t − start) ≥ (i + 1)·stroke·3,600,000.
    A stroke counts at its start. Raises `ValueError` for a rate, count or volume below one, or
    less than nothing carried over.
    """

    start: DeviceTime
    rate_nl_per_h: int
    stroke_nl: int
    count: int
    owed: int = 0

    def __post_init__(self) -> None:
        if min(self.rate_nl_per_h, self.count, self.stroke_nl) < 1:
            raise ValueError("a stroke run needs a rate, a count and a volume of at least one")
        if self.owed < 0:
            raise ValueError("a stroke run owes nothing or something")

    @property
    def volume_nl(self) -> int:
        """Volume of the whole run in nanolitres."""
        return self.count * self.stroke_nl

    def at(self, stroke: int) -> DeviceTime:
        """When stroke `stroke` (from 0) happens."""
        missing = (stroke + 1) * self.stroke_nl * HOUR_MS - self.owed
        return DeviceTime(self.start.ms + max(0, -(-missing // self.rate_nl_per_h)))

    def times(self) -> list[int]:
        """When each stroke happens, in ms."""
        start, rate, one = self.start.ms, self.rate_nl_per_h, self.stroke_nl * HOUR_MS
        first = one - self.owed
        return [start + max(0, -(-(first + n * one) // rate)) for n in range(self.count)]

    @property
    def last(self) -> DeviceTime:
        """When the last stroke happens."""
        return self.at(self.count - 1)

    def strokes_before(self, at: DeviceTime) -> int:
        """How many strokes happen in [start, at)."""
        elapsed = at.ms - 1 - self.start.ms
        if elapsed < 0:
            return 0
        made = (self.owed + self.rate_nl_per_h * elapsed) // (self.stroke_nl * HOUR_MS)
        return min(self.count, made)

    def volume_before(self, at: DeviceTime) -> int:
        """Nanolitres of the strokes that happen before `at`."""
        return self.strokes_before(at) * self.stroke_nl

    def split(self, at: DeviceTime) -> "tuple[StrokeRun | None, StrokeRun | None]":
        """The part before `at` and the part from `at` on; either may be None."""
        before = self.strokes_before(at)
        first = None if before == 0 else self._with(self.start, before, self.owed)
        if before == self.count:
            return first, None
        begin = max(at, self.start)
        asked = self.owed + self.rate_nl_per_h * (begin.ms - self.start.ms)
        owed = asked - before * self.stroke_nl * HOUR_MS
        return first, self._with(begin, self.count - before, owed)

    def _with(self, start: DeviceTime, count: int, owed: int) -> "StrokeRun":
        return StrokeRun(start, self.rate_nl_per_h, self.stroke_nl, count, owed)


@dataclass(frozen=True, slots=True)
class TipRun:
    """A stroke run with what it pushes out of the tip.

    `parts` are (strokes, femtograms of the primary drug for each stroke), in order; their strokes
    (each at least one) add up to the run's. Raises `ValueError` where they do not.
    """

    run: StrokeRun
    parts: tuple[tuple[int, int], ...]

    def __post_init__(self) -> None:
        counts = [strokes for strokes, _ in self.parts]
        if sum(counts) != self.run.count or min(counts) < 1:
            raise ValueError("the parts of a run at the tip have all of its strokes")

    @property
    def mass_fg(self) -> int:
        """Mass of the whole run in femtograms."""
        return sum(strokes * mass for strokes, mass in self.parts)

    def split(self, at: DeviceTime) -> "tuple[TipRun | None, TipRun | None]":
        """The part before `at` and the part from `at` on; either may be None."""
        first, rest = self.run.split(at)
        if first is None or rest is None:
            return (self, None) if rest is None else (None, TipRun(rest, self.parts))
        left, before = first.count, list[tuple[int, int]]()
        after: list[tuple[int, int]] = []
        for strokes, mass in self.parts:
            taken = min(left, strokes)
            left -= taken
            before += [(taken, mass)] if taken else []
            after += [(strokes - taken, mass)] if strokes > taken else []
        return TipRun(first, tuple(before)), TipRun(rest, tuple(after))
