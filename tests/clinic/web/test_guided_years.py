"""Operation, scan and search from their pages: what is next, by when, with limits and sources."""

from datetime import timedelta
from typing import Any

import pytest

from cisterna.clinic.bodies.implant import AntibioticGiven, ImplantObserved, IncisionMade
from cisterna.clinic.bodies.mri import ScanInterrogated
from cisterna.clinic.bodies.planning import Place
from cisterna.clinic.bodies.trouble import TroubleOpened, TroubleStepRecorded
from cisterna.clinic.event import Role
from cisterna.clinic.ledger.record import Record
from cisterna.clinic.web import rows
from tests.clinic.onward import CALM, SERIAL, WEAK, WELL, all_of, checklist, implant, udi
from tests.clinic.people import SCRIPTS, Course
from tests.clinic.test_mri import RUNS, cleared, scanned
from tests.clinic.test_troubleshoot import searching
from tests.clinic.web.conftest import SignedIn
from tests.clinic.web.guiding import Clock, Procedure


def kept(record: Record, course: Course) -> Clock:
    """Her course is on record, and it is now."""
    record.append(*course.person.events)
    rows.catch_up()
    return Clock(course.at + timedelta(minutes=1))


def now(page: str) -> str:
    return page.split('id="now">', 1)[1].split("</h2>", 1)[0]


# The operation -----------------------------------------------------------------------------------


def operation(until: str) -> Course:
    return Course().through(all_of(SCRIPTS["back"]), until)


def list_row(page: Procedure) -> dict[str, Any]:
    """The checklist as somebody fills it in who has done all of it."""
    row = {"act": "answer-checklist", "base": page.base, "why": ""}
    return row | {f"done:{item.item}": "yes" for item in checklist().items}


def test_the_checklist_asks_every_item_once_and_an_open_one_is_refused(
    clinic: Record, signed_in: SignedIn
):
    kept(clinic, operation("answer-checklist"))
    nurse = Procedure(signed_in(Role.NURSE), "implant")
    assert now(nurse.page()) == "Checklist"
    row = list_row(nurse)
    missed = {k: v for k, v in row.items() if k != "done:allergy"}
    assert nurse.browser.post(nurse.place, missed).status_code == 422
    open_one = nurse.browser.post(nurse.place, row | {"done:allergy": "no"})
    assert open_one.status_code == 422
    assert nurse.browser.post(nurse.place, row).status_code == 302


def test_the_antibiotic_shows_until_when_the_cut_may_follow(clinic: Record, signed_in: SignedIn):
    course = operation("record-incision")
    given = course.person.last(AntibioticGiven, None)
    assert given is not None
    clock = kept(clinic, course)
    surgeon = Procedure(signed_in(Role.SURGEON), "implant")
    page = surgeon.page()
    until = given.body.given + timedelta(hours=1)
    assert f'data-until="{until.isoformat()}"' in page
    assert "pathway §4, row Antibiotic" in page
    clock.later(90)
    surgeon.page()
    assert surgeon.sends("record-incision", IncisionMade("pause held")) == 422
    assert "given more than 1 h before the cut" in surgeon.text


def test_a_scanner_types_the_code_and_ends_with_enter(clinic: Record, signed_in: SignedIn):
    kept(clinic, operation("scan-device"))
    nurse = Procedure(signed_in(Role.NURSE), "implant")
    page = nurse.page()
    row = {"act": "scan-device", "base": nurse.base, "why": "", "kind": "pump"}
    row |= {"model": "synchromed-ii-20", "code": udi(expires="200101")}
    old = nurse.browser.post(nurse.place, row)
    assert old.status_code == 422
    assert "expired" in old.content.decode()
    assert nurse.browser.post(nurse.place, row | {"code": udi()}).status_code == 302
    assert SERIAL in nurse.page()
    assert page.count('name="code"') == 1


def test_the_dead_volumes_of_what_lies_in_her_are_computed(clinic: Record, signed_in: SignedIn):
    course = operation("observe-after-implant")
    kept(clinic, course)
    page = Procedure(signed_in(Role.NURSE), "implant").page()
    segment = implant(course).catheter.segments[0]
    assert segment.lot in page
    assert "Dead volumes" in page
    assert "devices §2" in page


def test_new_weakness_opens_card_k_on_the_page(clinic: Record, signed_in: SignedIn):
    course = operation("observe-after-implant")
    clock = kept(clinic, course)
    nurse = Procedure(signed_in(Role.NURSE), "implant")
    page = nurse.page()
    assert "Power, sensation and sphincters of the legs" in page
    clock.later(60)
    page = nurse.does("observe-after-implant", ImplantObserved(clock.now, WEAK, CALM))
    assert "Card K" in page
    assert "Red flag: new weakness" in page


def test_a_look_that_finds_nothing_new_ticks_its_slot(clinic: Record, signed_in: SignedIn):
    clock = kept(clinic, operation("observe-after-implant"))
    nurse = Procedure(signed_in(Role.NURSE), "implant")
    clock.later(60)
    before = nurse.page().count("✓ done")
    page = nurse.does("observe-after-implant", ImplantObserved(clock.now, WELL, CALM))
    assert page.count("✓ done") > before


# The scan ----------------------------------------------------------------------------------------


def test_a_scan_shows_what_this_model_asks_and_where_that_stands(
    clinic: Record, signed_in: SignedIn
):
    kept(clinic, cleared())
    page = Procedure(signed_in(Role.NURSE), "mri").page()
    assert now(page) == "Prepare the pump"
    for words in ("1.5 T, 3 T", "not in stopped mode", "devices §1.1", "Interrogations after"):
        assert words in page, words


@pytest.mark.parametrize(
    ("drug", "minutes", "state"),
    [("morphine", 20, ""), ("morphine", 40, "amber"), ("baclofen", 130, "red")],
)
def test_a_pump_that_nobody_has_seen_running_is_amber_after_half_an_hour_and_red_under_baclofen(
    clinic: Record, signed_in: SignedIn, drug: str, minutes: int, state: str
):
    clock = kept(clinic, scanned(drugs=(drug,)))
    clock.later(minutes - 1)
    page = Procedure(signed_in(Role.NURSE), "mri").page()
    assert now(page) == "Interrogate the pump"
    assert (f"Overdue, {state}:" in page) is bool(state)


def test_a_scan_is_closed_once_two_interrogations_show_everything(
    clinic: Record, signed_in: SignedIn
):
    clock = kept(clinic, scanned())
    nurse = Procedure(signed_in(Role.NURSE), "mri")
    page = nurse.does("interrogate-after-scan", ScanInterrogated(clock.now, RUNS))
    assert "1 of 2 interrogations" in page
    clock.later(5)
    page = nurse.does("interrogate-after-scan", ScanInterrogated(clock.now, RUNS))
    assert now(page) == "Close the scan"
    assert "the pump was seen running" in nurse.does("close-scan", None)
    assert rows.load("p1").place is Place.MAINTENANCE


# The search --------------------------------------------------------------------------------------


def test_the_search_shows_its_steps_with_findings_and_yield(clinic: Record, signed_in: SignedIn):
    course = searching(("safe", "withdrawal"), ("history", "abnormal"))
    kept(clinic, course)
    nurse = Procedure(signed_in(Role.NURSE), "trouble")
    page = nurse.page()
    assert now(page) == "Interrogate"
    assert "Withdrawal" in page
    assert "pathway §6.6, step 3" in page
    row = TroubleStepRecorded("interrogate", "normal", "no alarm", None)
    assert now(nurse.does("record-trouble-step", row)) == "Residual volume"


def test_no_contrast_where_nothing_came_back(clinic: Record, signed_in: SignedIn):
    done = [("safe", "stable"), ("history", "normal"), ("interrogate", "normal"),
            ("residual", "as-expected"), ("film", "normal"), ("functional", "no-effect"),
            ("aspirate", "nothing")]  # fmt: skip
    kept(clinic, searching(*done))
    doctor = Procedure(signed_in(Role.PHYSICIAN), "trouble")
    assert "contrast would push the drug in as a bolus" in doctor.page()
    row = TroubleStepRecorded("contrast", "normal", "looked", None)
    assert doctor.sends("record-trouble-step", row) == 422
    assert "No contrast" in doctor.text


def test_no_result_of_a_step_is_one_by_silence(clinic: Record, signed_in: SignedIn):
    done = [("safe", "stable"), ("history", "normal"), ("interrogate", "normal"),
            ("residual", "as-expected")]  # fmt: skip
    kept(clinic, searching(*done))
    nurse = Procedure(signed_in(Role.NURSE), "trouble")
    assert "checked" not in nurse.page().split('name="result"', 1)[1].split("</fieldset>", 1)[0]
    film = TroubleStepRecorded("film", "", "", None)
    assert nurse.sends("record-trouble-step", film) == 422
    row = {"result": "not-done", "says": "no film today"}
    assert nurse.sends("record-trouble-step", film, **row) == 302
    last = rows.load("p1").last(TroubleStepRecorded, None)
    assert last is not None
    assert last.body == TroubleStepRecorded("film", "", "no film today", None)


def test_a_search_begins_with_what_is_wrong(clinic: Record, signed_in: SignedIn):
    from tests.clinic.years import living  # noqa: PLC0415

    kept(clinic, living())
    nurse = Procedure(signed_in(Role.NURSE), "trouble")
    assert now(nurse.page()) == "Begin the search"
    assert now(nurse.does("open-trouble", TroubleOpened("relief is gone"))) == "Is she safe?"
