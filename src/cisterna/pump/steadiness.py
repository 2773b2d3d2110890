"""How true the flow was at first: error and trumpet of the strokes that really turned.

Judged on the time before anything happens, where the programme is one rate all day, and only
where that lasts for a day of settling and the longest window after it. The rate is the one that
was programmed: what an order's rate loses when it is rounded down is no error of the pump.
"""

from collections.abc import Sequence
from fractions import Fraction

from cisterna.pump.accuracy import IMPLANTED, flow_accuracy
from cisterna.pump.programme import Programme
from cisterna.pump.simulation import Steadiness, Trumpet
from cisterna.quantity import DAY_MS, DeviceTime, Quantity, StrokeRun

LONGEST_MS = 14 * DAY_MS

Turned = Sequence[tuple[StrokeRun, Fraction]]
"""Runs of strokes that turned, each with what multiplied its volume."""


def steadiness(programme: Programme, turned: Turned, until_ms: int) -> Steadiness | None:
    """The figures of a time from zero in which one programme ran; None if they mean nothing."""
    count = min(until_ms, LONGEST_MS) // IMPLANTED.sample_ms
    least = IMPLANTED.stabilise_ms + max(IMPLANTED.windows_ms)
    rates = {rate for _, rate in programme.steps}
    if programme.bridge or len(rates) != 1 or count * IMPLANTED.sample_ms < least:
        return None
    rate = Quantity.of(rates.pop(), "nL/h")
    if not rate or not turned:
        return None
    stroke = turned[0][0].stroke_nl
    samples = sampled(turned, IMPLANTED.sample_ms, count)
    found = flow_accuracy(samples, rate, IMPLANTED, stroke)
    return Steadiness(
        rate=rate,
        stroke=Quantity.of(stroke, "nL"),
        lasts=Quantity.of(count * IMPLANTED.sample_ms, "ms").to("day"),
        overall=found.overall,
        trumpet=tuple(
            Trumpet(Quantity.of(w.length_ms, "ms").to("h"), w.highest, w.lowest, w.floor)
            for w in found.trumpet
        ),
    )


def sampled(turned: Turned, sample_ms: int, count: int) -> tuple[int, ...]:
    """The whole nanolitres of each sample from zero on; what is left over goes to the next."""
    volumes = [Fraction(0)] * count
    for run, factor in turned:
        first = run.start.ms // sample_ms
        last = min(count - 1, run.last.ms // sample_ms)
        for n in range(first, last + 1):
            end, begin = DeviceTime((n + 1) * sample_ms), DeviceTime(n * sample_ms)
            volumes[n] += (run.volume_before(end) - run.volume_before(begin)) * factor
    made, carried = [], Fraction(0)
    for volume in volumes:
        whole = (carried + volume).__floor__()
        carried += volume - whole
        made.append(whole)
    return tuple(made)
