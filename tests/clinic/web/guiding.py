"""A guided procedure over HTTP: somebody's page, the form on it, and what came of it."""

import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from html import unescape
from typing import Any
from zoneinfo import ZoneInfo

from django.test import Client

from cisterna.clinic.bodies.implant import PumpPlaced
from cisterna.clinic.bodies.order import OrderWritten
from cisterna.clinic.bodies.planning import EvaluationBegun, Moved, Place, Referred, Registered
from cisterna.clinic.course import Person, fold
from cisterna.clinic.event import Event
from cisterna.clinic.ledger.record import Record
from cisterna.clinic.web import clock, rows
from tests.clinic.people import ENTRY, PHYSICIAN
from tests.clinic.refilled import BEFORE, DAY, RUNNING, SERIAL, Refilling, of_today, q
from tests.clinic.web.sending import sent
from tests.orders import Tree, toml

ZONE = "Europe/Berlin"


def unordered() -> Person:
    """A person in maintenance with a pump, whose record has no order."""
    entered = Registered(
        "Test Patient", ENTRY.born, ENTRY.sex, "MRN 0001", "main", ZONE, "en", False
    )
    pump = "e0", "synchromed-ii-20", SERIAL, "", BEFORE.date(), "abdomen", "left", q("2 cm")
    bodies: list[Any] = [
        entered,
        Referred("failed-back-surgery-syndrome", "Dr Hall", "a pump?"),
        EvaluationBegun("pain clinic"),
        PumpPlaced(*pump),
        Moved(Place.REFERRED, Place.MAINTENANCE),
    ]
    person = Person("p1")
    for body in bodies:
        person = fold(person, Event(person.next_id, "p1", PHYSICIAN, BEFORE, BEFORE, body))
    return person


def waiting(ordered: Tree | None = None) -> Refilling:
    """A person in maintenance whose order runs, with an order for today on her record."""
    today = of_today(RUNNING) if ordered is None else ordered
    course = Refilling(unordered(), BEFORE, RUNNING, today)
    wrote(course, toml(RUNNING))
    runs(course)
    course.at = DAY - timedelta(hours=12)
    wrote(course, toml(today))
    course.at = DAY
    return course


def wrote(course: Refilling, text: str) -> None:
    """The physician's order stands on the record."""
    at, who = course.at, course.person
    course.keep(Event(who.next_id, "p1", PHYSICIAN, at, at, OrderWritten(text)))


def runs(course: Refilling) -> None:
    """Her order goes through the gate, so that it runs by the record."""
    ordered = course.ordered
    course.ordered = RUNNING
    refill_terms = course.drawn, course.filled
    course.drawn, course.filled = "0 mL", "20 mL"
    course.program()
    course.ordered = ordered
    course.drawn, course.filled = refill_terms


@dataclass
class Procedure:
    """One person's procedure in somebody's browser."""

    browser: Client
    name: str
    person: str = "p1"
    zone: str = ZONE
    last: Any = None

    @property
    def place(self) -> str:
        """Its address."""
        return f"/people/{self.person}/{self.name}/"

    def page(self) -> str:
        """What the page says now."""
        self.last = self.browser.get(self.place)
        assert self.last.status_code == 200, self.last.status_code
        return self.text

    @property
    def text(self) -> str:
        """The last page."""
        return unescape(self.last.content.decode())

    @property
    def base(self) -> str:
        """How many events the page has seen."""
        found = re.search(r'name="base" value="(\d+)"', self.text)
        return found.group(1) if found else str(len(rows.load(self.person).events))

    def hidden(self, act: str) -> dict[str, str]:
        """What stands hidden in the form of an act on the page."""
        start = self.text.find(f'name="act" value="{act}"')
        if start < 0:
            return {}
        end = self.text.find("</form>", start)
        found = re.findall(
            r'<input type="hidden" name="([^"]+)"(?: value="([^"]*)")?', self.text[start:end]
        )
        return dict(found)

    def sends(self, act: str, asked: Any, why: str = "", **more: Any) -> int:
        """Send the form of an act as the page has it, with this input; the status."""
        row = sent(act, asked, int(self.base), why, ZoneInfo(self.zone))
        for name, value in self.hidden(act).items():
            row.setdefault(name, value)
        self.last = self.browser.post(self.place, row | {"act": act} | more)
        return int(self.last.status_code)

    def does(self, act: str, asked: Any, why: str = "", **more: Any) -> str:
        """It is recorded; the page that comes after."""
        self.page()
        status = self.sends(act, asked, why, **more)
        assert status == 302, (act, status, _says(self.text))
        return self.page()


def _says(text: str) -> str:
    found = re.search(r'<section class="(?:refused|moved)".*?</section>', text, re.S)
    errors = re.findall(r"errorlist.*?</ul>", text, re.S)
    return (found.group(0) if found else text[:0]) + " ".join(errors)


def begin_row(page: Procedure, **more: Any) -> dict[str, Any]:
    """The form that begins a refill, with the only order there is."""
    order = re.search(r'name="order" value="([^"]+)"', page.text)
    row = {
        "act": "begin-refill", "base": page.base, "why": "", "name": "Test Patient", "number": "",
        "born": "1965-04-01", "serial": SERIAL, "order": order.group(1) if order else "",
    }  # fmt: skip
    return row | more


def begins(page: Procedure, **more: Any) -> int:
    """The refill is begun from its page."""
    page.page()
    page.last = page.browser.post(page.place, begin_row(page, **more))
    return int(page.last.status_code)


@dataclass
class Clock:
    """The clinic's clock, that a test moves on."""

    now: datetime = field(default=DAY)

    def __post_init__(self) -> None:
        clock.use(lambda: self.now)

    def later(self, minutes: float = 1) -> None:
        """Let time pass."""
        self.now += timedelta(minutes=minutes)


def keep(record: Record, course: Refilling) -> None:
    """Put on record what the course has more than the record."""
    done = len(rows.load("p1").events)
    record.append(*course.person.events[done:])
