"""A revision links old and new, asks for her decision again, and makes the old catheter void."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from cisterna.clinic.acts import ACTS, after
from cisterna.clinic.bodies.planning import AnticoagulantsAnswered, Place
from cisterna.clinic.bodies.revision import (
    IndicatorRead,
    LineSegment,
    PlannedPart,
    Replaced,
    RevisionDeclined,
    RevisionPlanned,
    RevisionRecorded,
)
from cisterna.clinic.devices import devices
from cisterna.clinic.due import follow_tasks
from cisterna.clinic.guards import check
from cisterna.clinic.revision import check_line, line_in_place
from cisterna.quantity import Quantity
from tests.clinic.people import DECIDED, NURSE, PHYSICIAN, RULES, SURGEON, Course, hold, screen
from tests.clinic.refusals import refused
from tests.clinic.years import DAY, did, living, move, named
from tests.clinic.years_asked import YEARS_ASKED

OLD = (LineSegment("ascenda-8780", Quantity.parse("81.4 cm")),)
NEW = (LineSegment("ascenda-8780", Quantity.parse("74 cm")),)
PLAN = RevisionPlanned(
    (PlannedPart("spinal-segment", "lot 31", "replace"),), "leak", "oral morphine"
)
DONE = RevisionRecorded((Replaced("spinal-segment", "lot 31", "lot 58"),), NEW, "T10")
AT_OPERATION = (
    *("screened-today", "implant-open", "anticoagulants-closed"),
    *("revision-case", "revision-decision"),
)


def planned(name: str = "back", plan: RevisionPlanned = PLAN) -> Course:
    course = living(name)
    did(course, "plan-revision", SURGEON, plan)
    return course


def operated(course: Course) -> Course:
    """The operation itself belongs to another part; here only its step."""
    return move(course, Place.IMPLANTED_OBSERVATION)


def test_the_operation_asks_for_screen_anticoagulants_and_her_decision_anew():
    course = planned()
    at = course.at + 10 * DAY
    for guard, code in (
        ("screened-today", "screen-not-today"),
        ("anticoagulants-closed", "anticoagulant"),
        ("revision-decision", "no-decision"),
    ):
        with refused(code):
            check((guard,), course.person, RULES, at)
    did(course, "plan-hold", PHYSICIAN, hold(course.at), later=DAY)
    did(course, "record-decision", PHYSICIAN, DECIDED, later=DAY)
    did(course, "screen", NURSE, screen("pain"), later=7 * DAY)
    check(AT_OPERATION, course.person, RULES, course.at)


def test_a_hold_of_an_anticoagulant_for_the_first_operation_holds_nothing_at_the_revision():
    course = living()
    did(course, "plan-hold", PHYSICIAN, hold(course.at), later=DAY)
    check(("anticoagulants-closed",), course.person, RULES, course.at + 20 * DAY)
    did(course, "plan-revision", SURGEON, PLAN)
    with refused("anticoagulant"):
        check(("anticoagulants-closed",), course.person, RULES, course.at + 20 * DAY)


def test_an_infection_stops_a_revision():
    course = planned("palsy", PLAN)
    did(course, "record-decision", PHYSICIAN, DECIDED)
    did(course, "answer-anticoagulants", NURSE, AnticoagulantsAnswered(()))
    did(course, "screen", NURSE, screen("spasticity", "active-infection"))
    with refused("contraindicated"):
        check(AT_OPERATION, course.person, RULES, course.at)


@pytest.mark.pathway("PW-056")
def test_after_a_revision_prime_and_bridge_refuse_the_old_catheter():
    course = planned()
    check_line(course.person, OLD)
    did(operated(course), "record-revision", SURGEON, DONE)
    assert line_in_place(course.person) == NEW
    with refused("old-catheter"):
        check_line(course.person, OLD)
    check_line(course.person, NEW)
    same_length = (LineSegment("ascenda-8781", NEW[0].length),)
    with refused("old-catheter"):
        check_line(course.person, same_length)


@pytest.mark.pathway("PW-056")
def test_she_does_not_leave_observation_before_old_and_new_parts_are_on_record():
    course = operated(planned())
    with refused("revision-open"):
        check(("revision-recorded",), course.person, RULES, course.at)
    did(course, "record-revision", SURGEON, DONE)
    check(("revision-recorded",), course.person, RULES, course.at)


@pytest.mark.parametrize(("change", "code"), [
    ({"replaced": ()}, "part-open"),
    ({"replaced": (Replaced("spinal-segment", "lot 31", ""),)}, "part-open"),
    ({"replaced": (Replaced("spinal-segment", "lot 31", "lot 31"),)}, "part-open"),
    ({"replaced": (Replaced("spinal-segment", "lot 99", "lot 58"),)}, "part-open"),
    ({"replaced": DONE.replaced * 2}, "twice"),
    ({"line": ()}, "no-line"),
    ({"line": (LineSegment("ascenda-8780", Quantity.parse("0 cm")),)}, "wrong-kind"),
    ({"line": (LineSegment("ascenda-8780", Quantity.parse("74 mL")),)}, "wrong-kind"),
    ({"line": (LineSegment("hose", Quantity.parse("74 cm")),)}, "unknown"),
    ({"tip": "T13"}, "unknown"),
])  # fmt: skip
def test_a_revision_is_recorded_whole(change: dict[str, Any], code: str):
    course = operated(planned())
    with refused(code):
        did(course, "record-revision", SURGEON, replace(DONE, **change))


def test_nobody_records_a_revision_that_was_not_planned():
    course = living(place=Place.IMPLANTED_OBSERVATION)
    with refused("no-revision"):
        did(course, "record-revision", SURGEON, DONE)


@pytest.mark.parametrize(("change", "code"), [
    ({"parts": ()}, "no-part"),
    ({"parts": PLAN.parts * 2}, "twice"),
    ({"parts": (PlannedPart("rotor", "x", "replace"),)}, "unknown"),
    ({"parts": (PlannedPart("pump", "x", "polish"),)}, "unknown"),
    ({"parts": (PlannedPart("pump", " ", "replace"),)}, "words-missing"),
    ({"cover": ""}, "words-missing"),
    ({"reason": ""}, "words-missing"),
])  # fmt: skip
def test_a_plan_names_part_reason_and_what_covers_the_gap(change: dict[str, Any], code: str):
    with refused(code):
        planned(plan=replace(PLAN, **change))


def test_a_revision_that_is_declined_leads_back():
    course = planned()
    with refused("revision-open"):
        check(("revision-dropped",), course.person, RULES, course.at)
    did(course, "decline-revision", PHYSICIAN, RevisionDeclined("she prefers to wait"))
    assert course.person.place is Place.MAINTENANCE


@pytest.mark.pathway("PW-056")
def test_the_operation_puts_its_pump_and_catheter_on_her_record_in_the_place_of_the_old_ones():
    person, asked = YEARS_ASKED["record-reoperation"]
    at = person.events[-1].recorded + timedelta(hours=2)
    done = after(person, ACTS["record-reoperation"](person, SURGEON, asked, at))
    assert done.place is Place.IMPLANTED_OBSERVATION
    found = devices(done)
    assert found.pump is not None
    assert (found.pump.serial, found.tip) == ("NGP2", "T10")
    assert line_in_place(done) == (LineSegment("ascenda-8780", Quantity.parse("81.4 cm")),)
    check(("revision-recorded",), done, RULES, at)


@pytest.mark.parametrize(("change", "code"), [
    ({"scan": ""}, "part-open"),
    ({"depth": None}, "wrong-length"),
    ({"replaced": ()}, "part-open"),
])  # fmt: skip
def test_a_new_pump_is_scanned_and_named_and_has_its_pocket(change: dict[str, Any], code: str):
    person, asked = YEARS_ASKED["record-reoperation"]
    at = person.events[-1].recorded + timedelta(hours=2)
    with refused(code):
        ACTS["record-reoperation"](person, SURGEON, replace(asked, **change), at)


# Replacement -------------------------------------------------------------------------------------


def test_a_replacement_is_on_the_list_12_6_and_3_months_before_the_indicator():
    course = living()
    end = (course.at + timedelta(days=4 * 365)).date()
    read = IndicatorRead("synchromed-ii-20", course.at.date() - 2 * DAY, end)
    did(course, "read-indicator", NURSE, read)
    for months, wanted in ((14, "12 months"), (11, "12 months"), (5, "6 months"), (1, "3 months")):
        at = course.at + timedelta(days=4 * 365) - timedelta(days=30.4375 * months)
        task = named(follow_tasks(course.person, RULES, at), "replacement")[0]
        assert wanted in task.what
        assert (task.due <= at) == (months < 12)
    did(course, "plan-revision", SURGEON, PLAN)
    assert not named(follow_tasks(course.person, RULES, course.at), "replacement")


def test_a_replacement_day_beyond_the_service_life_is_refused():
    # SynchroMed II serves 84 months at most: 2556.75 days from the implant.
    course = living()
    born = date(2024, 1, 1)
    last = born + timedelta(days=2556)
    for day, code in ((last + DAY, "replace-by-late"), (born, "wrong-time")):
        with refused(code):
            did(course, "read-indicator", NURSE, IndicatorRead("synchromed-ii-20", born, day))
    assert did(course, "read-indicator", NURSE, IndicatorRead("synchromed-ii-20", born, last))


def test_a_pump_that_serves_at_least_ten_years_has_no_latest_day():
    born = date(2024, 1, 1)
    read = IndicatorRead("prometra-ii-20", born, date(2038, 1, 1))
    assert did(living(), "read-indicator", NURSE, read)
