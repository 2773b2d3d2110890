"""Ordered against delivered: the mean dose rate of every drug over equal times of a run.

Ordered is what the order in force schedules, at the concentrations it names, and the doses that
were granted: what a fault, a wrong line or an empty reservoir takes away is the difference.
"""

from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from fractions import Fraction

from cisterna.order.prescription import Prescription
from cisterna.order.schedule import Schedule, schedule
from cisterna.pump.run import Run, mix
from cisterna.pump.simulation import Bin, Extremes
from cisterna.pump.virtual import Span
from cisterna.quantity import DAY_MS, HOUR_MS, Quantity, between

MOST = 400
_LENGTHS = (
    *(HOUR_MS // 4, HOUR_MS, 2 * HOUR_MS, 6 * HOUR_MS),
    *(DAY_MS, 7 * DAY_MS, 30 * DAY_MS),
)
_FG_PER_MG = 10**12


def series(run: Run) -> tuple[Bin, ...]:
    """At most 400 equal times; the last one may be shorter."""
    end = run.scenario.length_ms
    length = next((n for n in _LENGTHS if n * MOST >= end), _LENGTHS[-1])
    edges = [*range(0, end, length), end]
    ordered, delivered = _Ordered(run), _delivered(run.pump.spans, edges, len(run.drugs))
    return tuple(
        Bin(
            begin,
            stop,
            _rates(run, ordered.fg(begin, stop), stop - begin),
            _rates(run, fg, stop - begin),
        )
        for begin, stop, fg in zip(edges, edges[1:], delivered, strict=False)
    )


def extremes(bins: Sequence[Bin], drug: str, moment: Callable[[int], datetime]) -> Extremes | None:
    """The whole days with the least and the most of what was ordered; None without any."""
    size = -(-DAY_MS // bins[0].end_ms)
    days = [bins[n : n + size] for n in range(0, len(bins) - size + 1, size)]
    shares = [(_share(day, drug), day[0].start_ms) for day in days]
    known = [(share, at) for share, at in shares if share is not None]
    if not known or bins[0].end_ms * size > bins[-1].end_ms:
        return None
    (low, low_at), (high, high_at) = min(known), max(known, key=lambda row: (row[0], -row[1]))
    over = Quantity.of(bins[0].end_ms * size, "ms").to("h")
    return Extremes(over, low, moment(low_at), high, moment(high_at))


def _share(day: Sequence[Bin], drug: str) -> Fraction | None:
    ordered = sum((b.ordered[drug].base * (b.end_ms - b.start_ms) for b in day), Fraction(0))
    came = sum((b.delivered[drug].base * (b.end_ms - b.start_ms) for b in day), Fraction(0))
    return came / ordered if ordered else None


def _rates(run: Run, fg: Sequence[Fraction], ms: int) -> dict[str, Quantity]:
    days = Fraction(ms, DAY_MS)
    rates = (Quantity.of(mass / _FG_PER_MG / days, "mg/day") for mass in fg)
    return dict(zip(run.drugs, rates, strict=True))


class _Ordered:
    """The order in force at every time of a run."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._starts = [row.at_ms for row in run.programs]
        self._orders = [self._known(row.rx) for row in run.programs]

    def _known(self, rx: Prescription) -> tuple[Schedule, Fraction, tuple[Fraction, ...]]:
        """(schedule, days from the order's fill to the run's start, concentrations)."""
        since = between(rx.solution.filled_at, self._run.scenario.start).number("day")
        return schedule(rx), since, mix(rx, self._run.drugs)

    def fg(self, start_ms: int, end_ms: int) -> list[Fraction]:
        """What was ordered of each drug in [start, end)."""
        total = [Fraction(0) for _ in self._run.drugs]
        for order, begin, stop in self._parts(start_ms, end_ms):
            pattern, since, held = order
            days = (since + Fraction(t, DAY_MS) for t in (begin, stop))
            nl = pattern.volume(*days) * 10**6
            total = [a + nl * c for a, c in zip(total, held, strict=True)]
        for begin, stop, volume in self._run.dose_runs:
            shared = min(end_ms, stop) - max(start_ms, begin)
            if shared > 0:
                nl = Fraction(volume * shared, stop - begin)
                held = self._orders[bisect_right(self._starts, begin) - 1][2]
                total = [a + nl * c for a, c in zip(total, held, strict=True)]
        return total

    def _parts(
        self, start_ms: int, end_ms: int
    ) -> Iterator[tuple[tuple[Schedule, Fraction, tuple[Fraction, ...]], int, int]]:
        ends = [*self._starts[1:], end_ms]
        for order, begin, stop in zip(self._orders, self._starts, ends, strict=True):
            first, last = max(start_ms, begin), min(end_ms, stop)
            if first < last:
                yield order, first, last


def _delivered(spans: Sequence[Span], edges: Sequence[int], drugs: int) -> list[list[Fraction]]:
    """The mass of each drug that left the tip between neighbouring edges."""
    bins = [[Fraction(0)] * drugs for _ in edges[1:]]
    at = 0
    for span in spans:
        while at + 1 < len(bins) and edges[at + 1] <= span.start_ms:
            at += 1
        here = at
        while here < len(bins) and edges[here] < span.end_ms:
            first = max(span.start_ms, Fraction(edges[here]))
            shared = min(span.end_ms, Fraction(edges[here + 1])) - first
            part = span.nl * shared / (span.end_ms - span.start_ms)
            bins[here] = [a + part * c for a, c in zip(bins[here], span.mix, strict=True)]
            here += 1
    return bins
