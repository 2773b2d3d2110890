"""Her pages in a real browser: fit for everybody, narrow and wide, by keys, in two languages."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from playwright.sync_api import Browser, Page

from tests.browser import fitting
from tests.browser.fitting import follow
from tests.clinic.web.conftest import NOW, PASSWORD, SignedIn
from tests.patient.web.conftest import (  # noqa: F401  (fixtures)
    clinic,
    her,
    invited,
    signed_in,
    template,
    treated,
)

# isort: split
from cisterna.clinic.bodies.hers import DiaryWritten, MessageSent
from cisterna.clinic.event import Actor, Role
from cisterna.clinic.ledger.record import Record
from cisterna.clinic.web import rows
from tests.clinic.people import NURSE, Course
from tests.clinic.treated import keep
from tests.clinic.web.served import served, signed_in_browser
from tests.variants import variants

TARGET = 44
PAGES = {
    "home": "",
    "plan": "plan/",
    "diary": "diary/",
    "burden": "burden/",
    "check-in": "check-in/",
    "more": "check-in/more/",
    "wrong": "wrong/",
    "messages": "messages/",
    "calendar": "calendar/",
    "about": "about/",
    "access": "access/",
    "remote": "remote/",
    "language": "do/state-language/",
    "goals": "do/set-goals/",
}
HER = Actor("her", Role.PATIENT)


@pytest.fixture
def address(
    clinic: Record,  # noqa: F811
    her: Course,  # noqa: F811
    signed_in: SignedIn,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[str]:
    """Her clinic, served, after a year of therapy; a message was answered, a diary is begun."""
    monkeypatch.setenv("CISTERNA_REMOTE", "https://remote.example/")
    person = her.person
    at = NOW - timedelta(days=2)
    asked = MessageSent("May I go by train for two weeks?")
    person = keep(person, at, asked, HER)
    thread = person.events[-1].id
    answer = MessageSent("Yes. Take your card with you, and tell us where you are.", thread)
    person = keep(person, at, answer, NURSE)
    for hours, score in ((30, 6), (26, 4)):
        entry = DiaryWritten(at - timedelta(hours=hours), score, "a walk to the shop")
        person = keep(person, at, entry, HER)
    clinic.append(*person.events[len(her.person.events) :])
    rows.catch_up()
    signed_in(Role.CAREGIVER, "mother", person="p1")
    with served() as found:
        yield found


@contextmanager
def of_her(browser: Browser, address: str, signed_in: SignedIn, language: str) -> Iterator[Page]:  # noqa: F811
    """Her own browser; what it complains of fails the test, and so does a foreign address."""
    who = signed_in(Role.PATIENT, "her", person="p1")
    context = signed_in_browser(browser, address, who, locale=language, reduced_motion="reduce")
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda m: complaints.append(m.text) if m.type == "error" else None)
    page.on("pageerror", lambda e: complaints.append(str(e)))
    page.on("request", lambda r: complaints.extend([r.url] * (not r.url.startswith(address))))
    page.goto(f"{address}/my/")
    page.locator(f'.languages button[value="{language}"]').click()
    yield page
    context.close()
    assert complaints == []


def fit(page: Page, name: str) -> None:
    """Fit for everybody, and nothing too small to press."""
    fitting.fit(page, name)
    small = page.evaluate(_SMALL, TARGET)
    assert small == [], (name, small)


_SMALL = """least => [...document.querySelectorAll(
  "main a.do, main button, .cards h2 a, .ways a, main label:has(input), .top a, .top button")]
  .filter(e => e.offsetParent && e.getBoundingClientRect().height < least - 0.5)
  .map(e => `${e.textContent.trim()} ${e.getBoundingClientRect().height}`)"""


@pytest.mark.parametrize("language", variants(["en", "es"], ["en"]))
def test_every_page_of_hers_is_fit_for_everybody(
    language: str,
    browser: Browser,
    address: str,
    signed_in: SignedIn,  # noqa: F811
):
    with of_her(browser, address, signed_in, language) as page:
        for name, place in PAGES.items():
            page.goto(f"{address}/my/{place}")
            assert page.locator("html").get_attribute("lang") == language
            assert page.locator("h1").count() == 1
            fit(page, f"{name}-{language}")


def test_something_red_is_reported_by_keys_alone_and_she_reads_what_to_do(
    browser: Browser,
    address: str,
    signed_in: SignedIn,  # noqa: F811
):
    with of_her(browser, address, signed_in, "en") as page:
        page.goto(f"{address}/my/diary/")
        page.locator('.top a[href="/my/wrong/"]').focus()
        page.keyboard.press("Enter")
        page.wait_for_url("**/my/wrong/")
        page.get_by_role("button", name="Blue lips or face").focus()
        page.keyboard.press("Enter")
        page.wait_for_url("**/my/wrong/red/")
        assert page.get_by_role("alert").inner_text().startswith("Call for an ambulance now.")
        fit(page, "red-en")


def test_she_writes_after_a_no_and_reads_the_answer(
    browser: Browser,
    address: str,
    signed_in: SignedIn,  # noqa: F811
):
    with of_her(browser, address, signed_in, "en") as page:
        page.goto(f"{address}/my/messages/")
        page.get_by_role("link", name="Write to your team").click()
        page.get_by_role("button", name="None of this").click()
        page.get_by_label("Write to your team").fill("May I swim?")
        fit(page, "write-en")
        page.get_by_role("button", name="Send").click()
        page.get_by_text("Sent to your team.").wait_for()
        page.locator("ul.told a").last.click()
        assert "Take your card with you" in page.locator("ol.talk").inner_text()
        fit(page, "thread-en")


def test_sign_in_and_lock_are_fit_for_everybody(
    browser: Browser,
    address: str,
    signed_in: SignedIn,  # noqa: F811
):
    for language in ("en", "es"):
        stranger = browser.new_context(locale=language).new_page()
        stranger.goto(f"{address}/account/login/")
        fit(stranger, f"login-{language}")
        stranger.context.close()
        with of_her(browser, address, signed_in, language) as page:
            page.goto(f"{address}/account/enrol/")
            fit(page, f"account-{language}")
            page.locator('form[action="/locked/now/"] button').click()
            page.wait_for_url("**/locked/**")
            fit(page, f"locked-{language}")


def test_an_answer_is_kept_as_it_is_given_and_is_there_after_the_lock(
    browser: Browser,
    address: str,
    signed_in: SignedIn,  # noqa: F811
):
    with of_her(browser, address, signed_in, "en") as page:
        page.goto(f"{address}/my/check-in/more/")
        with page.expect_response("**/my/check-in/more/"):
            page.locator('[name="score:peg:pain"][value="4"]').check()
        page.goto(f"{address}/account/enrol/")
        page.locator('form[action="/locked/now/"] button').click()
        page.get_by_label("Password").fill(PASSWORD)
        follow(page.get_by_role("button", name="Unlock"))
        page.goto(f"{address}/my/check-in/more/")
        assert page.locator('[name="score:peg:pain"][value="4"]').is_checked()
