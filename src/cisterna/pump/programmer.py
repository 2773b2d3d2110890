"""A programmer's half of the talk: signed commands, genuine answers, a session step by step.

    with station.connect("CIS-00001") as line:
        programmer = Programmer.at(station, line, seen=print)
        programmer.programme(lambda version: programme(rx, library, version), agrees=ask_a_person)

Each step is shown with the pump's own answer, and what a person confirms is what the pump read.
"""

import secrets
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

from cisterna.pump import certificates as tls
from cisterna.pump.client import Line, NoAnswer, Station
from cisterna.pump.link import frame as f
from cisterna.pump.link import pairing
from cisterna.pump.link import verbs as v
from cisterna.pump.link.answer import (
    Answer,
    Kind,
    Response,
    SignedAnswer,
    SignedGreeting,
    from_pump,
)
from cisterna.pump.link.canonical import Reason
from cisterna.pump.link.command import Command, Sender
from cisterna.pump.link.proof import Signer, code_key, key_id, public_of
from cisterna.pump.link.rules import RULES
from cisterna.pump.programme import Programme
from cisterna.pump.terms import programme_terms, read_terms

VALID_MS = 10_000
ALIVE_S = 10.0


class PumpRefused(Exception):
    """The pump answered and said no."""

    def __init__(self, step: str, response: Response) -> None:
        self.step, self.response = step, response
        super().__init__(f"{step}: {response.code}: {response.message}")


Seen = Callable[[str, Answer], None]


@dataclass(slots=True)
class Programmer:
    """Somebody with a key, talking with one pump. Raises `PumpRefused` and `NoAnswer`.

    `seen` is called with each step and the pump's answer. The first counter is the time of the
    world in microseconds, so that counters rise from day to day without being kept anywhere.
    """

    line: Line
    pump_public: str
    key: str
    sign: Signer
    role: v.Role = v.Role.PROGRAMMER
    seen: Seen = lambda step, answer: None
    used: int = 0

    @classmethod
    def at(
        cls, station: Station, line: Line, seen: Seen = lambda step, answer: None
    ) -> "Programmer":
        """The programmer of a station, over a connection that it has."""
        key = tls.signing_key(station.folder)
        own = key_id(public_of(key))
        return cls(line, station.pumps[line.serial], own, key.sign, seen=seen)

    def now(self) -> tuple[int, int]:
        """(pump's clock, version of its running programme), asked under a fresh nonce."""
        nonce = secrets.token_hex(16)
        frame = self._received(self.line.ask(f.body(f.Hello(nonce))))
        if not isinstance(frame, SignedGreeting) or frame.body.nonce != nonce:
            raise NoAnswer("this is no greeting for us")
        return frame.body.at_ms, frame.body.version

    def command(self, verb: v.Verb) -> bytes:
        """The bytes of a fresh command, good for some seconds from now on the pump's clock."""
        now, version = self.now()
        return self._signed(verb, now, version)

    def do(self, verb: v.Verb) -> Response:
        """Ask the pump for something; its answer, if it is not a refusal."""
        step, answer = v.NAMES[type(verb)], self.answer(self.command(verb))
        if answer.response.code == "counter":  # the key has spoken elsewhere meanwhile
            self.used = answer.counter
            answer = self.answer(self.command(verb))
        self.seen(step, answer)
        if answer.response.kind is Kind.REFUSED:
            raise PumpRefused(step, answer.response)
        return answer.response

    def answer(self, content: bytes) -> Answer:
        """The pump's genuine answer to a command's bytes; the same bytes may be sent again."""
        asked = f.inbound(content)
        frame = self._received(self.line.ask(content))
        if not isinstance(frame, SignedAnswer) or not isinstance(asked, Command):
            raise NoAnswer("the pump did not take this for authentic")
        if frame.body.id != asked.head.id or frame.body.key != self.key:
            raise NoAnswer("this answers another command")
        return frame.body

    def read(self) -> dict[str, Any]:
        """Everything that this role may read."""
        verb = v.Interrogate() if self.role is v.Role.PROGRAMMER else v.ReadState()
        return dict(self.do(verb).content or {})

    def programme(
        self,
        wanted: Callable[[int], Programme],
        agrees: Callable[[Programme], bool],
        refill: v.Refill | None = None,
    ) -> None:
        """One session: open, stage, read back, confirm if a person agrees, activate, close.

        `refill` is what was refilled before, and goes on record first. `wanted` makes the programme
        for a version; `agrees` sees what the pump read back. A refusal or a broken line at any step
        leaves the running programme running.
        """
        self.do(v.OpenSession())
        try:
            if refill is not None:
                self.do(refill)
            _, version = self.now()
            programme = wanted(version + 1)
            terms = programme_terms(programme)
            self.do(v.Stage(terms, programme.digest))
            back = self.do(v.ReadBack()).content or {}
            staged = read_terms(dict(back.get("programme") or {}))
            if staged != programme or back.get("digest") != programme.digest:
                raise NoAnswer("the pump read back another programme than was sent")
            with self._staying():
                agreed = agrees(staged)
            if agreed:
                self.do(v.Confirm(programme.digest))
                self.do(v.Activate(version))
        finally:
            with suppress(PumpRefused, NoAnswer):
                self.do(v.CloseSession())

    @contextmanager
    def _staying(self) -> Iterator[None]:
        """Keep the session while a person compares: a sign of life every few seconds."""
        done = threading.Event()

        def stay() -> None:
            with suppress(PumpRefused, NoAnswer):
                while not done.wait(ALIVE_S):
                    self.do(v.ReadBack())

        thread = threading.Thread(target=stay, daemon=True)
        thread.start()
        try:
            yield
        finally:
            done.set()
            thread.join()

    def begin_pairing(self, role: v.Role, code: str) -> None:
        """Open the pairing window for a new device that has read this printed code."""
        self.do(v.PairBegin(role, code_key(code)))

    def _signed(self, verb: v.Verb, now: int, version: int) -> bytes:
        self.used = self.used + 1 if self.used else _fresh_counter()
        valid = min(VALID_MS, RULES[v.NAMES[type(verb)]].window_ms or VALID_MS)
        sender = Sender(self.line.serial, self.role, self.key, self.sign)
        return f.body(
            sender.command(
                verb,
                id=secrets.token_hex(16),
                counter=self.used,
                base=version,
                issued_ms=now,
                expires_ms=now + valid,
            )
        )

    def _received(self, content: bytes) -> f.Outbound:
        frame = f.outbound(content)
        if isinstance(frame, Reason):
            raise NoAnswer("what came is no frame")
        sealed = frame if isinstance(frame, (SignedAnswer, SignedGreeting)) else None
        if sealed and not from_pump(sealed, self.pump_public):
            raise NoAnswer("this does not come from the pump")
        return frame


def knock(serial: str, role: v.Role, key: str, sign: Signer) -> bytes:
    """The bytes that wake a pump for a key that it knows."""
    sender, id = Sender(serial, role, key, sign), secrets.token_hex(16)
    counter = _fresh_counter()
    return f.body(
        sender.command(v.Knock(), id=id, counter=counter, base=0, issued_ms=0, expires_ms=1)
    )


def offer_key(line: Line, role: v.Role, code: str, public: str) -> str:
    """A new device's half of pairing: gives the pump's own public key. Raises `NoAnswer`."""
    key = code_key(code)
    frame = f.outbound(line.ask(f.body(pairing.offer(key, line.serial, role, public))))
    if not isinstance(frame, f.Paired) or not pairing.shown(key, line.serial, public, frame):
        raise NoAnswer("the pump did not take the key: window, touch or code is missing")
    return frame.public


def _fresh_counter() -> int:
    return time.time_ns() // 1000
