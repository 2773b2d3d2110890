"""From a page to the record: double clicks, two tabs, refusals that keep what was written."""

from typing import Any

import pytest

from cisterna.clinic.acts import ACTS
from cisterna.clinic.bodies.planning import GoalsSet, Referred, Registered
from cisterna.clinic.event import Actor, Role
from cisterna.clinic.ledger.models import EventRow
from cisterna.clinic.ledger.record import Record
from cisterna.clinic.web import desk, rows
from cisterna.clinic.web.models import PersonRow, TaskRow
from tests.clinic.people import ENTRY
from tests.clinic.test_roles import ASKED
from tests.clinic.web.conftest import NOW, SignedIn, Treated
from tests.clinic.web.sending import sent

GOAL = GoalsSet(("walk to the shop",))


def kinds() -> list[str]:
    return list(EventRow.objects.order_by("seq").values_list("kind", flat=True))


def send(browser: Any, act: str, asked: Any, base: int, why: str = "") -> Any:
    return browser.post(f"/people/p1/acts/{act}/", sent(act, asked, base, why))


def test_an_act_from_a_page_is_on_the_record_with_who_and_when(
    signed_in: SignedIn, treated: Treated
):
    course = treated("back", "refer").person
    referral = Referred("cancer-pain", "Dr Hall", "a pump?")
    done = send(signed_in(Role.NURSE), "refer", referral, len(course.events))
    assert done.status_code == 302
    person = rows.load("p1")
    assert person.events[-1].body == referral
    assert person.events[-1].actor.who == "nurse-1"
    assert PersonRow.objects.get(pk="p1").place == "referred"


def test_a_double_click_records_once_and_shows_what_was_recorded(
    signed_in: SignedIn, treated: Treated
):
    """ASVS 2.3.4, 15.4.1: the second of two equal requests finds that the record has moved on."""
    base = len(treated("back", "set-goals").person.events)
    nurse = signed_in(Role.NURSE)
    assert send(nurse, "set-goals", GOAL, base).status_code == 302
    again = send(nurse, "set-goals", GOAL, base)
    assert again.status_code == 409
    page = again.content.decode()
    assert "moved on" in page
    assert "walk to the shop" in page
    assert f'name="base" value="{base + 1}"' in page
    assert kinds().count("goals-set") == 1


def test_two_tabs_one_of_them_stale(signed_in: SignedIn, treated: Treated):
    base = len(treated("back", "set-goals").person.events)
    assert send(signed_in(Role.PHYSICIAN), "set-goals", GOAL, base).status_code == 302
    other = send(signed_in(Role.NURSE), "set-goals", GoalsSet(("sleep",)), base)
    assert other.status_code == 409
    assert "physician-1" in other.content.decode()
    assert kinds().count("goals-set") == 1


def test_two_writers_at_the_very_same_moment_record_one_act(
    clinic: Record, treated: Treated, monkeypatch: pytest.MonkeyPatch
):
    """ASVS 15.4.2: between the look and the write somebody else has written."""
    base = len(treated("back", "set-goals").person.events)

    def first(who: str) -> Any:
        return lambda p: ACTS["set-goals"](p, Actor(who, Role.NURSE), GOAL, NOW)

    def late(person: Any) -> Any:
        desk.write("p1", base, first("faster"))
        return first("slower")(person)

    with pytest.raises(desk.MovedOn) as caught:
        desk.write("p1", base, late)
    assert [e.actor.who for e in caught.value.since] == ["faster"]
    assert kinds().count("goals-set") == 1


def test_a_refusal_says_why_and_what_to_do_and_keeps_the_form(
    signed_in: SignedIn, treated: Treated
):
    base = len(treated("back", "sign-evaluation").person.events)
    physician = signed_in(Role.PHYSICIAN)
    found = physician.post(
        "/people/p1/acts/conclude-team/",
        {"base": base, "outcome": "candidate", "dissent": "we talked", "why": ""},
    )
    assert found.status_code == 422
    page = found.content.decode()
    assert "Not possible where she stands" in page
    assert "Possible at" in page
    assert "we talked" in page
    assert "team-concluded" not in kinds()


@pytest.mark.parametrize(
    ("act", "field", "wrong", "says"),
    [
        ("refer", "indication", "boredom", "not one of the available choices"),
        ("assess-risk", "daily_opioid", "60", "Write a number and its unit"),
        ("assess-risk", "daily_opioid", "sixty mg", "Write a number and its unit"),
        ("observe-trial", "seen", "2026-03-29T02:30", "interpreted in time zone"),
        ("observe-trial", "breaths", "12.5", "whole number"),
        ("register", "born", "01/04/65", "valid date"),
    ],
)
def test_what_is_no_answer_is_said_at_its_field_and_nothing_is_recorded(
    act: str, field: str, wrong: str, says: str, signed_in: SignedIn, treated: Treated
):
    """ASVS 2.2.2; the time is one that a clock change has left out."""
    base = len(treated("back", "judge-trial").person.events)
    before = kinds()
    row = sent(act, ASKED[act][1], base) | {field: wrong}
    found = signed_in(Role.PHYSICIAN).post(f"/people/p1/acts/{act}/", row)
    assert found.status_code == 422
    assert says in found.content.decode().replace("&#x27;", "'")
    assert kinds() == before


def test_an_answer_left_open_is_no_answer(signed_in: SignedIn, treated: Treated):
    base = len(treated("back", "teach-back").person.events)
    found = signed_in(Role.NURSE).post(
        "/people/p1/acts/teach-back/", {"base": base, "says": "all of it"}
    )
    assert found.status_code == 422
    assert "required" in found.content.decode()


def test_somebody_new_is_registered_and_referred_in_one(signed_in: SignedIn, clinic: Record):
    nurse = signed_in(Role.NURSE)
    row = sent("register", ENTRY, 0) | sent("refer", Referred("cancer-pain", "Dr Hall", "?"), 0)
    done = nurse.post("/people/new/", row)
    assert done.status_code == 302
    person = rows.load(done["Location"].strip("/").split("/")[-1])
    assert [e.kind for e in person.events] == ["registered", "referred"]
    entry = person.last(Registered, None)
    assert entry is not None
    assert entry.body.clinic == "main"


def test_nobody_is_registered_where_the_referral_is_refused(signed_in: SignedIn, clinic: Record):
    row = sent("register", ENTRY, 0) | {"indication": "", "asked_by": "x", "question": "y"}
    assert signed_in(Role.NURSE).post("/people/new/", row).status_code == 422
    assert kinds() == []


def test_the_lists_can_be_thrown_away_and_are_the_same_again(clinic: Record, treated: Treated):
    treated("back", "plan-implant")
    treated("palsy", person="p2")
    before = list(PersonRow.objects.order_by("pk").values())
    tasks = list(TaskRow.objects.values_list("what", "due"))
    assert rows.catch_up() == 0
    assert rows.rebuild() == 2
    assert list(PersonRow.objects.order_by("pk").values()) == before
    assert list(TaskRow.objects.values_list("what", "due")) == tasks
