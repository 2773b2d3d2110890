"""The team answers her on the page of the person, and takes up what she reports from home."""

from typing import Any

import pytest

from cisterna.clinic.acts.emergency import Report
from cisterna.clinic.bodies.emergency import ReportAnswered
from cisterna.clinic.bodies.hers import MessageSent
from cisterna.clinic.event import Role
from cisterna.clinic.ledger.record import Record
from cisterna.clinic.web import rows
from tests.clinic.people import PATIENT, Course
from tests.clinic.web.conftest import SignedIn, Treated
from tests.clinic.years import did


def words(found: Any) -> str:
    return str(found.content.decode())


@pytest.fixture
def thread(treated: Treated, clinic: Record) -> str:
    """A message of hers that waits, and a report."""
    course: Course = treated("back", "plan-implant")
    asked = did(course, "send-message", PATIENT, MessageSent("May I swim?"))
    told = did(course, "triage-report", PATIENT, Report(("itch",), "since noon"))
    clinic.append(*asked, *told)
    rows.catch_up()
    return asked[0].id


def send(browser: Any, thread: str, text: str, base: int | None = None, person: str = "p1") -> Any:
    row = {"text": text, "base": str(len(rows.load("p1").events) if base is None else base)}
    return browser.post(f"/people/{person}/messages/{thread}/", row)


@pytest.mark.pathway("PW-057")
def test_a_message_stands_on_today_and_on_her_page_until_it_is_answered(
    thread: str, signed_in: SignedIn
):
    nurse = signed_in(Role.NURSE)
    assert "Answer her message." in words(nurse.get("/"))
    assert "/people/p1/#heard" in words(nurse.get("/"))
    assert "May I swim?" in words(nurse.get("/people/p1/"))
    assert send(nurse, thread, "Yes.").status_code == 302
    said = rows.load("p1").last(MessageSent, None)
    assert said is not None
    assert (said.body, said.by.role) == (MessageSent("Yes.", thread), "nurse")
    assert "Answer her message." not in words(nurse.get("/"))


def test_an_answer_that_was_stopped_is_said_so_and_its_words_stay(thread: str, signed_in: SignedIn):
    nurse = signed_in(Role.NURSE)
    late = send(nurse, thread, "Yes, in a month.", base=3)
    assert late.status_code == 409
    assert "Yes, in a month." in words(late)
    assert send(nurse, thread, "   ").status_code == 422
    assert send(nurse, "p1.1", "to nobody").status_code == 404
    assert len(rows.load("p1").every(MessageSent, None)) == 1


@pytest.mark.parametrize("role", [Role.AUDITOR, Role.ADMIN, Role.PATIENT, Role.CAREGIVER])
def test_nobody_else_answers_for_the_team(role: Role, thread: str, signed_in: SignedIn):
    person = "p1" if role in (Role.PATIENT, Role.CAREGIVER) else ""
    assert send(signed_in(role, person=person), thread, "Yes.").status_code == 403


def test_nobody_of_elsewhere_reads_or_answers(thread: str, signed_in: SignedIn):
    away = signed_in(Role.NURSE, "n-away", clinic="elsewhere")
    assert send(away, thread, "Yes.").status_code == 404


def test_a_report_from_home_is_taken_up_on_the_page_of_its_act(thread: str, signed_in: SignedIn):
    nurse = signed_in(Role.NURSE)
    assert "Reported from home by the patient, amber: itch without rash." in words(nurse.get("/"))
    page = words(nurse.get("/people/p1/acts/answer-report/"))
    report = next(e.id for e in rows.load("p1").events if e.kind == "report-triaged")
    assert report in page
    row = {"report": report, "says": "called her", "base": str(len(rows.load("p1").events))}
    assert nurse.post("/people/p1/acts/answer-report/", row).status_code == 302
    assert rows.load("p1").events[-1].body == ReportAnswered(report, "called her")
    assert "Reported from home" not in words(nurse.get("/"))
