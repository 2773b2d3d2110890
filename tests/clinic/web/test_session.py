"""Signing in, the second factor, the lock, and what a browser is told about a page."""

import re
import time
from typing import Any

import pytest
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.core.management import call_command
from django.test import Client

from cisterna.clinic.event import Role
from cisterna.clinic.refusal import Refused
from cisterna.clinic.web import reauth, watch
from cisterna.clinic.web.members import invite, set_active, set_role
from cisterna.clinic.web.models import AuditRow, Member
from tests.clinic.web.conftest import (
    PASSWORD,
    SECRET,
    Invited,
    SignedIn,
    Treated,
    browser_of_nobody,
)


def code(steps_ago: int = 0) -> str:
    """What the app shows now, or showed before."""
    return str(format_hotp_value(hotp_value(SECRET, int(time.time()) // 30 - steps_ago)))


def sign_in(browser: Client, who: str, password: str = PASSWORD) -> Any:
    return browser.post("/account/login/", {"login": who, "password": password})


def test_password_and_code_sign_in_under_a_new_token(invited: Invited):
    """ASVS 6.3.3, 7.2.4."""
    invited("n-1", Role.NURSE)
    browser = browser_of_nobody()
    browser.get("/account/login/")
    assert sign_in(browser, "n-1")["Location"] == "/account/2fa/authenticate/"
    assert browser.get("/people/")["Location"].startswith("/account/login/")
    done = browser.post("/account/2fa/authenticate/", {"code": code()})
    assert done["Location"] == "/"
    assert browser.get("/people/").status_code == 200
    assert "__Host-session" in browser.cookies


def test_a_code_is_good_once(invited: Invited):
    """ASVS 6.5.1."""
    invited("n-1", Role.NURSE)
    now = code()
    answers = []
    for browser in (browser_of_nobody(), browser_of_nobody()):
        sign_in(browser, "n-1")
        answers.append(browser.post("/account/2fa/authenticate/", {"code": now}).status_code)
    assert answers == [302, 200]


@pytest.mark.parametrize(("ago", "answer"), [(0, 302), (1, 302), (3, 200)])
def test_a_code_that_ends_while_it_is_typed_still_counts_and_an_old_one_does_not(
    invited: Invited, ago: int, answer: int
):
    """RFC 6238 §5.2: at most one step of thirty seconds for what is on its way."""
    invited("n-1", Role.NURSE)
    browser = browser_of_nobody()
    sign_in(browser, "n-1")
    typed = {"code": code(ago)}
    assert browser.post("/account/2fa/authenticate/", typed).status_code == answer


def test_staff_without_a_second_factor_get_nowhere_but_to_one(clinic: object):
    invite("n-1", Role.NURSE, "main", PASSWORD)
    browser = browser_of_nobody()
    sign_in(browser, "n-1")
    for page in ("/", "/people/", "/members/", "/emergency/"):
        assert browser.get(page)["Location"] == "/account/enrol/", page
    assert browser.get("/account/enrol/").status_code == 200
    asked = browser.get("/account/2fa/totp/activate/")
    assert asked["Location"].startswith("/account/reauthenticate/")
    assert browser.post(asked["Location"], {"password": PASSWORD}).status_code == 302
    assert browser.get("/account/2fa/totp/activate/").status_code == 200


def test_after_five_wrong_passwords_a_right_one_waits_too_but_not_elsewhere(invited: Invited):
    """ASVS 2.4.1, our limits: 5 in 15 minutes for an account and an address, no lock for good."""
    invited("n-1", Role.NURSE)
    browser = browser_of_nobody()
    for _ in range(5):
        answer = sign_in(browser, "n-1", "wrong")
    assert answer.status_code == 429
    assert sign_in(browser, "n-1").status_code == 429
    elsewhere = browser_of_nobody(REMOTE_ADDR="192.0.2.7")
    assert sign_in(elsewhere, "n-1").status_code == 302
    assert AuditRow.objects.filter(what="sign-in-failed", who="n-1").count() >= 5


def test_a_wrong_name_and_a_wrong_password_get_the_same_answer(invited: Invited):
    """ASVS 6.3.8."""
    invited("n-1", Role.NURSE)
    known, unknown = (
        sign_in(browser_of_nobody(), who, "wrong").content.decode().replace(who, "WHO")
        for who in ("n-1", "n-2")
    )
    token = re.compile('(value|data-csrf)="[A-Za-z0-9]{64}"')
    assert token.sub("", known) == token.sub("", unknown)
    assert "errorlist" in known


def test_nobody_signs_herself_up_or_resets_a_password_by_mail(clinic: object):
    """ASVS 6.4.3."""
    for page in ("/account/signup/", "/account/password/reset/", "/account/email/"):
        assert browser_of_nobody().get(page).status_code == 404, page


def later(browser: Client, seconds: float) -> None:
    """Let time pass in a session."""
    session = browser.session
    for name in (watch.SEEN, watch.BEGUN):
        session[name] = session[name] - seconds
    session.save()


def test_an_idle_page_is_locked_and_opens_with_password_and_code(
    signed_in: SignedIn, treated: Treated
):
    """ASVS 7.3.1; 45 CFR 164.312 automatic logoff."""
    treated("back", "commit")
    nurse = signed_in(Role.NURSE)
    assert nurse.get("/people/p1/").status_code == 200
    later(nurse, 15 * 60 + 1)
    assert nurse.get("/people/p1/")["Location"] == "/locked/?next=/people/p1/"
    assert nurse.get("/api/people/p1").status_code == 423
    assert "Ada Moss" not in nurse.get("/locked/").content.decode()
    assert nurse.post("/locked/", {"password": PASSWORD, "code": "000000"}).status_code == 422
    assert nurse.get("/people/p1/").status_code == 302
    token = nurse.session.session_key
    done = nurse.post("/locked/", {"password": PASSWORD, "code": code(), "next": "/people/p1/"})
    assert done["Location"] == "/people/p1/"
    assert nurse.session.session_key != token
    assert nurse.get("/people/p1/").status_code == 200


def test_the_lock_sends_nobody_to_another_site(signed_in: SignedIn, clinic: object):
    nurse = signed_in(Role.NURSE)
    assert nurse.get("/locked/?next=https://evil.example/")["Location"] == "/"
    assert nurse.post("/locked/now/", {"next": "//evil.example"})["Location"] == "/locked/?next=/"


def test_a_session_ends_after_a_long_shift(signed_in: SignedIn, clinic: object):
    """ASVS 7.3.2."""
    nurse = signed_in(Role.NURSE)
    nurse.get("/")
    later(nurse, 12 * 3600 + 1)
    assert nurse.get("/")["Location"].startswith("/account/login/")
    assert "_auth_user_id" not in nurse.session


def test_a_changed_role_counts_at_once(signed_in: SignedIn, treated: Treated):
    """ASVS 8.3.2."""
    treated("back", "sign-evaluation")
    browser = signed_in(Role.PHYSICIAN)
    assert browser.get("/people/p1/acts/sign-evaluation/").status_code == 200
    set_role(Member.objects.get(who="physician-1"), Role.NURSE)
    assert browser.get("/people/p1/acts/sign-evaluation/").status_code == 403


def test_whoever_is_shut_out_is_out_with_her_next_page(signed_in: SignedIn, clinic: object):
    """ASVS 7.4.2, 7.4.5."""
    browser = signed_in(Role.NURSE)
    assert browser.get("/people/").status_code == 200
    set_active(Member.objects.get(who="nurse-1"), False)
    assert browser.get("/people/")["Location"].startswith("/account/login/")
    assert sign_in(browser_of_nobody(), "nurse-1")["Location"] == "/account/inactive/"


def test_signing_out_ends_the_session_and_needs_a_post(signed_in: SignedIn, clinic: object):
    """ASVS 7.4.1, 3.5.3."""
    browser = signed_in(Role.NURSE)
    token = browser.session.session_key
    browser.get("/account/logout/")
    assert browser.get("/people/").status_code == 200
    browser.post("/account/logout/")
    assert browser.get("/people/").status_code == 302
    stolen = browser_of_nobody()
    stolen.cookies["__Host-session"] = token or ""
    assert stolen.get("/people/").status_code == 302


def test_a_form_from_elsewhere_records_nothing(signed_in: SignedIn, treated: Treated):
    """ASVS 3.5.1."""
    base = len(treated("back", "set-goals").person.events)
    signed_in(Role.NURSE)
    strict = browser_of_nobody(enforce_csrf_checks=True)
    strict.force_login(
        Member.objects.get(who="nurse-1").user,
        "allauth.account.auth_backends.AuthenticationBackend",
    )
    found = strict.post("/people/p1/acts/set-goals/", {"base": base, "goals": "x"})
    assert found.status_code == 403
    assert "Nothing was done" in found.content.decode()


@pytest.mark.parametrize("page", ["/", "/people/p1/", "/people/p404/", "/account/login/"])
def test_a_browser_is_told_what_a_page_may_do(page: str, signed_in: SignedIn, treated: Treated):
    """ASVS 3.3.1 to 3.3.4, 3.4.1 to 3.4.6."""
    treated("back", "commit")
    found = signed_in(Role.NURSE).get(page)
    policy = found.headers["Content-Security-Policy"]
    rules = {"default-src 'none'", "script-src 'self'", "style-src 'self'", "form-action 'self'"}
    for rule in rules | {"frame-ancestors 'none'", "base-uri 'none'"}:
        assert rule in policy
    assert "unsafe" not in policy
    assert found.headers["Strict-Transport-Security"].startswith("max-age=31536000")
    assert found.headers["X-Content-Type-Options"] == "nosniff"
    assert found.headers["X-Frame-Options"] == "DENY"
    assert found.headers["Referrer-Policy"] == "same-origin"
    assert "no-store" in found.headers["Cache-Control"]
    for cookie in found.cookies.values():
        assert cookie.key.startswith("__Host-")
        assert cookie["secure"]
        assert cookie["httponly"]
        assert cookie["samesite"] == "Strict"


def test_the_settings_of_a_clinic_pass_the_check_for_deployment(
    clinic: object, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.delenv("DJANGO_ALLOW_ASYNC_UNSAFE", raising=False)
    call_command("check", deploy=True, fail_level="WARNING", verbosity=0)


def test_a_digest_is_signed_by_password_and_code_and_the_code_is_good_once(
    signed_in: SignedIn, rf_post: Any
):
    """ASVS 7.5.3."""
    signed_in(Role.PHYSICIAN)
    now = code()
    made = reauth.prove(rf_post({"password": PASSWORD, "code": now}), "ab" * 32)
    assert (made.method, made.proof) == ("password and code", None)
    with pytest.raises(Refused, match="do not fit"):
        reauth.prove(rf_post({"password": PASSWORD, "code": now}), "ab" * 32)


@pytest.mark.parametrize("wrong", [{}, {"password": PASSWORD}, {"password": "x", "code": "1"}])
def test_a_wrong_proof_is_none_and_is_written_down(
    wrong: dict[str, str], signed_in: SignedIn, rf_post: Any
):
    signed_in(Role.PHYSICIAN)
    with pytest.raises(Refused):
        reauth.prove(rf_post(wrong), "ab" * 32)
    assert AuditRow.objects.filter(what="reauthentication-failed").exists()


def test_the_api_answers_sixty_times_a_minute(signed_in: SignedIn, clinic: object):
    """Our limits: 60 a minute for each user."""
    nurse = signed_in(Role.NURSE)
    answers = [nurse.get("/api/tasks").status_code for _ in range(61)]
    assert answers == [200] * 60 + [429]
