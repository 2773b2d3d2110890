"""The role and act matrix for a patient and a caregiver, on the pages where they act."""

from typing import Any

import pytest
from django.test import Client

from cisterna.clinic.acts import ACTS
from cisterna.clinic.event import Role
from cisterna.clinic.web import rows, site
from cisterna.patient.web.screens.about import DONE_HERE, ELSEWHERE
from tests.clinic.web.conftest import SignedIn, Treated

HERS = [Role.PATIENT, Role.CAREGIVER]
OF_OTHER_PAGES = {
    **dict.fromkeys(("refer", "ask-consult"), "asked by somebody without a record"),
    **dict.fromkeys(("issue-card", "end-card"), "the emergency card"),
}
"""What she may do on pages that are not of the portal."""


def may(role: Role) -> set[str]:
    return {name for name in ACTS if site.rules().may(name, role)}


@pytest.fixture
def at(treated: Treated, signed_in: SignedIn) -> Any:
    treated("back", "commit")

    def made(role: Role) -> Client:
        return signed_in(role, f"the-{role}", person="p1")

    return made


@pytest.mark.pathway("PW-051")
@pytest.mark.parametrize("role", HERS)
def test_what_she_may_do_has_a_page_of_hers(role: Role, at: Any):
    assert may(role) <= {*DONE_HERE, *ELSEWHERE, *OF_OTHER_PAGES}
    browser = at(role)
    for name in DONE_HERE:
        expected = 200 if name in may(role) else 404
        assert browser.get(f"/my/do/{name}/").status_code == expected, name


@pytest.mark.pathway("PW-051")
@pytest.mark.parametrize("role", HERS)
def test_what_she_may_not_do_has_none_and_cannot_be_sent(role: Role, at: Any):
    browser, before = at(role), len(rows.load("p1").events)
    for name in sorted(set(ACTS) - (set(DONE_HERE) & may(role))):
        assert browser.get(f"/my/do/{name}/").status_code == 404, name
        sent = browser.post(f"/my/do/{name}/", {"base": str(before), "statement": "x"})
        assert sent.status_code == 404, name
    assert len(rows.load("p1").events) == before


@pytest.mark.parametrize("role", HERS)
def test_an_act_with_a_page_of_its_own_has_that_page(role: Role, at: Any):
    browser = at(role)
    given = {"/my/wrong/"} if role is Role.CAREGIVER else set(ELSEWHERE.values())
    for name, place in ELSEWHERE.items():
        expected = 200 if place in given else 403
        assert browser.get(place).status_code == expected, name
