"""The key signs what an approval names, once, while it is fresh: though the gate be bypassed."""

import hashlib
import json
import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cisterna.clinic.event import Event
from cisterna.clinic.gate import bodies as b
from cisterna.clinic.gate import glass
from cisterna.clinic.gate.acts import SIGNING
from cisterna.clinic.gate.change import Wanted
from cisterna.clinic.gate.leave import ALONE
from cisterna.clinic.signer.desk import FREE, STEPS
from cisterna.clinic.signer.key import UnsafeKey, private_key
from cisterna.clinic.signer.record import BrokenRecord, Record
from cisterna.pump import certificates as tls
from cisterna.pump.link import verbs as v
from cisterna.pump.link.proof import digest
from cisterna.pump.setting import programme
from tests.clinic.gate.people import (
    IN_RANGE,
    LARGE_STEP,
    LOWER,
    NURSE,
    OTHER_STRENGTH,
    PATIENT_MORE,
    SLIP,
    Way,
)
from tests.clinic.gate.test_gate import HIGH_LOWER, HIGH_OLD
from tests.clinic.signer.asking import (
    RUNS,
    Asking,
    bound_again,
    pump_says,
    texts,
    verbs,
)
from tests.orders import LIBRARY
from tests.pump.link.people import ADA, BEN, EVERY_VERB

NO_ARGUMENTS = digest("args", {})
NEVER = sorted(set(v.VERBS) - FREE - set(STEPS))


@pytest.fixture
def way() -> Way:
    """A person's record."""
    return Way()


@pytest.fixture
def asking(tmp_path: Path, way: Way) -> Iterator[Asking]:
    """Somebody at the desk, at the time of the record."""
    found = Asking(tmp_path, lambda: way.at)
    yield found
    found.desk.record.close()


def approved(way: Way, change: Wanted = IN_RANGE) -> tuple[list[str], dict[str, v.Verb]]:
    """The texts of an approval, and the commands that it covers."""
    chain = way.signed(change)
    return texts(chain), verbs(proposal_of(chain))


def proposal_of(chain: tuple[Event, ...]) -> b.ChangeProposed:
    found = next(e.body for e in chain if isinstance(e.body, b.ChangeProposed))
    assert isinstance(found, b.ChangeProposed)
    return found


def rows(approval: list[str]) -> list[dict[str, Any]]:
    return [json.loads(text) for text in approval]


# What it signs -----------------------------------------------------------------------------------


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


@pytest.mark.parametrize("name", STEPS)
def test_nothing_that_changes_a_dose_is_signed_without_an_approval(asking: Asking, name: str):
    assert asking.refused(EVERY_VERB[name]) == "no-approval"


@pytest.mark.parametrize("name", NEVER)
def test_no_approval_covers_any_other_verb(asking: Asking, way: Way, name: str):
    approval, _ = approved(way)
    assert asking.refused(EVERY_VERB[name], approval) == "verb"


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


# Altered and forged ------------------------------------------------------------------------------


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


def asking_way(asking: Asking) -> Way:
    """A new record whose clock the desk reads."""
    way = Way()
    asking.desk.clock = lambda: way.at
    return way


def forged(
    way: Way, change: Wanted, alter: Callable[[list[dict[str, Any]]], None]
) -> tuple[list[str], dict[str, v.Verb]]:
    """An approval by somebody who bypassed the gate and binds it all again."""
    approval, commands = approved(way, change)
    found = rows(approval)
    alter(found)
    return bound_again(found), commands


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


@pytest.mark.parametrize("alter", [_programme_alone, _both])
def test_the_programme_and_its_digest_belong_together_and_to_the_command(
    asking: Asking, way: Way, alter: Callable[[list[dict[str, Any]]], None]
):
    approval, commands = forged(way, IN_RANGE, alter)
    assert asking.refused(commands["stage"], approval) == "altered"


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


# Whatever comes in -------------------------------------------------------------------------------


@settings(
    max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)
@given(
    st.binary(max_size=80)
    | st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=5),
        lambda part: (
            st.lists(part, max_size=3)
            | st.dictionaries(st.sampled_from(["ask", "text", "approval", "report"]), part)
        ),
    ).map(lambda value: json.dumps(value).encode())
)
def test_whatever_is_asked_an_answer_comes_back_and_says_why(asking: Asking, asked: bytes):
    answer = json.loads(asking.desk.answer(asked))
    assert answer["ok"] or (answer["code"] and answer["why"])
    assert asking.desk.record.lines == 0


@settings(
    max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)
@given(
    at=st.integers(0, 3),
    key=st.sampled_from(["body", "actor", "recorded", "kind", "id", "why", "person"]),
    value=st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=5),
        lambda part: st.lists(part, max_size=2) | st.dictionaries(st.text(max_size=6), part),
    ),
)
def test_a_malformed_event_is_a_refusal_and_nothing_else(
    asking: Asking, at: int, key: str, value: Any
):
    way = asking_way(asking)
    approval, commands = approved(way, SLIP)
    found = rows(approval)
    before = found[at][key]
    found[at][key] = value
    altered = [json.dumps(row, sort_keys=True, separators=(",", ":")) for row in found]
    if value != before and at < 3:
        asking.refused(commands["stage"], altered)
    else:
        asking.ask(commands["stage"], altered)


def test_a_question_without_end_is_cut(asking: Asking):
    assert json.loads(asking.desk.answer(b"[" * (1 << 21)))["code"] == "too-long"
    assert json.loads(asking.desk.answer(b"[" * 100_000))["code"] == "unreadable"


# The key and the record --------------------------------------------------------------------------


def test_a_key_that_others_may_read_is_not_used(tmp_path: Path):
    tls.new_signing_key(tmp_path)
    path = tmp_path / tls.SIGNING_KEY
    assert private_key(path).sign(b"x")
    for mode in (0o640, 0o604, 0o700, 0o400):
        path.chmod(mode)
        with pytest.raises(UnsafeKey, match="0600"):
            private_key(path)
    path.chmod(0o600)
    link = tmp_path / "link"
    link.symlink_to(path)
    with pytest.raises(UnsafeKey, match="opened"):
        private_key(link)
    path.write_bytes(b"nothing")
    with pytest.raises(UnsafeKey, match="no key"):
        private_key(path)


def test_where_nothing_can_be_recorded_nothing_is_signed(
    asking: Asking, monkeypatch: pytest.MonkeyPatch
):
    def full(file: int) -> None:
        raise OSError("no space")

    monkeypatch.setattr(os, "fsync", full)
    assert asking.refused(v.Interrogate()) == "record"
    monkeypatch.undo()
    assert asking.ask(v.Interrogate())["ok"]
    asking.restarts()
    assert asking.desk.record.lines == 1


def test_a_torn_line_is_cut_away_and_a_changed_one_stops_the_signer(tmp_path: Path):
    path = tmp_path / "signed.jsonl"
    record = Record(path)
    record.add("now", "stage", "text", "a" * 64)
    record.add("now", "confirm", "text", "a" * 64)
    with pytest.raises(BrokenRecord, match="another signer"):
        Record(path)
    record.close()
    whole = path.read_bytes()
    for cut in range(len(whole.splitlines(keepends=True)[0]), len(whole)):
        path.write_bytes(whole[:cut])
        found = Record(path)
        assert found.spent("a" * 64) == {"stage"}
        found.close()
    lines = whole.splitlines(keepends=True)
    for wrong in (whole.replace(b"stage", b"staGe"), lines[1], lines[1] + lines[0], b"{}\n"):
        path.write_bytes(wrong)
        with pytest.raises(BrokenRecord, match="not as it was written"):
            Record(path)
