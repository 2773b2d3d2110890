"""Each guard of the years after the implant refuses what it is there for, and lets go after."""

from collections.abc import Callable
from typing import Any

import pytest

from cisterna.clinic.bodies.planning import Place
from cisterna.clinic.course import Person
from cisterna.clinic.guards import GUARDS, check
from tests.clinic.people import RULES
from tests.clinic.refusals import refused
from tests.clinic.years import living, move
from tests.clinic.years_asked import YEARS_ASKED


def before(act: str) -> Person:
    """The state in which an act of a worked course is asked."""
    found: Any = YEARS_ASKED[act][0]
    assert isinstance(found, Person)
    return found


def at(place: Place) -> Person:
    return living(place=place).person


def home() -> Person:
    return living().person


def emergency() -> Person:
    return move(living(place=Place.IMPLANTED_OBSERVATION), Place.EMERGENCY).person


# A guard, the state that it refuses with its code, and one that it lets through.
TRIED: list[tuple[str, Callable[[], Person], str, Callable[[], Person]]] = [
    ("scan-over", lambda: before("end-scan"), "scan-open", lambda: before("prepare-scan")),
    ("scan-over", lambda: before("interrogate-after-scan"), "scan-open", home),
    ("line-settled", lambda: before("settle-line"), "line-open", lambda: before("judge-trouble")),
    ("reached-maintenance", lambda: at(Place.TITRATION), "no-short-cut", home),
    (
        "reached-titration",
        lambda: at(Place.IMPLANTED_OBSERVATION),
        "no-short-cut",
        lambda: at(Place.TITRATION),
    ),
    ("not-discharged", home, "no-short-cut", emergency),
    ("revision-case", home, "no-revision", lambda: before("record-revision")),
    ("revision-dropped", lambda: before("record-revision"), "revision-open", home),
    ("revision-recorded", lambda: before("record-revision"), "revision-open", home),
]

# Tried with their acts: test_revise.py (her decision), test_end.py (the end, a death),
# test_emergency.py (the pump).
ELSEWHERE = {"revision-decision", "end-recorded", "death", "pump-settled"}


@pytest.mark.parametrize(("name", "wrong", "code", "right"), TRIED)
def test_a_guard_refuses_what_it_is_there_for_and_nothing_else(
    name: str, wrong: Callable[[], Person], code: str, right: Callable[[], Person]
):
    person = wrong()
    with refused(code):
        check((name,), person, RULES, person.events[-1].recorded)
    check((name,), right(), RULES, person.events[-1].recorded)


def test_every_guard_of_the_years_is_tried():
    of_the_years = {n for n, looks in GUARDS.items() if looks.__module__.endswith("follow")}
    assert {name for name, *_ in TRIED} | ELSEWHERE == of_the_years
