"""Scenarios through controller and virtual pump: worked by hand, conserved, and deterministic."""

import json
from dataclasses import replace
from datetime import timedelta
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cisterna.facts import Library
from cisterna.order.line import Refused
from cisterna.order.plan import bridge_of
from cisterna.order.reading import read_prescription
from cisterna.order.tip import tip_trace
from cisterna.order.wire import wire
from cisterna.pump import scenario_events as s
from cisterna.pump.faults import Fault
from cisterna.pump.mechanics import Accuracy
from cisterna.pump.scenario import Scenario, read_scenario
from cisterna.pump.simulate import simulate
from cisterna.pump.simulation import Simulation
from cisterna.quantity import DAY_MS, HOUR_MS, Quantity

EXAMPLES = Path(__file__).parents[2] / "examples"
SCENARIOS = sorted(path.name for path in (EXAMPLES / "scenarios").glob("*.toml"))
LIBRARY = Library()
MINUTE_MS = 60_000
ONE = Quantity.of("0.001", "mL")  # a stroke of the reference pump


def order(name: str):
    return read_prescription(EXAMPLES / name, LIBRARY)


def scenario(name: str, length_ms: int, *events: s.Event, **more) -> Scenario:
    rx = order(name)
    known = {"start": rx.solution.filled_at, "seed": 1, "accuracy": Fraction(0), **more}
    return Scenario(rx, known["start"], length_ms, known["seed"], known["accuracy"], events, "x")


def run(name: str, length_ms: int, *events: s.Event, **more) -> Simulation:
    return simulate(scenario(name, length_ms, *events, **more), LIBRARY)


def example(name: str) -> Simulation:
    return simulate(read_scenario(EXAMPLES / "scenarios" / name, LIBRARY), LIBRARY)


def ml(text: str) -> Quantity:
    return Quantity.of(text, "mL")


def conserved(done: Simulation) -> None:
    v = done.volumes
    assert v.filled == v.delivered + v.withdrawn + v.reservoir + v.leaked
    for drug, m in done.masses.items():
        assert m.at_start + m.filled == m.delivered + m.withdrawn + m.leaked + m.left
        assert done.delivered[drug] == m.delivered


def traced(done: Simulation, drug: str) -> Quantity:
    return done.trace.mass(drug, Quantity.of(0, "day"), done.length)


# By hand ----------------------------------------------------------------------------------------


@pytest.mark.pathway("PW-004")
def test_thirty_days_at_022_ml_a_day_deliver_66_ml_within_one_stroke():
    # 4.4 mg/day of 20 mg/mL; the pump is set to 9166 nL/h (of 9166.7), 6599520 nL in 720 h.
    done = run("simple-morphine.toml", 30 * DAY_MS)
    assert done.volumes.delivered == ml("6.599")
    assert ml("6.6") - done.volumes.delivered <= ONE
    assert done.delivered == {"morphine": Quantity.of("131.98", "mg")}
    assert done.pump_says == done.volumes.reservoir == ml("13.401")
    conserved(done)


def test_a_pump_20_per_cent_fast_is_dry_before_its_computed_alarm():
    # 20 mL at 8333 nL/h × 1.2 last 83.34 days; the pump reckons with 3.33 mL, above 3.2 mL.
    done = example("over-infusion.toml")
    assert done.dry_at is not None
    assert timedelta(days=83.3) < done.dry_at - done.start < timedelta(days=83.4)
    (alarm,) = done.alarms
    assert alarm.code == "low-reservoir"
    assert alarm.begins > done.dry_at
    (reading,) = done.readings
    assert reading.really == ml("0")
    assert ml("3.3") <= reading.reservoir <= ml("3.4")


def test_a_constant_error_of_the_flow_is_that_of_the_scenario():
    done = run("simple-morphine.toml", 30 * DAY_MS, accuracy=Fraction(20, 100))
    assert done.volumes.delivered == ml("7.9188")  # 6599 strokes of 1.2 mcL
    assert done.pump_says == ml("13.401")
    conserved(done)


def after_change(done: Simulation, hours: int) -> Quantity:
    """Morphine at the tip over some hours after the change of concentration."""
    change = Quantity.of(56 * 24 + 1, "h")
    return done.trace.mean_rate("morphine", change, change + Quantity.of(hours, "h"))


def test_a_forgotten_bridge_doubles_the_dose_for_the_line_volume_over_the_rate():
    # The line: 81.4 cm of Ascenda and at most 0.199 mL of tubing. Old 4, then 4 mg/day ordered.
    done = example("halved-without-bridge.toml")
    old = done.programs[0].rx.infusion.daily_dose
    assert old is not None
    pieces = [p for p in done.trace.pieces if p.start > Quantity.of(56, "day")]
    doubled, after = pieces
    line = sum((part.nl for part in first_line(done)), 0)
    assert (doubled.end - doubled.start) * doubled.flow - Quantity.of(line, "nL") < ONE
    lasts = Quantity.of(line, "nL") / doubled.flow
    assert abs(doubled.end - doubled.start - lasts) <= ONE / doubled.flow
    rate = doubled.doses["morphine"] / old
    assert abs(rate.base - 2) < Fraction(1, 100)
    mixed = after.doses["morphine"] / old  # 8 % of stronger residual below the fill
    assert Fraction(105, 100) < mixed.base < Fraction(108, 100)
    conserved(done)


def first_line(done: Simulation):
    from cisterna.pump.simulate import began  # noqa: PLC0415

    return began(done.source, LIBRARY).pump.body.line


def test_a_bridge_holds_the_dose_until_the_line_holds_the_new_solution():
    done = example("halved-with-bridge.toml")
    assert [p.bridged for p in done.programs] == [False, True]
    old = Quantity.of(4, "mg/day")
    for hours in (6, 12, 24):
        assert abs((after_change(done, hours) / old).base - 1) < Fraction(2, 100)
    conserved(done)


@pytest.mark.parametrize("change", ["change", "halved", "doubled"])
def test_during_a_bridge_the_tip_gives_what_the_plan_of_the_order_says(change: str):
    rx = replace(order(f"{change}/new.toml"), holds=order(f"{change}/old.toml"))
    start = Scenario(rx, rx.solution.filled_at, 2 * DAY_MS, 0, Fraction(0), (), "x")
    done = simulate(start, LIBRARY)
    assert done.programs[0].bridged
    bridge = bridge_of(rx, LIBRARY)
    assert bridge is not None
    planned = tip_trace(rx, bridge, Quantity.of(2, "day"))
    end = bridge.duration - Quantity.of(30, "min")
    for drug in done.delivered:
        plan = planned.mass(drug, Quantity.of(0, "h"), end)
        made = done.trace.mass(drug, Quantity.of(0, "h"), end)
        assert abs((made / plan).base - 1) < Fraction(1, 500)


def test_a_stall_of_twelve_hours_loses_exactly_the_strokes_of_twelve_hours():
    quiet = run("simple-morphine.toml", 14 * DAY_MS)
    stall = s.Stall(8 * DAY_MS, 12 * HOUR_MS)
    done = run("simple-morphine.toml", 14 * DAY_MS, stall)
    # 9166 nL/h × 12 h = 109.992 strokes; the first one fails before the device notices.
    lost = quiet.volumes.delivered - done.volumes.delivered
    assert ml("0.109") <= lost <= ml("0.111")
    assert done.volumes.reservoir - done.pump_says == ONE
    (alarm,) = done.alarms
    assert alarm.code == "stall"
    begun = done.start + timedelta(days=8)
    assert begun < alarm.begins < begun + timedelta(minutes=7)
    assert alarm.over == begun + timedelta(hours=12)
    conserved(done)


@pytest.mark.requirement("SR-30")
def test_a_stall_behind_a_stuck_sensor_is_found_by_the_next_self_test():
    """The sensor sticks at noon of day 8, the rotor at 18:00; the test that night finds it.

    9166 nL/h × 6 h that the pump reckons to have given, and × 24 h for which it is stopped.
    """
    stuck = s.SensorStuck(8 * DAY_MS + 12 * HOUR_MS, None)
    stall = s.Stall(8 * DAY_MS + 18 * HOUR_MS, 4 * DAY_MS)
    done, quiet = (run("simple-morphine.toml", 10 * DAY_MS, *x) for x in ((stuck, stall), ()))
    conserved(done)
    (alarm,) = done.alarms
    assert (alarm.code, alarm.over) == ("rotor-sensor", None)
    assert alarm.begins == done.start + timedelta(days=9)
    assert ml("0.054") <= done.volumes.reservoir - done.pump_says <= ml("0.056")
    assert ml("0.273") <= quiet.volumes.delivered - done.volumes.delivered <= ml("0.276")


def test_a_stalled_pump_that_is_asked_nothing_does_not_notice():
    mri = s.Mri(0, 30 * MINUTE_MS, 0)
    rx = order("simple-morphine.toml")
    stopped = replace(rx, infusion=replace(rx.infusion, mode="stopped", daily_dose=None))
    still = Scenario(stopped, rx.solution.filled_at, DAY_MS, 0, Fraction(0), (mri,), "x")
    done = simulate(still, LIBRARY)
    assert "stall" not in [a.code for a in done.alarms]


@pytest.mark.pathway("PW-008")
def test_500_presses_give_the_allowed_number_in_any_24_hours():
    done = example("remote-500-presses.toml")
    boluses = done.boluses
    assert boluses.granted + sum(boluses.refused.values()) == 500
    starts = [dose.at for dose in done.doses]
    assert len(starts) == boluses.granted == boluses.patient.granted
    for at in starts:
        assert sum(at <= other < at + timedelta(days=1) for other in starts) <= 4
    assert max(sum(at <= other < at + timedelta(days=1) for other in starts) for at in starts) == 4
    assert all(dose.asked == ml("0.012") and dose.most == ml("0.012") for dose in done.doses)
    conserved(done)


def test_power_that_fails_in_a_dose_leaves_it_between_bounds_and_blocks_the_next():
    done = example("power-loss-in-bolus.toml")
    (dose,) = done.doses
    assert dose.least is not None
    assert dose.most is not None
    assert dose.most - dose.least <= ONE
    assert dose.most < dose.asked
    assert done.boluses.refused == {"unknown-outcome": 2}
    assert abs(done.pump_says - done.volumes.reservoir) <= ONE


def test_a_pump_without_power_answers_nobody_and_runs_on_with_what_was_confirmed():
    done = example("programmer-link-lost.toml")
    assert [(r.what, r.code) for r in done.refusals] == [("program", "no-power")]
    assert [p.version for p in done.programs] == [1, 2]
    assert done.readings[0].version == 1


@pytest.mark.requirement("SR-65")
def test_a_scanned_pump_with_valves_gives_a_burst_and_then_nothing_until_it_is_reset():
    name = "scenarios/orders/prometra-morphine.toml"
    mri, reset = s.Mri(DAY_MS, 30 * MINUTE_MS, 0), s.Restart(2 * DAY_MS)
    done = run(name, 3 * DAY_MS, mri, reset)
    quiet = run(name, 2 * DAY_MS)
    assert done.volumes.delivered - quiet.volumes.delivered == ml("0.01")
    assert done.alarms == ()  # nothing in the pump measures what passes the valve
    assert done.pump_says < done.volumes.reservoir
    conserved(done)


def test_an_emptied_valve_pump_is_scanned_without_a_burst():
    name = "scenarios/orders/prometra-morphine.toml"
    emptied = s.Refill(DAY_MS, ml("19.8"), None, Quantity.of(1, "nL"))
    done = run(name, 2 * DAY_MS, emptied, s.Mri(DAY_MS, 30 * MINUTE_MS, 0))
    assert done.volumes.delivered <= ml("0.2") + Quantity.of(1, "nL")
    conserved(done)


def test_the_missed_refill_alarms_low_then_empty_and_ends_with_the_fill():
    done = example("missed-refill-baclofen.toml")
    assert [a.code for a in done.alarms] == ["low-reservoir", "empty-reservoir"]
    assert done.alarms[1].over == done.start + timedelta(days=95, hours=10)
    delivered = {b.start_ms // DAY_MS: b.delivered["baclofen"] for b in done.series}
    assert not delivered[92]
    assert delivered[60]
    conserved(done)


def test_an_old_battery_warns_and_stops_the_pump_with_drug_in_it():
    done = example("end-of-battery.toml")
    assert [a.code for a in done.alarms] == ["battery-low", "end-of-service"]
    assert done.alarms[1].begins - done.alarms[0].begins == timedelta(days=90)
    assert done.volumes.reservoir > ml("8")


def test_the_night_that_loses_an_hour_loses_no_step():
    done = example("daylight-saving-night.toml")
    # Sat 12 h and Sun 24 h at 0.055 mg/h; Mon and Tue 10 h × 0.05 + 14 h × 0.08; Wed 6 + 6 h.
    ordered = 36 * Fraction("0.055") + 2 * (10 * Fraction("0.05") + 14 * Fraction("0.08"))
    ordered += 6 * Fraction("0.05") + 6 * Fraction("0.08")
    short = Quantity.of(ordered, "mg") - done.delivered["hydromorphone"]
    assert Quantity.of(0, "mg") <= short <= ONE * Quantity.of("7.5", "mg/mL") * 2


def test_a_low_battery_reset_falls_to_the_floor_and_a_stuck_telemetry_ends_when_read():
    name = "scenarios/orders/baclofen-monthly.toml"
    made = simulate(scenario(name, 2 * DAY_MS), LIBRARY, faults=(Fault("reset", DAY_MS),))
    assert [a.code for a in made.alarms] == ["memory"]
    # 16666 nL/h for a day, then the floor of 0.1 mL/day (4166 nL/h).
    assert abs(made.volumes.delivered - ml("0.5")) <= ONE * 2
    stuck = Fault("telemetry", 0, None, ends_with="interrogate")
    read = scenario(name, 2 * DAY_MS, s.Interrogate(DAY_MS))
    made = simulate(read, LIBRARY, faults=(stuck,))
    assert abs(made.volumes.delivered - ml("0.4")) <= ONE
    conserved(made)


def test_a_septum_leak_and_a_drift_show_at_the_refill():
    name = "simple-morphine.toml"
    leak = Fault("septum-leak", 0, 10 * DAY_MS, Fraction(10_000))
    refill = s.Refill(20 * DAY_MS, ml("13.2"), None, ml("20"))
    error = Accuracy(per_fill=(Fraction(5, 100),))
    done = simulate(scenario(name, 30 * DAY_MS, refill), LIBRARY, None, (leak,), error)
    (row,) = done.refills
    assert row.expected - row.came_out == ml("2.4") + ml("4.399") * Fraction(5, 100)
    assert done.volumes.leaked == ml("2.4")
    conserved(done)


def test_a_refused_act_changes_nothing_and_stands_in_the_result():
    overfill = s.Refill(DAY_MS, ml("19"), None, ml("41"))
    nothing = s.AlarmSilence(DAY_MS, "stall")
    done = run("simple-morphine.toml", 2 * DAY_MS, overfill, nothing)
    assert [(r.what, r.code) for r in done.refusals] == [
        ("refill", "overfill"),
        ("alarm-silence", "no-alarm"),
    ]
    assert done.volumes.filled == ml("20")
    assert done.refills == ()


def test_an_order_that_overfills_its_pump_does_not_begin():
    rx = order("simple-morphine.toml")
    big = replace(rx, solution=replace(rx.solution, fill_volume=ml("25")))
    with pytest.raises(Refused, match="20000000 nL"):
        simulate(Scenario(big, big.solution.filled_at, DAY_MS, 0, Fraction(0), (), "x"), LIBRARY)


def test_what_is_borrowed_from_the_reference_pump_is_said():
    (said,) = [a for a in run("simple-morphine.toml", DAY_MS).assumptions if "Assumed" in a]
    assert said.endswith("ours: stroke volume, rate step.")
    own = run("scenarios/orders/prometra-morphine.toml", DAY_MS).assumptions
    assert not any("stroke volume" in words for words in own)
    assert any("undrained residual of this pump is not known" in words for words in own)


def test_the_flow_is_judged_before_anything_happens():
    done = run("simple-morphine.toml", 6 * DAY_MS)
    found = done.flow_accuracy
    assert found is not None
    assert abs(found.overall) < Fraction(1, 100)
    assert [w.window.number("h") for w in found.trumpet] == [1, 2, 6, 12, 24, 72]
    for window in found.trumpet:
        assert window.highest is not None
        assert window.lowest is not None
        assert window.floor is not None
        assert max(abs(window.highest), abs(window.lowest)) <= window.floor
    assert run("simple-morphine.toml", 3 * DAY_MS).flow_accuracy is None


# Every run --------------------------------------------------------------------------------------


@pytest.fixture(scope="module", params=SCENARIOS)
def done(request) -> Simulation:
    return example(request.param)


def test_every_example_runs_and_is_conserved(done: Simulation):
    conserved(done)
    assert done.events == len(done.source.events)
    assert done.log_lost == 0
    for drug, mass in done.delivered.items():
        assert traced(done, drug) == mass


def test_the_trace_of_every_example_has_no_gap(done: Simulation):
    pieces = done.trace.pieces
    assert pieces[0].start == Quantity.of(0, "day")
    assert pieces[-1].end == done.length
    assert all(a.end == b.start for a, b in pairwise(pieces))
    assert all(piece.start < piece.end for piece in pieces)


def test_the_series_hold_what_was_delivered(done: Simulation):
    for drug, mass in done.delivered.items():
        parts = (b.delivered[drug] * Quantity.of(b.end_ms - b.start_ms, "ms") for b in done.series)
        assert sum(parts, Quantity.of(0, "mg")) == mass
    assert len(done.series) <= 400


@pytest.mark.parametrize("name", ["remote-500-presses.toml", "power-loss-in-bolus.toml"])
def test_the_same_scenario_gives_the_same_bytes(name: str):
    once, twice = (json.dumps(wire(example(name))) for _ in range(2))
    assert once == twice


# Random scenarios -------------------------------------------------------------------------------

LENGTH = 3 * DAY_MS
AT = st.integers(0, LENGTH).map(lambda ms: ms // MINUTE_MS * MINUTE_MS)
LASTS = st.integers(1, 40 * 60).map(lambda minutes: minutes * MINUTE_MS)
SHARE = st.fractions(Fraction(1, 10), 1, max_denominator=10)
OLD_RX, NEW_RX = order("change/old.toml"), order("change/new.toml")
EVENTS = st.one_of(
    st.builds(s.RemoteRequest, AT),
    st.builds(s.ClinicianBolus, AT, st.just(Quantity.of("0.3", "mg")), st.just(10 * MINUTE_MS)),
    st.builds(s.Program, AT, st.sampled_from((OLD_RX, NEW_RX)), st.booleans()),
    st.builds(s.Refill, AT, st.just(ml("1")), st.just(NEW_RX), st.none()),
    st.builds(s.Refill, AT, st.just(ml("1")), st.none(), st.sampled_from((ml("0.5"), ml("60")))),
    st.builds(s.Interrogate, AT),
    st.builds(s.Mri, AT, LASTS, LASTS),
    st.builds(s.Stall, AT, st.none() | LASTS),
    st.builds(s.Restart, AT),
    st.builds(s.OverInfusion, AT, st.fractions(1, 3, max_denominator=9), LASTS),
    st.builds(s.Occlusion, AT, LASTS, SHARE),
    st.builds(s.Leak, AT, LASTS, SHARE),
    st.builds(s.PowerLoss, AT, st.just(0) | LASTS),
    st.builds(s.ClockSet, AT, st.just(OLD_RX.solution.filled_at)),
    st.builds(s.SensorStuck, AT, st.none() | st.integers(1, 3 * DAY_MS)),
    st.builds(s.AlarmSilence, AT, st.sampled_from(("stall", "low-reservoir"))),
)


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.lists(EVENTS, max_size=12), st.integers(0, 99), st.fractions(-1, 1, max_denominator=20))
def test_whatever_happens_nothing_is_lost_and_the_pump_reckons_with_no_more_than_a_stroke_each(
    events, seed, error
):
    rows = tuple(sorted(events, key=lambda event: event.at_ms))
    given_error = {"seed": seed, "accuracy": error / 2}
    done = simulate(scenario("change/old.toml", LENGTH, *rows, **given_error), LIBRARY)
    conserved(done)
    for drug, mass in done.delivered.items():
        assert traced(done, drug) == mass
    asked = sum(isinstance(e, (s.RemoteRequest, s.ClinicianBolus)) for e in rows)
    assert done.boluses.granted + sum(done.boluses.refused.values()) == asked
    moves = (s.OverInfusion, s.Occlusion, s.Leak)
    if not error and not any(isinstance(e, moves) for e in rows):
        doubts = sum(isinstance(e, (s.Stall, s.Mri, s.PowerLoss, s.Restart)) for e in rows)
        assert abs(done.volumes.reservoir - done.pump_says) <= ONE * doubts
