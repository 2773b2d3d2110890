"""Alarms: what is wrong now, what it does to the flow, and when it goes."""

import tomllib
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cisterna.pump import alarms as a
from cisterna.pump import events as e
from cisterna.pump import repeats
from cisterna.pump.alarms import Alarm, kinds
from cisterna.pump.flow import rate_now
from cisterna.pump.link.notes import ALARMED
from cisterna.quantity import DAY_MS, HOUR_MS
from tests.pump.pumps import (
    DEVICE,
    FLEX,
    FULL,
    MINUTE,
    STEADY,
    STRENGTH,
    Bench,
    new,
    programming,
    running,
)

FACTS = Path(a.__file__).parents[1] / "facts" / "alarms.toml"
codes = st.sampled_from(sorted(kinds()))
ORDER = ("none", "floor", "hold", "stop")


# The table -------------------------------------------------------------------------------------


@pytest.mark.requirement("SR-42")
def test_priorities_are_all_different_and_what_acts_on_the_flow_is_critical():
    rows = kinds().values()
    assert len({k.priority for k in rows}) == len(rows)
    assert {k.alarm_class for k in rows if k.flow != "none"} == {"critical"}


@pytest.mark.requirement("SR-42")
def test_every_critical_alarm_is_more_urgent_than_every_other():
    least = max(k.priority for k in kinds().values() if k.alarm_class == "critical")
    assert least < min(k.priority for k in kinds().values() if k.alarm_class == "non-critical")


@pytest.mark.requirement("SR-03")
def test_each_fault_class_maps_to_one_safe_state():
    """Flow or actuator in doubt: stop or hold; software in doubt: the floor (DESIGN §5.13)."""
    flows = {code: k.flow for code, k in kinds().items() if k.flow != "none"}
    assert flows == {
        "flow": "stop",
        "repeated-stop": "stop",
        "rotor-sensor": "stop",
        "empty-reservoir": "hold",
        "stall": "hold",
        "end-of-service": "hold",
        "memory": "floor",
    }


def test_every_row_says_what_it_is_and_where_that_is_from():
    rows = tomllib.loads(FACTS.read_text("utf-8"))["alarm"]
    assert all(r["cause"] and r["source"] and r["locator"] for r in rows.values())


def test_intervals_and_silences_are_those_of_the_facts():
    assert a.interval_ms("critical") == 10 * MINUTE
    assert a.interval_ms("non-critical") == HOUR_MS
    assert a.rearm_ms() == 10 * MINUTE
    assert a.session_limit_ms() == 30 * MINUTE
    assert a.self_test_ms() == 24 * HOUR_MS
    assert (repeats.most(), repeats.within_ms()) == (3, 10 * MINUTE)
    assert (repeats.most_refused(), repeats.refused_within_ms()) == (10, HOUR_MS)


# One alarm -------------------------------------------------------------------------------------


@pytest.mark.requirement("SR-42", "SR-43")
@given(st.lists(st.tuples(st.sampled_from(["on", "over", "ack", "silence"]), codes)))
def test_the_most_urgent_stands_first_and_each_alarm_once(acts: list[tuple[str, str]]):
    alarms: a.Alarms = ()
    on: set[str] = set()
    for at, (act, code) in enumerate(acts):
        if act == "on":
            alarms, on = a.raised(alarms, code, at), on | {code}
        elif act == "over":
            alarms, on = a.ended(alarms, code), on - {code}
        elif act == "ack":
            alarms = a.acknowledged(alarms, code)
        else:
            alarms = a.silenced(alarms, code, at)
        urgency = [alarm.kind.priority for alarm in alarms]
        assert urgency == sorted(set(urgency))
        assert set(a.wrong_now(alarms)) == on
        strongest = max((kinds()[c].flow for c in on), key=ORDER.index, default="none")
        assert a.effect(alarms) == strongest


@pytest.mark.requirement("SR-43", "H17")
def test_a_latched_alarm_whose_cause_is_over_waits_for_a_person():
    alarms = a.ended(a.raised((), "memory", 5), "memory")
    assert a.wrong_now(alarms) == ()
    assert a.sounding(alarms, 6) == "critical"
    assert a.effect(alarms) == "none"
    assert a.acknowledged(alarms, "memory") == ()
    assert a.ended(a.raised((), "stall", 5), "stall") == ()


@pytest.mark.requirement("SR-43")
def test_an_alarm_that_comes_again_begins_again():
    alarms = a.ended(a.raised((), "memory", 5), "memory")
    assert a.raised(alarms, "memory", 9) == (Alarm("memory", 9),)
    assert a.raised(a.raised((), "stall", 5), "stall", 9) == (Alarm("stall", 5),)


@pytest.mark.requirement("SR-43", "ST-07")
def test_what_happens_at_the_link_begins_anew_each_time_and_stays_until_it_is_acknowledged():
    alarms = a.silenced(a.raised((), "key-added", 5, "one"), "key-added", 6)
    assert a.sounding(alarms, 7) is None
    again = a.raised(alarms, "key-added", 9, "two")
    assert again == (Alarm("key-added", 9, who="two"),)
    assert a.sounding(again, 10) == "non-critical"
    bench = running()
    bench.do(e.Noticed(5, "key-added", who="one"))
    assert bench.wrong == {"key-added"}
    assert bench.refused(e.AlarmAcknowledged(6, "key-added")) is None
    assert bench.wrong == set()


@pytest.mark.requirement("SR-42", "ST-07")
def test_every_alarm_of_the_link_has_a_row_and_is_less_urgent_than_all_of_the_pump():
    rows = {what.value for what in ALARMED}
    assert rows == {code for code, kind in kinds().items() if kind.moment}
    assert min(kinds()[c].priority for c in rows) > max(
        kind.priority for code, kind in kinds().items() if code not in rows
    )


@pytest.mark.requirement("SR-38", "SR-39", "H17")
@pytest.mark.parametrize(("late", "sound"), [(-1, None), (0, "critical")])
def test_a_silence_lapses_by_itself(late: int, sound: str | None):
    alarms = a.silenced(a.raised((), "stall", 0), "stall", 100)
    assert a.sounding(alarms, 100 + a.rearm_ms() + late) == sound
    assert a.wrong_now(alarms) == ("stall",)


@pytest.mark.requirement("SR-39")
def test_a_silence_is_of_one_alarm_and_a_louder_one_sounds():
    alarms = a.silenced(a.raised((), "low-reservoir", 0), "low-reservoir", 0)
    assert a.sounding(alarms, 1) is None
    assert a.sounding(a.raised(alarms, "stall", 1), 1) == "critical"
    assert a.sounding(a.raised(alarms, "battery-low", 1), 1) == "non-critical"


# In the pump -----------------------------------------------------------------------------------


@pytest.mark.requirement("SR-03", "H17")
@pytest.mark.parametrize("code", sorted(kinds()))
def test_no_alarm_raises_the_flow(code: str):
    plain, bench = running().until(DAY_MS), running()
    bench.do(e.Noticed(HOUR_MS, code))
    bench.until(DAY_MS)
    assert bench.pumped(0, DAY_MS) <= plain.pumped(0, DAY_MS)
    for at in range(HOUR_MS, 6 * HOUR_MS, 20 * MINUTE):
        assert bench.pumped(HOUR_MS, at) <= plain.pumped(HOUR_MS, at) + 1


@pytest.mark.requirement("SR-03", "H03")
def test_software_in_doubt_keeps_the_floor_or_nothing_where_none_is_prescribed():
    """6,000 nL/h are 24 strokes in ten hours."""
    for p, strokes in ((FLEX, 24), (replace(FLEX, floor_nl_per_h=None), 0)):
        bench = running(p).until(150_001)  # just after a stroke
        bench.do(e.Noticed(bench.now, "memory"))
        begin = bench.now
        assert bench.until(begin + 10 * HOUR_MS).pumped(begin, bench.now) in (strokes, strokes - 1)


@pytest.mark.requirement("SR-03")
@given(st.lists(codes, max_size=4, unique=True))
def test_the_strongest_of_several_alarms_decides_the_flow(alarms: list[str]):
    bench = running()
    bench.do(*(e.Noticed(HOUR_MS, code) for code in alarms))
    strongest = max((kinds()[c].flow for c in alarms), key=ORDER.index, default="none")
    rate = rate_now(bench.state.flow)
    assert rate == {"none": 60_000, "floor": 6_000, "hold": 0, "stop": 0}[strongest]


@pytest.mark.requirement("SR-43", "SR-34")
def test_an_alarm_is_logged_once_when_it_begins_and_once_when_it_ends_silenced_or_not():
    bench = running().until(HOUR_MS)
    now = bench.now
    bench.do(
        e.Noticed(now, "stall"),
        e.AlarmSilenced(now, "stall"),
        e.Noticed(now + 1, "stall"),
        e.Noticed(now + 2, "stall", over=True),
        e.Noticed(now + 3, "stall", over=True),
    )
    assert [(x.what, x.why) for x in bench.log[-3:]] == [
        ("alarm", "stall"), ("alarm-silenced", "stall"), ("alarm-over", "stall"),
    ]  # fmt: skip


@pytest.mark.requirement("SR-17", "SR-64", "A17", "H16")
def test_a_stall_holds_the_flow_while_it_lasts_and_nothing_is_caught_up():
    bench = running(STEADY).until(HOUR_MS)
    bench.do(e.Noticed(bench.now, "stall"))
    bench.do(e.Noticed(25 * HOUR_MS, "stall", over=True))
    assert bench.pumped(HOUR_MS + 1, 25 * HOUR_MS) == 0
    bench.until(26 * HOUR_MS)
    assert bench.pumped(25 * HOUR_MS, 26 * HOUR_MS) == 12


@pytest.mark.requirement("SR-13", "SR-15", "H03")
def test_a_flow_fault_stops_the_pump_until_a_person_has_seen_it_and_restarts_it():
    bench = running().until(HOUR_MS)
    bench.do(e.Noticed(bench.now, "flow"))
    assert bench.refused(e.Restarted(bench.now)) == "flow"
    bench.do(e.Noticed(bench.now, "flow", over=True))
    assert bench.until(2 * HOUR_MS).pumped(HOUR_MS + 1, bench.now) == 0
    assert bench.refused(e.AlarmAcknowledged(bench.now, "flow")) is None
    assert bench.refused(e.Restarted(bench.now)) is None
    assert bench.until(3 * HOUR_MS).pumped(2 * HOUR_MS, bench.now) > 0


def flow_fault(bench: Bench, at_ms: int) -> str | None:
    """A flow fault that a person sees and restarts at once: the code of what refuses it."""
    bench.do(e.Noticed(at_ms, "flow"), e.AlarmAcknowledged(at_ms, "flow"))
    return bench.refused(e.Restarted(at_ms))


@pytest.mark.requirement("SR-40", "H03")
@pytest.mark.parametrize(("third", "code"), [(-1, "repeated-stop"), (0, None)])
def test_the_third_stop_by_the_same_alarm_in_ten_minutes_stays(third: int, code: str | None):
    bench = running().until(HOUR_MS)
    assert flow_fault(bench, HOUR_MS) is None
    assert flow_fault(bench, HOUR_MS + 4 * MINUTE) is None
    assert flow_fault(bench, HOUR_MS + 10 * MINUTE + third) == code


@pytest.mark.requirement("SR-40")
def test_a_stop_that_stays_ends_with_the_acknowledgement_and_not_with_a_restart():
    bench = running().until(HOUR_MS)
    for n in range(3):
        flow_fault(bench, HOUR_MS + n * MINUTE)
    assert bench.wrong == {"repeated-stop"}
    bench.do(*programming(replace(FLEX, version=2), bench.now))
    assert bench.refused(e.Restarted(bench.now)) == "repeated-stop"
    assert bench.until(2 * HOUR_MS).pumped(HOUR_MS + 3 * MINUTE, bench.now) == 0
    assert bench.refused(e.AlarmAcknowledged(bench.now, "repeated-stop")) is None
    assert bench.until(3 * HOUR_MS).pumped(2 * HOUR_MS, bench.now) == 0
    assert bench.refused(e.Restarted(bench.now)) is None
    assert bench.until(4 * HOUR_MS).pumped(3 * HOUR_MS, bench.now) > 0
    assert flow_fault(bench, bench.now) is None, "what was acknowledged counts no more"


@pytest.mark.requirement("SR-40", "H03")
def test_other_alarms_and_a_rotor_that_frees_itself_stop_nothing_for_good():
    bench = running().until(HOUR_MS)
    for n in range(5):
        at = HOUR_MS + n * MINUTE
        bench.do(e.Noticed(at, "stall"), e.Noticed(at + 1, "stall", over=True))
    assert flow_fault(bench, bench.now) is None
    assert flow_fault(bench, bench.now) is None
    assert bench.wrong == set()


@pytest.mark.requirement("SR-40")
def test_a_rotor_that_is_restarted_again_and_again_stays_stopped():
    bench = running().until(HOUR_MS)
    for n in range(3):
        bench.do(e.Noticed(HOUR_MS + n, "stall"), e.Restarted(HOUR_MS + n))
        bench.do(e.Noticed(HOUR_MS + n, "stall", over=True))
    assert bench.wrong == {"repeated-stop"}
    assert bench.until(DAY_MS).pumped(HOUR_MS + 3, DAY_MS) == 0


@pytest.mark.requirement("SR-41", "H03")
def test_a_long_stop_alarms_and_the_alarm_ends_with_it():
    bench = running().until(HOUR_MS)
    bench.do(e.Stopped(bench.now))
    limit = HOUR_MS + DEVICE.stop_limit_ms
    assert "stopped" not in bench.until(limit - 1).wrong
    bench.do(e.Stopped(bench.now))  # another stop does not put it off
    assert "stopped" in bench.until(limit + 1).wrong
    assert bench.said("alarm")[-1].at_ms == limit
    bench.do(e.Restarted(bench.now))
    assert "stopped" not in bench.wrong


@pytest.mark.requirement("SR-41")
def test_a_stop_at_time_zero_counts_from_there():
    bench = running()
    bench.do(e.Stopped(0), e.Stopped(HOUR_MS))
    assert bench.state.stopped_ms == 0


@pytest.mark.requirement("SR-41", "H03")
def test_the_emergency_minimum_without_a_floor_is_a_stop_with_its_alarm():
    bench = running(replace(FLEX, floor_nl_per_h=None))
    bench.do(e.MinimumOrdered(HOUR_MS))
    assert "stopped" in bench.until(HOUR_MS + DEVICE.stop_limit_ms + 1).wrong


@pytest.mark.requirement("SR-44", "H23")
def test_the_end_of_service_is_announced_holds_the_flow_and_cannot_be_acknowledged_away():
    short = replace(DEVICE, life_ms=10 * DAY_MS, warning_ms=4 * DAY_MS)
    bench = running(device=short)
    assert "battery-low" not in bench.until(6 * DAY_MS - 1).wrong
    assert "battery-low" in bench.until(6 * DAY_MS + 1).wrong
    bench.until(12 * DAY_MS)
    assert bench.pumped(10 * DAY_MS + 1, bench.now) == 0
    assert bench.refused(e.AlarmAcknowledged(bench.now, "end-of-service")) == "still-wrong"
    assert bench.until(13 * DAY_MS).pumped(10 * DAY_MS + 1, bench.now) == 0


@pytest.mark.requirement("SR-47", "SR-43")
def test_an_alarm_whose_cause_stands_cannot_be_acknowledged():
    bench = running().until(HOUR_MS)
    bench.do(e.DoseAsked(bench.now, 1, DAY_MS), e.PowerReturned(bench.now + 2, bench.now + 1))
    assert bench.refused(e.AlarmAcknowledged(bench.now, "unknown-outcome")) == "still-wrong"
    assert bench.refused(e.Reconciled(bench.now)) is None
    assert bench.wrong == set()
    assert bench.refused(e.AlarmAcknowledged(bench.now, "unknown-outcome")) == "no-alarm"
    assert bench.refused(e.Reconciled(bench.now)) == "nothing-unknown"
    bench.do(e.Noticed(bench.now, "stall"))
    assert bench.refused(e.AlarmAcknowledged(bench.now, "stall")) == "still-wrong"
    for act in (e.Noticed, e.AlarmSilenced, e.AlarmAcknowledged):
        assert bench.refused(act(bench.now, "nonsense")) == "no-alarm"


@pytest.mark.requirement("SR-38", "SR-51")
def test_a_session_left_open_alarms():
    bench = running().until(HOUR_MS)
    bench.do(e.SessionOpened(bench.now, 7))
    assert "telemetry" not in bench.until(HOUR_MS + a.session_limit_ms() - 1).wrong
    assert "telemetry" in bench.until(HOUR_MS + a.session_limit_ms() + 1).wrong
    bench.do(e.SessionEnded(bench.now, 7, lost=True))
    assert "telemetry" not in bench.wrong


# The reservoir ---------------------------------------------------------------------------------


@pytest.mark.requirement("SR-19", "SR-20", "SR-21", "A19", "H03")
def test_low_comes_at_its_mark_and_empty_at_the_last_stroke():
    """12 strokes an hour; 2,100,000 nL are 840 strokes, 40 of them above the mark."""
    p = replace(STEADY, low_reservoir_nl=2_000_000, patient=None)
    bench = running(p, reservoir_nl=2_100_000).until(4 * DAY_MS)
    stroke = 300_000
    low, empty = bench.said("alarm")[:2]
    assert (low.why, low.at_ms) == ("low-reservoir", 40 * stroke + 1)
    assert (empty.why, empty.at_ms) == ("empty-reservoir", 840 * stroke + 1)
    assert len(bench.strokes) == 840
    assert bench.wrong == {"empty-reservoir"}


@pytest.mark.requirement("SR-19", "SR-20")
@given(st.integers(100_000, 600_000), st.integers(20_000, 90_000), st.integers(0, 3))
def test_low_always_comes_before_empty_also_with_doses(full: int, low: int, doses: int):
    p = replace(STEADY, low_reservoir_nl=low)
    bench = running(p, reservoir_nl=full)
    for n in range(doses):
        bench.do(e.DoseAsked(MINUTE + n * 2 * HOUR_MS, n, DAY_MS))
    bench.until(2 * DAY_MS)
    when = {x.why: x.at_ms for x in bench.said("alarm")}
    assert when["low-reservoir"] < when["empty-reservoir"]
    assert full - len(bench.strokes) * 2_500 == full % 2_500


@pytest.mark.requirement("SR-18", "SR-61", "H09")
def test_a_refill_reconciles_the_estimate_and_the_pump_goes_on():
    bench = running(reservoir_nl=60_000).until(DAY_MS)
    assert "empty-reservoir" in bench.wrong
    bench.do(e.Refilled(bench.now, 1_000_000, FULL, STRENGTH))
    assert bench.said("refilled")[0].why == f"{FULL} expected-measured -1000000"
    assert bench.wrong == set()
    assert bench.state.flow.reservoir_nl == FULL
    assert bench.until(DAY_MS + HOUR_MS).pumped(DAY_MS, bench.now) == 24


@pytest.mark.requirement("SR-21", "H09")
def test_a_reservoir_that_the_device_finds_empty_holds_the_flow_until_a_refill():
    """Over-infusion empties it before the estimate does: the estimate does not overrule that."""
    bench = running().until(HOUR_MS)
    bench.do(e.Noticed(bench.now, "empty-reservoir"))
    assert bench.until(DAY_MS).pumped(HOUR_MS + 1, DAY_MS) == 0
    bench.do(e.Refilled(bench.now, 0, FULL, STRENGTH))
    assert "empty-reservoir" not in bench.wrong


@pytest.mark.requirement("SR-61", "A13")
@pytest.mark.parametrize(
    ("measured", "fill", "strength", "code"),
    [
        (0, FULL, STRENGTH, None),
        (0, FULL + 1, STRENGTH, "overfill"),
        (0, 2 * FULL, STRENGTH, "overfill"),
        (-1, FULL, STRENGTH, "bad-refill"),
        (0, -1, STRENGTH, "bad-refill"),
        (0, FULL, 0, "bad-refill"),
    ],
)
def test_a_refill_that_cannot_be_is_refused(
    measured: int, fill: int, strength: int, code: str | None
):
    bench = running()
    assert bench.refused(e.Refilled(5, measured, fill, strength)) == code


@pytest.mark.requirement("SR-61")
def test_a_refill_waits_for_the_end_of_a_dose():
    bench = running()
    bench.do(e.DoseAsked(5, 1, HOUR_MS))
    assert bench.refused(e.Refilled(6, 0, FULL, STRENGTH)) == "patient-running"


@pytest.mark.requirement("SR-29")
def test_a_new_pump_has_no_alarm_and_no_flow():
    bench = Bench(new()).until(30 * DAY_MS)
    assert bench.wrong == set()
    assert bench.strokes == []
