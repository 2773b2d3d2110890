"""The start page of a demonstration: the accident, and doors that only this machine can open."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from allauth.mfa.totp.internal.auth import TOTP
from django.core.cache import cache
from django.core.management import call_command
from django.db import connection

from cisterna.clinic import event
from cisterna.clinic.event import Role
from cisterna.clinic.ledger.entry import ClinicKind
from cisterna.clinic.ledger.record import Record
from cisterna.clinic.web import clock
from cisterna.clinic.web.members import invite
from cisterna.clinic.web.models import Member
from tests.clinic.web.conftest import PASSWORD, SECRET, browser_of_nobody


@pytest.fixture
def demonstration(template: Path) -> Iterator[Record]:
    """A demonstration without people; the real clinic's tables are kept beside it."""
    assert template.exists()
    place = Path(connection.settings_dict["NAME"])
    connection.close()
    for old in place.parent.glob(f"{place.name}*"):
        old.unlink()
    made = Record.create("default", ClinicKind.DEMONSTRATION)
    call_command("migrate", verbosity=0, interactive=False)
    cache.clear()
    clock.use(lambda: datetime(2026, 12, 1, 9, tzinfo=UTC))
    yield made
    clock.use(event.now)
    connection.close()


def test_the_accident_is_shown_and_put_right(demonstration: Record):
    browser = browser_of_nobody()
    wrong = browser.get("/start/").content.decode()
    assert 'data-case="forgotten"' in wrong
    assert 'href="/start/?bridge=on">Put it right' in wrong
    assert 'data-case="bridged"' in browser.get("/start/?bridge=on").content.decode()


def test_each_picture_of_the_start_page_has_its_numbers_as_a_table(demonstration: Record):
    page = browser_of_nobody().get("/start/").content.decode()
    # 4 mg/day is ordered; 8 mg/day leaves the tip until the line is clear, with the bridge never.
    assert '<th scope="row">0 to 23</th>' in page
    row = page[page.index('<th scope="row">0 to 23</th>') :].partition("</tr>")[0]
    assert re.findall(r"<div>([^<]+)</div>", row) == ["4", "8", "4"]
    assert page.count("<table") == 2
    assert page.count('role="img"') == 2


def test_nothing_on_the_start_page_is_written_into_it_as_script_or_style(demonstration: Record):
    page = browser_of_nobody().get("/start/").content.decode()
    assert re.findall(r"<script(?![^>]*(?: src=|application/json))", page) == []
    assert not re.findall(r"\sstyle=", page)


@pytest.mark.parametrize(
    ("door", "role", "place"),
    [
        ("follow", Role.PHYSICIAN, "/people/demo-22/"),
        ("nurse", Role.NURSE, "/"),
        ("patient", Role.PATIENT, "/my/"),
    ],
)
def test_each_door_signs_the_visitor_in_as_an_invented_person(
    demonstration: Record, door: str, role: Role, place: str
):
    browser = browser_of_nobody()
    found = browser.post(f"/start/{door}/")
    assert (found.status_code, found["Location"]) == (302, place)
    who = Member.objects.get(user=browser.session["_auth_user_id"])
    assert Role(who.role) is role
    count = Member.objects.count()
    assert browser.post(f"/start/{door}/").status_code == 302  # and again
    assert Member.objects.count() == count


def test_the_invented_person_s_code_is_shown_to_herself(demonstration: Record):
    browser = browser_of_nobody()
    assert browser.get("/start/code/").status_code == 302
    browser.post("/start/nurse/")
    shown = browser.get("/start/code/").content.decode()
    assert "nurse-willow" in shown
    assert any(word.isdigit() and len(word) == 6 for word in shown.replace("<", " ").replace(
        ">", " ").split())  # fmt: skip


@pytest.mark.parametrize(
    "more", [{"REMOTE_ADDR": "192.0.2.7"}, {"HTTP_X_FORWARDED_FOR": "192.0.2.7"}]
)
def test_a_door_opens_to_nobody_from_elsewhere(demonstration: Record, more: dict[str, str]):
    browser = browser_of_nobody(**more)
    assert browser.post("/start/nurse/").status_code == 404
    assert "_auth_user_id" not in browser.session


def test_without_pumps_the_patient_s_door_says_so_and_what_to_do(demonstration: Record):
    browser = browser_of_nobody()
    browser.post("/start/patient/")
    assert "0.05 mg" in browser.get("/start/phone/").content.decode()
    said = browser.post("/start/phone/").content.decode()
    assert "The pumps are not running. Start the demonstration again." in said
    assert "Open her remote" not in said


def test_on_every_page_of_the_invented_patient_her_remote_is_one_link_away(demonstration: Record):
    browser = browser_of_nobody()
    browser.post("/start/patient/")
    way = '<a href="/start/phone/">Her remote, paired in one step</a>'
    for page in ("/my/", "/my/remote/", "/my/diary/"):
        assert way in browser.get(page).content.decode(), page
    browser.post("/start/nurse/")
    assert way not in browser.get("/").content.decode()


def test_the_banner_names_whoever_is_signed_in_invented_or_invited(demonstration: Record):
    browser = browser_of_nobody()
    browser.post("/start/nurse/")
    chosen = re.compile(r'<option value="[^"]*" selected>([a-z-]+), ')
    assert chosen.findall(browser.get("/").content.decode()) == ["nurse-willow"]
    found, _ = invite("n-gray", Role.NURSE, "main", PASSWORD, "")
    TOTP.activate(found.user, SECRET)
    browser.force_login(found.user, "allauth.account.auth_backends.AuthenticationBackend")
    assert chosen.findall(browser.get("/").content.decode()) == ["n-gray"]


def test_only_the_invented_patient_opens_her_pump(demonstration: Record):
    browser = browser_of_nobody()
    assert browser.post("/start/phone/").status_code == 302
    browser.post("/start/nurse/")
    assert browser.post("/start/phone/").status_code in (302, 403, 404)


def test_a_door_needs_its_form(demonstration: Record):
    strict = browser_of_nobody(enforce_csrf_checks=True)
    assert strict.post("/start/nurse/").status_code == 403
    assert strict.get("/start/nurse/").status_code == 405
    assert browser_of_nobody().post("/start/other/").status_code == 404


def test_a_real_clinic_has_no_door_at_all(clinic: Record):
    browser = browser_of_nobody()
    assert browser.get("/start/").status_code == 404
    assert browser.post("/start/nurse/").status_code == 404
    assert "_auth_user_id" not in browser.session
    assert Member.objects.count() == 0
