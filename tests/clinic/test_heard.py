"""She is heard: reports that wait for somebody, messages, diary, language, and whom she lets in."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from cisterna.clinic.acts.emergency import Report
from cisterna.clinic.bodies.emergency import EmergencyClosed, ReportAnswered, ReportTriaged
from cisterna.clinic.bodies.hers import AccessGiven, DiaryWritten, MessageSent
from cisterna.clinic.bodies.planning import Place
from cisterna.clinic.bodies.reach import CalendarEnded, CalendarShared, LanguageStated
from cisterna.clinic.bodies.visit import Graded
from cisterna.clinic.reach import calendar_link, language_of
from cisterna.clinic.reports import answer_by, open_reports
from cisterna.clinic.tasks import Task, due
from cisterna.clinic.tasks.task import Urgency
from cisterna.clinic.timeline import timeline
from tests.clinic.people import CAREGIVER, NURSE, PATIENT, PHYSICIAN, RULES, Course
from tests.clinic.refusals import refused
from tests.clinic.years import DAY, did, living, pain, symptoms, to_order, visit

HOME = ("red-flag", "report", "message")


def waiting(course: Course) -> list[Task]:
    """What she said that waits for somebody."""
    return [t for t in due(course.person, RULES, course.at) if t.kind in HOME]


# Reports -----------------------------------------------------------------------------------------


def test_a_red_report_is_at_once_for_nurse_and_physician_and_ends_with_its_emergency():
    course = living()
    did(course, "triage-report", PATIENT, Report(("blue",), "just now"))
    assert course.person.place is Place.EMERGENCY
    assert {(t.role, t.urgency) for t in waiting(course)} == {
        ("nurse", Urgency.AT_ONCE), ("physician", Urgency.AT_ONCE)
    }  # fmt: skip
    closed = EmergencyClosed("fainted", "watched", Place.MAINTENANCE, "recovered", "read: runs")
    did(course, "close-emergency", PHYSICIAN, closed)
    assert not waiting(course)


def test_a_red_report_before_the_implant_is_at_once_too_although_no_pump_is_there():
    course = to_order("back")
    did(course, "triage-report", PATIENT, Report(("seizure",)))
    assert {t.urgency for t in waiting(course)} == {Urgency.AT_ONCE}


def test_an_amber_report_is_of_the_same_day_until_somebody_says_what_came_of_it():
    course = living()
    told = did(course, "triage-report", PATIENT, Report(("wound-redness",)))
    (task,) = waiting(course)
    assert task.due.date() == course.at.date()
    with refused("words-missing"):
        did(course, "answer-report", NURSE, ReportAnswered(told[0].id, " "))
    did(course, "answer-report", NURSE, ReportAnswered(told[0].id, "seen, clean"))
    assert not waiting(course)
    with refused("unknown"):
        did(course, "answer-report", NURSE, ReportAnswered(told[0].id, "again"))


def test_what_staff_triage_at_the_telephone_is_no_report_that_waits():
    course = living()
    did(course, "triage-report", NURSE, Report(("wound-redness",)))
    assert not open_reports(course.person)


@pytest.mark.parametrize(
    ("level", "by"),
    [
        ("red", datetime(2026, 6, 5, 12, tzinfo=UTC)),
        # Friday noon in UTC is Saturday in Kiritimati: her day counts.
        ("amber", datetime(2026, 6, 6, 9, 59, tzinfo=UTC)),
        ("green", datetime(2026, 6, 8, 9, 59, tzinfo=UTC)),
    ],
)
def test_by_when_somebody_acts(level: str, by: datetime):
    sent = datetime(2026, 6, 5, 12, tzinfo=UTC)
    assert answer_by(level, sent, ZoneInfo("Pacific/Kiritimati")) == by


@pytest.mark.pathway("PW-021")
@pytest.mark.parametrize(
    ("symptom", "grade", "level"),
    [
        ("respiratory-depression", "moderate", "red"),
        ("sedation", "severe", "amber"),
        ("respiratory-depression", "mild", ""),
        ("constipation", "severe", ""),
    ],
)
def test_what_she_grades_bad_at_home_is_a_report_of_hers(symptom: str, grade: str, level: str):
    course = living()
    graded = tuple(Graded(s.symptom, grade if s.symptom == symptom else "none") for s in symptoms())
    asked = visit(course, pain(4), remote=True, symptoms=graded)
    events = did(course, "record-visit", PATIENT, asked)
    found = [e.body.level for e in events if isinstance(e.body, ReportTriaged)]
    assert found == [level] * bool(level)


# Messages, diary, language -----------------------------------------------------------------------


@pytest.mark.pathway("PW-057")
def test_a_message_waits_until_the_team_has_the_last_word():
    course = living()
    first = did(course, "send-message", PATIENT, MessageSent("May I swim?"))[0].id
    did(course, "send-message", PATIENT, MessageSent("In the sea?", first))
    assert len(waiting(course)) == 1
    did(course, "send-message", NURSE, MessageSent("Yes, in a month.", first))
    assert not waiting(course)


@pytest.mark.pathway("PW-057")
def test_her_diary_stands_in_the_timeline_of_the_clinic():
    course = living()
    for score in (6, 3):
        course.at += DAY
        did(course, "write-diary", PATIENT, DiaryWritten(course.at, score, "walked"))
    (curve,) = (s for s in timeline(course.person, RULES, course.at).scores if "diary" in s.name)
    assert [p.value.number("1") for p in curve.points] == [6, 3]


@pytest.mark.pathway("PW-057")
def test_the_language_to_speak_to_her_in_is_what_was_stated_last():
    course = living()
    before = language_of(course.person)
    assert before is not None
    assert not before.interpreter_needed
    did(course, "state-language", PATIENT, LanguageStated("Spanish", True, "no jargon"))
    assert language_of(course.person) == LanguageStated("Spanish", True, "no jargon")


# Whom she lets in --------------------------------------------------------------------------------


@pytest.mark.pathway("PW-057")
def test_a_caregiver_does_what_she_was_given_as_long_as_she_is_given_it():
    course = living()
    entry = DiaryWritten(course.at, 2, "")
    with refused("not-given"):
        did(course, "write-diary", CAREGIVER, entry)
    did(course, "give-access", PATIENT, AccessGiven(CAREGIVER.who, ("plan", "check-in")))
    assert did(course, "write-diary", CAREGIVER, entry)
    for fewer in (("plan",), ()):
        did(course, "give-access", PATIENT, AccessGiven(CAREGIVER.who, fewer))
        with refused("not-given"):
            did(course, "write-diary", CAREGIVER, entry)


def test_what_she_gives_one_caregiver_she_gives_no_other():
    course = living()
    did(course, "give-access", PATIENT, AccessGiven("sister", ("message",)))
    with refused("not-given"):
        did(course, "send-message", CAREGIVER, MessageSent("hello"))


def test_staff_set_an_access_only_with_the_reason():
    course = living()
    asked = AccessGiven("mother", ("plan",))
    with refused("reason-missing"):
        did(course, "give-access", NURSE, asked)
    assert did(course, "give-access", NURSE, asked, why="a child; her mother decides")


def test_a_caregiver_without_any_right_may_still_report_that_something_is_wrong():
    course = living()
    assert did(course, "triage-report", CAREGIVER, Report(("unrousable",)))


def test_every_right_that_an_act_asks_is_one_that_she_can_give():
    asked = {RULES.right(name) for name in RULES.ids("act")} - {""}
    assert {"check-in", "message"} <= asked <= set(RULES.rights())


def test_a_link_to_her_dates_ends_by_itself_or_when_she_ends_it():
    course = living()
    with refused("no-link"):
        did(course, "end-calendar", PATIENT, CalendarEnded())
    with refused("too-far"):
        did(course, "share-calendar", PATIENT, CalendarShared(course.at + timedelta(days=400)))
    did(course, "share-calendar", PATIENT, CalendarShared(course.at + 30 * DAY))
    assert calendar_link(course.person) is not None
    did(course, "end-calendar", PATIENT, CalendarEnded())
    assert calendar_link(course.person) is None
