"""The library: what is known, from where, and what the site's pharmacist makes of it."""

from dataclasses import dataclass
from typing import Any

import pytest
from django.core.cache import cache

from cisterna.clinic.event import Role
from cisterna.clinic.formulary import SITE
from cisterna.clinic.ledger.record import Record
from cisterna.clinic.web import rows, site
from cisterna.clinic.web.models import PersonRow
from tests.clinic.web.conftest import PASSWORD, SignedIn
from tests.clinic.web.test_programmer import code

CEILING = "morphine.limit.ceiling-consensus"
PLACE = f"/library/{CEILING}/"


@dataclass
class Bench:
    """A pharmacist at the page of one value."""

    browser: Any

    def signs(self, **more: str) -> Any:
        """The form as she sends it."""
        given = {
            "do": "confirm", "base": "0", "low": "12 mg/day", "high": "12 mg/day",
            "origin": "PACC 2017, table 9, own copy", "why": "our own practice",
            "password": PASSWORD, "code": code(),
        }  # fmt: skip
        return self.browser.post(PLACE, given | more)


@pytest.fixture
def bench(clinic: Record, signed_in: SignedIn) -> Bench:
    """A pharmacist who has signed in."""
    return Bench(signed_in(Role.PHARMACIST))


def test_every_value_is_found_with_its_source(bench: Bench):
    text = bench.browser.get(f"/library/?q={CEILING}").content.decode()
    assert "15 mg/day" in text
    assert "pacc-2017" in text
    assert "recalled" in text


def test_a_narrower_value_is_signed_and_the_checks_go_by_it(bench: Bench, clinic: Record):
    assert bench.signs().status_code == 302
    (entry,) = clinic.entries(SITE)
    assert (entry.event.why, entry.event.actor.who) == ("our own practice", "pharmacist-1")
    limits = site.library().drug("morphine").ever("ceiling")
    (limit,) = [x.fact for x in limits if x.fact.path == CEILING]
    assert (limit.text(), limit.certainty) == ("12 mg/day", "read")
    assert "12 mg/day" in bench.browser.get(PLACE).content.decode()


def test_a_site_never_loosens_a_limit(bench: Bench, clinic: Record):
    found = bench.signs(low="20 mg/day", high="20 mg/day")
    assert found.status_code == 422
    assert "never loosen" in found.content.decode()
    assert not list(clinic.entries(SITE))


@pytest.mark.parametrize(
    "more",
    [{"why": " "}, {"origin": ""}, {"low": "twelve"}, {"low": "12 mL"}, {"high": "-1 mg/day"},
     {"low": "13 mg/day"}, {"code": "000000"}, {"base": "7"}, {"base": "x"}, {"do": "withdraw"}],
)  # fmt: skip
def test_what_is_not_whole_is_refused_and_nothing_is_on_record(
    bench: Bench, clinic: Record, more: dict[str, str]
):
    assert bench.signs(**more).status_code == 422
    assert not list(clinic.entries(SITE))


def test_the_shipped_value_holds_again_once_it_is_withdrawn(bench: Bench, clinic: Record):
    bench.signs()
    cache.clear()
    assert bench.signs(do="withdraw", base="1").status_code == 302
    assert not site.library().site.confirmations
    assert len(list(clinic.entries(SITE))) == 2


@pytest.mark.parametrize("role", [Role.NURSE, Role.PHYSICIAN, Role.AUDITOR])
def test_nobody_but_a_pharmacist_signs(clinic: Record, signed_in: SignedIn, role: Role):
    assert Bench(signed_in(role)).signs().status_code == 403
    assert not list(clinic.entries(SITE))


def test_the_clinics_own_record_is_nobody_in_a_list(bench: Bench):
    bench.signs()
    rows.catch_up()
    assert not PersonRow.objects.filter(person=SITE).exists()
    assert bench.browser.get(f"/people/{SITE}/").status_code == 404


def test_a_value_that_does_not_exist_is_not_found(bench: Bench):
    assert bench.browser.get("/library/morphine.limit.no-such/").status_code == 404
