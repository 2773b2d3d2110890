"""A desk with a key, what a pump says it runs, and commands to be signed."""

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from cisterna.clinic.event import Event, event_text
from cisterna.clinic.gate.bodies import ChangeProposed
from cisterna.clinic.gate.change import Wanted
from cisterna.clinic.signer.desk import Desk
from cisterna.clinic.signer.record import Record
from cisterna.pump.link import frame as f
from cisterna.pump.link import verbs as v
from cisterna.pump.link.answer import Answer, report, seal
from cisterna.pump.link.canonical import decode
from cisterna.pump.link.command import Sender
from cisterna.pump.programme import Programme
from cisterna.pump.setting import programme
from cisterna.pump.terms import programme_terms
from tests.clinic.gate.people import IN_RANGE, OLD, SERIAL, Way
from tests.orders import LIBRARY
from tests.pump.link.people import ADA, PUMP_PUBLIC, PUMP_SECRET, secret

KEY = secret("ada")
RUNS = replace(programme(OLD, LIBRARY, 1), serial=SERIAL)
"""What the pump runs: the old order."""


def pump_says(
    runs: Programme | None = RUNS,
    version: int = 1,
    pump: str = SERIAL,
    key: str = ADA.key,
    signs: Ed25519PrivateKey = PUMP_SECRET,
) -> bytes:
    """The pump's signed report to the holder of a key."""
    content = {"programme": programme_terms(runs) if runs else None}
    body = Answer(pump, key, "ab" * 16, 0, version, 1, report(content))
    return f.body(seal(body, signs.sign))


def verbs(proposal: ChangeProposed) -> dict[str, v.Verb]:
    """The commands that an approval of this proposal covers, in their order."""
    terms = decode(proposal.programme.encode())
    assert isinstance(terms, dict)
    found: dict[str, v.Verb] = {}
    if proposal.refill:
        r = proposal.refill
        found["refill"] = v.Refill(r.measured_nl, r.fill_nl, r.ng_per_ml)
    return found | {
        "stage": v.Stage(terms, proposal.digest),
        "confirm": v.Confirm(proposal.digest),
        "activate": v.Activate(proposal.base_version),
    }


def texts(chain: Sequence[Event]) -> list[str]:
    """The texts of a chain."""
    return [event_text(e) for e in chain]


def bound_again(rows: list[dict[str, Any]]) -> list[str]:
    """A forger's texts: every signature bound to what stands before it now."""
    made: list[str] = []
    for row in rows:
        if "binds" in row["body"]:
            row["body"]["binds"] = hashlib.sha256("\n".join(made).encode()).hexdigest()
        made.append(json.dumps(row, sort_keys=True, separators=(",", ":")))
    return made


@dataclass
class Asking:
    """Somebody who asks a desk, with a counter that rises."""

    folder: Path
    clock: Callable[[], datetime]
    used: int = 0
    report: bytes = field(default_factory=pump_says)
    desk: Desk = field(init=False)

    def __post_init__(self) -> None:
        """Open the desk."""
        self.opens()

    def opens(self) -> None:
        """A desk over the record that is there."""
        record = Record(self.folder / "signed.jsonl")
        self.desk = Desk(KEY, {SERIAL: PUMP_PUBLIC}, record, self.clock)

    def restarts(self) -> None:
        """The process ends and begins again."""
        self.desk.record.close()
        self.opens()

    def question(self, verb: v.Verb, approval: Sequence[str] = (), **head: Any) -> bytes:
        """The bytes that ask for a verb's signature."""
        seen: list[bytes] = []

        def kept(text: bytes) -> bytes:
            seen.append(text)
            return bytes(64)

        self.used += 1
        values: dict[str, Any] = {"id": "cd" * 16, "counter": self.used, "base": 1} | head
        swap = values.pop("swap", ("", ""))
        site = values.pop("site", [])
        pump, key = values.pop("pump", SERIAL), values.pop("key", ADA.key)
        role = values.pop("role", v.Role.PROGRAMMER)
        Sender(pump, role, key, kept).command(verb, issued_ms=0, expires_ms=9000, **values)
        row = {
            "ask": "sign",
            "text": seen[0].replace(*(part.encode() for part in swap)).hex(),
            "approval": list(approval),
            "report": self.report.hex(),
            "site": site,
        }
        return json.dumps(row).encode()

    def ask(self, verb: v.Verb, approval: Sequence[str] = (), **head: Any) -> dict[str, Any]:
        """The desk's answer."""
        found: dict[str, Any] = json.loads(self.desk.answer(self.question(verb, approval, **head)))
        return found

    def refused(self, verb: v.Verb, approval: Sequence[str] = (), **head: Any) -> str:
        """The code of a refusal."""
        before = self.desk.record.lines
        found = self.ask(verb, approval, **head)
        assert not found["ok"], "it was signed"
        assert found["why"].strip()
        assert self.desk.record.lines == before
        return str(found["code"])


def approved(way: Way, change: Wanted = IN_RANGE) -> tuple[list[str], dict[str, v.Verb]]:
    """The texts of an approval, and the commands that it covers."""
    chain = way.signed(change)
    return texts(chain), verbs(proposal_of(chain))


def proposal_of(chain: tuple[Event, ...]) -> ChangeProposed:
    """The proposal of a chain."""
    found = next(e.body for e in chain if isinstance(e.body, ChangeProposed))
    assert isinstance(found, ChangeProposed)
    return found


def rows(approval: list[str]) -> list[dict[str, Any]]:
    """The texts as rows that can be altered."""
    return [json.loads(text) for text in approval]


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
