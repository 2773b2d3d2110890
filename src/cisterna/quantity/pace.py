"""How fast something flows, for ever: a cycle of steps, each at a constant rate.

Integers only: times in milliseconds, rates in nanolitres per hour, amounts in nL·ms/h, of which
3,600,000 are a nanolitre. What flows between two times is a closed form, so ten years cost no more
than an hour.
"""

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import accumulate

FOR_EVER = 1 << 62


@dataclass(frozen=True, slots=True)
class Pace:
    """(ms in the cycle, nL/h) steps; a cycle begins at `anchor_ms` and every `cycle_ms`.

    `starts` are the times of the steps, `sums` is what it asks for from the begin of the cycle to
    each of them, `highest` its fastest rate.
    Raises `ValueError` where the steps do not tile the cycle, the first at zero, in order.
    """

    anchor_ms: int
    cycle_ms: int
    steps: tuple[tuple[int, int], ...]
    starts: list[int] = field(init=False, repr=False, compare=False)
    sums: tuple[int, ...] = field(init=False, repr=False, compare=False)
    highest: int = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        starts = [at for at, _ in self.steps]
        tiled = starts and starts[0] == 0 and starts == sorted({*starts})
        if not tiled or starts[-1] >= self.cycle_ms:
            raise ValueError("the steps of a pace tile its cycle")
        ends = [*starts[1:], self.cycle_ms]
        parts = (rate * (end - at) for (at, rate), end in zip(self.steps, ends, strict=True))
        object.__setattr__(self, "starts", starts)
        object.__setattr__(self, "sums", tuple(accumulate(parts, initial=0)))
        object.__setattr__(self, "highest", max(rate for _, rate in self.steps))

    @classmethod
    @lru_cache
    def steady(cls, nl_per_h: int) -> "Pace":
        """One rate for ever."""
        return cls(0, 1, ((0, nl_per_h),))

    def at(self, at_ms: int) -> tuple[int, int]:
        """(nL/h, until when) of the step at a time; `FOR_EVER` where there is only one."""
        if len(self.steps) == 1:
            return self.steps[0][1], FOR_EVER
        within = (at_ms - self.anchor_ms) % self.cycle_ms
        index = bisect_right(self.starts, within) - 1
        last = index + 1 == len(self.steps)
        end = self.cycle_ms if last else self.steps[index + 1][0]
        return self.steps[index][1], at_ms - within + end

    def asked(self, begin_ms: int, end_ms: int) -> int:
        """What it asks for in [begin, end) (nL·ms/h)."""
        if len(self.steps) == 1:
            return self.steps[0][1] * (end_ms - begin_ms)
        return self._by(end_ms) - self._by(begin_ms)

    def reached(self, begin_ms: int, amount: int) -> int:
        """The first ms by which it has asked for so much (above zero) since `begin_ms`.

        The pace asks for something in each cycle.
        """
        if len(self.steps) == 1:
            return begin_ms - (-amount // self.steps[0][1])
        cycles, rest = divmod(self._by(begin_ms) + amount - 1, self.sums[-1])
        index = bisect_right(self.sums, rest) - 1
        at, rate = self.steps[index]
        within = at - ((self.sums[index] - rest - 1) // rate)
        return self.anchor_ms + cycles * self.cycle_ms + within

    def pieces(self, begin_ms: int, end_ms: int) -> Iterator[tuple[int, int, int]]:
        """(begin, end, nL/h) of each step in [begin, end)."""
        while begin_ms < end_ms:
            rate, until = self.at(begin_ms)
            yield begin_ms, min(until, end_ms), rate
            begin_ms = until

    def fastest(self, begin_ms: int, end_ms: int) -> int:
        """Its fastest step in [begin, end) (nL/h)."""
        if end_ms - begin_ms >= self.cycle_ms:
            return self.highest
        return max((rate for _, _, rate in self.pieces(begin_ms, end_ms)), default=0)

    def same(self, other: "Pace") -> bool:
        """Whether another pace has the same steps at the same times."""
        off = self.anchor_ms - other.anchor_ms
        alike = self.steps == other.steps and self.cycle_ms == other.cycle_ms
        return alike and off % self.cycle_ms == 0

    def _by(self, at_ms: int) -> int:
        """What it asks for from the anchor to a time (below zero before it)."""
        cycles, within = divmod(at_ms - self.anchor_ms, self.cycle_ms)
        index = bisect_right(self.starts, within) - 1
        at, rate = self.steps[index]
        return cycles * self.sums[-1] + self.sums[index] + rate * (within - at)
