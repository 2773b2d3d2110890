"""An emergency opens from anywhere and lets nobody come further than she was."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from cisterna.clinic.acts import ACTS, after
from cisterna.clinic.acts.emergency import Report
from cisterna.clinic.bodies.emergency import EmergencyClosed, EmergencyOpened
from cisterna.clinic.bodies.planning import Place
from cisterna.clinic.bodies.pumpread import PumpRead
from cisterna.clinic.bodies.revision import PlannedPart, RevisionPlanned
from cisterna.clinic.course import Person
from cisterna.clinic.gate.bodies import GlassBroken, StopSent
from cisterna.clinic.since import AFTER_IMPLANT
from tests.clinic.people import CAREGIVER, NURSE, PHYSICIAN, Course
from tests.clinic.refusals import refused
from tests.clinic.treated import FILLED, keep, read, treated
from tests.clinic.years import did, living, move, to_order

OPENED = EmergencyOpened(("E",), "itch, stiff, fever")
PLAN = RevisionPlanned((PlannedPart("pump", "NGP1", "replace"),), "stall", "oral")


def at(place: Place) -> Course:
    """Somebody at a place after the implant."""
    if place in (Place.IMPLANTED_OBSERVATION, Place.TITRATION, Place.MAINTENANCE):
        return living(place=place)
    if place is Place.REVISION_PLANNED:
        course = living()
        did(course, "plan-revision", PHYSICIAN, PLAN)
        return course
    return move(living(), place)


def closed(goes_on: Place) -> EmergencyClosed:
    return EmergencyClosed(
        "baclofen withdrawal",
        "delivery restored",
        goes_on,
        "recovered",
        "read there: it runs",
    )


@pytest.mark.parametrize("place", [p for p in AFTER_IMPLANT if p is not Place.EMERGENCY])
def test_an_emergency_opens_from_wherever_she_stands(place: Place):
    course = at(place)
    did(course, "open-emergency", NURSE, OPENED)
    assert course.person.place is Place.EMERGENCY
    did(course, "open-emergency", NURSE, EmergencyOpened(("P",), "swelling too"))
    assert course.person.place is Place.EMERGENCY


FAR = {
    Place.IMPLANTED_OBSERVATION: {Place.IMPLANTED_OBSERVATION},
    Place.TITRATION: {Place.TITRATION, Place.TROUBLESHOOTING},
    Place.MAINTENANCE: {Place.TITRATION, Place.MAINTENANCE, Place.TROUBLESHOOTING},
    Place.REVISION_PLANNED: {
        *(Place.TITRATION, Place.MAINTENANCE, Place.TROUBLESHOOTING, Place.REVISION_PLANNED)
    },
}
WAYS = (
    *(Place.IMPLANTED_OBSERVATION, Place.TITRATION, Place.MAINTENANCE, Place.TROUBLESHOOTING),
    Place.REVISION_PLANNED,
)


@pytest.mark.parametrize("goes_on", WAYS)
@pytest.mark.parametrize("place", FAR)
def test_an_emergency_is_no_short_cut(place: Place, goes_on: Place):
    course = at(place)
    did(course, "open-emergency", NURSE, OPENED)
    if goes_on in FAR[place]:
        did(course, "close-emergency", PHYSICIAN, closed(goes_on))
        assert course.person.place is goes_on
    else:
        code = "no-revision" if goes_on is Place.REVISION_PLANNED else "no-short-cut"
        with refused(code):
            did(course, "close-emergency", PHYSICIAN, closed(goes_on))


@pytest.mark.parametrize("goes_on", [Place.TITRATION, Place.MAINTENANCE])
def test_after_a_revision_she_begins_again_under_observation(goes_on: Place):
    course = move(at(Place.REVISION_PLANNED), Place.IMPLANTED_OBSERVATION)
    did(course, "open-emergency", NURSE, OPENED)
    with refused("no-short-cut"):
        did(course, "close-emergency", PHYSICIAN, closed(goes_on))
    did(course, "close-emergency", PHYSICIAN, closed(Place.IMPLANTED_OBSERVATION))


def test_an_emergency_closes_with_what_it_was_and_to_no_other_place():
    course = at(Place.MAINTENANCE)
    did(course, "open-emergency", NURSE, OPENED)
    for odd, code in (
        (EmergencyClosed(" ", "restored", Place.MAINTENANCE), "words-missing"),
        (EmergencyClosed("withdrawal", "", Place.MAINTENANCE), "words-missing"),
        (replace(closed(Place.MAINTENANCE), outcome=""), "unknown"),
        (replace(closed(Place.MAINTENANCE), outcome="fatal"), "unknown"),
        (replace(closed(Place.MAINTENANCE), read=" "), "not-interrogated"),
        (replace(closed(Place.TITRATION), read=""), "not-interrogated"),
        (closed(Place.REFILL), "no-such-step"),
        (closed(Place.REFERRED), "no-such-step"),
    ):
        with refused(code):
            did(course, "close-emergency", PHYSICIAN, odd)


def test_an_emergency_says_what_happened_and_its_cards_exist():
    course = at(Place.MAINTENANCE)
    with refused("words-missing"):
        did(course, "open-emergency", NURSE, EmergencyOpened(("A",), ""))
    with refused("unknown"):
        did(course, "open-emergency", NURSE, EmergencyOpened(("Z",), "something"))
    with refused("not-now"):
        did(to_order("back"), "open-emergency", NURSE, OPENED)


def test_the_caregiver_of_somebody_under_baclofen_opens_it_by_what_she_reports():
    course = living("palsy")
    events = did(course, "triage-report", CAREGIVER, Report(("rigidity", "itch"), "since noon"))
    opened = next(e.body for e in events if isinstance(e.body, EmergencyOpened))
    assert opened.cards == ("E",)
    assert course.person.place is Place.EMERGENCY


# Before it is over the pump is known to run -------------------------------------------------------


def alarmed() -> Person:
    """Somebody whose pump runs by the gate and was read once; her emergency is open."""
    person = read(treated(), FILLED + timedelta(days=1), 17_000_000)
    opened = FILLED + timedelta(days=2)
    return after(person, ACTS["open-emergency"](person, NURSE, OPENED, opened))


def closes(person: Person, **more: Any) -> Place | None:
    """It is closed, an hour after the last thing on record; where she stands then."""
    at = person.events[-1].recorded + timedelta(hours=1)
    asked = replace(closed(Place.MAINTENANCE), **more)
    return after(person, ACTS["close-emergency"](person, PHYSICIAN, asked, at)).place


NOW = FILLED + timedelta(days=2, hours=1)


def test_words_do_not_stand_for_a_pump_that_can_be_read():
    with refused("not-interrogated"):
        closes(alarmed())


def test_with_a_pump_that_was_read_since_and_runs_she_goes_back():
    assert closes(read(alarmed(), NOW, 16_000_000), read="") is Place.MAINTENANCE


@pytest.mark.parametrize("told", [{"stopped": True}, {"digest": "ab" * 32}, {"digest": None}])
def test_a_pump_that_stands_still_or_runs_another_programme_closes_nothing(told: dict[str, Any]):
    person = read(alarmed(), NOW, 16_000_000)
    said = person.last(PumpRead, None)
    assert said is not None
    with refused("other-programme"):
        closes(keep(person, NOW, replace(said.body, **told)))


def test_with_a_pump_that_was_stopped_she_does_not_go_home():
    person = keep(alarmed(), NOW, GlassBroken(None, "ab" * 32, NOW))
    stop = StopSent(person.events[-1].id, "stopped", "")
    person = keep(person, NOW, stop)
    with refused("therapy-open"):
        closes(person)
