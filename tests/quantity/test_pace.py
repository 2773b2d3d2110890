"""A pace is a cycle of rates: what it asks for is what its rates add up to, over any time."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cisterna.quantity import Pace
from tests.quantity.test_stroke import paces, rate

DAY_MS, HOUR_MS = 86_400_000, 3_600_000
FLEX = Pace(0, DAY_MS, ((0, 60_000), (6 * HOUR_MS, 20_000)))
short = paces(11, st.integers(1, 9))
times = st.integers(-60, 60)


def test_a_day_is_worked_out_by_hand():
    """Six hours at 60,000 nL/h and eighteen at 20,000: 720,000 nL, whatever the day."""
    assert FLEX.asked(0, DAY_MS) == 720_000 * HOUR_MS
    assert FLEX.asked(7 * DAY_MS, 8 * DAY_MS) == 720_000 * HOUR_MS
    assert FLEX.asked(5 * HOUR_MS, 7 * HOUR_MS) == 80_000 * HOUR_MS
    assert FLEX.asked(-HOUR_MS, HOUR_MS) == 80_000 * HOUR_MS
    assert FLEX.reached(5 * HOUR_MS, 80_000 * HOUR_MS) == 7 * HOUR_MS
    assert FLEX.reached(5 * HOUR_MS, 80_000 * HOUR_MS + 1) == 7 * HOUR_MS + 1


@given(short, times, st.integers(0, 50))
def test_what_is_asked_is_the_rate_of_each_millisecond_added_up(pace: Pace, begin: int, lasts: int):
    each = [rate(pace, at) for at in range(begin, begin + lasts)]
    assert pace.asked(begin, begin + lasts) == sum(each)
    assert pace.fastest(begin, begin + lasts) == max(each, default=0)


@given(short, times, st.integers(1, 300))
def test_an_amount_is_reached_in_the_first_millisecond_that_makes_it_up(
    pace: Pace, begin: int, amount: int
):
    at = pace.reached(begin, amount)
    assert pace.asked(begin, at) >= amount
    assert pace.asked(begin, at - 1) < amount


@given(short, times, st.integers(0, 50))
def test_its_pieces_tile_a_time_and_have_one_rate_each(pace: Pace, begin: int, lasts: int):
    at = begin
    for start, end, nl_per_h in pace.pieces(begin, begin + lasts):
        assert start == at < end
        assert {rate(pace, ms) for ms in range(start, end)} == {nl_per_h}
        at = end
    assert at == begin + lasts


@pytest.mark.parametrize(
    ("cycle", "steps"),
    [
        (10, ()),
        (10, ((1, 5),)),
        (10, ((0, 5), (0, 6))),
        (10, ((0, 5), (7, 6), (3, 1))),
        (10, ((0, 5), (10, 6))),
        (0, ((0, 5),)),
    ],
)
def test_steps_that_do_not_tile_their_cycle_are_refused(
    cycle: int, steps: tuple[tuple[int, int], ...]
):
    with pytest.raises(ValueError, match="tile"):
        Pace(0, cycle, steps)
