"""Flow accuracy: the worked example to the last digit, and what holds for any run."""

from dataclasses import replace
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cisterna.pump.accuracy import (
    EXTERNAL,
    IMPLANTED,
    AccuracyRefused,
    FlowPoint,
    Recovery,
    Sample,
    TooFewBoluses,
    TooFewSamples,
    UnevenWindow,
    Window,
    basal_recovery,
    bolus_accuracy,
    flow_accuracy,
    overall_error,
    sampled,
    settled_ms,
    start_up,
    window,
)
from cisterna.quantity import DAY_MS, HOUR_MS, DeviceTime, Pace, Quantity, QuantityError, StrokeRun

MINUTE_MS = 60_000
S = 30_000  # ms, the sample of the worked example
RATE = Quantity.of("1.2", "mL/h")  # 10 mcL in a sample
EXAMPLE = tuple(1000 * mcl for mcl in (12, 12, 12, 10, 10, 10, 8, 8, 8, 10, 10, 11) * 10)

VOLUMES = st.lists(st.integers(0, 40_000), min_size=1, max_size=60)
DROPPED = st.lists(st.none() | st.integers(0, 40_000), min_size=1, max_size=60)


def trumpet(samples: list[int] | list[Sample] | tuple[int, ...], k: int) -> Window:
    return window(samples, RATE, S, k * S)


# The worked example -----------------------------------------------------------------------------


def test_the_overall_error_of_the_worked_example():
    assert sum(EXAMPLE) == 1_210_000
    assert overall_error(EXAMPLE, RATE, S) == Fraction(1, 120)


@pytest.mark.parametrize(
    ("minutes", "k", "m", "highest", "lowest"),
    [
        (1, 2, 119, Fraction(20, 100), Fraction(-20, 100)),
        (2, 4, 117, Fraction(175, 1000), Fraction(-15, 100)),
        (5, 10, 111, Fraction(5, 100), Fraction(-3, 100)),
        (11, 22, 99, Fraction(6, 220), Fraction(-2, 220)),
        (19, 38, 83, Fraction(7, 380), Fraction(-1, 380)),
        (31, 62, 59, Fraction(9, 620), Fraction(1, 620)),
    ],
)
def test_the_trumpet_of_the_worked_example(
    minutes: int, k: int, m: int, highest: Fraction, lowest: Fraction
):
    found = window(EXAMPLE, RATE, S, minutes * MINUTE_MS)
    assert (found.samples, found.count, found.judged) == (k, m, m)
    assert (found.highest, found.lowest) == (highest, lowest)


@pytest.mark.parametrize(
    ("minutes", "highest", "lowest"),
    [(11, "2.7273", "-0.9091"), (19, "1.8421", "-0.2632"), (31, "1.4516", "0.1613")],
)
def test_the_exact_errors_round_to_the_printed_per_cent(minutes: int, highest: str, lowest: str):
    found = window(EXAMPLE, RATE, S, minutes * MINUTE_MS)
    assert found.highest is not None
    assert found.lowest is not None
    assert round(found.highest * 100, 4) == Fraction(highest)
    assert round(found.lowest * 100, 4) == Fraction(lowest)


def test_the_whole_account_of_the_worked_example():
    found = flow_accuracy(EXAMPLE, RATE, replace(EXTERNAL, stabilise_ms=0))
    assert (found.analysed, found.lost, found.overall) == (120, 0, Fraction(1, 120))
    assert [w.count for w in found.trumpet] == [119, 117, 111, 99, 83, 59]
    assert found.start_up[0] == FlowPoint(S, Fraction(1_440_000))
    assert found.settled_ms == 117 * S  # only the last three samples, 10, 10 and 11 mcL, are inside


def test_the_first_hour_of_an_external_pump_is_start_up_only():
    found = flow_accuracy([0] * 120 + [10_000] * 120, RATE, EXTERNAL)
    assert found.analysed == 120
    assert found.overall == 0
    assert all(w.highest == w.lowest == 0 for w in found.trumpet)
    assert len(found.start_up) == 240
    assert found.settled_ms == HOUR_MS


# True of any run --------------------------------------------------------------------------------


@given(nl=st.integers(1, 10**6), n=st.integers(1, 80), data=st.data())
def test_a_constant_flow_at_the_rate_has_no_error(nl: int, n: int, data: st.DataObject):
    k = data.draw(st.integers(1, n))
    rate = Quantity.of(nl * HOUR_MS // S, "nL/h")
    found = window([nl] * n, rate, S, k * S)
    assert overall_error([nl] * n, rate, S) == found.highest == found.lowest == 0
    assert settled_ms([nl] * n, rate, S) == 0


@given(samples=VOLUMES)
def test_a_window_as_long_as_the_run_is_the_overall_error(samples: list[int]):
    found = trumpet(samples, len(samples))
    assert found.count == 1
    assert found.highest == found.lowest == overall_error(samples, RATE, S)


@given(samples=VOLUMES, data=st.data())
def test_the_windows_are_those_of_the_definition(samples: list[int], data: st.DataObject):
    k = data.draw(st.integers(1, len(samples)))
    flows = [Fraction(60 * nl, 1000 * 1000) * 2 for nl in samples]  # 60 W / (S d), S = 1/2 min
    errors = [
        Fraction(100, k) * sum((q - Fraction(12, 10)) / Fraction(12, 10) for q in flows[j : j + k])
        for j in range(len(samples) - k + 1)
    ]
    found = trumpet(samples, k)
    assert found.count == len(errors)
    assert found.highest is not None
    assert found.lowest is not None
    assert (100 * found.highest, 100 * found.lowest) == (max(errors), min(errors))


@given(samples=VOLUMES, data=st.data())
def test_the_mean_of_all_windows_weights_a_sample_by_the_windows_it_is_in(
    samples: list[int], data: st.DataObject
):
    n, k = len(samples), data.draw(st.integers(1, len(samples)))
    parts = [trumpet(samples[j : j + k], k).highest for j in range(n - k + 1)]
    weights = [min(i, n - k) - max(0, i - k + 1) + 1 for i in range(n)]
    weighed = sum(w * nl for w, nl in zip(weights, samples, strict=True))
    mean = sum(p for p in parts if p is not None) / len(parts)
    assert sum(weights) == k * len(parts)
    assert mean == Fraction(weighed, sum(weights) * 10_000) - 1


@given(samples=VOLUMES, data=st.data())
def test_a_window_made_of_shorter_ones_has_no_wider_bounds(samples: list[int], data: st.DataObject):
    k = data.draw(st.integers(1, len(samples)))
    many = data.draw(st.integers(1, len(samples) // k))
    short, long = trumpet(samples, k), trumpet(samples, many * k)
    assert None not in (short.highest, short.lowest, long.highest, long.lowest)
    assert short.lowest <= long.lowest <= long.highest <= short.highest  # type: ignore[operator]


@given(k=st.integers(1, 12), many=st.integers(1, 5), data=st.data())
def test_windows_that_tile_the_run_bracket_the_overall_error(
    k: int, many: int, data: st.DataObject
):
    size = k * many
    samples = data.draw(st.lists(st.integers(0, 40_000), min_size=size, max_size=size))
    found = trumpet(samples, k)
    assert found.lowest is not None
    assert found.highest is not None
    assert found.lowest <= overall_error(samples, RATE, S) <= found.highest


def test_bounds_need_not_narrow_with_each_longer_window():
    samples = [20_000, 0, 20_000]
    two, three = trumpet(samples, 2), trumpet(samples, 3)
    assert two.highest == 0
    assert three.highest == Fraction(1, 3)


def test_the_overall_error_may_lie_outside_the_bounds():
    samples = [20_000, 0, 20_000]
    highest = trumpet(samples, 2).highest
    assert highest is not None
    assert overall_error(samples, RATE, S) > highest


@given(samples=VOLUMES, factor=st.integers(1, 50), data=st.data())
def test_errors_do_not_change_when_flow_and_rate_grow_together(
    samples: list[int], factor: int, data: st.DataObject
):
    length = data.draw(st.integers(1, len(samples))) * S
    grown = [nl * factor for nl in samples]
    assert window(grown, RATE * factor, S, length) == window(samples, RATE, S, length)


@given(samples=VOLUMES, data=st.data())
def test_errors_do_not_know_the_direction_of_time(samples: list[int], data: st.DataObject):
    k = data.draw(st.integers(1, len(samples)))
    assert trumpet(samples[::-1], k) == trumpet(samples, k)


# Lost samples -----------------------------------------------------------------------------------


@given(samples=DROPPED, data=st.data())
def test_no_window_with_a_lost_sample_is_judged(samples: list[Sample], data: st.DataObject):
    k = data.draw(st.integers(1, len(samples)))
    whole = [samples[j : j + k] for j in range(len(samples) - k + 1)]
    kept = [sum(nl for nl in w if nl is not None) for w in whole if None not in w]
    found = trumpet(samples, k)
    assert (found.count, found.judged) == (len(whole), len(kept))
    nominal = 10_000 * k
    assert found.highest == (Fraction(max(kept), nominal) - 1 if kept else None)
    assert found.lowest == (Fraction(min(kept), nominal) - 1 if kept else None)


@given(samples=VOLUMES, data=st.data())
def test_losing_a_sample_never_widens_the_bounds(samples: list[int], data: st.DataObject):
    k = data.draw(st.integers(1, len(samples)))
    gone = data.draw(st.integers(0, len(samples) - 1))
    some: list[Sample] = [None if n == gone else nl for n, nl in enumerate(samples)]
    full, less = trumpet(samples, k), trumpet(some, k)
    if less.judged:
        assert full.lowest <= less.lowest <= less.highest <= full.highest  # type: ignore[operator]


def test_a_lost_sample_is_marked_and_nothing_is_filled_in():
    points = start_up([10_000, None, 12_000], S)
    assert [p.nl_per_h for p in points] == [1_200_000, None, 1_440_000]
    assert [p.at_ms for p in points] == [S, 2 * S, 3 * S]
    found = flow_accuracy(
        [None, 10_000, None, 10_000],
        RATE,
        replace(EXTERNAL, windows_ms=(S, 2 * S), stabilise_ms=S),
    )
    assert (found.analysed, found.lost) == (3, 1)
    assert found.overall == 0
    assert [(w.count, w.judged) for w in found.trumpet] == [(3, 2), (2, 0)]
    assert [w.highest for w in found.trumpet] == [0, None]


# Settling ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("mcl", "settled"),
    [
        ((10, 10), 0),
        ((9, 11, 9), 0),
        ((5, 10, 10), 1),
        ((10, 12, 10), 2),
        ((10, 10, 8), None),
        ((), None),
        ((None, None), None),
        ((5, None, 10), 2),
        ((10, 8, None), None),
        ((10, None, 10), 0),
    ],
)
def test_the_flow_has_settled_when_it_stays_within_a_tenth(
    mcl: tuple[int | None, ...], settled: int | None
):
    samples = [None if v is None else 1000 * v for v in mcl]
    assert settled_ms(samples, RATE, S) == (None if settled is None else settled * S)


def test_a_pump_of_single_strokes_settles_over_as_many_samples_as_its_floor_asks():
    samples = [0, 20_000] * 40
    assert settled_ms(samples, RATE, S) is None
    assert settled_ms(samples, RATE, S, over=2) == 0


# An implanted pump ------------------------------------------------------------------------------

IMPLANTED_RATE = Quantity.of("0.24", "mL/day")  # 10,000 nL/h


def strokes(spacing_ms: int, stroke_nl: int, days: int) -> list[StrokeRun]:
    """Single strokes at one spacing, each a run of its own, for any kind of run."""
    rate = 3_600_000 * stroke_nl
    return [
        StrokeRun(DeviceTime(at), Pace.steady(rate), stroke_nl, 1)
        for at in range(0, days * DAY_MS, spacing_ms)
    ]


def test_an_implanted_pump_is_looked_at_over_hours_to_days():
    assert IMPLANTED.sample_ms == 15 * MINUTE_MS
    assert [ms // HOUR_MS for ms in IMPLANTED.windows_ms] == [1, 2, 6, 12, 24, 72]
    assert IMPLANTED.stabilise_ms == 24 * HOUR_MS


def test_a_true_pump_errs_by_less_than_its_floor():
    runs = strokes(7 * MINUTE_MS, 2500, 6)
    rate = Quantity.of(Fraction(2500 * 60, 7), "nL/h")
    samples = sampled(runs, DeviceTime(0), IMPLANTED.sample_ms, 6 * 96)
    found = flow_accuracy(samples, rate, IMPLANTED, quantum_nl=2500)
    assert found.analysed == 5 * 96
    for part in found.trumpet:
        assert part.floor == Fraction(7 * MINUTE_MS, part.length_ms)
        assert part.highest is not None
        assert part.lowest is not None
        assert -part.floor < part.lowest <= part.highest < part.floor


@given(
    spacing_s=st.integers(1, 4000),
    stroke_nl=st.integers(1, 5000),
    k=st.integers(1, 40),
    begin=st.integers(0, 10**7),
)
def test_whole_strokes_alone_err_by_less_than_the_floor(
    spacing_s: int, stroke_nl: int, k: int, begin: int
):
    sample_ms, count = 15 * MINUTE_MS, 40
    rate = Quantity.of(Fraction(stroke_nl * 3600, spacing_s), "nL/h")
    end, spacing = begin + count * sample_ms, spacing_s * 1000
    times = range(0, end + spacing, spacing)
    volumes = [
        stroke_nl * sum(lo <= t < lo + sample_ms for t in times)
        for lo in range(begin, end, sample_ms)
    ]
    found = window(volumes, rate, sample_ms, k * sample_ms, stroke_nl)
    assert found.floor == Fraction(spacing, k * sample_ms)
    assert found.highest is not None
    assert found.lowest is not None
    assert -found.floor < found.lowest <= found.highest < found.floor


def test_the_floor_of_a_small_flow_shows_why_minutes_say_nothing():
    quantum = 2500
    samples = [0] * 96 * 5
    minute = window(samples, IMPLANTED_RATE, MINUTE_MS, MINUTE_MS, quantum).floor
    hours = [w.floor for w in flow_accuracy(samples, IMPLANTED_RATE, quantum_nl=quantum).trumpet]
    assert minute == 15
    assert hours == [Fraction(1, 4 * h) for h in (1, 2, 6, 12, 24, 72)]
    assert window(samples, IMPLANTED_RATE, MINUTE_MS, MINUTE_MS).floor is None


@given(
    start=st.integers(-(10**6), 10**6),
    rate=st.integers(1, 10**8),
    stroke=st.integers(1, 3000),
    count=st.integers(1, 300),
    begin=st.integers(-(10**6), 10**6),
)
def test_samples_hold_each_stroke_of_a_run_once(
    start: int, rate: int, stroke: int, count: int, begin: int
):
    run = StrokeRun(DeviceTime(start), Pace.steady(rate), stroke, count)
    found = sampled([run], DeviceTime(begin), 10_000, 50)
    edges = [DeviceTime(begin + n * 10_000) for n in range(51)]
    volumes = [run.volume_before(edge) for edge in edges]
    assert found == tuple(b - a for a, b in pairwise(volumes))


def test_runs_add_up_in_a_sample():
    runs = strokes(MINUTE_MS, 100, 1)
    assert sampled([*runs, *runs], DeviceTime(0), HOUR_MS, 24) == (12_000,) * 24
    assert sampled(runs, DeviceTime(0), HOUR_MS, 0) == ()


# Boluses ----------------------------------------------------------------------------------------


def test_boluses_are_judged_by_mean_least_and_most():
    found = bolus_accuracy([9_500] * 12 + [10_000, None] + [11_000] * 12, Quantity.of(10, "mcL"))
    assert (found.count, found.lost) == (25, 1)
    assert (found.least, found.most) == (Fraction(-1, 20), Fraction(1, 10))
    assert found.mean == Fraction(12 * -500 + 12 * 1000, 25 * 10_000)


@pytest.mark.parametrize("volumes", [[], [1] * 24, [1] * 24 + [None] * 9])
def test_fewer_than_25_boluses_say_nothing(volumes: list[Sample]):
    with pytest.raises(TooFewBoluses, match="25 are wanted"):
        bolus_accuracy(volumes, Quantity.of(1, "nL"))


@given(volumes=st.lists(st.integers(0, 10**6), min_size=25, max_size=60), ordered=st.integers(1))
def test_the_mean_bolus_lies_between_the_least_and_the_most(volumes: list[int], ordered: int):
    found = bolus_accuracy(volumes, Quantity.of(ordered, "nL"))
    assert -1 <= found.least <= found.mean <= found.most


def test_the_basal_flow_comes_back_after_a_bolus():
    after = [[10_000] * 4, [0, 0, 10_000, 10_000], [10_000, 10_000, 10_000, 0]]
    assert basal_recovery(after, RATE, S) == Recovery(count=3, slowest_ms=2 * S, never=1)
    assert basal_recovery([], RATE, S) == Recovery(0, None, 0)


# What gives no figure -----------------------------------------------------------------------------


@pytest.mark.parametrize(("n", "k"), [(0, 1), (1, 2), (119, 120), (5, 0)])
def test_fewer_samples_than_a_window_are_refused(n: int, k: int):
    with pytest.raises(TooFewSamples, match=f"a window of {k} samples, and {n} samples"):
        trumpet([10_000] * n, k)


def test_an_implanted_run_of_less_than_four_days_is_refused():
    with pytest.raises(TooFewSamples):
        flow_accuracy([2500] * (96 * 4 - 1), IMPLANTED_RATE)
    assert flow_accuracy([2500] * 96 * 4, IMPLANTED_RATE).overall == 0


@pytest.mark.parametrize("samples", [[], [None], [None, None]])
def test_no_sample_gives_no_error(samples: list[Sample]):
    with pytest.raises(TooFewSamples):
        overall_error(samples, RATE, S)


def test_a_window_that_is_no_whole_number_of_samples_is_refused():
    with pytest.raises(UnevenWindow):
        window(EXAMPLE, RATE, S, 45_000)
    with pytest.raises(UnevenWindow):
        flow_accuracy(EXAMPLE, RATE, replace(EXTERNAL, stabilise_ms=1))


@pytest.mark.parametrize("rate", ["0 mL/h", "-1 mL/h"])
def test_a_rate_that_is_none_is_refused(rate: str):
    with pytest.raises(AccuracyRefused, match="a rate above zero"):
        overall_error(EXAMPLE, Quantity.parse(rate), S)


@pytest.mark.parametrize("length", [0, -S])
def test_a_length_of_no_time_is_refused(length: int):
    with pytest.raises(AccuracyRefused):
        window(EXAMPLE, RATE, S, length)
    with pytest.raises(AccuracyRefused):
        sampled([], DeviceTime(0), length, 3)
    with pytest.raises(AccuracyRefused):
        overall_error(EXAMPLE, RATE, length)


def test_a_pump_that_draws_back_is_refused():
    with pytest.raises(AccuracyRefused, match="no pump draws back"):
        overall_error([1, -1], RATE, S)
    with pytest.raises(AccuracyRefused, match="no pump draws back"):
        bolus_accuracy([-1] * 25, Quantity.of(1, "nL"))


def test_a_dose_rate_is_no_flow():
    with pytest.raises(QuantityError):
        overall_error(EXAMPLE, Quantity.of(1, "mg/day"), S)
    with pytest.raises(QuantityError):
        bolus_accuracy([1] * 25, Quantity.of(1, "mg"))
