"""What a tired nurse does wrong, on the pages as she would do it; each is caught, and said.

The list becomes docs/evidence/slips-clinic.md.
"""

import os
import re
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from cisterna.clinic.acts.refill_fill import Drawn
from cisterna.clinic.bodies import refill as b
from cisterna.clinic.event import Role
from cisterna.clinic.ledger.models import EventRow
from cisterna.clinic.ledger.record import Record
from cisterna.clinic.web import rows, watch
from tests.clinic.refilled import KIT, LABEL, q, report
from tests.clinic.web.conftest import SignedIn
from tests.clinic.web.guiding import Procedure, begins, waiting
from tests.clinic.web.test_guided_refill import Refill

PAGE = Path(__file__).parents[3] / "docs" / "evidence" / "slips-clinic.md"


@pytest.fixture
def refill(clinic: Record, signed_in: SignedIn) -> Refill:
    """Two nurses, and a person whose refill is ordered for today."""
    course = waiting()
    clinic.append(*course.person.events)
    rows.catch_up()
    one = Procedure(signed_in(Role.NURSE, "n-dunn"), "refill")
    two = Procedure(signed_in(Role.NURSE, "n-gray"), "refill")
    return Refill(course, clinic, one, two)


@dataclass(frozen=True)
class Slip:
    """A slip: where, what she does, and what the page says; `does` gives status and page."""

    where: str
    what: str
    says: str
    does: Callable[[Refill], Procedure]
    kept: int = 0
    """How many events the slip itself leaves on record: a wrong reading is one, and stops."""


def _begun(**wrong: Any) -> Callable[[Refill], Procedure]:
    def does(refill: Refill) -> Procedure:
        begins(refill.first, **wrong)
        return refill.first

    return does


def _label(**wrong: Any) -> Callable[[Refill], Procedure]:
    """Both read a wrong syringe, and read it rightly."""

    def does(refill: Refill) -> Procedure:
        refill.until("read-label")
        label = replace(LABEL, **wrong)
        refill.first.does("read-label", label)
        refill.second.does("read-label", label)
        return refill.second

    return does


def _same_reader(refill: Refill) -> Procedure:
    refill.until("second-label")
    refill.first.sends("read-label", LABEL)
    return refill.first


def _same_witness(refill: Refill) -> Procedure:
    refill.until("witness-waste")
    waste = next(e.id for e in rows.load("p1").events if isinstance(e.body, b.DrugWasted))
    refill.first.sends("witness-waste", waste)
    return refill.first


def _same_signer(refill: Refill) -> Procedure:
    refill.until("countersign-refill")
    signed = next(e.id for e in rows.load("p1").events if isinstance(e.body, b.RefillSigned))
    refill.first.sends("countersign-refill", signed)
    return refill.first


def _skipped(refill: Refill) -> Procedure:
    """From the pump's report straight to the needle, by sending the later form."""
    refill.until("record-refill-symptoms")
    refill.first.sends("instil", b.Instilled(q("5 mL")))
    return refill.first


def _skipped_by_address(refill: Refill) -> Procedure:
    """The general form of a later act, by its address."""
    refill.until("record-refill-symptoms")
    page = Procedure(refill.first.browser, "acts/measure-residual")
    page.page()
    page.sends("measure-residual", Drawn(q("5.4 mL"), q("0.2 mL")))
    return page


def _double_click(refill: Refill) -> Procedure:
    refill.until("instil")
    refill.first.page()
    base = refill.first.base
    assert refill.first.sends("instil", b.Instilled(q("2 mL"))) == 302
    refill.first.sends("instil", b.Instilled(q("2 mL")), base=base)
    return refill.first


def _back(refill: Refill) -> Procedure:
    """The back button to the form of an earlier step, sent again."""
    refill.until("interrogate-before")
    old = refill.first.base
    refill.first.does("interrogate-before", report())
    refill.first.sends("interrogate-before", report(reservoir=q("9 mL")), base=old)
    return refill.first


def _two_tabs(refill: Refill) -> Procedure:
    """Two tabs at the same step; the slower one does not know of the faster one."""
    refill.until("check-kit")
    other = Procedure(refill.first.browser, "refill")
    other.page()
    stale = other.base
    refill.first.does("check-kit", KIT)
    other.sends("check-kit", KIT, base=stale)
    return other


def _locked(refill: Refill) -> Procedure:
    """The session locks half-way; what she sends then is not recorded."""
    refill.until("check-kit")
    session = refill.first.browser.session
    session[watch.SEEN] = time.time() - 15 * 60 - 1
    session.save()
    assert refill.first.sends("check-kit", KIT) == 302
    assert refill.first.last.url == "/locked/?next=/people/p1/refill/"
    refill.first.last = refill.first.browser.get(refill.first.last.url)
    return refill.first


def _other_port(refill: Refill) -> Procedure:
    refill.until("check-kit")
    refill.first.sends("check-kit", replace(KIT, port="catheter-access"))
    return refill.first


def _no_unit(refill: Refill) -> Procedure:
    refill.until("measure-residual")
    row = {"act": "measure-residual", "base": refill.first.base, "measured": "5.4"}
    sent = refill.first.browser.post(refill.first.place, row | {"graduation": "0.2 mL", "why": ""})
    refill.first.last = sent
    return refill.first


def _whole_at_once(refill: Refill) -> Procedure:
    refill.until("instil")
    refill.first.sends("instil", b.Instilled(q("20 mL")))
    return refill.first


EXPIRED = datetime(2027, 1, 1, tzinfo=UTC)
SLIPS = (
    Slip("Identify", "wrong patient: the name of another", "not that of the order",
         _begun(name="Another Patient")),
    Slip("Identify", "wrong patient: another date of birth", "not that of the order",
         _begun(born="1964-05-01")),
    Slip("Identify", "only one identifier: no name", "need", _begun(name="")),
    Slip("Identify", "the pump of another person", "the order is for", _begun(serial="NGP9")),
    Slip("Label", "wrong syringe: another drug", "The label does not fit",
         _label(drugs=(b.LabelDrug("hydromorphone", q("20 mg/mL")),)), 3),
    Slip("Label", "wrong syringe: another concentration", "The label does not fit",
         _label(drugs=(b.LabelDrug("morphine", q("50 mg/mL")),)), 3),
    Slip("Label", "wrong syringe: of another patient", "The label does not fit",
         _label(patient="MRN 0002"), 3),
    Slip("Label", "expired syringe", "past its date", _label(use_by=EXPIRED), 3),
    Slip("Label", "syringe with preservative", "The label does not fit",
         _label(preservative_free=False), 3),
    Slip("Label", "the same person reads twice", "two persons", _same_reader),
    Slip("Kit and port", "the needle over the catheter access port", "goes to the spine at once",
         _other_port),
    Slip("Draw and measure", "a volume without its unit", "unit", _no_unit),
    Slip("Instil", "the whole syringe at once", "Draw back first", _whole_at_once),
    Slip("Any step", "a step skipped: the form of a later one is sent", "Not yet done", _skipped),
    Slip("Any step", "a step skipped by its address", "Not yet done", _skipped_by_address),
    Slip("Any step", "double click", "the record has moved on", _double_click, 1),
    Slip("Any step", "back button, and the old form sent again", "the record has moved on",
         _back, 1),
    Slip("Any step", "two tabs, one of them stale", "the record has moved on", _two_tabs, 1),
    Slip("Any step", "the session locks half-way", "you go on where you were", _locked),
    Slip("Waste", "the same person witnesses", "witnesses her own waste", _same_witness),
    Slip("Two signatures", "the same person signs twice", "signs twice", _same_signer),
)  # fmt: skip


@pytest.mark.parametrize("slip", SLIPS, ids=lambda s: s.what)
def test_a_slip_is_caught_and_said_where_it_is_made(slip: Slip, refill: Refill):
    page = slip.does(refill)
    assert slip.says in page.text, re.sub(r"<[^>]+>", " ", page.text)[-3000:]
    last = [e.kind for e in rows.load("p1").events]
    assert "refill-countersigned" not in last
    assert EventRow.objects.filter(person="p1").count() == len(last)


def test_a_syringe_that_does_not_fit_goes_no_further(refill: Refill):
    _label(volume=q("18 mL"))(refill)
    refill.first.page()
    assert refill.first.sends("check-kit", KIT) == 422
    assert "The label does not fit" in refill.first.text
    kinds = [e.kind for e in rows.load("p1").events]
    assert "kit-checked" not in kinds


def test_a_double_click_leaves_one_part_on_the_record(refill: Refill):
    _double_click(refill)
    parts = [e for e in rows.load("p1").events if isinstance(e.body, b.Instilled)]
    assert len(parts) == 1


def test_the_list_of_slips_is_the_published_one():
    lines = [
        "# Slips of a tired nurse, and what catches each",
        "",
        "Generated by `tests/clinic/web/test_guided_slips.py`, which makes each slip on the pages",
        "of a refill as a nurse would make it, and looks for the words that the page then says.",
        "A reading of a wrong syringe is kept on record; the next step is refused.",
        "",
        "| step | slip | caught | the page says |",
        "|---|---|---|---|",
    ]
    lines += [f"| {s.where} | {s.what} | yes | … {s.says} … |" for s in SLIPS]
    text = "\n".join(lines) + f"\n\n{len(SLIPS)} slips, {len(SLIPS)} caught.\n"
    if os.environ.get("CISTERNA_WRITE_EVIDENCE") == "1":
        PAGE.write_text(text, "utf-8")
    assert PAGE.read_text("utf-8") == text, "run the tests with CISTERNA_WRITE_EVIDENCE=1"
