"""A pump with its keys on a bench, as its host sees it, and people who send it frames."""

from dataclasses import dataclass, field, replace
from typing import Any, Literal

from cisterna.pump.controller import new_pump
from cisterna.pump.keeper import recall
from cisterna.pump.link import frame as f
from cisterna.pump.link.answer import Answer, Response, SignedAnswer, SignedGreeting, from_pump
from cisterna.pump.link.canonical import Reason
from cisterna.pump.link.keys import Key, added, provision
from cisterna.pump.link.verbs import (
    Activate,
    CloseSession,
    Confirm,
    OpenSession,
    Role,
    Stage,
    Verb,
)
from cisterna.pump.programme import Device, PatientRule, Programme, Slug
from cisterna.pump.terms import programme_terms
from cisterna.pump.unit import Heard, Unit
from cisterna.quantity import DAY_MS, HOUR_MS
from tests.pump.disk import Disk
from tests.pump.link.people import (
    ADA,
    BEN,
    CLEO,
    PATIENT,
    PUMP,
    PUMP_PUBLIC,
    PUMP_SECRET,
    Person,
)

MINUTE = 60_000
DEVICE = Device(PUMP, 1000, 1_000_000, 20_000_000, 2 * DAY_MS, 2555 * DAY_MS, 90 * DAY_MS)
PROGRAMME = Programme(
    serial=PUMP,
    version=1,
    primary="morphine",
    ng_per_ml=10_000_000,
    mode="flex",
    cycle_ms=DAY_MS,
    zero_ms=0,
    steps=((0, 60_000), (6 * HOUR_MS, 20_000)),
    per_24h_fg=10**13,
    patient=PatientRule(5_000, 10 * MINUTE, HOUR_MS, 4),
    low_reservoir_nl=2_000_000,
    floor_nl_per_h=6_000,
)
CAPACITY = 65_536


def next_programme(version: int, **other: Any) -> Programme:
    """The programme in another version."""
    return replace(PROGRAMME, version=version, **other)


@dataclass
class Bench:
    """A unit, its disk, its time, and each person's counter."""

    unit: Unit
    disk: Disk
    now: int = 0
    used: dict[str, int] = field(default_factory=dict)

    def command(self, by: Person, wanted: Verb, **other: Any) -> bytes:
        """The bytes of a command that is good for ten seconds."""
        counter = self.used[by.name] = self.used.get(by.name, 0) + 1
        times = {"issued_ms": self.now, "expires_ms": self.now + 10_000}
        version = {"base": self.unit.state.version}
        return f.body(by.says(wanted, counter, **(version | times | other)))

    def hear(self, content: bytes) -> Heard:
        """What the unit does with bytes."""
        return self.unit.hear(content, self.now)

    def ask(self, by: Person, wanted: Verb, **other: Any) -> Response:
        """A command and its answer, a millisecond later."""
        self.now += 1
        return answer(self.hear(self.command(by, wanted, **other))).response

    def programme(self, by: Person, wanted: Programme) -> None:
        """The whole session, from opening to closing."""
        terms = programme_terms(wanted)
        for verb in (
            OpenSession(),
            Stage(terms, wanted.digest),
            Confirm(wanted.digest),
            Activate(wanted.version - 1),
            CloseSession(),
        ):
            assert self.ask(by, verb).code is None, verb

    def power_cut(self, off_ms: int = 1000) -> None:
        """The power goes: only what was synced is left; it returns a while later."""
        self.disk = Disk(dict(self.disk.kept))
        recalled = recall(self.disk, PUMP)
        self.now = max(self.now, recalled.keeper.marked_ms) + off_ms
        self.unit = Unit.resumed(recalled, PUMP_SECRET.sign, self.now)

    def passes(self, ms: int) -> None:
        """Time passes."""
        self.now += ms
        self.unit.advance(self.now)


def bench(
    *people: Person,
    programme: Programme | None = PROGRAMME,
    mri: Literal["stall", "valve", "none"] = "stall",
) -> Bench:
    """A pump full of its programme's solution, for Ada, Ben and Cleo, with a patient's remote."""
    ring = provision(PUMP, PUMP_PUBLIC, (ADA.public, BEN.public, CLEO.public))
    for person in (PATIENT, *people):
        until = 600_000 if person.role is Role.EMERGENCY else None
        ring = added(ring, Key(person.key, person.role, person.public, until))
    device = replace(DEVICE, mri=mri)
    strength = (programme or PROGRAMME).ng_per_ml
    state = new_pump(device, 0, 0, 20_000_000, strength, (Slug(300_000, strength),))
    disk = Disk()
    made = Bench(Unit.new(disk, state, ring, PUMP_SECRET.sign, CAPACITY), disk)
    if programme:
        made.programme(ADA, programme)
    return made


def outbound(heard: Heard) -> f.Outbound:
    """The frame that the pump sends."""
    content, rest = f.take(heard.frame)
    assert isinstance(content, bytes)
    assert rest == b""
    frame = f.outbound(content)
    assert not isinstance(frame, Reason)
    return frame


def answer(heard: Heard) -> Answer:
    """The genuine answer that the pump sends."""
    frame = outbound(heard)
    assert isinstance(frame, SignedAnswer), frame
    assert from_pump(frame, PUMP_PUBLIC)
    return frame.body


def greeting(heard: Heard) -> SignedGreeting:
    """The genuine greeting that the pump sends."""
    frame = outbound(heard)
    assert isinstance(frame, SignedGreeting)
    assert from_pump(frame, PUMP_PUBLIC)
    return frame


def strokes(made: Bench) -> int:
    """Strokes that the pump says it made."""
    left = made.unit.report(made.now)["reservoir_nl"]
    assert isinstance(left, int)
    return (20_000_000 - left) // 1000
