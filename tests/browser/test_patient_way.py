"""The whole way of one person on her own pages, to a stranger who reads her card.

She finds the self-check, asks for a talk, is evaluated, weighs the options, says back what she
read, keeps a diary of her trial, lives three months with her pump, reports a red flag, and somebody
who helps her reads her card. What the team does meanwhile is done by its acts.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from itertools import chain
from typing import Any

import numpy as np
import pytest
import zxingcpp
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser.test_portal import fit
from tests.clinic.web.conftest import NOW, SignedIn
from tests.patient.web.conftest import (  # noqa: F401  (fixtures)
    clinic,
    invited,
    signed_in,
    template,
    treated,
)

# isort: split
from cisterna.clinic.bodies.hers import DiaryWritten, OptionsRanked, TeachBackTaken
from cisterna.clinic.bodies.planning import TeachBackDone
from cisterna.clinic.bodies.visit import VisitRecorded
from cisterna.clinic.event import Role
from cisterna.clinic.ledger.record import Record
from cisterna.clinic.web import clock, rows
from cisterna.clinic.web.models import PersonRow
from cisterna.facts.options import Options
from tests.clinic.onward import implanted, titrated
from tests.clinic.people import ENTRY, NURSE, SCRIPTS, Course, Dose, Step
from tests.clinic.web.served import served, signed_in_browser

pytestmark = pytest.mark.timeout(600)
MONTH = timedelta(days=30)
WIDTHS = [360, pytest.param(1280, marks=pytest.mark.campaign)]
NAME, BORN = "Rosa Rivera", date(1961, 4, 5)


@dataclass
class Way:
    """Her, the clinic's time, and what the team has still to do."""

    record: Record
    address: str
    at: datetime = NOW
    person: str = ""
    steps: Iterator[Step | Dose] | None = None
    pending: list[Step | Dose] = field(default_factory=list)
    course: Course = field(default_factory=Course)

    def team(self, until: str = "") -> None:
        """The team goes on, up to the first act called `until`, which is left for later."""
        course = self.course
        course.person = rows.load(self.person)
        course.at = max(self.at, course.person.events[-1].recorded) + timedelta(minutes=1)
        before = len(course.person.events)
        if self.steps is None:
            self.steps = self._all()
        ahead, self.pending = self.pending, []
        for step in chain(ahead, self._rest()):
            if step.act == until:
                self.pending = [step]
                break
            course.dose(step) if isinstance(step, Dose) else course.do(step)
        self.record.append(*course.person.events[before:])
        rows.catch_up()
        self.at = course.at

    def _rest(self) -> Iterator[Step | Dose]:
        assert self.steps is not None
        while (step := next(self.steps, None)) is not None:  # what is left is not closed with this
            yield step

    def _all(self) -> Iterator[Step | Dose]:
        entry = replace(ENTRY, name=NAME, born=BORN)
        yield Step("register", NURSE, entry)
        for script in (SCRIPTS["back"], implanted, titrated):
            yield from script(self.course)

    @property
    def she(self) -> Any:
        """Her record now."""
        return rows.load(self.person)

    @property
    def place(self) -> str:
        """Where she stands."""
        return str(self.she.place)


@pytest.fixture
def way(clinic: Record) -> Iterator[Way]:  # noqa: F811
    """A clinic that knows nobody yet, served at the time of her way."""
    with served() as address:
        found = Way(clinic, address)
        clock.use(lambda: found.at)
        yield found


def watched(context: BrowserContext, address: str) -> tuple[Page, list[str]]:
    """A page, and what it complains of or asks of others."""
    page, wrong = context.new_page(), list[str]()
    page.on("pageerror", lambda e: wrong.append(str(e)))
    page.on("console", lambda m: wrong.append(m.text) if m.type == "error" else None)
    page.on("request", lambda r: wrong.extend([r.url] * (not r.url.startswith((address, "data:")))))
    return page, wrong


@pytest.mark.pathway("PW-072", "PW-065", "PW-043", "PW-035", "PW-057")
@pytest.mark.parametrize("width", WIDTHS)
def test_from_the_first_question_to_a_stranger_with_her_card(
    way: Way,
    browser: Browser,
    signed_in: SignedIn,  # noqa: F811
    width: int,
):
    size: Any = {"viewport": {"width": width, "height": 800}, "locale": "en"}
    nurse = signed_in(Role.NURSE)
    public = browser.new_context(**size)
    page, wrong = watched(public, way.address)
    asks_for_a_talk(page, way)
    public.close()
    way.person = PersonRow.objects.get(name=NAME).person
    assert "Take in her request" in nurse.get("/").content.decode()
    way.team(until="teach-back")
    assert way.place == "evaluating"

    her = signed_in(Role.PATIENT, "her", person=way.person)
    context = signed_in_browser(browser, way.address, her, **size)
    page, more = watched(context, way.address)
    weighs_the_options(page, way)
    says_back_what_she_read(page, way)
    way.team(until="judge-trial")
    assert way.place == "trial-running"
    writes_of_her_trial(page, way)
    way.team()
    assert way.place == "maintenance"
    for month in range(3):
        way.at += MONTH
        checks_in(page, way, month)
    card = makes_her_card(page, way)
    reports_a_red_flag(page, way)
    assert "Reported from home" in nurse.get("/").content.decode()
    context.close()

    helper = browser.new_context(**size)
    page, most = watched(helper, way.address)
    somebody_reads_it(page, way, card)
    helper.close()
    assert [*wrong, *more, *most] == []


def asks_for_a_talk(page: Page, way: Way) -> None:
    """From the public page, through the questions, to a number."""
    page.goto(f"{way.address}/self-check/")
    fit(page, "self-check")
    given = {"kind": "back", "long": "yes", "help": "none", "day": "much", "visits": "yes"}
    for name, value in given.items():
        page.locator(f'input[name="{name}"][value="{value}"]').check()
    page.locator('input[name="tried"][value="medicines"]').check()
    page.get_by_role("button", name="See what to talk about").click()
    expect(page.locator("h1")).to_have_text("What you may talk about")
    fit(page, "self-check-told")
    page.get_by_role("button", name="Ask for a talk").click()
    page.get_by_label("Your name").fill(NAME)
    page.get_by_label("Date of birth").fill(f"{BORN:%Y-%m-%d}")
    page.get_by_label("How can we reach you?").fill("+1 555 0100")
    page.get_by_label("What is it about").fill("My back, since the second operation.")
    page.get_by_label("The clinic may call me").check()
    fit(page, "consult")
    page.get_by_role("button", name="Send").click()
    expect(page.locator("h1")).to_have_text("Your request is sent")
    fit(page, "consult-sent")


def weighs_the_options(page: Page, way: Way) -> None:
    """What matters to her, and her own order: waiting is hers to put first."""
    facts = Options()
    page.goto(f"{way.address}/my/options/")
    fit(page, "my-options")
    for value in facts.values():
        page.locator(f'input[name="weight-{value}"][value="3"]').check()
    for n, name in enumerate(reversed(facts.ids()), 1):
        page.locator(f'select[name="place-{name}"]').select_option(str(n))
    page.locator('form[action="/my/options/"] button.do').click()
    said = way.she.last(OptionsRanked, None)
    assert said is not None
    assert said.body.order[0] == "waiting"
    fit(page, "my-options-ranked")


def says_back_what_she_read(page: Page, way: Way) -> None:
    """She reads the aid and answers its questions; it is evidence of her evaluation."""
    page.goto(f"{way.address}/my/aid/")
    fit(page, "my-aid")
    page.goto(f"{way.address}/my/aid/questions/")
    for name, q in Options().questions().items():
        page.locator(f'input[name="answer-{name}"][value="{q.right}"]').check()
    page.locator('form[action="/my/aid/questions/"] button.do').click()
    said = way.she.last(TeachBackTaken, None)
    assert said is not None
    assert said.body.right == len(Options().questions())
    assert way.she.last(TeachBackDone).body.passed
    fit(page, "teach-back")


def writes_of_her_trial(page: Page, way: Way) -> None:
    """Her diary while the trial runs."""
    page.goto(f"{way.address}/my/diary/")
    page.locator("summary").click()
    page.locator('input[name="pain"][value="3"]').check()
    page.locator("#did").fill("walked to the corner")
    page.get_by_role("button", name="Save").click()
    said = way.she.last(DiaryWritten, None)
    assert said is not None
    assert (said.body.pain, said.body.did) == (3, "walked to the corner")


def checks_in(page: Page, way: Way, month: int) -> None:
    """How she is, from home."""
    page.goto(f"{way.address}/my/check-in/")
    page.get_by_role("button", name="None of this").click()
    page.wait_for_url("**/my/check-in/more/")
    for group in page.locator("fieldset").all():
        group.locator("input[type=radio]").nth(1).check()
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_role("status")).to_contain_text("Thank you")
    assert len([v for v in way.she.every(VisitRecorded) if v.body.remote]) == month + 1


def makes_her_card(page: Page, way: Way) -> str:
    """The address that the code of the printed card holds."""
    page.goto(f"{way.address}/my/card/")
    page.get_by_role("button", name="Make my card").click()
    expect(page.locator(".wallet")).to_be_visible()
    fit(page, "my-card")
    dots = page.evaluate(_PIXELS)
    picture = np.array(dots, dtype=np.uint8).reshape(600, 600)
    found = zxingcpp.read_barcodes(picture)
    assert len(found) == 1
    return str(found[0].text).partition("clinic.example")[2]


_PIXELS = """async () => {
  const svg = document.querySelector(".code svg").cloneNode(true);
  svg.setAttribute("width", 600); svg.setAttribute("height", 600);
  const image = new Image();
  image.src = "data:image/svg+xml;base64," + btoa(new XMLSerializer().serializeToString(svg));
  await image.decode();
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = 600;
  const drawn = canvas.getContext("2d");
  drawn.drawImage(image, 0, 0, 600, 600);
  return [...drawn.getImageData(0, 0, 600, 600).data].filter((_, i) => i % 4 === 0);
}"""


def reports_a_red_flag(page: Page, way: Way) -> None:
    """Two presses, and she reads what to do now."""
    page.goto(f"{way.address}/my/wrong/")
    page.get_by_role("button", name="Breathes slowly, or stops").click()
    expect(page.get_by_role("alert")).to_contain_text("Call for an ambulance now.")
    assert way.place == "emergency"


def somebody_reads_it(page: Page, way: Way, card: str) -> None:
    """Without an account: what runs, what to do, what not."""
    page.goto(f"{way.address}{card}")
    expect(page.locator("h1")).to_contain_text(NAME)
    page.get_by_text("Opioid overdose").first.click()
    expect(page.get_by_text("Naloxone 0.4 to 2 mg IV").first).to_be_visible()
    fit(page, "card-read")
