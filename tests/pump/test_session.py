"""Two-phase programming: what runs goes on until a confirmed programme replaces it at once."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cisterna.pump import events as e
from cisterna.pump.flow import rate_now
from cisterna.pump.programme import BridgeRule, PatientRule, Programme, Slug, faults
from cisterna.quantity import DAY_MS, HOUR_MS
from tests.pump.pumps import (
    DEVICE,
    FLEX,
    FULL,
    LINE,
    MINUTE,
    STEADY,
    STRENGTH,
    Bench,
    new,
    programming,
    running,
)

NEXT = replace(STEADY, version=2)
FLAT = replace(STEADY, steps=((0, 20_000),))
OLD = replace(STEADY, steps=((0, 40_000),), per_24h_fg=10**15)
BRIDGED = replace(FLAT, version=2, bridge=BridgeRule(LINE, 40_000), floor_nl_per_h=5_000)


@pytest.mark.requirement("SR-28")
def test_until_it_is_activated_the_old_programme_runs():
    bench = running().until(HOUR_MS)
    for event in programming(NEXT, bench.now)[:3]:
        assert bench.refused(event) is None
        assert bench.state.programme == FLEX
    assert bench.refused(e.Activated(bench.now, 1, 1)) is None
    assert bench.state.programme == NEXT


@pytest.mark.requirement("SR-28", "SR-37", "SR-55")
@pytest.mark.parametrize("acts", [1, 2, 3])
@pytest.mark.parametrize("lost", [True, False])
def test_a_session_that_breaks_off_leaves_the_old_programme_running(acts: int, lost: bool):
    plain, bench = running().until(DAY_MS), running().until(HOUR_MS)
    bench.do(*programming(NEXT, bench.now)[:acts], e.SessionEnded(bench.now, 1, lost))
    assert bench.until(DAY_MS).strokes == plain.strokes
    assert bench.refused(e.Activated(bench.now, 1, 1)) == "no-session"


@pytest.mark.requirement("SR-28", "H21", "A06")
def test_only_what_was_read_back_can_be_confirmed_and_only_what_was_confirmed_activated():
    bench = running()
    opened, staged, confirmed, activated, _ = programming(NEXT, 5)
    bench.do(opened)
    assert bench.refused(confirmed) == "nothing-staged"
    assert bench.refused(activated) == "not-confirmed"
    bench.do(staged)
    assert bench.refused(e.Confirmed(5, 1, FLEX.digest)) == "digest"
    assert bench.refused(activated) == "not-confirmed"
    bench.do(confirmed, staged)
    assert bench.refused(activated) == "not-confirmed", "staged again: confirm again"
    bench.do(confirmed)
    assert bench.refused(activated) is None
    assert bench.refused(activated) == "not-confirmed"


@pytest.mark.parametrize(("order", "before"), [(e.Stopped, 0), (e.MinimumOrdered, 6_000)])
def test_an_activation_ends_a_stop_and_a_minimum_that_somebody_ordered(
    order: Callable[[int], e.Event], before: int
):
    """A stop for a fault waits for its restart; what a person ordered, the new order replaces."""
    bench = running().until(5)
    bench.do(order(5))
    assert rate_now(bench.state.flow) == before
    bench.do(*programming(NEXT, 5))
    assert rate_now(bench.state.flow) == 30_000


def test_a_programme_without_a_floor_is_granted_none():
    bench = running(replace(FLEX, floor_nl_per_h=None))
    assert bench.state.guard.floor_nl_per_h == 0


@pytest.mark.requirement("SR-34")
def test_the_log_tells_a_session_step_by_step():
    bench = running().until(5)
    begun = len(bench.log)
    named = replace(NEXT, words="order ab12")
    bench.do(*programming(named, 5), e.SessionOpened(6, 2), e.SessionEnded(6, 2, lost=True))
    assert bench.wrong == set()
    assert [(entry.what, entry.why) for entry in bench.log[begun:]] == [
        ("session-opened", "1"),
        ("staged", named.digest[:16]),
        ("confirmed", ""),
        ("activated", "version 2 order ab12"),
        ("session-closed", "1"),
        ("session-opened", "2"),
        ("session-lost", "2"),
    ]


@pytest.mark.requirement("SR-49", "H13", "A11")
def test_a_stale_version_is_neither_staged_nor_activated():
    bench = running()
    bench.do(*programming(NEXT, 5)[:3])
    assert bench.refused(e.Activated(5, 1, 0)) == "version"
    assert bench.refused(e.Activated(5, 1, 2)) == "version"
    bench.do(e.Activated(5, 1, 1), e.SessionEnded(5, 1), e.SessionOpened(6, 2))
    stale = bench.do(e.Staged(6, 2, replace(FLEX, version=2))).refused
    assert stale
    assert stale.code == "version"
    assert stale.message == "The programme follows version 1; 2 is running."


@pytest.mark.requirement("SR-51", "H15", "A11")
def test_two_programmers_never_share_a_session():
    bench = running()
    bench.do(*programming(NEXT, 5)[:3])
    assert bench.refused(e.SessionOpened(6, 2)) == "session-open"
    for act in (e.Staged(6, 2, NEXT), e.Confirmed(6, 2, NEXT.digest), e.Activated(6, 2, 1)):
        assert bench.refused(act) == "other-session"
    assert bench.refused(e.SessionEnded(6, 2)) == "no-session"


@pytest.mark.requirement("SR-26", "SR-57", "SR-63")
@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"serial": "SN2"}, "for pump SN2"),
        ({"steps": ()}, "tile"),
        ({"steps": ((1, 5),)}, "tile"),
        ({"steps": ((0, 5), (DAY_MS, 6))}, "tile"),
        ({"steps": ((0, 5), (9, 6), (9, 7))}, "tile"),
        ({"cycle_ms": 59_999}, "its cycle of 59999 ms"),
        ({"steps": ((0, -1),)}, "below zero"),
        ({"steps": ((0, 1_000_001),)}, "above the pump"),
        ({"ng_per_ml": 0}, "concentration"),
        ({"per_24h_fg": -1}, "limit"),
        ({"floor_nl_per_h": 0}, "floor"),
        ({"floor_nl_per_h": 1_000_001}, "floor"),
        ({"floor_nl_per_h": 30_001}, "doubt would raise"),
        ({"bridge": BridgeRule(LINE, 0)}, "bridge"),
        ({"bridge": BridgeRule(LINE, 1_000_001)}, "bridge"),
        ({"bridge": BridgeRule(0, 1)}, "bridge has no volume"),
        ({"bridge": BridgeRule(-1, 1)}, "bridge has no volume"),
        ({"patient": PatientRule(0, 1, 1, 1)}, "patient"),
        ({"patient": PatientRule(2_500, 1, 1, 0)}, "patient"),
        ({"patient": PatientRule(2_501, 1, 1, 1)}, "whole strokes"),
        ({"patient": PatientRule(2_500, 2, 1, 1)}, "outlasts"),
    ],
)
def test_a_programme_that_cannot_run_here_is_refused_with_the_reason(
    change: dict[str, object], words: str
):
    wrong = replace(NEXT, **change)  # type: ignore[arg-type]
    assert words in "; ".join(faults(wrong, DEVICE))
    bench = running()
    out = bench.do(*programming(wrong, 5)[:2])
    assert out.refused is not None
    assert out.refused.code == "unfit"
    assert words in out.refused.message


@pytest.mark.requirement("SR-24", "SR-03")
def test_a_floor_at_the_very_mean_is_a_floor_and_none_is_asked_of_a_stopped_pump():
    assert faults(replace(NEXT, floor_nl_per_h=30_000), DEVICE) == []
    assert faults(replace(NEXT, mode="stopped", steps=((0, 0),)), DEVICE) == []


@pytest.mark.requirement("SR-07")
def test_a_schedule_above_its_own_limit_is_refused_as_a_whole():
    exact = replace(NEXT, patient=None, per_24h_fg=24 * 30_000 * STRENGTH)
    assert running().refused(programming(exact, 0)[1]) == "no-session"
    for limit, code in ((exact.per_24h_fg, None), (exact.per_24h_fg - 1, "limit")):
        bench = running()
        bench.do(e.SessionOpened(0, 1))
        assert bench.refused(e.Staged(0, 1, replace(exact, per_24h_fg=limit))) == code


@pytest.mark.requirement("SR-10", "A12")
def test_a_programme_that_takes_the_dose_away_wins_or_comes_too_late():
    """A12: she presses as the clinician removes the dose; either order is one of two answers."""
    without = replace(NEXT, patient=None)
    for first in (True, False):
        bench = running().until(HOUR_MS)
        acts = programming(without, bench.now)
        press = e.DoseAsked(bench.now, 1, bench.now + 5_000)
        if first:
            assert bench.refused(press) is None
            bench.do(*acts)
            assert bench.closed == [e.Closed("patient", 1, 10_000, 0, 0)]
        else:
            bench.do(*acts)
            assert bench.refused(press) == "not-enabled"


@pytest.mark.requirement("SR-12", "A04")
def test_a_dose_that_runs_ends_when_another_programme_begins():
    bench = running().until(HOUR_MS)
    bench.do(e.DoseAsked(HOUR_MS, 1, 2 * HOUR_MS), *programming(NEXT, HOUR_MS + 5 * MINUTE))
    assert bench.closed == [e.Closed("patient", 1, 10_000, 2_500, 5_000)]
    bench.until(9 * HOUR_MS)
    assert bench.pumped(8 * HOUR_MS, 9 * HOUR_MS) == 12


@pytest.mark.requirement("SR-52")
def test_the_same_programme_again_adds_nothing():
    plain, bench = running(STEADY).until(DAY_MS), running(STEADY)
    for n in range(1, 9):
        bench.do(*programming(replace(STEADY, version=n + 1), n * HOUR_MS))
    assert [at for at, _ in bench.until(DAY_MS).strokes] == [at for at, _ in plain.strokes]


# The bridge ------------------------------------------------------------------------------------


@pytest.mark.requirement("SR-58", "SR-63", "H06")
def test_the_bridge_flows_alone_at_the_old_rate_and_then_the_schedule():
    """200,000 nL at 40,000 nL/h are five hours: 80 strokes; then 20,000 nL/h, 8 an hour."""
    bench = running(OLD).until(DAY_MS)
    begin = bench.now
    bench.do(*programming(BRIDGED, begin))
    bench.until(begin + 10 * HOUR_MS + 1)
    end = begin + 5 * HOUR_MS
    assert bench.pumped(begin + 1, end + 1) == 80
    assert bench.pumped(end + 1, end + 5 * HOUR_MS + 1) == 40
    assert bench.closed == [e.Closed("bridge", 2, LINE, LINE, LINE)]


INTERRUPTIONS: dict[str, Callable[[int], tuple[e.Event, ...]]] = {
    "stop": lambda at: (e.Stopped(at), e.Restarted(at + 3 * MINUTE)),
    "stall": lambda at: (e.Noticed(at, "stall"), e.Noticed(at + 7 * HOUR_MS, "stall", over=True)),
    "memory": lambda at: (e.Noticed(at, "memory"), e.Noticed(at + HOUR_MS, "memory", over=True)),
    "power": lambda at: (e.PowerReturned(at + HOUR_MS, at),),
    "refill": lambda at: (e.Refilled(at, FULL - LINE, FULL, 2 * STRENGTH),),
}


def pumped_while_bridging(interruptions: list[tuple[int, str]]) -> tuple[int, int]:
    """(nL pumped from the activation until the bridge has ended, how often it began)."""
    bench = running(OLD).until(HOUR_MS)
    begin = bench.now
    bench.do(*programming(BRIDGED, begin))
    for wait, what in interruptions:
        bench.until(bench.now + wait)
        if bench.state.bridge_left_nl:
            bench.do(*INTERRUPTIONS[what](bench.now))
    while bench.state.bridge_left_nl:
        bench.until(bench.state.until_ms)
    ended = bench.said("bridge-ended")
    end = ended[-1].at_ms + 1 if ended else bench.now
    return bench.pumped(begin + 1, end) * 2_500, len(bench.said("bridge-begun"))


@pytest.mark.requirement("SR-58", "H06", "A17")
@settings(max_examples=40)
@given(
    st.lists(
        st.tuples(
            st.integers(0, 2 * HOUR_MS),
            st.sampled_from(["stop", "stall", "memory", "power", "refill"]),
        ),
        max_size=6,
    )
)
def test_however_it_is_interrupted_a_bridge_pumps_the_line_in_total(events: list[tuple[int, str]]):
    """To a stroke at each end, less than 1 nL a resumption, and the stroke of each power loss.

    That stroke is in doubt and counts as pumped.
    """
    pumped, begun = pumped_while_bridging(events)
    in_doubt = sum(what == "power" for _, what in events)
    assert -(2 + in_doubt) * 2_500 - begun <= pumped - LINE <= 2 * 2_500 + begun


@pytest.mark.requirement("SR-03", "H06")
def test_the_floor_pumps_the_old_solution_too_and_a_bridge_is_not_pumped_twice():
    """Forty hours at 5,000 nL/h are the whole line: no bridge of old solution is left."""
    bench = running(OLD).until(HOUR_MS)
    bench.do(*programming(BRIDGED, bench.now), e.Noticed(bench.now, "memory"))
    bench.until(bench.now + 41 * HOUR_MS)
    bench.do(e.Noticed(bench.now, "memory", over=True))
    assert bench.state.bridge_left_nl == 0
    assert bench.state.flow.once is None


@pytest.mark.requirement("SR-03")
def test_the_floor_is_not_faster_than_the_bridge():
    slow = replace(BRIDGED, bridge=BridgeRule(LINE, 2_000))
    bench = running(OLD)
    bench.do(*programming(slow, 5), e.Noticed(5, "memory"))
    assert bench.state.tip is not None
    assert rate_now(bench.state.flow) == 2_000


@pytest.mark.requirement("SR-63", "A16")
def test_in_mid_bridge_a_programme_without_its_bridge_is_refused():
    bench = running(OLD)
    bench.do(*programming(BRIDGED, 5))
    bench.until(HOUR_MS)
    third = replace(FLAT, version=3)
    bench.do(*programming(third, bench.now)[:3])
    assert bench.refused(e.Activated(bench.now, 1, 2)) == "bridge-running"
    left = bench.state.bridge_left_nl
    stop = replace(third, mode="stopped")
    bench.do(*programming(stop, bench.now)[1:])
    assert bench.state.stopped_ms == bench.now
    assert 0 < bench.state.bridge_left_nl <= left
    bench.do(*programming(replace(third, version=4), bench.now)[:3])
    assert bench.refused(e.Activated(bench.now, 1, 3)) == "bridge-running"
    again = replace(third, version=4, bridge=BridgeRule(bench.state.bridge_left_nl, 20_000))
    bench.do(*programming(again, bench.now)[1:])
    assert bench.state.programme == again


@pytest.mark.requirement("SR-58", "SR-59", "H06")
def test_the_tip_sees_the_old_strength_for_the_line_and_then_the_new():
    """10 mg/mL stands in the line; 20 mg/mL is filled: 80 strokes are old, the next is new."""
    bench = running(OLD).until(HOUR_MS)
    bench.do(e.Refilled(bench.now, bench.state.flow.reservoir_nl, FULL, 2 * STRENGTH))
    strong = replace(BRIDGED, ng_per_ml=2 * STRENGTH, per_24h_fg=10**15)
    begin = bench.now
    bench.do(*programming(strong, begin))
    bench.until(begin + 20 * HOUR_MS)
    masses = [mass for at, mass in bench.strokes if at > begin]
    assert set(masses[:79]) == {2_500 * STRENGTH}
    assert set(masses[81:]) == {5_000 * STRENGTH}
    end = bench.said("bridge-ended")[0].at_ms
    rate = sum(m for at, m in bench.strokes if begin < at <= end) / 5
    after = sum(m for at, m in bench.strokes if end < at <= end + 5 * HOUR_MS) / 5
    assert rate == pytest.approx(after, rel=0.05), "the dose goes on at the old dose"


def staged(bench: Bench, p: Programme) -> str | None:
    """The code with which a programme is refused when it is staged in a new session."""
    bench.do(e.SessionOpened(bench.now, 1))
    code = bench.refused(e.Staged(bench.now, 1, p))
    bench.do(e.SessionEnded(bench.now, 1))
    return code


@pytest.mark.requirement("SR-58", "SR-59", "H06")
@pytest.mark.parametrize(
    ("volume", "rate", "code"),
    [
        (LINE + 2_500, 40_000, None),
        (LINE + 2_501, 40_000, "bridge-volume"),
        (LINE, 40_001, "bridge-rate"),
        (1, 1, None),
    ],
)
def test_a_bridge_empties_the_line_once_at_no_more_than_the_dose_before(
    volume: int, rate: int, code: str | None
):
    """The line holds 200,000 nL and a stroke is 2,500 nL; 40,000 nL/h ran before."""
    assert staged(running(OLD), replace(BRIDGED, bridge=BridgeRule(volume, rate))) == code


@pytest.mark.requirement("SR-58", "H06", "A16")
def test_a_bridge_with_old_and_new_swapped_is_refused():
    """From 20 to 10 mg/mL the new flow doubles: at that flow the old line would double the dose."""
    bench = running(OLD, ng_per_ml=STRENGTH, line=(Slug(LINE, 2 * STRENGTH),))
    assert staged(bench, BRIDGED) == "bridge-rate"
    assert staged(bench, replace(BRIDGED, bridge=BridgeRule(LINE, 20_000))) is None
    assert staged(bench, replace(BRIDGED, bridge=BridgeRule(LINE, 20_001))) == "bridge-rate"


@pytest.mark.requirement("SR-59", "H06")
def test_a_bridge_through_a_line_of_unknown_volume_is_refused():
    assert staged(running(OLD, line=()), BRIDGED) == "unknown-line"


@pytest.mark.requirement("SR-58", "H06")
def test_a_bridge_that_runs_is_followed_by_none_that_is_faster():
    bench = running(OLD)
    bench.do(*programming(replace(BRIDGED, bridge=BridgeRule(LINE, 30_000)), 5))
    bench.until(HOUR_MS)
    left = bench.state.bridge_left_nl
    third = replace(BRIDGED, version=3)
    assert staged(bench, replace(third, bridge=BridgeRule(left, 30_001))) == "bridge-rate"
    assert staged(bench, replace(third, bridge=BridgeRule(left, 30_000))) is None


@pytest.mark.requirement("SR-58")
def test_a_bridge_in_a_line_without_drug_has_only_the_pump_s_own_limit():
    saline = (Slug(LINE, 0),)
    assert staged(running(OLD, line=saline), replace(BRIDGED, ng_per_ml=STRENGTH)) is None


@pytest.mark.requirement("SR-58", "H06")
def test_a_bridge_is_looked_at_again_when_it_is_activated():
    bench = running(OLD)
    bench.do(*programming(BRIDGED, 5)[:3], e.LineSet(5, (Slug(LINE, 2 * STRENGTH),)))
    assert bench.refused(e.Activated(5, 1, 1)) == "bridge-rate"
    assert bench.state.programme == OLD


# The solution ----------------------------------------------------------------------------------

STRONG = replace(NEXT, ng_per_ml=2 * STRENGTH, per_24h_fg=10**15)


@pytest.mark.requirement("SR-26", "SR-63", "H05", "A15")
def test_a_programme_for_another_concentration_than_the_reservoir_holds_is_refused():
    bench = running().until(HOUR_MS)
    bench.do(*programming(STRONG, bench.now)[:3])
    out = bench.do(e.Activated(bench.now, 1, 1))
    assert out.refused is not None
    assert out.refused.code == "other-solution"
    assert f"{STRENGTH} ng/mL" in out.refused.message
    assert "record it first" in out.refused.message
    assert bench.state.programme == FLEX


@pytest.mark.requirement("SR-63", "H05")
@pytest.mark.parametrize("before", [1, 2, 3])
def test_who_refills_first_in_the_session_activates_the_programme_of_the_new_solution(before: int):
    bench = running().until(HOUR_MS)
    acts = programming(STRONG, bench.now)
    fill = e.Refilled(bench.now, bench.state.flow.reservoir_nl, FULL, 2 * STRENGTH)
    bench.do(*acts[:before], fill, *acts[before:])
    assert bench.state.programme == STRONG
    assert bench.wrong == set()


@pytest.mark.requirement("SR-63", "H05", "H06")
def test_a_session_that_ends_between_the_refill_and_its_programme_alarms():
    bench = running().until(HOUR_MS)
    left = bench.state.flow.reservoir_nl
    bench.do(
        e.SessionOpened(bench.now, 1),
        e.Refilled(bench.now, left, FULL, 2 * STRENGTH),
        e.SessionEnded(bench.now, 1, lost=True),
    )
    assert bench.wrong == {"other-solution"}
    bench.do(*programming(STRONG, bench.now + 1))
    assert bench.wrong == set()


@pytest.mark.requirement("SR-63", "H05")
def test_the_first_programme_of_a_pump_is_for_its_first_fill():
    bench = Bench(new(reservoir_nl=0))
    first = replace(STRONG, version=1)
    bench.do(*programming(first, 0))
    assert bench.state.programme is None
    bench.do(e.Refilled(1, 0, FULL, 2 * STRENGTH), *programming(first, 1))
    assert bench.state.programme == first


@pytest.mark.requirement("SR-14")
def test_a_programme_that_orders_a_stop_runs_whatever_the_reservoir_holds():
    bench = running()
    bench.do(*programming(replace(STRONG, mode="stopped"), 5))
    assert bench.state.stopped_ms == 5


@pytest.mark.requirement("SR-14", "SR-41")
def test_a_programme_that_orders_a_stop_stops_and_nothing_restarts_it():
    bench = running()
    bench.do(*programming(replace(NEXT, mode="stopped"), HOUR_MS))
    assert bench.refused(e.Restarted(2 * HOUR_MS)) == "no-programme"
    assert bench.until(DAY_MS).pumped(HOUR_MS + 1, DAY_MS) == 0


@pytest.mark.requirement("SR-15", "H14")
def test_a_fault_that_stopped_the_pump_outlasts_a_new_programme():
    bench = running().until(HOUR_MS)
    bench.do(e.Noticed(bench.now, "flow"), *programming(NEXT, bench.now))
    bench.do(e.AlarmAcknowledged(bench.now, "flow"))
    assert bench.until(2 * HOUR_MS).pumped(HOUR_MS + 1, 2 * HOUR_MS) == 0
    bench.do(e.Restarted(bench.now))
    assert bench.until(4 * HOUR_MS).pumped(2 * HOUR_MS, 4 * HOUR_MS) > 0


@pytest.mark.requirement("SR-28", "SR-25")
@given(st.data())
def test_every_value_of_a_programme_is_in_its_digest(data: st.DataObject):
    key = data.draw(st.sampled_from(["version", "ng_per_ml", "zero_ms", "per_24h_fg", "cycle_ms"]))
    other: Programme = replace(FLEX, **{key: getattr(FLEX, key) + data.draw(st.integers(1, 10**9))})
    assert other.digest != FLEX.digest


LINES: dict[str, Callable[[], tuple[Slug, ...]]] = {
    "empty": lambda: (),
    "three": lambda: (Slug(1, 0), Slug(5_000, STRENGTH), Slug(7, 3)),
}


@pytest.mark.requirement("SR-59")
@pytest.mark.parametrize("name", LINES)
def test_the_line_is_what_a_person_records(name: str):
    bench = running().until(HOUR_MS)
    assert bench.refused(e.LineSet(bench.now, LINES[name]())) is None
    assert bench.state.flow.line == LINES[name]()
    assert bench.refused(e.LineSet(bench.now, (Slug(0, 1),))) == "bad-line"
    assert bench.refused(e.LineSet(bench.now, (Slug(1, -1),))) == "bad-line"
    bench.until(DAY_MS)
