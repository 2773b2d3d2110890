"""The clinic in a real browser: a passkey signs in, and every page is fit for everybody."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from tests.browser.fitting import fit, follow
from tests.clinic.web.conftest import (  # noqa: F401  (fixtures)
    PASSWORD,
    Invited,
    Treated,
    clinic,
    invited,
    template,
    treated,
)

# isort: split
from allauth.mfa.models import Authenticator
from django.contrib.auth.hashers import Argon2PasswordHasher
from django.contrib.auth.models import User
from django.db import connection

from cisterna.clinic import event
from cisterna.clinic.event import Role
from cisterna.clinic.web import clock


@pytest.fixture
def address(treated: Treated, invited: Invited) -> Iterator[str]:  # noqa: F811
    """A clinic that is served: three people, a nurse and an auditor without a second factor."""
    clock.use(event.now)
    treated("back", "conclude-team", days=240)
    treated("palsy", "judge-trial", "p2", days=200)
    treated("pancreas", "", "p3", days=220)
    for who, role in (("n-dunn", Role.NURSE), ("a-hale", Role.AUDITOR)):
        found = invited(who, role)
        Authenticator.objects.filter(user=found.user_id).delete()
    hashed = Argon2PasswordHasher().encode(PASSWORD, "a salt for tests")
    User.objects.update(password=hashed)
    port = free_port()
    place = connection.settings_dict["NAME"]
    connection.close()
    env = {k: v for k, v in os.environ.items() if not k.startswith("DJANGO")}
    command = [sys.executable, "-m", "cisterna", "serve", "--port", str(port)]
    server = subprocess.Popen(command, env=env | {"CISTERNA_DATABASE": place})
    wait_for(server, port)
    yield f"http://localhost:{port}"
    server.terminate()
    server.wait(10)


def free_port() -> int:
    """A port that nobody listens at."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def wait_for(server: "subprocess.Popen[bytes]", port: int) -> None:
    """Until the clinic is served."""
    end = time.monotonic() + 30
    while time.monotonic() < end and server.poll() is None:
        with socket.socket() as door:
            if door.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    pytest.fail("the clinic is not served")


def passkey_in(page: Page) -> None:
    """A passkey that knows its person and answers at once."""
    cdp = page.context.new_cdp_session(page)
    cdp.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    cdp.send("WebAuthn.addVirtualAuthenticator", {"options": options})


def open_page(context: BrowserContext, complaints: list[str], asked: list[str]) -> Page:
    page = context.new_page()
    page.on("console", lambda m: complaints.append(m.text) if m.type == "error" else None)
    page.on("pageerror", lambda e: complaints.append(str(e)))
    page.on("request", lambda r: asked.append(r.url))
    return page


def enrol(page: Page, address: str, who: str) -> None:
    """The first sign-in: the password, then a passkey before anything else."""
    page.goto(f"{address}/")
    page.get_by_label("Username").fill(who)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.get_by_role("link", name="Add a passkey").click()
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Confirm").click()
    page.get_by_label("Name").fill("my key")
    page.get_by_label("Passwordless").check()
    page.get_by_role("button", name="Add").click()
    page.wait_for_url("**/recovery-codes/**")


def test_a_passkey_is_enrolled_signs_in_and_opens_the_lock(browser: Browser, address: str):
    complaints: list[str] = []
    asked: list[str] = []
    context = browser.new_context()
    page = open_page(context, complaints, asked)
    page.goto(f"{address}/")
    fit(page, "sign-in")
    passkey_in(page)
    enrol(page, address, "n-dunn")
    page.goto(f"{address}/")
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url("**/account/login/**")
    page.get_by_role("button", name="Sign in with a passkey").click()
    page.wait_for_url(f"{address}/")
    for name, place in (
        ("today", "/"),
        ("people", "/people/"),
        ("person", "/people/p1/"),
        ("act", "/people/p2/acts/screen/"),
        ("new", "/people/new/"),
        ("account", "/account/enrol/"),
        ("emergency", "/emergency/?q=Moss"),
    ):
        page.goto(f"{address}{place}")
        fit(page, name)
    page.goto(f"{address}/account/enrol/")
    follow(page.get_by_role("button", name="Lock this page now"))
    fit(page, "locked")
    page.get_by_role("button", name="Unlock").click()
    page.wait_for_url(f"{address}/")
    assert complaints == []
    assert all(a.startswith((address, "data:", "blob:")) for a in asked)
    context.close()


def test_the_auditor_verifies_in_place_and_everybody_works_by_keys(browser: Browser, address: str):
    complaints: list[str] = []
    context = browser.new_context()
    page = open_page(context, complaints, [])
    page.goto(f"{address}/")
    passkey_in(page)
    enrol(page, address, "a-hale")
    page.goto(f"{address}/audit/")
    page.get_by_role("button", name="Verify the record").click()
    page.get_by_text("Whole:").wait_for()
    fit(page, "audit")
    page.keyboard.press("g")
    page.keyboard.press("p")
    page.wait_for_url("**/people/")
    page.keyboard.press("/")
    page.keyboard.type("moss")
    page.keyboard.press("Escape")
    page.get_by_text("3 people").wait_for()
    page.locator("h1").click()
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_url("**/people/p*/")
    assert complaints == []
    context.close()
