"""A person's page, the emergency sheet and the library, as somebody sees and uses them."""

import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from unicodedata import normalize

import pytest
from playwright.sync_api import Browser, Page
from pypdf import PdfReader

from tests.browser.fitting import SHOTS, fit
from tests.browser.test_clinic import free_port, open_page, wait_for
from tests.clinic.web.conftest import (  # noqa: F401  (fixtures)
    Invited,
    SignedIn,
    clinic,
    invited,
    signed_in,
    template,
)

# isort: split
from django.conf import settings
from django.db import connection

from cisterna.clinic import event
from cisterna.clinic.event import Role
from cisterna.clinic.ledger.record import Record
from cisterna.clinic.web import clock, rows
from tests.clinic.people import SCRIPTS, Course
from tests.clinic.web.rich import rich


@pytest.fixture
def pages(
    clinic: Record,  # noqa: F811
    signed_in: SignedIn,  # noqa: F811
    browser: Browser,
) -> Iterator[Page]:
    """A pharmacist at a browser, in a clinic where Ada has been treated for a year."""
    clock.use(event.now)
    course = Course("p1", datetime.now(UTC) - timedelta(days=420))
    rich(course)
    clinic.append(*course.person.events)
    other = Course("p2", datetime.now(UTC) - timedelta(days=40)).through(SCRIPTS["back"], "screen")
    clinic.append(*other.person.events)
    rows.catch_up()
    key = signed_in(Role.PHARMACIST).cookies[settings.SESSION_COOKIE_NAME].value
    place, port = connection.settings_dict["NAME"], free_port()
    connection.close()
    env = {k: v for k, v in os.environ.items() if not k.startswith("DJANGO")}
    env |= {"CISTERNA_DATABASE": str(place), "CISTERNA_SECRET": settings.SECRET_KEY}
    server = subprocess.Popen(
        [sys.executable, "-m", "cisterna", "serve", "--port", str(port)], env=env
    )
    wait_for(server, port)
    base = f"http://localhost:{port}"
    context = browser.new_context(base_url=base, viewport={"width": 1280, "height": 800})
    context.add_cookies([{"name": "session", "value": key, "url": base}])
    complaints: list[str] = []
    yield open_page(context, complaints, [])
    context.close()
    server.terminate()
    server.wait(10)
    assert complaints == []


def test_her_page_has_everything_on_one_axis_and_as_tables(pages: Page):
    pages.goto("/people/p1/")
    pages.wait_for_selector(".plot canvas")
    assert pages.locator(".plot canvas").count() == pages.locator(".plot").count() >= 4
    for plot in pages.locator("figure.in-time").all():
        assert plot.locator("table tbody tr").count() > 0
    fit(pages, "person")
    if SHOTS:
        pages.set_viewport_size({"width": 1280, "height": 1500})
        for part in ("course", "charts", "spine-title", "results"):
            pages.locator(f"#{part}").evaluate("e => e.scrollIntoView()")
            pages.wait_for_timeout(700)
            pages.screenshot(path=Path(SHOTS) / f"part-{part}.png")
    # By keyboard from value to value, told in words.
    pages.set_viewport_size({"width": 1280, "height": 800})
    plot = pages.locator('[data-chart="dose"]')
    plot.focus()
    pages.keyboard.press("ArrowRight")
    assert "Morphine 0.3 mg/day" in pages.locator("#says").inner_text()
    pages.get_by_role("button", name="90 days").click()
    assert pages.get_by_role("button", name="90 days").get_attribute("aria-pressed") == "true"


def test_one_key_opens_her_emergency_sheet_which_is_one_side_of_paper(pages: Page):
    pages.goto("/people/p1/")
    pages.keyboard.press("e")
    pages.wait_for_url("**/people/p1/emergency/")
    fit(pages, "emergency-sheet")
    paper = printed(pages)
    if SHOTS:
        (Path(SHOTS) / "emergency.pdf").write_bytes(paper)
        pages.set_viewport_size({"width": 794 - 68, "height": 1123 - 68})
        pages.screenshot(path=Path(SHOTS) / "emergency-paper.png", full_page=True)
    found = PdfReader(BytesIO(paper)).pages
    assert len(found) == 1
    text = normalize("NFKC", " ".join(found[0].extract_text().split()))
    for words in ("Ada Moss", "MRN 1", "0.54 mg/day", "Opioid overdose", "Pocket fill"):
        assert words in text
    assert "Baclofen withdrawal" not in text


def printed(pages: Page) -> bytes:
    """The page on A4."""
    pages.emulate_media(color_scheme="light", media="print")
    return pages.pdf(format="A4", prefer_css_page_size=True, print_background=True)


def test_the_sheet_is_one_side_too_where_no_drug_is_known(pages: Page):
    pages.goto("/people/p2/emergency/")
    assert pages.locator(".card h3").first.inner_text() == "Drug not known"
    assert len(PdfReader(BytesIO(printed(pages))).pages) == 1


def test_without_a_person_one_key_shows_all_cards(pages: Page):
    pages.goto("/")
    pages.keyboard.press("e")
    pages.wait_for_url("**/emergency/")
    assert pages.locator(".card h3").first.inner_text() == "Drug not known"
    fit(pages, "emergency")


def test_the_library_is_fit_to_be_read(pages: Page):
    pages.goto("/library/?q=morphine")
    fit(pages, "library")
    pages.locator("tbody a").first.click()
    pages.wait_for_selector("h2#confirm")
    fit(pages, "fact")


def test_whom_to_call_is_a_page_and_stands_on_the_sheet(pages: Page):
    pages.goto("/telephones/")
    assert pages.locator("dl.carry .unknown").count() == 3
    assert pages.get_by_role("button", name="Sign", exact=True).is_visible()
    fit(pages, "telephones")
    pages.goto("/emergency/")
    pages.get_by_role("link", name="Whom to call").click()
    pages.wait_for_url("**/telephones/")


def test_why_this_plan_stands_on_her_page(pages: Page):
    pages.goto("/people/p1/#why")
    why = pages.locator("dl.why")
    assert "walk to the shop" in why.inner_text()
    assert "low back" in why.inner_text()
    if SHOTS:
        for width, scheme in ((1280, "light"), (360, "dark")):
            pages.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
            pages.set_viewport_size({"width": width, "height": 900})
            shot = Path(SHOTS) / f"why-{width}-{scheme}.png"
            pages.locator("section[aria-labelledby=why]").screenshot(path=shot)


def test_where_it_hurts_is_mapped_with_the_keyboard(
    pages: Page,
    signed_in: SignedIn,  # noqa: F811
):
    pages.goto("/telephones/")
    here = pages.evaluate("location.origin")
    key = signed_in(Role.NURSE).cookies[settings.SESSION_COOKIE_NAME].value
    connection.close()
    pages.context.clear_cookies()
    pages.context.add_cookies([{"name": "session", "value": key, "url": here}])
    pages.goto("/people/p2/acts/map-pain/")
    fit(pages, "map-pain")
    for region in ("Upper abdomen, middle", "Low back"):
        pages.get_by_label(region, exact=True).focus()
        pages.keyboard.press("Space")
    for answer in ("Visceral", "Localised"):
        pages.get_by_label(answer, exact=True).focus()
        pages.keyboard.press("Space")
    pages.get_by_role("button", name="Record").focus()
    pages.keyboard.press("Enter")
    pages.wait_for_url("**/people/p2/")
    assert "Pain mapped: upper abdomen middle, low back" in pages.locator("main").inner_text()
