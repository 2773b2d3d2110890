"""Options and decision aid in a real browser: fit for everybody, and the booklet on paper."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.fitting import SHOTS, fit
from tests.browser.test_clinic import address  # Django is ready from here on
from tests.clinic.web.conftest import (
    PASSWORD,
    clinic,
    invited,
    template,
    treated,
)

# isort: split
from django.contrib.auth.hashers import Argon2PasswordHasher
from django.contrib.auth.models import User
from django.db import connection

from cisterna.clinic.event import Role
from cisterna.clinic.web.members import invite
from cisterna.facts.options import Options
from tests.variants import variants

__all__ = ["address", "clinic", "invited", "template", "treated"]
FACTS = Options()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(locale="en")
    page = context.new_page()
    page.set_default_timeout(10_000)
    yield page
    context.close()


def sign_in(page: Page, address: str) -> None:
    made, _ = invite("her", Role.PATIENT, "main", PASSWORD, "p1")
    hashed = Argon2PasswordHasher().encode(PASSWORD, "a salt for tests")
    User.objects.filter(pk=made.user_id).update(password=hashed)
    connection.close()
    page.goto(f"{address}/")
    page.get_by_label("Username").fill("her")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.wait_for_url(f"{address}/**")


@pytest.mark.pathway("PW-060", "PW-065")
@pytest.mark.parametrize("language", variants(["English", "Español"], ["Español"]))
def test_the_public_pages_are_fit_and_ask_nobody_else(page: Page, address: str, language: str):
    asked: list[str] = []
    page.on("request", lambda r: asked.append(r.url))
    page.goto(f"{address}/options/")
    page.get_by_role("button", name=language).click()
    for name in ("options", "aid"):
        page.goto(f"{address}/{name}/")
        fit(page, f"{name}-{language[:2]}")
    assert all(url.startswith(address) for url in asked)


@pytest.mark.pathway("PW-043", "PW-065", "PW-070")
def test_she_ranks_by_keyboard_alone_says_back_and_asks(page: Page, address: str):
    sign_in(page, address)
    page.goto(f"{address}/my/options/")
    for value in FACTS.values():
        page.locator(f'[name="weight-{value}"]').first.focus()
        page.keyboard.press("Space")
        for _ in range(4):
            page.keyboard.press("ArrowRight")
    for n, name in enumerate(FACTS.ids()):
        page.locator(f"#place-{name}").focus()
        page.keyboard.type(str(n + 1))
    fit(page, "my-options-form")
    page.get_by_role("button", name="Save my order").press("Enter")
    page.get_by_role("heading", name="My order now").wait_for()
    fit(page, "my-options")
    page.goto(f"{address}/my/aid/questions/")
    for name, one in FACTS.questions().items():
        wrong = next(a for a in one.answers if a != one.right)
        page.locator(
            f'[name="answer-{name}"][value="{wrong if name == "stop" else one.right}"]'
        ).check()
    fit(page, "teach-form")
    page.get_by_role("button", name="Send my answers").click()
    page.get_by_text("9 of 10 are right").wait_for()
    fit(page, "teach")
    page.goto(f"{address}/my/aid/ask/")
    page.get_by_label("My questions").fill("Can I dive?")
    fit(page, "ask")
    page.get_by_role("button", name="Save my questions").click()
    page.get_by_text("Saved. Your team can see it.").wait_for()
    page.goto(f"{address}/my/aid/")
    fit(page, "my-aid")


def test_the_booklet_prints_on_pages_of_a5(page: Page, address: str, tmp_path: Path):
    page.goto(f"{address}/aid/booklet/")
    fit(page, "booklet")
    file = Path(SHOTS or tmp_path) / "booklet.pdf"
    page.pdf(path=file, prefer_css_page_size=True)
    data = file.read_bytes()
    assert data.startswith(b"%PDF")
    boxes = re.findall(rb"/MediaBox \[0 0 (\d+) (\d+)", data)
    assert len(boxes) > 10
    assert {(abs(int(w) - 420) <= 1, abs(int(h) - 595) <= 1) for w, h in boxes} == {(True, True)}
