"""A stroke run may be cut anywhere; no stroke is lost, none happens twice."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cisterna.quantity import DeviceTime, StrokeRun

moments = st.integers(-(10**12), 10**12).map(DeviceTime)
runs = st.builds(
    StrokeRun,
    moments,
    st.integers(1, 10**8),
    st.integers(1, 10**6),
    st.integers(1, 10**5),
)
short_runs = st.builds(
    StrokeRun,
    st.integers(-1000, 1000).map(DeviceTime),
    st.integers(1, 50),
    st.integers(1, 20),
    st.integers(1, 9),
)


def starts(run: StrokeRun | None) -> list[int]:
    """When each stroke starts, counted out one by one."""
    return [] if run is None else [run.start.ms + n * run.spacing_ms for n in range(run.count)]


TEN = StrokeRun(DeviceTime(1000), 500, 10, 2500)


def test_a_run_is_worth_its_strokes():
    assert TEN.volume_nl == 25_000
    assert TEN.last == DeviceTime(5500)


@pytest.mark.parametrize(
    ("at", "before"),
    [
        (0, 0),
        (999, 0),
        (1000, 0),
        (1001, 1),
        (1500, 1),
        (1501, 2),
        (5500, 9),
        (5501, 10),
        (9999, 10),
    ],
)
def test_a_stroke_counts_at_its_start_and_not_at_the_end_of_the_window(at: int, before: int):
    assert TEN.strokes_before(DeviceTime(at)) == before
    assert TEN.volume_before(DeviceTime(at)) == before * 2500


def test_a_run_cut_before_its_start_is_all_rest_and_after_its_last_stroke_all_done():
    assert TEN.split(DeviceTime(1000)) == (None, TEN)
    assert TEN.split(DeviceTime(5501)) == (TEN, None)


def test_a_run_cut_on_a_stroke_leaves_that_stroke_to_the_rest():
    done, rest = TEN.split(DeviceTime(1500))
    assert done == StrokeRun(DeviceTime(1000), 500, 1, 2500)
    assert rest == StrokeRun(DeviceTime(1500), 500, 9, 2500)


@pytest.mark.parametrize(
    ("spacing", "count", "volume"), [(0, 1, 1), (1, 0, 1), (1, 1, 0), (-1, 1, 1)]
)
def test_a_run_of_nothing_is_refused_and_the_smallest_run_is_not(
    spacing: int, count: int, volume: int
):
    with pytest.raises(ValueError, match="at least one"):
        StrokeRun(DeviceTime(0), spacing, count, volume)
    assert StrokeRun(DeviceTime(0), 1, 1, 1).volume_nl == 1


@given(short_runs, st.integers(-2000, 2000).map(DeviceTime))
def test_strokes_before_are_those_counted_out(run: StrokeRun, at: DeviceTime):
    assert run.strokes_before(at) == sum(start < at.ms for start in starts(run))


@given(short_runs, st.integers(-2000, 2000).map(DeviceTime))
def test_the_two_parts_of_a_run_are_its_strokes_before_and_from_the_cut(
    run: StrokeRun, at: DeviceTime
):
    done, rest = run.split(at)
    assert starts(done) == [s for s in starts(run) if s < at.ms]
    assert starts(rest) == [s for s in starts(run) if s >= at.ms]


@given(runs, moments)
def test_a_split_conserves_strokes_and_volume(run: StrokeRun, at: DeviceTime):
    parts = [part for part in run.split(at) if part is not None]
    assert sum(part.count for part in parts) == run.count
    assert sum(part.volume_nl for part in parts) == run.volume_nl
    assert {(part.spacing_ms, part.stroke_nl) for part in parts} == {
        (run.spacing_ms, run.stroke_nl)
    }


@given(runs, st.lists(moments, min_size=1, max_size=5))
def test_a_run_split_many_times_is_still_the_same_flow(run: StrokeRun, cuts: list[DeviceTime]):
    pieces, rest = [], run
    for cut in sorted(cuts):
        done, left = rest.split(cut)
        if done is not None:
            pieces.append(done)
        if left is None:
            break
        rest = left
    else:
        pieces.append(rest)
    assert sum(p.count for p in pieces) == run.count
    assert pieces[0].start == run.start
    assert pieces[-1].last == run.last
    assert all(b.start.ms - a.last.ms == run.spacing_ms for a, b in pairwise(pieces))


@given(runs, moments, moments)
def test_strokes_before_never_fall_as_time_goes_on(run: StrokeRun, a: DeviceTime, b: DeviceTime):
    first, second = sorted((a, b))
    assert 0 <= run.strokes_before(first) <= run.strokes_before(second) <= run.count


@given(runs)
def test_years_of_flow_are_counted_without_counting_strokes(run: StrokeRun):
    after = DeviceTime(run.last.ms + 1)
    assert run.strokes_before(after) == run.count
    assert run.strokes_before(run.last) == run.count - 1
