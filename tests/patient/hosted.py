"""A pump behind the relay of the remote, with a clock that walks and can be made to jump.

It stands where the pumps' host stands: frames go straight into the pump's unit. What happens on the
way is up to `way`, so a relay can be as malicious as a test likes.
"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from cisterna.patient.remote.relay import Exchange, NoContact, Relay
from cisterna.pump.link.frame import take
from cisterna.pump.link.proof import code_key
from cisterna.pump.link.rules import COUNTERS_AHEAD
from cisterna.pump.link.verbs import PairBegin, Revoke, Role, Verb
from cisterna.pump.programme import Programme
from tests.pump.hosted import PROGRAMME, Bench, bench
from tests.pump.link.people import ADA, BEN, PUMP, Person

CODE = "K7QM-2XWD-9RTA-5HJC-ZP3N-8VBE"

Pass = Callable[[str, bytes], bytes]
Way = Callable[[str, bytes, Pass], bytes]


def straight(serial: str, frame: bytes, on: Pass) -> bytes:
    """The way of an honest relay."""
    return on(serial, frame)


@dataclass
class Hosted:
    """One pump and the way to it."""

    bench: Bench
    way: Way = straight
    frames: list[bytes] = field(default_factory=list)
    answers: list[bytes] = field(default_factory=list)
    woken: list[bool] = field(default_factory=list)
    lock: threading.RLock = field(default_factory=threading.RLock)
    begun: float = field(default_factory=time.monotonic)
    jumped: int = 0

    def exchange(self, serial: str, frame: bytes, knock: bytes | None) -> bytes:
        """What the relay calls."""
        if knock is not None:
            with self.walking() as pump:
                self.woken.append(pump.unit.woken(knock, pump.now) is not None)
        return self.way(serial, frame, self.deliver)

    def deliver(self, serial: str, frame: bytes) -> bytes:
        """The pump itself."""
        with self.walking() as pump:
            if serial != PUMP:
                raise NoContact
            self.frames.append(frame)
            content, _ = take(pump.hear(frame).frame)
            assert isinstance(content, bytes)
            self.answers.append(content)
            return content

    @contextmanager
    def walking(self) -> Iterator[Bench]:
        """The bench at this moment."""
        with self.lock:
            walked = int((time.monotonic() - self.begun) * 1000) + self.jumped
            self.bench.now = max(self.bench.now, walked)
            yield self.bench

    def passes(self, ms: int) -> None:
        """Time passes at once."""
        with self.walking() as pump:
            self.jumped += ms
            pump.passes(ms)

    def says(self, by: Person, *verbs: Verb) -> None:
        """What somebody at the clinic does."""
        with self.walking() as pump:
            for verb in verbs:
                found = pump.ask(by, verb)
                assert found.code is None, found

    def does(self, event: Any) -> None:
        """Something happens to the pump; `event` makes it for a time."""
        with self.walking() as pump:
            pump.unit.do(event(pump.unit.advance(pump.now)))

    def loses_power(self) -> None:
        """The power goes and returns; every counter that was reserved is used."""
        with self.walking() as pump:
            pump.power_cut()
            pump.used = {name: used + COUNTERS_AHEAD for name, used in pump.used.items()}

    def offers(self, code: str = CODE) -> None:
        """The clinic opens the pairing window, and somebody touches the pump."""
        self.says(ADA, PairBegin(Role.REMOTE, code_key(code)))
        self.touched()

    def touched(self) -> None:
        """Somebody holds the token to the pump."""
        with self.walking() as pump:
            pump.unit.touched(pump.now)

    def latest(self) -> "Handset":
        """The remote that was added last."""
        keys = [k for k in self.bench.unit.link.ring.keys if k.role is Role.REMOTE]
        return Handset("phone", Role.REMOTE, half=keys[-1].public)

    def revokes(self) -> None:
        """The clinic takes the latest remote off the pump."""
        self.says(BEN, Revoke(self.latest().key))

    def doses(self) -> int:
        """Doses that the pump granted in the last day."""
        return len(self.bench.unit.state.granted)

    def given(self) -> int:
        """Doses that the pump has begun since it was made, by its log."""
        return sum(entry.what == "patient-begun" for entry in self.bench.unit.log.entries)


@dataclass(frozen=True)
class Handset(Person):
    """A phone whose key is in its browser: only the public half is known here."""

    half: str = ""

    @property
    def public(self) -> str:
        """The public half of the key."""
        return self.half


def hosted(programme: Programme | None = PROGRAMME, *known: Handset) -> Hosted:
    """A pump that was programmed an hour ago."""
    found = Hosted(bench(*known, programme=programme))
    found.passes(3_600_000)
    return found


@contextmanager
def served(exchange: Exchange) -> Iterator[Relay]:
    """The relay of the remote before whatever carries its frames."""
    relay = Relay(exchange)
    thread = threading.Thread(target=relay.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield relay
    finally:
        relay.shutdown()
        relay.server_close()
        thread.join()
