"""What keeps a pump in order, at the edges that its larger tests do not reach."""

from dataclasses import replace

import pytest

from cisterna.pump import events as e
from cisterna.quantity import HOUR_MS
from tests.pump.pumps import FLEX, running

NIGHT = replace(FLEX, steps=((0, 60_000), (6 * HOUR_MS, 2_000)), floor_nl_per_h=6_000)


@pytest.mark.requirement("ST-09", "SR-03")
def test_a_floor_above_what_flows_now_is_refused_to_whoever_may_only_reduce():
    """The floor is below the mean of the day and above the rate of its quiet hours."""
    bench = running(NIGHT).until(12 * HOUR_MS)
    assert bench.refused(e.MinimumOrdered(bench.now)) == "not-less"
    assert not bench.state.minimum
    bench.until(25 * HOUR_MS)
    assert bench.refused(e.MinimumOrdered(bench.now)) is None


@pytest.mark.requirement("ST-09", "SR-03")
def test_a_floor_is_held_against_the_schedule_alone_and_not_against_a_running_dose():
    bench = running(NIGHT).until(12 * HOUR_MS)
    bench.do(e.DoseAsked(bench.now, 1, 13 * HOUR_MS))
    assert bench.refused(e.MinimumOrdered(bench.now + 1)) == "not-less"
