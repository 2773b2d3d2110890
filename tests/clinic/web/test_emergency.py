"""The emergency screens: her own sheet, and the cards for somebody whom nobody knows."""

from datetime import timedelta

import pytest

from cisterna.clinic.event import Role
from cisterna.clinic.ledger.record import Record
from cisterna.clinic.web import rows
from tests.clinic.people import Course
from tests.clinic.web.conftest import NOW, SignedIn, Treated
from tests.clinic.web.rich import rich


def titles(text: str) -> list[str]:
    """The letters of the cards, in their order."""
    return [part.partition('"')[0] for part in text.split('id="card-')[1:]]


@pytest.fixture
def sheet(clinic: Record, signed_in: SignedIn) -> str:
    """The sheet of somebody with morphine, by a nurse."""
    course = Course("p1", NOW - timedelta(days=420))
    rich(course)
    clinic.append(*course.person.events)
    rows.catch_up()
    return signed_in(Role.NURSE).get("/people/p1/emergency/").content.decode()


def test_her_head_is_that_of_the_last_confirmed_programme(sheet: str):
    for words in ("Ada Moss, born 1965-04-01, MRN 1", "0.54 mg/day", "2 mg/mL", "SynchroMed II",
                  "NGP000001H", "T10", "Patient doses", "her sister"):  # fmt: skip
        assert words in sheet, words
    # Nobody has entered whom to call: that is said, never left out.
    assert sheet.count("NOT KNOWN") == 3


def test_the_cards_are_those_of_her_drug(sheet: str):
    assert titles(sheet) == ["A", "F", "H", "I", "J", "K", "P", "Q"]
    assert "recalled, not verified" in sheet
    assert "/people/p1/programmer/#stop" in sheet


def test_what_is_seen_narrows_the_cards(sheet: str, signed_in: SignedIn):
    found = signed_in(Role.NURSE).get("/people/p1/emergency/?finding=slow-breathing")
    assert "A" in titles(found.content.decode())
    assert len(titles(found.content.decode())) < 8
    strange = signed_in(Role.NURSE).get("/people/p1/emergency/?finding=no-such-thing")
    assert titles(strange.content.decode()) == titles(sheet)


def test_without_a_programme_the_unknown_drug_comes_first(treated: Treated, signed_in: SignedIn):
    treated("back", "refer")
    text = signed_in(Role.NURSE).get("/people/p1/emergency/").content.decode()
    assert titles(text)[0] == "unknown-drug"
    assert "Stop the pump" not in text


def test_without_a_person_there_are_all_cards(clinic: Record, signed_in: SignedIn):
    nurse = signed_in(Role.NURSE)
    text = nurse.get("/emergency/").content.decode()
    assert titles(text) == ["unknown-drug", *"ABCDEFGHIJKPQ"]
    baclofen = titles(nurse.get("/emergency/?drug=baclofen").content.decode())
    assert {"B", "E"} < set(baclofen)
    assert not {"A", "C", "unknown-drug"} & set(baclofen)


def test_nobody_of_elsewhere_sees_her_sheet(treated: Treated, signed_in: SignedIn):
    treated("back", "refer")
    stranger = signed_in(Role.NURSE, "n-else", clinic="other")
    assert stranger.get("/people/p1/emergency/").status_code == 404
