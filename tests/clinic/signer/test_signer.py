"""The key signs what an approval names, once, while it is fresh: though the gate be bypassed."""

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from cisterna.clinic.bodies.site import ValueConfirmed
from cisterna.clinic.event import Actor, event_text
from cisterna.clinic.event import Role as EventRole
from cisterna.clinic.formulary import SITE
from cisterna.clinic.gate import bodies as b
from cisterna.clinic.gate.acts import SIGNING, Pen
from cisterna.clinic.signer.deed import DEEDS
from cisterna.clinic.signer.desk import FREE, STEPS
from cisterna.pump.link import verbs as v
from cisterna.pump.link.proof import digest
from cisterna.quantity import Quantity
from tests.clinic.gate.people import (
    IN_RANGE,
    LARGE_STEP,
    LOWER,
    OTHER_STRENGTH,
    PATIENT_MORE,
    SLIP,
    Way,
)
from tests.clinic.people import START
from tests.clinic.signer.asking import (
    Asking,
    approved,
    bound_again,
    rows,
    texts,
)
from tests.pump.link.people import ADA, EVERY_VERB

NO_ARGUMENTS = digest("args", {})
NEVER = sorted(set(v.VERBS) - FREE - set(STEPS) - DEEDS)


@pytest.mark.parametrize("change", [IN_RANGE, LOWER, LARGE_STEP, SLIP, PATIENT_MORE])
def test_an_approval_opens_stage_confirm_and_activate_of_exactly_its_programme(
    asking: Asking, way: Way, change
):
    approval, commands = approved(way, change)
    public = Ed25519PublicKey.from_public_bytes(bytes.fromhex(ADA.public))
    for verb in commands.values():
        question = asking.question(verb, approval)
        answer = json.loads(asking.desk.answer(question))
        assert answer["ok"], answer
        text = bytes.fromhex(json.loads(question)["text"])
        public.verify(bytes.fromhex(answer["signature"]), text)
    assert asking.desk.record.lines == 3


def test_a_change_of_strength_carries_its_refill(asking: Asking, way: Way):
    refill = b.RefillTerms(2_000_000, 20_000_000, 10_000_000)
    approval, commands = approved(way, replace(OTHER_STRENGTH, refill=refill))
    assert asking.refused(commands["stage"], approval) == "order"
    other = v.Refill(2_000_000, 20_000_000, 20_000_000)
    assert asking.refused(other, approval) == "altered"
    for name in STEPS:
        assert asking.ask(commands[name], approval)["ok"], name


def test_a_refill_that_nobody_approved_is_not_signed(asking: Asking, way: Way):
    approval, _ = approved(way)
    assert asking.refused(v.Refill(1, 1, 20_000_000), approval) in ("altered", "verb")


@pytest.mark.parametrize("name", sorted(FREE))
def test_reading_the_session_and_a_stop_need_no_approval(asking: Asking, name: str):
    assert asking.ask(v.VERBS[name]())["ok"]
    assert asking.refused(v.VERBS[name](), swap=(NO_ARGUMENTS, "ab" * 32)) == "arguments"


@pytest.mark.parametrize("name", [*STEPS, *sorted(DEEDS)])
def test_nothing_that_changes_a_dose_is_signed_without_an_approval(asking: Asking, name: str):
    assert asking.refused(EVERY_VERB[name]) == "no-approval"


@pytest.mark.parametrize("name", NEVER)
def test_no_approval_covers_any_other_verb(asking: Asking, way: Way, name: str):
    approval, _ = approved(way)
    assert asking.refused(EVERY_VERB[name], approval) == "verb"


@pytest.mark.parametrize("name", sorted(DEEDS))
def test_an_approved_programme_covers_nothing_by_hand(asking: Asking, way: Way, name: str):
    approval, _ = approved(way)
    assert asking.refused(EVERY_VERB[name], approval) == "incomplete"


# Once, in order, fresh ---------------------------------------------------------------------------


def test_an_approval_is_used_once_and_a_restart_does_not_forget(asking: Asking, way: Way):
    approval, commands = approved(way)
    for verb in commands.values():
        assert asking.ask(verb, approval)["ok"]
        assert asking.refused(verb, approval) == "used"
    asking.restarts()
    for verb in commands.values():
        assert asking.refused(verb, approval) == "used"


def test_a_new_signature_under_a_used_approval_opens_nothing(asking: Asking, way: Way):
    approval, commands = approved(way)
    assert asking.ask(commands["stage"], approval)["ok"]
    way.prove()
    assert asking.refused(commands["stage"], texts(way.standing.chain)) == "used"


def test_no_step_is_signed_before_the_one_before_it(asking: Asking, way: Way):
    approval, commands = approved(way)
    assert asking.refused(commands["activate"], approval) == "order"
    assert asking.refused(commands["confirm"], approval) == "order"


def test_a_stale_approval_is_refused_to_the_second(asking: Asking, way: Way):
    approval, commands = approved(way)
    signed_at = way.at
    way.at = signed_at + SIGNING.fresh
    assert asking.refused(commands["stage"], approval) == "stale"
    way.at -= timedelta(seconds=1)
    assert asking.ask(commands["stage"], approval)["ok"]


def site_says(fact: str, value: str, person: str = SITE) -> list[str]:
    """The clinic's own word on a time of signing, as its record has it."""
    span = Quantity.parse(value)
    body = ValueConfirmed(fact, span, span, "our protocol")
    pen = Pen(person, Actor("p", EventRole.PHARMACIST), START, f"{person}.1", "our protocol")
    return [event_text(pen.writes(body))]


def test_a_site_that_gives_less_time_is_held_to_it(asking: Asking, way: Way):
    approval, commands = approved(way)
    site = site_says("signing.fresh", "2 min")
    way.at += timedelta(minutes=2)
    assert asking.refused(commands["stage"], approval, site=site) == "stale"
    way.at -= timedelta(seconds=1)
    assert asking.ask(commands["stage"], approval, site=site)["ok"]


@pytest.mark.parametrize(
    "site",
    [site_says("signing.fresh", "9 h"), site_says("signing.fresh", "2 min", "p1"),
     site_says("morphine.age", "2 min"), []],
)  # fmt: skip
def test_nobody_gives_the_signer_more_time_than_was_shipped(
    asking: Asking, way: Way, site: list[str]
):
    approval, commands = approved(way)
    way.at += SIGNING.fresh
    assert asking.refused(commands["stage"], approval, site=site) == "stale"
    way.at -= timedelta(seconds=1)
    assert asking.ask(commands["stage"], approval, site=site)["ok"]


@pytest.mark.parametrize("site", [["{}"], ["x"], "x", [1], {"a": 1}])
def test_what_the_site_said_is_readable_or_nothing_is_signed(asking: Asking, way: Way, site: Any):
    approval, commands = approved(way)
    assert asking.refused(commands["stage"], approval, site=site) == "unreadable"


def test_a_proof_that_claims_to_be_good_for_longer_lapses_all_the_same(asking: Asking, way: Way):
    approval, commands = approved(way)
    found = rows(approval)
    found[-1]["body"]["until"] = (way.at + timedelta(days=1)).isoformat()
    way.at += SIGNING.fresh
    assert asking.refused(commands["stage"], bound_again(found)) == "stale"


def test_an_approval_from_the_future_is_refused(asking: Asking, way: Way):
    approval, commands = approved(way)
    way.at -= timedelta(minutes=1)
    assert asking.refused(commands["stage"], approval) == "future"
