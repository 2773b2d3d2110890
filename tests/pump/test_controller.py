"""The step function: deterministic, always stoppable, on a clock that nobody can set."""

import calendar
from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cisterna.pump import events as e
from cisterna.pump.controller import step
from cisterna.pump.flow import rate_now
from cisterna.pump.programme import BridgeRule, Slug
from cisterna.quantity import DAY_MS, HOUR_MS
from tests.pump.pumps import (
    FLEX,
    LINE,
    MINUTE,
    STEADY,
    STRENGTH,
    Bench,
    emptied,
    new,
    programming,
    running,
)

WIDE = 10**15
BRIDGE = replace(FLEX, version=2, bridge=BridgeRule(LINE, 20_000))

# Every state that a pump can be in, entered at one hour.
STATES: dict[str, Callable[[Bench], object]] = {
    "running": lambda b: None,
    "patient's dose": lambda b: b.do(e.DoseAsked(b.now, 1, DAY_MS)),
    "clinician's bolus": lambda b: b.do(e.BolusOrdered(b.now, 1, 50_000, HOUR_MS, WIDE)),
    "prime": lambda b: b.do(emptied(b.now), e.Primed(b.now, 1, 50_000, HOUR_MS)),
    "bridge": lambda b: b.do(*programming(BRIDGE, b.now)),
    "stopped": lambda b: b.do(e.Stopped(b.now)),
    "minimum": lambda b: b.do(e.MinimumOrdered(b.now)),
    "session": lambda b: b.do(*programming(BRIDGE, b.now)[:3]),
    "stall": lambda b: b.do(e.Noticed(b.now, "stall")),
    "memory": lambda b: b.do(e.Noticed(b.now, "memory")),
    "flow": lambda b: b.do(e.Noticed(b.now, "flow")),
    "end of service": lambda b: b.do(e.Noticed(b.now, "end-of-service")),
    "empty": lambda b: b.do(e.Refilled(b.now, b.state.flow.reservoir_nl, 0, STRENGTH)),
    "power returned": lambda b: b.do(e.PowerReturned(b.now + 5, b.now + 1)),
    "ordered stop": lambda b: b.do(*programming(replace(FLEX, version=2, mode="stopped"), b.now)),
}


@pytest.mark.requirement("SR-14", "SR-15", "A35")
@pytest.mark.parametrize("state", STATES)
def test_stop_works_from_every_state_within_one_stroke(state: str):
    bench = running().until(HOUR_MS)
    STATES[state](bench)
    at = bench.now + 3 * MINUTE + 7
    assert bench.refused(e.Stopped(at)) is None
    assert bench.state.tip is None
    bench.until(at + DAY_MS)
    assert bench.pumped(at, at + DAY_MS) == 0
    assert bench.state.flow.once is None


@pytest.mark.requirement("SR-14", "A35")
def test_stop_works_in_a_pump_without_a_programme():
    bench = Bench(new())
    bench.do(emptied(0), e.Primed(0, 1, 50_000, HOUR_MS), e.Stopped(10 * MINUTE))
    assert bench.until(DAY_MS).pumped(10 * MINUTE, DAY_MS) == 0


@pytest.mark.requirement("SR-46", "SR-60", "SR-52")
@pytest.mark.parametrize("state", STATES)
def test_after_a_stop_only_schedule_and_bridge_go_on(state: str):
    bench = running().until(HOUR_MS)
    STATES[state](bench)
    bench.do(e.Stopped(bench.now + MINUTE), e.Restarted(bench.now + 2 * MINUTE))
    once = bench.state.flow.once
    assert once is None or once.kind == "bridge"


@pytest.mark.requirement("SR-03", "ST-09")
@pytest.mark.parametrize("state", STATES)
def test_the_emergency_minimum_never_raises_what_flows(state: str):
    bench = running().until(HOUR_MS)
    STATES[state](bench)
    before = rate_now(bench.state.flow)
    bench.do(e.MinimumOrdered(bench.now))
    after = rate_now(bench.state.flow)
    assert after <= before


# Determinism -----------------------------------------------------------------------------------


@pytest.mark.requirement("SR-32")
@settings(max_examples=40)
@given(st.lists(st.integers(1, 12 * HOUR_MS), max_size=6), st.integers(0, 30))
def test_time_may_be_cut_anywhere(cuts: list[int], minutes: int):
    """Looking more often changes nothing: strokes, closed doses and flow are the same."""
    end = HOUR_MS + sum(cuts) + DAY_MS
    seldom, often = running(), running()
    for bench, times in ((seldom, [end]), (often, [HOUR_MS + sum(cuts[:n]) for n in range(7)])):
        bench.do(e.DoseAsked(minutes * MINUTE, 1, HOUR_MS))
        for at in [*sorted(set(times)), end]:
            bench.until(at)
    assert often.strokes == seldom.strokes
    assert often.closed == seldom.closed
    assert often.state.flow == seldom.state.flow


@pytest.mark.requirement("SR-32")
def test_a_step_is_a_function_of_state_and_event():
    bench = running().until(HOUR_MS)
    event = e.DoseAsked(bench.now, 1, DAY_MS)
    assert step(bench.state, event) == step(bench.state, event)


@pytest.mark.requirement("SR-66")
@pytest.mark.parametrize(
    "event",
    [
        e.TimePasses(HOUR_MS - 1),
        e.PowerReturned(2 * HOUR_MS, HOUR_MS - 1),
        e.PowerReturned(HOUR_MS + 1, HOUR_MS + 2),
    ],
)
def test_time_does_not_go_back(event: e.Event):
    with pytest.raises(ValueError, match="back"):
        step(running().until(HOUR_MS).state, event)


# The clock -------------------------------------------------------------------------------------


@pytest.mark.requirement("SR-66", "SR-67", "H08", "A08", "A09")
@settings(max_examples=40)
@given(st.lists(st.tuples(st.integers(0, 2 * DAY_MS), st.integers(-(10**12), 10**12)), max_size=6))
def test_a_clock_that_is_set_neither_repeats_nor_skips_a_step(sets: list[tuple[int, int]]):
    plain, bench = running(), running()
    for at, wall in sorted(sets):
        bench.do(e.ClockSet(at, wall))
    assert bench.until(3 * DAY_MS).strokes == plain.until(3 * DAY_MS).strokes


@pytest.mark.requirement("SR-66", "H08", "A09")
@pytest.mark.parametrize("shift", [-HOUR_MS, HOUR_MS, 400 * DAY_MS, -400 * DAY_MS])
def test_a_clock_set_back_or_on_changes_neither_lockout_nor_count(shift: int):
    bench = running().until(HOUR_MS)
    assert bench.refused(e.DoseAsked(bench.now, 1, DAY_MS)) is None
    bench.do(e.ClockSet(HOUR_MS + MINUTE, HOUR_MS + MINUTE + shift))
    almost, after = 3 * HOUR_MS - 1, 3 * HOUR_MS
    assert bench.refused(e.DoseAsked(almost, 2, DAY_MS)) == "lockout"
    assert bench.refused(e.DoseAsked(after, 3, DAY_MS)) is None


@pytest.mark.requirement("SR-66", "H08")
def test_a_programme_begins_its_cycle_at_midnight_of_the_clock_it_is_activated_by():
    """The wall shows 05:00 at device time 0: the slow step begins an hour later."""
    bench = running(clock_ms=5 * HOUR_MS).until(2 * HOUR_MS + 1)
    assert bench.pumped(0, HOUR_MS + 1) == 24
    assert bench.pumped(HOUR_MS + 1, 2 * HOUR_MS + 1) == 8


@pytest.mark.requirement("SR-68", "H08", "A10")
def test_a_leap_day_and_a_turn_of_the_year_are_days_like_any_other():
    """2024 is a leap year: its 366 days each deliver 288 strokes, 29 February among them."""
    assert calendar.isleap(2024)
    state, counts = running(STEADY, reservoir_nl=10**12).state, []
    for day in range(1, 368):
        before = state.flow.reservoir_nl
        state, _ = step(state, e.TimePasses(day * DAY_MS + 1))
        counts.append((before - state.flow.reservoir_nl) // 2_500)
    assert set(counts) == {288}


# What is on the line ---------------------------------------------------------------------------


@pytest.mark.requirement("SR-37", "ST-14")
def test_without_any_link_a_pump_runs_its_programme_to_the_next_refill():
    bench = running(STEADY).until(20 * DAY_MS)
    assert len(bench.strokes) == 20 * 288 - 1
    assert bench.said("refused") == []


@pytest.mark.requirement("SR-64", "SR-17", "A17", "H16")
def test_an_mri_of_45_minutes_with_a_recovery_of_24_hours_is_lost_time_and_not_caught_up():
    bench = running(STEADY).until(DAY_MS)
    bench.do(e.Noticed(bench.now, "stall"))
    back = DAY_MS + 45 * MINUTE + DAY_MS
    bench.do(e.Noticed(back, "stall", over=True))
    bench.until(back + DAY_MS)
    assert bench.pumped(DAY_MS + 1, back) == 0
    assert bench.pumped(back, back + DAY_MS) == 288


@pytest.mark.requirement("SR-58", "H06")
def test_the_tip_lags_the_pump_by_the_line():
    """200,000 nL of what was there before are 80 strokes; stroke 81 is the new solution."""
    bench = running(line=(Slug(LINE, 0),)).until(12 * HOUR_MS)
    masses = [mass for _, mass in bench.strokes]
    assert set(masses[:80]) == {0}
    assert set(masses[80:]) == {2_500 * STRENGTH}


@pytest.mark.requirement("SR-72")
def test_a_pump_whose_guard_forbids_its_own_plan_stops():
    """A bit flips in the guard: a part of what it allowed is no longer allowed."""
    state = running().until(HOUR_MS).state
    broken = replace(state, guard=replace(state.guard, device_nl_per_h=1), then=None)
    after, out = step(broken, e.TimePasses(HOUR_MS + 10 * MINUTE))
    assert "guard-contradicted" in [entry.what for entry in out.log]
    assert "flow" in [alarm.code for alarm in after.alarms]
    assert (after.stopped_ms, after.tip) == (HOUR_MS + 10 * MINUTE, None)


@pytest.mark.requirement("SR-72", "SR-45")
def test_what_flowed_against_the_guard_counts_in_its_windows_and_a_dose_that_ended_is_closed():
    bench = running().until(HOUR_MS)
    bench.do(e.DoseAsked(HOUR_MS, 1, HOUR_MS + 5_000))
    state = bench.state
    end = HOUR_MS + 10 * MINUTE
    broken = replace(state, guard=replace(state.guard, device_nl_per_h=1), then=None)
    after, out = step(broken, e.TimePasses(end))
    honest, _ = step(state, e.TimePasses(end))
    assert "guard-contradicted" in [entry.what for entry in out.log]
    assert [(c.kind, c.most_nl) for c in out.closed] == [("patient", 10_000)]
    assert after.guard.history == honest.guard.history
    assert after.guard.plain_ms == end
    assert after.flow.reservoir_nl == honest.flow.reservoir_nl
