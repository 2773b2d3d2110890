"""A signed change on its way into a pump: intent on record, the talk, the outcome on record.

    interrogate → open session → (refill) → stage → read back → compare → confirm → activate →
    interrogate

Nothing is sent before the intent is kept. Wherever it breaks, the pump runs the old programme or
the new one, and the outcome says which, or that nobody knows: then a person interrogates the pump
and reconciles before anything else is changed.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass
from typing import cast

from cisterna.clinic.event import Event
from cisterna.clinic.gate import bodies as b
from cisterna.clinic.gate.acts import Pen, intend
from cisterna.clinic.gate.glass import break_glass
from cisterna.clinic.gate.standing import Standing, approval_texts
from cisterna.clinic.refusal import Refused
from cisterna.clinic.signer.call import NotSigned, SigningDesk
from cisterna.pump.client import Line, NoAnswer
from cisterna.pump.link import frame as f
from cisterna.pump.link import verbs as v
from cisterna.pump.link.canonical import Json, decode
from cisterna.pump.link.command import Command
from cisterna.pump.link.proof import key_id
from cisterna.pump.programmer import Programmer, PumpRefused, Seen

ACTS = frozenset({"refill", "activate"})
"""Verbs after which, if no answer comes, nobody knows what the pump holds or runs."""
BREAKS = (NoAnswer, PumpRefused, NotSigned)


class Differs(Exception):
    """What the pump says is not what was meant."""


@dataclass(frozen=True, slots=True)
class Way:
    """How to reach one pump: a connection, its public key, the signer, who watches each step."""

    connect: Callable[[], AbstractContextManager[Line]]
    public: str
    desk: SigningDesk
    seen: Seen = lambda step, answer: None


@dataclass(slots=True)
class Noted:
    """A line that keeps the last answer, and whether something was sent that acts."""

    line: Line
    acts: frozenset[str] = ACTS
    answer: bytes = b""
    open_act: str = ""

    @property
    def serial(self) -> str:
        """The pump at its other end."""
        return self.line.serial

    def ask(self, content: bytes) -> bytes:
        """Pass it on, and note what is on its way."""
        asked = f.inbound(content)
        if isinstance(asked, Command) and asked.head.verb in self.acts:
            self.open_act = asked.head.verb
        self.answer = self.line.ask(content)
        return self.answer


@dataclass(slots=True)
class _Course:
    """How far it went, and what the pump said that it runs."""

    stage: str = "connect"
    running: str | None = None
    version: int | None = None
    acted: str = ""
    refilled: bool = False


Keep = Callable[[Event], None]
"""Put an event on record, durably, or raise."""


def transmit(s: Standing, pen: Callable[[], Pen], keep: Keep, way: Way) -> Event:
    """Send the change that is signed; gives the outcome, which is on record then.

    Raises `Refused` where the gate does not let it go, and whatever `keep` raises.
    """
    intent = intend(s, pen())
    body = s.proposal.body if s.proposal else None
    if not isinstance(body, b.ChangeProposed):
        raise Refused("other-act", "What is signed is no programme.", "Carry it out by hand.")
    keep(intent)
    course = _Course()
    outcome, words = _sent(course, body, approval_texts(s.chain), way)
    if course.refilled and outcome == "refused":
        words = f"{words} The refill is on the pump's record."
    ended = pen().writes(
        b.TransmissionEnded(
            intent.id, outcome, course.stage, course.running, course.version, words.strip()
        )
    )
    keep(ended)
    return ended


def stop(s: Standing, pen: Callable[[], Pen], keep: Keep, way: Way) -> Event:
    """Stop the pump, alone if need be: the broken glass goes on record, then the stop goes out."""
    glass = break_glass(s, pen(), stop=True)
    keep(glass)
    outcome, words = "stopped", ""
    try:
        with way.connect() as line:
            programmer_at(line, way).do(v.Stop())
    except (PumpRefused, NotSigned) as no:
        outcome, words = "refused", str(no)
    except NoAnswer as lost:
        outcome, words = "unknown", f"{lost} Stop again, or go to the patient."
    sent = pen().writes(b.StopSent(glass.id, outcome, words))
    keep(sent)
    return sent


def _sent(
    course: _Course, body: b.ChangeProposed, texts: tuple[str, ...], way: Way
) -> tuple[str, str]:
    """(outcome, words). Whatever may have acted without an answer is unknown."""
    try:
        with way.connect() as line:
            noted = Noted(line)
            way.desk.approval = texts
            try:
                _talk(course, body, noted, way)
            finally:
                course.acted = noted.open_act
    except (*BREAKS, Differs) as broken:
        definite = isinstance(broken, PumpRefused) and course.stage in ACTS
        unknown = course.acted and not definite
        return ("unknown" if unknown else "refused"), str(broken)
    return "activated", ""


def _talk(course: _Course, body: b.ChangeProposed, noted: Noted, way: Way) -> None:
    programmer = programmer_at(cast("Line", noted), way)  # it only asks, and has the serial
    _look(course, programmer, noted, way, "interrogate")
    if course.version != body.base_version:
        raise Differs(f"Version {course.version} runs, not {body.base_version}: propose anew.")
    course.stage = "open_session"
    programmer.do(v.OpenSession())
    try:
        _programmed(course, body, programmer, noted)
        _look(course, programmer, noted, way, "verify")
        if (course.version, course.running) != (body.base_version + 1, body.digest):
            raise Differs("The pump accepted the programme and reports another one.")
    finally:
        with suppress(*BREAKS):
            programmer.do(v.CloseSession())


def _look(course: _Course, programmer: Programmer, noted: Noted, way: Way, stage: str) -> None:
    """Interrogate: what the pump runs, in its own signed words, which the signer reads too."""
    course.stage = stage
    content = programmer.read()
    way.desk.report = noted.answer
    course.running, course.version = content.get("digest"), content.get("version")


def _programmed(
    course: _Course, body: b.ChangeProposed, programmer: Programmer, noted: Noted
) -> None:
    """Refill on record, stage, read back and compare, confirm, activate."""
    if body.refill is not None:
        course.stage = "refill"
        r = body.refill
        programmer.do(v.Refill(r.measured_nl, r.fill_nl, r.ng_per_ml))
        noted.open_act, course.refilled = "", True
    terms = _terms(body.programme)
    course.stage = "stage"
    programmer.do(v.Stage(terms, body.digest))
    course.stage = "read_back"
    if programmer.do(v.ReadBack()).content != {"programme": terms, "digest": body.digest}:
        raise Differs("The pump read back another programme than was signed.")
    course.stage = "confirm"
    programmer.do(v.Confirm(body.digest))
    course.stage = "activate"
    programmer.do(v.Activate(body.base_version))


def programmer_at(line: Line, way: Way) -> Programmer:
    """Somebody who talks with the pump and has the signer's key sign."""
    key = key_id(way.desk.public())
    return Programmer(line, way.public, key, way.desk.sign, seen=way.seen)


def _terms(text: str) -> dict[str, Json]:
    found = decode(text.encode())
    if not isinstance(found, dict):
        raise Differs("The programme on record cannot be read.")
    return found
