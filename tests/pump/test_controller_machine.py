"""Everything that can happen to a pump, in any order, at any time; the oracle hears all of it.

SR-01, SR-04 to SR-10, SR-12, SR-14, SR-16, SR-18, SR-20, SR-21, SR-31, SR-45 to SR-47, SR-52,
SR-60, SR-66 and scenarios A01, A02, A09, A12, A18, A19, A35 of the fact book, in one machine.
"""

# ruff: noqa: D102 - the name of a rule says what happens
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from cisterna.pump import alarms as a
from cisterna.pump import events as e
from cisterna.pump.alarms import kinds
from cisterna.pump.controller import step
from cisterna.pump.programme import BridgeRule, PatientRule, Programme, Slug, faults
from cisterna.quantity import DAY_MS, HOUR_MS
from tests.pump.pumps import DEVICE, FLEX, FULL, LINE, MINUTE, STEADY, STRENGTH, Bench, new

waits = st.one_of(
    st.integers(0, 2),
    st.integers(0, 15 * MINUTE),
    st.integers(0, 4 * HOUR_MS),
    st.integers(0, 30 * HOUR_MS),
    st.sampled_from([MINUTE, 10 * MINUTE, 2 * HOUR_MS - 1, 2 * HOUR_MS, DAY_MS - 1, DAY_MS]),
)
ALARMS = st.sampled_from([*sorted(kinds()), "nonsense"])
volumes = st.integers(-1, 200_000) | st.sampled_from([0, 2_500, 10_000, 50_000_000])
durations = st.integers(-1, HOUR_MS) | st.sampled_from([0, 1, MINUTE, 10 * MINUTE])
strengths = st.sampled_from([STRENGTH, STRENGTH, STRENGTH // 2, 2 * STRENGTH, 0])
WIDE = 10**15


@st.composite
def programmes(draw: st.DrawFn) -> Programme:
    """Programmes of every mode; some cannot run in this pump."""
    base = draw(st.sampled_from([FLEX, STEADY]))
    cycle = draw(st.sampled_from([DAY_MS, 7 * HOUR_MS, 7 * DAY_MS, 86_399_999]))
    edges = draw(st.sets(st.integers(1, cycle - 1), max_size=4))
    rates = st.sampled_from([0, 1, 6_000, 20_833, 60_000, 1_000_000]) | st.integers(0, 120_000)
    steps = tuple((at, draw(rates)) for at in [0, *sorted(edges)])
    rule = PatientRule(
        draw(st.sampled_from([2_500, 10_000, 100_000])),
        draw(st.sampled_from([MINUTE, 10 * MINUTE, 10 * MINUTE + 7])),
        draw(st.sampled_from([10 * MINUTE + 7, HOUR_MS, 2 * HOUR_MS])),
        draw(st.integers(1, 12)),
    )
    bridge = BridgeRule(draw(st.sampled_from([1, 3_333, LINE])), draw(st.integers(1_000, 60_000)))
    return replace(
        base,
        cycle_ms=cycle,
        zero_ms=draw(st.integers(-DAY_MS, DAY_MS)),
        steps=draw(st.sampled_from([base.steps, steps])) if cycle == DAY_MS else steps,
        per_24h_fg=draw(st.sampled_from([WIDE, base.per_24h_fg, 10**13])),
        patient=draw(st.sampled_from([rule, rule, rule, None])),
        bridge=draw(st.sampled_from([None, None, bridge])),
        floor_nl_per_h=draw(st.sampled_from([None, 1, 6_000])),
        low_reservoir_nl=draw(st.sampled_from([0, 2_000_000])),
        mode=draw(st.sampled_from([base.mode] * 5 + ["stopped"])),
    )


class AnythingHappens(RuleBasedStateMachine):
    """One pump, its oracle, and a hostile world."""

    def __init__(self) -> None:
        super().__init__()
        self.number = 0

    @initialize(
        clock=st.integers(-DAY_MS, DAY_MS),
        full=st.sampled_from([FULL, FULL, 100_000]),
        strong=st.sampled_from([STRENGTH, 4 * STRENGTH]),
    )
    def implanted(self, clock: int, full: int, strong: int) -> None:
        line = (Slug(90_001, strong), Slug(LINE - 90_001, STRENGTH))
        self.bench = Bench(new(clock, reservoir_nl=full, line=line))
        self._programmed(FLEX)

    def _next(self) -> int:
        self.number += 1
        return self.number

    def _programmed(self, p: Programme) -> None:
        now = self.bench.now
        p = replace(p, version=self.bench.state.version + 1)
        for event in (
            e.SessionOpened(now, 1),
            e.Staged(now, 1, p),
            e.Confirmed(now, 1, p.digest),
            e.Activated(now, 1, p.version - 1),
            e.SessionEnded(now, 1),
        ):
            self.bench.do(event)

    @rule(wait=waits)
    def time_passes(self, wait: int) -> None:
        self.bench.until(self.bench.now + wait)

    @rule(days=st.integers(1, 9))
    def days_pass(self, days: int) -> None:
        self.bench.until(self.bench.now + days * DAY_MS)

    @rule(p=programmes(), wait=waits)
    def reprogrammed(self, p: Programme, wait: int) -> None:
        self.bench.until(self.bench.now + wait)
        self._programmed(p)

    @rule(wait=waits, session=st.integers(1, 2), p=programmes(), off=st.sampled_from([0, 0, 1, -1]))
    def one_act_of_a_session(self, wait: int, session: int, p: Programme, off: int) -> None:
        at, version = self.bench.now + wait, self.bench.state.version
        p = replace(p, version=version + 1 + off)
        if off < 0:
            self.bench.do(e.SessionEnded(at, session, lost=True))
        else:
            self.bench.do(
                e.SessionOpened(at, session),
                e.Staged(at, session, p),
                e.Confirmed(at, session, p.digest),
            )

    @rule(session=st.integers(1, 2), base=st.integers(0, 3), wait=waits)
    def activates(self, session: int, base: int, wait: int) -> None:
        self.bench.do(e.Activated(self.bench.now + wait, session, base))

    @rule(wait=waits, late=st.sampled_from([1, 5_000, 0, -1]), presses=st.integers(1, 3))
    def presses(self, wait: int, late: int, presses: int) -> None:
        at = self.bench.now + wait
        for _ in range(presses):
            self.bench.do(e.DoseAsked(at, self._next(), at + late))

    @rule(wait=waits)
    def stops_her_dose(self, wait: int) -> None:
        self.bench.do(e.DoseStopped(self.bench.now + wait))

    @rule(wait=waits, volume=volumes, lasts=durations, limit=st.sampled_from([0, 10**13, WIDE]))
    def bolus(self, wait: int, volume: int, lasts: int, limit: int) -> None:
        at = self.bench.now + wait
        self.bench.do(e.BolusOrdered(at, self._next(), volume, lasts, limit))

    @rule(wait=waits, volume=volumes, lasts=durations)
    def prime(self, wait: int, volume: int, lasts: int) -> None:
        self.bench.do(e.Primed(self.bench.now + wait, self._next(), volume, lasts))

    @rule(wait=waits)
    def stop(self, wait: int) -> None:
        self.bench.do(e.Stopped(self.bench.now + wait))
        assert self.bench.state.tip is None

    @rule(wait=waits, act=st.sampled_from([e.Restarted, e.Reconciled, e.MinimumOrdered]))
    def simple_act(self, wait: int, act: Any) -> None:
        self.bench.do(act(self.bench.now + wait))

    @rule(wait=waits, off=st.sampled_from([0, 0, 500_000, -1]), fill=volumes, strength=strengths)
    def refill(self, wait: int, off: int, fill: int, strength: int) -> None:
        self.bench.until(self.bench.now + wait)
        measured = self.bench.state.flow.reservoir_nl + off
        self.bench.do(e.Refilled(self.bench.now, measured, fill, strength))

    @rule(wait=waits, fill=st.sampled_from([FULL, 2_600_000]))
    def good_refill(self, wait: int, fill: int) -> None:
        self.bench.until(self.bench.now + wait)
        left = self.bench.state.flow.reservoir_nl
        self.bench.do(e.Refilled(self.bench.now, left, fill, STRENGTH))

    @rule(slugs=st.lists(st.tuples(st.integers(0, LINE), st.integers(-1, STRENGTH)), max_size=3))
    def line_is_recorded(self, slugs: list[tuple[int, int]]) -> None:
        self.bench.do(e.LineSet(self.bench.now, tuple(Slug(*slug) for slug in slugs)))

    @rule(wait=waits, alarm=ALARMS, over=st.booleans())
    def noticed(self, wait: int, alarm: str, over: bool) -> None:
        self.bench.do(e.Noticed(self.bench.now + wait, alarm, over))

    @rule(lasts=waits, alarm=st.sampled_from(["stall", "memory", "occlusion"]))
    def fault_that_passes(self, lasts: int, alarm: str) -> None:
        now = self.bench.now
        self.bench.do(e.Noticed(now, alarm), e.Noticed(now + lasts, alarm, over=True))
        self.bench.do(e.AlarmAcknowledged(now + lasts, alarm))

    @rule(wait=waits, alarm=ALARMS, act=st.sampled_from([e.AlarmSilenced, e.AlarmAcknowledged]))
    def alarm_act(self, wait: int, alarm: str, act: Any) -> None:
        self.bench.do(act(self.bench.now + wait, alarm))

    @rule(known=waits, dark=waits)
    def power_returns(self, known: int, dark: int) -> None:
        at = self.bench.now + known
        self.bench.do(e.PowerReturned(at + dark, at))

    @rule(dark=waits)
    def power_is_lost_just_as_a_plan_ends(self, dark: int) -> None:
        until = self.bench.state.until_ms
        self.bench.do(e.PowerReturned(until + dark, until))

    @rule(wait=waits, wall=st.integers(-DAY_MS, 10 * DAY_MS))
    def clock_is_set(self, wait: int, wall: int) -> None:
        self.bench.do(e.ClockSet(self.bench.now + wait, wall))

    @rule()
    def read(self) -> None:
        self.bench.do(e.Interrogated(self.bench.now))

    @invariant()
    def the_guard_never_has_to_stop_the_controller(self) -> None:
        if hasattr(self, "bench"):
            assert self.bench.said("guard-inhibited") == []

    @invariant()
    def what_is_planned_is_the_same_when_it_is_worked_out_again(self) -> None:
        if hasattr(self, "bench"):
            again = e.TimePasses(self.bench.state.until_ms)
            assert step(self.bench.state, again) == step(self.bench.state, again)

    @invariant()
    def a_programme_that_runs_fits_the_pump(self) -> None:
        if hasattr(self, "bench") and (p := self.bench.state.programme):
            assert faults(p, DEVICE) == []

    @invariant()
    def alarms_stand_in_the_order_of_their_urgency(self) -> None:
        if hasattr(self, "bench"):
            order = [alarm.kind.priority for alarm in self.bench.state.alarms]
            assert order == sorted(order)
            assert len({alarm.code for alarm in self.bench.state.alarms}) == len(order)
            assert a.effect(self.bench.state.alarms) in ("none", "floor", "hold", "stop")


TestAnythingHappens = pytest.mark.requirement(
    "SR-01", "SR-04", "SR-05", "SR-07", "SR-09", "SR-10", "SR-12", "SR-14", "SR-16", "SR-18",
    "SR-21", "SR-31", "SR-45", "SR-46", "SR-47", "SR-52", "SR-60", "SR-66",
)(AnythingHappens.TestCase)  # fmt: skip
TestAnythingHappens.settings = settings(max_examples=40, stateful_step_count=30)
