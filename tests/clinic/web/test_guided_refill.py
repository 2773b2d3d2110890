"""A refill from its pages: the order of its steps, two readers, figures with limits, the end."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from cisterna.clinic.acts.refill_fill import Drawn
from cisterna.clinic.bodies import refill as b
from cisterna.clinic.bodies.planning import Place
from cisterna.clinic.event import Role
from cisterna.clinic.ledger.record import Record
from cisterna.clinic.refilling import visit
from cisterna.clinic.web import rows
from tests.clinic.refilled import BOOKED, KIT, LABEL, QUIET, WELL, Refilling, q, report
from tests.clinic.web.conftest import SignedIn
from tests.clinic.web.guiding import Clock, Procedure, begins, keep, unordered, waiting

Nurses = tuple[Procedure, Procedure]


class Refill:
    """A refill that two nurses do, step by step, each at her own sign-in."""

    def __init__(self, course: Refilling, record: Record, first: Procedure, second: Procedure):
        self.course, self.record, self.first, self.second = course, record, first, second
        self.clock = Clock()

    def until(self, act: str) -> Procedure:
        """Everything up to the act of this name, which is not done; the first nurse's page."""
        for name, step in self._steps():
            if name == act:
                break
            step()
            self.clock.later()
        self.first.page()
        return self.first

    def _steps(self) -> list[tuple[str, Callable[[], Any]]]:
        one, two = self.first, self.second
        return [
            ("begin-refill", lambda: begins(one)),
            ("interrogate-before", lambda: one.does("interrogate-before", report())),
            ("record-refill-symptoms", lambda: one.does("record-refill-symptoms", WELL)),
            ("read-label", lambda: one.does("read-label", LABEL)),
            ("second-label", lambda: two.does("read-label", LABEL)),
            ("check-kit", lambda: one.does("check-kit", KIT)),
            ("measure-residual", lambda: one.does("measure-residual", DRAWN)),
            ("instil", lambda: one.does("instil", b.Instilled(q("5 mL")))),
            ("draw-back", lambda: one.does("draw-back", b.DrawnBack(True))),
            ("rest", lambda: one.does("instil", b.Instilled(q("15 mL")))),
            ("programme", self.programme),
            ("interrogate-after", lambda: one.does("interrogate-after", self.course.after())),
            ("set-next-refill", lambda: one.does("set-next-refill", BOOKED)),
            ("update-emergency-card", self.card),
            ("observe-refill", self.watched),
            ("record-waste", lambda: one.does("record-waste", WASTE)),
            ("witness-waste", lambda: two.does("witness-waste", None)),
            ("sign-refill", lambda: one.does("sign-refill", b.RefillSigned(""))),
            ("countersign-refill", lambda: two.does("countersign-refill", None)),
            ("end", lambda: None),
        ]  # fmt: skip

    def programme(self) -> None:
        """The gate's part, which has its own screen."""
        self.course.person, self.course.at = rows.load("p1"), self.clock.now
        self.course.program()
        keep(self.record, self.course)
        self.clock.later(2)

    def card(self) -> None:
        """She gets the card of what runs."""
        self.first.does("update-emergency-card", b.EmergencyCardUpdated(self.course.digest, "her"))

    def watched(self) -> None:
        """Half an hour passes, then somebody looks."""
        self.clock.later(30)
        self.first.does("observe-refill", QUIET)


DRAWN = Drawn(q("5.4 mL"), q("0.2 mL"))
WASTE = b.DrugWasted(True, q("5.4 mL"), "into the drug bin")


@pytest.fixture
def refill(clinic: Record, signed_in: SignedIn) -> Refill:
    """Two nurses, and a person whose refill is ordered for today."""
    course = waiting()
    clinic.append(*course.person.events)
    rows.catch_up()
    one = Procedure(signed_in(Role.NURSE, "n-dunn"), "refill")
    two = Procedure(signed_in(Role.NURSE, "n-gray"), "refill")
    return Refill(course, clinic, one, two)


def test_a_refill_goes_from_the_door_to_two_signatures_by_its_pages(refill: Refill):
    page = refill.until("end").text
    person = rows.load("p1")
    assert person.place is Place.MAINTENANCE
    found = visit(person)
    assert found is not None
    assert found.ended
    assert "signed by two" in page


def test_each_page_says_which_step_of_how_many_it_is(refill: Refill):
    begun = refill.first.page()
    assert "step 1 of 14" in begun
    assert "step 4 of 14" in refill.until("read-label").text


def test_the_second_reader_never_sees_what_the_first_one_read(refill: Refill):
    odd = replace(LABEL, lot="LOT-OF-THE-FIRST", prepared_by="NAME-OF-THE-FIRST")
    refill.until("read-label")
    refill.first.does("read-label", odd)
    pages = ("/people/p1/refill/", "/people/p1/", "/people/p1/acts/read-label/")
    for place in (*pages, "/api/people/p1", "/people/p1/record.jsonl"):
        seen = refill.second.browser.get(place).content.decode()
        assert "OF-THE-FIRST" not in seen, place
    page = refill.second.page()
    assert "n-dunn has read the label" in page
    assert 'value="L42"' not in page
    assert "You have read the label" in refill.first.page()


def test_a_stale_page_of_the_second_reader_does_not_show_the_first_reading(refill: Refill):
    refill.until("read-label")
    refill.second.page()
    stale = refill.second.base
    odd = replace(LABEL, lot="LOT-OF-THE-FIRST")
    refill.first.does("read-label", odd)
    status = refill.second.sends("read-label", LABEL, base=stale)
    assert status == 409
    assert "LOT-OF-THE-FIRST" not in refill.second.text


def test_readings_that_differ_stop_the_refill_and_say_in_what(refill: Refill):
    refill.until("read-label")
    refill.first.does("read-label", LABEL)
    page = refill.second.does("read-label", replace(LABEL, lot="L43"))
    assert "The label does not fit" in page
    assert "l42 and l43 were read" in page
    assert "Kit and port" not in page.split('class="now"')[1].split("</h2>")[0]


def test_the_residual_stands_beside_what_was_expected_only_once_it_is_measured(refill: Refill):
    before = refill.until("measure-residual").text
    assert "5.48 mL" not in before.split('class="now"')[1].split("so-far")[0]
    after = refill.first.does("measure-residual", Drawn(q("5.4 mL"), q("0.2 mL")))
    for words in ("Expected", "5.48 mL", "5.4 mL", "Accept", "devices §3.4", "pathway §5.5"):
        assert words in after, words


def test_a_residual_that_is_held_waits_for_a_physician_with_a_reason(
    refill: Refill, signed_in: SignedIn
):
    refill.until("measure-residual")
    page = refill.first.does("measure-residual", Drawn(q("9.2 mL"), q("0.2 mL")))
    assert "Hold" in page
    assert refill.first.sends("decide-residual", b.ResidualDecided(True), "rinsed twice") == 422
    assert "decided by a physician" in refill.first.text
    doctor = Procedure(signed_in(Role.PHYSICIAN, "dr-ames"), "refill")
    doctor.page()
    assert doctor.sends("decide-residual", b.ResidualDecided(True)) == 422
    gone_on = doctor.does("decide-residual", b.ResidualDecided(True), "rinsed twice")
    assert "Instil" in gone_on.split('id="now"')[1][:40]


def test_after_the_first_part_the_page_asks_for_the_draw_back(refill: Refill):
    page = refill.until("draw-back").text
    assert "Now draw back" in page
    assert refill.first.sends("instil", b.Instilled(q("15 mL"))) == 422
    assert "Draw back first" in refill.first.text


def test_the_watch_is_counted_from_the_fill_and_survives_a_reload(refill: Refill):
    page = refill.until("observe-refill").text
    until = "data-until=" + page.split("data-until=")[1][:34]
    refill.clock.later(10)
    assert until in refill.first.page()
    assert refill.first.does("observe-refill", QUIET)
    assert "She is watched until" not in refill.first.text or "Watch her" in refill.first.text
    assert visit(rows.load("p1")) is not None
    refill.clock.later(30)
    assert "The time is over" in refill.first.page()


@pytest.mark.parametrize("act", ["instil", "check-kit", "measure-residual", "programme"])
def test_a_pocket_fill_is_raised_from_any_step_and_leads_to_its_card(refill: Refill, act: str):
    page = refill.until(act).text
    assert "Pocket fill suspected" in page
    base = refill.first.base
    row = {"act": "suspect-pocket-fill", "base": base, "why": "", "asked": "swelling"}
    refill.first.browser.post(refill.first.place, row)
    page = refill.first.page()
    assert "Card P: Pocket fill" in page
    assert "draw no CSF" in page
    assert rows.load("p1").place is Place.EMERGENCY


def test_a_refill_is_abandoned_with_a_reason_and_not_without(refill: Refill):
    refill.until("check-kit")
    row = {"act": "abandon-refill", "base": refill.first.base, "why": "", "asked": ""}
    assert refill.first.browser.post(refill.first.place, row).status_code == 422
    row["asked"] = "she fainted"
    assert refill.first.browser.post(refill.first.place, row).status_code == 302
    assert rows.load("p1").place is Place.MAINTENANCE


def test_who_recorded_the_waste_or_signed_is_told_that_the_rest_is_anothers(refill: Refill):
    refill.until("witness-waste")
    assert "Now another person" in refill.first.page()
    assert "I have seen it" in refill.second.page()
    refill.second.does("witness-waste", None)
    refill.first.does("sign-refill", b.RefillSigned(""))
    assert "Now another person" in refill.first.text


def test_a_person_without_an_order_is_sent_to_where_orders_are_written(
    clinic: Record, signed_in: SignedIn
):
    clinic.append(*unordered().events)
    rows.catch_up()
    page = Procedure(signed_in(Role.NURSE), "refill").page()
    assert "no order that runs" in page
    assert "/people/p1/programmer/" in page
