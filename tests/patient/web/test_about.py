"""About her: language, goals, contact, consent; her remote; the link to her dates."""

from datetime import timedelta
from typing import Any

import icalendar
import pytest
from django.test import Client

from cisterna.clinic.bodies.implant import EmergencyContactGiven
from cisterna.clinic.bodies.planning import GoalsSet, TrialConsented
from cisterna.clinic.bodies.reach import LanguageStated
from cisterna.clinic.bodies.refill import NextRefillSet
from cisterna.clinic.event import Role
from cisterna.clinic.ledger.record import Record
from cisterna.clinic.web import clock, rows
from tests.clinic.people import NURSE, Course
from tests.clinic.treated import keep
from tests.clinic.web.conftest import NOW, SignedIn, Treated, browser_of_nobody


def words(found: Any) -> str:
    return str(found.content.decode())


@pytest.fixture
def she(her: Course, signed_in: SignedIn) -> Client:
    return signed_in(Role.PATIENT, "her", person="p1")


def do(browser: Client, act: str, **row: str) -> Any:
    base = str(len(rows.load("p1").events))
    return browser.post(f"/my/do/{act}/", row | {"base": base})


# What she says of herself ------------------------------------------------------------------------


@pytest.mark.pathway("PW-057")
def test_her_language_and_an_interpreter_stand_in_the_head_of_the_staffs_pages(
    she: Client, signed_in: SignedIn
):
    row = {"language": "Spanish", "interpreter_needed": "yes", "says": "no jargon"}
    assert do(she, "state-language", **row).status_code == 302
    assert rows.load("p1").events[-1].body == LanguageStated("Spanish", True, "no jargon")
    page = words(signed_in(Role.NURSE).get("/people/p1/"))
    assert "interpreter needed" in page
    assert "no jargon" in page


@pytest.mark.pathway("PW-022")
def test_she_sets_her_own_goals_and_the_list_before_stays_on_record(she: Client):
    before = len(rows.load("p1").every(GoalsSet, None))
    assert do(she, "set-goals", goals="dance\nwork again").status_code == 302
    said = rows.load("p1").every(GoalsSet, None)
    assert len(said) == before + 1
    assert said[-1].body.goals == ("dance", "work again")
    assert "dance" in words(she.get("/my/about/"))


def test_she_says_whom_to_call(she: Client):
    row = {"name": "Ann", "relation": "sister", "reach": "555 0101"}
    assert do(she, "give-emergency-contact", **row).status_code == 302
    found = rows.load("p1").last(EmergencyContactGiven, None)
    assert found is not None
    assert (found.body.name, found.by.who) == ("Ann", "her")


def test_only_she_herself_agrees_to_a_trial(treated: Treated, signed_in: SignedIn):
    treated("back", "consent-to-trial")
    row = {"statement": "I agree; I may stop at any time"}
    mother = signed_in(Role.CAREGIVER, "mother", person="p1")
    assert do(mother, "consent-to-trial", **row).status_code == 404
    she = signed_in(Role.PATIENT, "her", person="p1")
    assert "I agree to the test" in words(she.get("/my/about/"))
    assert do(she, "consent-to-trial", **row).status_code == 302
    assert rows.load("p1").last(TrialConsented) is not None


@pytest.mark.parametrize("row", [{"goals": ""}, {"goals": "  \n "}])
def test_what_says_nothing_is_not_saved_and_she_is_told(row: dict[str, str], she: Client):
    before = len(rows.load("p1").events)
    assert do(she, "set-goals", **row).status_code == 422
    assert len(rows.load("p1").events) == before


def test_what_was_saved_meanwhile_is_not_written_over(she: Client):
    row = {"goals": "dance", "base": "3"}
    found = she.post("/my/do/set-goals/", row)
    assert found.status_code == 422
    assert "Something new was saved" in words(found)


def test_another_patient_reads_nothing_of_her(she: Client, treated: Treated, signed_in: SignedIn):
    treated("palsy", "commit", "p2")
    do(she, "set-goals", goals="dance in May")
    other = signed_in(Role.PATIENT, "another", person="p2")
    for page in ("about/", "do/set-goals/", "remote/", "calendar/", "plan/"):
        found = other.get(f"/my/{page}")
        assert found.status_code == 200
        assert "dance in May" not in words(found)


# Remote ------------------------------------------------------------------------------------------


def test_her_remote_tells_the_limits_of_the_order_and_leads_to_its_own_page(
    she: Client, monkeypatch: pytest.MonkeyPatch
):
    assert "has not said where your remote is" in words(she.get("/my/remote/"))
    monkeypatch.setenv("CISTERNA_REMOTE", "https://remote.example/")
    page = words(she.get("/my/remote/"))
    assert 'href="https://remote.example/"' in page
    assert "Your last requests" in page


def test_a_caregiver_sees_the_remote_only_where_she_may_ask_for_a_dose(
    she: Client, signed_in: SignedIn
):
    mother = signed_in(Role.CAREGIVER, "mother", person="p1")
    she.post("/my/access/", {"who": "mother", "may": ["plan"]})
    assert mother.get("/my/remote/").status_code == 403
    she.post("/my/access/", {"who": "mother", "may": ["dose"]})
    assert mother.get("/my/remote/").status_code == 200


# Dates -------------------------------------------------------------------------------------------


def link(browser: Client, **row: str) -> str:
    """The address on her page after she has made or ended a link."""
    assert browser.post("/my/calendar/link/", row).status_code == 302
    page = words(browser.get("/my/calendar/"))
    return page.partition('href="https://clinic.example/refills/')[2].partition('"')[0]


def test_a_calendar_follows_her_dates_by_a_link_until_she_ends_it(she: Client):
    found = link(she)
    assert found.endswith(".ics")
    answer = browser_of_nobody().get(f"/refills/{found}")
    assert answer["Content-Type"].startswith("text/calendar")
    assert icalendar.Calendar.from_ical(answer.content).walk("VEVENT")
    assert "morphine" not in words(answer).lower()
    assert link(she, end="yes") == ""
    assert browser_of_nobody().get(f"/refills/{found}").status_code == 404


def test_a_link_ends_by_itself_and_with_the_next_one(she: Client):
    first = link(she)
    second = link(she)
    assert browser_of_nobody().get(f"/refills/{first}").status_code == 404
    assert browser_of_nobody().get(f"/refills/{second}").status_code == 200
    clock.use(lambda: NOW + timedelta(days=180))
    assert browser_of_nobody().get(f"/refills/{second}").status_code == 404


@pytest.mark.parametrize("change", ["person", "event", "end"])
def test_a_link_that_was_changed_or_guessed_is_none(change: str, she: Client):
    found = link(she).removesuffix(".ics")
    body, _, proof = found.rpartition(":")
    tried = {
        "person": f"x{body[1:]}:{proof}",
        "event": f"{body[:-2]}xx:{proof}",
        "end": f"{body}:{'A' * len(proof)}",
    }[change]
    assert browser_of_nobody().get(f"/refills/{tried}.ics").status_code == 404
    assert browser_of_nobody().get("/refills/p1.ics").status_code == 404


def test_who_cares_for_her_makes_and_ends_no_link(she: Client, signed_in: SignedIn):
    mother = signed_in(Role.CAREGIVER, "mother", person="p1")
    she.post("/my/access/", {"who": "mother", "may": ["plan"]})
    assert mother.post("/my/calendar/link/", {}).status_code == 403
    assert "secret link" not in words(mother.get("/my/calendar/"))


def test_a_refill_that_is_booked_stands_at_its_hour_in_her_own_zone(
    clinic: Record, her: Course, signed_in: SignedIn
):
    at = NOW + timedelta(days=20)
    after = keep(her.person, NOW, NextRefillSet(at, "low-reservoir", at), NURSE)
    clinic.append(after.events[-1])
    rows.catch_up()
    text = signed_in(Role.PATIENT, "her", person="p1").get("/my/refills.ics").content
    made = icalendar.Calendar.from_ical(text)
    assert made.walk("VTIMEZONE")
    (visit,) = (e for e in made.walk("VEVENT") if str(e["uid"]).startswith("p1-booked"))
    assert visit.decoded("dtstart") == at
    assert len(visit.walk("VALARM")) == 2
