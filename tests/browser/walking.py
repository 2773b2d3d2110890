"""People at their browsers in a served demonstration: each does her acts on the pages she sees.

Pump host, signer and `cisterna serve` run as they do for a clinic; time is the pumps' host's, and
a walk moves it on. What a form is asked is typed or chosen in the form; nothing is sent past it.
"""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from tests.clinic.web.conftest import PASSWORD  # which makes Django ready

# isort: split
from django.contrib.auth.hashers import Argon2PasswordHasher
from django.contrib.auth.models import User
from django.db import connection
from playwright.sync_api import Browser, Locator, Page, expect

from cisterna.clinic.course import Person
from cisterna.clinic.demo.cast import Cast, whole_cast
from cisterna.clinic.demo.make import Demonstration
from cisterna.clinic.demo.orders import Device, Drug, Patient, Therapy
from cisterna.clinic.demo.processes import Places, children, pages
from cisterna.clinic.demo.supervise import LOCAL, Supervisor, free_port, short_folder
from cisterna.clinic.event import Actor, Role
from cisterna.clinic.web import rows
from cisterna.clinic.web.members import invite
from cisterna.facts import Library
from cisterna.order.reading import prescription_from_text
from cisterna.pump.fleet import create
from cisterna.pump.hosted import DemonstrationTime, ask
from tests.browser.test_clinic import enrol, passkey_in
from tests.clinic.people import START

SHOTS = os.environ.get("CISTERNA_SHOTS")
WATER = Drug("morphine", "10 mg/mL")
MINUTE_MS = 60_000
ROLES_OF_HER = (Role.PATIENT, Role.CAREGIVER)


def in_stock(model: str, serial: str) -> str:
    """The order of a pump in stock: it says model and catheter, the reservoir holds water."""
    device = Device(model, serial, "ascenda-8780", "100 cm", "18.6 cm", "T10")
    nobody = Patient("Nobody", "STOCK", START.date(), "failed-back-surgery-syndrome", True)
    fill = "40 mL" if model.endswith("-40") else "20 mL"
    return Therapy(
        "stock", "start", nobody, device, (WATER,), START, fill, "1 mg/day", fresh=True
    ).text()


@dataclass
class House:
    """A served clinic, its time, and everybody's browser."""

    browser: Browser
    address: str
    fleet: Path
    pages: dict[str, Page] = field(default_factory=dict)
    complaints: list[str] = field(default_factory=list)

    def now(self) -> datetime:
        """The demonstration's time."""
        return DemonstrationTime.of(self.fleet).now()

    def until(self, at: datetime) -> None:
        """Time goes on until then, and every pump lives through it."""
        ms = DemonstrationTime.of(self.fleet).ms(at) - int(
            ask(self.fleet, {"do": "time"})["now_ms"]
        )
        if ms <= 0:
            return
        while "refused" in ask(self.fleet, {"do": "move", "ms": str(ms)}):
            time.sleep(0.02)
        while ask(self.fleet, {"do": "time"}).get("moving_to_ms") is not None:
            time.sleep(0.02)

    def of(self, actor: Actor, person: str = "") -> Page:
        """Somebody's own browser, signed in; a patient's account is of one person."""
        key = f"{actor.who} {person}" if actor.role in ROLES_OF_HER else actor.who
        if key not in self.pages:
            self.pages[key] = self._signed_in(actor, person)
        return self.pages[key]

    def _signed_in(self, actor: Actor, person: str) -> Page:
        hers = actor.role in ROLES_OF_HER
        who = f"{actor.who}-{person}" if hers else actor.who
        made, _ = invite(who, actor.role, "main", PASSWORD, person if hers else "")
        hashed = Argon2PasswordHasher().encode(PASSWORD, "a salt for tests")
        User.objects.filter(pk=made.user_id).update(password=hashed)
        connection.close()
        page = self.browser.new_context(viewport={"width": 1280, "height": 900}).new_page()
        page.set_default_timeout(10_000)
        page.on("pageerror", lambda e: self.complaints.append(str(e)))
        page.on("console", lambda m: self.complaints.append(m.text) if m.type == "error" else None)
        if hers:
            page.goto(f"{self.address}/")
            page.get_by_label("Username").fill(who)
            page.get_by_label("Password").fill(PASSWORD)
            page.get_by_role("button", name="Sign in", exact=True).click()
            page.wait_for_url(f"{self.address}/**")
        else:
            passkey_in(page)
            enrol(page, self.address, who)
        return page


@contextmanager
def house(browser: Browser, folder: Path, pumps: dict[str, str]) -> Iterator[House]:
    """A clinic with these pumps in stock (serial and model), and nobody on its record."""
    library = Library()
    orders = [
        prescription_from_text(in_stock(model, serial), library) for serial, model in pumps.items()
    ]
    fleet = folder / "fleet"
    create(fleet, orders, len(orders), library, blank=True, demonstration=START)
    port = free_port(0)
    with short_folder() as short:
        places = Places(Demonstration(folder), short / "signer", 0, port, free_port(0))
        settings = dict(places.environment())
        settings["CISTERNA_DATABASE"] = str(connection.settings_dict["NAME"])
        team = Supervisor(folder / "logs", settings)
        hosted = [c for c in children(places) if c.name != "remote"]
        try:
            team.begin([*hosted, pages(places)])
            yield House(browser, f"http://localhost:{port}", fleet)
        finally:
            team.end()


# Forms -------------------------------------------------------------------------------------------

_FIELDS = """form => Object.fromEntries([...form.elements].filter(e => e.name).map(
  e => [e.name, e.tagName === "SELECT" ? "select" : e.type]))"""


def fill(form: Locator, row: dict[str, Any]) -> None:
    """Type and choose what a form is to say; a field that is folded away is unfolded first.

    What says nothing may have no field; anything else must have one.
    """
    kinds: dict[str, str] = form.evaluate(_FIELDS)
    for name, value in row.items():
        kind = kinds.get(name)
        if kind is None:
            assert value in ("", "no", [], None), (name, value, sorted(kinds))
        elif kind != "hidden" and value not in ("", [], None):
            _answer(form, name, kind, value)


def _answer(form: Locator, name: str, kind: str, value: Any) -> None:
    found = form.locator(f'[name="{name}"]')
    if kind in ("radio", "checkbox"):
        for one in value if isinstance(value, list) else [value]:
            choice = form.locator(f'[name="{name}"][value="{one}"]')
            _unfold(choice)
            choice.check()
        return
    _unfold(found)
    if kind == "select":
        found.select_option(value)
        return
    text = "\n".join(value) if isinstance(value, list) else str(value)
    found.fill(text[:16] if kind == "datetime-local" else text)


def _unfold(found: Locator) -> None:
    for summary in found.locator("xpath=ancestor::details[not(@open)]/summary").all():
        summary.click()


def send(form: Locator, name: str = "") -> None:
    """Press the form's button, and wait for the page that comes."""
    page = form.page
    button = form.get_by_role("button", name=name) if name else form.locator("button.do").last
    _unfold(button)
    with page.expect_navigation():
        button.click()
    said = page.locator(".refused, .moved, .errorlist, .note.error").all_inner_texts()
    assert not said or "role" in said, (page.url, said)


def shot(page: Page, name: str) -> None:
    """Keep a picture to look at, where one is asked for; of some also as a phone shows it."""
    if SHOTS:
        page.screenshot(path=Path(SHOTS) / f"{name}.png", full_page=True)


def narrow(page: Page, name: str) -> None:
    """The page as a phone shows it."""
    if SHOTS:
        page.set_viewport_size({"width": 360, "height": 800})
        shot(page, f"{name}-360")
        page.set_viewport_size({"width": 1280, "height": 900})


def minute(at: datetime) -> datetime:
    """The whole minute before."""
    return at.replace(second=0, microsecond=0)


__all__ = [
    "LOCAL",
    "Cast",
    "House",
    "Person",
    "expect",
    "fill",
    "house",
    "in_stock",
    "minute",
    "narrow",
    "rows",
    "send",
    "shot",
    "timedelta",
    "whole_cast",
]
