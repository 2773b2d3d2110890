"""What she sees and does: plan, diary, check-in, messages, whom she lets see what, her dates."""

from datetime import timedelta
from typing import Any

import icalendar
import pytest
from django.test import Client

from cisterna.clinic.bodies.hers import AccessGiven, DiaryWritten, MessageSent
from cisterna.clinic.bodies.visit import VisitRecorded
from cisterna.clinic.event import Role
from cisterna.clinic.tasks import due
from cisterna.clinic.therapy import dose_history
from cisterna.clinic.web import rows, site
from cisterna.patient.web import check_in
from cisterna.patient.web.plan import refill_by
from tests.clinic.people import Course
from tests.clinic.web.conftest import NOW, SignedIn

PAGES = ("", "plan/", "diary/", "check-in/", "check-in/more/", "messages/", "calendar/", "wrong/")


@pytest.fixture
def she(her: Course, signed_in: SignedIn) -> Client:
    """Her at her own pages."""
    return signed_in(Role.PATIENT, "her", person="p1")


def words(found: Any) -> str:
    return str(found.content.decode())


def given(browser: Client, *may: str) -> None:
    form = {"who": "mother", "may": list(may)}
    assert browser.post("/my/access/", form).status_code == 302


def answers() -> dict[str, str]:
    person = rows.load("p1")
    return {q.name: q.steps[1] for q in check_in.questions(person, site.rules())}


def nothing_urgent(browser: Client, place: str = "/my/messages/") -> None:
    assert browser.post(f"{place}first/", {"none": "yes"})["Location"] == f"{place}#write"


def write(browser: Client, text: str, place: str = "/my/messages/") -> Any:
    nothing_urgent(browser, place)
    return browser.post(place, {"text": text})


# Her own ----------------------------------------------------------------------------------------


@pytest.mark.pathway("PW-057")
def test_she_sees_every_change_of_her_dose_with_its_reason(she: Client):
    page = words(she.get("/my/plan/"))
    changes = dose_history(rows.load("p1").events)
    assert len(changes) > 3
    for one in changes:
        assert one.new is None or one.new in page
        for reason in one.reasons:
            assert reason in page
    assert page.count("The reason was not written down") == sum(not c.reasons for c in changes)


@pytest.mark.pathway("PW-020", "PW-022", "PW-024")
def test_her_plan_shows_goals_and_how_her_pain_has_gone_against_before(she: Client):
    page = words(she.get("/my/plan/"))
    assert "Before: " in page
    assert "% less" in page
    assert "What you want to reach" in page


@pytest.mark.parametrize("page", PAGES)
def test_nothing_of_her_is_there_for_another_patient(page: str, she: Client, signed_in: SignedIn):
    other = signed_in(Role.PATIENT, "another", person="p2")
    assert other.get(f"/my/{page}").status_code == 404


@pytest.mark.parametrize("page", PAGES)
def test_her_pages_are_no_pages_of_the_staff(page: str, she: Client, signed_in: SignedIn):
    assert signed_in(Role.NURSE).get(f"/my/{page}").status_code == 403


def test_a_diary_entry_is_on_her_record_and_stands_in_her_diary(she: Client):
    when = NOW - timedelta(hours=2)
    form = {"seen": f"{when:%Y-%m-%dT%H:%M}", "pain": "6", "did": "a walk", "dose": "after"}
    assert she.post("/my/diary/", form).status_code == 302
    said = rows.load("p1").last(DiaryWritten, None)
    assert said is not None
    assert (said.body.pain, said.body.did, said.body.dose) == (6, "a walk", "after")
    assert "a walk" in words(she.get("/my/diary/"))


def test_she_changes_an_entry_of_hers_and_the_new_one_stands_alone(she: Client):
    when = NOW - timedelta(hours=2)
    form = {"seen": f"{when:%Y-%m-%dT%H:%M}", "pain": "6", "did": "a walk", "dose": "after"}
    she.post("/my/diary/", form)
    entry = rows.load("p1").events[-1].id
    page = words(she.get(f"/my/diary/?change={entry}"))
    assert f'name="corrects" value="{entry}"' in page
    assert 'value="6" checked' in page
    same = she.post("/my/diary/", form | {"corrects": entry})
    assert same.status_code == 422
    assert "what stands already" in words(same)
    assert she.post("/my/diary/", form | {"corrects": entry, "pain": "2"}).status_code == 302
    (said,) = rows.load("p1").every(DiaryWritten, None)
    assert said.body.pain == 2
    page = words(she.get("/my/diary/"))
    assert "Pain 2." in page
    assert "Pain 6." not in page
    assert she.get(f"/my/diary/?change={entry}").status_code == 404


@pytest.mark.parametrize(
    "wrong",
    [
        {"seen": "yesterday"},
        {"pain": "11"},
        {"pain": "", "did": "", "says": ""},
        {"seen": "2036-01-01T00:00"},
        {"dose": "instead"},
        {"did": "x" * 4001},
    ],
)
def test_a_wrong_entry_is_said_so_and_nothing_is_recorded(she: Client, wrong: dict[str, str]):
    form = {"seen": "2026-05-30T10:00", "pain": "6", "did": "a walk", "dose": ""} | wrong
    found = she.post("/my/diary/", form)
    assert found.status_code == 422
    assert 'role="alert"' in words(found)
    assert rows.load("p1").last(DiaryWritten, None) is None


# Check-in ---------------------------------------------------------------------------------------


@pytest.mark.pathway("PW-021")
def test_a_check_in_asks_sedation_constipation_and_breathing_and_her_scores(she: Client):
    names = {q.name for q in check_in.questions(rows.load("p1"), site.rules())}
    assert {"symptom:sedation", "symptom:constipation", "symptom:respiratory-depression"} <= names
    assert {"score:peg:pain", "score:numeric-pain:worst"} <= names
    page = words(she.get("/my/check-in/more/"))
    assert all(f'name="{name}"' in page for name in names)


def test_a_check_in_is_a_visit_from_home_on_her_record(she: Client):
    assert she.post("/my/check-in/", {"none": "yes"}).status_code == 302
    assert she.post("/my/check-in/more/", answers()).status_code == 302
    said = rows.load("p1").events[-1]
    assert isinstance(said.body, VisitRecorded)
    assert said.body.remote
    assert said.body.now
    assert said.actor.who == "her"


def test_what_she_has_answered_is_kept_when_she_goes_on_later(she: Client):
    some = dict(list(answers().items())[:2])
    assert she.post("/my/check-in/more/", some | {"later": "yes"}).status_code == 302
    page = words(she.get("/my/check-in/more/"))
    assert page.count(" checked") == 2
    found = she.post("/my/check-in/more/", some)
    assert found.status_code == 422
    assert "Please answer what is marked." in words(found)


@pytest.mark.parametrize("where", ["/my/wrong/", "/my/check-in/"])
def test_a_red_flag_reaches_the_clinic_at_once_and_says_what_to_do(where: str, she: Client):
    found = she.post(where, {"finding": ["slow-breathing"]}, follow=True)
    assert "Call for an ambulance now." in words(found)
    person = rows.load("p1")
    assert person.place == "emergency"
    first = due(person, site.rules(), NOW)[0]
    assert first.kind == "red-flag"


@pytest.mark.parametrize(
    ("finding", "says"),
    [("alarm", "Call your clinic today."), ("drowsy", "Call your clinic today.")],
)
def test_what_is_amber_is_said_to_be_for_today(finding: str, says: str, she: Client):
    assert says in words(she.post("/my/wrong/", {"finding": [finding]}, follow=True))


def test_an_urgent_report_does_not_wait_for_what_was_recorded_meanwhile(she: Client):
    found = she.post("/my/wrong/", {"finding": ["blue"], "base": "3"}, follow=True)
    assert "Call for an ambulance now." in words(found)


def test_nothing_ticked_is_no_report(she: Client):
    assert she.post("/my/wrong/", {}).status_code == 422


# Messages ---------------------------------------------------------------------------------------


@pytest.mark.pathway("PW-057")
def test_a_message_waits_on_the_list_of_the_clinic_until_it_is_answered(she: Client):
    assert write(she, "May I travel?").status_code == 302
    person = rows.load("p1")
    sent = person.last(MessageSent, None)
    assert sent is not None
    waits = [t for t in due(person, site.rules(), NOW) if t.kind == "message"]
    assert [t.about for t in waits] == [sent.id]
    thread = f"/my/messages/{sent.id}/"
    assert "May I travel?" in words(she.get(thread))
    assert write(she, "By train.", thread).status_code == 302
    assert she.get("/my/messages/p1.1/").status_code == 404


def test_each_message_begins_with_the_question_whether_anything_cannot_wait(she: Client):
    assert she.post("/my/messages/", {"text": "my lips are blue"})["Location"].endswith("/first/")
    assert rows.load("p1").last(MessageSent, None) is None
    assert write(she, "a question").status_code == 302
    assert she.post("/my/messages/", {"text": "another"})["Location"].endswith("/first/")
    found = she.post("/my/messages/first/", {"finding": ["blue"], "none": "yes"}, follow=True)
    assert "Call for an ambulance now." in words(found)
    assert she.post("/my/messages/", {"text": "still"})["Location"].endswith("/first/")


def test_something_red_is_reported_with_two_presses(she: Client):
    assert 'href="/my/wrong/"' in words(she.get("/my/plan/"))
    page = words(she.get("/my/wrong/"))
    assert '<button class="alarm" name="finding" value="blue">' in page
    assert 'class="alarm" name="finding" value="drowsy"' not in page


def test_a_double_click_sends_one_message(she: Client):
    base = str(len(rows.load("p1").events))
    form = {"text": "Once", "base": base}
    nothing_urgent(she)
    assert she.post("/my/messages/", form).status_code == 302
    nothing_urgent(she)
    assert she.post("/my/messages/", form).status_code == 422
    assert len(rows.load("p1").every(MessageSent, None)) == 1


@pytest.mark.parametrize("text", ["", "   ", "x" * 4001])
def test_an_empty_or_endless_message_is_not_sent(text: str, she: Client):
    assert write(she, text).status_code == 422
    assert rows.load("p1").last(MessageSent, None) is None


# Who cares for her ------------------------------------------------------------------------------


RIGHTS = {
    "plan": ["plan/", "diary/", "calendar/", "refills.ics"],
    "check-in": ["check-in/", "check-in/more/", "burden/"],
    "message": ["messages/"],
}


@pytest.mark.parametrize("right", RIGHTS)
def test_who_cares_for_her_sees_what_she_gave_and_nothing_else(
    right: str, she: Client, signed_in: SignedIn
):
    mother = signed_in(Role.CAREGIVER, "mother", person="p1")
    given(she, right)
    for name, pages in RIGHTS.items():
        for page in pages:
            assert mother.get(f"/my/{page}").status_code == (200 if name == right else 403), page
    assert mother.get("/my/access/").status_code == 403


def test_without_a_word_of_hers_who_cares_for_her_can_only_say_that_something_is_wrong(
    she: Client, signed_in: SignedIn
):
    mother = signed_in(Role.CAREGIVER, "mother", person="p1")
    assert {mother.get(f"/my/{p}").status_code for p in ("plan/", "messages/", "check-in/")} == {
        403
    }
    found = mother.post("/my/wrong/", {"finding": ["unrousable"]}, follow=True)
    assert "Call for an ambulance now." in words(found)


def test_she_ends_an_access_and_it_counts_at_once(she: Client, signed_in: SignedIn):
    mother = signed_in(Role.CAREGIVER, "mother", person="p1")
    given(she, "plan", "message")
    assert mother.get("/my/plan/").status_code == 200
    given(she)
    assert mother.get("/my/plan/").status_code == 403
    said = [a.body for a in rows.load("p1").every(AccessGiven, None)]
    assert said == [AccessGiven("mother", ("plan", "message")), AccessGiven("mother", ())]


def test_she_gives_nothing_to_somebody_without_an_account_for_her(she: Client, signed_in: SignedIn):
    signed_in(Role.CAREGIVER, "stranger", person="p2")
    assert she.post("/my/access/", {"who": "stranger", "may": ["plan"]}).status_code == 422


# Dates ------------------------------------------------------------------------------------------


def test_her_calendar_has_the_day_of_her_refill_and_names_no_drug(she: Client):
    found = she.get("/my/refills.ics")
    assert found["Content-Type"].startswith("text/calendar")
    text = found.content.decode()
    assert "morphine" not in text.lower()
    events = icalendar.Calendar.from_ical(text).walk("VEVENT")
    refill = refill_by(rows.load("p1"), site.library())
    assert refill is not None
    days = {str(e["summary"]): e.decoded("dtstart") for e in events}
    assert days["Refill"] == refill.date()
    reminders = [a for e in events for a in e.walk("VALARM")]
    assert [a.decoded("trigger") for a in reminders] == [timedelta(days=-14), timedelta(days=-3)]


@pytest.mark.parametrize("page", PAGES)
def test_every_page_of_hers_is_whole_in_spanish(page: str, she: Client):
    she.post("/language/", {"language": "es"})
    found = words(she.get(f"/my/{page}"))
    assert '<html lang="es">' in found
    assert "Pedir ayuda" in found
