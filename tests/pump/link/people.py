"""A pump, two programmers, a remote, a stranger: their keys, and the frames they send."""

import hashlib
import re
from dataclasses import dataclass, replace
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from cisterna.pump.link.answer import ACCEPTED, Answer, Kind, Response
from cisterna.pump.link.command import Command, Sender
from cisterna.pump.link.door import Carry, Reply, Silence, Step, receive, settle
from cisterna.pump.link.frame import Frame, body
from cisterna.pump.link.judge import Situation
from cisterna.pump.link.keys import Key, Ring, added, provision
from cisterna.pump.link.proof import key_id, public_of
from cisterna.pump.link.rules import RULES
from cisterna.pump.link.state import Link
from cisterna.pump.link.verbs import Knock, Role, Verb, programme_digest, verb

PUMP = "CIS-0001"
OTHER_PUMP = "CIS-0002"
NOW = 1_000_000_000
VERSION = 7
AT = Situation(NOW, VERSION)
SECOND = 1000
PROGRAMME: dict[str, Any] = {"mode": "continuous", "steps": [[0, 20000]], "floor_nl_per_h": None}
DIGEST = programme_digest(PROGRAMME)
CODE_KEY = "c0" * 32

ARGUMENTS: dict[str, dict[str, Any]] = {
    "stage": {"programme": PROGRAMME, "digest": DIGEST},
    "confirm": {"digest": DIGEST},
    "activate": {"base_version": VERSION},
    "clinician_bolus": {
        "volume_nl": 100_000,
        "duration_ms": 600_000,
        "limit_fg_per_24h": 10**15,
    },
    "prime": {"volume_nl": 250_000, "rate_nl_per_h": 1_000_000},
    "record_line": {"volume_nl": 200_000, "empty_nl": 200_000, "ng_per_ml": 0},
    "refill": {"measured_nl": 2_000_000, "fill_nl": 20_000_000, "ng_per_ml": 10**9},
    "clock_set": {"offset_ms": -3_600_000},
    "alarm_silence": {"alarm": "low-reservoir"},
    "alarm_acknowledge": {"alarm": "stall"},
    "pair_begin": {"role": "remote", "code_key": CODE_KEY},
    "revoke": {"key": "ab" * 32},
}
EVERY_VERB: dict[str, Verb] = {name: verb(name, ARGUMENTS.get(name, {})) for name in RULES}


def secret(name: str) -> Ed25519PrivateKey:
    """The private key of somebody: the same in every run."""
    return Ed25519PrivateKey.from_private_bytes(hashlib.sha256(name.encode()).digest())


@dataclass(frozen=True)
class Person:
    """Somebody with a key and a role, who knows which pump is meant."""

    name: str
    role: Role
    pump: str = PUMP

    @property
    def public(self) -> str:
        """The public half of the key."""
        return public_of(secret(self.name))

    @property
    def key(self) -> str:
        """The fingerprint."""
        return key_id(self.public)

    def says(self, wanted: Verb, counter: int, **other: Any) -> Command:
        """A command, good for ten seconds from now unless told otherwise."""
        sender = Sender(self.pump, self.role, self.key, secret(self.name).sign)
        known: dict[str, Any] = {
            "id": f"{counter:032x}",
            "base": VERSION,
            "issued_ms": NOW,
            "expires_ms": NOW + 10 * SECOND,
        }
        return sender.command(wanted, counter=counter, **(known | other))


ADA = Person("ada", Role.PROGRAMMER)
BEN = Person("ben", Role.PROGRAMMER)
CLEO = Person("cleo", Role.PROGRAMMER)
PATIENT = Person("patient", Role.REMOTE)
READER = Person("reader", Role.EMERGENCY)
STRANGER = Person("stranger", Role.REMOTE)
PUMP_SECRET = secret("pump")
PUMP_PUBLIC = public_of(PUMP_SECRET)


def ring(*people: Person) -> Ring:
    """A pump's ring with Ada, Ben and Cleo, and these people's keys."""
    found = provision(PUMP, PUMP_PUBLIC, (ADA.public, BEN.public, CLEO.public))
    for person in people:
        until = NOW + 600 * SECOND if person.role is Role.EMERGENCY else None
        found = added(found, Key(person.key, person.role, person.public, until))
    return found


def link(*people: Person) -> Link:
    """A pump that knows Ada, Ben and Cleo, the patient, and these people."""
    return Link(ring(PATIENT, *people))


def in_session(of: Person, number: int = 1) -> Link:
    """A pump in which somebody has the programming session."""
    known = link(READER)
    return replace(known, lease=replace(known.lease, number=number, holder=of.key, heard_ms=NOW))


def send(to: Link, frame: Frame, at: Situation = AT) -> Step:
    """What the pump does with a frame."""
    return receive(to, body(frame), at)


def ask(
    to: Link, frame: Frame, at: Situation = AT, response: Response = ACCEPTED
) -> tuple[Link, Answer]:
    """Send a command; a controller that says `response` carries it out. The link, the answer."""
    step = send(to, frame, at)
    if isinstance(step.outcome, Carry):
        after, answer, _ = settle(step.link, step.outcome, response, at)
        return after, answer
    return step.link, answered(step)


def answered(step: Step) -> Answer:
    """The answer of a step that answers."""
    assert isinstance(step.outcome, Reply), step.outcome
    assert isinstance(step.outcome.body, Answer)
    response = step.outcome.body.response
    if response.kind is Kind.REFUSED:
        assert response.code is not None
        assert re.fullmatch(r"[a-z0-9].*[a-z0-9]", response.message, re.DOTALL), response
    return step.outcome.body


def code(step: Step) -> str | None:
    """Why a step refuses; None if it accepts or carries out."""
    if isinstance(step.outcome, Carry):
        return None
    assert not isinstance(step.outcome, Silence), step.outcome
    return answered(step).response.code


def carried(step: Step) -> bool:
    """Whether a command reached the controller."""
    return isinstance(step.outcome, Carry)


def knock(by: Person, counter: int) -> bytes:
    """A knock as bytes."""
    return body(by.says(Knock(), counter))
