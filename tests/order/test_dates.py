"""When the person must come back, and why then."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from cisterna.order.bridge import bridge
from cisterna.order.dates import low_reservoir, refill_dates
from tests.order.cases import (
    BACLOFEN,
    LIBRARY,
    MIXTURE,
    MORPHINE,
    REMOTE,
    ZICONOTIDE,
    Changes,
    Tree,
    after,
    ordered,
    q,
)

FILL = datetime(2026, 11, 23, 10, tzinfo=UTC)
LEAD = timedelta(days=3)


def dates(base: Tree = MORPHINE, changes: Changes | None = None) -> Any:
    return refill_dates(ordered(base, changes or {}), LIBRARY)


def days(moment: Any) -> float:
    """Days from the fill, cut to three places."""
    return int((moment - FILL) / timedelta(days=1) * 1000) / 1000


# the causes --------------------------------------------------------------------------------------


def test_the_reservoir_is_low_when_the_alarm_volume_is_left():
    # 15 mL at 0.22 mL/day.
    found = dates()

    assert days(found.low_reservoir_at) == 68.181
    assert days(found.empty_at) == 90.909
    assert found.low_reservoir_at == found.low_reservoir_at_basal


def test_patient_doses_bring_the_alarm_forward_and_the_basal_date_stands_beside_it():
    # 0.22 + 5 × 0.010 = 0.27 mL/day: 15 ÷ 0.27 and 20 ÷ 0.27 days.
    found = dates(MORPHINE, {"remote": REMOTE})

    assert days(found.low_reservoir_at) == 55.555
    assert days(found.low_reservoir_at_basal) == 68.181
    assert days(found.empty_at) == 74.074
    assert days(found.empty_at_basal) == 90.909


def test_a_week_of_unlike_days_is_counted_day_by_day():
    # 1.92 mL a week: 18 mL are 9 weeks and 0.72 mL, three weekdays of 0.24 mL more.
    steps = [
        {"from": "00:00", "dose_rate": "0.2 mg/h", "days": ["mon", "tue", "wed", "thu", "fri"]},
        {"from": "00:00", "dose_rate": "0.3 mg/h", "days": ["sat", "sun"]},
    ]
    infusion = {"primary": "morphine", "mode": "flex", "step": steps}
    found = dates(MORPHINE, {"infusion": infusion, "alarm.low_reservoir": "2 mL"})

    assert found.low_reservoir_at == FILL + timedelta(days=66)
    assert found.low_reservoir_at.strftime("%A") == "Thursday"
    # On a Friday at 10:00 the same 0.72 mL hold 14 h at 0.24 and 0.58 mL at 0.36 mL/day.
    friday = {"solution.filled_at": FILL + timedelta(days=4), "solution.prepared": None}
    later = dates(MORPHINE, {"infusion": infusion, "alarm.low_reservoir": "2 mL", **friday})
    spent = timedelta(days=63, hours=14) + timedelta(days=0.58 / 0.36)
    assert abs(later.low_reservoir_at - FILL - timedelta(days=4) - spent) < timedelta(seconds=1)


def test_a_pump_at_its_accuracy_limit_is_empty_earlier():
    # 20 ÷ 1.145 ÷ 0.22 days.
    assert days(dates().earliest_empty_at) == 79.396


def test_a_bridge_runs_before_the_schedule():
    # 0.31908 mL go at 0.4 mL/day, the other 14.68092 mL at 0.22: 0.7977 + 66.7315 days.
    old = ordered(
        MORPHINE,
        {"solution.drug.0.concentration": "10 mg/mL", "infusion.daily_dose": "4 mg/day"},
    )
    new = after(old, ordered())
    bridged = bridge(old, new, LIBRARY)

    assert days(refill_dates(new, LIBRARY, bridged).low_reservoir_at) == 67.529


def test_the_shortest_stability_that_applies_counts_from_the_fill():
    assert dates().stable_until == FILL + timedelta(days=90)
    assert dates(BACLOFEN).stable_until == FILL + timedelta(days=90)
    assert dates(ZICONOTIDE).stable_until == FILL + timedelta(days=84)


def test_the_pump_ends_90_days_after_its_indicator_or_with_its_longest_life():
    implanted = {"pump.implanted": date(2024, 3, 2)}
    assert dates(MORPHINE, implanted).replace_pump_by == date(2031, 3, 2)
    early = {**implanted, "pump.eri": date(2026, 12, 1)}
    assert dates(MORPHINE, early).replace_pump_by == date(2027, 3, 1)
    assert dates(MORPHINE, {"pump.implanted": None}).replace_pump_by is None


# which binds -------------------------------------------------------------------------------------

BINDING = [
    ("low-reservoir", MORPHINE, {"alarm.low_reservoir": "6 mL"}),
    ("earliest-empty", MORPHINE, {"alarm.low_reservoir": "2 mL"}),
    ("drug-stability", MORPHINE, {"infusion.daily_dose": "3 mg/day"}),
    ("first-fill", ZICONOTIDE, {"pump.ziconotide_exposed": False}),
    ("pump-end", MORPHINE, {"pump.eri": date(2026, 10, 1)}),
]


@pytest.mark.parametrize(("cause", "base", "changes"), BINDING)
def test_the_earliest_cause_binds_and_the_refill_comes_three_days_before(cause, base, changes):
    found = dates(base, changes)
    moments = {
        "low-reservoir": found.low_reservoir_at,
        "earliest-empty": found.earliest_empty_at,
        "drug-stability": found.stable_until,
        "first-fill": FILL + timedelta(days=14),
        "pump-end": datetime(2026, 12, 30, tzinfo=UTC),
    }

    assert found.binding == cause
    assert found.refill_by == moments[cause] - LEAD


def test_a_mixture_that_nobody_measured_is_still_bound_by_its_parts():
    # Morphine below the measured range: no date for the mixture, 84 days for bupivacaine alone.
    weak = {
        "solution.drug.0.concentration": "5 mg/mL",
        "infusion.daily_dose": "0.5 mg/day",
        "alarm.low_reservoir": "2 mL",
    }
    found = dates(MIXTURE, weak)

    assert found.stable_until is None
    assert found.binding == "drug-stability"
    assert found.refill_by == FILL + timedelta(days=84) - LEAD


def test_the_refill_is_never_before_the_fill():
    # 2 mL at 2 mL/day: the pump may be empty before one day is over.
    small = {
        "solution.fill_volume": "2 mL",
        "solution.drug.0.concentration": "2.2 mg/mL",
        "alarm.low_reservoir": "1 mL",
    }

    assert dates(MORPHINE, small).refill_by == FILL


def test_a_stopped_pump_never_runs_low():
    found = dates(MORPHINE, {"infusion": {"primary": "morphine", "mode": "stopped"}})

    assert found.low_reservoir_at is None
    assert found.empty_at is None
    assert found.earliest_empty_at is None
    assert found.binding == "drug-stability"


def test_what_is_not_known_of_a_pump_stays_unknown():
    # The SynchroMed III: no accuracy, no alarm volume, no service life in the books.
    found = dates(
        MORPHINE,
        {"pump": {"model": "synchromed-iii-20", "implanted": date(2024, 3, 2)}, "alarm": None},
    )

    assert found.low_reservoir_at is None
    assert found.earliest_empty_at is None
    assert found.replace_pump_by is None
    assert found.empty_at is not None


def test_the_alarm_is_the_order_s_else_the_datasheet_s():
    assert low_reservoir(ordered()) == q("5 mL")
    assert low_reservoir(ordered(MORPHINE, {"alarm": None})) == q("2 mL")
    prometra = {"alarm": None, "pump.model": "prometra-ii-20"}
    assert low_reservoir(ordered(MORPHINE, prometra)) == q("3 mL")


def test_an_alarm_above_the_fill_rings_at_once():
    assert dates(MORPHINE, {"alarm.low_reservoir": "20 mL"}).low_reservoir_at == FILL
    assert dates(MORPHINE, {"alarm.low_reservoir": "21 mL"}).low_reservoir_at == FILL


def test_the_dates_name_the_facts_that_they_rest_on():
    paths = {f.path for f in dates(MORPHINE, {"pump.eri": date(2030, 1, 1)}).used}

    assert paths >= {
        "morphine.limit.stability-published",
        "synchromed-ii.accuracy",
        "synchromed-ii.eri_to_end",
        "synchromed-ii.service_life",
        "guidance.refill_lead",
    }
