"""The accident of the start page: half the strength, the same dose, the bridge forgotten."""

from fractions import Fraction

import pytest

from cisterna.clinic.demo.accident import BRIDGED, DOORS, FORGOTTEN, SHOWN_H, Accident, accident
from cisterna.facts import Library
from cisterna.quantity import Quantity

MEANT = Quantity.parse("4 mg/day")


@pytest.fixture(scope="module")
def shown() -> Accident:
    """What the page shows."""
    return accident(Library())


def test_the_old_solution_at_the_new_flow_is_twice_the_dose(shown: Accident):
    # 4 mg/day of 10 mg/mL is 0.4 mL/day; of the 20 mg/mL in the line that is 8 mg/day.
    assert shown.share == 2
    assert shown.hours[0].given[FORGOTTEN] == Quantity.parse("8 mg/day")
    assert "2 times the dose" in shown.harm


def test_it_lasts_until_the_line_is_clear_and_the_hours_say_so(shown: Accident):
    whole = int(shown.lasts.number("h"))
    doubled = [h.hour for h in shown.hours if h.given[FORGOTTEN] == Quantity.parse("8 mg/day")]
    assert doubled == list(range(whole))
    assert all(h.given[FORGOTTEN] == MEANT for h in shown.hours[whole + 1 :])
    assert MEANT < shown.hours[whole].given[FORGOTTEN] < Quantity.parse("8 mg/day")


def test_with_the_bridge_no_hour_differs_from_the_dose_that_was_meant(shown: Accident):
    assert len(shown.hours) == SHOWN_H
    assert all(h.given[BRIDGED] == h.meant == MEANT for h in shown.hours)
    # 0.2 mL/day: at the old rate the old solution gives the old dose, for twice as long.
    assert "0.2 mL/day" in shown.mended


def test_along_the_spine_the_accident_shows_and_the_bridge_changes_nothing(shown: Accident):
    tip = next(level for level in shown.levels if level.level == shown.tip)
    before = tip.given[BRIDGED][0]
    assert tip.given[FORGOTTEN][0] == before
    assert max(tip.given[FORGOTTEN]) > before * Fraction(9, 5)
    for level in shown.levels:
        first = level.given[BRIDGED][0].number("ng/mL")
        assert all(abs(q.number("ng/mL") - first) <= first / 1000 for q in level.given[BRIDGED])
        assert len(level.given[FORGOTTEN]) == len(level.given[BRIDGED]) == SHOWN_H + 1


def test_there_are_three_doors():
    assert [door.id for door in DOORS] == ["follow", "nurse", "patient"]
