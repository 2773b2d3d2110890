"""Role × verb, every cell, through a real frame with a real signature (ST-06, SR-70, A23)."""

from dataclasses import fields
from itertools import product
from typing import get_type_hints

import pytest

from cisterna.pump.link.canonical import Reason
from cisterna.pump.link.door import Reply, Silence
from cisterna.pump.link.rules import RULES, may
from cisterna.pump.link.verbs import VERBS, Role
from tests.pump.link.people import (
    ADA,
    EVERY_VERB,
    PATIENT,
    READER,
    STRANGER,
    Person,
    code,
    in_session,
    send,
)

P, R, E = ADA, PATIENT, READER
WHO_MAY: dict[str, tuple[Person, ...]] = {
    "activate": (P,),
    "alarm_acknowledge": (P,),
    "alarm_silence": (P,),
    "ask_dose": (R,),
    "clinician_bolus": (P,),
    "clock_set": (P,),
    "close_session": (P,),
    "confirm": (P,),
    "interrogate": (P,),
    "knock": (P, R, E),
    "minimum_rate": (E,),
    "mri_begin": (P,),
    "mri_end": (P,),
    "open_session": (P,),
    "pair_begin": (P,),
    "prime": (P,),
    "read_back": (P,),
    "read_state": (R, E),
    "reconcile": (P,),
    "record_line": (P,),
    "refill": (P,),
    "restart": (P,),
    "revoke": (P,),
    "stage": (P,),
    "stop": (P, E),
    "stop_dose": (R,),
    "take_over": (P,),
}


def test_the_table_above_names_every_verb_and_so_do_the_rules():
    assert set(WHO_MAY) == set(VERBS) == set(RULES)


@pytest.mark.requirement("ST-06", "SR-70", "A23")
@pytest.mark.parametrize(("name", "who"), [*product(WHO_MAY, (P, R, E))])
def test_a_role_may_ask_for_its_own_verbs_and_for_nothing_else(name: str, who: Person):
    step = send(in_session(ADA), who.says(EVERY_VERB[name], 1))
    assert (code(step) == "role") is (who not in WHO_MAY[name])
    assert may(who.role, name) is (who in WHO_MAY[name])


@pytest.mark.requirement("ST-01", "SR-70")
@pytest.mark.parametrize("name", sorted(WHO_MAY))
def test_a_stranger_may_ask_for_nothing(name: str):
    step = send(in_session(ADA), STRANGER.says(EVERY_VERB[name], 1))
    assert step.outcome == Silence(Reason.UNKNOWN_KEY)


@pytest.mark.requirement("ST-01", "ST-06")
@pytest.mark.parametrize(("name", "role"), [*product(WHO_MAY, Role)])
def test_nobody_borrows_the_role_of_another(name: str, role: Role):
    for who in (ADA, PATIENT, READER):
        step = send(in_session(ADA), Person(who.name, role).says(EVERY_VERB[name], 1))
        assert isinstance(step.outcome, Silence) is (role is not who.role)


@pytest.mark.requirement("ST-13")
@pytest.mark.parametrize("name", ["peek", "poke", "write_firmware", "set_rate", "__class__", ""])
def test_a_verb_outside_the_table_is_asked_by_nobody(name: str):
    assert not any(may(role, name) for role in Role)


@pytest.mark.requirement("ST-09")
def test_emergency_access_can_only_read_and_reduce():
    allowed = {name for name in VERBS if may(Role.EMERGENCY, name)}
    assert allowed == {"knock", "read_state", "stop", "minimum_rate"}


@pytest.mark.requirement("ST-06", "A23", "H07")
def test_the_remote_can_only_ask_stop_its_dose_and_read():
    allowed = {name for name in VERBS if may(Role.REMOTE, name)}
    assert allowed == {"knock", "ask_dose", "stop_dose", "read_state"}


def test_no_argument_of_any_verb_is_a_float_or_an_open_text():
    kinds = {get_type_hints(kind)[field.name] for kind in VERBS.values() for field in fields(kind)}
    assert float not in kinds
    assert all(kind in (int, str, Role) or "dict" in str(kind) for kind in kinds)


def test_a_refused_verb_is_not_carried_out_and_its_counter_is_used_up():
    step = send(in_session(ADA), PATIENT.says(EVERY_VERB["activate"], 5))
    assert isinstance(step.outcome, Reply)
    assert step.link.ledger.of(PATIENT.key).used == 5
