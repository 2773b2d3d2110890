"""A phone with the remote on it: 360 × 740, in a time zone, with or without a pump paired."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from importlib.resources import files
from typing import Any

from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Locator,
    Page,
    expect,
)

from cisterna.patient.remote.relay import Exchange, NoContact, Relay
from cisterna.pump.programme import Programme
from tests.patient.hosted import CODE, Handset, Hosted, Pass, Way, hosted, served, straight
from tests.pump.hosted import PROGRAMME
from tests.pump.link.people import PUMP

PHONE = "+44 20 7946 0000"
ROOMY = replace(PROGRAMME, per_24h_fg=10**14)
"""A programme whose limit never binds before its count."""
STEADY_MS = 650
HOUR = 3_600_000
READY = "You can ask for a dose"
NO = "No dose right now"
UNKNOWN = "We do not know if your dose was given"
AWAY = "No contact with your pump"
_PAGE = files("cisterna.patient.remote") / "page"
WORDS = {
    code: json.loads((_PAGE / "words" / f"{code}.json").read_text("utf-8")) for code in ("en", "es")
}


@dataclass
class Phone:
    """The page, the pump and the relay between them."""

    page: Page
    pump: Hosted
    relay: Relay
    asked: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    @property
    def head(self) -> Locator:
        """The headline."""
        return self.page.locator("#head")

    @property
    def more(self) -> Locator:
        """What it means."""
        return self.page.locator("#more")

    @property
    def button(self) -> Locator:
        """The large button."""
        return self.page.locator("#press")

    @property
    def outcome(self) -> Locator:
        """What became of the last press."""
        return self.page.locator("#outcome")

    def open(self, link: str = "") -> None:
        """Open the page."""
        self.page.goto(self.relay.address + link)
        self.page.wait_for_selector("body[data-ready]")

    def pair(self, code: str = CODE) -> None:
        """Open the link of the clinic's card, and connect."""
        self.pump.offers(code)
        self.open(f"#serial={PUMP}&code={code}&phone={PHONE.replace('+', '%2B')}")
        self.page.locator("#pair-go").click()
        expect(self.page.locator("#head:not(:empty), #pair-told[data-mood=stop]")).to_be_visible()
        expect(self.page.locator("#status")).not_to_have_attribute("data-mood", "busy")

    def look(self) -> None:
        """Ask the pump now, as when the page comes to the front."""
        self.page.evaluate("dispatchEvent(new Event('online'))")

    def press(self) -> None:
        """Press the large button and say yes."""
        self.button.click()
        self.page.wait_for_timeout(STEADY_MS)
        self.page.locator("#yes").click()

    def says(self, head: str, more: str | None = None) -> None:
        """Wait until the page says this."""
        expect(self.head).to_have_text(head)
        if more is not None:
            expect(self.more).to_have_text(more)

    def keeps(self, name: str) -> None:
        """Wait until the phone has this on its disk, where it is after the page was closed."""
        self.page.evaluate(KEEPS, name)

    def off(self) -> None:
        """The button only explains."""
        expect(self.button).to_have_attribute("aria-disabled", "true")


@dataclass
class Handsets:
    """One browser context in which a phone was paired once: each test gets it as good as new."""

    context: BrowserContext
    relay: Relay
    handset: Handset

    @contextmanager
    def fresh(self, pump: Hosted | None = None) -> Iterator[Phone]:
        """The phone with another pump behind it, which has known it for an hour."""
        own = pump or self.pump()
        self.relay.exchange = own.exchange
        made = Phone(self.context.new_page(), own, self.relay)
        _watch(made)
        made.page.goto(self.relay.address + "icon.svg")
        made.page.evaluate(RENEW)
        made.asked.clear()
        made.open()
        try:
            yield made
        finally:
            made.page.close()

    def pump(self, programme: Programme = ROOMY) -> Hosted:
        """A pump that knows this phone."""
        return hosted(programme, self.handset)


RENEW = """async () => {
    const open = indexedDB.open("cisterna-remote");
    await new Promise((resolve) => { open.onsuccess = resolve; });
    const act = open.result.transaction("kept", "readwrite");
    const kept = act.objectStore("kept");
    for (const name of ["pending", "outcome", "seen", "counter", "language"]) kept.delete(name);
    await new Promise((resolve) => { act.oncomplete = resolve; });
    open.result.close();
}"""


KEEPS = """async (name) => {
    const open = indexedDB.open("cisterna-remote");
    await new Promise((resolve) => { open.onsuccess = resolve; });
    for (let tries = 0; tries < 200; tries += 1) {
        const asked = open.result.transaction("kept").objectStore("kept").get(name);
        await new Promise((resolve) => { asked.onsuccess = resolve; });
        if (asked.result) return open.result.close();
        await new Promise((resolve) => { setTimeout(resolve, 50); });
    }
    throw new Error(`${name} was not kept`);
}"""


@contextmanager
def handsets(browser: Browser) -> Iterator[Handsets]:
    """Pair once, for many tests."""
    with phone(browser) as first:
        expect(first.head).not_to_be_empty()
        known = first.pump.latest()
        first.page.close()
        yield Handsets(first.page.context, first.relay, known)


@contextmanager
def phone(
    browser: Browser, pump: Hosted | None = None, *, code: str | None = CODE, **options: Any
) -> Iterator[Phone]:
    """A fresh phone, paired under the code unless there is none."""
    own = pump or hosted(ROOMY)
    with phone_at(browser, own.exchange, own, **options) as made:
        if code:
            made.pair(code)
        yield made


@contextmanager
def phone_at(
    browser: Browser,
    exchange: Exchange,
    pump: Hosted | None = None,
    *,
    language: str = "en-GB",
    **options: Any,
) -> Iterator[Phone]:
    """A phone before whatever carries its frames."""
    size = {"width": 360, "height": 740}
    settings: dict[str, Any] = {"viewport": size, "timezone_id": "Europe/London"} | options
    context = browser.new_context(locale=language, **settings)
    context.set_default_timeout(10_000)
    with served(exchange) as relay:
        made = Phone(context.new_page(), pump or hosted(), relay)
        _watch(made)
        try:
            yield made
        finally:
            context.close()


def _watch(made: Phone) -> None:
    """Note every address asked for, and every complaint but that there was no contact."""

    def complain(message: ConsoleMessage) -> None:
        if "Failed to load resource" not in message.text:
            made.complaints.append(message.text)

    made.page.on("request", lambda request: made.asked.append(request.url))
    made.page.on("pageerror", lambda error: made.complaints.append(str(error)))
    made.page.on("console", complain)


def cut(serial: str, frame: bytes, on: Pass) -> bytes:
    """A way on which everything is lost."""
    raise NoContact


def answers_lost(serial: str, frame: bytes, on: Pass) -> bytes:
    """A way on which every request arrives and every answer is lost."""
    on(serial, frame)
    raise NoContact


def only(mark: bytes, way: Way, then: Way) -> Way:
    """`way` for the first frame with a mark, `then` for all after it; before it, straight on."""
    seen: list[bytes] = []

    def mixed(serial: str, frame: bytes, on: Pass) -> bytes:
        if mark in frame and not seen:
            seen.append(frame)
            return way(serial, frame, on)
        return (then if seen else straight)(serial, frame, on)

    return mixed
