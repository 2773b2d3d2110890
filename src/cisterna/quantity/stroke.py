"""The stroke run: the unit of flow inside a pump.

Controller, guard, journal and oracle speak in runs of equal strokes at a pace, so years of flow
cost little memory and a power loss may split a run at any stroke. Integers only: volumes in
nanolitres, times in milliseconds, rates in nanolitres per hour, masses in femtograms (a
nanolitre at 1 ng/mL holds 1 fg). What a pace leaves over between two strokes is carried in units
of nL·ms/h, `HOUR_MS` of which are a nanolitre, so nothing is ever rounded away.
"""

from dataclasses import dataclass
from typing import Final

from cisterna.quantity.pace import Pace
from cisterna.quantity.time import DeviceTime

HOUR_MS: Final = 3_600_000
DAY_MS: Final = 86_400_000


@dataclass(frozen=True, slots=True)
class StrokeRun:
    """`count` strokes of `stroke_nl` at a pace from `start`, with `owed` carried over.

    Stroke i (from 0) happens in the first millisecond t in which what was carried and what the
    pace has asked for since make it up: owed + asked(start, t) ≥ (i + 1)·stroke·3,600,000.
    A stroke counts at its start. Raises `ValueError` for a pace that asks for nothing, a count or
    volume below one, or less than nothing carried over.
    """

    start: DeviceTime
    pace: Pace
    stroke_nl: int
    count: int
    owed: int = 0

    def __post_init__(self) -> None:
        if self.pace.sums[-1] < 1 or self.count < 1 or self.stroke_nl < 1:
            raise ValueError("a stroke run needs a rate, a count and a volume of at least one")
        if self.owed < 0:
            raise ValueError("a stroke run owes nothing or something")

    @property
    def volume_nl(self) -> int:
        """Volume of the whole run in nanolitres."""
        return self.count * self.stroke_nl

    def asked(self, at_ms: int) -> int:
        """What was carried over and asked for before `at_ms` (nL·ms/h)."""
        return self.owed + self.pace.asked(self.start.ms, at_ms)

    def at(self, stroke: int) -> DeviceTime:
        """When stroke `stroke` (from 0) happens."""
        return DeviceTime(self.at_ms(stroke))

    def at_ms(self, stroke: int) -> int:
        """The same in ms."""
        missing = (stroke + 1) * self.stroke_nl * HOUR_MS - self.owed
        return self.start.ms if missing <= 0 else self.pace.reached(self.start.ms, missing)

    def times(self) -> list[int]:
        """When each stroke happens, in ms."""
        one, found = self.stroke_nl * HOUR_MS, list[int]()
        begin, missing, left = self.start.ms, one - self.owed, self.count
        far = self.at_ms(self.count - 1) + 1
        for at, end, rate in self.pace.pieces(begin, far):
            asked = rate * (end - at)
            number = min(left, (asked - missing) // one + 1)
            if number > 0:
                found += [
                    at + max(0, -(-(missing + n * one) // max(1, rate))) for n in range(number)
                ]
                missing, left = missing + number * one, left - number
            missing -= asked
        return found

    @property
    def last(self) -> DeviceTime:
        """When the last stroke happens."""
        return self.at(self.count - 1)

    def strokes_before(self, at: DeviceTime) -> int:
        """How many strokes happen in [start, at)."""
        if at.ms <= self.start.ms:
            return 0
        return min(self.count, self.asked(at.ms - 1) // (self.stroke_nl * HOUR_MS))

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
        owed = self.asked(begin.ms) - before * self.stroke_nl * HOUR_MS
        return first, self._with(begin, self.count - before, owed)

    def _with(self, start: DeviceTime, count: int, owed: int) -> "StrokeRun":
        return StrokeRun(start, self.pace, self.stroke_nl, count, owed)


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
