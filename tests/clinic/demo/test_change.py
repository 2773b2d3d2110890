"""A visitor of the demonstration changes a dose with all its processes, and moves the time on."""

import re
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from cisterna.clinic.demo.make import Demonstration
from tests.clinic.demo.test_supervise import FOUND, commanded, made

__all__ = ["made"]
HER = "people/demo-40/programmer/"


@pytest.fixture
def clinic_at(made: Demonstration, tmp_path: Path) -> Iterator[str]:
    """The address of a running demonstration, with a slash at its end."""
    shutil.copytree(made.folder, tmp_path / "demo")
    with commanded(tmp_path / "demo"):
        yield FOUND[0].removesuffix("start/")


def be(page: Page, who: str) -> None:
    """Go on as one of the invented staff."""
    with page.expect_navigation():
        page.get_by_label("You are").select_option(who)


def prove(page: Page) -> None:
    """Password and code, as the demonstration shows them."""
    with page.context.expect_page() as opened:
        page.get_by_role("link", name="Password and code").click()
    shown = opened.value.locator("main").inner_text()
    opened.value.close()
    found = re.search(r"\b\d{6}\b", shown)
    assert found is not None
    page.get_by_label("Password", exact=True).fill("an invented person keeps no secret")
    page.get_by_label("Code that is shown now").fill(found[0])


def press(page: Page, name: str) -> None:
    """A button that leads to another page."""
    with page.expect_navigation():
        page.get_by_role("button", name=name).first.click()


def test_a_visitor_changes_a_dose_gives_a_bolus_with_two_persons_and_moves_time_on(
    browser: Browser, clinic_at: str
):
    page = browser.new_page()
    page.goto(f"{clinic_at}start/")
    be(page, "dr-maple")
    page.goto(clinic_at + HER)
    press(page, "Interrogate the pump")
    expect(page.get_by_text("pump and record agree")).to_be_visible()
    page.get_by_role("link", name="Write or change the order").click()
    page.get_by_label("Daily dose", exact=True).fill("1.35 mg/day")
    expect(page.locator("#plan")).to_contain_text("1.35 mg/day")
    page.get_by_label("Why").fill("She asks for more in the morning.")
    press(page, "Propose")
    prove(page)
    press(page, "Sign and transmit")
    expect(page.locator("#sending")).to_contain_text("activated", timeout=20_000)
    press(page, "Interrogate the pump")
    expect(page.locator("#now + dl")).to_contain_text("1.35 mg/day")

    page.get_by_role("link", name="By hand").click()
    bolus = page.get_by_role("region", name="Bolus by a clinician")
    bolus.get_by_label("Dose of the primary drug").fill("0.05 mg")
    bolus.get_by_label("Over how long").fill("10 min")
    with page.expect_navigation():
        bolus.get_by_role("button", name="Propose").click()
    be(page, "dr-rowan")  # on the same page, as another person
    page.get_by_role("link", name="Enter it yourself and sign second").click()
    page.get_by_label("Dose of the primary drug").fill("0.05 mg")
    page.get_by_label("Over how long").fill("10 min")
    prove(page)
    press(page, "Sign second")
    be(page, "dr-maple")
    expect(page.get_by_role("button", name="Sign and transmit")).to_be_visible()

    before = page.locator(".demonstration time").get_attribute("datetime") or ""
    press(page, "1 week")
    end = time.monotonic() + 60
    while page.locator(".demonstration time").count() == 0:
        assert time.monotonic() < end
        time.sleep(0.2)
    after = page.locator(".demonstration time").get_attribute("datetime") or ""
    assert after > before
    page.close()
