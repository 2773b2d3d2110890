"""One question, one answer: what is asked to be signed, looked at, written down, signed.

Total: whatever the bytes, an answer comes back and says why it is a refusal.
"""

import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from cisterna.clinic.signer import compare
from cisterna.clinic.signer.chain import UNFIT, row_of
from cisterna.clinic.signer.deed import DEEDS, deed, within_limit
from cisterna.clinic.signer.law import Spans, spans_of
from cisterna.clinic.signer.look import Approval, approval
from cisterna.clinic.signer.passkey import People
from cisterna.clinic.signer.record import Record
from cisterna.clinic.signer.refusal import Refusal, demand
from cisterna.pump.link.canonical import Json, Unfit, decode
from cisterna.pump.link.command import Head
from cisterna.pump.link.proof import digest, key_id, public_of
from cisterna.pump.link.proof import text as link_text
from cisterna.pump.link.record import build
from cisterna.pump.link.verbs import Role

MOST_BYTES = 1 << 20
FREE = frozenset({"knock", "open_session", "close_session", "interrogate", "read_back", "stop"})
"""Signed without an approval: they wake, read, open and close a session, or stop the pump."""
STEPS = ("refill", "stage", "confirm", "activate")
"""Signed under an approval, each once, in this order."""
_PREFIX = link_text("command", {}).removesuffix(b"{}")


def now() -> datetime:
    """The time of the world."""
    return datetime.now(UTC)


@dataclass(slots=True)
class Desk:
    """The key, the pumps' public keys, the record, the time, and the people if they are known."""

    key: Ed25519PrivateKey
    pumps: Mapping[str, str]
    record: Record
    clock: Callable[[], datetime] = now
    people: People | None = None
    _one: threading.Lock = field(default_factory=threading.Lock)

    def answer(self, asked: bytes) -> bytes:
        """The answer to one line of bytes."""
        try:
            reply: dict[str, Any] = {"ok": True} | self._reply(asked)
        except Refusal as refusal:
            reply = {"ok": False, "code": refusal.code, "why": refusal.why}
        except OSError:
            why = "The record cannot be written: nothing is signed."
            reply = {"ok": False, "code": "record", "why": why}
        return json.dumps(reply, sort_keys=True, separators=(",", ":")).encode()

    def _reply(self, asked: bytes) -> dict[str, str]:
        row = _question(asked)
        if row == {"ask": "key"}:
            return {"public": public_of(self.key)}
        text, report = _bytes(row.get("text")), _bytes(row.get("report", ""))
        head = self._head(text)
        texts, site = (_texts(row.get(k, [])) for k in ("approval", "site"))
        with self._one:
            bound = self._may(head, texts, report, _spans(site))
            at = self.clock().isoformat()
            self.record.add(at, head.verb, text.decode("ascii"), bound)
            return {"signature": self.key.sign(text).hex()}

    def _head(self, text: bytes) -> Head:
        """The head of a command of ours. Raises `Refusal` for every other text."""
        demand(text.startswith(_PREFIX), "not-a-command", "Only commands for a pump are signed.")
        try:
            head = build(Head, _value(text.removeprefix(_PREFIX)))
        except Unfit:
            raise Refusal("not-a-command", "This is no command's head.") from None
        ours = head.role is Role.PROGRAMMER and head.key == key_id(public_of(self.key))
        demand(ours, "other-key", "This command is not for our key and role.")
        demand(head.pump in self.pumps, "other-pump", "This pump is not known here.")
        return head

    def _may(self, head: Head, texts: list[str], report: bytes, spans: Spans) -> str | None:
        """What the signature is bound to, None for a free verb. Raises `Refusal`."""
        if head.verb in FREE:
            demand(head.digest == digest("args", {}), "arguments", "This verb has no arguments.")
            return None
        if head.verb in DEEDS:
            return self._by_hand(head, texts, report, spans)
        demand(head.verb in STEPS, "verb", f"No approval covers {head.verb}.")
        found = approval(texts, self.clock(), self.people, spans)
        fits = (head.pump, head.base) == (found.serial, found.base)
        demand(fits, "altered", "The approval is for another pump or version.")
        wanted = compare.asked(found)
        runs = compare.running(report, found, self.pumps[head.pump], head.key)
        compare.allowed(found, wanted, runs, _role(texts))
        right = head.digest == digest("args", _arguments(head.verb, found))
        demand(right, "altered", "This is not what was approved.")
        self._unspent(head.verb, found)
        return found.bound

    def _by_hand(self, head: Head, texts: list[str], report: bytes, spans: Spans) -> str:
        """What the signature of a deed is bound to: this verb, these arguments, once."""
        found = deed(texts, self.clock(), self.people, spans)
        fits = (head.pump, head.base, head.verb) == (found.serial, found.base, found.verb)
        demand(fits, "altered", "The approval is for another pump, version or deed.")
        runs = compare.running(report, found, self.pumps[head.pump], head.key)
        within_limit(found, runs)
        right = head.digest == digest("args", dict(found.arguments))
        demand(right, "altered", "This is not what was approved.")
        spent = self.record.spent(found.bound)
        demand(not spent, "used", "This approval was used already.")
        return found.bound

    def _unspent(self, verb: str, found: Approval) -> None:
        spent = self.record.spent(found.bound)
        demand(verb not in spent, "used", "This approval was used already.")
        steps = STEPS if found.refill is not None else STEPS[1:]
        demand(verb in steps, "verb", "No refill was approved.")
        before = set(steps[: steps.index(verb)])
        demand(before <= spent, "order", "A step before this one was not signed.")


def _question(asked: bytes) -> dict[str, Any]:
    demand(len(asked) <= MOST_BYTES, "too-long", "The question is too long.")
    try:
        row = json.loads(asked)
    except (ValueError, RecursionError):
        row = None
    if not isinstance(row, dict):
        raise Refusal("unreadable", "This is no question.")
    return row


def _texts(value: object) -> list[str]:
    if not isinstance(value, list) or not all(isinstance(t, str) for t in value):
        raise Refusal("unreadable", "An approval, and what the site said, are lists of texts.")
    return value


def _spans(site: list[str]) -> Spans:
    """The site's own times. Raises `Refusal` for what is no word of the clinic's record."""
    try:
        return spans_of(row_of(text) for text in site)
    except UNFIT:
        raise Refusal("unreadable", "What the site said cannot be read.") from None


def _bytes(value: object) -> bytes:
    try:
        return bytes.fromhex(value) if isinstance(value, str) else b""
    except ValueError:
        raise Refusal("unreadable", "Bytes are written in hex.") from None


def _value(body: bytes) -> Json:
    found = decode(body)
    return None if isinstance(found, str) else found


def _role(texts: list[str]) -> str:
    """The role of the proposer, in a chain that was found right."""
    rows = (row_of(text) for text in texts)
    return str(next(r["actor"]["role"] for r in rows if r["kind"] == "change-proposed"))


def _arguments(verb: str, found: Approval) -> Json:
    """The only arguments that this verb may have under an approval."""
    if verb == "stage":
        return {"programme": _value(found.programme.encode()), "digest": found.digest}
    if verb == "confirm":
        return {"digest": found.digest}
    if verb == "refill":
        return dict(found.refill) if found.refill is not None else None
    return {"base_version": found.base}
