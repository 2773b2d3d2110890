"""The pump's clock keeps its offset; the person's clock does not; neither stands for the other."""

from datetime import UTC, datetime, timedelta, timezone
from fractions import Fraction
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cisterna.quantity import (
    CivilTime,
    DeviceClock,
    DeviceTime,
    DimensionMismatch,
    Quantity,
    between,
    later,
)

NEW_YORK = ZoneInfo("America/New_York")
BERLIN = ZoneInfo("Europe/Berlin")

durations = st.builds(Quantity.of, st.fractions(0, 4000, max_denominator=10**6), st.just("day"))
civil_moments = st.datetimes(
    datetime(2000, 1, 1),  # noqa: DTZ001 - the zone is drawn beside it
    datetime(2060, 1, 1),  # noqa: DTZ001
    timezones=st.sampled_from((UTC, NEW_YORK, BERLIN, ZoneInfo("Australia/Lord_Howe"))),
)
device_times = st.integers(0, 20 * 365 * 86_400_000).map(DeviceTime)


def new_york(*parts: int, fold: int = 0) -> CivilTime:
    return CivilTime(datetime(*parts, tzinfo=NEW_YORK, fold=fold))  # type: ignore[arg-type,misc]


# Two kinds of time ------------------------------------------------------------------------------


def test_a_civil_time_without_a_zone_is_refused():
    with pytest.raises(ValueError, match="needs a zone"):
        CivilTime(datetime(2026, 11, 23, 10))  # noqa: DTZ001 - that is the point


def test_device_time_and_civil_time_do_not_compare():
    at = DeviceTime(0)
    with pytest.raises(TypeError):
        at < new_york(2026, 11, 23)  # type: ignore[operator]  # noqa: B015


def test_a_clock_reads_zero_when_it_starts_and_keeps_that_offset():
    clock = DeviceClock.started(new_york(2026, 7, 1, 8))
    assert clock.device(new_york(2026, 7, 1, 8)) == DeviceTime(0)
    assert clock.offset == timedelta(hours=-4)
    assert clock.civil(DeviceTime(0)).iso() == "2026-07-01T08:00:00-04:00"


def test_the_same_moment_reads_differently_in_another_zone_and_is_the_same_device_time():
    clock = DeviceClock.started(new_york(2026, 7, 1, 8))
    there = new_york(2026, 7, 1, 8).in_zone(BERLIN)
    assert there.iso() == "2026-07-01T14:00:00+02:00"
    assert clock.device(there) == DeviceTime(0)


# Daylight saving, leap days ---------------------------------------------------------------------


def test_when_clocks_go_back_the_pump_counts_both_hours():
    clock = DeviceClock.started(new_york(2026, 10, 31, 12))
    first, again = new_york(2026, 11, 1, 1, 30), new_york(2026, 11, 1, 1, 30, fold=1)
    assert clock.device(again).ms - clock.device(first).ms == 3_600_000
    assert clock.shift(first) == timedelta(0)
    assert clock.shift(again) == timedelta(hours=-1)


def test_when_clocks_go_forward_the_pump_skips_no_hour():
    clock = DeviceClock.started(new_york(2027, 3, 13, 12))
    before, after = new_york(2027, 3, 14, 1, 30), new_york(2027, 3, 14, 3, 30)
    assert clock.device(after).ms - clock.device(before).ms == 3_600_000
    assert clock.shift(after) == timedelta(hours=1)


def test_a_step_at_midnight_on_the_pumps_clock_stays_24_hours_after_the_last_across_the_change():
    clock = DeviceClock.started(new_york(2026, 10, 31))
    steps = [clock.civil(DeviceTime(day * 86_400_000)) for day in range(4)]
    assert [s.iso()[:19] for s in steps] == [
        f"2026-{d}T00:00:00" for d in ("10-31", "11-01", "11-02", "11-03")
    ]
    assert steps[3].in_zone(NEW_YORK).iso() == "2026-11-02T23:00:00-05:00"


def test_a_leap_day_is_a_day():
    start = datetime(2028, 2, 28, 10, tzinfo=UTC)
    assert later(start, Quantity.of(1, "day")) == datetime(2028, 2, 29, 10, tzinfo=UTC)
    assert later(start, Quantity.of(2, "day")) == datetime(2028, 3, 1, 10, tzinfo=UTC)
    assert later(start.replace(year=2027), Quantity.of(1, "day")).day == 1


@given(civil_moments, device_times)
def test_the_pumps_clock_never_changes_its_offset(moment: datetime, at: DeviceTime):
    clock = DeviceClock.started(CivilTime(moment))
    assert clock.civil(at).moment.utcoffset() == clock.offset == moment.utcoffset()


@given(civil_moments, device_times)
def test_device_time_to_civil_time_and_back_is_the_same(moment: datetime, at: DeviceTime):
    clock = DeviceClock.started(CivilTime(moment))
    assert clock.device(clock.civil(at)) == at


@given(civil_moments, civil_moments, civil_moments)
def test_device_time_keeps_the_order_of_moments(zero: datetime, a: datetime, b: datetime):
    clock = DeviceClock.started(CivilTime(zero))
    first, second = (clock.device(CivilTime(m)) for m in (a, b))
    if a.astimezone(UTC) <= b.astimezone(UTC):
        assert first <= second
    else:
        assert first >= second


# Later and between ------------------------------------------------------------------------------


def test_a_time_is_truncated_to_the_millisecond():
    start = datetime(2026, 11, 23, 10, tzinfo=UTC)
    third = Quantity.of(Fraction(1, 3), "s")
    assert later(start, third) == start + timedelta(milliseconds=333)
    assert DeviceTime(10).plus(third) == DeviceTime(343)


def test_the_millisecond_just_reached_counts_and_the_one_just_missed_does_not():
    start = datetime(2026, 11, 23, 10, tzinfo=UTC)
    assert later(start, Quantity.of(334, "ms")).microsecond == 334_000
    assert later(start, Quantity.of("333.999999", "ms")).microsecond == 333_000


@given(civil_moments, durations)
def test_later_is_never_after_the_exact_moment_and_less_than_a_millisecond_before(
    moment: datetime, duration: Quantity
):
    reached = between(moment, later(moment, duration))
    assert reached <= duration
    assert duration - reached < Quantity.of(1, "ms")


@given(civil_moments, durations)
def test_earlier_is_never_after_the_exact_moment_either(moment: datetime, duration: Quantity):
    back = between(later(moment, -duration), moment)
    assert back >= duration
    assert back - duration < Quantity.of(1, "ms")


@given(device_times, durations)
def test_device_time_plus_a_duration_is_never_after_the_exact_one(at: DeviceTime, span: Quantity):
    passed = Quantity.of(at.plus(span).ms - at.ms, "ms")
    assert passed <= span < passed + Quantity.of(1, "ms")


def test_the_time_between_is_what_passed_and_not_what_two_wall_clocks_show():
    start, end = new_york(2026, 11, 1).moment, new_york(2026, 11, 1, 6).moment
    assert between(start, end) == Quantity.of(7, "h")
    assert later(start, Quantity.of(7, "h")) == end


@pytest.mark.parametrize("hours", [-12, -5, 0, 5, 14])
def test_a_fixed_offset_is_kept_by_what_comes_later(hours: int):
    zone = timezone(timedelta(hours=hours))
    moved = later(datetime(2026, 3, 28, 10, tzinfo=zone), Quantity.of(200, "day"))
    assert moved == datetime(2026, 10, 14, 10, tzinfo=zone)
    assert moved.utcoffset() == timedelta(hours=hours)


def test_only_a_duration_can_pass():
    with pytest.raises(DimensionMismatch, match="expected a time"):
        later(datetime(2026, 11, 23, tzinfo=UTC), Quantity.parse("4 mL"))
    with pytest.raises(DimensionMismatch, match="expected a time"):
        DeviceTime(0).plus(Quantity.parse("4 mL/day"))
