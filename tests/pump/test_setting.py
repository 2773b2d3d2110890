"""From an order to integers: exact where it can be, else down for flow and up for limits."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cisterna.order.bridge import bridge
from cisterna.order.schedule import schedule
from cisterna.pump.programme import Device, Programme, faults
from cisterna.pump.setting import EPOCH, device, programme, wall_ms
from cisterna.quantity import DAY_MS, HOUR_MS, Pace
from tests.orders import LIBRARY, order, read

START = datetime(2026, 11, 23, 10, tzinfo=UTC)
BEGIN = datetime(2026, 1, 1, tzinfo=UTC)


def made(version: int = 1, **changes: Any) -> tuple[Programme, Device]:
    """The programme and the device of an order."""
    rx = read(order(**changes))
    return programme(rx, LIBRARY, version), device(rx, LIBRARY, START)


def flex(*steps: tuple[str, str]) -> dict[str, Any]:
    """Changes that make the infusion a flex one."""
    rows = [{"from": at, "dose_rate": rate} for at, rate in steps]
    return {"infusion__mode": "flex", "infusion__daily_dose": None, "infusion__step": rows}


FLEX = flex(("00:00", "0.25 mg/h"), ("06:00", "0.1 mg/h"))


@pytest.mark.requirement("SR-57", "H02", "A14", "A15")
def test_an_order_is_worked_out_by_hand():
    """4.4 mg/day of 20 mg/mL is 0.22 mL/day, 9,166.67 nL/h; 5.4 mg in 24 h are 5.4e12 fg."""
    p, pump = made()
    assert p.steps == ((0, 9_166),)
    assert p.ng_per_ml == 20_000_000
    assert p.per_24h_fg == 5_400_000_000_000
    assert p.floor_nl_per_h == 2_083  # 0.05 mL/day
    assert p.low_reservoir_nl == 2_000_000
    assert p.patient is not None
    assert p.patient.volume_nl == 10_000  # 0.2 mg
    assert p.patient.lockout_ms == 2 * HOUR_MS
    assert (p.patient.duration_ms, p.patient.most_per_day) == (600_000, 5)
    assert faults(p, pump) == []


@pytest.mark.requirement("SR-57", "A14")
@pytest.mark.parametrize(
    ("dose", "nl"), [("4.4 mg/day", 9_166), ("4400 mcg/day", 9_166), ("4.4 mcg/day", 9)]
)
def test_milligrams_and_micrograms_never_mix(dose: str, nl: int):
    assert made(infusion__daily_dose=dose)[0].steps == ((0, nl),)


@pytest.mark.requirement("SR-66", "SR-67")
def test_the_wall_of_a_pump_begins_on_a_monday():
    assert EPOCH.weekday() == 0
    rx = read(order())
    monday = datetime(2024, 1, 1, tzinfo=rx.pump_zone)
    assert wall_ms(monday, rx) == 0
    assert wall_ms(monday + timedelta(hours=15), rx) == 15 * HOUR_MS
    assert wall_ms(monday + timedelta(days=366), rx) == 366 * DAY_MS


@pytest.mark.requirement("SR-66", "H08")
@settings(max_examples=40)
@given(
    st.sampled_from(
        [FLEX, flex(("00:00", "0.2 mg/h"), ("03:17", "0.3 mg/h"), ("23:59", "0.01 mg/h"))]
    ),
    st.integers(0, 4 * 366 * 86_400_000_000).map(lambda us: BEGIN + timedelta(microseconds=us)),
    st.integers(0, 400 * DAY_MS),
)
def test_the_pump_flows_what_the_order_schedules_at_every_moment(
    infusion: dict[str, Any], filled: datetime, after: int
):
    """Across leap days and changes of the clock: the order's own schedule, rounded down."""
    prepared = filled - timedelta(hours=1)
    when = {"solution__filled_at": filled, "solution__prepared": prepared}
    rx = read(order(**infusion, **when, order__changed_at=date(2025, 11, 20)))
    p = programme(rx, LIBRARY, 1)
    wall = wall_ms(rx.solution.filled_at, rx)
    rate, _ = Pace(p.zero_ms, p.cycle_ms, p.steps).at(wall + after)
    begin = Fraction(after, DAY_MS)
    _, _, flow = next(schedule(rx).runs(begin, begin + Fraction(1, DAY_MS)))
    assert rate == (flow * 10**6 / 24).__floor__()


@pytest.mark.requirement("SR-07", "SR-57")
@given(st.integers(10**6, 10**10))
@settings(max_examples=40)
def test_concentrations_are_rounded_up_and_flows_down(picograms: int):
    """Strengths down to a picogram: most of them are no whole ng/mL."""
    strength = f"{Decimal(picograms) / 10**6:f} mcg/mL"
    rx = read(order(solution__drug__0__concentration=strength, limits=None, remote=None))
    exact = rx.primary.concentration.number("ng/mL")
    p = programme(rx, LIBRARY, 1)
    assert 0 <= p.ng_per_ml - exact < 1
    assert 0 <= schedule(rx).mean.number("nL/h") - p.steps[0][1] < 1


@pytest.mark.requirement("SR-07")
def test_the_default_limit_is_the_heaviest_day_with_all_doses_and_one_stroke():
    """4.4 mg and five doses of 0.2 mg are 5.4 mg; a stroke of 1,000 nL holds 0.02 mg."""
    p, _ = made(limits=None)
    assert p.per_24h_fg == 5_400_000_000_000 + 20_000_000_000


@pytest.mark.requirement("SR-58", "H06")
def test_a_bridge_is_the_volume_and_the_old_rate_rounded_down():
    old = read(order())
    new = read(
        order(solution__drug__0__concentration="40 mg/mL", infusion__daily_dose="4.4 mg/day")
    )
    found = bridge(old, new, LIBRARY)
    p = programme(new, LIBRARY, 2, found)
    assert p.bridge is not None
    assert p.bridge.volume_nl == found.volume.number("nL").__floor__()
    assert p.bridge.rate_nl_per_h == 9_166
    assert p.steps == ((0, 4_583),)
    same = bridge(old, old, LIBRARY)
    assert programme(old, LIBRARY, 2, same).bridge is None


@pytest.mark.requirement("SR-44", "H23")
def test_the_life_of_a_pump_is_what_its_record_leaves():
    pump = made()[1]
    assert pump.life_ms > 0
    whole = device(read(order(pump__implanted=None)), LIBRARY, START).life_ms
    assert whole >= pump.life_ms


@pytest.mark.requirement("SR-26", "SR-59")
def test_a_pump_has_the_figures_of_its_model_and_its_own_serial():
    rx = read(order())
    pump = device(rx, LIBRARY, START)
    assert pump.serial == "NGP000000H"
    assert pump.capacity_nl == 20_000_000
    assert (pump.mri, pump.stroke_nl) == ("stall", 1_000)


def test_a_floor_is_brought_to_what_the_pump_can_make():
    assert made(safe__floor="0.0500001 mL/day")[0].floor_nl_per_h == 2_083
