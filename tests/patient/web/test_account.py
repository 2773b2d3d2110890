"""Sign-in, lock, account and error pages: hers in her language and her frame, staff's as before."""

import time
from typing import Any

import pytest
from django.test import Client

from cisterna.clinic.event import Role
from cisterna.clinic.web import rows, watch
from tests.clinic.web.conftest import PASSWORD, Invited, SignedIn, Treated, browser_of_nobody

SPANISH = {"accept-language": "es"}
STAFF_PAGES = (
    *("/people/", "/people/p1/", "/people/p1/acts/set-goals/", "/people/p1/programmer/"),
    *("/emergency/", "/library/", "/audit/", "/members/", "/people/p1/record.jsonl"),
    *("/people/p1/open/", "/people/p1/refill/", "/api/people/p1", "/api/people", "/api/tasks"),
)


def words(found: Any) -> str:
    return str(found.content.decode())


@pytest.fixture
def she(treated: Treated, signed_in: SignedIn) -> Client:
    treated("back", "commit")
    return signed_in(Role.PATIENT, "her", person="p1")


@pytest.mark.parametrize("role", [Role.PATIENT, Role.CAREGIVER])
def test_no_page_of_the_staff_is_hers(role: Role, treated: Treated, signed_in: SignedIn):
    treated("back", "commit")
    browser = signed_in(role, person="p1")
    for page in STAFF_PAGES:
        assert browser.get(page).status_code == 403, page
    assert browser.get("/")["Location"] == "/my/"


def test_who_signs_in_as_a_patient_comes_to_her_own_pages(treated: Treated, invited: Invited):
    treated("back", "commit")
    invited("her", Role.PATIENT, person="p1")
    row = {"login": "her", "password": PASSWORD}
    found = browser_of_nobody().post("/account/login/", row, follow=True)
    assert found.redirect_chain[-1][0] == "/my/"
    assert found.status_code == 200


def test_the_page_to_sign_in_speaks_the_language_of_the_browser(clinic: object):
    page = words(browser_of_nobody().get("/account/login/", headers=SPANISH))
    assert "Entrar con una llave de acceso" in page
    assert "Sign in" not in page


@pytest.mark.parametrize("page", ["/account/enrol/", "/account/2fa/totp/activate/"])
def test_her_account_is_in_her_frame_and_language(page: str, she: Client):
    she.post("/language/", {"language": "es"})
    she.post("/account/reauthenticate/", {"password": PASSWORD})
    found = she.get(page)
    assert found.status_code == 200
    assert '<html lang="es">' in words(found)
    assert 'href="/my/"' in words(found)


def test_her_lock_opens_with_her_password_alone_as_she_has_no_second_factor(she: Client):
    now = she.session
    now[watch.SEEN] = time.time() - 3600
    now.save()
    assert she.get("/my/")["Location"].startswith("/locked/")
    she.post("/language/", {"language": "es"})
    assert "Desbloquear" in words(she.get("/locked/"))
    wrong = she.post("/locked/", {"password": "not hers", "next": "/my/"})
    assert wrong.status_code == 422
    assert "No era correcto" in words(wrong)
    assert she.post("/locked/", {"password": PASSWORD, "next": "/my/"})["Location"] == "/my/"
    assert she.get("/my/").status_code == 200


def test_the_lock_of_the_staff_never_opens_with_a_password_alone(signed_in: SignedIn):
    nurse = signed_in(Role.NURSE)
    now = nurse.session
    now[watch.LOCKED] = True
    now.save()
    assert nurse.post("/locked/", {"password": PASSWORD, "next": "/"}).status_code == 422


@pytest.mark.parametrize(("page", "says"), [("/my/nothing/", "No está"), ("/people/", "No es pos")])
def test_a_page_that_says_no_says_it_in_her_language(page: str, says: str, she: Client):
    she.post("/language/", {"language": "es"})
    assert says in words(she.get(page))


def test_staff_read_their_own_words_where_a_page_says_no(signed_in: SignedIn):
    page = words(signed_in(Role.NURSE).get("/audit/", headers=SPANISH))
    assert "Nurse has no access to this page." in page
    assert '<html lang="en">' in page


def test_the_language_on_her_record_goes_before_her_browser_and_her_choice_before_both(
    she: Client,
):
    base = len(rows.load("p1").events)
    form = {"language": "Spanish", "interpreter_needed": "no", "base": str(base)}
    assert she.post("/my/do/state-language/", form).status_code == 302
    assert '<html lang="es">' in words(she.get("/my/", headers={"accept-language": "en"}))
    she.post("/language/", {"language": "en"})
    assert '<html lang="en">' in words(she.get("/my/", headers=SPANISH))
