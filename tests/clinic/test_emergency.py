"""An emergency opens from anywhere and lets nobody come further than she was."""

import pytest

from cisterna.clinic.acts.emergency import Report
from cisterna.clinic.bodies.emergency import EmergencyClosed, EmergencyOpened
from cisterna.clinic.bodies.planning import Place
from cisterna.clinic.bodies.revision import PlannedPart, RevisionPlanned
from cisterna.clinic.since import AFTER_IMPLANT
from tests.clinic.people import CAREGIVER, NURSE, PHYSICIAN, Course
from tests.clinic.refusals import refused
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
    return EmergencyClosed("baclofen withdrawal", "delivery restored", goes_on)


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
