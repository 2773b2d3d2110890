"""Levels at every step and their peaks, against stepping piece by piece and against dense times."""

from itertools import accumulate, pairwise

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from cisterna.facts import Library
from cisterna.spine.cohort import cohort
from cisterna.spine.drive import Piece, merged
from cisterna.spine.network import Array
from cisterna.spine.reading import default_modes, model_of

LIBRARY = Library()
BUILT, MODES = default_modes(LIBRARY, "morphine")
ROWS, SIZE = BUILT.level_rows(), BUILT.network.size
ZERO = np.zeros(SIZE)
LENGTHS = st.floats(1e-3, 12.0) | st.sampled_from([0.25, 0.5, 1.0, 5 / 60, 24.0])
PIECES = st.lists(st.tuples(LENGTHS, st.sampled_from([0.0, 0.1, 0.5, 3.0])), min_size=1, max_size=9)
TIPS = st.sampled_from(["C1", "T4", "T10", "S2"])


def stepped(unit: Array, pieces: list[Piece], start: Array, at: Array) -> Array:
    """Levels (output, hour) by going to each hour with `after`, a piece at a time."""
    ends = [0.0, *accumulate(hours for hours, _ in pieces)]
    states = [start]
    for hours, rate in pieces:
        states.append(MODES.after(states[-1], unit * rate, hours))
    found = []
    for hour in at:
        n = min(int(np.searchsorted(ends, hour, side="right")) - 1, len(pieces) - 1)
        y = MODES.after(states[n], unit * pieces[n][1], hour - ends[n])
        found.append(ROWS @ MODES.concentrations(y))
    return np.array(found).T


def hours_of(step: float, end: float) -> Array:
    """0, step, 2·step, … and the end."""
    whole = [n * step for n in range(int(end / step + 1e-6) + 1)]
    return np.array(whole if end - whole[-1] <= 1e-6 * step else [*whole, end])


@settings(max_examples=60)
@given(PIECES, TIPS, st.floats(0.01, 30.0) | st.sampled_from([1 / 6, 1.0, 5.0]), st.booleans())
@example([(0.5, 1.0)], "T10", 1.0, False)  # the run is shorter than a step
@example([(0.01, 1.0), (0.02, 0.0), (0.01, 2.0)] * 20, "T10", 0.7, False)  # pieces far shorter
@example([(1.0, 1.0), (1.0, 0.0), (1.0, 1.0)], "T10", 0.3, True)  # the step divides no piece
@example([(200.0, 1.0)], "S2", 0.5, False)  # a piece of several blocks
@example([(6.0, 1.0), (6.0, 0.0)], "C1", 1.0, True)  # every end is a step
def test_levels_at_every_step_are_those_of_stepping_piece_by_piece(pieces, tip, step, warm):
    unit = MODES.drive(BUILT.site(tip))
    start = MODES.steady(BUILT.site("L2")) * 0.2 if warm else ZERO
    hours, levels = MODES.sampled(ROWS, unit, pieces, start, step)
    assert hours == pytest.approx(hours_of(step, sum(h for h, _ in pieces)), abs=1e-9)
    assert levels.shape == (26, len(hours))
    wanted = stepped(unit, pieces, start, hours)
    assert levels == pytest.approx(wanted, rel=1e-7, abs=1e-12 * max(wanted.max(), 1e-3))
    assert (levels >= 0.0).all()


def dense(unit: Array, pieces: list[Piece], start: Array) -> Array:
    """The highest of levels at times that lie ever closer to the start of each piece."""
    highest, y = ROWS @ MODES.concentrations(start), start
    for hours, rate in merged(pieces):
        times = np.concatenate([np.geomspace(1e-5, hours, 400), np.linspace(0.0, hours, 400)])
        k = MODES.rates_per_h[:, None]
        grown = np.expm1(k * times)
        within = y[:, None] * (1.0 + grown) + grown / k * (unit * rate)[:, None]
        highest = np.maximum(highest, (ROWS @ MODES.shapes @ within).max(axis=1))
        y = MODES.after(y, unit * rate, hours)
    return np.asarray(highest)


def small(levels: Array) -> float:
    """What does not matter: a billionth of the highest level."""
    return float(1e-9 * levels.max())


BOLUS = [(6.0 - 5 / 60, 0.02), (5 / 60, 12.0)]
AT_THE_END = [(23.9, 0.1), (1 / 60, 30.0), (24.0 - 23.9 - 1 / 60, 0.1)]


@settings(max_examples=40)
@given(PIECES, TIPS, st.booleans())
@example(BOLUS * 4, "T4", False)
@example(BOLUS * 4 + [(3.0, 0.0)], "C1", True)
@example(AT_THE_END, "T10", False)  # a peak just before the end, where the run then stops
@example([(1 / 60, 60.0), (24.0, 0.0)], "S2", False)  # one minute, then a peak hours later
@example([(10.0, 1.0), (86.0, 0.0)], "S2", False)
def test_a_peak_is_found_wherever_it_lies_in_a_piece(pieces, tip, warm):
    unit = MODES.drive(BUILT.site(tip))
    start = MODES.steady(BUILT.site("L2")) * 0.2 if warm else ZERO
    found, wanted = MODES.peaks(ROWS, unit, pieces, start), dense(unit, pieces, start)
    assert found == pytest.approx(wanted, rel=2e-3, abs=small(wanted))


def test_a_peak_is_that_of_the_delivery_not_of_how_it_is_written():
    unit = MODES.drive(BUILT.site("T6"))
    whole = [(6.0, 0.0), (0.5, 2.0), (17.5, 0.1)]
    parts = [(h / n, r) for h, r in whole for n in (7,) for _ in range(n)]
    one, other = (MODES.peaks(ROWS, unit, p, ZERO) for p in (whole, parts))
    assert one == pytest.approx(other, rel=1e-9, abs=1e-15)


@pytest.mark.parametrize("step", [0.1, 1.0, 7.0])
def test_no_sampled_level_is_above_the_peak(step):
    for tip in ("C1", "T10"):
        unit = MODES.drive(BUILT.site(tip))
        _, levels = MODES.sampled(ROWS, unit, BOLUS * 8, ZERO, step)
        peaks = MODES.peaks(ROWS, unit, BOLUS * 8, ZERO)
        assert (levels.max(axis=1) <= peaks * 1.002).all()


def test_a_constant_delivery_peaks_at_its_end():
    unit = MODES.drive(BUILT.site("T10"))
    pieces = [(100.0, 0.2)]
    end = MODES.run(unit, pieces, ZERO)[-1]
    peaks = MODES.peaks(ROWS, unit, pieces, ZERO)
    assert peaks == pytest.approx(ROWS @ MODES.concentrations(end), rel=1e-12)


def test_run_and_after_agree_on_many_pieces_of_a_few_lengths():
    unit = MODES.drive(BUILT.site("L1"))
    rates = np.random.default_rng(4).uniform(0.0, 1.0, 90)
    pieces = [(0.5 if n % 3 else 1 / 12, float(rate)) for n, rate in enumerate(rates)]
    states = MODES.run(unit, pieces, ZERO)
    for (before, y), (hours, rate) in zip(pairwise(states), pieces, strict=True):
        wanted = MODES.after(before, unit * rate, hours)
        assert y == pytest.approx(wanted, rel=1e-9, abs=1e-14)


def test_nothing_delivered_leaves_nothing():
    unit = MODES.drive(BUILT.site("T10"))
    _, levels = MODES.sampled(ROWS, unit, [(48.0, 0.0)], ZERO, 1.0)
    assert not levels.any()
    assert not MODES.peaks(ROWS, unit, [(48.0, 0.0)], ZERO).any()


def test_levels_and_peaks_are_linear_in_the_dose():
    unit = MODES.drive(BUILT.site("T8"))
    fivefold = [(h, 5.0 * r) for h, r in BOLUS]
    one, five = (MODES.sampled(ROWS, unit, p, ZERO, 0.7)[1] for p in (BOLUS, fivefold))
    assert five == pytest.approx(5.0 * one, rel=1e-9, abs=1e-12 * five.max())
    one, five = (MODES.peaks(ROWS, unit, p, ZERO) for p in (BOLUS, fivefold))
    assert five == pytest.approx(5.0 * one, rel=1e-9, abs=1e-12 * five.max())


@pytest.mark.parametrize("seconds", [1, 10, 60, 600, 3600])
@pytest.mark.parametrize("tip", ["C1", "T6", "S2"])
def test_soon_after_the_start_no_level_is_below_zero(seconds, tip):
    unit, hours = MODES.drive(BUILT.site(tip)), seconds / 3600
    y = MODES.after(ZERO, unit * 10.0, hours)
    levels = ROWS @ MODES.concentrations(y)
    assert levels.min() > -1e-13 * levels.max()  # rounding
    _, shown = MODES.sampled(ROWS, unit, [(hours, 10.0)], ZERO, 1.0)
    assert (shown >= 0.0).all()
    assert (MODES.peaks(ROWS, unit, [(hours, 10.0)], ZERO) >= 0.0).all()


@pytest.mark.parametrize("drug", ["morphine", "fentanyl"])
def test_a_run_of_short_pieces_keeps_the_dose(drug):
    built, modes = default_modes(LIBRARY, drug)
    volume, loss = (x[:, 0] for x in (built.network.volume_ml, built.network.loss_ml_per_h))
    unit = modes.drive(built.site("T10"))
    for pieces in (BOLUS * 28, [(1 / 3600, 50.0), (1.0 - 1 / 3600, 0.0)] * 40):
        length, given_mg = sum(h for h, _ in pieces), sum(h * r for h, r in pieces)
        stored = volume @ modes.concentrations(modes.run(unit, pieces, ZERO)[-1])
        lost = loss @ modes.concentrations(modes.mean(unit, pieces, ZERO)) * length
        assert stored + lost == pytest.approx(given_mg, rel=1e-9)
        y, exposure = ZERO, ZERO
        for hours, rate in pieces:
            exposure = exposure + modes.integral(y, unit * rate, hours)
            y = modes.after(y, unit * rate, hours)
        assert stored == pytest.approx(volume @ modes.concentrations(y), rel=1e-9)
        assert lost == pytest.approx(loss @ modes.concentrations(exposure), rel=1e-9)


def test_settled_source_and_sensor_change_places_without_the_slow_stream():
    draw = cohort(LIBRARY, 5, 4)
    for n in range(4):
        built = model_of(draw.one(n), "baclofen")
        still = built.network
        both = np.sqrt(still.forward_ml_per_h * still.back_ml_per_h)
        along = np.isin(still.a, built.csf) & np.isin(still.b, built.csf)
        forward = np.where(along[:, None], both, still.forward_ml_per_h)
        back = np.where(along[:, None], both, still.back_ml_per_h)
        network = type(still)(still.volume_ml, still.a, still.b, forward, back, still.loss_ml_per_h)
        one, other = built.site("C5"), built.site("L3")
        there = other @ np.asarray(network.solve(one), dtype=np.float64)
        again = one @ np.asarray(network.solve(other), dtype=np.float64)
        assert there == pytest.approx(again, rel=1e-9)
