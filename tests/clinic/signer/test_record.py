"""Whatever is asked has an answer; the key is its owner's; what is signed is on disk before."""

import json
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cisterna.clinic.signer.key import UnsafeKey, private_key
from cisterna.clinic.signer.record import BrokenRecord, Record
from cisterna.pump import certificates as tls
from cisterna.pump.link import verbs as v
from tests.clinic.gate.people import (
    SLIP,
)
from tests.clinic.signer.asking import (
    Asking,
    approved,
    asking_way,
    rows,
)


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


@pytest.mark.parametrize("purpose", ["", "cisterna/link/1/key\n", "cisterna/link/2/command\n"])
def test_a_head_that_is_not_marked_as_a_command_is_not_signed(asking: Asking, purpose: str):
    swap = ("cisterna/link/1/command\n", purpose)
    assert asking.refused(v.Interrogate(), swap=swap) == "not-a-command"


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
