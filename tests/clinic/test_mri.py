"""A scan by the model of the pump; no list is closed on a pump that may stand still."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cisterna.clinic.acts import ACTS, after
from cisterna.clinic.acts.emergency import Report
from cisterna.clinic.bodies.emergency import EmergencyClosed
from cisterna.clinic.bodies.mri import (
    ScanCancelled,
    ScanCleared,
    ScanEnded,
    ScanInterrogated,
    ScanPrepared,
    ScanRequested,
)
from cisterna.clinic.bodies.planning import Answer, Place, TreatmentRecorded
from cisterna.clinic.due import follow_tasks
from cisterna.clinic.refusal import Refused
from cisterna.clinic.scan import Late, Stage, overdue, scan_of
from cisterna.quantity import Quantity
from tests.clinic.people import NURSE, PHYSICIAN, RULES, Course
from tests.clinic.refusals import refused
from tests.clinic.years import DAY, did, living, move, named

LIBRARY = RULES.library
SYNCHROMED = ("interrogated-before", "not-in-stopped-mode", "cover-planned")
PROMETRA = ("interrogated-before", "reservoir-emptied", "zero-flow", "cover-planned")
RUNS = ("motor-running", "log-shows-recovery", "not-in-telemetry-mode")
CLEARED = ScanCleared("synchromed-ii-20", "1.5 T", ("morphine",), (), "oral morphine at hand")
MINUTE = timedelta(minutes=1)


def requested(course: Course, field: str = "1.5 T") -> ScanRequested:
    return ScanRequested("new leg pain", "lumbar", field, course.at + 3 * DAY)


def cleared(pump: str = "synchromed-ii-20", **more: Any) -> Course:
    """Somebody whose scan is cleared."""
    course = living(more.pop("name", "back"), more.pop("place", Place.MAINTENANCE))
    did(course, "request-scan", PHYSICIAN, requested(course))
    did(course, "clear-scan", PHYSICIAN, replace(CLEARED, pump=pump, **more))
    return course


def scanned(pump: str = "synchromed-ii-20", **more: Any) -> Course:
    """Somebody whose scan has just ended."""
    course = cleared(pump, **more)
    drawn = Quantity.parse("17.5 mL") if pump.startswith("prometra") else None
    done = PROMETRA if drawn else SYNCHROMED
    did(course, "prepare-scan", NURSE, ScanPrepared(done, drawn))
    did(course, "end-scan", NURSE, ScanEnded(course.at))
    return course


def look(course: Course, *found: str) -> ScanInterrogated:
    return ScanInterrogated(course.at, found)


# The list ----------------------------------------------------------------------------------------


def test_from_the_preparation_on_she_is_held_until_two_interrogations_show_the_pump_running():
    course = cleared()
    assert [course.person.place] == [Place.MAINTENANCE]
    did(course, "prepare-scan", NURSE, ScanPrepared(SYNCHROMED))
    assert [course.person.place] == [Place.MRI_HOLD]
    did(course, "end-scan", NURSE, ScanEnded(course.at))
    did(course, "interrogate-after-scan", NURSE, look(course, *RUNS))
    with refused("pump-not-shown-running"):
        did(course, "close-scan", NURSE, "")
    did(course, "interrogate-after-scan", NURSE, look(course, *RUNS))
    did(course, "close-scan", NURSE, "")
    assert course.person.place is Place.MAINTENANCE
    scan = scan_of(course.person)
    assert scan is not None
    assert scan.stage is Stage.RESUMED


@pytest.mark.parametrize("missing", RUNS)
def test_a_scan_stays_open_until_the_latest_interrogation_shows_all_of_it(missing: str):
    course = scanned()
    did(course, "interrogate-after-scan", NURSE, look(course, *RUNS))
    did(course, "interrogate-after-scan", NURSE, look(course, *(r for r in RUNS if r != missing)))
    with refused("pump-not-shown-running"):
        did(course, "close-scan", NURSE, "")
    assert named(follow_tasks(course.person, RULES, course.at), "after the scan")


def test_a_prometra_is_emptied_first_and_its_valve_reset_after():
    course = cleared("prometra-ii-20")
    for done, drawn in (
        (SYNCHROMED[:1], None),
        (PROMETRA, None),
        (PROMETRA, Quantity.parse("17 mg")),
        (tuple(p for p in PROMETRA if p != "reservoir-emptied"), Quantity.parse("17.5 mL")),
    ):
        with refused("not-emptied"):
            did(course, "prepare-scan", NURSE, ScanPrepared(done, drawn))
    part = tuple(p for p in PROMETRA if p != "zero-flow")
    with refused("not-prepared"):
        did(course, "prepare-scan", NURSE, ScanPrepared(part, Quantity.parse("17.5 mL")))
    did(course, "prepare-scan", NURSE, ScanPrepared(PROMETRA, Quantity.parse("17.5 mL")))
    did(course, "end-scan", NURSE, ScanEnded(course.at))
    did(course, "interrogate-after-scan", NURSE, look(course, "motor-running", "refilled"))
    with refused("pump-not-shown-running"):
        did(course, "close-scan", NURSE, "")
    whole = look(course, "motor-running", "refilled", "valve-reset")
    did(course, "interrogate-after-scan", NURSE, whole)
    assert did(course, "close-scan", NURSE, "")


@pytest.mark.parametrize("missing", SYNCHROMED)
def test_each_item_of_the_preparation_is_done(missing: str):
    course = cleared()
    with refused("not-prepared"):
        done = tuple(p for p in SYNCHROMED if p != missing)
        did(course, "prepare-scan", NURSE, ScanPrepared(done))


def test_a_scan_is_cleared_for_the_field_of_its_pump_with_a_cover_and_its_drugs():
    course = living()
    did(course, "request-scan", PHYSICIAN, requested(course, "3 T"))
    for body, code in (
        (replace(CLEARED, pump="prometra-ii-20", field="3 T"), "field"),
        (replace(CLEARED, field="1.5 T"), "field"),
        (replace(CLEARED, field="7 T"), "field"),
        (replace(CLEARED, pump="codman-3000-16", field="3 T"), "unknown"),
        (replace(CLEARED, pump="medstream-20", field="3 T"), "unknown"),
        (replace(CLEARED, field="3 T", cover=" "), "words-missing"),
        (replace(CLEARED, field="3 T", drugs=()), "no-dose"),
    ):
        with refused(code):
            did(course, "clear-scan", PHYSICIAN, body)
    assert did(course, "clear-scan", PHYSICIAN, replace(CLEARED, field="3 T"))


def test_a_pump_of_whose_scans_nothing_is_known_is_not_cleared():
    pumps = [p for p in LIBRARY.pump_ids if not p.startswith(("synchro", "prometra"))]
    course = living()
    did(course, "request-scan", PHYSICIAN, requested(course))
    for pump in pumps:
        with refused("scan-unknown"):
            did(course, "clear-scan", PHYSICIAN, replace(CLEARED, pump=pump))
    assert pumps


def test_spinal_cord_stimulation_that_was_tried_is_answered_before_a_scan():
    course = living()
    tried = TreatmentRecorded("spinal-cord-stimulation", Answer.TRIED, "2 years", "faded", "")
    did(course, "record-treatment", NURSE, tried)
    did(course, "request-scan", PHYSICIAN, requested(course))
    with refused("other-implant"):
        did(course, "clear-scan", PHYSICIAN, CLEARED)
    said = replace(CLEARED, other_implants=("spinal cord stimulation: removed",))
    assert did(course, "clear-scan", PHYSICIAN, said)


# Time --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("drug", "minutes", "late"), [
    ("baclofen", 29, Late.NO), ("baclofen", 30, Late.AMBER), ("baclofen", 119, Late.AMBER),
    ("baclofen", 120, Late.RED), ("morphine", 120, Late.AMBER)])  # fmt: skip
def test_an_interrogation_that_is_late_is_amber_and_under_baclofen_red(
    drug: str, minutes: int, late: Late
):
    course = scanned(drugs=(drug,))
    scan = scan_of(course.person)
    assert scan is not None
    assert scan.ended is not None
    assert overdue(scan, scan.ended + minutes * MINUTE, LIBRARY) is late


def test_the_list_shows_the_late_scan_with_what_is_missing():
    course = scanned(drugs=("baclofen",))
    at = course.at + timedelta(hours=3)
    task = named(follow_tasks(course.person, RULES, at), "after the scan")[0]
    assert task.what.startswith("red: ")
    assert "0 of 2 interrogations" in task.what
    assert task.due < at


def test_an_interrogation_comes_after_the_scan_and_after_the_one_before():
    course = scanned()
    scan = scan_of(course.person)
    assert scan is not None
    assert scan.ended is not None
    with refused("wrong-time"):
        early = ScanInterrogated(scan.ended, RUNS)
        did(course, "interrogate-after-scan", NURSE, early)
    did(course, "interrogate-after-scan", NURSE, look(course, *RUNS))
    last = scan_of(course.person)
    assert last is not None
    with refused("wrong-time"):
        did(course, "interrogate-after-scan", NURSE, last.looks[-1])


def test_a_scan_that_was_made_unprepared_is_recorded_with_its_reason_and_looked_at_the_same():
    course = cleared("prometra-ii-20")
    with refused("reason-missing"):
        did(course, "end-scan", NURSE, ScanEnded(course.at))
    did(course, "end-scan", NURSE, ScanEnded(course.at), why="scanned in another hospital")
    assert course.person.place is Place.MRI_HOLD
    did(course, "interrogate-after-scan", NURSE, look(course, "motor-running"))
    with refused("pump-not-shown-running"):
        did(course, "close-scan", NURSE, "")


# Other ways --------------------------------------------------------------------------------------


def test_a_scan_that_is_not_made_gives_her_back_once_the_pump_is_seen_running():
    course = cleared()
    did(course, "prepare-scan", NURSE, ScanPrepared(SYNCHROMED))
    with refused("pump-not-shown-running"):
        did(course, "cancel-scan", PHYSICIAN, ScanCancelled("claustrophobia"))
    did(course, "interrogate-after-scan", NURSE, look(course, "motor-running"))
    with refused("not-scanned"):
        did(course, "close-scan", NURSE, "")
    did(course, "cancel-scan", PHYSICIAN, ScanCancelled("claustrophobia"))
    assert course.person.place is Place.MAINTENANCE


def test_a_scan_in_titration_leads_back_to_titration():
    course = scanned(place=Place.TITRATION)
    for _ in range(2):
        did(course, "interrogate-after-scan", NURSE, look(course, *RUNS))
    did(course, "close-scan", NURSE, "")
    assert course.person.place is Place.TITRATION


def test_an_emergency_scan_keeps_her_in_the_emergency_until_the_pump_runs():
    course = living()
    did(course, "triage-report", NURSE, Report(("new-leg-weakness",)))
    did(course, "request-scan", PHYSICIAN, requested(course))
    did(course, "clear-scan", PHYSICIAN, CLEARED)
    did(course, "prepare-scan", NURSE, ScanPrepared(SYNCHROMED))
    did(course, "end-scan", NURSE, ScanEnded(course.at))
    over = EmergencyClosed("no haematoma", "watched", Place.MAINTENANCE, "recovered", "read: runs")
    with refused("scan-open"):
        did(course, "close-emergency", PHYSICIAN, over)
    for _ in range(2):
        did(course, "interrogate-after-scan", NURSE, look(course, *RUNS))
    did(course, "close-scan", NURSE, "")
    assert [course.person.place] == [Place.EMERGENCY]
    did(course, "close-emergency", PHYSICIAN, over)
    assert course.person.place is Place.MAINTENANCE


def test_a_second_scan_waits_for_the_first():
    course = cleared()
    with refused("scan-open"):
        did(course, "request-scan", PHYSICIAN, requested(course))
    did(course, "cancel-scan", PHYSICIAN, ScanCancelled("moved away"))
    assert did(course, "request-scan", PHYSICIAN, requested(course))
    with refused("scan-stage"):
        did(course, "prepare-scan", NURSE, ScanPrepared(SYNCHROMED))


TRIES = st.lists(
    st.tuples(
        st.sampled_from(
            ["request-scan", "clear-scan", "prepare-scan", "end-scan", "interrogate-after-scan",
             "close-scan", "cancel-scan"]
        ),
        st.sets(st.sampled_from(RUNS)),
    ),
    max_size=14,
)  # fmt: skip


@settings(max_examples=60)
@given(TRIES)
def test_whatever_is_tried_nobody_goes_back_to_a_pump_that_is_not_shown_running(tries: Any):
    course = move(cleared(), Place.REFILL)
    move(course, Place.MAINTENANCE)
    did(course, "prepare-scan", NURSE, ScanPrepared(SYNCHROMED))
    for act, found in tries:
        asked: Any = {
            "request-scan": requested(course),
            "clear-scan": CLEARED,
            "prepare-scan": ScanPrepared(SYNCHROMED),
            "end-scan": ScanEnded(course.at),
            "interrogate-after-scan": ScanInterrogated(course.at + MINUTE, tuple(found)),
            "close-scan": "",
            "cancel-scan": ScanCancelled("so"),
        }[act]
        try:
            events = ACTS[act](course.person, PHYSICIAN, asked, course.at + 2 * MINUTE)
        except Refused:
            continue
        course.person, course.at = after(course.person, events), course.at + 2 * MINUTE
        if course.person.place is Place.MAINTENANCE:
            last = [e.body for e in course.person.events if isinstance(e.body, ScanInterrogated)]
            assert "motor-running" in last[-1].found
            return
    assert course.person.place is Place.MRI_HOLD
