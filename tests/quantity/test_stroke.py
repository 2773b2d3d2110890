"""A stroke run may be cut anywhere; no stroke is lost, none happens twice, none comes early."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cisterna.quantity import HOUR_MS, DeviceTime, Pace, StrokeRun, TipRun

DAY_MS = 24 * HOUR_MS

moments = st.integers(-(10**12), 10**12).map(DeviceTime)
rates = st.integers(1, 10**8)
strokes = st.integers(1, 10**6)


def paces(cycle: int, rates: st.SearchStrategy[int]) -> st.SearchStrategy[Pace]:
    """A steady pace, or a cycle of up to four steps, some of which may ask for nothing."""
    stepped = st.builds(
        lambda anchor, edges, first, more: Pace(
            anchor, cycle, tuple(zip([0, *sorted(edges)], [first, *more], strict=False))
        ),
        st.integers(-(10**10), 10**10),
        st.sets(st.integers(1, cycle - 1), max_size=3),
        rates,
        st.lists(st.just(0) | rates, min_size=3, max_size=3),
    )
    return rates.map(Pace.steady) | stepped


runs = st.builds(
    StrokeRun,
    moments,
    paces(DAY_MS, rates),
    strokes,
    st.integers(1, 10**5),
    st.integers(0, 10**6 * HOUR_MS),
)
# Runs whose strokes are a few milliseconds apart: rates of tenths of a nanolitre in a ms.
short_runs = st.builds(
    lambda start, pace, stroke, count, owed_tenths: StrokeRun(
        DeviceTime(start), pace, stroke, count, owed_tenths * HOUR_MS // 10
    ),
    st.integers(-100, 100),
    paces(37, st.integers(1, 50).map(lambda tenths: tenths * HOUR_MS // 10)),
    st.integers(1, 20),
    st.integers(1, 9),
    st.integers(0, 300),
)


def counted_out(run: StrokeRun | None) -> list[int]:
    """When each stroke starts: what was asked for is added up, millisecond by millisecond."""
    if run is None:
        return []
    found: list[int] = []
    asked, at = run.owed, run.start.ms
    while len(found) < run.count:
        while asked >= run.stroke_nl * HOUR_MS and len(found) < run.count:
            found.append(at)
            asked -= run.stroke_nl * HOUR_MS
        asked, at = asked + rate(run.pace, at), at + 1
    return found


def rate(pace: Pace, at_ms: int) -> int:
    """The rate of the step in which a time is, looked up in the cycle."""
    within = (at_ms - pace.anchor_ms) % pace.cycle_ms
    return [nl_per_h for start, nl_per_h in pace.steps if start <= within][-1]


# 2,500 nL at 30,000 nL/h: a stroke each 5 min, the first after 5 min.
TWELVE = StrokeRun(DeviceTime(1000), Pace.steady(30_000), 2500, 12)


def test_a_run_is_worth_its_strokes():
    assert TWELVE.volume_nl == 30_000
    assert TWELVE.at(0) == DeviceTime(1000 + 300_000)
    assert TWELVE.last == DeviceTime(1000 + 3_600_000)


def test_what_is_carried_over_makes_the_first_stroke_earlier():
    half = 1250 * HOUR_MS
    assert StrokeRun(DeviceTime(0), Pace.steady(30_000), 2500, 1, half).at(0) == DeviceTime(150_000)


def test_a_stroke_that_is_owed_already_happens_at_the_start():
    owed = StrokeRun(DeviceTime(7), Pace.steady(1), 10, 2, 25 * HOUR_MS)
    assert [owed.at(0), owed.at(1)] == [DeviceTime(7), DeviceTime(7)]
    assert owed.strokes_before(DeviceTime(7)) == 0
    assert owed.strokes_before(DeviceTime(8)) == 2


def test_a_stroke_waits_for_the_millisecond_in_which_all_of_it_was_asked_for():
    third = StrokeRun(DeviceTime(0), Pace.steady(3), 1, 3)  # a nanolitre each 1,200,000 ms
    # 514,285.71… ms: never the 285th, always the 286th
    seventh = StrokeRun(DeviceTime(0), Pace.steady(7), 1, 2)
    assert [third.at(i).ms for i in range(3)] == [1_200_000, 2_400_000, 3_600_000]
    assert [seventh.at(i).ms for i in range(2)] == [514_286, 1_028_572]


@pytest.mark.parametrize(
    ("at", "before"),
    [
        (0, 0),
        (1000, 0),
        (301_000, 0),
        (301_001, 1),
        (601_000, 1),
        (601_001, 2),
        (3_601_000, 11),
        (3_601_001, 12),
        (10**9, 12),
    ],
)
def test_a_stroke_counts_at_its_start_and_not_at_the_end_of_the_window(at: int, before: int):
    assert TWELVE.strokes_before(DeviceTime(at)) == before
    assert TWELVE.volume_before(DeviceTime(at)) == before * 2500


def test_a_run_cut_before_its_start_is_all_rest_and_after_its_last_stroke_all_done():
    assert TWELVE.split(DeviceTime(1000)) == (None, TWELVE)
    assert TWELVE.split(DeviceTime(-5)) == (None, TWELVE)
    assert TWELVE.split(DeviceTime(3_601_001)) == (TWELVE, None)


def test_a_run_cut_on_a_stroke_leaves_that_stroke_to_the_rest():
    done, rest = TWELVE.split(DeviceTime(601_000))
    assert done == StrokeRun(DeviceTime(1000), Pace.steady(30_000), 2500, 1)
    assert rest == StrokeRun(DeviceTime(601_000), Pace.steady(30_000), 2500, 11, 2500 * HOUR_MS)
    assert rest.at(0) == DeviceTime(601_000)


@pytest.mark.requirement("SR-16")
@pytest.mark.parametrize(
    ("rate", "stroke", "count"), [(0, 1, 1), (1, 0, 1), (1, 1, 0), (-1, 1, 1), (1, 1, -1)]
)
def test_a_run_of_nothing_is_refused_and_the_smallest_run_is_not(
    rate: int, stroke: int, count: int
):
    with pytest.raises(ValueError, match="at least one"):
        StrokeRun(DeviceTime(0), Pace.steady(rate), stroke, count)
    assert StrokeRun(DeviceTime(0), Pace.steady(1), 1, 1).volume_nl == 1


def test_a_run_owes_at_least_nothing():
    with pytest.raises(ValueError, match="owes"):
        StrokeRun(DeviceTime(0), Pace.steady(1), 1, 1, -1)


@given(short_runs)
def test_strokes_happen_when_they_are_counted_out(run: StrokeRun):
    assert [run.at(i).ms for i in range(run.count)] == counted_out(run) == run.times()
    assert run.last.ms == counted_out(run)[-1]


@given(short_runs, st.integers(-200, 3000).map(DeviceTime))
def test_strokes_before_are_those_counted_out(run: StrokeRun, at: DeviceTime):
    assert run.strokes_before(at) == sum(start < at.ms for start in counted_out(run))


@given(short_runs, st.integers(-200, 3000).map(DeviceTime))
def test_the_two_parts_of_a_run_are_its_strokes_before_and_from_the_cut(
    run: StrokeRun, at: DeviceTime
):
    done, rest = run.split(at)
    assert counted_out(done) == [s for s in counted_out(run) if s < at.ms]
    assert counted_out(rest) == [s for s in counted_out(run) if s >= at.ms]


@given(runs, moments)
def test_a_split_conserves_strokes_and_volume(run: StrokeRun, at: DeviceTime):
    parts = [part for part in run.split(at) if part is not None]
    assert sum(part.count for part in parts) == run.count
    assert sum(part.volume_nl for part in parts) == run.volume_nl
    assert {(part.pace, part.stroke_nl) for part in parts} == {(run.pace, run.stroke_nl)}


@given(runs, st.lists(st.integers(0, 100), min_size=1, max_size=5))
def test_a_run_split_many_times_is_still_the_same_flow(run: StrokeRun, percents: list[int]):
    pieces: list[StrokeRun] = []
    left: StrokeRun | None = run
    lasts = run.last.ms - run.start.ms + 1
    for percent in sorted(percents):
        if left is not None:
            done, left = left.split(DeviceTime(run.start.ms + lasts * percent // 100))
            pieces += [done] if done else []
    pieces += [left] if left else []
    made = 0
    for piece in pieces:
        assert piece.at(0) == run.at(made)
        made += piece.count
        assert piece.last == run.at(made - 1)
    assert made == run.count


@given(runs, moments, moments)
def test_strokes_before_never_fall_as_time_goes_on(run: StrokeRun, a: DeviceTime, b: DeviceTime):
    first, second = sorted((a, b))
    assert 0 <= run.strokes_before(first) <= run.strokes_before(second) <= run.count


@given(runs, st.data())
def test_no_stroke_comes_before_it_was_asked_for_or_a_millisecond_after(
    run: StrokeRun, data: st.DataObject
):
    i = data.draw(st.integers(0, run.count - 1))
    at, need = run.at(i).ms, (i + 1) * run.stroke_nl * HOUR_MS
    assert run.owed + run.pace.asked(run.start.ms, at) >= need
    if at > run.start.ms:
        assert run.owed + run.pace.asked(run.start.ms, at - 1) < need


@given(runs)
def test_years_of_flow_are_counted_without_counting_strokes(run: StrokeRun):
    after = DeviceTime(run.last.ms + 1)
    assert run.strokes_before(after) == run.count
    assert run.strokes_before(run.last) <= run.count - 1


def test_ten_years_of_a_rate_that_is_never_whole_are_within_one_stroke():
    years = 3652 * DAY_MS
    run = StrokeRun(DeviceTime(0), Pace.steady(20_833), 2500, 10**9)
    delivered = run.strokes_before(DeviceTime(years + 1)) * 2500
    assert 0 <= 20_833 * years / HOUR_MS - delivered < 2500


# What a run pushes out of the tip -------------------------------------------------------------


@st.composite
def tips(draw: st.DrawFn) -> TipRun:
    run = draw(short_runs)
    cuts = sorted(draw(st.sets(st.integers(1, run.count), max_size=3)) | {run.count})
    counts = [b - a for a, b in pairwise([0, *cuts])]
    return TipRun(run, tuple((count, draw(st.integers(0, 10**9))) for count in counts))


def masses(tip: TipRun | None) -> list[tuple[int, int]]:
    """(ms, fg) of every stroke, counted out."""
    if tip is None:
        return []
    each = [mass for count, mass in tip.parts for _ in range(count)]
    return list(zip(counted_out(tip.run), each, strict=True))


def test_a_run_at_the_tip_is_worth_the_mass_of_its_strokes():
    assert TipRun(TWELVE, ((5, 100), (7, 1))).mass_fg == 507


@pytest.mark.parametrize(
    "parts", [(), ((11, 1),), ((13, 1),), ((13, 1), (-1, 1)), ((12, 1), (0, 1))]
)
def test_parts_that_are_not_all_strokes_of_the_run_are_refused(parts: tuple[tuple[int, int], ...]):
    with pytest.raises(ValueError, match="all of its strokes"):
        TipRun(TWELVE, parts)


@given(tips(), st.integers(-200, 3000).map(DeviceTime))
def test_each_stroke_keeps_its_mass_when_a_run_at_the_tip_is_cut(tip: TipRun, at: DeviceTime):
    done, rest = tip.split(at)
    assert masses(done) == [(ms, fg) for ms, fg in masses(tip) if ms < at.ms]
    assert masses(rest) == [(ms, fg) for ms, fg in masses(tip) if ms >= at.ms]
    assert sum(part.mass_fg for part in (done, rest) if part) == tip.mass_fg
