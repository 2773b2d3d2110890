"""Who bypasses the gate meets the same rules at the key, looked at by other code."""

import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cisterna.clinic.gate import bodies as b
from cisterna.clinic.gate import glass
from cisterna.clinic.gate.change import Wanted
from cisterna.clinic.gate.leave import ALONE
from cisterna.pump.link import verbs as v
from cisterna.pump.setting import programme
from tests.clinic.gate.people import (
    IN_RANGE,
    LOWER,
    NURSE,
    OTHER_STRENGTH,
    PATIENT_MORE,
    SERIAL,
    SLIP,
    Way,
)
from tests.clinic.gate.test_gate import HIGH_LOWER, HIGH_OLD
from tests.clinic.signer.asking import (
    RUNS,
    Asking,
    approved,
    asking_way,
    bound_again,
    forged,
    proposal_of,
    pump_says,
    rows,
    texts,
    verbs,
)
from tests.orders import LIBRARY
from tests.pump.link.people import BEN, secret


def leaves(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path of every value in a row."""
    items = value.items() if isinstance(value, dict) else enumerate(value)
    for key, item in items:
        if isinstance(item, dict | list):
            yield from leaves(item, (*path, key))
        else:
            yield (*path, key)


@settings(
    max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)
@given(data=st.data())
def test_whatever_is_altered_before_the_signature_is_refused(asking: Asking, data: st.DataObject):
    way = asking_way(asking)
    approval, commands = approved(way, SLIP)
    found = rows(approval)
    at = data.draw(st.integers(0, len(found) - 2))
    path = data.draw(st.sampled_from(list(leaves(found[at]))))
    place: Any = found[at]
    for key in path[:-1]:
        place = place[key]
    other = data.draw(st.none() | st.booleans() | st.integers() | st.text(max_size=5))
    if other == place[path[-1]] and type(other) is type(place[path[-1]]):
        return
    place[path[-1]] = other
    altered = [json.dumps(row, sort_keys=True, separators=(",", ":")) for row in found]
    asking.refused(commands["stage"], altered)
    forged = asking.ask(commands["stage"], bound_again(found))
    assert forged["ok"] or forged["why"]


def _same(found: list[dict[str, Any]]) -> None:
    found[-2]["actor"]["who"] = " ADA"


def _no_second(found: list[dict[str, Any]]) -> None:
    del found[-2]


def _no_reason(found: list[dict[str, Any]]) -> None:
    del found[1]


def _empty_reason(found: list[dict[str, Any]]) -> None:
    found[1]["why"] = " "


def _less_reason(found: list[dict[str, Any]]) -> None:
    found[1]["body"]["codes"].pop()


def _others_reason(found: list[dict[str, Any]]) -> None:
    found[1]["body"]["proposal"] = "e77"


def _no_proof(found: list[dict[str, Any]]) -> None:
    del found[-1]


def _others_proof(found: list[dict[str, Any]]) -> None:
    found[-1]["actor"] = found[-2]["actor"]


def _nurse_above(found: list[dict[str, Any]]) -> None:
    for row in found:
        if row["actor"]["who"] == "Ada":
            row["actor"]["role"] = "nurse"


def _nurse_seconds(found: list[dict[str, Any]]) -> None:
    found[-2]["actor"]["role"] = "nurse"


def _not_typed(found: list[dict[str, Any]]) -> None:
    found[-2]["body"]["typed_dose"] = "4.4 mg/day"


def _late(found: list[dict[str, Any]]) -> None:
    found[0]["recorded"] = "2026-11-30T08:00:00+00:00"


def _other_digest(found: list[dict[str, Any]]) -> None:
    found[-2]["body"]["digest"] = "ab" * 32


def _other_person(found: list[dict[str, Any]]) -> None:
    found[0]["person"] = "p2"


def _backwards(found: list[dict[str, Any]]) -> None:
    found[0]["recorded"] = found[-1]["recorded"]


def _hard_block(found: list[dict[str, Any]]) -> None:
    found[0]["body"]["findings"][0]["code"] = "flow-above-pump-maximum"


def _no_note(found: list[dict[str, Any]]) -> None:
    found[-2]["body"]["remote"] = ""


def _twice(found: list[dict[str, Any]]) -> None:
    found.insert(2, found[1])


@pytest.mark.parametrize(
    ("alter", "code"),
    [
        (_same, "same-person"), (_no_second, "second-signer"), (_no_reason, "reason"),
        (_empty_reason, "reason"), (_less_reason, "reason"), (_others_reason, "reason"),
        (_no_proof, "incomplete"), (_others_proof, "other-person"), (_nurse_above, "role"),
        (_nurse_seconds, "role"), (_not_typed, "typed-dose"), (_late, "too-late"),
        (_other_digest, "altered"), (_other_person, "other-person"), (_backwards, "order"),
        (_hard_block, "blocked"), (_no_note, "no-note"), (_twice, "unreadable"),
    ],
)  # fmt: skip
def test_who_bypasses_the_gate_meets_the_same_rules_here(
    asking: Asking, way: Way, alter: Callable[[list[dict[str, Any]]], None], code: str
):
    approval, commands = forged(way, SLIP, alter)
    assert asking.refused(commands["stage"], approval) == code


def test_only_the_one_text_of_an_event_is_read(asking: Asking, way: Way):
    approval, commands = approved(way)
    for last in (f" {approval[-1]}", approval[-1].replace('"why":""', '"why":"","why":""')):
        assert asking.refused(commands["stage"], [*approval[:-1], last]) == "unreadable"
    found = rows(approval)
    found[-1]["more"] = 1
    assert asking.refused(commands["stage"], bound_again(found)) == "unreadable"


def test_a_second_signature_taken_from_another_change_is_none_here(asking: Asking, way: Way):
    approval, commands = approved(way, SLIP)
    found = rows(approval)
    found[-2]["body"]["binds"] = "ab" * 32
    made = [json.dumps(row, sort_keys=True, separators=(",", ":")) for row in found[:-1]]
    found[-1]["body"]["binds"] = hashlib.sha256("\n".join(made).encode()).hexdigest()
    made.append(json.dumps(found[-1], sort_keys=True, separators=(",", ":")))
    assert asking.refused(commands["stage"], made) == "altered"


@pytest.mark.parametrize("change", [OTHER_STRENGTH, PATIENT_MORE])
def test_that_nobody_else_is_needed_is_not_believed_but_compared_with_the_pump(
    asking: Asking, way: Way, change
):
    def alone(found: list[dict[str, Any]]) -> None:
        found[0]["body"]["second"] = []
        del found[1:-1]

    approval, commands = forged(way, change, alone)
    assert asking.refused(commands["stage"], approval) == "second-signer"


def test_a_first_programme_needs_two_whatever_the_approval_says(asking: Asking, way: Way):
    approval, commands = approved(way)
    asking.report = pump_says(None)
    assert asking.refused(commands["stage"], approval) == "second-signer"


def test_a_claimed_decrease_is_held_against_what_the_pump_runs(asking: Asking, way: Way):
    way.propose(LOWER)
    way.keep(glass.break_glass(way.standing, way.pen(why="alone tonight")))
    way.prove()
    approval, commands = texts(way.standing.chain), verbs(proposal_of(way.standing.chain))
    less = replace(RUNS, steps=((0, RUNS.steps[0][1] // 2),))
    asking.report = pump_says(less)
    assert asking.refused(commands["stage"], approval) == "not-lower"
    asking.report = pump_says()
    assert asking.ask(commands["stage"], approval)["ok"]


def _others_glass(found: list[dict[str, Any]]) -> None:
    found[-2]["actor"] = {"who": "Ben", "role": "physician"}


def _silent_glass(found: list[dict[str, Any]]) -> None:
    found[-2]["why"] = ""


def _glass_of_another(found: list[dict[str, Any]]) -> None:
    found[-2]["body"]["proposal"] = "e77"


def _alone_with_a_block(found: list[dict[str, Any]]) -> None:
    row = {"code": "dose-unit-slip", "severity": "block", "message": ""}
    found[0]["body"]["findings"].append(row)
    reason = {"proposal": found[0]["id"], "codes": ["dose-unit-slip"]}
    given = found[0] | {"id": "e90", "kind": "reason-given", "why": "why", "body": reason}
    found.insert(1, given)


@pytest.mark.parametrize(
    ("alter", "code"),
    [
        (_others_glass, "glass"), (_silent_glass, "glass"), (_glass_of_another, "glass"),
        (_alone_with_a_block, "not-lower"),
    ],
)  # fmt: skip
def test_a_broken_glass_is_the_proposers_own_with_a_reason_and_for_this(
    asking: Asking, way: Way, alter: Callable[[list[dict[str, Any]]], None], code: str
):
    way.propose(LOWER)
    way.keep(glass.break_glass(way.standing, way.pen(why="alone tonight")))
    way.prove()
    found = rows(texts(way.standing.chain))
    alter(found)
    stage = verbs(proposal_of(way.standing.chain))["stage"]
    assert asking.refused(stage, bound_again(found)) == code


@pytest.mark.parametrize("number", [1, 2])
def test_a_part_of_an_approval_is_none(asking: Asking, way: Way, number: int):
    ordered = way.keep(way.pen().writes(b.ChangeOrdered(way.propose(IN_RANGE).body.prescription)))
    chain = [ordered, *way.signed(IN_RANGE)]
    stage = verbs(proposal_of(way.standing.chain))["stage"]
    assert asking.refused(stage, texts(chain[:number])) == "incomplete"
    assert asking.refused(stage, texts(chain[1 : 1 + number][:1])) == "incomplete"


def _programme_alone(found: list[dict[str, Any]]) -> None:
    body = found[0]["body"]
    body["programme"] = body["programme"].replace('"most_per_day":5', '"most_per_day":4')


def _both(found: list[dict[str, Any]]) -> None:
    _programme_alone(found)
    body = found[0]["body"]
    body["digest"] = hashlib.sha256(body["programme"].encode()).hexdigest()


@pytest.mark.parametrize(
    ("old", "new"), [('"version":2', '"version":3'), (f'"serial":"{SERIAL}"', '"serial":"CR-1"')]
)
def test_a_programme_for_another_pump_or_version_is_not_signed(
    asking: Asking, way: Way, old: str, new: str
):
    approval, _ = approved(way)
    found = rows(approval)
    body = found[0]["body"]
    assert old in body["programme"]
    body["programme"] = body["programme"].replace(old, new)
    body["digest"] = hashlib.sha256(body["programme"].encode()).hexdigest()
    stage = v.Stage(json.loads(body["programme"]), body["digest"])
    assert asking.refused(stage, bound_again(found)) == "version"


@pytest.mark.parametrize("alter", [_programme_alone, _both])
def test_the_programme_and_its_digest_belong_together_and_to_the_command(
    asking: Asking, way: Way, alter: Callable[[list[dict[str, Any]]], None]
):
    approval, commands = forged(way, IN_RANGE, alter)
    assert asking.refused(commands["stage"], approval) == "altered"
    if alter is _programme_alone:
        body = rows(approval)[0]["body"]
        under_its_digest = v.Stage(json.loads(body["programme"]), body["digest"])
        assert asking.refused(under_its_digest, approval) == "altered"


@pytest.mark.parametrize("change", [IN_RANGE, PATIENT_MORE])
def test_a_nurse_needs_her_order_here_too_and_sets_no_patient_dose(
    asking: Asking, way: Way, change: Wanted
):
    body = Way().propose(change).body
    order = way.keep(way.pen().writes(b.ChangeOrdered(body.prescription)))
    chain = way.signed(change)
    found = [json.loads(t) for t in texts((order, *chain))]
    for row in found[1:]:
        if row["actor"]["who"] == "Ada":
            row["actor"] = {"who": "Cleo", "role": "nurse"}
    stage = verbs(body)["stage"]
    assert asking.refused(stage, bound_again(found[1:])) == "no-order"
    found[1]["body"]["under"] = order.id
    if change is PATIENT_MORE:
        assert asking.refused(stage, bound_again(found)) == "role"
        return
    for key, other in (("id", "e99"), ("actor", {"who": "Zoe", "role": "nurse"})):
        wrong = [found[0] | {key: other}, *found[1:]]
        assert asking.refused(stage, bound_again(wrong)) == "no-order"
    wrong = [found[0] | {"body": {"prescription": "ab", "proof": None}}, *found[1:]]
    assert asking.refused(stage, bound_again(wrong)) == "no-order"
    assert asking.ask(stage, bound_again(found))["ok"]


def test_a_proof_for_another_change_is_none_here(asking: Asking, way: Way):
    approval, commands = approved(way)
    found = rows(approval)
    found[-1]["body"]["binds"] = "ab" * 32
    last = json.dumps(found[-1], sort_keys=True, separators=(",", ":"))
    assert asking.refused(commands["stage"], [*approval[:-1], last]) == "altered"


def test_a_surgeon_who_signs_second_names_her_privilege(asking: Asking, way: Way):
    approval, commands = approved(way, PATIENT_MORE)
    found = rows(approval)
    found[-2]["actor"] = {"who": "Eve", "role": "surgeon"}
    assert asking.refused(commands["stage"], bound_again(found)) == "no-privilege"
    found[-2]["body"]["under"] = "granted 2026-01-04"
    assert asking.ask(commands["stage"], bound_again(found))["ok"]


def test_a_pharmacist_lowers_no_dose_alone(asking: Asking, way: Way):
    way.propose(LOWER, by=NURSE, under=ALONE)
    way.keep(glass.break_glass(way.standing, way.pen(NURSE, "alone tonight")))
    way.prove()
    found = rows(texts(way.standing.chain))
    for row in found:
        row["actor"]["role"] = "pharmacist"
    stage = verbs(proposal_of(way.standing.chain))["stage"]
    assert asking.refused(stage, bound_again(found)) == "role"


def test_a_surgeon_names_her_privilege_here_too(asking: Asking, way: Way):
    chain = way.signed(IN_RANGE)
    found = [json.loads(t) for t in texts(chain)]
    for row in found:
        row["actor"]["role"] = "surgeon"
    stage = verbs(proposal_of(chain))["stage"]
    assert asking.refused(stage, bound_again(found)) == "no-privilege"
    found[0]["body"]["under"] = "granted 2026-01-04"
    assert asking.ask(stage, bound_again(found))["ok"]


def test_a_nurse_alone_lowers_a_dose_that_is_above_its_range(asking: Asking, way: Way):
    way.propose(HIGH_LOWER, by=NURSE, under=ALONE)
    way.reason()
    way.keep(glass.break_glass(way.standing, way.pen(NURSE, "drowsy, nobody answers")))
    way.prove()
    chain = way.standing.chain
    ran = replace(programme(HIGH_OLD, LIBRARY, 1), serial=RUNS.serial)
    asking.report = pump_says(ran)
    assert asking.ask(verbs(proposal_of(chain))["stage"], texts(chain))["ok"]
    found = [row for row in rows(texts(chain)) if row["kind"] != "glass-broken"]
    assert asking.refused(verbs(proposal_of(chain))["stage"], bound_again(found)) == "glass"


def test_what_the_pump_runs_is_believed_from_the_pump_alone(asking: Asking, way: Way):
    approval, commands = approved(way)
    for wrong, code in (
        (b"", "no-report"),
        (b"{}", "no-report"),
        (pump_says()[:-3], "no-report"),
        (pump_says(signs=secret("ben")), "no-report"),
        (pump_says(pump="CR-1"), "no-report"),
        (pump_says(key=BEN.key), "no-report"),
        (pump_says(version=2), "version"),
    ):
        asking.report = wrong
        assert asking.refused(commands["stage"], approval) == code


def test_a_command_for_another_pump_version_key_or_role_is_not_signed(asking: Asking, way: Way):
    approval, commands = approved(way)
    stage = commands["stage"]
    assert asking.refused(stage, approval, pump="CR-1") == "other-pump"
    assert asking.refused(stage, approval, base=2) == "altered"
    assert asking.refused(stage, approval, key=BEN.key) == "other-key"
    assert asking.refused(stage, approval, role=v.Role.EMERGENCY) == "other-key"


def test_another_programme_than_the_approved_one_is_not_signed(asking: Asking, way: Way):
    approval, _ = approved(way)
    other = verbs(proposal_of(Way().signed(LOWER)))
    assert asking.refused(other["stage"], approval) == "altered"
    assert asking.refused(v.Confirm("ab" * 32), approval) == "altered"
    assert asking.refused(v.Activate(2), approval) == "altered"
