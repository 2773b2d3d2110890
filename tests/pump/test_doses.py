"""Doses on demand: admitted or refused, never queued, never resumed, counted exactly."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cisterna.pump import events as e
from cisterna.pump.controller import step
from cisterna.pump.programme import BridgeRule, PatientRule, Slug
from cisterna.quantity import DAY_MS, HOUR_MS
from tests.pump.pumps import (
    DAILY_NL,
    FLEX,
    FULL,
    LINE,
    MINUTE,
    STEADY,
    STRENGTH,
    STROKE,
    Bench,
    emptied,
    new,
    programming,
    running,
)

LOCKOUT = 2 * HOUR_MS
WIDE = 10**15


def ask(bench: Bench, at: int, number: int = 1) -> str | None:
    """Press the button: the code of the refusal, or None."""
    return bench.refused(e.DoseAsked(at, number, at + 5_000))


# Lockout, count, expiry ------------------------------------------------------------------------


@pytest.mark.requirement("SR-05", "A01")
@pytest.mark.parametrize(("late", "code"), [(-1, "lockout"), (0, None), (1, None)])
def test_the_lockout_runs_from_start_to_start_to_the_millisecond(late: int, code: str | None):
    bench = running()
    assert ask(bench, HOUR_MS) is None
    assert ask(bench, HOUR_MS + LOCKOUT + late, 2) == code


@pytest.mark.requirement("SR-05")
@pytest.mark.pathway("PW-008")
def test_a_refusal_says_when_she_may_ask_again_and_is_logged():
    bench = running()
    ask(bench, HOUR_MS)
    out = bench.do(e.DoseAsked(HOUR_MS + MINUTE * 20, 2, HOUR_MS * 9))
    assert out.refused is not None
    assert (out.refused.code, out.refused.ready_ms) == ("lockout", HOUR_MS + LOCKOUT)
    assert [entry.why for entry in bench.said("refused")] == ["lockout"]


@pytest.mark.requirement("SR-05", "SR-08", "A01")
@pytest.mark.parametrize(("late", "code"), [(-1, "count"), (0, None)])
def test_the_count_is_of_any_24_hours_and_not_of_a_calendar_day(late: int, code: str | None):
    """Four doses from 20:00; the fifth waits until 20:00 on the next day, midnight or not."""
    bench = running()
    first = 20 * HOUR_MS
    for n in range(4):
        assert ask(bench, first + n * LOCKOUT, n) is None
    out = bench.do(e.DoseAsked(first + 4 * LOCKOUT, 5, first + 5 * LOCKOUT))
    assert out.refused is not None
    assert (out.refused.code, out.refused.ready_ms) == ("count", first + DAY_MS)
    assert ask(bench, first + DAY_MS + late, 6) == code


@pytest.mark.requirement("SR-50")
@pytest.mark.parametrize(("expires", "code"), [(0, "expired"), (1, None), (-1, "expired")])
def test_a_request_counts_only_before_it_expires(expires: int, code: str | None):
    bench = running()
    assert bench.refused(e.DoseAsked(HOUR_MS, 1, HOUR_MS + expires)) == code


@pytest.mark.requirement("H07", "SR-05")
def test_pressed_five_hundred_times_she_gets_what_she_may_have():
    """Every three minutes for 25 hours: four doses in any 24 hours, the fifth a day later."""
    bench = running()
    given = [n for n in range(500) if ask(bench, HOUR_MS + n * 3 * MINUTE, n) is None]
    assert given == [0, 40, 80, 120, 480]


@pytest.mark.requirement("SR-10", "SR-31")
def test_a_programme_without_a_patient_dose_gives_none():
    assert ask(running(replace(FLEX, patient=None)), HOUR_MS) == "not-enabled"
    assert ask(Bench(new()), HOUR_MS) == "not-enabled"


@pytest.mark.requirement("SR-05", "H07")
def test_the_tenth_refusal_in_an_hour_alarms_and_an_hour_later_that_is_over():
    """One dose at 01:00, of ten minutes; then a press a minute, refused for the lockout."""
    bench = running()
    ask(bench, HOUR_MS)
    presses = [HOUR_MS + n * MINUTE for n in range(10, 20)]
    assert [ask(bench, at, n + 2) for n, at in enumerate(presses[:9])] == ["lockout"] * 9
    assert "limit" not in bench.wrong
    ask(bench, presses[9], 11)
    assert "limit" in bench.wrong
    end = presses[0] + HOUR_MS
    assert "limit" in bench.until(end - 1).wrong
    assert "limit" not in bench.until(end + 1).wrong
    assert [(x.what, x.at_ms) for x in bench.log if x.why == "limit"] == [
        ("alarm", presses[9]), ("alarm-over", end),
    ]  # fmt: skip


@pytest.mark.requirement("SR-05")
def test_refusals_for_the_limit_count_and_those_for_another_alarm_do_not():
    tight = replace(FLEX, per_24h_fg=DAILY_NL * STRENGTH)
    bench, stalled = running(tight), running()
    stalled.do(e.Noticed(0, "stall"))
    for n in range(10):
        assert ask(bench, n * MINUTE, n) == "limit"
        assert ask(stalled, n * MINUTE, n) == "stall"
    assert bench.wrong == {"limit"}
    assert stalled.wrong == {"stall"}
    assert len(bench.state.turned_down) == 10
    assert stalled.state.turned_down == ()


@pytest.mark.requirement("SR-05", "H07")
def test_ten_thousand_presses_fill_no_memory():
    bench = running()
    for n in range(10_000):
        ask(bench, HOUR_MS + n * 100, n)
    assert len(bench.state.turned_down) == 10


# What forbids a dose ---------------------------------------------------------------------------


def bridging(bench: Bench) -> None:
    bridge = BridgeRule(LINE, 20_000)
    bench.do(*programming(replace(FLEX, version=2, bridge=bridge), bench.now))


def in_doubt(bench: Bench) -> None:
    bench.do(e.BolusOrdered(bench.now, 90, 10_000, 10 * MINUTE, WIDE))
    bench.do(e.PowerReturned(bench.now + MINUTE, bench.now + MINUTE))


FORBIDDING: dict[str, Callable[[Bench], object]] = {
    "bridge-running": bridging,
    "stopped": lambda b: b.do(e.Stopped(b.now)),
    "stall": lambda b: b.do(e.Noticed(b.now, "stall")),
    "empty-reservoir": lambda b: b.do(e.Refilled(b.now, b.state.flow.reservoir_nl, 0, STRENGTH)),
    "end-of-service": lambda b: b.do(e.Noticed(b.now, "end-of-service")),
    "memory": lambda b: b.do(e.Noticed(b.now, "memory")),
    "occlusion": lambda b: b.do(e.Noticed(b.now, "occlusion")),
    "minimum-rate": lambda b: b.do(e.MinimumOrdered(b.now)),
    "session": lambda b: b.do(e.SessionOpened(b.now, 9)),
    "unknown-outcome": in_doubt,
    "clinician-running": lambda b: b.do(e.BolusOrdered(b.now, 90, 10_000, 10 * MINUTE, WIDE)),
    "prime-running": lambda b: b.do(emptied(b.now), e.Primed(b.now, 90, 10_000, 10 * MINUTE)),
    "expired": lambda b: b.until(2 * HOUR_MS),
}


@pytest.mark.requirement("SR-31", "SR-47", "SR-60", "A12", "A19")
@pytest.mark.parametrize("code", FORBIDDING)
def test_a_dose_is_refused_with_its_reason_and_never_queued(code: str):
    bench = running().until(HOUR_MS)
    FORBIDDING[code](bench)
    assert bench.refused(e.DoseAsked(bench.now, 1, HOUR_MS + 10 * MINUTE)) == code
    bench.until(5 * HOUR_MS)
    assert [c for c in bench.closed if c.kind == "patient"] == []


@pytest.mark.requirement("SR-31")
def test_a_stop_by_the_guard_is_given_as_the_reason():
    bench = running().until(HOUR_MS)
    bench.do(e.Noticed(bench.now, "flow"))
    assert ask(bench, bench.now) == "stopped"
    bench.do(e.AlarmAcknowledged(bench.now, "flow"))
    assert ask(bench, bench.now, 2) == "stopped"
    bench.do(e.Restarted(bench.now))
    assert ask(bench, bench.now, 3) is None


# Amounts and limits ----------------------------------------------------------------------------


@pytest.mark.requirement("SR-04")
def test_a_dose_is_on_top_of_the_schedule_to_the_stroke():
    """10,000 nL are four strokes: four more than without the dose, over its ten minutes."""
    plain, bench = running().until(2 * HOUR_MS), running()
    ask(bench, HOUR_MS)
    bench.until(2 * HOUR_MS)
    begin, end = HOUR_MS, HOUR_MS + 10 * MINUTE + 1
    assert bench.pumped(begin, end) - plain.pumped(begin, end) == 4
    assert bench.closed == [e.Closed("patient", 1, 10_000, 10_000, 10_000)]


@pytest.mark.requirement("SR-06", "SR-11")
@pytest.mark.parametrize(
    ("volume", "lasts", "code"),
    [
        (10_000, 10 * MINUTE, None),
        (940_000, HOUR_MS, None),  # with 60,000 nL/h exactly the device's 1,000,000
        (940_001, HOUR_MS, "device-maximum"),
        (10_000, 38_000, "device-maximum"),
        (0, HOUR_MS, "bad-dose"),
        (-1, HOUR_MS, "bad-dose"),
        (10_000, 0, "bad-dose"),
        (1, DAY_MS, "bad-dose"),
        (23, DAY_MS, "bad-dose"),
        (24, DAY_MS, None),  # one nanolitre in an hour is the least
        (1, 1, "device-maximum"),
        (FULL, 30 * HOUR_MS, "empty-reservoir"),
    ],
)
def test_a_bolus_is_inside_what_the_pump_can_do(volume: int, lasts: int, code: str | None):
    bench = running()
    assert bench.refused(e.BolusOrdered(MINUTE, 1, volume, lasts, WIDE)) == code


@pytest.mark.requirement("SR-07", "SR-08", "A02", "H01")
def test_the_last_dose_of_a_tight_limit_waits_for_the_basal_flow_still_to_come():
    """The limit holds the heaviest day, one dose and the stroke of a window; not a second dose.

    At 23:00 almost nothing has flowed in the hours before, but the fast step comes at midnight.
    """
    rule = PatientRule(10_000, 10 * MINUTE, HOUR_MS, 9)
    limit = (DAILY_NL + 10_000 + STROKE) * STRENGTH
    bench = running(replace(FLEX, per_24h_fg=limit, patient=rule)).until(23 * HOUR_MS)
    assert ask(bench, bench.now) is None
    assert ask(bench, bench.now + HOUR_MS, 2) == "limit"
    assert ask(bench, 23 * HOUR_MS + DAY_MS + 20 * MINUTE, 3) is None


@pytest.mark.requirement("SR-07", "SR-21", "H09")
def test_an_empty_reservoir_is_no_room_for_another_dose():
    """The reservoir would be empty in an hour: the doses are admitted as if it were refilled."""
    rule = PatientRule(10_000, 10 * MINUTE, 20 * MINUTE, 9)
    limit = (24 * 30_000 + 10_000 + STROKE) * STRENGTH
    bench = running(replace(STEADY, per_24h_fg=limit, patient=rule), reservoir_nl=60_000)
    assert ask(bench, MINUTE) is None
    assert ask(bench, 21 * MINUTE, 2) == "limit"
    bench.until(50 * MINUTE)
    bench.do(e.Refilled(bench.now, bench.state.flow.reservoir_nl, FULL, STRENGTH))
    bench.until(3 * DAY_MS)


@pytest.mark.requirement("SR-11")
@pytest.mark.parametrize(("holds", "code"), [(20_001, None), (20_000, "empty-reservoir")])
def test_a_dose_may_take_the_last_of_the_reservoir_with_the_schedule_beside_it(
    holds: int, code: str | None
):
    """10,000 nL, and at 60,000 nL/h in ten minutes and a millisecond 10,000.02 more: 10,001."""
    bench = running(reservoir_nl=holds)
    assert bench.refused(e.BolusOrdered(0, 1, 10_000, 10 * MINUTE + 1, WIDE)) == code


@pytest.mark.requirement("SR-05")
def test_a_dose_that_the_pump_itself_cannot_give_is_not_counted_as_a_press_too_soon():
    bench = running(reservoir_nl=12_000)
    assert {ask(bench, n, n) for n in range(12)} == {"empty-reservoir"}
    assert bench.state.turned_down == ()
    assert "limit" not in bench.wrong


@pytest.mark.requirement("SR-07", "A02")
@pytest.mark.parametrize("where", ["reservoir", "line"])
def test_a_stronger_solution_on_its_way_counts_in_the_limit_before_it_flows(where: str):
    """A day at one strength; then reservoir or line hold twice as much, and no dose fits."""
    bench = running().until(DAY_MS + HOUR_MS)
    twice = 2 * STRENGTH
    if where == "reservoir":
        bench.do(e.Refilled(bench.now, bench.state.flow.reservoir_nl, FULL, twice))
    else:
        bench.do(e.LineSet(bench.now, (Slug(LINE, twice),)))
    assert ask(bench, bench.now) == "limit"  # before a stroke of it has flowed


@pytest.mark.requirement("SR-09")
def test_a_clinicians_bolus_has_the_same_ledger_and_its_own_limit():
    bench = running().until(DAY_MS)
    own = (DAILY_NL + 100_000 + STROKE) * STRENGTH
    assert bench.refused(e.BolusOrdered(bench.now, 1, 110_000, HOUR_MS, own)) == "limit"
    assert bench.refused(e.BolusOrdered(bench.now, 2, 100_000, HOUR_MS, own)) is None
    bench.until(bench.now + 2 * HOUR_MS)
    assert ask(bench, bench.now, 3) == "limit"  # 40,000 nL are her doses' part of her own limit
    assert bench.state.guard.per_24h_fg == FLEX.per_24h_fg


@pytest.mark.requirement("SR-09")
def test_a_bolus_without_a_programme_is_refused_and_not_taken_and_dropped():
    assert Bench(new()).refused(e.BolusOrdered(5, 1, 10_000, HOUR_MS, WIDE)) == "no-programme"


# Ended early -----------------------------------------------------------------------------------


def never_goes_on(bench: Bench, number: int) -> None:
    """The dose is closed, once, and its volume does not flow later."""
    closed = [c for c in bench.closed if c.number == number]
    assert len(closed) == 1
    bench.until(bench.now + DAY_MS)
    assert [c for c in bench.closed if c.number == number] == closed


@pytest.mark.requirement("SR-10", "SR-15")
def test_she_stops_her_own_dose_and_the_lockout_still_counts_from_its_start():
    bench = running()
    ask(bench, HOUR_MS)
    assert bench.refused(e.DoseStopped(HOUR_MS + 4 * MINUTE)) is None
    assert bench.closed == [e.Closed("patient", 1, 10_000, 1_500, 4_000)]
    assert [x.why for x in bench.said("patient-interrupted")] == ["1500 to 4000 of 10000"]
    assert bench.state.guard.admitted == ()  # what will not flow is granted no longer
    assert ask(bench, HOUR_MS + 5 * MINUTE, 2) == "lockout"
    never_goes_on(bench, 1)
    assert bench.refused(e.DoseStopped(bench.now)) == "no-dose"


@pytest.mark.requirement("SR-10", "A04")
def test_a_clinicians_bolus_cuts_her_dose_which_never_resumes():
    bench = running()
    ask(bench, HOUR_MS)
    at = HOUR_MS + 5 * MINUTE
    assert bench.refused(e.BolusOrdered(at, 2, 10_000, 10 * MINUTE, WIDE)) is None
    assert bench.closed == [e.Closed("patient", 1, 10_000, 2_500, 5_000)]
    never_goes_on(bench, 1)
    assert bench.closed[-1] == e.Closed("clinician", 2, 10_000, 10_000, 10_000)


@pytest.mark.requirement("SR-10", "SR-09")
@pytest.mark.parametrize("limit", [0, DAILY_NL * STRENGTH])
def test_a_bolus_that_is_refused_changes_nothing_of_her_dose(limit: int):
    bench = running()
    ask(bench, HOUR_MS)
    at = HOUR_MS + 5 * MINUTE
    assert bench.refused(e.BolusOrdered(at, 2, 10_000, 10 * MINUTE, limit)) == "limit"
    bench.until(2 * HOUR_MS)
    assert bench.closed == [e.Closed("patient", 1, 10_000, 10_000, 10_000)]


@pytest.mark.requirement("SR-17", "SR-46", "A18")
def test_a_stall_in_the_middle_of_a_dose_ends_it_between_two_bounds():
    bench = running()
    ask(bench, HOUR_MS)
    bench.do(e.Noticed(HOUR_MS + 5 * MINUTE, "stall"))
    assert bench.closed == [e.Closed("patient", 1, 10_000, 2_500, 5_000)]
    bench.do(e.Noticed(HOUR_MS + 6 * MINUTE, "stall", over=True))
    never_goes_on(bench, 1)


@pytest.mark.requirement("SR-60", "H22")
def test_a_prime_that_is_interrupted_never_resumes():
    """The Medfusion recall of 2020: interrupt, prime, resume."""
    bench = running().until(HOUR_MS)
    bench.do(emptied(bench.now), e.Primed(bench.now, 1, 100_000, HOUR_MS))
    assert bench.refused(e.Primed(bench.now, 2, 100_000, HOUR_MS)) == "prime-running"
    assert bench.refused(e.BolusOrdered(bench.now, 3, 5_000, HOUR_MS, WIDE)) == "prime-running"
    bench.do(e.Stopped(bench.now + 30 * MINUTE), e.Restarted(bench.now + 40 * MINUTE))
    assert bench.closed[-1] == e.Closed("prime", 1, 100_000, 47_500, 50_000)
    never_goes_on(bench, 1)


@pytest.mark.requirement("SR-60", "SR-63")
def test_a_prime_flows_alone_also_in_a_pump_without_a_programme():
    bench = Bench(new())
    bench.do(emptied(0), e.Primed(0, 1, 100_000, HOUR_MS))
    bench.until(5 * HOUR_MS)
    assert bench.pumped(0, 5 * HOUR_MS) == 40
    beside = running()
    beside.do(emptied(0), e.Primed(0, 1, 100_000, HOUR_MS))
    assert beside.until(HOUR_MS + 1).pumped(0, HOUR_MS + 1) == 40


@pytest.mark.requirement("SR-59", "SR-60", "H22")
@pytest.mark.parametrize(
    ("volume", "lasts", "code"),
    [
        (LINE + STROKE, HOUR_MS, None),
        (LINE + STROKE + 1, HOUR_MS, "prime-volume"),
        (LINE, 720_000, None),
        (LINE, 719_999, "device-maximum"),
    ],
)
def test_a_prime_fills_the_line_once_and_no_faster_than_the_pump_can(
    volume: int, lasts: int, code: str | None
):
    """The line holds 200,000 nL; at 1,000,000 nL/h, the pump's fastest, that takes 720 s."""
    for bench in (running(), Bench(new())):
        bench.do(emptied(bench.now))
        assert bench.refused(e.Primed(bench.now, 1, volume, lasts)) == code


@pytest.mark.parametrize(
    ("volume", "lasts", "code"),
    [(0, HOUR_MS, "bad-dose"), (LINE, 0, "bad-dose"), (1, 1, "device-maximum")],
)
def test_a_prime_has_a_volume_and_a_duration(volume: int, lasts: int, code: str):
    bench = Bench(new())
    bench.do(emptied(0))
    assert bench.refused(e.Primed(0, 1, volume, lasts)) == code


@pytest.mark.requirement("SR-10")
def test_an_outcome_in_doubt_blocks_her_dose_whoever_noticed_it():
    bench = running().until(HOUR_MS)
    bench.do(e.Noticed(bench.now, "unknown-outcome"))
    assert ask(bench, bench.now + 1) == "unknown-outcome"


def test_whatever_is_refused_is_refused_in_words():
    bench, bare = running().until(DAY_MS + HOUR_MS), Bench(new())
    doubtful = running().until(HOUR_MS)
    doubtful.do(e.Noticed(doubtful.now, "unknown-outcome"))
    tight = replace(FLEX, per_24h_fg=(DAILY_NL + STROKE) * STRENGTH)
    asked = [
        bench.do(e.DoseAsked(bench.now, 1, bench.now)),
        bench.do(e.BolusOrdered(bench.now, 2, 0, 1, WIDE)),
        bench.do(e.BolusOrdered(bench.now, 3, 10_000, HOUR_MS, 1)),
        bench.do(e.BolusOrdered(bench.now, 4, 940_001, HOUR_MS, WIDE)),
        bench.do(e.DoseStopped(bench.now)),
        bench.do(e.Primed(bench.now, 5, 0, 1)),
        bare.do(e.DoseAsked(5, 1, 9)),
        bare.do(e.BolusOrdered(5, 2, 10_000, HOUR_MS, WIDE)),
        doubtful.do(e.DoseAsked(doubtful.now, 1, doubtful.now + 9)),
        running(tight).do(e.DoseAsked(HOUR_MS, 1, 2 * HOUR_MS)),
    ]
    words = [out.refused.message for out in asked if out.refused]
    assert len(words) == len(asked)
    assert all(isinstance(said, str) and said.endswith(".") for said in words)


@pytest.mark.requirement("SR-59")
def test_a_prime_that_is_refused_names_the_limit_and_the_way_out():
    out = running().do(emptied(0), e.Primed(0, 1, 10 * LINE, DAY_MS))
    assert out.refused is not None
    assert f"at most {LINE + STROKE} nL" in out.refused.message
    assert "Prime for this line" in out.refused.message


@pytest.mark.requirement("SR-60", "H22")
def test_a_line_that_is_full_is_not_primed_again():
    """A second prime would push 200,000 nL of drug out of the tip at once."""
    bench = Bench(new())
    assert bench.refused(e.Primed(0, 1, LINE, HOUR_MS)) == "line-full"
    bench.do(emptied(0), e.Primed(0, 2, LINE, HOUR_MS))
    bench.until(HOUR_MS + 1)
    assert bench.refused(e.Primed(bench.now, 3, LINE, HOUR_MS)) == "line-full"


@pytest.mark.requirement("SR-60", "H22")
def test_after_a_prime_that_was_stopped_only_the_rest_of_the_line_is_primed():
    """Stopped at half of it: 100,000 nL (or a stroke more) of the line are still empty."""
    bench = Bench(new())
    bench.do(emptied(0), e.Primed(0, 1, LINE, HOUR_MS), e.Stopped(HOUR_MS // 2))
    bench.do(*programming(FLEX, HOUR_MS // 2), e.Restarted(HOUR_MS // 2))
    assert bench.refused(e.Primed(HOUR_MS // 2, 2, LINE, HOUR_MS)) == "prime-volume"
    assert bench.refused(e.Primed(HOUR_MS // 2, 3, LINE // 2, HOUR_MS)) is None


@pytest.mark.requirement("SR-60", "SR-63")
@pytest.mark.parametrize("kind", ["prime", "bridge"])
def test_the_line_is_not_recorded_while_something_is_on_its_way_through_it(kind: str):
    bench = running()
    if kind == "prime":
        bench.do(emptied(0), e.Primed(0, 1, LINE, HOUR_MS))
    else:
        bridged = replace(FLEX, version=2, bridge=BridgeRule(LINE, 20_000))
        bench.do(*programming(bridged, 0, 2))
    assert bench.refused(emptied(0)) == f"{kind}-running"


@pytest.mark.requirement("SR-59")
def test_a_line_of_unknown_volume_is_not_primed_until_it_is_recorded():
    bench = Bench(new(line=()))
    assert bench.refused(e.Primed(0, 1, 10_000, HOUR_MS)) == "unknown-line"
    bench.do(e.LineSet(0, (Slug(10_000, 0),)))
    assert bench.refused(e.Primed(0, 1, 10_000, HOUR_MS)) is None


# Power loss ------------------------------------------------------------------------------------


@pytest.mark.requirement("SR-45", "SR-46", "SR-47", "H10")
@settings(max_examples=50)
@given(st.integers(0, 10 * MINUTE - 1), st.integers(0, HOUR_MS), st.sampled_from(["p", "c"]))
def test_power_lost_in_a_dose_repeats_nothing_and_counts_the_stroke_in_doubt(
    known: int, dark: int, whose: str
):
    bench = running().until(HOUR_MS)
    if whose == "p":
        ask(bench, bench.now)
    else:
        bench.do(e.BolusOrdered(bench.now, 1, 10_000, 10 * MINUTE, WIDE))
    at = HOUR_MS + known
    bench.do(e.PowerReturned(at + dark, at))
    (closed,) = bench.closed
    assert closed.most_nl - closed.least_nl <= STROKE
    assert ask(bench, bench.now + LOCKOUT, 2) == "unknown-outcome"
    bench.do(e.Reconciled(bench.now))
    assert ask(bench, bench.now, 3) is None
    never_goes_on(bench, 1)


@pytest.mark.requirement("SR-46")
def test_a_dose_whose_last_stroke_is_in_doubt_is_not_closed_as_certain():
    """Three strokes are on record; the fourth comes in the last millisecond of the dose."""
    p = replace(
        STEADY,
        steps=((0, 1),),
        floor_nl_per_h=None,
        patient=PatientRule(10_000, 10 * MINUTE, LOCKOUT, 4),
    )
    bench = running(p)
    bench.do(e.DoseAsked(3_600, 1, HOUR_MS))
    end = 3_600 + 10 * MINUTE
    last = [at for at, _ in _planned(bench)][-1]
    assert last < end
    bench.do(e.PowerReturned(end + HOUR_MS, last))
    assert bench.closed[0].least_nl < bench.closed[0].most_nl
    assert bench.state.unknown is not None


def _planned(bench: Bench) -> list[tuple[int, int]]:
    run = bench.state.tip.run if bench.state.tip else None
    return [(run.at(i).ms, 0) for i in range(run.count)] if run else []


@pytest.mark.requirement("SR-45", "SR-46", "A05")
@pytest.mark.parametrize("dark", [0, 1, MINUTE, DAY_MS])
def test_power_lost_just_as_a_plan_ends_is_survived(dark: int):
    """The end of a bridge: the old grant is over and the schedule has not begun."""
    bench = running(replace(FLEX, bridge=BridgeRule(33_333, 20_001)))
    until = bench.state.until_ms
    state, _ = step(bench.state, e.PowerReturned(until + dark, until))
    assert state.now_ms == until + dark
    assert state.bridge_left_nl == 0
