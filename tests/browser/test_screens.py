"""The screens that a nurse sees seldom are fit as well: programmer, members, and what says no.

Each page narrow and wide, dark and light: axe finds nothing, nothing sticks out beside the screen.

    CISTERNA_SHOTS=FOLDER pytest tests/browser/test_screens.py     pictures to look at
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, cast

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

import tests.clinic.web.conftest  # noqa: F401  (Django is ready from here on)
from tests.browser.fitting import fit, follow

# isort: split
from django.conf import settings
from django.core.cache import cache
from django.core.management import call_command
from django.db import connection
from django.test import Client

from cisterna.clinic import event
from cisterna.clinic.event import Role
from cisterna.clinic.ledger.entry import ClinicKind
from cisterna.clinic.ledger.record import Record
from cisterna.clinic.web import clock, link, rows
from cisterna.clinic.web.screens import people
from cisterna.pump.client import Line
from tests.clinic.web.bedside_pump import Ward, with_pump
from tests.clinic.web.conftest import (  # noqa: F401  (fixtures)
    Invited,
    SignedIn,
    Treated,
    clinic,
    emptied,
    invited,
    signed_in,
    template,
    treated,
)
from tests.clinic.web.served import served, signed_in_browser
from tests.clinic.web.test_deeds import BOLUS, deed, propose_by_hand
from tests.clinic.web.test_programmer import (  # noqa: F401  (fixtures)
    HOME,
    Cut,
    base,
    her,
    propose,
    read,
    reasons,
    reconcile,
    send,
    ward,
)

Opened = Callable[[Client], Page]


@pytest.fixture
def address(clinic: Record, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:  # noqa: F811
    """The pages, served inside the test."""
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")  # the browser's loop is in this thread
    with served() as found:
        yield found


@pytest.fixture
def opened(browser: Browser, address: str) -> Iterator[Opened]:
    """The browser of somebody who has signed in; its pages have no fault in them."""
    complaints: list[str] = []
    contexts: list[BrowserContext] = []

    def made(who: Client) -> Page:
        context = signed_in_browser(browser, address, who, base_url=address)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda e: complaints.append(str(e)))
        return page

    yield made
    for context in contexts:
        context.close()
    assert complaints == []


# The programmer ----------------------------------------------------------------------------------


def test_every_page_of_a_change_is_fit(her: None, signed_in: SignedIn, opened: Opened):  # noqa: F811
    doctor, nurse = signed_in(Role.PHYSICIAN), signed_in(Role.NURSE)
    page, other = opened(doctor), opened(nurse)
    page.goto(HOME)
    fit(page, "programmer-unread")
    read(doctor)
    page.goto(f"{HOME}order/")
    expect(page.locator("body[data-spine]")).to_be_attached(timeout=60_000)
    fit(page, "programmer-order")
    propose(doctor, "6.1 mg/day", **{"remote.lockout": "2 h"})
    page.goto(HOME)
    fit(page, "programmer-reason")
    reasons(doctor)
    other.goto(f"{HOME}second/")
    fit(other, "programmer-second")
    page.goto(HOME)
    fit(page, "programmer-review")
    page.goto(f"{HOME}sheet/")
    fit(page, "programmer-sheet")


def test_every_page_of_a_dose_by_hand_and_of_a_stop_is_fit(
    her: None,  # noqa: F811
    ward: Ward,  # noqa: F811
    signed_in: SignedIn,  # noqa: F811
    opened: Opened,
):
    doctor, nurse = signed_in(Role.PHYSICIAN), signed_in(Role.NURSE)
    page, other = opened(doctor), opened(nurse)
    read(doctor)
    page.goto(f"{HOME}deeds/")
    fit(page, "programmer-deeds")
    page.goto(f"{HOME}glass/")
    fit(page, "programmer-glass")
    deed(doctor, BOLUS)
    reasons(doctor)
    other.goto(f"{HOME}deeds/second/")
    fit(other, "programmer-deed-second")
    nurse.post(f"{HOME}stop/", {"why": "breathing 6 a minute", "sure": "yes"})
    page.goto(HOME)
    fit(page, "programmer-stopped")


def test_an_outcome_that_nobody_knows_is_fit_to_be_found_out(
    her: None,  # noqa: F811
    ward: Ward,  # noqa: F811
    signed_in: SignedIn,  # noqa: F811
    opened: Opened,
):
    doctor = signed_in(Role.PHYSICIAN)
    page = opened(doctor)
    propose(doctor, "6.14 mg/day")
    reasons(doctor)
    road = ward.link()
    link.use(link.Link(road.station, road.signer, lambda line: cast("Line", Cut(line, 14))))
    send(doctor)
    link.use(road)
    page.goto(HOME)
    fit(page, "programmer-unknown")
    page.goto(f"{HOME}outcome/")
    fit(page, "programmer-outcome")
    follow(page.get_by_role("button", name="Interrogate the pump"))
    fit(page, "programmer-outcome-asked")
    assert reconcile(doctor).status_code == 302
    page.goto(HOME)
    fit(page, "programmer-sent")


def test_the_screen_of_a_makers_pump_is_fit_to_be_typed_back_and_compared(
    clinic: Record,  # noqa: F811
    treated: Treated,  # noqa: F811
    signed_in: SignedIn,  # noqa: F811
    opened: Opened,
):
    clock.use(event.now)
    clinic.append(*with_pump(treated("pancreas").person))
    rows.catch_up()
    link.use(None)
    doctor, nurse = signed_in(Role.PHYSICIAN), signed_in(Role.NURSE)
    assert propose_by_hand(doctor) == 302
    page = opened(nurse)
    page.goto(f"{HOME}type-back/")
    fit(page, "type-back")
    slip = {"drug": "morphine", "daily_dose": "6.1 mcg/day", "mode": "continuous"}
    nurse.post(f"{HOME}type-back/", slip | {"base": base()})
    page.goto(f"{HOME}compared/")
    expect(page.get_by_text("a slip of the decimal point or unit")).to_be_visible()
    fit(page, "type-back-compared")


# Members and accounts ----------------------------------------------------------------------------


def test_members_and_accounts_are_fit(
    clinic: Record,  # noqa: F811
    invited: Invited,  # noqa: F811
    signed_in: SignedIn,  # noqa: F811
    opened: Opened,
):
    clock.use(event.now)
    for who, role in (("n-dunn", Role.NURSE), ("dr-ames", Role.PHYSICIAN)):
        invited(who, role)
    page = opened(signed_in(Role.ADMIN, "m-owen"))
    page.goto("/members/")
    fit(page, "members")
    page.get_by_label("Name to sign in with").fill("n-gray")
    page.get_by_label("Role").last.select_option("nurse")
    follow(page.get_by_role("button", name="Invite"))
    fit(page, "members-invited")
    page.goto("/members/")
    follow(page.get_by_role("link", name="Password or factor").first)
    fit(page, "members-lost")
    for name, place in (
        ("account-enrol", "/account/enrol/"),
        ("account-factors", "/account/2fa/"),
        ("account-password", "/account/password/change/"),
        ("account-signup", "/account/signup/"),
    ):
        page.goto(place)
        fit(page, name)


# What says no ------------------------------------------------------------------------------------


def test_what_says_no_is_fit_and_says_what_to_do(
    clinic: Record,  # noqa: F811
    treated: Treated,  # noqa: F811
    signed_in: SignedIn,  # noqa: F811
    opened: Opened,
    monkeypatch: pytest.MonkeyPatch,
):
    treated("back", "screen")
    page = opened(signed_in(Role.NURSE))
    page.goto("/members/")
    expect(page.locator("h1")).to_have_text("Not allowed")
    fit(page, "error-403")
    page.goto("/people/nobody/")
    expect(page.locator("h1")).to_have_text("Not found")
    fit(page, "error-404")
    page.goto("/people/p1/acts/screen/")
    page.evaluate(
        "document.querySelectorAll('[name=csrfmiddlewaretoken]').forEach(e => e.remove())"
    )
    page.locator("form.act button.do").click()
    expect(page.locator("h1")).to_have_text("Nothing was done")
    fit(page, "error-csrf")
    _too_many(page)
    expect(page.locator("h1")).to_have_text("This request cannot be read")
    fit(page, "error-400")

    def breaks(*_: Any, **__: Any) -> Any:
        raise RuntimeError("a fault of the program")

    monkeypatch.setattr(people, "head", breaks)
    page.goto("/people/p1/")
    expect(page.locator("h1")).to_have_text("Something went wrong")
    fit(page, "error-500")


def _too_many(page: Page) -> None:
    """A form with more fields than a request may have."""
    page.goto("/people/p1/acts/screen/")
    more = settings.DATA_UPLOAD_MAX_NUMBER_FIELDS
    page.evaluate(
        """(more) => {
            const form = document.querySelector("form.act");
            for (let n = 0; n <= more; n += 1) {
                const field = document.createElement("input");
                field.type = "hidden";
                field.name = `n${n}`;
                form.append(field);
            }
        }""",
        more,
    )
    page.locator("form.act button.do").click()


# The start page ----------------------------------------------------------------------------------


def test_the_start_page_is_fit_before_and_after_the_accident_is_put_right(
    template: Path,  # noqa: F811
    browser: Browser,
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
    assert template.exists()
    emptied()
    Record.create("default", ClinicKind.DEMONSTRATION)
    call_command("migrate", verbosity=0, interactive=False)
    cache.clear()
    connection.close()
    with served() as address:
        page = browser.new_page(base_url=address)
        for name, place in (("start", "/start/"), ("start-bridged", "/start/?bridge=on")):
            page.goto(place)
            fit(page, name)
        page.close()
