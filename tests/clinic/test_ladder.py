"""Before a refill somebody is asked, step by step, and earlier where its end would harm at once."""

from datetime import datetime, timedelta

import pytest

from cisterna.clinic.acts import ACTS, after
from cisterna.clinic.bodies.refill import NextRefillSet, RefillReminded
from cisterna.clinic.course import Person
from cisterna.clinic.event import Role
from cisterna.clinic.ladder import earlier_for
from cisterna.clinic.next_refill import next_refill
from cisterna.clinic.tasks import due
from cisterna.clinic.tasks.task import Task
from cisterna.facts.refill import RefillRules
from tests.clinic.people import NURSE, RULES
from tests.clinic.refilled import maintained
from tests.clinic.refusals import refused
from tests.clinic.treated import ALONE, FILLED, keep, runs, treated
from tests.orders import LIBRARY, order

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
LADDER = [(r.id, r.before.value.number("day")) for r in RefillRules(LIBRARY).ladder()]


def by(person: Person) -> datetime:
    found = next_refill(person, LIBRARY)
    assert found is not None
    assert found.refill_by is not None
    return found.refill_by


def step(person: Person, at: datetime) -> Task | None:
    """The step before the refill that is asked for, beside the refill itself."""
    found = [t for t in due(person, RULES, at) if t.kind.startswith("refill-")]
    assert len(found) <= 1
    return found[0] if found else None


def reminded(person: Person, at: datetime, *, alone: bool = False) -> Person:
    told = RefillReminded("she comes on Monday, with her son", alone)
    return after(person, ACTS["remind-refill"](person, NURSE, told, at))


@pytest.mark.pathway("PW-055")
@pytest.mark.parametrize(("name", "days"), LADDER)
def test_each_step_is_asked_for_from_its_day_on(name: str, days: int):
    person = treated()
    begins = by(person) - int(days) * DAY
    before, now = step(person, begins - HOUR), step(person, begins)
    assert now is not None
    assert now.kind == f"refill-{name}"
    assert before is None or before.kind != now.kind
    # What is listed tells itself when time alone puts the next step in its place.
    first = next(t for t in due(person, RULES, begins - HOUR) if t.kind == "refill")
    assert first.until == begins


def test_the_day_is_the_physicians_and_stays_until_she_is_refilled():
    person = treated()
    person = reminded(person, by(person) - HOUR)
    late = step(person, by(person) + 5 * DAY)
    assert late is not None
    assert (late.kind, late.role) == ("refill-card", Role.PHYSICIAN)


def test_a_step_is_done_once_somebody_has_spoken_with_her_and_the_next_asks_again():
    person = treated()
    person = reminded(person, by(person) - 14 * DAY)
    assert step(person, by(person) - 8 * DAY) is None
    call = step(person, by(person) - 7 * DAY)
    assert call is not None
    assert call.kind == "refill-call"


def test_a_booked_day_is_a_booking_and_no_day_is_said():
    person = treated()
    open_ = step(person, by(person) - 20 * DAY)
    assert open_ is not None
    assert "No day is booked." in open_.what
    booked = keep(
        person, FILLED + DAY, NextRefillSet(by(person), "low-reservoir", by(person) - DAY)
    )
    assert step(booked, by(person) - 20 * DAY) is None


STRONG = {"name": "baclofen", "concentration": "2000 mcg/mL", "preservative_free": True}
BACLOFEN = order(
    ALONE, solution__drug=[STRONG],
    infusion__primary="baclofen", infusion__daily_dose="200 mcg/day",
    order__previous_daily_dose=None, patient__indication="cerebral-palsy",
)  # fmt: skip
HIGH = order(ALONE, infusion__daily_dose="16 mg/day", order__previous_daily_dose="16 mg/day")


@pytest.mark.pathway("PW-055")
@pytest.mark.parametrize(
    ("tree", "why"), [(BACLOFEN, "Baclofen"), (HIGH, "high dose"), (ALONE, "")]
)
def test_for_whom_each_step_comes_one_step_earlier(tree, why: str):
    person = runs(maintained(), tree, FILLED)
    assert why.lower() in earlier_for(person, LIBRARY).lower()
    assert bool(earlier_for(person, LIBRARY)) == bool(why)
    found = step(person, by(person) - 7 * DAY)
    assert found is not None
    assert found.kind == ("refill-alert" if why else "refill-call")


def test_somebody_who_travels_alone_is_asked_for_earlier_from_then_on():
    person = treated()
    person = reminded(person, by(person) - 20 * DAY, alone=True)
    found = step(person, by(person) - 14 * DAY)
    assert found is not None
    assert found.kind == "refill-call"
    assert "travels alone" in found.what


def test_a_reminder_says_what_she_said():
    person = treated()
    with refused("words-missing"):
        ACTS["remind-refill"](person, NURSE, RefillReminded(" ", alone=False), FILLED + DAY)
