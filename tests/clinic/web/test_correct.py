"""An entry is corrected where it stands: its form opens as it was filled in, with room for why."""

from dataclasses import fields, replace
from datetime import datetime
from typing import Any

import pytest

from cisterna.clinic.acts import ACTS
from cisterna.clinic.bodies.visit import OpioidsRecorded
from cisterna.clinic.event import Role
from cisterna.clinic.web import rows
from cisterna.clinic.web.fields import entered
from cisterna.clinic.web.forms import ActForm, asked_by
from cisterna.clinic.web.words import words
from cisterna.quantity import Quantity
from tests.clinic.people import RULES
from tests.clinic.test_roles import ASKED
from tests.clinic.web.conftest import SignedIn, Treated
from tests.clinic.web.sending import sent

CORRECTABLE = [act for act in ACTS if RULES.correctable(act)]


def to_the_minute(asked: Any) -> Any:
    """A page shows times to the minute."""
    times = {f.name: getattr(asked, f.name) for f in fields(asked)}
    short = {
        name: at.replace(second=0, microsecond=0)
        for name, at in times.items()
        if isinstance(at, datetime)
    }
    return replace(asked, **short)


@pytest.mark.parametrize("act", CORRECTABLE)
def test_a_form_that_opens_filled_in_sends_what_was_filled_in(act: str, clinic: object):
    person, asked = ASKED[act]
    filled = entered(asked_by(act), asked, words("act", act))
    opened = ActForm(act, person, initial=filled | {"base": 1})
    shown = {field.name: field.value() for field in opened}
    form = ActForm(act, person, {k: v for k, v in shown.items() if v is not None})
    assert form.is_valid(), form.errors
    assert to_the_minute(form.asked()) == to_the_minute(asked)


TOLD = OpioidsRecorded(datetime(2026, 1, 5).date(), Quantity.parse("20 mg/day"), "oxycodone")  # noqa: DTZ001


@pytest.fixture
def told(treated: Treated, signed_in: SignedIn) -> tuple[int, str]:
    """How many events there are, and the id of one that says 20 mg/day."""
    base = len(treated("back", "set-goals").person.events)
    page = "/people/p1/acts/record-opioids/"
    done = signed_in(Role.NURSE).post(page, sent("record-opioids", TOLD, base))
    assert done.status_code == 302
    return base + 1, rows.load("p1").events[-1].id


def test_an_entry_is_corrected_from_her_page_with_a_reason(
    told: tuple[int, str], signed_in: SignedIn
):
    base, old = told
    nurse = signed_in(Role.NURSE)
    way = f"/people/p1/acts/record-opioids/?corrects={old}"
    assert way in nurse.get("/people/p1/").content.decode()
    form = nurse.get(way).content.decode()
    assert 'value="20 mg/day"' in form
    assert f'name="corrects" value="{old}"' in form
    right = replace(TOLD, daily=Quantity.parse("10 mg/day"))
    row = sent("record-opioids", right, base) | {"corrects": old}
    refused = nurse.post("/people/p1/acts/record-opioids/", row)
    assert refused.status_code == 422
    assert "A correction has its reason" in refused.content.decode()
    done = nurse.post("/people/p1/acts/record-opioids/", row | {"why": "two tablets of 5 mg"})
    assert done.status_code == 302
    assert [o.body for o in rows.load("p1").every(OpioidsRecorded)] == [right]
    page = nurse.get("/people/p1/").content.decode()
    made = rows.load("p1").events[-1].id
    assert f'<a href="#{made}">what stands now</a>' in page
    assert f'Corrects <a href="#{old}">' in page
    assert way not in page


def test_nobody_is_offered_to_correct_what_her_role_may_not_record(
    told: tuple[int, str], signed_in: SignedIn
):
    _, old = told
    way = f"/people/p1/acts/record-opioids/?corrects={old}"
    for role in Role:
        if role in (Role.SYSTEM, Role.PATIENT, Role.CAREGIVER):
            continue
        browser = signed_in(role)
        may = RULES.may("record-opioids", role)
        page = browser.get("/people/p1/")
        offered = page.status_code == 200 and way in page.content.decode()
        assert offered == may, role
        assert (browser.get(way).status_code == 200) == may, role


@pytest.mark.parametrize("wrong", ["p1.1", "p2.3", "nothing", "p1.999"])
def test_what_cannot_be_corrected_opens_no_form(
    told: tuple[int, str], signed_in: SignedIn, wrong: str
):
    page = f"/people/p1/acts/record-opioids/?corrects={wrong}"
    assert signed_in(Role.NURSE).get(page).status_code == 404
