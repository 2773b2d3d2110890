"""The guard: what it lets flow, what it inhibits, and that it can do nothing else.

The slow definition here walks over every stroke and every millisecond of grant that the guard
sums up in pieces.
"""

from collections.abc import Iterator
from dataclasses import fields, replace
from fractions import Fraction
from itertools import accumulate

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from cisterna.pump import events as e
from cisterna.pump import flow
from cisterna.pump.controller import step
from cisterna.pump.guard import (
    Admitted,
    Granted,
    Guard,
    Inhibited,
    Regime,
    admit,
    allowed,
    called_off,
    commanded,
    heaviest_day,
    programmed,
    ruled,
    schedule_fits,
)
from cisterna.quantity import DAY_MS, HOUR_MS, DeviceTime, Pace, StrokeRun, TipRun
from tests.pump.pumps import FLEX, MINUTE, STEADY, STROKE, STROKE_FG, running

DEVICE_NL_PER_H = 100_000
STEPS = Granted(0, DAY_MS, ((0, 60_000), (6 * HOUR_MS, 20_000)))
FRESH = Guard(STROKE, DEVICE_NL_PER_H, 10**13, 0)
RUNS = replace(FRESH, schedule=STEPS, regime="schedule", floor_nl_per_h=6_000)


def tip(rate: int | Pace, start: int, count: int, owed: int = 0, mass: int = STROKE_FG) -> TipRun:
    """A run of strokes of 2,500 nL and what they push out."""
    pace = rate if isinstance(rate, Pace) else Pace.steady(rate)
    return TipRun(StrokeRun(DeviceTime(start), pace, STROKE, count, owed), ((count, mass),))


def slow(guard: Guard, run: TipRun | None, until: int) -> tuple[int, int]:
    """(largest rise of any window that ends by `until`, balance): every stroke, one by one."""
    one = STROKE * HOUR_MS
    balance, lowest, most, at = 0, guard.lowest, 0, guard.checked_ms

    def granted(begin: int, end: int) -> int:
        return replace(guard, checked_ms=begin).granted(end)

    for stroke in range(run.run.count if run else 0):
        now = run.run.at(stroke).ms if run else 0
        while at <= now:  # a millisecond counts with the strokes in it
            balance -= granted(at, now)
            lowest = min(lowest, balance)
            balance -= granted(now, now + 1)
            at = now + 1
        balance += one
        most = max(most, balance - lowest)
    return most, balance - granted(at, until)


# What is granted -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("begin", "end", "nl"),
    [
        (0, HOUR_MS, 60_000),
        (0, DAY_MS, 6 * 60_000 + 18 * 20_000),
        (5 * HOUR_MS, 7 * HOUR_MS, 80_000),
        (-HOUR_MS, HOUR_MS, 80_000),
        (DAY_MS - HOUR_MS, DAY_MS + HOUR_MS, 80_000),
        (3, 3, 0),
    ],
)
def test_a_schedule_grants_its_steps_over_any_number_of_cycles(begin: int, end: int, nl: int):
    assert STEPS.between(begin, end) == nl * HOUR_MS


granteds = st.integers(2, 40).flatmap(
    lambda cycle: st.builds(
        lambda anchor, edges, rates: Granted(
            anchor, cycle, tuple(zip([0, *sorted(edges)], rates, strict=False))
        ),
        st.integers(-100, 100),
        st.sets(st.integers(1, cycle - 1), max_size=3),
        st.lists(st.integers(0, 9), min_size=4, max_size=4),
    )
)


@given(granteds, st.integers(-200, 200), st.integers(0, 120))
def test_what_a_schedule_grants_is_its_rate_added_up_millisecond_by_millisecond(
    schedule: Granted, begin: int, lasts: int
):
    def rate(at: int) -> int:
        within = (at - schedule.anchor_ms) % schedule.cycle_ms
        return [r for start, r in schedule.steps if start <= within][-1]

    summed = sum(rate(at) for at in range(begin, begin + lasts))
    assert schedule.between(begin, begin + lasts) == summed
    changes = {at for at in range(begin + 1, begin + lasts) if rate(at) != rate(at - 1)}
    assert changes <= set(schedule.bends(begin, begin + lasts))
    assert all(begin < at < begin + lasts for at in schedule.bends(begin, begin + lasts))


@given(st.integers(1, 50), st.integers(1, 5_000), st.integers(-10, 10))
def test_a_dose_grants_its_volume_once_and_the_rounded_rest_in_the_millisecond_of_its_end(
    lasts: int, volume: int, start: int
):
    dose = Admitted(start, lasts, volume)
    each = [dose.between(at, at + 1) for at in range(start - 20, start + lasts + 20)]
    assert dose.between(start - 20, start + lasts + 20) == sum(each)
    assert sum(each) == volume * HOUR_MS
    assert set(each[20 : 20 + lasts]) == {dose.rate_nl_per_h}
    assert 0 <= each[20 + lasts] < lasts
    assert not any(each[:20] + each[21 + lasts :])


# Flow ------------------------------------------------------------------------------------------


@pytest.mark.requirement("SR-01", "SR-02")
def test_what_the_schedule_asks_for_may_flow():
    after = commanded(RUNS, tip(60_000, 0, 24), HOUR_MS + 1)
    assert isinstance(after, Guard)
    assert after.checked_ms == HOUR_MS + 1
    assert after.history == (tip(60_000, 0, 24),)


@pytest.mark.requirement("SR-01")
def test_nothing_flows_without_a_programme():
    assert commanded(FRESH, tip(1, 0, 1, STROKE * HOUR_MS), 1) != FRESH
    found = commanded(FRESH, tip(60_000, 0, 24), HOUR_MS + 1)
    assert isinstance(found, Inhibited)
    assert found.why == "flow"


@pytest.mark.requirement("SR-01")
@pytest.mark.parametrize("rate", [66_000, 70_000, 100_000])
def test_a_rate_above_the_schedule_is_inhibited_within_a_stroke(rate: int):
    """A second stroke more than scheduled is never let through."""
    excess = rate - 60_000
    second = -(-2 * STROKE * HOUR_MS // excess)  # ms until two strokes more than scheduled
    count = rate * second // HOUR_MS // STROKE
    found = commanded(RUNS, tip(rate, 0, count), 6 * HOUR_MS)
    assert isinstance(found, Inhibited)
    assert found.why == "flow"


@pytest.mark.requirement("SR-01")
def test_the_same_run_may_not_flow_twice():
    after = commanded(RUNS, tip(60_000, 0, 24), HOUR_MS + 1)
    assert isinstance(after, Guard)
    assert isinstance(commanded(after, tip(60_000, 0, 24), 2 * HOUR_MS), Inhibited)


@pytest.mark.requirement("SR-01")
def test_what_was_held_back_is_not_caught_up():
    """Two hours of nothing, then as much as the two hours would have been: inhibited."""
    idle = commanded(RUNS, None, 2 * HOUR_MS)
    assert isinstance(idle, Guard)
    caught_up = commanded(idle, tip(90_000, 2 * HOUR_MS, 100), 6 * HOUR_MS)
    assert isinstance(caught_up, Inhibited)
    assert caught_up.why == "flow"


@pytest.mark.requirement("SR-06")
def test_no_run_is_faster_than_the_device_even_where_that_is_granted():
    fast = replace(RUNS, schedule=Granted(0, DAY_MS, ((0, 200_000),)))
    assert commanded(fast, tip(DEVICE_NL_PER_H + 1, 0, 1), HOUR_MS) == Inhibited(
        "device", DEVICE_NL_PER_H + 1, DEVICE_NL_PER_H
    )
    assert isinstance(commanded(fast, tip(DEVICE_NL_PER_H, 0, 1), HOUR_MS), Guard)


@pytest.mark.requirement("SR-66")
def test_a_run_out_of_its_time_or_of_other_strokes_is_inhibited():
    later = commanded(RUNS, None, HOUR_MS)
    assert isinstance(later, Guard)
    assert isinstance(commanded(later, None, HOUR_MS - 1), Inhibited)
    assert commanded(later, tip(60_000, HOUR_MS - 1, 1), 2 * HOUR_MS) == Inhibited(
        "time", HOUR_MS - 1, HOUR_MS
    )
    end = tip(60_000, HOUR_MS, 1).run.last.ms
    assert commanded(later, tip(60_000, HOUR_MS, 1), end) == Inhibited("time", end, end)
    assert isinstance(commanded(later, tip(60_000, HOUR_MS, 1), end + 1), Guard)
    other = TipRun(StrokeRun(DeviceTime(HOUR_MS), Pace.steady(20_000), 2 * STROKE, 1), ((1, 1),))
    assert isinstance(commanded(later, other, 2 * HOUR_MS), Inhibited)


@pytest.mark.requirement("SR-14", "SR-31")
def test_stopped_grants_nothing_and_the_floor_only_the_floor():
    stopped = ruled(RUNS, "none")
    assert isinstance(commanded(stopped, tip(60_000, 0, 2, 1), HOUR_MS), Inhibited)
    floor = ruled(RUNS, "floor")
    assert isinstance(commanded(floor, tip(6_000, 0, 2), HOUR_MS), Guard)
    assert isinstance(commanded(floor, tip(60_000, 0, 24), HOUR_MS + 1), Inhibited)


@pytest.mark.requirement("SR-10", "SR-60")
def test_a_dose_may_flow_while_it_is_admitted_and_not_when_it_is_called_off():
    dose = Admitted(0, 10 * MINUTE, 2 * STROKE)
    beside = tip(60_000 + dose.rate_nl_per_h, 0, 6)
    room = allowed(RUNS, dose)
    assert isinstance(commanded(room, beside, 10 * MINUTE + 1), Guard)
    assert isinstance(commanded(called_off(room), beside, 10 * MINUTE + 1), Inhibited)
    used = commanded(room, beside, 10 * MINUTE + 1)
    assert isinstance(used, Guard)
    assert (used.admitted, used.given) == ((), (dose,))
    forgotten = commanded(used, None, DAY_MS + 10 * MINUTE + 1)
    assert isinstance(forgotten, Guard)
    assert forgotten.given == ()


@pytest.mark.requirement("SR-01")
def test_a_slow_step_after_the_fastest_is_not_mistaken_for_too_much():
    """A stroke that came a millisecond late at full speed leaves room for that millisecond."""
    fast = Granted(0, DAY_MS, ((0, DEVICE_NL_PER_H), (HOUR_MS, 1_000)))
    guard: Guard | Inhibited = replace(RUNS, schedule=fast)
    owed, at = 0, 0
    for end in (777, 90_001, HOUR_MS, 5 * HOUR_MS, 9 * HOUR_MS):
        rate = DEVICE_NL_PER_H if end <= HOUR_MS else 1_000
        count = (owed + rate * (end - 1 - at)) // (STROKE * HOUR_MS)
        assert isinstance(guard, Guard)
        guard = commanded(guard, tip(rate, at, count, owed) if count else None, end)
        owed, at = owed + rate * (end - at) - count * STROKE * HOUR_MS, end
    assert isinstance(guard, Guard)


REGIMES: tuple[Regime, ...] = ("none", "schedule", "floor")
rates = st.integers(1, DEVICE_NL_PER_H)
schedules = st.builds(
    lambda anchor, rate, other, edge: Granted(anchor, 3 * HOUR_MS, ((0, rate), (edge, other))),
    st.integers(-(10**7), 10**7),
    st.integers(0, DEVICE_NL_PER_H),
    st.integers(0, DEVICE_NL_PER_H),
    st.integers(1, 3 * HOUR_MS - 1),
)
proposals = st.tuples(
    rates, st.integers(0, HOUR_MS), st.integers(1, 30), st.integers(0, STROKE * HOUR_MS)
)


@pytest.mark.requirement("SR-01", "SR-04")
@given(
    schedules,
    st.sampled_from(REGIMES),
    st.lists(st.tuples(st.integers(0, HOUR_MS), st.integers(1, HOUR_MS), st.integers(1, 10**5))),
    st.lists(proposals, min_size=1, max_size=4),
)
def test_whatever_is_proposed_what_is_let_through_keeps_every_window_within_a_stroke(
    schedule: Granted,
    regime: Regime,
    doses: list[tuple[int, int, int]],
    asked: list[tuple[int, int, int, int]],
):
    guard: Guard = replace(RUNS, schedule=schedule, regime=regime)
    for dose in doses[:2]:
        guard = allowed(guard, Admitted(*dose))
    for rate, wait, count, owed in asked:
        run = tip(rate, guard.checked_ms + wait, count, owed)
        until = run.run.last.ms + 1 + wait
        rise, balance = slow(guard, run, until)
        found = commanded(guard, run, until)
        if isinstance(found, Guard):
            assert rise <= STROKE * HOUR_MS + DEVICE_NL_PER_H
            assert found.lowest <= 0
            assert balance == run.run.volume_nl * HOUR_MS - guard.granted(until)
            guard = found
        else:
            assert found.found > found.limit or found.why == "time"


@given(st.lists(st.tuples(rates, st.integers(1, 3 * HOUR_MS)), min_size=1, max_size=6))
def test_flow_at_the_very_rates_that_are_granted_is_never_inhibited(
    steps: list[tuple[int, int]],
):
    starts = list(accumulate((lasts for _, lasts in steps), initial=0))
    schedule = Granted(
        0, starts[-1], tuple((at, rate) for at, (rate, _) in zip(starts, steps, strict=False))
    )
    guard: Guard | Inhibited = replace(RUNS, schedule=schedule)
    owed = 0
    for at, (rate, lasts) in zip(starts, steps, strict=False):
        count = (owed + rate * (lasts - 1)) // (STROKE * HOUR_MS)
        assert isinstance(guard, Guard)
        guard = commanded(guard, tip(rate, at, count, owed) if count else None, at + lasts)
        owed += rate * lasts - count * STROKE * HOUR_MS
    assert isinstance(guard, Guard)


@given(schedules, proposals, st.integers(1, 10**7))
def test_a_part_of_what_may_flow_may_flow(
    schedule: Granted, asked: tuple[int, int, int, int], cut: int
):
    rate, wait, count, owed = asked
    guard = replace(RUNS, schedule=schedule)
    whole = tip(rate, wait, count, owed)
    until = whole.run.last.ms + 1
    assume(isinstance(commanded(guard, whole, until), Guard))
    part, _ = whole.split(DeviceTime(min(cut, until)))
    assert isinstance(commanded(guard, part, min(cut, until)), Guard)


# Doses -----------------------------------------------------------------------------------------


def every_window(strokes: list[tuple[int, int]], last: int) -> int:
    """The largest mass of any 24 hours that begin by `last`: every millisecond that matters."""
    begins = {at for at, _ in strokes if at <= last} | {last}
    return max(sum(m for at, m in strokes if b <= at < b + DAY_MS) for b in begins)


timed = st.lists(
    st.tuples(st.integers(0, 4).map(lambda n: n * DAY_MS // 2) | st.integers(0, 2 * DAY_MS),
              st.integers(0, 9)),
    max_size=12,
).map(sorted)  # fmt: skip


@pytest.mark.requirement("SR-07", "SR-08")
@given(timed, st.integers(-1, 2 * DAY_MS))
def test_the_heaviest_day_is_the_heaviest_of_all_windows(strokes: list[tuple[int, int]], last: int):
    assert heaviest_day(strokes, last) == every_window(strokes, last)


@pytest.mark.requirement("SR-08")
@pytest.mark.parametrize(("gap", "mass"), [(DAY_MS - 1, 2), (DAY_MS, 1), (DAY_MS + 1, 1)])
def test_a_window_is_half_open(gap: int, mass: int):
    """A01: two strokes a day apart are never in the same 24 hours."""
    assert heaviest_day([(0, 1), (gap, 1)], gap) == mass


@pytest.mark.requirement("SR-07", "SR-08", "H01")
def test_a_dose_is_held_against_the_flow_still_to_come():
    """A02: nothing in the past, and yet the coming basal flow leaves no room for the dose."""
    basal = tip(30_000, 0, 288)
    dose = Admitted(0, 10 * MINUTE, STROKE)
    tight = replace(RUNS, per_24h_fg=288 * STROKE_FG)
    assert admit(tight, dose, tight.per_24h_fg, STROKE_FG, [basal]) is None
    more = tip(200_000, DAY_MS // 2, 1)
    found, limit = 289 * STROKE_FG, 288 * STROKE_FG
    assert admit(tight, dose, limit, STROKE_FG, [basal, more]) == Inhibited("dose", found, limit)


@st.composite
def days_of_doses(draw: st.DrawFn) -> tuple[Guard, Admitted, list[TipRun]]:
    """A pump after two days of schedule and doses, a dose that is asked for, and what would flow.

    Doses may overlap a window's edge, lie in each other's 24 hours to the millisecond, or be cut.
    """
    cycle = draw(st.sampled_from([DAY_MS, 7 * HOUR_MS, DAY_MS - 1]))
    edge = draw(st.integers(1, cycle - 1))
    rates = st.integers(0, 40_000)
    pace = Pace(draw(st.integers(-DAY_MS, 0)), cycle, ((0, draw(rates)), (edge, draw(rates))))
    granted = Granted(pace.anchor_ms, pace.cycle_ms, pace.steps)
    guard = ruled(programmed(FRESH, granted, 0, 1), "schedule")
    now = flow.Flow(0, STROKE, 1 << 50, 10_000_000, (), pace)
    for gap in draw(st.lists(gaps, max_size=7)):
        guard, now = lived(guard, now, now.now_ms + gap)
        lasts, volume = draw(st.integers(1, HOUR_MS)), draw(st.integers(1, 40_000))
        if now.once is None and volume * HOUR_MS // lasts + 40_000 <= DEVICE_NL_PER_H:
            now = replace(now, once=flow.Once("patient", 1, now.now_ms, lasts, volume))
            guard = allowed(guard, Admitted(now.now_ms, lasts, volume))
            if draw(st.integers(0, 9)) == 0:
                guard, now = lived(guard, now, now.now_ms + lasts // 2)
                guard, now = called_off(guard), replace(now, once=None)
    ends = now.once.end_ms if now.once else now.now_ms
    guard, now = lived(guard, now, ends)
    dose = flow.Once("patient", 2, now.now_ms, 10 * MINUTE, draw(st.integers(1, 9_000)))
    coming = flow.ahead(replace(now, once=dose), dose.end_ms + DAY_MS)
    return guard, Admitted(dose.start_ms, dose.duration_ms, dose.volume_nl), list(coming)


gaps = st.integers(0, 9 * HOUR_MS) | st.sampled_from([DAY_MS // 4, DAY_MS, DAY_MS + 1])


def lived(guard: Guard, now: flow.Flow, until: int) -> tuple[Guard, flow.Flow]:
    """What flows until a time, with the guard's leave."""
    while now.now_ms < until:
        end = min(until, flow.wanted(now)[1])
        made, now = flow.pour(now, end)
        checked = commanded(guard, made, end)
        assert isinstance(checked, Guard), "what is honest is let through"
        guard = checked
    return guard, now


@pytest.mark.requirement("SR-07", "SR-08", "H01")
@settings(max_examples=200)
@given(days_of_doses(), st.sampled_from([0, 1, STROKE_FG, 4 * STROKE_FG]), st.booleans())
def test_a_dose_that_is_let_through_without_a_walk_over_strokes_keeps_every_window(
    case: tuple[Guard, Admitted, list[TipRun]], spare: int, tight: bool
):
    """The limit is set around what the heaviest window really holds: the answer is the same."""
    guard, dose, coming = case
    strokes = [
        (at, fg)
        for made in (*guard.history, *coming)
        for (n, fg) in made.parts
        for at in made.run.times()[:n]
        if at > guard.checked_ms - DAY_MS
    ]
    heaviest = every_window(sorted(strokes), dose.end_ms) if strokes else 0
    limit = heaviest - 1 if tight else heaviest + spare
    found = admit(guard, dose, limit, STROKE_FG, coming)
    assert found == (Inhibited("dose", heaviest, limit) if tight else None)


@pytest.mark.requirement("SR-07")
def test_after_a_quiet_day_nothing_is_walked_through_where_everything_fits():
    """The heaviest day is 288 strokes, the dose 4, one may be in excess: 293 fit in any case."""

    def unread() -> Iterator[TipRun]:
        raise AssertionError("nothing that is to come is looked at")
        yield tip(1, 0, 1)

    schedule = Granted(0, DAY_MS, ((0, 60_000), (6 * HOUR_MS, 20_000)))
    pace = Pace(0, DAY_MS, schedule.steps)
    guard = ruled(programmed(FRESH, schedule, 0, 1), "schedule")
    guard, _ = lived(guard, flow.Flow(0, STROKE, 1 << 50, 10_000_000, (), pace), DAY_MS)
    dose = Admitted(DAY_MS, 10 * MINUTE, 4 * STROKE)
    assert admit(guard, dose, 293 * STROKE_FG, STROKE_FG, unread()) is None
    with pytest.raises(AssertionError, match="looked at"):
        admit(guard, dose, 293 * STROKE_FG - 1, STROKE_FG, unread())
    with pytest.raises(AssertionError, match="looked at"):
        admit(replace(guard, plain_ms=1), dose, 293 * STROKE_FG, STROKE_FG, unread())


@pytest.mark.requirement("SR-07")
def test_windows_that_ended_before_the_dose_do_not_count_against_it():
    """Thirty hours ago a day was heavy; every day that holds the dose is light."""
    heavy = tip(90_000, 0, 400)
    now = heavy.run.last.ms + DAY_MS
    guard = replace(RUNS, per_24h_fg=10 * STROKE_FG, history=(heavy,), checked_ms=now)
    dose = Admitted(now, 10 * MINUTE, STROKE)
    assert admit(guard, dose, 10 * STROKE_FG, STROKE_FG, [tip(15_000, now, 1)]) is None
    early, dose = replace(guard, checked_ms=now - HOUR_MS), replace(dose, start_ms=now - HOUR_MS)
    assert admit(early, dose, 10 * STROKE_FG, STROKE_FG, [tip(15_000, now, 1)])


@pytest.mark.requirement("SR-07")
def test_a_schedule_is_held_against_the_limit_at_its_heaviest_24_hours():
    """1,000 nL/h for 20 hours of 30: the heaviest 24 hours hold 20, at 1 ng/mL 20,000 fg."""
    schedule = Granted(123, 30 * HOUR_MS, ((0, 0), (5 * HOUR_MS, 1_000), (25 * HOUR_MS, 0)))
    assert schedule_fits(schedule, 1, 20_000) is None
    assert schedule_fits(schedule, 1, 19_999) == Inhibited("dose", 20_000, 19_999)


@given(granteds, st.integers(-50, 50))
def test_no_day_of_a_schedule_is_heavier_than_its_heaviest(schedule: Granted, begin: int):
    scale = 7_200_001  # cycles of a few hours to a few days, off the day
    wide = Granted(
        schedule.anchor_ms,
        schedule.cycle_ms * scale,
        tuple((at * scale, rate) for at, rate in schedule.steps),
    )
    at = begin * scale // 7
    assert wide.between(at, at + DAY_MS) <= wide.heaviest


def test_what_a_check_does_not_change_stays():
    """The guard after a while is put together field by field: none is forgotten."""
    dose = Admitted(5, 7, 9)
    odd = Guard(STROKE, 3, 4, 5, STEPS, 6, "floor", 2, (dose,), (replace(dose, start_ms=1),), -8)
    assert commanded(odd, None, 5) == odd
    assert {f.name for f in fields(Guard)} - {"history"} == {
        f.name for f in fields(Guard) if getattr(odd, f.name) != getattr(FRESH, f.name, None)
    } | {"stroke_nl"}


# It can only inhibit ---------------------------------------------------------------------------


@pytest.mark.requirement("H18", "SR-03")
def test_a_programme_changes_what_is_granted_and_nothing_else():
    other = Granted(5, DAY_MS, ((0, 1),))
    after = programmed(replace(RUNS, checked_ms=9), other, 7, 8)
    changed = replace(RUNS, schedule=other, floor_nl_per_h=7, per_24h_fg=8)
    assert after == replace(changed, checked_ms=9, plain_ms=9)


@pytest.mark.requirement("H18", "H25", "SR-72")
@pytest.mark.parametrize("factor", [Fraction(11, 10), Fraction(2), Fraction(10)])
def test_a_controller_that_asks_for_more_is_stopped(
    factor: Fraction, monkeypatch: pytest.MonkeyPatch
):
    """The controller is planted with a bug: its rates are too high. The guard stops the pump."""
    bench = running(STEADY)
    honest = flow.wanted

    def greedy(now: flow.Flow) -> tuple[Pace, int]:
        pace, until = honest(now)
        steps = tuple((at, int(rate * factor)) for at, rate in pace.steps)
        return replace(pace, steps=steps), until

    monkeypatch.setattr(flow, "wanted", greedy)
    state = bench.state
    for _ in range(3):
        state, _out = step(state, e.TimePasses(state.until_ms + 1))
    assert "flow" in {alarm.code for alarm in state.alarms}
    assert state.stopped_ms is not None
    assert state.tip is None


@pytest.mark.requirement("H18")
@given(st.integers(0, 30))
@settings(max_examples=10)
def test_an_honest_controller_is_never_stopped(days: int):
    bench = running(FLEX).until(days * DAY_MS)
    assert bench.wrong <= {"low-reservoir", "empty-reservoir"}
