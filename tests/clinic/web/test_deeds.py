"""By hand, alone and afterwards: what one does without a programme, and what is cleared up."""

from typing import cast

import pytest
from django.test import Client

from cisterna.clinic import event
from cisterna.clinic.event import Role
from cisterna.clinic.gate.standing import standing
from cisterna.clinic.ledger.record import Record
from cisterna.clinic.web import clock, link, rows, sending
from cisterna.pump.client import Line
from tests.clinic.web.bedside_pump import Ward, with_pump
from tests.clinic.web.conftest import SignedIn, Treated
from tests.clinic.web.test_programmer import (
    HOME,
    Cut,
    base,
    form,
    her,
    now,
    proof,
    read,
    reasons,
    reconcile,
    send,
    ward,
)

__all__ = ["her", "ward"]
BOLUS = {"verb": "clinician_bolus", "dose": "0.1 mg", "duration": "5 min"}


def deed(browser: Client, row: dict[str, str], do: str = "propose") -> int:
    """Enter something to be done by hand; the status that comes back."""
    answer = browser.post(f"{HOME}deeds/", row | {"base": base(), "do": do})
    return int(answer.status_code)


def kinds() -> list[str]:
    """The kinds of all her events."""
    return [e.kind for e in rows.load("p1").events]


def test_a_bolus_is_entered_twice_by_two_persons_and_read_before_and_after(
    her: None, signed_in: SignedIn
):
    doctor, nurse = signed_in(Role.PHYSICIAN), signed_in(Role.NURSE)
    read(doctor)
    assert deed(doctor, BOLUS) == 302
    reasons(doctor)
    assert send(doctor).status_code == 422  # nobody has signed second
    page = nurse.get(f"{HOME}deeds/second/").content.decode()
    assert "0.1 mg over" not in page
    hours = BOLUS | {"duration": "5 h"} | proof() | {"base": base()}
    assert nurse.post(f"{HOME}deeds/second/", hours).status_code == 422
    milligrams = BOLUS | {"dose": "0.1 mcg"} | proof() | {"base": base()}
    assert nurse.post(f"{HOME}deeds/second/", milligrams).status_code == 422
    right = BOLUS | proof() | {"base": base()}
    assert nurse.post(f"{HOME}deeds/second/", right).status_code == 302
    assert send(doctor).status_code == 302
    assert kinds()[-2:] == ["deed-ended", "pump-read"]
    shown = doctor.get(HOME).content.decode()
    assert "Before and after" in shown
    assert "Nobody knows yet" not in shown


def test_a_nurse_gives_a_bolus_only_as_a_physician_has_ordered_it(her: None, signed_in: SignedIn):
    doctor, nurse = signed_in(Role.PHYSICIAN), signed_in(Role.NURSE)
    read(nurse)
    assert deed(nurse, BOLUS) == 422
    assert deed(nurse, BOLUS, "order") == 422
    assert deed(doctor, BOLUS, "order") == 302
    assert "to be done by hand" in nurse.get(HOME).content.decode()
    assert deed(nurse, BOLUS | {"dose": "0.2 mg"}) == 422
    assert deed(nurse, BOLUS) == 302


@pytest.mark.parametrize(
    "wrong",
    [{"dose": "0.1"}, {"dose": ""}, {"duration": "5"}, {"verb": "stage"}, {"dose": "-1 mg"}],
)
def test_what_is_no_dose_and_no_time_is_refused(
    her: None, signed_in: SignedIn, wrong: dict[str, str]
):
    doctor = signed_in(Role.PHYSICIAN)
    read(doctor)
    assert deed(doctor, BOLUS | wrong) == 422
    assert standing(rows.load("p1").events).proposal is None


def test_a_full_line_is_not_primed(her: None, signed_in: SignedIn):
    doctor, nurse = signed_in(Role.PHYSICIAN), signed_in(Role.NURSE)
    read(doctor)
    row = {"verb": "prime", "line": "new-implant"}
    assert deed(doctor, row) == 302
    reasons(doctor)
    nurse.post(f"{HOME}deeds/second/", row | proof() | {"base": base()})
    send(doctor)
    assert rows.load("p1").events[-2].body.outcome == "refused"  # by the pump itself


def test_a_stopped_pump_is_started_again(her: None, signed_in: SignedIn):
    doctor = signed_in(Role.PHYSICIAN)
    assert doctor.post(f"{HOME}stop/", {"why": "hard to wake"}).status_code == 422
    assert now().state == "runs"
    doctor.post(f"{HOME}stop/", {"why": "hard to wake", "sure": "yes"})
    assert now().state == "stopped"
    read(doctor)
    assert deed(doctor, {"verb": "restart"}) == 302
    send(doctor)
    assert now().state == "runs"


def test_one_nurse_lowers_a_dose_alone_and_never_raises_it(her: None, signed_in: SignedIn):
    nurse, doctor = signed_in(Role.NURSE), signed_in(Role.PHYSICIAN)
    read(nurse)
    row = {"base": base(), "why": "drowsy, alone in the house"}
    assert nurse.post(f"{HOME}glass/", row | {"dose": "6.1 mg/day"}).status_code == 422
    assert nurse.post(f"{HOME}glass/", row | {"dose": "5.5"}).status_code == 422
    assert nurse.post(f"{HOME}glass/", row | {"dose": "5.5 mg/day", "why": ""}).status_code == 422
    assert nurse.post(f"{HOME}glass/", row | {"dose": "5.5 mg/day"}).status_code == 302
    assert send(nurse).status_code == 302
    assert now().dose == "5.5 mg/day"
    glass = standing(rows.load("p1").events).unreviewed[0].id
    review = {"base": base(), "glass": glass, "right": "yes", "why": "seen"}
    assert doctor.post(f"{HOME}reviewed/", review).status_code == 302


def test_a_bolus_whose_answer_was_lost_blocks_until_somebody_has_read_the_log(
    her: None, ward: Ward, signed_in: SignedIn
):
    doctor, nurse = signed_in(Role.PHYSICIAN), signed_in(Role.NURSE)
    read(doctor)
    deed(doctor, BOLUS)
    reasons(doctor)
    nurse.post(f"{HOME}deeds/second/", BOLUS | proof() | {"base": base()})
    road = ward.link()
    link.use(link.Link(road.station, road.signer, lambda line: cast("Line", Cut(line, 6))))
    send(doctor)
    link.use(road)
    assert "deed-ended" in kinds()
    assert standing(rows.load("p1").events).intent is not None
    assert reconcile(doctor).status_code == 422  # not said whether it happened
    assert reconcile(doctor, happened="yes").status_code == 422  # nor how that is known
    page = doctor.post(f"{HOME}outcome/", {"base": base(), "do": "ask"}).content.decode()
    assert "clinician-begun" in page
    done = {"base": base(), "do": "record", "happened": "yes", "why": "its log"}
    assert doctor.post(f"{HOME}outcome/", done).status_code == 302
    assert standing(rows.load("p1").events).intent is None


def test_a_form_of_another_person_changes_nobody(
    her: None, signed_in: SignedIn, treated: Treated, clinic: Record
):
    """Two tabs: the form of one person, sent to the address of another one."""
    clinic.append(*with_pump(treated("back", person="p2").person, "NGV000006H"))
    rows.catch_up()
    doctor = signed_in(Role.PHYSICIAN)
    read(doctor)
    filled = form(doctor) | {"infusion.daily_dose": "6.1 mg/day", "do": "propose"}
    before = len(rows.load("p2").events)
    answer = doctor.post(f"/people/p2{HOME[10:]}order/", filled)
    assert answer.status_code in (409, 422)
    assert len(rows.load("p2").events) == before


def test_another_strength_without_a_bridge_cannot_be_had(her: None, signed_in: SignedIn):
    """The bridge follows from the two orders: nobody can forget it, and it is shown."""
    doctor = signed_in(Role.PHYSICIAN)
    read(doctor)
    entered = form(doctor) | {"solution.drug.0.concentration": "10 mg/mL"}
    page = doctor.post(f"{HOME}plan/", entered).content.decode()
    assert "bridge" in page.lower()
    assert "no bridge" not in page.lower()


def test_a_makers_screen_is_typed_back_blind_and_shown_field_by_field(
    clinic: Record, treated: Treated, signed_in: SignedIn
):
    clock.use(event.now)
    clinic.append(*with_pump(treated("pancreas").person))
    rows.catch_up()
    link.use(None)
    sending._all.clear()
    doctor, nurse = signed_in(Role.PHYSICIAN), signed_in(Role.NURSE)
    assert propose_by_hand(doctor) == 302
    page = nurse.get(f"{HOME}type-back/")
    assert page.status_code == 200
    assert b"6.1" not in page.content
    slip = {"base": base(), "drug": "morphine", "daily_dose": "6.1 mcg/day", "mode": "continuous"}
    assert doctor.post(f"{HOME}type-back/", slip).status_code == 422  # who entered it reads nothing
    assert nurse.post(f"{HOME}type-back/", slip | {"daily_dose": "6.1"}).status_code == 422
    assert nurse.post(f"{HOME}type-back/", slip).status_code == 302
    shown = nurse.get(f"{HOME}compared/").content.decode()
    assert "a slip of the decimal point or unit" in shown
    assert "6.1 mcg/day" in shown
    assert now().state == "unknown"


def propose_by_hand(browser: Client) -> int:
    """A signed change whose sheet was printed; the status of the printing."""
    filled = form(browser) | {"infusion.daily_dose": "6.1 mg/day", "do": "propose"}
    browser.post(f"{HOME}order/", filled)
    reasons(browser)
    printed = browser.post(f"{HOME}by-hand/", {"base": base()} | proof())
    return int(printed.status_code)
