"""What is on the bench: a coarse pump, its programmes, and the people with their keys.

Strokes are large and steps six hours long, so that a day is a few strokes; the times of doses,
lockouts and limits stand to one another as in a patient. Rules, lease and alarms keep their own
constants.
"""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from unittest.mock import patch

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from cisterna.pump import controller
from cisterna.pump import events as e
from cisterna.pump.link import command, proof, verbs
from cisterna.pump.link.command import Sender
from cisterna.pump.link.frame import body
from cisterna.pump.link.keys import Key, added, provision
from cisterna.pump.link.proof import key_id, public_of
from cisterna.pump.link.rules import RULES
from cisterna.pump.link.state import Link
from cisterna.pump.link.verbs import Role
from cisterna.pump.programme import BridgeRule, Device, PatientRule, Programme, Slug
from cisterna.pump.state import State
from cisterna.pump.terms import programme_terms
from cisterna.quantity import DAY_MS, HOUR_MS
from tests.pump.model.canon import NOW

SERIAL = "CIS-0001"
STROKE_NL = 60_000
NG_PER_ML = 1_000_000
ONE_FG = STROKE_NL * NG_PER_ML
QUARTER_MS = 6 * HOUR_MS
SHORT_MS = 20_000
FULL_NL = 40 * STROKE_NL
RULE = PatientRule(STROKE_NL, 3 * HOUR_MS, 12 * HOUR_MS, 2)
DEVICE = Device(
    SERIAL, STROKE_NL, 200_000, FULL_NL, stop_limit_ms=DAY_MS, life_ms=1 << 50, warning_ms=1
)
PEOPLE = {
    "A": Role.PROGRAMMER,
    "B": Role.PROGRAMMER,
    "remote": Role.REMOTE,
    "reader": Role.EMERGENCY,
}
BOLUS_FIGURES = (2 * STROKE_NL, 3 * HOUR_MS, 9 * ONE_FG)
BOLUS = verbs.ClinicianBolus(*BOLUS_FIGURES)
PRIME = verbs.Prime(STROKE_NL, 30_000)


@cache
def programme(kind: str, version: int) -> Programme:
    """The programmes: `slow` runs; `fast` and `bridged` may replace it, `none` stops the pump."""
    slow, fast = ((0, 10_000),), ((0, 10_000), (2 * QUARTER_MS, 20_000))
    return Programme(
        serial=SERIAL,
        version=version,
        primary="morphine",
        ng_per_ml=NG_PER_ML,
        mode="stopped" if kind == "none" else "flex",
        cycle_ms=DAY_MS,
        zero_ms=0,
        steps={"none": ((0, 0),), "slow": slow}.get(kind, fast),
        per_24h_fg=(6 if kind == "slow" else 8) * ONE_FG,
        patient=None if kind == "none" else RULE,
        bridge=BridgeRule(STROKE_NL, 10_000) if kind == "bridged" else None,
        floor_nl_per_h=None if kind == "none" else 5_000,
        low_reservoir_nl=2 * STROKE_NL,
        words=kind,
    )


@cache
def digest(kind: str, version: int) -> str:
    """The digest of one of them."""
    return programme(kind, version).digest


def new_pump(reservoir_nl: int = FULL_NL) -> State:
    """A pump without a programme, at `NOW`."""
    line = (Slug(STROKE_NL, NG_PER_ML),)
    return controller.new_pump(DEVICE, NOW, -NOW, reservoir_nl, NG_PER_ML, line)


def programming(pump: State, kind: str) -> list[e.Event]:
    """The events that put a programme into a pump."""
    p = programme(kind, pump.version + 1)
    return [
        e.SessionOpened(NOW, 0),
        e.Staged(NOW, 0, p),
        e.Confirmed(NOW, 0, p.digest),
        e.Activated(NOW, 0, pump.version),
        e.SessionEnded(NOW, 0),
    ]


def stage(kind: str, base: int) -> verbs.Stage:
    """Stage a programme that follows version `base`."""
    return verbs.Stage(programme_terms(programme(kind, base + 1)), digest(kind, base + 1))


def verb(name: str, base: int) -> verbs.Verb:
    """A verb of a script: `stage:fast`, `confirm:fast`, `alarm_acknowledge:memory`, `stop` …"""
    name, _, what = name.partition(":")
    if name == "stage":
        return stage(what, base)
    if name == "confirm":
        return verbs.Confirm(digest(what, base + 1))
    if name == "activate":
        return verbs.Activate(base)
    made = {
        "clinician_bolus": BOLUS,
        "prime": PRIME,
        "record_line": verbs.RecordLine(STROKE_NL, STROKE_NL, 0),
        "refill": verbs.Refill(0, FULL_NL, NG_PER_ML),
        "alarm_acknowledge": verbs.AlarmAcknowledge(what or "flow"),
        "clock_set": verbs.ClockSet(HOUR_MS),
    }
    return made.get(name) or verbs.VERBS[name]()


@cache
def _secret(who: str) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(hashlib.sha256(who.encode()).digest())


@cache
def key(who: str) -> str:
    """The fingerprint of somebody's key."""
    return key_id(public_of(_secret(who)))


def new_link() -> Link:
    """A link that knows everybody; the reader's visit does not end in this model."""
    public = {who: public_of(_secret(who)) for who in PEOPLE}
    ring = provision(SERIAL, public_of(_secret("pump")), (public["A"], public["B"]))
    ring = added(ring, Key(key("remote"), Role.REMOTE, public["remote"]))
    return Link(added(ring, Key(key("reader"), Role.EMERGENCY, public["reader"])))


@cache
def frame(who: str, number: int, name: str, counter: int, base: int, age: int) -> tuple[bytes, str]:
    """A signed command as it travels, issued `age` ms ago, and what `same_text` says of it."""
    made = said(who, number, name, counter, base, NOW - age)
    return body(made), command.same_text(made.head)


def signer(who: str) -> proof.Signer:
    """How somebody signs."""
    return _secret(who).sign


def said(who: str, number: int, name: str, counter: int, base: int, issued: int) -> command.Command:
    """A command that was issued at a time."""
    sender = Sender(SERIAL, PEOPLE[who], key(who), signer(who))
    window = RULES[name.partition(":")[0]].window_ms or 60_000
    return sender.command(
        verb(name, base),
        id=f"{list(PEOPLE).index(who) + 1:x}{number:031x}",
        counter=counter,
        base=base,
        issued_ms=issued,
        expires_ms=issued + window,
    )


@contextmanager
def remembered() -> Iterator[None]:
    """`genuine` is pure and slow: the same question is asked of it once."""
    with patch.object(command, "genuine", cache_signature):
        yield


_ANSWERS: dict[tuple[str, str], bool] = {}


def cache_signature(public: str, purpose: str, value: object, signature: str) -> bool:
    """`proof.genuine`, asked once for each signature and value."""
    asked = (signature, proof.digest(purpose, value))  # type: ignore[arg-type]
    if asked not in _ANSWERS:
        _ANSWERS[asked] = proof.genuine(public, purpose, value, signature)  # type: ignore[arg-type]
    return _ANSWERS[asked]
