"""Her page of what the treatment takes."""

from datetime import timedelta

import pytest
from django.test import Client

from cisterna.clinic.bodies.hers import BurdenLogged
from cisterna.clinic.event import Role
from cisterna.clinic.web import rows
from tests.clinic.web.conftest import NOW, SignedIn
from tests.patient.web.test_portal import she, words

__all__ = ["she"]
DAY = f"{(NOW - timedelta(days=3)).date()}"
RIGHT = {"day": DAY, "kind": "refill", "home": "no", "minutes": "210", "cost": "12,50",
         "currency": "eur", "says": "the bus was late"}  # fmt: skip


@pytest.mark.pathway("PW-033")
def test_she_notes_a_journey_and_the_team_sees_what_a_year_came_to(
    she: Client,
    signed_in: SignedIn,
):
    assert "Nothing here yet." in words(she.get("/my/burden/"))
    assert she.post("/my/burden/", RIGHT).status_code == 302
    said = rows.load("p1").last(BurdenLogged, None)
    assert said is not None
    assert (said.body.minutes, said.body.cost, said.body.currency) == (210, "12.50", "EUR")
    page = words(she.get("/my/burden/"))
    for told in ("Trips: 1", "Hours in all: 4", "You paid: 12.50 EUR", "the bus was late"):
        assert told in page
    assert 'name="currency" maxlength="3" autocomplete="off" value="EUR"' in page
    team = words(signed_in(Role.NURSE).get("/people/p1/"))
    assert "1 journey, 0 at home, 4 hours, 12.50 EUR, as she noted it." in team


def test_she_changes_a_note_of_hers(she: Client):
    she.post("/my/burden/", RIGHT)
    entry = rows.load("p1").events[-1].id
    page = words(she.get(f"/my/burden/?change={entry}"))
    assert 'name="minutes" value="210"' in page
    assert f'name="corrects" value="{entry}"' in page
    assert she.post("/my/burden/", RIGHT | {"corrects": entry, "minutes": "21"}).status_code == 302
    (said,) = rows.load("p1").every(BurdenLogged, None)
    assert said.body.minutes == 21
    assert she.get(f"/my/burden/?change={entry}").status_code == 404


@pytest.mark.parametrize(
    "wrong",
    [{"day": "then"}, {"kind": "fun"}, {"home": "there"}, {"minutes": "long"}, {"minutes": "9999"},
     {"cost": "a lot"}, {"currency": ""}, {"day": "2036-01-01"}],
)  # fmt: skip
def test_a_slip_is_said_and_what_she_wrote_stays(she: Client, wrong: dict[str, str]):
    found = she.post("/my/burden/", RIGHT | wrong)
    assert found.status_code == 422
    assert 'role="alert"' in words(found)
    assert "the bus was late" in words(found)
    assert rows.load("p1").last(BurdenLogged, None) is None
