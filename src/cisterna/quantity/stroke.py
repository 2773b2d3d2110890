"""The stroke run: the unit of flow inside a pump.

Controller, guard, journal and oracle speak in runs of equal strokes at equal spacing, so years
of flow cost little memory and a power loss may split a run at any stroke. Integers only.
"""

from dataclasses import dataclass

from cisterna.quantity.time import DeviceTime


@dataclass(frozen=True, slots=True)
class StrokeRun:
    """`count` strokes of `stroke_nl` nanolitres, the first at `start`, then every `spacing_ms`.

    A stroke counts at its start. Raises `ValueError` for a spacing, count or volume below one.
    """

    start: DeviceTime
    spacing_ms: int
    count: int
    stroke_nl: int

    def __post_init__(self) -> None:
        if min(self.spacing_ms, self.count, self.stroke_nl) < 1:
            raise ValueError("a stroke run needs a spacing, a count and a volume of at least one")

    @property
    def volume_nl(self) -> int:
        """Volume of the whole run in nanolitres."""
        return self.count * self.stroke_nl

    @property
    def last(self) -> DeviceTime:
        """Start of the last stroke."""
        return DeviceTime(self.start.ms + (self.count - 1) * self.spacing_ms)

    def strokes_before(self, at: DeviceTime) -> int:
        """How many strokes start in [start, at)."""
        elapsed = at.ms - self.start.ms
        return max(0, min(self.count, -(-elapsed // self.spacing_ms)))

    def volume_before(self, at: DeviceTime) -> int:
        """Nanolitres of the strokes that start before `at`."""
        return self.strokes_before(at) * self.stroke_nl

    def split(self, at: DeviceTime) -> "tuple[StrokeRun | None, StrokeRun | None]":
        """The part before `at` and the part from `at` on; either may be None."""
        before = self.strokes_before(at)
        first = None if before == 0 else self._part(0, before)
        rest = None if before == self.count else self._part(before, self.count - before)
        return first, rest

    def _part(self, skipped: int, count: int) -> "StrokeRun":
        start = DeviceTime(self.start.ms + skipped * self.spacing_ms)
        return StrokeRun(start, self.spacing_ms, count, self.stroke_nl)
