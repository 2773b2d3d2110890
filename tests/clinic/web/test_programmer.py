"""The programmer's pages: a change from the form to the pump, and what a tired hand does."""

import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pytest
from allauth.mfa.totp.internal.auth import (
    format_hotp_value,
    hotp_value,
)
from django.core.cache import cache
from django.test import Client

from cisterna.clinic import event
from cisterna.clinic.event import Role
from cisterna.clinic.gate.standing import standing
from cisterna.clinic.ledger.record import Record
from cisterna.clinic.therapy import therapy
from cisterna.clinic.web import clock, link, rows, sending
from cisterna.pump.client import Line, NoAnswer
from tests.clinic.web.bedside_pump import SERIAL, Ward, hosting, with_pump
from tests.clinic.web.conftest import PASSWORD, SECRET, SignedIn, Treated

HOME = "/people/p1/programmer/"


@pytest.fixture
def ward(tmp_path: Path) -> Iterator[Ward]:
    """A hosted pump of the test's own, since each test has a record of its own."""
    with hosting(tmp_path) as found:
        yield found


@pytest.fixture
def her(ward: Ward, treated: Treated, clinic: Record) -> Iterator[None]:
    """Somebody whose pump can be reached, at the machine's time, which is the signer's."""
    clock.use(event.now)
    course = treated("pancreas")
    clinic.append(*with_pump(course.person))
    rows.catch_up()
    link.use(ward.link())
    sending._all.clear()
    yield
    for under_way in sending._all.values():  # none goes on into the record of the next test
        if under_way.thread is not None:
            under_way.thread.join(30)
    link.use(None)


def base() -> str:
    """How many events there are."""
    return str(len(rows.load("p1").events))


def code() -> str:
    """The one-time code that is shown now."""
    return str(format_hotp_value(hotp_value(SECRET, int(time.time()) // 30)))


def proof() -> dict[str, str]:
    """Password and code."""
    cache.clear()  # a code is good once; these tests are faster than half a minute
    return {"password": PASSWORD, "code": code()}


WHY = "Walking still hurts more than she wants."


def form(browser: Client) -> dict[str, Any]:
    """The order's form as the page fills it."""
    page = browser.get(f"{HOME}order/").content.decode()
    found: dict[str, Any] = {}
    for tag in re.findall(r"<input [^>]*>", page):
        name, value = (re.search(rf' {k}="([^"]*)"', tag) for k in ("name", "value"))
        if name and value and name[1] != "csrfmiddlewaretoken":
            found[name[1]] = value[1]
    select = r'<select id="[^"]*" name="([^"]*)"[^>]*>(.*?)</select>'
    for name, inner in re.findall(select, page, re.S):
        chosen = re.findall(r'<option value="([^"]*)" selected', inner)
        if chosen:
            found[name] = chosen[0]
    found |= {"limits.per_24h": "8 mg/day"}  # room for more with every patient dose used
    return found | {"why": WHY}


def read(browser: Client, **more: str) -> Any:
    """Interrogate."""
    return browser.post(f"{HOME}read/", {"base": base()} | more)


def reconcile(browser: Client, **more: str) -> Any:
    """Ask the pump what became of it, and put that on record."""
    shown = browser.post(f"{HOME}outcome/", {"base": base(), "do": "ask"})
    assert shown.status_code == 200, shown.content
    return browser.post(f"{HOME}outcome/", {"base": base(), "do": "record"} | more)


def propose(browser: Client, dose: str, **more: str) -> Any:
    """Read the pump and propose another dose."""
    read(browser)
    return browser.post(
        f"{HOME}order/", form(browser) | {"infusion.daily_dose": dose, "do": "propose"} | more
    )


def reasons(browser: Client) -> None:
    """A reason for all that asks for one."""
    s = standing(rows.load("p1").events)
    assert s.proposal is not None
    codes = [f.code for f in s.proposal.body.findings if f.severity != "note"]
    if codes:
        browser.post(f"{HOME}reason/", {"base": base(), "codes": codes, "why": "more pain"})


def send(browser: Client, wait: bool = True) -> Any:
    """Sign and transmit."""
    answer = browser.post(f"{HOME}send/", {"base": base()} | proof())
    found = sending.of("p1")
    if wait and found is not None and found.thread is not None:
        found.thread.join(30)
    return answer


def now() -> Any:
    """The therapy on record."""
    return therapy(rows.load("p1").events)


def test_the_page_says_what_runs_and_how_old_that_is(her: None, signed_in: SignedIn):
    nurse = signed_in(Role.NURSE)
    assert b"not read yet" in nurse.get(HOME).content
    read(nurse)
    page = nurse.get(HOME).content.decode()
    assert "pump and record agree" in page
    assert "6 mg/day" in page
    assert SERIAL in page
    assert HOME in nurse.get("/people/p1/").content.decode()


@pytest.mark.pathway("PW-054")
def test_what_is_entered_is_worked_out_at_once_and_recorded_nowhere(her: None, signed_in: SignedIn):
    doctor = signed_in(Role.PHYSICIAN)
    read(doctor)
    before = base()
    entered = form(doctor) | {"infusion.daily_dose": "6.2 mg/day"}
    assert doctor.get("/programmer/spine.json").json()["modes"]["morphine"]["tips"]
    plan = doctor.post(f"{HOME}plan/", entered).content.decode()
    assert "6.2 mg/day" in plan
    assert '"mg_per_h"' in plan
    wrong = doctor.post(f"{HOME}plan/", entered | {"infusion.daily_dose": "6.2"}).content.decode()
    assert "infusion.daily_dose" in wrong
    slip = doctor.post(f"{HOME}plan/", entered | {"infusion.daily_dose": "620 mg/day"}).content
    assert b"unit" in slip
    assert base() == before


def test_a_change_goes_from_the_form_into_the_pump(her: None, signed_in: SignedIn):
    doctor = signed_in(Role.PHYSICIAN)
    assert propose(doctor, "6.1 mg/day").status_code == 302
    page = doctor.get(HOME).content.decode()
    assert "What changes" in page
    reasons(doctor)
    assert send(doctor).status_code == 302
    assert now().state == "runs"
    assert now().dose == "6.1 mg/day"
    page = doctor.get(HOME).content.decode()
    assert "activated" in page
    for stage in ("interrogate", "open_session", "stage", "read_back", "confirm", "activate"):
        assert f"<li>{stage}" in page
    assert "not read since the last change" in page
    filled = form(doctor) | {"infusion.daily_dose": "6.2 mg/day", "do": "propose"}
    assert b"not been read since" in doctor.post(f"{HOME}order/", filled).content
    read(doctor)
    assert "pump and record agree" in doctor.get(HOME).content.decode()


def test_a_wrong_password_sends_nothing(her: None, signed_in: SignedIn):
    doctor = signed_in(Role.PHYSICIAN)
    propose(doctor, "6.05 mg/day")
    reasons(doctor)
    answer = doctor.post(f"{HOME}send/", {"base": base(), "password": "no", "code": "000000"})
    assert answer.status_code == 422
    assert b"do not fit" in answer.content
    assert standing(rows.load("p1").events).fresh is None


def test_a_double_click_and_a_second_tab_send_once(her: None, signed_in: SignedIn):
    doctor = signed_in(Role.PHYSICIAN)
    propose(doctor, "6.15 mg/day")
    reasons(doctor)
    seen = base()
    first = doctor.post(f"{HOME}send/", {"base": seen} | proof())
    again = doctor.post(f"{HOME}send/", {"base": seen} | proof())
    found = sending.of("p1")
    assert found is not None
    assert found.thread is not None
    found.thread.join(30)
    assert (first.status_code, again.status_code) == (302, 409)
    kinds = [e.kind for e in rows.load("p1").events]
    assert kinds[-2:] == ["transmission-intended", "transmission-ended"]


def test_the_back_button_proposes_nothing_twice(her: None, signed_in: SignedIn):
    doctor = signed_in(Role.PHYSICIAN)
    read(doctor)
    filled = form(doctor) | {"infusion.daily_dose": "6.1 mg/day", "do": "propose"}
    assert doctor.post(f"{HOME}order/", filled).status_code == 302
    assert doctor.post(f"{HOME}order/", filled).status_code == 409


class Cut:
    """The line breaks when `activate` was sent and before its answer is here."""

    def __init__(self, line: Line, at: int) -> None:
        self.line, self.serial, self.left = line, line.serial, at

    def ask(self, content: bytes) -> bytes:
        """One question."""
        self.left -= 1
        answer = self.line.ask(content)
        if self.left == 0:
            self.line.close()
            raise NoAnswer("the line is cut")
        return answer


@pytest.mark.parametrize(("at", "outcome"), [(6, "refused"), (14, "unknown")])
def test_a_link_cut_at_a_stage_leaves_a_clear_state(
    her: None, ward: Ward, signed_in: SignedIn, at: int, outcome: str
):
    doctor = signed_in(Role.PHYSICIAN)
    propose(doctor, "6.12 mg/day" if at == 6 else "6.14 mg/day")
    reasons(doctor)
    road = ward.link()
    link.use(link.Link(road.station, road.signer, lambda line: cast("Line", Cut(line, at))))
    send(doctor)
    link.use(road)
    last = rows.load("p1").events[-1].body
    assert last.outcome == outcome
    page = doctor.get(HOME).content.decode()
    if outcome == "refused":
        assert "Nobody knows yet" not in page
        return
    assert "Nobody knows yet" in page
    assert propose(doctor, "6 mg/day").status_code == 422
    assert reconcile(doctor).status_code == 302
    assert now().state == "runs"
    assert now().dose == "6.14 mg/day"


def test_the_second_person_sees_the_order_and_not_the_first_reading(her: None, signed_in: SignedIn):
    doctor, nurse = signed_in(Role.PHYSICIAN), signed_in(Role.NURSE)
    propose(doctor, "6.1 mg/day", **{"remote.lockout": "2 h"})
    reasons(doctor)
    s = standing(rows.load("p1").events)
    assert s.proposal is not None
    assert s.proposal.body.second == ("patient-dose",)
    page = nurse.get(f"{HOME}second/").content.decode()
    assert "daily_dose" in page
    assert s.proposal.body.digest[:16] not in page
    slip = nurse.post(f"{HOME}second/", {"base": base(), "typed_dose": "6.1 mcg/day"} | proof())
    assert slip.status_code == 422
    own = doctor.post(f"{HOME}second/", {"base": base(), "typed_dose": "6.1 mg/day"} | proof())
    assert own.status_code == 422
    right = nurse.post(f"{HOME}second/", {"base": base(), "typed_dose": "6.1 mg/day"} | proof())
    assert right.status_code == 302
    assert send(doctor).status_code == 302
    assert now().dose == "6.1 mg/day"


def test_a_nurse_programs_what_a_physician_has_ordered(her: None, signed_in: SignedIn):
    doctor, nurse = signed_in(Role.PHYSICIAN), signed_in(Role.NURSE)
    read(doctor)
    filled = form(doctor) | {"infusion.daily_dose": "6.1 mg/day", "do": "order"}
    assert doctor.post(f"{HOME}order/", filled).status_code == 302
    order = rows.load("p1").events[-1].id
    assert propose(nurse, "6.2 mg/day").status_code == 422
    assert nurse.post(f"{HOME}program/", {"base": base(), "order": order}).status_code == 302
    reasons(nurse)
    send(nurse)
    assert now().dose == "6.1 mg/day"


def test_one_nurse_stops_the_pump_and_somebody_else_reviews_it(her: None, signed_in: SignedIn):
    nurse, doctor = signed_in(Role.NURSE), signed_in(Role.PHYSICIAN)
    assert nurse.post(f"{HOME}stop/", {"why": "", "sure": "yes"}).status_code == 422
    assert (
        nurse.post(f"{HOME}stop/", {"why": "breathing 6 a minute", "sure": "yes"}).status_code
        == 302
    )
    assert now().state == "stopped"
    glass = standing(rows.load("p1").events).unreviewed[0].id
    review = {"base": base(), "glass": glass, "right": "yes", "why": "seen"}
    assert nurse.post(f"{HOME}reviewed/", review).status_code == 422
    assert doctor.post(f"{HOME}reviewed/", review).status_code == 302


def test_the_sheet_is_a_page_of_its_own_with_its_own_policy(her: None, signed_in: SignedIn):
    answer = signed_in(Role.NURSE).get(f"{HOME}sheet/")
    assert b"Content-Security-Policy" in answer.content
    assert "Content-Security-Policy" not in answer.headers


@pytest.mark.parametrize("role", [Role.PATIENT, Role.ADMIN, Role.THERAPIST])
def test_whoever_programs_no_pump_has_no_such_page(her: None, signed_in: SignedIn, role: Role):
    more = {"person": "p1"} if role is Role.PATIENT else {}
    assert signed_in(role, **more).get(HOME).status_code == 403


def test_a_makers_pump_is_printed_and_read_back_by_another(
    clinic: Record, treated: Treated, signed_in: SignedIn
):
    clock.use(event.now)
    clinic.append(*with_pump(treated("pancreas").person))
    rows.catch_up()
    link.use(None)
    doctor, nurse = signed_in(Role.PHYSICIAN), signed_in(Role.NURSE)
    filled = form(doctor) | {"infusion.daily_dose": "6.1 mg/day", "do": "propose"}
    assert doctor.post(f"{HOME}order/", filled).status_code == 302
    reasons(doctor)
    assert doctor.post(f"{HOME}by-hand/", {"base": base()} | proof()).status_code == 302
    assert now().state == "unknown"
    page = nurse.get("/people/p1/programmer/type-back/").content.decode()
    assert "6.1" not in page
    assert "Read the maker" in nurse.get(HOME).content.decode()
