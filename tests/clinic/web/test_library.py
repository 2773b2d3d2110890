"""The library: what is known, from where, and what the site's pharmacist makes of it."""

import json
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache

from cisterna.clinic.acts import ACTS
from cisterna.clinic.bodies.site import ConfirmationWithdrawn, ValueConfirmed
from cisterna.clinic.event import Actor, Role
from cisterna.clinic.formulary import SITE
from cisterna.clinic.guards.implant import antibiotic_window
from cisterna.clinic.ledger.record import Record
from cisterna.clinic.refusal import Refused
from cisterna.clinic.signer.law import spans_of
from cisterna.clinic.web import clock, desk, rows, site
from cisterna.clinic.web.models import PersonRow, TaskRow
from cisterna.clinic.web.sending import pen_of
from cisterna.quantity import Quantity
from tests.clinic.onward import whole
from tests.clinic.people import Course
from tests.clinic.web.conftest import NOW, PASSWORD, SignedIn
from tests.clinic.web.rich import rich
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


LEAD = "guidance.refill_lead"


def confirmed(fact: str, value: str, kind: type = ValueConfirmed) -> None:
    """A pharmacist's word on a value, on the clinic's record; or that it holds no longer."""
    told: ConfirmationWithdrawn | ValueConfirmed = ConfirmationWithdrawn(fact)
    if kind is ValueConfirmed:
        found = Quantity.parse(value)
        told = ValueConfirmed(fact, found, found, "our protocol 12")
    act = "confirm-value" if kind is ValueConfirmed else "withdraw-value"
    who = Actor("pharmacist-1", Role.PHARMACIST)
    record = site.record()
    desk.write(
        SITE,
        len(record.events),
        lambda r: ACTS[act](r, who, told, clock.now(), why="our protocol"),
    )


def test_a_confirmed_value_is_in_everybodys_tasks_at_once(clinic: Record):
    course = Course("p1", NOW - timedelta(days=420))
    rich(course)
    clinic.append(*course.person.events)
    rows.catch_up()

    def refill() -> TaskRow:
        return TaskRow.objects.get(person_id="p1", kind="refill")

    shipped = refill().due
    confirmed(LEAD, "5 day")
    assert refill().due == shipped - timedelta(days=2)
    confirmed(LEAD, "", ConfirmationWithdrawn)
    assert refill().due == shipped


def test_the_times_of_signing_are_the_sites(clinic: Record):
    assert site.signing().fresh == timedelta(minutes=5)
    assert site.for_signer() == ()
    confirmed("signing.fresh", "2 min")
    confirmed("signing.second_signer", "10 min")
    assert site.signing().fresh == timedelta(minutes=2)
    assert pen_of("p1", Actor("anna", Role.PHYSICIAN))().signing.second_signer == timedelta(
        minutes=10
    )
    # The process with the key is told by the same texts, and reads them by itself.
    spans = spans_of(json.loads(text) for text in site.for_signer())
    assert (spans.of("fresh"), spans.of("second_signer")) == (
        timedelta(minutes=2),
        timedelta(minutes=10),
    )


@pytest.mark.parametrize(
    ("fact", "value", "code"),
    [("signing.fresh", "1 h", "looser"), ("signing.second_signer", "1 h", "looser"),
     ("signing.review", "48 h", "looser"), ("access.idle", "5 min", "not-clinical")],
)  # fmt: skip
def test_no_site_gives_itself_more_time_to_sign_or_another_sign_in(
    clinic: Record, fact: str, value: str, code: str
):
    with pytest.raises(Refused) as refused:
        confirmed(fact, value)
    assert refused.value.code == code


def test_a_guided_page_goes_by_the_sites_value(clinic: Record, signed_in: SignedIn):
    """The clock of the antibiotic is the site's, as that of the act is."""
    course = whole("back", "record-incision")
    clinic.append(*course.person.events)
    rows.catch_up()
    shipped = antibiotic_window(site.rules(), "cefazolin")
    clock.use(lambda: course.at)
    confirmed(shipped.path, "30 min")
    text = signed_in(Role.NURSE).get("/people/p1/implant/").content.decode()
    assert "within 0.5 h" in text
    assert f"within {shipped.text()}" not in text
