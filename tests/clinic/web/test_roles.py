"""ASVS 8.2.1: each act of the clinic, asked for over HTTP by each role, cell by cell."""

from collections.abc import Callable
from typing import Any

import pytest
from django.http import QueryDict
from django.test import Client

from cisterna.clinic.acts import ACTS
from cisterna.clinic.event import Role
from cisterna.clinic.web.forms import ActForm, zone_of
from tests.clinic.test_roles import ASKED, MAY
from tests.clinic.web.conftest import SignedIn, Treated
from tests.clinic.web.sending import sent

APART = {
    *("open-chart", "issue-card", "end-card"),
    *("rank-options", "take-teach-back", "keep-questions", "ask-consult"),
    "give-telephones",
}
ROLES = [r for r in Role if r is not Role.SYSTEM]
HERS = [Role.PATIENT, Role.CAREGIVER]
STAFF = [r for r in ROLES if r not in HERS]


@pytest.fixture
def as_role(signed_in: SignedIn, treated: Treated) -> Callable[[Role], Client]:
    """Somebody in a role, and one person whom she may see."""
    treated("back", "plan-implant")
    own = {Role.PATIENT: "p1", Role.CAREGIVER: "p1"}

    def made(role: Role) -> Client:
        return signed_in(role, person=own.get(role, ""))

    return made


@pytest.mark.pathway("PW-051")
@pytest.mark.parametrize("role", STAFF)
def test_a_role_gets_the_forms_of_its_acts_and_no_other(role: Role, as_role: Any):
    browser = as_role(role)
    for act in sorted(set(MAY) - APART):
        found = browser.get(f"/people/p1/acts/{act}/")
        assert found.status_code == (200 if role in MAY[act].split() else 403), act


@pytest.mark.parametrize("role", HERS)
def test_a_patient_and_a_caregiver_get_no_form_of_the_staff_whatever_they_may(
    role: Role, as_role: Any
):
    """Their acts are done on pages of their own: tests/patient/web/test_roles.py."""
    browser = as_role(role)
    for act in sorted(set(ACTS) - APART):
        assert browser.get(f"/people/p1/acts/{act}/").status_code == 403, act
    for act in sorted(a for a in MAY if role in MAY[a].split()):
        row = sent(act, ASKED[act][1], 0, "a reason")
        assert browser.post(f"/people/p1/acts/{act}/", row).status_code == 403, act


@pytest.mark.parametrize("role", ROLES)
def test_a_role_that_may_not_records_nothing_by_sending_the_form_anyway(role: Role, as_role: Any):
    browser = as_role(role)
    for act in sorted(set(MAY) - APART):
        if role in MAY[act].split():
            continue
        _, asked = ASKED[act]
        found = browser.post(f"/people/p1/acts/{act}/", sent(act, asked, 0, "a reason"))
        assert found.status_code == 403, act


@pytest.mark.parametrize("act", sorted(set(MAY) - APART))
def test_what_a_form_sends_is_what_the_act_is_asked(act: str, clinic: object):
    """ASVS 2.2.2: each input of the worked courses through the generic form comes out the same."""
    person, asked = ASKED[act]
    form = ActForm(act, person, _many(sent(act, asked, len(person.events), zone=zone_of(person))))
    assert form.is_valid(), form.errors
    assert form.asked() == asked


def _many(row: dict[str, Any]) -> Any:
    found = QueryDict(mutable=True)
    for key, value in row.items():
        found.setlist(key, value if isinstance(value, list) else [value])
    return found
