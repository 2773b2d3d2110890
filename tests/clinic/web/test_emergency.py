"""The emergency screens: her own sheet, and the cards for somebody whom nobody knows."""

from datetime import timedelta

import pytest

from cisterna.clinic.bodies.site import TelephonesGiven
from cisterna.clinic.event import Role
from cisterna.clinic.formulary import SITE
from cisterna.clinic.ledger.record import Record
from cisterna.clinic.web import rows, site
from tests.clinic.people import Course
from tests.clinic.web.conftest import NOW, PASSWORD, SignedIn, Treated
from tests.clinic.web.rich import rich
from tests.clinic.web.test_programmer import code


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


def test_whom_to_call_is_signed_once_and_stands_on_every_sheet(sheet: str, signed_in: SignedIn):
    assert sheet.count("NOT KNOWN") == 3
    doctor = signed_in(Role.PHYSICIAN)
    given = {
        "base": "0", "clinic": "+44 20 7946 0100", "on_call": "07700 900123 ext 4",
        "poison_centre": "", "password": PASSWORD, "code": code(),
    }  # fmt: skip
    assert doctor.post("/telephones/", given).status_code == 302
    now = signed_in(Role.NURSE).get("/people/p1/emergency/").content.decode()
    assert "07700 900123 ext 4" in now
    assert "+44 20 7946 0100" in now
    # Nobody said where the poison centre is reached: that is printed, never left out.
    assert now.count("NOT KNOWN") == 1
    assert "07700 900123 ext 4" in signed_in(Role.NURSE).get("/emergency/").content.decode()


def test_the_numbers_of_one_clinic_are_not_anothers(clinic: Record, signed_in: SignedIn):
    given = {"base": "0", "on_call": "5550100", "password": PASSWORD, "code": code()}
    assert signed_in(Role.ADMIN).post("/telephones/", given).status_code == 302
    assert site.telephones("main").on_call == "5550100"
    assert site.telephones("elsewhere") == TelephonesGiven("elsewhere")


@pytest.mark.parametrize(
    "more", [{"on_call": "ring the ward"}, {"code": "000000"}, {"base": "3"}, {"base": "x"}]
)
def test_what_is_no_number_or_not_signed_is_refused(
    clinic: Record, signed_in: SignedIn, more: dict[str, str]
):
    given = {"base": "0", "on_call": "5550100", "password": PASSWORD, "code": code()} | more
    assert signed_in(Role.ADMIN).post("/telephones/", given).status_code == 422
    assert not list(clinic.entries(SITE))


def test_a_nurse_reads_whom_to_call_and_does_not_say_it(clinic: Record, signed_in: SignedIn):
    nurse = signed_in(Role.NURSE)
    assert b"NOT KNOWN" in nurse.get("/telephones/").content
    assert nurse.post("/telephones/", {"base": "0", "on_call": "5550100"}).status_code == 403


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
