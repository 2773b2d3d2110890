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

from cisterna.patient.remote.relay import NoContact, Relay
from cisterna.pump.link.frame import take
from cisterna.pump.link.proof import code_key
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
    lock: threading.RLock = field(default_factory=threading.RLock)
    begun: float = field(default_factory=time.monotonic)
    jumped: int = 0

    def exchange(self, serial: str, frame: bytes) -> bytes:
        """What the relay calls."""
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

    def offers(self, code: str = CODE) -> None:
        """The clinic opens the pairing window, and somebody touches the pump."""
        self.says(ADA, PairBegin(Role.REMOTE, code_key(code)))
        self.touched()

    def touched(self) -> None:
        """Somebody holds the token to the pump."""
        with self.walking() as pump:
            pump.unit.touched(pump.now)

    def remotes(self) -> list[str]:
        """The keys of all remotes that the pump knows, latest last."""
        return [k.id for k in self.bench.unit.link.ring.keys if k.role is Role.REMOTE]

    def revokes(self) -> None:
        """The clinic takes the latest remote off the pump."""
        self.says(BEN, Revoke(self.remotes()[-1]))

    def doses(self) -> int:
        """Doses that the pump has granted so far."""
        return len(self.bench.unit.state.granted)


def hosted(programme: Programme | None = PROGRAMME) -> Hosted:
    """A pump that was programmed hours ago."""
    found = Hosted(bench(programme=programme))
    found.passes(3_600_000)
    return found


@contextmanager
def served(pump: Hosted) -> Iterator[Relay]:
    """The relay of the remote before this pump."""
    relay = Relay(pump.exchange)
    thread = threading.Thread(target=relay.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield relay
    finally:
        relay.shutdown()
        relay.server_close()
        thread.join()
