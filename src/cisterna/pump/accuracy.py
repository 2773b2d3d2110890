"""How true is the flow? Start-up curve, overall error, trumpet curve, accuracy of boluses.

The method is that of external pumps (IEC 60601-2-24 style), on volumes instead of weights. With
r the rate, S the length of a sample, and Q_i the flow in sample i of n:

    overall error    A = (mean of Q_i − r) / r
    window           P = k·S; the m = n − k + 1 windows of k samples overlap
    trumpet          Ep(max), Ep(min) = largest and smallest (mean of Q_i over a window − r) / r
    floor            quantum / (r·P): what whole strokes alone can make of an error

Errors are exact ratios (× 100 for per cent), volumes whole nanolitres, times milliseconds. A
sample that was lost is `None`: it is counted and no window with it is judged; nothing is filled
in. An implanted pump gives single strokes far apart, so a window of minutes says nothing of it:
`IMPLANTED` samples quarter hours and looks at hours to days after a first day (our own choice).

    AccuracyRefused(ValueError)    no curve can be drawn
    ├── TooFewSamples              fewer samples than a window has, or none at all
    ├── TooFewBoluses              fewer than 25
    └── UnevenWindow               a window that is no whole number of samples
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import accumulate

from cisterna.quantity import DAY_MS, FLOW, HOUR_MS, VOLUME, DeviceTime, Quantity, StrokeRun

Sample = int | None
"""Nanolitres delivered in one sample; None where it was lost."""

MINUTE_MS = 60_000
BAND = Fraction(1, 10)
FEWEST_BOLUSES = 25


class AccuracyRefused(ValueError):
    """What was measured gives no such figure."""


class TooFewSamples(AccuracyRefused):
    """Fewer samples than a window has, or none that was kept."""


class TooFewBoluses(AccuracyRefused):
    """Too few boluses to speak of their accuracy."""


class UnevenWindow(AccuracyRefused):
    """A window that is no whole number of samples."""


@dataclass(frozen=True, slots=True)
class Method:
    """How long a sample is, which windows are looked at, and what is left out before."""

    sample_ms: int
    windows_ms: tuple[int, ...]
    stabilise_ms: int


EXTERNAL = Method(
    sample_ms=MINUTE_MS // 2,
    windows_ms=tuple(MINUTE_MS * n for n in (1, 2, 5, 11, 19, 31)),
    stabilise_ms=HOUR_MS,
)
IMPLANTED = Method(
    sample_ms=15 * MINUTE_MS,
    windows_ms=tuple(HOUR_MS * n for n in (1, 2, 6, 12, 24, 72)),
    stabilise_ms=DAY_MS,
)


@dataclass(frozen=True, slots=True)
class FlowPoint:
    """Mean flow of one sample, at the end of it; None where the sample was lost."""

    at_ms: int
    nl_per_h: Fraction | None


@dataclass(frozen=True, slots=True)
class Window:
    """One length of window: how many there are, how many were judged, and the errors.

    `highest` and `lowest` are None where a lost sample lies in every window. `floor` is None
    where the quantum is not known.
    """

    length_ms: int
    samples: int
    count: int
    judged: int
    highest: Fraction | None
    lowest: Fraction | None
    floor: Fraction | None


@dataclass(frozen=True, slots=True)
class FlowAccuracy:
    """The whole account of one run at a constant rate."""

    rate: Quantity
    sample_ms: int
    quantum_nl: int | None
    start_up: tuple[FlowPoint, ...]
    settled_ms: int | None
    analysed: int
    lost: int
    overall: Fraction
    trumpet: tuple[Window, ...]


@dataclass(frozen=True, slots=True)
class BolusAccuracy:
    """Boluses of one size: how many were kept and lost, and their errors against the order."""

    count: int
    lost: int
    mean: Fraction
    least: Fraction
    most: Fraction


@dataclass(frozen=True, slots=True)
class Recovery:
    """The basal flow after boluses: the slowest to settle, and how many never did."""

    count: int
    slowest_ms: int | None
    never: int


def flow_accuracy(
    samples: Sequence[Sample],
    rate: Quantity,
    method: Method = IMPLANTED,
    quantum_nl: int | None = None,
) -> FlowAccuracy:
    """Start-up from the first sample on, error and trumpet after the stabilisation.

    Raises `TooFewSamples` where the analysed part is shorter than the longest window, and
    `UnevenWindow` where a window or the stabilisation is no whole number of samples.
    """
    analysed = samples[_whole(method.stabilise_ms, method.sample_ms) :]
    return FlowAccuracy(
        rate=rate,
        sample_ms=method.sample_ms,
        quantum_nl=quantum_nl,
        start_up=start_up(samples, method.sample_ms),
        settled_ms=settled_ms(samples, rate, method.sample_ms),
        analysed=len(analysed),
        lost=_lost(analysed),
        overall=overall_error(analysed, rate, method.sample_ms),
        trumpet=tuple(
            window(analysed, rate, method.sample_ms, length, quantum_nl)
            for length in method.windows_ms
        ),
    )


def sampled(
    runs: Iterable[StrokeRun], start: DeviceTime, sample_ms: int, count: int
) -> tuple[int, ...]:
    """The volume of each of `count` samples from `start` on; a stroke counts at its start."""
    _positive(Fraction(sample_ms), "a length of time")
    volumes = [0] * count
    for run in runs:
        first = max(0, (run.start.ms - start.ms) // sample_ms)
        last = min(count - 1, (run.last.ms - start.ms) // sample_ms)
        edges = [DeviceTime(start.ms + n * sample_ms) for n in range(first, last + 2)]
        before = [run.volume_before(edge) for edge in edges]
        for n in range(first, last + 1):
            volumes[n] += before[n - first + 1] - before[n - first]
    return tuple(volumes)


def start_up(samples: Sequence[Sample], sample_ms: int) -> tuple[FlowPoint, ...]:
    """The flow of each sample from the beginning."""
    return tuple(
        FlowPoint(n * sample_ms, None if nl is None else Fraction(nl * HOUR_MS, sample_ms))
        for n, nl in enumerate(_checked(samples), 1)
    )


def overall_error(samples: Sequence[Sample], rate: Quantity, sample_ms: int) -> Fraction:
    """A: the error of the mean flow of the samples that were kept."""
    kept = [nl for nl in _checked(samples) if nl is not None]
    if not kept:
        raise TooFewSamples("no sample was kept")
    return _error(sum(kept), len(kept) * _nominal_nl(rate, sample_ms))


def window(
    samples: Sequence[Sample],
    rate: Quantity,
    sample_ms: int,
    length_ms: int,
    quantum_nl: int | None = None,
) -> Window:
    """One point of the trumpet curve, over all overlapping windows of one length."""
    k = _whole(length_ms, sample_ms)
    if len(samples) < k or k == 0:
        raise TooFewSamples(f"a window of {k} samples, and {len(samples)} samples")
    volumes = [nl for _, nl in _windows(samples, k)]
    nominal = _nominal_nl(rate, length_ms)
    return Window(
        length_ms=length_ms,
        samples=k,
        count=len(samples) - k + 1,
        judged=len(volumes),
        highest=_error(max(volumes), nominal) if volumes else None,
        lowest=_error(min(volumes), nominal) if volumes else None,
        floor=None if quantum_nl is None else quantum_nl / nominal,
    )


def settled_ms(
    samples: Sequence[Sample], rate: Quantity, sample_ms: int, over: int = 1
) -> int | None:
    """From when on the flow stays within ±10 %; None where it is outside to the end.

    `over` is how many samples are looked at together (overlapping): a pump whose strokes are far
    apart settles only over as many of them as the floor allows.
    """
    nominal = _nominal_nl(rate, sample_ms * over)
    settled: int | None = None
    for first, nl in _windows(samples, over):
        if abs(_error(nl, nominal)) > BAND:
            settled = None
        elif settled is None:
            settled = first * sample_ms
    return settled


def bolus_accuracy(delivered: Sequence[Sample], ordered: Quantity) -> BolusAccuracy:
    """Errors of boluses of one size; once each for the smallest, a usual and the largest one."""
    kept = [nl for nl in _checked(delivered) if nl is not None]
    if len(kept) < FEWEST_BOLUSES:
        raise TooFewBoluses(f"{len(kept)} boluses, and {FEWEST_BOLUSES} are wanted")
    nominal = _positive(ordered.expect(VOLUME).number("nL"), "a bolus")
    return BolusAccuracy(
        count=len(kept),
        lost=len(delivered) - len(kept),
        mean=_error(sum(kept), len(kept) * nominal),
        least=_error(min(kept), nominal),
        most=_error(max(kept), nominal),
    )


def basal_recovery(
    after: Sequence[Sequence[Sample]], rate: Quantity, sample_ms: int, over: int = 1
) -> Recovery:
    """How the basal flow comes back: `after` holds the samples from the end of each bolus on."""
    times = [settled_ms(samples, rate, sample_ms, over) for samples in after]
    settled = [at for at in times if at is not None]
    return Recovery(len(times), max(settled, default=None), len(times) - len(settled))


def _windows(samples: Sequence[Sample], k: int) -> list[tuple[int, int]]:
    """(first sample, volume) of every window of k samples in which none was lost."""
    volumes = list(accumulate((nl or 0 for nl in _checked(samples)), initial=0))
    lost = list(accumulate((nl is None for nl in samples), initial=0))
    firsts = range(len(samples) - k + 1)
    return [(n, volumes[n + k] - volumes[n]) for n in firsts if lost[n + k] == lost[n]]


def _error(volume_nl: int, nominal_nl: Fraction) -> Fraction:
    return (volume_nl - nominal_nl) / nominal_nl


def _nominal_nl(rate: Quantity, length_ms: int) -> Fraction:
    per_hour = _positive(rate.expect(FLOW).number("nL/h"), "a rate")
    return per_hour * _positive(Fraction(length_ms), "a length of time") / HOUR_MS


def _positive(value: Fraction, what: str) -> Fraction:
    if value <= 0:
        raise AccuracyRefused(f"{what} above zero is wanted")
    return value


def _whole(length_ms: int, sample_ms: int) -> int:
    """How many samples a length has."""
    if min(sample_ms, length_ms + 1) < 1:
        raise AccuracyRefused("a length of time above zero is wanted")
    if length_ms % sample_ms:
        raise UnevenWindow(f"{length_ms} ms are no whole number of samples of {sample_ms} ms")
    return length_ms // sample_ms


def _checked(samples: Sequence[Sample]) -> Sequence[Sample]:
    if any(nl is not None and nl < 0 for nl in samples):
        raise AccuracyRefused("no pump draws back: a sample of zero or more is wanted")
    return samples


def _lost(samples: Sequence[Sample]) -> int:
    return sum(nl is None for nl in samples)
