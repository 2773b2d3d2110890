"""Every infusion mode as a repeating pattern of flow, and what a pump delivers by it."""

from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cisterna.order.delivery import Delivery, delivery, patient_flow
from cisterna.order.prescription import Prescription
from cisterna.order.schedule import Piece, Schedule, schedule
from cisterna.quantity import Quantity
from tests.order.cases import MORPHINE, REMOTE, Tree, ordered, q

HOUR = Fraction(1, 24)
WEEKDAYS, WEEKEND = ["mon", "tue", "wed", "thu", "fri"], ["sat", "sun"]


def flex(*steps: Tree, **more: Any) -> Prescription:
    infusion = {"primary": "morphine", "mode": "flex", "step": list(steps)}
    return ordered(MORPHINE, {"infusion": infusion, **more})


def step(start: str, rate: str, days: list[str] | None = None) -> Tree:
    return {"from": start, "dose_rate": rate, **({"days": days} if days else {})}


def periodic(**more: Any) -> Prescription:
    infusion = {
        "primary": "morphine",
        "mode": "periodic-bolus",
        "dose": "0.5 mg",
        "duration": "30 min",
        "interval": "6 h",
        "first": "01:00",
        "background": "0.96 mg/day",
        **more,
    }
    return ordered(MORPHINE, {"infusion": infusion})


def hours(pattern: Schedule, length: int) -> Any:
    """(start, end, mL/day) of the first hours after the fill."""
    runs = pattern.runs(Fraction(0), length * HOUR)
    return [(a / HOUR, b / HOUR, flow) for a, b, flow in runs]


# hand-derived ------------------------------------------------------------------------------------


def test_a_continuous_dose_flows_at_dose_over_concentration():
    # 4.4 mg/day of 20 mg/mL.
    pattern = schedule(ordered())

    assert pattern.mean == pattern.peak_day() == q("0.22 mL/day")
    assert pattern.flows == (q("0.22 mL/day"),)


def test_a_flex_day_is_the_sum_of_its_steps():
    # 10 h × 0.15 + 5 h × 0.25 + 9 h × 0.2 = 4.55 mg/day, of 20 mg/mL 0.2275 mL/day.
    rx = flex(step("00:00", "0.15 mg/h"), step("10:00", "0.25 mg/h"), step("15:00", "0.2 mg/h"))

    pattern = schedule(rx)
    assert pattern.mean == q("0.2275 mL/day")
    # From the fill at 10:00: 0.25 mg/h are 0.3 mL/day, 0.2 mg/h 0.24 and 0.15 mg/h 0.18.
    assert hours(pattern, 24) == [
        (0, 5, Fraction("0.3")),
        (5, 14, Fraction("0.24")),
        (14, 24, Fraction("0.18")),
    ]


def test_the_steps_of_a_day_need_not_stand_in_order():
    late, early = step("12:00", "0.3 mg/h"), step("00:00", "0.1 mg/h")

    assert schedule(flex(late, early)) == schedule(flex(early, late))


def test_a_flex_week_has_the_dose_of_its_days():
    # Weekdays 24 × 0.2 = 4.8 mg, weekend 7.2 mg: 38.4 mg or 1.92 mL a week.
    rx = flex(step("00:00", "0.2 mg/h", WEEKDAYS), step("00:00", "0.3 mg/h", WEEKEND))

    pattern = schedule(rx)
    assert pattern.length == 7
    assert pattern.cycle_volume == Fraction("1.92")
    assert pattern.mean.number("mL/day") == Fraction("1.92") / 7
    assert pattern.peak_day() == q("0.36 mL/day")
    # The fill is on a Monday at 10:00: 110 h later Saturday begins.
    assert hours(pattern, 7 * 24)[-2:] == [
        (134, 158, Fraction("0.36")),
        (158, 168, Fraction("0.24")),
    ]
    assert pattern.volume(Fraction(0), 110 * HOUR) == Fraction("0.24") * 110 * HOUR


def test_the_steps_follow_the_pump_s_own_clock():
    # 10:00 at an offset of −5 h is two hours before noon; at 00:00 it is 15:00.
    half = (step("00:00", "0.1 mg/h"), step("12:00", "0.3 mg/h"))
    local = q("0.12 mL/day").base
    filled = {"solution.filled_at": MORPHINE["solution"]["filled_at"].replace(hour=15)}

    here = flex(*half, **{**filled, "pump.offset": "-05:00"})
    there = flex(*half, **filled)
    assert hours(schedule(here), 3) == [(0, 2, local), (2, 3, 3 * local)]
    assert hours(schedule(there), 3) == [(0, 3, 3 * local)]


def test_periodic_boluses_flow_on_top_of_the_background():
    # 0.5 mg are 0.025 mL: 1.2 mL/day for half an hour, over 0.96 mg/day or 0.048 mL/day.
    pattern = schedule(periodic())

    assert pattern.mean == q("0.148 mL/day")
    # From the fill at 10:00: boluses at 13:00 and 19:00.
    low, high = Fraction("0.048"), Fraction("1.248")
    assert hours(pattern, 10) == [
        (0, 3, low),
        (3, Fraction("3.5"), high),
        (Fraction("3.5"), 9, low),
        (9, Fraction("9.5"), high),
        (Fraction("9.5"), 10, low),
    ]


def test_a_bolus_may_run_over_midnight():
    rx = periodic(first="23:45", interval="24 h", background="0 mg/day")

    pattern = schedule(rx)
    assert [p.start for p in pattern.pieces] == [0, HOUR / 4, Fraction(23 * 4 + 3, 4) * HOUR]
    assert pattern.cycle_volume == Fraction("0.025")


def test_an_interval_that_fits_no_day_has_a_cycle_of_its_own():
    # Every 5 h from 00:00: the fill at 10:00 is the start of the third bolus. Five fit in 24 h.
    rx = periodic(first="00:00", interval="5 h", background="0 mg/day")

    pattern = schedule(rx)
    assert pattern.length == 5 * HOUR
    assert hours(pattern, 6) == [
        (0, Fraction("0.5"), Fraction("1.2")),
        (Fraction("0.5"), 5, 0),
        (5, Fraction("5.5"), Fraction("1.2")),
        (Fraction("5.5"), 6, 0),
    ]
    assert pattern.mean == q("0.12 mL/day")
    assert pattern.peak_day() == q("0.125 mL/day")


def test_boluses_without_a_pause_are_a_constant_flow():
    rx = periodic(duration="6 h", first="00:00")

    assert schedule(rx).flows == (q("0.148 mL/day"),)


def test_a_stopped_pump_flows_nothing_and_the_minimum_rate_no_therapy():
    def mode(name: str) -> Schedule:
        return schedule(ordered(MORPHINE, {"infusion": {"primary": "morphine", "mode": name}}))

    assert mode("stopped").mean == q("0 mL/day")
    assert mode("minimum-rate").mean == q("0.006 mL/day")


def test_a_constant_flow_pump_gives_its_own_flow_whatever_is_ordered():
    rx = ordered(MORPHINE, {"pump": {"model": "codman-3000", "fixed_flow": "1 mL/day"}})

    assert schedule(rx).mean == q("1 mL/day")


def test_patient_doses_are_spread_over_the_day():
    # 5 × 0.2 mg of 20 mg/mL.
    assert patient_flow(ordered(MORPHINE, {"remote": REMOTE})) == q("0.05 mL/day")
    assert patient_flow(ordered()) == q("0 mL/day")


def test_during_a_bridge_no_patient_dose_is_given():
    rx = ordered(MORPHINE, {"remote": REMOTE})
    run = delivery(rx, (q("0.4 mL/day"), q("1 day")))

    assert list(run.runs(Fraction(2))) == [
        (0, 1, Fraction("0.4")),
        (1, Fraction(38, 24), Fraction("0.27")),
        (Fraction(38, 24), 2, Fraction("0.27")),
    ]
    assert run.volume(Fraction(2)) == Fraction("0.67")


# properties --------------------------------------------------------------------------------------


@st.composite
def patterns(draw: st.DrawFn, smallest: int = 0) -> Schedule:
    """A schedule whose pieces and phase stand on whole hours."""
    length = draw(st.sampled_from([1, 5, 7, 12, 24, 36, 48, 168]))
    starts = {0, *draw(st.sets(st.integers(0, length - 1), max_size=8))}
    flows = st.integers(smallest, 20).map(lambda n: Fraction(n, 100))
    pieces = tuple(Piece(n * HOUR, draw(flows)) for n in sorted(starts))
    return Schedule(length * HOUR, pieces, draw(st.integers(0, length - 1)) * HOUR)


moments = st.fractions(min_value=0, max_value=40, max_denominator=1440)


def hourly(pattern: Schedule) -> list[Fraction]:
    """mL in each hour of one cycle, from the fill on."""
    length = int(pattern.length / HOUR)
    steps = {int(p.start / HOUR): p.flow for p in pattern.pieces}
    phase = int(pattern.phase / HOUR)
    return [steps[max(s for s in steps if s <= (n + phase) % length)] / 24 for n in range(length)]


@given(patterns())
def test_the_largest_24_hours_are_those_of_a_window_slid_over_every_hour(pattern):
    volumes = hourly(pattern)
    windows = [
        sum(volumes[(start + n) % len(volumes)] for n in range(24)) for start in range(len(volumes))
    ]

    assert pattern.peak_day().number("mL/day") == max(windows)


@given(patterns())
def test_the_largest_24_hours_are_never_below_the_mean(pattern):
    assert pattern.peak_day() >= pattern.mean


@given(patterns(), moments)
def test_no_window_of_24_hours_is_above_the_largest(pattern, start):
    assert pattern.volume(start, start + 1) <= pattern.peak_day().number("mL/day")


@given(patterns(), st.tuples(moments, moments, moments))
def test_volume_is_additive(pattern, times):
    a, b, c = sorted(times)

    assert pattern.volume(a, b) + pattern.volume(b, c) == pattern.volume(a, c)
    assert pattern.volume(a, a) == 0


@given(patterns(), moments)
def test_one_cycle_brings_the_cycle_s_volume_wherever_it_begins(pattern, start):
    assert pattern.volume(start, start + pattern.length) == pattern.cycle_volume


@given(patterns(), moments)
def test_the_runs_tile_the_time_and_carry_the_volume(pattern, end):
    runs = list(pattern.runs(Fraction(0), end))

    edges = [Fraction(0), *(b for _, b, _ in runs)]
    assert [a for a, _, _ in runs] == edges[:-1]
    assert edges[-1] == end
    assert sum((b - a) * flow for a, b, flow in runs) == pattern.volume(Fraction(0), end)


@st.composite
def deliveries(draw: st.DrawFn, smallest: int = 0) -> Delivery:
    flow = draw(st.integers(1, 100).map(lambda n: Fraction(n, 100)))
    days = draw(st.fractions(min_value=0, max_value=3, max_denominator=96))
    patient = draw(st.integers(0, 10).map(lambda n: Fraction(n, 100)))
    return Delivery(draw(patterns(smallest)), flow, days, patient)


@given(deliveries(smallest=1), moments)
def test_while_something_flows_the_time_of_a_volume_is_the_time_it_took(run, end):
    assert run.time_of(run.volume(end)) == end


@given(deliveries(), moments)
def test_the_time_of_a_volume_is_the_first_moment_that_it_is_out(run, end):
    volume = run.volume(end)
    first = run.time_of(volume)

    if first is None:
        assert run.bridge_flow * run.bridge_days < volume
        assert run.schedule.cycle_volume == run.patient_flow == 0
        return
    assert first <= end
    assert run.volume(first) == volume
    earlier = first - min(first, Fraction(1, 10**6))
    assert run.volume(earlier) < volume or volume == 0


def test_the_last_bolus_before_a_pause_empties_the_pump_not_the_end_of_the_pause():
    # One bolus a day at midnight, filled at 10:00: 0.025 mL are out 14 h 30 min later.
    rx = periodic(first="00:00", interval="24 h", background="0 mg/day")

    assert delivery(rx).time_of(Fraction("0.025")) == Fraction(29, 48)


def test_a_volume_that_never_flows_has_no_time():
    rx = ordered(MORPHINE, {"infusion": {"primary": "morphine", "mode": "stopped"}})

    assert delivery(rx).time_of(Fraction(1)) is None
    assert delivery(rx).time_of(Fraction(0)) == 0


@given(st.integers(1, 400), st.integers(1, 400))
def test_flow_grows_with_the_dose_and_falls_with_the_concentration(dose, strength):
    def mean(d: int, c: int) -> Quantity:
        changes = {
            "infusion.daily_dose": f"{d} mcg/day",
            "solution.drug.0.concentration": f"{c} mcg/mL",
        }
        return schedule(ordered(MORPHINE, changes)).mean

    assert mean(dose, strength) == Quantity.of(Fraction(dose, strength), "mL/day")


@pytest.mark.parametrize("mode", ["continuous", "flex"])
def test_a_flat_flex_day_is_a_continuous_day(mode):
    # 4.4 mg/day is 11/60 mg/h, which no decimal writes; 4.8 mg/day is 0.2 mg/h.
    infusions = {
        "continuous": {"primary": "morphine", "mode": "continuous", "daily_dose": "4.8 mg/day"},
        "flex": {"primary": "morphine", "mode": "flex", "step": [step("00:00", "0.2 mg/h")]},
    }

    pattern = schedule(ordered(MORPHINE, {"infusion": infusions[mode]}))
    assert pattern.length == 1
    assert pattern.mean == q("0.24 mL/day")
