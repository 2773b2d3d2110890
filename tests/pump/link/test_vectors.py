"""The bytes on the wire stay as they are: `vectors.json` is what a client in JavaScript is held to.

In a browser the canonical bytes of an object are `JSON.stringify` of it with its keys sorted.
"""

import hashlib
import json
from pathlib import Path

from cisterna.pump.link import frame
from cisterna.pump.link.answer import SignedAnswer, from_pump
from cisterna.pump.link.command import Command
from cisterna.pump.link.pairing import offer
from cisterna.pump.link.proof import code_key, key_id, text
from cisterna.pump.link.record import plain
from cisterna.pump.link.verbs import AskDose, Role
from tests.pump.link.people import PATIENT, PUMP_PUBLIC, secret

VECTORS = json.loads((Path(__file__).parent / "vectors.json").read_text("utf-8"))


def test_a_command_has_the_published_bytes_and_signature():
    command = PATIENT.says(AskDose(), 3)
    assert frame.body(command).decode() == VECTORS["command"]
    assert text("command", plain(command.head)).decode() == VECTORS["signed_text"]
    assert secret("patient").private_bytes_raw().hex() == VECTORS["seed"]
    assert key_id(VECTORS["public"]) == VECTORS["key"]


def test_the_signed_text_is_plain_sorted_json_after_one_line():
    line, _, rest = VECTORS["signed_text"].partition("\n")
    head = json.loads(VECTORS["command"])["frame"]["head"]
    assert line == "cisterna/link/1/command"
    assert rest == json.dumps(head, sort_keys=True, separators=(",", ":"))
    digest = hashlib.sha256(b"cisterna/link/1/args\n{}").hexdigest()
    assert head["digest"] == digest


def test_an_answer_and_a_pairing_have_the_published_bytes():
    answer = frame.outbound(VECTORS["answer"].encode())
    assert isinstance(answer, SignedAnswer)
    assert from_pump(answer, PUMP_PUBLIC)
    assert code_key(VECTORS["code"]) == VECTORS["code_key"]
    pair = offer(VECTORS["code_key"], VECTORS["pump"], Role.REMOTE, VECTORS["public"])
    assert frame.body(pair).decode() == VECTORS["pair"]
    assert isinstance(frame.inbound(VECTORS["command"].encode()), Command)
