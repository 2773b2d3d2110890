"""A whole refill by keys alone, counted; every page fit at both widths, light and dark."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from cisterna.clinic.bodies.pumpread import PumpRead
from cisterna.clinic.course import fold
from cisterna.clinic.event import Event, Role
from cisterna.clinic.ledger.record import Record
from cisterna.clinic.refilling import visit
from cisterna.clinic.web import rows
from tests.browser import fitting
from tests.clinic.people import NURSE
from tests.clinic.refilled import SERIAL, Refilling
from tests.clinic.web.conftest import SignedIn
from tests.clinic.web.guiding import Clock, keep, waiting
from tests.clinic.web.hand import Hand
from tests.clinic.web.served import served, signed_in_browser

PAGE = Path(__file__).parents[3] / "docs" / "evidence" / "refill-steps.md"
LOOK: dict[str, Any] = {"locale": "en-US", "viewport": {"width": 1280, "height": 900}}

LABEL = {
    "patient": "MRN 0001", "drugs-0-name": "morphine", "drugs-0-concentration": "20 mg/mL",
    "volume": "20 mL", "use_by": "02042027\t1200a", "lot": "L42", "preservative_free": True,
    "prepared_by": "P. Eads",
}  # fmt: skip
FIRST = "she who does the refill"
OTHER = "the second person"


@pytest.fixture
def address(clinic: Record) -> Iterator[str]:
    """The pages, served."""
    with served() as found:
        yield found


@pytest.fixture
def course(clinic: Record) -> Refilling:
    """A person whose refill is ordered for today."""
    made = waiting()
    clinic.append(*made.person.events)
    rows.catch_up()
    return made


class Visit:
    """Two nurses, each at her own machine, and what each of them presses at each step."""

    def __init__(self, one: Page, two: Page, clock: Clock, fit: bool) -> None:
        self.hands = {FIRST: Hand(one), OTHER: Hand(two)}
        self.clock, self.fit = clock, fit
        self.counted: list[tuple[str, str, int]] = []

    def step(self, who: str, title: str, answers: dict[str, Any]) -> None:
        """One step: the page is loaded anew by whom it waits for, and sent."""
        hand = self.hands[who]
        hand.page.reload()
        shown = hand.page.locator("#now").inner_text()
        assert shown == title, (shown, title)
        if self.fit:
            fit(hand.page, f"refill-{len(self.counted):02}-{title.lower().replace(' ', '-')}")
        before = hand.keys
        hand.fill(answers) if answers else self._confirm(hand)
        refused = hand.page.locator(".refused, .moved").all_inner_texts()
        assert not refused, (title, refused)
        self.counted.append((title, who, hand.keys - before))
        self.clock.later()

    def _confirm(self, hand: Hand) -> None:
        """A form without a field to fill in: Tab to its button, then Enter."""
        for _ in range(60):
            if hand.page.evaluate("document.activeElement.matches('.now button.do')"):
                break
            hand.press("Tab")
        hand.enter()


def fit(page: Page, name: str) -> None:
    """Fit for everybody; then the page as the nurse had it."""
    fitting.fit(page, name)
    page.set_viewport_size({"width": 1280, "height": 900})
    page.reload()


def linked(course: Refilling, record: Record, clock: Clock, version: int, volume: int) -> None:
    """The pump was read over the link: its answer is on record."""
    digest = course.digest if version > 1 else "old"
    read = PumpRead(SERIAL, version, digest, "continuous", False, 0, volume, (), 0)
    person = rows.load("p1")
    at = clock.now
    course.person = fold(person, Event(person.next_id, "p1", NURSE, at, at, read))
    keep(record, course)
    clock.later()


def programme(course: Refilling, record: Record, clock: Clock) -> None:
    """The gate's part, which has its own screen."""
    course.person, course.at = rows.load("p1"), clock.now
    course.program()
    keep(record, course)
    clock.later(2)


def whole(seen: Visit, course: Refilling, record: Record) -> None:
    """An ordinary refill of a pump with a link, from the door to the second signature."""
    clock = seen.clock
    seen.step(FIRST, "Identify", {
        "name": "Test Patient", "born": "04011965", "serial": SERIAL, "order": True,
    })  # fmt: skip
    linked(course, record, clock, 1, 5_480_000)
    report = {"concentration": "20 mg/mL", "running": True, "doses": "0", "replace_early": False}
    seen.step(FIRST, "Read the pump", report)
    signs = ("leg-weakness", "numbness", "bladder-or-bowel", "unsteady-or-altered-sensation",
             "new-pain-at-tip-level")  # fmt: skip
    asked: dict[str, Any] = {"skin": 0, "sedation": 0, "relief": 1}
    seen.step(FIRST, "Symptoms and skin", asked | {f"signs:{s}": False for s in signs})
    seen.step(FIRST, "Label, two readers", LABEL)
    seen.step(OTHER, "Label, two readers", LABEL)
    kit = {"refill_kit": True, "refill_needle": True, "template": True, "port": 0, "felt": 0}
    seen.step(FIRST, "Kit and port", kit | {"ultrasound": False})
    seen.step(FIRST, "Draw and measure", {"measured": "5.4 mL", "graduation": "0.2 mL"})
    calm = {"resistance": False, "swelling": False, "pain": False}
    seen.step(FIRST, "Instil", calm)
    seen.step(FIRST, "Instil", {"returned": True})
    seen.step(FIRST, "Instil", calm)
    programme(course, record, clock)
    linked(course, record, clock, 2, 20_000_000)
    seen.step(FIRST, "Read it again", report)
    seen.step(FIRST, "Next date", {"booked": "03222027\t0900a"})
    seen.step(FIRST, "Emergency card", {"given_to": "her"})
    clock.later(30)
    quiet = {"sedation": 0, "breaths": "14", "swelling": False, "pain": False}
    seen.step(FIRST, "Watch her", quiet)
    waste = {"controlled": True, "volume": "5.4 mL", "how": "drug bin"}
    seen.step(FIRST, "Waste", waste)
    seen.step(OTHER, "Waste", {})
    seen.step(FIRST, "Two signatures", {})
    seen.step(OTHER, "Two signatures", {})


def test_a_whole_refill_goes_by_keys_alone_and_every_page_is_fit(
    browser: Browser,
    address: str,
    signed_in: SignedIn,
    course: Refilling,
    clinic: Record,
):
    clock, complaints = Clock(), []
    contexts = [
        signed_in_browser(browser, address, signed_in(Role.NURSE, who), **LOOK)
        for who in ("n-dunn", "n-gray")
    ]
    pages = [context.new_page() for context in contexts]
    for page in pages:
        page.on("console", lambda m: complaints.append(m.text) if m.type == "error" else None)
        page.on("pageerror", lambda e: complaints.append(str(e)))
        page.goto(f"{address}/people/p1/refill/")
    seen = Visit(pages[0], pages[1], clock, fit=fitting.ALL)
    whole(seen, course, clinic)
    found = visit(rows.load("p1"))
    assert found is not None
    assert found.ended
    assert complaints == []
    text = written(seen.counted)
    if os.environ.get("CISTERNA_WRITE_EVIDENCE") == "1":
        PAGE.write_text(text, "utf-8")
    assert PAGE.read_text("utf-8") == text, "run the tests with CISTERNA_WRITE_EVIDENCE=1"
    for context in contexts:
        context.close()


def written(counted: list[tuple[str, str, int]]) -> str:
    """The page of evidence."""
    lines = [
        "# A refill in keystrokes",
        "",
        "Generated by `tests/clinic/web/test_guided_browser.py`, in which two people do a whole",
        "ordinary refill in a browser by keys alone: 20 mL of morphine 20 mg/mL, a linked pump",
        "(what it says of itself stands in the form), a residual that is accepted, no slip.",
        "Every key counts, Tab and Enter too. The programme itself is done on the programmer's",
        "screen and is not counted here. "
        "At 0.28 s a key (an average typist in the keystroke-level model of",
        "Card, Moran and Newell, 1980; recalled) the seconds are those of typing alone: reading,",
        "drawing and the watch of half an hour come on top.",
        "",
        "| step | by | keys | seconds of typing |",
        "|---|---|---|---|",
    ]
    lines += [f"| {t} | {who} | {n} | {n * 0.28:.0f} |" for t, who, n in counted]
    total = sum(n for _, _, n in counted)
    lines.append(f"| **all** | both | **{total}** | **{total * 0.28:.0f}** |")
    return "\n".join(lines) + "\n"
