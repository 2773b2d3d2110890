"""The guard at its edges: what its mutants got away with until a test stood there (SR-07, H18)."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from cisterna.pump.guard import (
    Admitted,
    Granted,
    Guard,
    Inhibited,
    admit,
    called_off,
    commanded,
    programmed,
    ruled,
    schedule_fits,
)
from cisterna.quantity import DAY_MS, HOUR_MS, DeviceTime, Pace, StrokeRun, TipRun

STROKE, FG = 2_500, 25_000_000_000
STEADY = Granted(0, DAY_MS, ((0, 10_000),))  # 96 strokes in 24 hours
NOW = 3 * DAY_MS
QUIET = replace(
    ruled(programmed(Guard(STROKE, 100_000, 1, 0), STEADY, 5_000, 1), "schedule"), checked_ms=NOW
)
DOSE = Admitted(NOW, HOUR_MS, 4 * STROKE)


def strokes(start_ms: int, count: int, rate: int = 10_000) -> TipRun:
    """Strokes of 25 mcg at a steady rate."""
    run = StrokeRun(DeviceTime(start_ms), Pace.steady(rate), STROKE, count)
    return TipRun(run, ((count, FG),))


def unread() -> Iterator[TipRun]:
    """What is to come, if nobody may look at it."""
    raise AssertionError("what is to come is looked at")
    yield strokes(0, 1)


@pytest.mark.requirement("SR-57", "SR-07")
def test_a_schedule_is_weighed_with_its_strength_and_a_part_of_a_femtogram_counts_as_one():
    """10,000 nL/h for 24 hours at 7 ng/mL; then 1 nL in 7 hours, so 3.43 nL a day, at 1 ng/mL."""
    assert schedule_fits(STEADY, 7, 1_680_000) is None
    assert schedule_fits(STEADY, 7, 1_679_999) == Inhibited("dose", 1_680_000, 1_679_999)
    thin = Granted(0, 7 * HOUR_MS, ((0, 1), (HOUR_MS, 0)))
    assert schedule_fits(thin, 1, 4) is None
    odd = Granted(0, 2 * DAY_MS, ((0, 1), (HOUR_MS // 2, 0)))
    found = schedule_fits(odd, 1, 0)
    assert found == Inhibited("dose", 1, 0)
    assert found is not None
    assert isinstance(found.found, int)


@pytest.mark.requirement("SR-07", "SR-10", "H14")
def test_after_a_dose_is_called_off_what_flowed_of_it_still_counts():
    """A part of a dose has flowed and is on the books of no dose: its strokes are looked at."""
    off = called_off(replace(QUIET, admitted=(replace(DOSE, start_ms=NOW - HOUR_MS),)))
    assert off.admitted == ()
    flowed = replace(off, history=(strokes(NOW - HOUR_MS, 40, 100_000),))
    coming = [strokes(NOW, 100, 100_000)]
    assert admit(flowed, DOSE, 139 * FG, FG, coming) == Inhibited("dose", 140 * FG, 139 * FG)


@pytest.mark.requirement("SR-07", "SR-08")
def test_a_stroke_of_just_24_hours_ago_shares_no_window_with_a_dose_now():
    """Five strokes, one each quarter of an hour: the window from the first of them ends now."""
    past = replace(QUIET, plain_ms=NOW, history=(strokes(NOW - DAY_MS - 900_000, 5),))
    assert past.history[0].run.at(0).ms == NOW - DAY_MS
    assert admit(past, DOSE, 4 * FG, FG, [strokes(NOW, 1)]) is None
    assert admit(past, DOSE, 4 * FG - 1, FG, [strokes(NOW, 1)])


@pytest.mark.requirement("SR-07", "SR-03")
def test_where_the_schedule_does_not_rule_the_strokes_are_looked_at():
    plenty = 10_000 * FG
    assert admit(QUIET, DOSE, plenty, FG, unread()) is None
    for regime in ("floor", "none"):
        with pytest.raises(AssertionError, match="looked at"):
            admit(replace(QUIET, regime=regime), DOSE, plenty, FG, unread())
    with pytest.raises(AssertionError, match="looked at"):
        admit(replace(QUIET, schedule=None), DOSE, plenty, FG, unread())


@pytest.mark.requirement("SR-07", "SR-03")
def test_for_a_day_after_the_floor_has_flowed_the_strokes_are_looked_at():
    """The floor may be above the quiet hours of the schedule: more flowed than it grants."""
    again = ruled(ruled(QUIET, "floor"), "schedule")
    with pytest.raises(AssertionError, match="looked at"):
        admit(again, DOSE, 10_000 * FG, FG, unread())
    later = replace(again, checked_ms=NOW + DAY_MS)
    assert admit(later, replace(DOSE, start_ms=NOW + DAY_MS), 10_000 * FG, FG, unread()) is None


@pytest.mark.requirement("SR-07", "SR-08")
def test_doses_are_weighed_in_the_window_that_ends_with_the_heaviest_of_them_too():
    """Twelve strokes in 12 hours until an hour ago, then 36 in 12 hours.

    The 24 hours from the begin of the first lack an hour of the second, so three strokes; those
    that end with the second lack an hour of the first, so one stroke.
    """
    first = Admitted(NOW - 13 * HOUR_MS, 12 * HOUR_MS, 12 * STROKE)
    second = Admitted(NOW, 12 * HOUR_MS, 36 * STROKE)
    asked = replace(QUIET, given=(first,))
    # 96 of the schedule, 36 of the second, 11 of the first, one for the excess
    assert admit(asked, second, 144 * FG, FG, unread()) is None
    with pytest.raises(AssertionError, match="looked at"):
        admit(asked, second, 143 * FG, FG, unread())


@pytest.mark.requirement("SR-07", "SR-08", "H25")
def test_what_a_rounded_rate_leaves_for_the_end_of_a_dose_is_weighed():
    """Four strokes over 23 hours: without the rest of the rounded rate they are a little less."""
    odd = Admitted(NOW, 23 * HOUR_MS + 1, 4 * STROKE)
    assert odd.rest > QUIET.device_nl_per_h
    exact = replace(QUIET, device_nl_per_h=0)
    assert admit(exact, odd, 101 * FG, FG, unread()) is None
    with pytest.raises(AssertionError, match="looked at"):
        admit(exact, odd, 101 * FG - 1, FG, unread())


@pytest.mark.requirement("SR-07", "SR-08", "H25")
def test_the_last_24_hours_of_a_dose_that_is_longer_are_weighed_to_the_millisecond():
    """249 nL in 25 hours less 1 ms: 9 nL/h, and 24 nL at the end, so 240 nL in the last 24."""
    quiet = Granted(0, DAY_MS, ((0, 0),))
    guard = replace(QUIET, stroke_nl=24, device_nl_per_h=0, schedule=quiet)
    dose = Admitted(NOW, 25 * HOUR_MS - 1, 249)
    assert (dose.rate_nl_per_h, dose.between(dose.end_ms + 1 - DAY_MS, dose.end_ms + 1)) == (
        9,
        240 * HOUR_MS,
    )
    assert admit(guard, dose, 11 * FG, FG, unread()) is None
    with pytest.raises(AssertionError, match="looked at"):
        admit(guard, dose, 11 * FG - 1, FG, unread())


@pytest.mark.requirement("SR-72")
def test_a_run_whose_masses_are_not_all_of_its_strokes_does_not_pass_for_one():
    broken = strokes(NOW, 3)
    object.__setattr__(broken, "parts", ((2, FG),))
    with pytest.raises(ValueError, match="shorter"):
        admit(replace(QUIET, plain_ms=NOW), DOSE, 10**9 * FG, 10**9 * FG, [broken])


FAST_FIRST = ((0, 60_000), (6 * HOUR_MS, 20_000))
FAST_LAST = ((0, 60_000), (3 * HOUR_MS, 20_000), (21 * HOUR_MS, 60_000))
SIX = 6 * HOUR_MS


@pytest.mark.requirement("SR-01", "H18")
@pytest.mark.parametrize(
    ("granted", "asked", "begin", "end"),
    [
        (Granted(0, DAY_MS, FAST_FIRST), Pace(0, DAY_MS, FAST_LAST), 0, DAY_MS),
        (Granted(0, DAY_MS, FAST_FIRST), Pace(2 * SIX, DAY_MS, FAST_FIRST), SIX, 6 * SIX),
        (Granted(SIX, DAY_MS, FAST_FIRST), Pace(3 * SIX, DAY_MS, FAST_FIRST), 2 * SIX, 7 * SIX),
        (Granted(0, DAY_MS, FAST_FIRST), Pace(0, 5 * SIX, FAST_FIRST), 0, 6 * SIX),
    ],
    ids=["other steps", "another phase", "a phase on the other side", "another cycle"],
)
def test_what_is_asked_at_other_times_than_it_is_granted_is_inhibited(
    granted: Granted, asked: Pace, begin: int, end: int
):
    """As much in all as is granted, but late and then too fast: only a window inside shows it."""
    guard = Guard(STROKE, 100_000, 1, begin, granted, regime="schedule")
    assert asked.asked(begin, end) == granted.between(begin, end)
    count = asked.asked(begin, end - 1) // (STROKE * HOUR_MS)
    run = StrokeRun(DeviceTime(begin), asked, STROKE, count)
    found = commanded(guard, TipRun(run, ((count, FG),)), end)
    assert isinstance(found, Inhibited)
    assert found.why == "flow"
    same = StrokeRun(DeviceTime(begin), Pace(granted.anchor_ms, DAY_MS, granted.steps), STROKE, 9)
    assert isinstance(commanded(guard, TipRun(same, ((9, FG),)), end), Guard)


def test_the_guard_remembers_the_runs_of_a_day_and_no_more():
    """A run an hour for three days: 24 of them can lie in a window."""
    guard = replace(QUIET, checked_ms=0, plain_ms=0)
    for hour in range(72):
        found = commanded(guard, strokes(hour * HOUR_MS, 3), (hour + 1) * HOUR_MS)
        assert isinstance(found, Guard)
        guard = found
    assert len(guard.history) == 24
