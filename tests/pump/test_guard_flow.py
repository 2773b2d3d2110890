"""The guard's books of flow at their edges: each line of them is held by a case that needs it.

Strokes are 2,500 nL and the device gives 100,000 nL/h at most, so the guard's room is 2,500 nL and
the 100,000 nL·ms/h that the fastest flow is in a millisecond. Where a run owes a stroke at its
begin, its first stroke happens there, and what it asks for less what is granted starts a stroke
above zero (SR-01, H18).
"""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from cisterna.pump.guard import (
    Admitted,
    Granted,
    Guard,
    Inhibited,
    admit,
    allowed,
    called_off,
    commanded,
    overruled,
    schedule_fits,
)
from cisterna.quantity import DAY_MS, HOUR_MS, DeviceTime, Pace, StrokeRun, TipRun

STROKE, DEVICE, FG = 2_500, 100_000, 25_000_000_000
ONE = STROKE * HOUR_MS
ROOM = ONE + DEVICE
NOW = 3 * DAY_MS
SIX, TWELVE = 6 * HOUR_MS, 12 * HOUR_MS


def steady(rate: int) -> Granted:
    """A schedule of one rate."""
    return Granted(0, DAY_MS, ((0, rate),))


def ruled_by(schedule: Granted, checked_ms: int = 0) -> Guard:
    """A pump that has followed a schedule for ever."""
    return Guard(STROKE, DEVICE, 1, checked_ms, schedule, regime="schedule")


def run(pace: Pace | int, begin: int, count: int, owed: int = 0, stroke: int = STROKE) -> TipRun:
    """Strokes at a pace from a time."""
    asked = pace if isinstance(pace, Pace) else Pace.steady(pace)
    return TipRun(StrokeRun(DeviceTime(begin), asked, stroke, count, owed), ((count, FG),))


def passed(guard: Guard, tip: TipRun | None, until_ms: int) -> Guard:
    """The guard after what it lets flow."""
    found = commanded(guard, tip, until_ms)
    assert isinstance(found, Guard), found
    return found


def why(found: Guard | Inhibited) -> str:
    """Why something may not flow."""
    assert isinstance(found, Inhibited)
    return found.why


# What is granted -------------------------------------------------------------------------------


@pytest.mark.requirement("SR-57", "SR-07")
def test_the_heaviest_24_hours_of_a_schedule_that_climbs_and_then_rests_end_with_its_last_step():
    """1, 2 and 3 nL/h for ten hours each, then 18 hours of nothing.

    The 24 hours that end with the rest hold 4, 20 and 30 nL. Those that begin with a step hold
    10 + 20 + 12 = 42, 20 + 30 = 50, 30, and 6 nL.
    """
    ten = 10 * HOUR_MS
    climbs = Granted(0, 48 * HOUR_MS, ((0, 1), (ten, 2), (2 * ten, 3), (3 * ten, 0)))
    assert schedule_fits(climbs, 1, 54) is None
    assert schedule_fits(climbs, 1, 53) == Inhibited("dose", 54, 53)


def test_a_pace_is_that_of_the_schedule_if_it_has_its_steps_at_its_times():
    steps = ((0, 60_000), (SIX, 20_000))
    schedule = Granted(HOUR_MS, DAY_MS, steps)
    for days in (-1, 0, 2):
        assert schedule.paces(Pace(HOUR_MS + days * DAY_MS, DAY_MS, steps)) is True
    for other in (
        Pace(HOUR_MS + 1, DAY_MS, steps),
        Pace(HOUR_MS - 1, DAY_MS, steps),
        Pace(HOUR_MS, 2 * DAY_MS, steps),
        Pace(HOUR_MS, DAY_MS, ((0, 60_000), (SIX, 20_001))),
    ):
        assert schedule.paces(other) is False


@pytest.mark.requirement("SR-01", "SR-10")
def test_two_doses_at_once_are_both_granted():
    """A bridge and a dose of an hour each, at 10,000 and 5,000 nL/h, and nothing else."""
    bridge, dose = Admitted(0, HOUR_MS, 10_000), Admitted(0, HOUR_MS, 5_000)
    both = allowed(allowed(Guard(STROKE, DEVICE, 1, 0), bridge), dose)
    assert both.granted(HOUR_MS) == 15_000 * HOUR_MS
    assert passed(both, run(15_000, 0, 5), HOUR_MS).checked_ms == HOUR_MS
    assert why(commanded(both, run(25_000, 0, 9), HOUR_MS)) == "flow"


# Time and the device's maximum -----------------------------------------------------------------


@pytest.mark.requirement("SR-66")
def test_a_time_that_goes_back_is_named_with_what_it_went_back_from():
    guard = ruled_by(steady(10_000), NOW)
    assert commanded(guard, None, NOW - 7) == Inhibited("time", NOW - 7, NOW)
    assert passed(guard, None, NOW) == replace(guard, lowest=0)


@pytest.mark.requirement("SR-06")
def test_a_single_stroke_at_the_begin_of_a_run_is_held_against_the_device_too():
    """It takes no time, and still it is asked for at a rate that this device does not have."""
    fast = ruled_by(steady(2 * DEVICE))
    found = commanded(fast, run(DEVICE + 1, 0, 1, owed=ONE), HOUR_MS)
    assert found == Inhibited("device", DEVICE + 1, DEVICE)


@pytest.mark.requirement("SR-06")
def test_what_a_pace_would_be_after_the_last_stroke_of_a_run_is_not_held_against_the_device():
    """The pace is the fastest for six hours and then above it; or above it a millisecond later."""
    later = Pace(0, DAY_MS, ((0, DEVICE), (SIX, DEVICE + 1)))
    fast = ruled_by(steady(2 * DEVICE))
    assert passed(fast, run(later, 0, 200), SIX).checked_ms == SIX
    assert commanded(fast, run(later, 0, 241), TWELVE) == Inhibited("device", DEVICE + 1, DEVICE)
    at_once = Pace(0, DAY_MS, ((0, 10_000), (1, DEVICE + 1)))
    assert passed(fast, run(at_once, 0, 1, owed=ONE), 1).checked_ms == 1


# Flow ------------------------------------------------------------------------------------------


@pytest.mark.requirement("SR-01", "H18")
def test_strokes_that_were_held_back_do_not_come_all_at_once():
    """Two hours of nothing, where 8 strokes were granted; then three of them in a millisecond."""
    guard = ruled_by(steady(10_000))
    found = commanded(guard, run(10_000, 2 * HOUR_MS, 3, owed=3 * ONE), 3 * HOUR_MS)
    assert found == Inhibited("flow", 3 * ONE, ROOM)
    one = commanded(guard, run(10_000, 2 * HOUR_MS, 1, owed=ONE), 2 * HOUR_MS + 1)
    assert isinstance(one, Guard)


@pytest.mark.requirement("SR-01", "H18")
def test_a_stroke_too_many_in_each_of_two_runs_is_one_too_many():
    """Each run owes a stroke at its begin, a millisecond after the other: two in no time."""
    guard = passed(ruled_by(steady(10_000)), run(10_000, 0, 1, owed=ONE), 1)
    assert why(commanded(guard, run(10_000, 1, 1, owed=ONE), 2)) == "flow"


@pytest.mark.requirement("SR-01", "H18")
def test_a_run_that_falls_behind_and_then_makes_up_for_it_is_inhibited():
    """9,375 nL/h for six hours and then 10,625, where 10,000 are granted: late by 1.5 strokes.

    In the 12 hours it asks for no more than is granted and the stroke that it owes. But the last
    six hours alone ask for 1.5 strokes more than they are granted.
    """
    late = Pace(0, TWELVE, ((0, 9_375), (SIX, 10_625)))
    assert why(commanded(ruled_by(steady(10_000)), run(late, 0, 48, owed=ONE), TWELVE)) == "flow"


@pytest.mark.requirement("SR-01", "H18")
def test_a_steady_rate_in_place_of_steps_is_inhibited_although_it_is_as_much_in_all():
    """40,000 nL/h for 12 hours, where 60,000 and then 20,000 are granted: it all comes late."""
    steps = ruled_by(Granted(0, TWELVE, ((0, 60_000), (SIX, 20_000))))
    assert why(commanded(steps, run(40_000, 0, 192, owed=ONE), TWELVE)) == "flow"


@pytest.mark.requirement("SR-01", "SR-31")
def test_while_the_floor_rules_the_pace_of_the_schedule_is_no_excuse():
    """20,000 and then 60,000 nL/h as scheduled, but a floor of 40,000 is granted all the time."""
    steps = ((0, 20_000), (SIX, 60_000))
    guard = replace(ruled_by(Granted(0, TWELVE, steps)), floor_nl_per_h=40_000)
    own = run(Pace(0, TWELVE, steps), 0, 192, owed=ONE)
    assert passed(guard, own, TWELVE)
    assert why(commanded(replace(guard, regime="floor"), own, TWELVE)) == "flow"


@pytest.mark.requirement("SR-01")
def test_what_a_run_would_ask_for_after_its_last_stroke_is_not_held_against_it():
    """Its pace is the schedule's up to its fourth stroke, after an hour, and faster from then on.

    A dose that begins two milliseconds after that stroke makes no difference to it.
    """
    pace = Pace(0, DAY_MS, ((0, 10_000), (HOUR_MS, 90_000)))
    guard = allowed(ruled_by(steady(10_000)), Admitted(HOUR_MS + 2, HOUR_MS, 10_000))
    whole = run(pace, 0, 4)
    assert whole.run.last.ms == HOUR_MS
    assert passed(guard, whole, HOUR_MS + 1)
    assert why(commanded(guard, run(pace, 0, 8), 2 * HOUR_MS)) == "flow"


# What a rounded rate leaves for the end of a dose ----------------------------------------------


# 9 nL over 10 hours are less than 1 nL/h, so all of it is granted in the millisecond of the end.
TEN = 10 * HOUR_MS
THIN = Admitted(0, TEN, 9)
NL = HOUR_MS
DROPS = Guard(1, 100, 1, TEN, admitted=(THIN,))  # strokes of 1 nL, at most 100 nL/h


@pytest.mark.requirement("SR-01", "H25")
def test_what_is_left_for_the_end_of_a_dose_may_flow_in_that_millisecond_and_in_no_other():
    """Nine strokes of a nanolitre are granted at the end, and one more is within a stroke."""
    assert (THIN.rate_nl_per_h, THIN.rest, DROPS.at_once(TEN)) == (0, 9 * NL, 9 * NL)
    assert (DROPS.at_once(TEN - 1), DROPS.at_once(TEN + 1)) == (0, 0)
    assert passed(DROPS, run(1, TEN, 10, owed=10 * NL, stroke=1), TEN + 1)
    found = commanded(DROPS, run(1, TEN, 11, owed=11 * NL, stroke=1), TEN + 1)
    assert found == Inhibited("flow", 2 * NL, NL + 100)
    early = replace(DROPS, checked_ms=TEN - 1)
    found = commanded(early, run(1, TEN - 1, 9, owed=9 * NL, stroke=1), TEN)
    assert found == Inhibited("flow", 9 * NL, NL + 100)


@pytest.mark.requirement("SR-01", "H25")
def test_what_was_left_for_the_end_of_a_dose_and_did_not_flow_does_not_flow_later():
    """Nine strokes are granted in the millisecond of the end; eight flow in it.

    Two more flow in the two hours after it, in which nothing is granted: ten in all, which is
    one too many, but the two hours alone hold two too many.
    """
    tip = run(1, TEN, 10, owed=8 * NL, stroke=1)
    assert tip.run.times() == [TEN] * 8 + [TEN + HOUR_MS, TEN + 2 * HOUR_MS]
    assert why(commanded(DROPS, tip, TEN + 3 * HOUR_MS)) == "flow"


@pytest.mark.requirement("SR-07", "SR-10")
def test_a_dose_whose_last_millisecond_is_still_to_come_stands_once_on_the_books():
    before = passed(DROPS, None, TEN)
    assert (before.admitted, before.given) == ((THIN,), ())
    after = passed(DROPS, None, TEN + 1)
    assert (after.admitted, after.given) == ((), (THIN,))


@pytest.mark.requirement("SR-07", "SR-10")
def test_a_dose_that_is_called_off_leaves_those_that_were_given_on_the_books():
    """They have flowed, and a window may hold them: they count against the next dose."""
    given = Admitted(NOW - HOUR_MS, HOUR_MS // 2, 4 * STROKE)
    coming = Admitted(NOW, HOUR_MS, 4 * STROKE)
    guard = replace(ruled_by(steady(10_000), NOW), admitted=(coming,), given=(given,))
    off = called_off(guard)
    assert (off.admitted, off.given, off.plain_ms) == ((), (given,), NOW)


# What has flowed although it was inhibited -----------------------------------------------------


@pytest.mark.requirement("SR-72", "SR-07")
def test_what_flowed_although_it_was_inhibited_counts_in_every_window_and_is_not_plain():
    """Forty strokes in an hour where nothing is scheduled, then a dose of four is asked for.

    A window holds the 44 of them. By schedule and doses alone it would hold the four, and one.
    """
    tip, end = run(100_000, NOW, 40), NOW + HOUR_MS + 1
    guard = replace(ruled_by(steady(0), NOW), history=(run(10_000, NOW - 2 * DAY_MS, 4),))
    assert why(commanded(guard, tip, end)) == "flow"
    after = overruled(guard, tip, end)
    history = (*guard.history, tip)
    assert after == replace(guard, checked_ms=end, plain_ms=end, history=history)
    dose, coming = Admitted(end, HOUR_MS, 4 * STROKE), [run(10_000, end, 4)]
    assert admit(after, dose, 44 * FG, FG, coming) is None
    assert admit(after, dose, 43 * FG, FG, coming) == Inhibited("dose", 44 * FG, 43 * FG)


@pytest.mark.requirement("SR-72", "SR-07")
def test_where_nothing_flowed_the_guard_only_goes_on_and_does_not_take_it_for_plain():
    guard = replace(ruled_by(steady(10_000), NOW), history=(run(10_000, NOW - HOUR_MS, 4),))
    after = overruled(guard, None, NOW + 5)
    assert after == replace(guard, checked_ms=NOW + 5, plain_ms=NOW + 5)


# What is remembered ----------------------------------------------------------------------------


@pytest.mark.requirement("SR-07", "SR-08")
def test_the_last_run_is_remembered_however_long_ago_and_none_that_it_has_ended():
    """A run ends when the next begins: 24 hours after that no window can hold a stroke of it."""
    first, second = run(10_000, 0, 4), run(10_000, HOUR_MS + 1, 200)
    guard = passed(ruled_by(steady(10_000)), first, HOUR_MS + 1)
    guard = passed(guard, second, 51 * HOUR_MS + 2)
    assert guard.history == (first, second)
    assert passed(guard, None, 51 * HOUR_MS + 2).history == (second,)


@pytest.mark.requirement("SR-07")
def test_a_solution_without_the_drug_is_not_looked_at_stroke_by_stroke():
    def unread() -> Iterator[TipRun]:
        raise AssertionError("what is to come is looked at")
        yield run(1, 0, 1)

    guard = ruled_by(steady(10_000), NOW)
    assert admit(guard, Admitted(NOW, HOUR_MS, STROKE), 0, 0, unread()) is None
