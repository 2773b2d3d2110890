"""Can this pump do it?"""

from typing import Any

import pytest

from tests.order.cases import (
    BACLOFEN,
    MORPHINE,
    PHASES,
    REMOTE,
    Tree,
    checked,
    drug,
    evidence,
    finding,
    findings,
    q,
    quiet,
)

DAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]

CODMAN = {
    "pump": {"model": "codman-3000", "fixed_flow": "1 mL/day"},
    "solution.drug.0.concentration": "4 mg/mL",
    "solution.drug.0.product": "infumorph-200",
    "order.previous_daily_dose": "4 mg/day",
}

PERIODIC = {
    "primary": "morphine",
    "mode": "periodic-bolus",
    "dose": "0.2 mg",
    "duration": "10 min",
    "interval": "1 h",
    "background": "0 mg/day",
}


def dose(text: str, **more: Any) -> Tree:
    return {"infusion.daily_dose": text, **more}


def flex(count: int, days: list[str] | None = None) -> Tree:
    """A day of `count` hourly steps; the last lasts to midnight."""
    more = {"days": days} if days else {}
    hours = [{"from": f"{n:02d}:00", "dose_rate": "0.2 mg/h", **more} for n in range(count)]
    return {"primary": "morphine", "mode": "flex", "step": hours}


# flow-below-pump-minimum, dose-unreachable-at-minimum-flow ---------------------------------------


@pytest.mark.parametrize("phase", PHASES)
def test_a_synchromed_runs_at_no_less_than_48_microlitres_a_day(phase):
    # 0.048 mL/day of 20 mg/mL is 0.96 mg/day.
    here = {"order.phase": phase, "order.previous_daily_dose": "1 mg/day"}

    for code in ("flow-below-pump-minimum", "dose-unreachable-at-minimum-flow"):
        assert quiet(code, MORPHINE, dose("0.96 mg/day", **here))
        found = finding(code, MORPHINE, dose("0.959 mg/day", **here))
        assert evidence(found) == ("block", "device", "medtronic-8637-de", "read")


def test_the_two_codes_say_the_flow_and_the_dose_that_the_solution_could_give():
    here = dose("0.5 mg/day", **{"order.previous_daily_dose": "1 mg/day"})

    flow = finding("flow-below-pump-minimum", MORPHINE, here)
    assert (flow.found, flow.limit) == (q("0.025 mL/day"), q("0.048 mL/day"))
    reach = finding("dose-unreachable-at-minimum-flow", MORPHINE, here)
    assert (reach.found, reach.limit) == (q("0.5 mg/day"), q("0.96 mg/day"))
    assert "10.4167 mg/mL" in reach.message


def test_every_moving_step_of_a_day_must_reach_the_minimum_but_a_pause_need_not():
    # 0.04 mg/h of 20 mg/mL is 0.048 mL/day.
    def day(night: str) -> Tree:
        steps = [
            {"from": "00:00", "dose_rate": night},
            {"from": "06:00", "dose_rate": "0.2 mg/h"},
        ]
        return {"infusion": {"primary": "morphine", "mode": "flex", "step": steps}}

    assert quiet("flow-below-pump-minimum", MORPHINE, day("0.04 mg/h"))
    assert not quiet("flow-below-pump-minimum", MORPHINE, day("0.039 mg/h"))
    assert quiet("flow-below-pump-minimum", MORPHINE, day("0 mg/h"))
    assert quiet("dose-unreachable-at-minimum-flow", MORPHINE, day("0.039 mg/h"))


def test_the_background_between_boluses_must_reach_the_minimum_or_be_nothing():
    def background(text: str) -> Tree:
        return {"infusion": {**PERIODIC, "background": text}}

    assert quiet("flow-below-pump-minimum", MORPHINE, background("0 mg/day"))
    assert quiet("flow-below-pump-minimum", MORPHINE, background("0.96 mg/day"))
    assert not quiet("flow-below-pump-minimum", MORPHINE, background("0.95 mg/day"))


def test_the_safe_floor_must_reach_the_minimum_too():
    assert quiet("flow-below-pump-minimum", BACLOFEN, {"safe.floor": "0.048 mL/day"})
    found = finding("flow-below-pump-minimum", BACLOFEN, {"safe.floor": "0.047 mL/day"})
    assert "safe floor" in found.message
    assert found.severity == "block"


@pytest.mark.parametrize("mode", ["minimum-rate", "stopped"])
def test_a_pump_that_gives_no_therapy_has_no_flow_too_low(mode):
    codes = checked(MORPHINE, {"infusion": {"primary": "morphine", "mode": mode}}).codes()

    assert "flow-below-pump-minimum" not in codes
    assert "dose-unreachable-at-minimum-flow" not in codes


def test_a_prometra_can_run_at_any_small_flow():
    here = dose(
        "0.01 mg/day", **{"pump.model": "prometra-ii-20", "order.previous_daily_dose": None}
    )

    assert quiet("flow-below-pump-minimum", MORPHINE, here)
    assert quiet("dose-unreachable-at-minimum-flow", MORPHINE, here)


# flow-above-pump-maximum -------------------------------------------------------------------------


@pytest.mark.parametrize("phase", PHASES)
def test_a_synchromed_runs_at_no_more_than_24_millilitres_a_day(phase):
    here = {
        "order.phase": phase,
        "solution.drug.0.concentration": "1 mg/mL",
        "order.previous_daily_dose": "24 mg/day",
    }

    assert quiet("flow-above-pump-maximum", MORPHINE, dose("24 mg/day", **here))
    found = finding("flow-above-pump-maximum", MORPHINE, dose("24.1 mg/day", **here))
    assert evidence(found) == ("block", "device", "medtronic-8637-manual", "recalled")
    assert (found.found, found.limit) == (q("24.1 mL/day"), q("24 mL/day"))


def test_a_patient_dose_flows_on_top_of_the_schedule():
    # 0.2 mg are 0.010 mL; with 0.22 mL/day below, 23.78 mL/day are left: 36.33 s.
    slow = {"remote": {**REMOTE, "duration": "37 s"}}
    fast = {"remote": {**REMOTE, "duration": "36 s"}}

    assert quiet("flow-above-pump-maximum", MORPHINE, slow)
    assert finding("flow-above-pump-maximum", MORPHINE, fast).found == q("24.22 mL/day")


def test_a_periodic_bolus_flows_as_fast_as_its_duration_asks():
    # 0.010 mL in 36 s is exactly 24 mL/day.
    assert quiet(
        "flow-above-pump-maximum", MORPHINE, {"infusion": {**PERIODIC, "duration": "36 s"}}
    )
    fast = {"infusion": {**PERIODIC, "duration": "35 s"}}
    assert not quiet("flow-above-pump-maximum", MORPHINE, fast)


def test_a_periodic_bolus_flows_on_top_of_its_background():
    bolus = {**PERIODIC, "duration": "36 s", "background": "1 mg/day"}

    assert finding("flow-above-pump-maximum", MORPHINE, {"infusion": bolus}).found == q(
        "24.05 mL/day"
    )


def test_a_patient_dose_may_come_during_the_fastest_step():
    # The bolus alone is 12 mL/day, a patient dose of 60 s is 14.4: together too fast.
    bolus = {**PERIODIC, "duration": "72 s"}
    remote = {**REMOTE, "duration": "60 s"}

    assert quiet("flow-above-pump-maximum", MORPHINE, {"infusion": bolus})
    both = {"infusion": bolus, "remote": remote}
    assert finding("flow-above-pump-maximum", MORPHINE, both).found == q("26.4 mL/day")


def test_a_prometra_runs_faster():
    here = {"pump.model": "prometra-ii-20", "remote": {**REMOTE, "duration": "31 s"}}

    assert quiet("flow-above-pump-maximum", MORPHINE, here)
    here["remote"] = {**REMOTE, "duration": "30 s"}
    assert finding("flow-above-pump-maximum", MORPHINE, here).limit == q("28.8 mL/day")


# dose-not-at-fixed-flow --------------------------------------------------------------------------


@pytest.mark.parametrize("ordered", ["3.97 mg/day", "4 mg/day", "4.04 mg/day"])
def test_a_constant_flow_pump_gives_the_ordered_dose_within_one_per_cent(ordered):
    # 1 mL/day of 4 mg/mL is 4 mg/day.
    assert quiet("dose-not-at-fixed-flow", MORPHINE, {**CODMAN, **dose(ordered)})


@pytest.mark.parametrize("ordered", ["3.96 mg/day", "4.05 mg/day", "2 mg/day"])
def test_a_constant_flow_pump_cannot_give_another_dose(ordered):
    found = finding("dose-not-at-fixed-flow", MORPHINE, {**CODMAN, **dose(ordered)})

    assert evidence(found) == ("block", "ours", "ours", "assumed")
    assert (found.found, found.limit) == (q(ordered), q("4 mg/day"))


def test_one_per_cent_exactly_is_within_the_tolerance():
    # 1 mL/day of 4.04 mg/mL for an order of 4 mg/day.
    here = {**CODMAN, **dose("4 mg/day"), "solution.drug.0.concentration": "4.04 mg/mL"}

    assert quiet("dose-not-at-fixed-flow", MORPHINE, here)


def test_the_message_names_the_concentration_that_would_give_the_dose():
    found = finding("dose-not-at-fixed-flow", MORPHINE, {**CODMAN, **dose("2 mg/day")})

    assert "Order 2 mg/mL" in found.message


def test_a_programmable_pump_gives_whatever_dose_is_ordered():
    assert quiet("dose-not-at-fixed-flow", MORPHINE, dose("3 mg/day"))


# schedule-too-many-steps -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("pump", "most", "expected"),
    [
        ("synchromed-ii-20", 13, ("block", "device", "medtronic-uk-synchromed", "read")),
        ("prometra-ii-20", 4, ("block", "device", "prometra-planning-app", "read")),
        ("external-reference", 24, None),
    ],
)
def test_a_pump_holds_so_many_steps_a_day(pump, most, expected):
    here = {"pump.model": pump, "infusion": flex(most)}
    assert quiet("schedule-too-many-steps", MORPHINE, here)
    if expected is None:
        return
    found = finding("schedule-too-many-steps", MORPHINE, {**here, "infusion": flex(most + 1)})
    assert evidence(found) == expected
    assert (found.found, found.limit) == (q(f"{most + 1} 1"), q(f"{most} 1"))


def test_the_steps_are_counted_for_each_day_of_the_week():
    # 13 steps on weekdays and 13 at the weekend are 13 on any day.
    week, end = flex(13, DAYS[:5]), flex(13, DAYS[5:])
    both = {**week, "step": week["step"] + end["step"]}
    assert quiet("schedule-too-many-steps", MORPHINE, {"infusion": both})

    more = {**week, "step": week["step"] + flex(14, DAYS[5:])["step"]}
    assert not quiet("schedule-too-many-steps", MORPHINE, {"infusion": more})


# mode-not-on-pump --------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", ["minimum-rate"])
def test_a_prometra_has_no_minimum_rate(mode):
    here = {"pump.model": "prometra-ii-20", "infusion": {"primary": "morphine", "mode": mode}}

    found = finding("mode-not-on-pump", MORPHINE, here)
    assert evidence(found) == ("block", "device", "ours", "derived")
    assert found.found == mode


@pytest.mark.parametrize("infusion", [flex(2), PERIODIC])
def test_a_constant_flow_pump_has_only_its_one_flow(infusion):
    assert finding("mode-not-on-pump", MORPHINE, {**CODMAN, "infusion": infusion}).severity == (
        "block"
    )
    assert quiet("mode-not-on-pump", MORPHINE, {**CODMAN, **dose("4 mg/day")})


@pytest.mark.parametrize(
    "mode", ["continuous", "flex", "periodic-bolus", "minimum-rate", "stopped"]
)
def test_a_synchromed_has_every_mode(mode):
    infusions = {
        "continuous": {"primary": "morphine", "mode": mode, "daily_dose": "4.4 mg/day"},
        "flex": flex(2),
        "periodic-bolus": PERIODIC,
    }
    infusion = infusions.get(mode, {"primary": "morphine", "mode": mode})

    assert quiet("mode-not-on-pump", MORPHINE, {"infusion": infusion})


@pytest.mark.parametrize(
    ("pump", "count"),
    [({"model": "medstream"}, 1), ({"model": "synchromed-ii-20"}, 0), (CODMAN["pump"], 1)],
)
def test_a_remote_needs_a_pump_that_takes_one(pump, count):
    found = findings("mode-not-on-pump", MORPHINE, {"pump": pump, "remote": REMOTE})

    assert len(found) == count
    assert all(f.found == "remote" for f in found)


# pump-not-for-patients ---------------------------------------------------------------------------


def test_the_reference_pump_cannot_be_chosen_for_a_patient():
    here = {"pump.model": "cisterna-reference", "pump.implanted": None}

    found = finding("pump-not-for-patients", MORPHINE, here)
    assert evidence(found) == ("block", "ours", "ours", "assumed")
    nobody = {**here, "patient.name": None, "patient.id": None}
    assert finding("pump-not-for-patients", MORPHINE, nobody).severity == "note"
    assert checked(MORPHINE, nobody).ok
    only_a_number = {**here, "patient.name": None}
    assert finding("pump-not-for-patients", MORPHINE, only_a_number).severity == "block"


@pytest.mark.parametrize("pump", ["synchromed-ii-20", "prometra-ii-40", "external-reference"])
def test_other_pumps_are_for_patients(pump):
    assert quiet("pump-not-for-patients", MORPHINE, {"pump.model": pump})


# reservoir-overfilled ----------------------------------------------------------------------------


@pytest.mark.parametrize("phase", PHASES)
@pytest.mark.parametrize(
    ("pump", "volume", "expected"),
    [
        ("synchromed-ii-20", 20, ("block", "device", "medscape-2012", "read")),
        ("synchromed-ii-40", 40, ("block", "device", "medscape-2012", "read")),
        ("synchromed-iii-20", 20, ("block", "device", "recalled-unnamed", "recalled")),
        ("prometra-ii-20", 20, ("block", "device", "flowonix-mri-safety-2020", "read")),
    ],
)
def test_a_reservoir_holds_what_it_holds(phase, pump, volume, expected):
    here = {"pump.model": pump, "order.phase": phase}

    full = {**here, "solution.fill_volume": f"{volume} mL"}
    assert quiet("reservoir-overfilled", MORPHINE, full)
    over = {**here, "solution.fill_volume": f"{volume}.1 mL"}
    found = finding("reservoir-overfilled", MORPHINE, over)
    assert evidence(found) == expected
    assert found.limit == q(f"{volume} mL")


def test_a_pump_whose_reservoir_nobody_knows_cannot_be_judged():
    here = {"pump": {"model": "medstream"}, "solution.fill_volume": "60 mL"}

    assert quiet("reservoir-overfilled", MORPHINE, here)


def test_one_strong_drug_can_ask_for_a_dose_that_no_flow_gives():
    # Hydromorphone at 50 mg/mL: 0.048 mL/day already carry 2.4 mg/day.
    here = {
        "solution.drug": [drug("hydromorphone", "50 mg/mL")],
        "infusion.primary": "hydromorphone",
        "infusion.daily_dose": "0.15 mg/day",
        "order.previous_daily_dose": "0.15 mg/day",
    }

    assert finding("dose-unreachable-at-minimum-flow", MORPHINE, here).limit == q("2.4 mg/day")
