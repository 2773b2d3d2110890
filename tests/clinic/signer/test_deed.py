"""The signer signs what is done by hand once, exactly, and never a dose for one person alone."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from cisterna.clinic.gate import acts
from cisterna.clinic.gate.deed import Deed, Running, bolus, proposed_deed, restart, silence
from cisterna.pump.link import verbs as v
from cisterna.quantity import Quantity
from tests.clinic.gate.people import COLLEAGUE, OLD, SERIAL, Way
from tests.clinic.signer.asking import Asking, bound_again, pump_says, rows, texts
from tests.orders import LIBRARY

RUNS = Running(SERIAL, 1, OLD)
BOLUS = bolus(RUNS, Quantity.of(200, "mcg"), Quantity.of(10, "min"), LIBRARY)


def approved(way: Way, deed: Deed) -> list[str]:
    """All signatures of a deed."""
    body = proposed_deed(RUNS, deed)
    way.keep(acts.laid_down(way.standing, way.pen(), body))
    if body.second:
        way.keep(acts.approve(way.standing, way.pen(COLLEAGUE), body.digest))
    way.prove()
    return texts(way.standing.chain)


@pytest.mark.parametrize("deed", [BOLUS, restart(), silence("low-reservoir")])
def test_a_signed_deed_is_signed_exactly_once(asking: Asking, way: Way, deed: Deed):
    approval = approved(way, deed)
    assert asking.ask(deed.verb, approval)["ok"]
    assert asking.refused(deed.verb, approval) == "used"
    asking.restarts()
    assert asking.refused(deed.verb, approval) == "used"


def test_another_verb_or_another_number_is_not_what_was_signed(asking: Asking, way: Way):
    approval = approved(way, BOLUS)
    verb = BOLUS.verb
    assert isinstance(verb, v.ClinicianBolus)
    more = v.ClinicianBolus(verb.volume_nl + 1000, verb.duration_ms, verb.limit_fg_per_24h)
    assert asking.refused(more, approval) == "altered"
    assert asking.refused(v.Restart(), approval) == "altered"
    assert asking.refused(verb, approval, base=2) == "altered"
    assert asking.refused(v.Activate(1), approval) == "incomplete"


def _alone(found: list[dict[str, Any]]) -> None:
    found[0]["body"]["second"] = []
    del found[1]


def _pharmacist(found: list[dict[str, Any]]) -> None:
    found[0]["actor"] = found[-1]["actor"] = {"who": "Dan", "role": "pharmacist"}


def _nurse(found: list[dict[str, Any]]) -> None:
    found[0]["actor"] = found[-1]["actor"] = {"who": "Cleo", "role": "nurse"}


def _same(found: list[dict[str, Any]]) -> None:
    found[1]["actor"] = {"who": " ada ", "role": "physician"}


def _glass(found: list[dict[str, Any]]) -> None:
    body = {"proposal": found[0]["id"], "binds": "", "review_by": found[1]["recorded"]}
    found[1] |= {"kind": "glass-broken", "body": body, "why": "alone"}


def _other_numbers(found: list[dict[str, Any]]) -> None:
    body = found[0]["body"]
    body["arguments"] = body["arguments"].replace("600000", "60000")


def _other_verb(found: list[dict[str, Any]]) -> None:
    found[0]["body"]["verb"] = "mri_begin"


@pytest.mark.parametrize(
    ("alter", "code"),
    [
        (_alone, "second-signer"), (_pharmacist, "role"), (_nurse, "no-order"),
        (_same, "same-person"), (_glass, "glass"), (_other_numbers, "altered"),
        (_other_verb, "verb"),
    ],
)  # fmt: skip
def test_who_bypasses_the_gate_meets_the_same_rules_here(
    asking: Asking, way: Way, alter: Callable[[list[dict[str, Any]]], None], code: str
):
    found = rows(approved(way, BOLUS))
    alter(found)
    assert asking.refused(BOLUS.verb, bound_again(found)) == code


def test_a_bolus_brings_no_higher_limit_than_the_programme_and_itself(asking: Asking, way: Way):
    verb = BOLUS.verb
    assert isinstance(verb, v.ClinicianBolus)
    roomy = v.ClinicianBolus(verb.volume_nl, verb.duration_ms, verb.limit_fg_per_24h + 1)
    approval = approved(way, Deed(roomy, "a bolus", "0.2 mg"))
    assert asking.refused(roomy, approval) == "limit"


def test_a_bolus_needs_a_programme_that_the_pump_reports(asking: Asking, way: Way):
    approval = approved(way, BOLUS)
    asking.report = pump_says(None)
    assert asking.refused(BOLUS.verb, approval) == "no-programme"
    asking.report = b""
    assert asking.refused(BOLUS.verb, approval) == "no-report"


def test_texts_that_are_no_deed_are_refused_without_a_traceback(asking: Asking, way: Way):
    found = rows(approved(way, BOLUS))
    for key in ("verb", "arguments", "digest", "findings", "second", "serial"):
        broken = json.loads(json.dumps(found))
        del broken[0]["body"][key]
        assert asking.refused(BOLUS.verb, bound_again(broken)) == "unreadable"
