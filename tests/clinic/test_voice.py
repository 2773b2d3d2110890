"""She is heard: diary, messages, reports and who takes them up; and whom she lets in."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from cisterna.clinic.acts.emergency import Report
from cisterna.clinic.acts.voice import Message
from cisterna.clinic.bodies.delegation import (
    AccessChanged,
    AccessEnded,
    AccessGiven,
    CalendarEnded,
    CalendarShared,
)
from cisterna.clinic.bodies.emergency import EmergencyClosed, ReportTriaged
from cisterna.clinic.bodies.planning import Place
from cisterna.clinic.bodies.visit import Graded
from cisterna.clinic.bodies.voice import (
    DiaryWritten,
    LanguageStated,
    MessageAnswered,
    ReportAnswered,
)
from cisterna.clinic.delegated import access, calendar_link, granted
from cisterna.clinic.heard import answer_by, language_of, open_reports, talks
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
    closed = EmergencyClosed("fainted", "watched", Place.MAINTENANCE)
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
    ("level", "sent", "by"),
    [
        ("red", datetime(2026, 6, 5, 12, tzinfo=UTC), datetime(2026, 6, 5, 12, tzinfo=UTC)),
        # Friday noon in UTC is Saturday in Kiritimati: her day counts.
        ("amber", datetime(2026, 6, 5, 12, tzinfo=UTC), datetime(2026, 6, 6, 9, 59, tzinfo=UTC)),
        ("green", datetime(2026, 6, 5, 12, tzinfo=UTC), datetime(2026, 6, 8, 9, 59, tzinfo=UTC)),
    ],
)
def test_by_when_somebody_acts(level: str, sent: datetime, by: datetime):
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
    assert [e.body.level for e in events if isinstance(e.body, ReportTriaged)] == [level] * bool(
        level
    )


# Messages ----------------------------------------------------------------------------------------


@pytest.mark.pathway("PW-057")
def test_a_message_waits_until_it_is_answered_and_all_of_it_stays_on_record():
    course = living()
    first = did(course, "send-message", PATIENT, Message("", "swim", "May I swim?"))[0].id
    did(course, "send-message", PATIENT, Message(first, "", "In the sea?"))
    (task,) = waiting(course)
    assert "swim" in task.what
    did(course, "answer-message", NURSE, MessageAnswered(first, "Yes, in a month."))
    assert not waiting(course)
    (talk,) = talks(course.person)
    assert [s.body.says for s in talk.said] == ["May I swim?", "In the sea?", "Yes, in a month."]


def test_a_message_is_triaged_by_her_answers_and_never_by_its_words():
    course = living()
    calm = did(course, "send-message", PATIENT, Message("", "blue", "my lips are blue"))
    assert [e.body.level for e in calm] == ["green"]
    red = did(course, "send-message", PATIENT, Message("", "x", "help", ("blue",)))
    assert [e.kind for e in red][:3] == ["message-sent", "report-triaged", "emergency-opened"]


@pytest.mark.parametrize("thread", ["p1.1", "p2.4", "x"])
def test_nobody_writes_or_answers_in_a_talk_that_is_none(thread: str):
    course = living()
    with refused("unknown"):
        did(course, "send-message", PATIENT, Message(thread, "", "hello"))
    with refused("unknown"):
        did(course, "answer-message", NURSE, MessageAnswered(thread, "hello"))


# Diary and language ------------------------------------------------------------------------------


@pytest.mark.pathway("PW-057")
def test_her_diary_stands_in_the_timeline_of_the_clinic():
    course = living()
    for score in (6, 3):
        course.at += DAY
        did(course, "write-diary", PATIENT, DiaryWritten(course.at, "day", score, "walked", ""))
    (curve,) = (s for s in timeline(course.person, RULES, course.at).scores if "diary" in s.name)
    assert [p.words or p.value.number("1") for p in curve.points] == [6, 3]


def test_a_diary_entry_says_something_on_its_scale_and_not_of_the_future():
    course = living()
    for entry, code in (
        (DiaryWritten(course.at, "day", None, " ", ""), "nothing-said"),
        (DiaryWritten(course.at, "day", 11, "", ""), "not-on-scale"),
        (DiaryWritten(course.at, "night", 1, "", ""), "unknown"),
        (DiaryWritten(course.at + 2 * DAY, "day", 1, "", ""), "wrong-time"),
    ):
        with refused(code):
            did(course, "write-diary", PATIENT, entry)


@pytest.mark.pathway("PW-057")
def test_the_language_to_speak_to_her_in_is_what_was_stated_last():
    course = living()
    assert language_of(course.person) is not None
    did(course, "state-language", PATIENT, LanguageStated("Spanish", True, "no jargon"))
    found = language_of(course.person)
    assert found is not None
    assert (found.language, found.interpreter_needed) == ("Spanish", True)


# Whom she lets in --------------------------------------------------------------------------------


@pytest.mark.pathway("PW-057")
def test_a_caregiver_does_what_she_was_given_as_long_as_she_is_given_it():
    course = living()
    entry = DiaryWritten(course.at, "day", 2, "", "")
    with refused("not-given"):
        did(course, "write-diary", CAREGIVER, entry)
    did(course, "give-access", PATIENT, AccessGiven(CAREGIVER.who, ("plan", "diary")))
    assert did(course, "write-diary", CAREGIVER, entry)
    did(course, "change-access", PATIENT, AccessChanged(CAREGIVER.who, ("plan",)))
    with refused("not-given"):
        did(course, "write-diary", CAREGIVER, entry)
    did(course, "end-access", PATIENT, AccessEnded(CAREGIVER.who))
    assert granted(course.person, CAREGIVER.who) == ()
    with refused("no-access"):
        did(course, "end-access", PATIENT, AccessEnded(CAREGIVER.who))


def test_a_caregiver_without_any_right_may_still_report_that_something_is_wrong():
    course = living()
    assert did(course, "triage-report", CAREGIVER, Report(("unrousable",)))


def test_access_is_set_by_herself_and_by_staff_only_with_the_reason():
    course = living()
    asked = AccessGiven("sister", ("plan",))
    with refused("reason-missing"):
        did(course, "give-access", NURSE, asked)
    assert did(course, "give-access", NURSE, asked, why="a child; her mother decides")
    for wrong in ((), ("plan", "plan"), ("money",)):
        with refused("no-rights" if not wrong else "twice" if wrong[0] == "plan" else "unknown"):
            did(course, "give-access", PATIENT, AccessGiven("brother", wrong))
    with refused("has-access"):
        did(course, "give-access", PATIENT, asked)
    assert access(course.person) == {"sister": ("plan",)}


def test_a_link_to_her_calendar_ends_by_itself_or_when_she_ends_it():
    course = living()
    with refused("no-link"):
        did(course, "end-calendar", PATIENT, CalendarEnded())
    with refused("too-long"):
        did(course, "share-calendar", PATIENT, CalendarShared(course.at + timedelta(days=400)))
    did(course, "share-calendar", PATIENT, CalendarShared(course.at + 30 * DAY))
    assert calendar_link(course.person) is not None
    did(course, "end-calendar", PATIENT, CalendarEnded())
    assert calendar_link(course.person) is None
