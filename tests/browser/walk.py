"""A walk of one person through her course: the steps of the worked courses, done on the pages."""

from collections.abc import Iterator
from dataclasses import fields, is_dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from playwright.sync_api import Locator, Page, expect

from tests.browser.walking import (
    ROLES_OF_HER,
    House,
    fill,
    minute,
    send,
    shot,
)  # Django is ready from here on

# isort: split

from cisterna.clinic.acts.prepare import Scan
from cisterna.clinic.bodies.implant import ChecklistAnswered
from cisterna.clinic.bodies.planning import Referred
from cisterna.clinic.course import Person
from cisterna.clinic.event import Actor
from cisterna.clinic.prescribing import ENTERED
from cisterna.clinic.therapy import Therapy, awaiting, therapy
from cisterna.clinic.web import rows
from tests.clinic.onward import SERIAL, checklist
from tests.clinic.people import COLLEAGUE, ENTRY, PHYSICIAN, Dose, Script, Step
from tests.clinic.web.sending import sent
from tests.orders import Tree

SOON = timedelta(minutes=10)
ZONE = ZoneInfo(ENTRY.zone)
GUIDED = {
    "trial": ("plan-trial", "consent-to-trial", "verify-trial-dose", "give-trial-dose",
              "observe-trial", "judge-trial"),
    "implant": ("answer-checklist", "give-antibiotic", "scan-device", "record-incision",
                "record-implant", "observe-after-implant", "give-emergency-contact", "discharge"),
    "mri": ("request-scan", "clear-scan", "prepare-scan", "end-scan", "interrogate-after-scan",
            "close-scan"),
    "trouble": ("open-trouble", "record-trouble-step", "settle-line", "judge-trouble"),
}  # fmt: skip
PROCEDURE = {act: name for name, acts in GUIDED.items() for act in acts}

WHY = {"why": "Walking still hurts more than she wants."}


class Walk:
    """One person, and everybody who does something about her; reads as a worked course does."""

    def __init__(self, house: House, name: str, serial: str, born: str = "1965-04-01") -> None:
        self.house, self.name, self.serial, self.born = house, name, serial, born
        self.id, self.shots = "", 0

    @property
    def at(self) -> datetime:
        """The demonstration's time."""
        return self.house.now()

    @property
    def person(self) -> Person:
        """Her record as it stands."""
        return rows.load(self.id)

    @property
    def therapy(self) -> Therapy:
        """What runs, as the record knows it."""
        return therapy(self.person.events)

    def through(self, script: Script, until: str = "") -> "Walk":
        """Do the steps of a script on the pages, up to the first act of this name."""
        for step in script(self):  # type: ignore[arg-type]
            if step.act == until:
                break
            if isinstance(step, Dose):
                self.wait(step.later)
                self.dose(step)
            else:
                self.do(step)
        return self

    def wait(self, later: timedelta) -> None:
        """Time passes, to a whole minute, which is what a form can say; a sitting needs none."""
        if later != SOON:
            self.house.until(minute(self.at + later) + timedelta(minutes=1))

    def picture(self, page: Page, what: str) -> None:
        """One picture of a stage."""
        self.shots += 1
        shot(page, f"{self.name}-{self.shots:02}-{what}")

    # One act ------------------------------------------------------------------------------------

    def do(self, step: Step) -> None:
        """One act in the browser of whoever does it."""
        self.wait(step.later)
        if step.act == "refer":
            self.admitted(step.asked, step.actor)
            return
        row = self.row(step.act, self._own(step.asked), step.why)
        apart = self.person.place == "revision-planned" or step.actor.role in ROLES_OF_HER
        guided = step.act in PROCEDURE and not apart
        self.enter(step.actor, step.act, row, PROCEDURE[step.act] if guided else "")

    def enter(self, actor: Actor, act: str, row: dict[str, Any], procedure: str = "") -> Page:
        """Fill in the form of an act, of its own page or of a procedure's, and record it."""
        page, before = self.house.of(actor, self.id), len(self.person.events)
        if actor.role in ROLES_OF_HER:
            page.goto(f"{self.house.address}/my/about/")
            page.locator(f'a[href="/my/do/{act}/"]').click()
        else:
            self.open(page, procedure or f"acts/{act}")
        own = f':has(input[name="act"][value="{act}"])' if procedure else ""
        form = page.locator(f"form.act{own}")
        fill(form, row)
        self.picture(page, act)
        send(form)
        assert len(self.person.events) > before, (act, page.url)
        return page

    def enter_here(self, form: Locator, row: dict[str, Any]) -> None:
        """Fill in a form that is open already, and record it."""
        before = len(self.person.events)
        fill(form, row)
        send(form)
        assert len(self.person.events) > before

    def open(self, page: Page, place: str) -> None:
        """From her page to a form, by its link."""
        page.goto(f"{self.house.address}/people/{self.id}/")
        page.locator(f'a[href="/people/{self.id}/{place}/"]').first.click()

    def row(self, act: str, asked: Any, why: str = "") -> dict[str, Any]:
        """What the form of an act is filled with."""
        found = sent(act, asked, 0, why, ZONE)
        del found["base"]
        if act in PROCEDURE and self.person.place != "revision-planned":
            found.pop("seen", None)  # the page has put the time there
        if act == "observe-trial":
            found |= {"ends": ["none"]}
        if isinstance(asked, ChecklistAnswered) and self.person.place != "revision-planned":
            found = {"why": why}
            for item in asked.items:
                found[f"done:{item.item}"] = "yes" if item.done else "no"
                found |= {} if item.done else {f"note:{item.item}": item.note}
        return found

    def _own(self, asked: Any) -> Any:
        """Her own pump; a form that fills the order later says so on its checklist."""
        if isinstance(asked, Scan):
            return replace(asked, code=asked.code.replace(SERIAL, self.serial))
        if isinstance(asked, ChecklistAnswered):
            return checklist("drug-order")
        return asked

    def admitted(self, referral: Referred, actor: Actor) -> None:
        """She is registered and referred on one page."""
        page = self.house.of(actor)
        page.goto(f"{self.house.address}/people/new/")
        entry = replace(ENTRY, name=self.name, number=f"MRN {self.name[:3]}")
        row = _plain(entry) | _plain(referral)
        del row["clinic"]
        form = page.locator("form.act")
        fill(form, row | {"interpreter_needed": "no"})
        send(form)
        self.id = page.url.rstrip("/").rsplit("/", 1)[-1]
        assert self.person.place == "referred"

    # The programmer -----------------------------------------------------------------------------

    def bench(self, actor: Actor, way: str = "") -> Page:
        """Somebody before the programmer."""
        page = self.house.of(actor)
        page.goto(f"{self.house.address}/people/{self.id}/")
        page.locator(f'a[href="/people/{self.id}/programmer/"]').first.click()
        if way:
            page.locator(f'a[href="/people/{self.id}/programmer/{way}/"]').first.click()
        return page

    def interrogate(self, actor: Actor = PHYSICIAN) -> Page:
        """The pump is read."""
        page = self.bench(actor)
        send(page.locator(f'form[action="/people/{self.id}/programmer/read/"]'))
        return page

    def dose(self, wanted: Dose) -> None:
        """An order, on its way into the pump."""
        if wanted.signed_only:
            return  # on the pages an order needs the pump in her: it is filled later
        self.interrogate()
        first = self.therapy.state == "none"
        page = self.bench(PHYSICIAN, "order")
        self.picture(page, "order")
        form = page.locator("form#order")
        fill(form, order_row(wanted.order) | {"drawn": "20 mL" if first else "", **WHY})
        send(form, "Propose")
        self.signed(page)
        if first:
            for verb in ("record_line", "prime"):
                self.deed(verb, {"line": "new-implant"})

    def again(self, line: str) -> None:
        """After a revision the new line is recorded empty and primed, then her dose goes on."""
        for verb in ("record_line", "prime"):
            self.deed(verb, {"line": line})
        self.interrogate()
        page = self.bench(PHYSICIAN, "order")
        form = page.locator("form#order")
        fill(form, WHY)
        send(form, "Propose")
        self.signed(page)

    def anew(self) -> None:
        """A pump that is new is filled and takes up her dose; then its line is primed."""
        self.interrogate()
        page = self.bench(PHYSICIAN, "order")
        form = page.locator("form#order")
        at = minute(self.at)
        row = {"solution.filled_at": at.isoformat(), "order.phase": "maintenance", **WHY}
        row |= {"solution.prepared": (at - timedelta(hours=2)).isoformat(), "drawn": "20 mL"}
        fill(form, row)
        send(form, "Propose")
        self.signed(page)
        for verb in ("record_line", "prime"):
            self.deed(verb, {"line": "new-implant"})

    def signed(self, page: Page) -> None:
        """Reason, second signature and transmission of what is proposed."""
        reason = page.locator(f'form[action="/people/{self.id}/programmer/reason/"]')
        if reason.count():
            for box in reason.locator('input[name="codes"]').all():
                box.check()
            fill(reason, {"why": "pain is worse, she is watched"})
            send(reason)
        self.picture(page, "review")
        if self.person_waits("second"):
            self.second()
            page.reload()
        self.transmit(page)

    def person_waits(self, what: str) -> bool:
        """Whether the change waits for this."""
        return any(w.what == what for w in awaiting(self.person.events))

    def second(self, row: dict[str, str] | None = None) -> None:
        """The second person reads the order, types its dose, and signs; a deed she enters anew."""
        page = self.bench(COLLEAGUE, "deeds/second" if row else "second")
        form = page.locator("form.act")
        if row is None:
            text = page.locator("pre.order").inner_text()
            line = next(x for x in text.splitlines() if x.startswith("daily_dose"))
            row = {"typed_dose": line.split('"')[1]}
        fill(form, row)
        send(form)

    def transmit(self, page: Page, until: str = "activated") -> None:
        """Signed by her passkey and sent; each stage is seen."""
        send(page.locator("form.reauth-form"))
        expect(page.locator("#sending")).to_contain_text(until, timeout=20_000)
        self.picture(page, until)

    def ordered(self, later: timedelta) -> None:
        """The physician orders the same in a fresh fill, for a nurse to program."""
        self.interrogate()
        page = self.bench(PHYSICIAN, "order")
        form = page.locator("form#order")
        at = minute(self.at + later)
        row = {"order.phase": "maintenance", "solution.filled_at": at.isoformat(), **WHY}
        fill(form, row | {"solution.prepared": (at - timedelta(hours=18)).isoformat()})
        send(form, "Order, for a nurse to program")

    def programmed(self, actor: Actor) -> None:
        """A nurse programs what is ordered; the volumes of the visit go with it."""
        page = self.bench(actor)
        send(
            page.locator(f'form[action="/people/{self.id}/programmer/program/"]').last,
            "Program this order",
        )
        self.signed(page)

    def deed(self, verb: str, row: dict[str, str]) -> None:
        """Something done by hand, entered by two, and sent."""
        self.interrogate()
        page = self.bench(PHYSICIAN, "deeds")
        form = page.locator(f"section#{verb} form")
        fill(form, row)
        send(form, "Propose")
        if self.person_waits("second"):
            self.second(row)
        page = self.bench(PHYSICIAN)
        self.transmit(page, "done")


def order_row(tree: Tree) -> dict[str, Any]:
    """What a physician enters of an order; the rest comes from the record."""
    return dict(_paths(tree))


def _paths(tree: Tree) -> Iterator[tuple[str, Any]]:
    for section, keys in ENTERED.items():
        for key, value in (tree.get(section) or {}).items():
            if (keys is not None and key not in keys) or key in (
                "previous_daily_dose",
                "changed_at",
            ):
                continue
            if isinstance(value, list) and value and isinstance(value[0], dict):
                for n, item in enumerate(value):
                    yield from ((f"{section}.{key}.{n}.{k}", _shown(v)) for k, v in item.items())
            else:
                yield f"{section}.{key}", _shown(value)


def _shown(value: Any) -> Any:
    if isinstance(value, bool):
        return "true" if value else "false"
    return value.isoformat() if hasattr(value, "isoformat") else value


def _plain(body: Any) -> dict[str, Any]:
    assert is_dataclass(body)
    found = {f.name: getattr(body, f.name) for f in fields(body)}
    return {
        k: _shown(v) if not isinstance(v, bool) else "yes" if v else "no" for k, v in found.items()
    }
