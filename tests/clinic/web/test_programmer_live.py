"""A change of dose in a real browser: plan and spine move with the hand, every stage is seen."""

import os
import threading
from collections.abc import Iterator
from pathlib import Path
from socketserver import ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer

import pytest
from django.contrib.staticfiles.handlers import StaticFilesHandler
from django.core.cache import cache
from django.core.handlers.wsgi import WSGIHandler
from django.db import connections
from django.test import override_settings
from playwright.sync_api import Browser, Page, expect

from cisterna.clinic.event import Role
from cisterna.clinic.web import rows
from tests.clinic.web.conftest import PASSWORD, SignedIn
from tests.clinic.web.test_programmer import HOME, code, her, now, ward

__all__ = ["her", "ward"]
SHOTS = os.environ.get("CISTERNA_SHOTS")
PLAIN = {
    "SECURE_SSL_REDIRECT": False,
    "ALLOWED_HOSTS": ["127.0.0.1", "testserver", "clinic.example"],
    "SESSION_COOKIE_SECURE": False,
    "CSRF_COOKIE_SECURE": False,
    "SESSION_COOKIE_NAME": "session",
    "CSRF_COOKIE_NAME": "csrf",
}


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class _Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


class _Closing(StaticFilesHandler):
    def __call__(self, environ: Any, start_response: Any) -> Any:
        """One request; its connection ends with it."""
        try:
            return super().__call__(environ, start_response)
        finally:
            connections.close_all()


@pytest.fixture
def place(her: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The clinic's address."""
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")  # the browser's loop is in this thread
    with override_settings(**PLAIN):
        server = _Server(("127.0.0.1", 0), _Quiet)
        server.set_app(_Closing(WSGIHandler()))
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        server.server_close()
        thread.join(10)


def opened(
    browser: Browser, place: str, signed_in: SignedIn, role: Role, width: int = 1280
) -> Page:
    """Somebody's browser at the programmer."""
    session = signed_in(role).cookies["session"].value
    context = browser.new_context(viewport={"width": width, "height": 900})
    context.add_cookies([{"name": "session", "value": session, "url": place}])
    page = context.new_page()
    page.goto(f"{place}{HOME}")
    return page


def shot(page: Page, name: str) -> None:
    """Keep a picture to look at, where one is asked for."""
    if SHOTS:
        page.screenshot(path=Path(SHOTS) / f"{name}.png", full_page=True)


def test_one_change_from_the_pump_to_the_pump(browser: Browser, place: str, signed_in: SignedIn):
    page = opened(browser, place, signed_in, Role.PHYSICIAN)
    wrong: list[str] = []
    page.on("pageerror", lambda problem: wrong.append(str(problem)))
    page.on("console", lambda said: wrong.append(said.text) if said.type == "error" else None)
    page.get_by_role("button", name="Interrogate the pump").click()
    expect(page.get_by_text("pump and record agree")).to_be_visible()
    shot(page, "1-read")
    page.get_by_role("link", name="Write or change the order").click()
    expect(page.locator("body[data-spine]")).to_be_attached(timeout=60_000)
    line = page.locator("#spine-now")
    before = line.get_attribute("d")
    page.locator("[id='limits.per_24h']").fill("8 mg/day")
    page.locator("#drag").fill("102")
    expect(page.locator("#drag-now")).to_have_text("6.12 mg/day")
    expect(page.locator("#plan")).to_contain_text("6.12 mg/day")
    expect(line).not_to_have_attribute("d", str(before))
    shot(page, "2-order")
    page.get_by_label("Why").fill("Walking still hurts more than she wants.")
    page.get_by_role("button", name="Propose").click()
    expect(page.get_by_role("heading", name="Review")).to_be_visible()
    shot(page, "3-review")
    cache.clear()
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_label("Code that is shown now").fill(code())
    page.get_by_role("button", name="Sign and transmit").dblclick()
    expect(page.locator("#sending")).to_contain_text("activated", timeout=20_000)
    for stage in ("interrogate", "stage", "read_back", "confirm", "activate"):
        expect(page.locator("#sending")).to_contain_text(stage)
    shot(page, "4-sent")
    kinds = [e.kind for e in rows.load("p1").events]
    assert kinds.count("transmission-intended") == 2  # the one of the story, and this one
    assert now().dose == "6.12 mg/day"
    page.go_back()
    assert wrong == []


def test_on_a_phone_nothing_runs_out_of_the_page(browser: Browser, place: str, signed_in: SignedIn):
    page = opened(browser, place, signed_in, Role.NURSE, width=360)
    for way in ("", "order/"):
        page.goto(f"{place}{HOME}{way}")
        wide = page.evaluate("document.documentElement.scrollWidth")
        assert wide <= 360, way
        shot(page, f"phone-{way.strip('/') or 'home'}")
