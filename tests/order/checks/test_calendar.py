"""Does the calendar hold: alarms in time, the pump alive, no long stop?"""

from datetime import date

import pytest

from cisterna.quantity import Quantity
from tests.order.cases import (
    BACLOFEN,
    MORPHINE,
    PHASES,
    Tree,
    checked,
    evidence,
    finding,
    findings,
    q,
    quiet,
)

# low-reservoir-warns-too-late --------------------------------------------------------------------

# A pump that runs 14.5 % fast empties 20 mL of 0.2 mL/day after 20 ÷ 1.145 ÷ 0.2 = 87.336 days.
# Seven days before that, 80.336 days × 0.2 mL/day = 16.0672 mL are gone: the alarm must ring at
# 3.9328 mL or more.


def alarm(volume: str, base: Tree, phase: str | None) -> Tree:
    dose = {"morphine": "4 mg/day", "baclofen": "400 mcg/day"}[base["infusion"]["primary"]]
    return {
        "order.phase": phase,
        "infusion.daily_dose": dose,
        "alarm.low_reservoir": volume,
    }


@pytest.mark.parametrize("phase", PHASES)
@pytest.mark.parametrize(("base", "severity"), [(BACLOFEN, "warn"), (MORPHINE, "note")])
def test_the_alarm_leaves_seven_days_even_to_a_pump_that_runs_fast(phase, base, severity):
    code = "low-reservoir-warns-too-late"

    assert quiet(code, base, alarm("3.94 mL", base, phase))
    found = finding(code, base, alarm("3.93 mL", base, phase))
    assert evidence(found) == (severity, "ours", "ours", "assumed")
    assert found.limit == q("7 day")
    assert isinstance(found.found, Quantity)
    assert q("6.9 day") < found.found < q("7 day")


def test_seven_days_exactly_are_enough():
    # Prometra, 15 %: 11.5 mL of 0.2 mL/day are gone after 50 days; at 2.9 mL 43 days are over.
    def prometra(volume: str) -> Tree:
        pump = {"pump.model": "prometra-ii-20", "solution.fill_volume": "11.5 mL"}
        return {**alarm(volume, BACLOFEN, "maintenance"), **pump}

    assert quiet("low-reservoir-warns-too-late", BACLOFEN, prometra("2.9 mL"))
    assert not quiet("low-reservoir-warns-too-late", BACLOFEN, prometra("2.899 mL"))


def test_the_maker_s_alarm_may_ring_after_the_pump_is_dry():
    # 2 mL: the alarm comes after 90 days, a fast pump is empty 2.66 days before.
    found = finding("low-reservoir-warns-too-late", BACLOFEN, alarm("2 mL", BACLOFEN, "start"))

    assert isinstance(found.found, Quantity)
    assert found.found.base < 0
    assert "2.66 days before" in found.message


def test_a_pump_whose_accuracy_is_unknown_cannot_be_judged():
    here = {"pump.model": "synchromed-iii-20", "alarm.low_reservoir": "1 mL"}

    assert quiet("low-reservoir-warns-too-late", BACLOFEN, here)


def test_an_external_pump_that_runs_dry_early_is_noted_because_somebody_sees_it():
    here = {"pump.model": "external-reference", "alarm.low_reservoir": "0.5 mL"}

    assert finding("low-reservoir-warns-too-late", BACLOFEN, here).severity == "note"


# pump-end-before-refill --------------------------------------------------------------------------


def indicator(day: date, phase: str | None = "maintenance") -> Tree:
    return {"pump.eri": day, "order.phase": phase}


@pytest.mark.parametrize("phase", PHASES)
def test_a_pump_that_ends_before_the_refill_is_replaced_first(phase):
    # 15 mL at 0.22 mL/day: the alarm comes on 30 January 2027, 90 days after 1 November 2026.
    assert quiet("pump-end-before-refill", MORPHINE, indicator(date(2026, 11, 1), phase))
    found = finding("pump-end-before-refill", MORPHINE, indicator(date(2026, 10, 31), phase))
    assert evidence(found) == ("warn", "device", "medtronic-uk-replacement", "read")
    assert found.found == "2027-01-29"


def test_the_longest_life_of_the_pump_ends_it_without_an_indicator():
    # 84 months of 30.4375 days are 2556.75 days.
    def implanted(day: date) -> Tree:
        return {"pump.implanted": day}

    assert quiet("pump-end-before-refill", MORPHINE, implanted(date(2020, 2, 1)))
    found = finding("pump-end-before-refill", MORPHINE, implanted(date(2020, 1, 29)))
    assert found.found == "2027-01-28"


def test_a_pump_without_dates_has_no_known_end():
    assert quiet("pump-end-before-refill", MORPHINE, {"pump.implanted": None})


# stopped-over-48-h -------------------------------------------------------------------------------


@pytest.mark.parametrize("phase", PHASES)
def test_a_stop_has_no_end_in_an_order(phase):
    stop = {"order.phase": phase, "infusion": {"primary": "morphine", "mode": "stopped"}}

    found = finding("stopped-over-48-h", MORPHINE, stop)
    assert evidence(found) == ("warn", "device", "hsa-2016", "read")
    assert found.limit == q("48 h")


@pytest.mark.parametrize("mode", ["minimum-rate"])
def test_the_minimum_rate_keeps_the_tubing_moving(mode):
    here = {"infusion": {"primary": "morphine", "mode": mode}}

    assert findings("stopped-over-48-h", MORPHINE, here) == []


def test_a_pump_without_a_known_limit_is_warned_of_a_stop_too():
    here = {
        "pump": {"model": "prometra-ii-20"},
        "infusion": {"primary": "morphine", "mode": "stopped"},
    }

    found = finding("stopped-over-48-h", MORPHINE, here)
    assert evidence(found) == ("warn", "device", "hsa-2016", "read")
    assert found.limit is None
    assert checked(MORPHINE, here).ok
