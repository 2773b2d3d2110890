"""Who gets the patient's pages, and in which language."""

import pytest
from django.test import Client

from cisterna.clinic.event import Role
from tests.clinic.web.conftest import SignedIn, Treated, browser_of_nobody


@pytest.mark.parametrize("role", [Role.PATIENT, Role.CAREGIVER])
def test_her_first_page_is_for_her_and_for_who_cares_for_her(
    role: Role, signed_in: SignedIn, treated: Treated
):
    treated("back", "refer")
    assert signed_in(role, person="p1").get("/my/").status_code == 200


@pytest.mark.parametrize("role", [Role.NURSE, Role.PHYSICIAN, Role.ADMIN, Role.AUDITOR])
def test_her_first_page_is_no_page_of_the_staff(role: Role, signed_in: SignedIn):
    assert signed_in(role).get("/my/").status_code == 403


def test_help_is_there_for_anybody(clinic: object):
    assert "ambulance" in browser_of_nobody().get("/help/").content.decode()


def test_a_browser_that_asks_for_spanish_gets_spanish(clinic: object):
    found = browser_of_nobody().get("/help/", headers={"accept-language": "es-MX,es;q=0.9"})
    assert "ambulancia" in found.content.decode()
    assert '<html lang="es">' in found.content.decode()


def test_what_she_chooses_goes_before_what_her_browser_says(clinic: object):
    browser = browser_of_nobody()
    _choose(browser, "es")
    found = browser.get("/help/", headers={"accept-language": "en"})
    assert "ambulancia" in found.content.decode()


def test_staff_read_english_whatever_their_browser_asks_for(signed_in: SignedIn):
    found = signed_in(Role.NURSE).get("/help/", headers={"accept-language": "es"})
    assert '<html lang="en">' in found.content.decode()


def _choose(browser: Client, language: str) -> None:
    found = browser.post("/language/", {"language": language, "next": "/help/"})
    assert found.status_code == 302
