"""Where a demonstration's history is made: the fleet, its host, a signer, and one clock for all.

Everything runs in this process and nothing is played: frames go through the host's own hearing,
signatures come from the signer's own desk, the pumps live through the months event by event.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, cast

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from cisterna.clinic.event import Event
from cisterna.clinic.signer.call import NotSigned, SigningDesk
from cisterna.clinic.signer.desk import Desk
from cisterna.clinic.signer.key import private_key
from cisterna.clinic.signer.record import Record
from cisterna.clinic.transmit import Way
from cisterna.facts import Library
from cisterna.pump import certificates as tls
from cisterna.pump.client import Line, NoAnswer
from cisterna.pump.clock import Clock
from cisterna.pump.fleet import PROGRAMMERS, Fleet
from cisterna.pump.host import Host
from cisterna.pump.link.frame import LENGTH_BYTES
from cisterna.pump.link.proof import key_id, public_of
from cisterna.pump.link.verbs import Role
from cisterna.pump.programmer import Programmer
from cisterna.pump.unit import Unit

ASK_MS = 250
"""What a question and its answer take over the radio, by the demonstration's clock (invented)."""
RECORD = "signed.jsonl"

Spoil = Callable[[Line], Line]


@dataclass(slots=True)
class Hands:
    """The hands of a clock that stands still until somebody moves it."""

    ns: int = 0

    def clock(self, start_ms: int, speed: int) -> Clock:
        """The host's clock, which these hands move."""
        return Clock(start_ms, speed, lambda: self.ns)


@dataclass(slots=True)
class HereLine:
    """A conversation with a pump of the host in this process."""

    stage: "Stage"
    serial: str

    def ask(self, content: bytes) -> bytes:
        """A frame and its answer, which take a moment. Raises `NoAnswer`."""
        self.stage.pass_ms(ASK_MS)
        heard = self.stage.host.hear(self.serial, content)
        if heard is None:
            raise NoAnswer(f"no answer from {self.serial}")
        return heard.frame[LENGTH_BYTES:]

    def close(self) -> None:
        """Hang up."""


class HereDesk(SigningDesk):
    """The way to a signer's desk in this process."""

    def __init__(self, desk: Desk) -> None:
        self.desk, self.approval, self.report, self.site = desk, (), b"", ()

    def _ask(self, row: dict[str, Any]) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.desk.answer(json.dumps(row).encode()))
        if found.get("ok") is not True:
            raise NotSigned(str(found.get("code")), str(found.get("why")))
        return found


@dataclass(slots=True)
class Stage:
    """Host, signer and time; `events` is what happened to everybody, in the order of recording."""

    host: Host
    hands: Hands
    desk: Desk
    zero: datetime
    library: Library
    events: list[Event] = field(default_factory=list)

    @property
    def fleet(self) -> Fleet:
        """The pumps."""
        return self.host.fleet

    def now(self) -> datetime:
        """The time of the demonstration."""
        return self.zero + timedelta(milliseconds=self.host.clock.now_ms())

    def ms(self, at: datetime) -> int:
        """The pumps' device time at a time of the demonstration."""
        return (at - self.zero) // timedelta(milliseconds=1)

    def pass_ms(self, ms: int) -> None:
        """Time goes on. A pump lives up to now when somebody turns to it."""
        self.hands.ns += ms * 1_000_000

    def until(self, at: datetime) -> None:
        """Time goes on until then; what is past is past."""
        self.pass_ms(max(0, (at - self.now()) // timedelta(milliseconds=1)))

    def way(self, serial: str, spoil: Spoil = lambda line: line) -> Way:
        """How a signed change reaches a pump; `spoil` may break the line."""

        @contextmanager
        def connect() -> Iterator[Line]:
            yield spoil(cast("Line", HereLine(self, serial)))

        return Way(connect, self.desk.pumps[serial], HereDesk(self.desk))

    def technician(self, serial: str) -> Programmer:
        """Somebody with the second programmer, for what no dose depends on: pairing, a scan."""
        key = tls.signing_key(self.fleet.station(PROGRAMMERS[1]))
        return self._talks(serial, key, Role.PROGRAMMER)

    def remote(self, serial: str, key: Ed25519PrivateKey) -> Programmer:
        """A patient's remote whose key the pump knows."""
        return self._talks(serial, key, Role.REMOTE)

    def line(self, serial: str) -> Line:
        """A conversation."""
        return cast("Line", HereLine(self, serial))

    def unit(self, serial: str) -> Unit:
        """The pump itself, which has lived up to now."""
        self.host.with_unit(serial, Unit.advance)
        return self.host.units[serial]

    def _talks(self, serial: str, key: Ed25519PrivateKey, role: Role) -> Programmer:
        own = key_id(public_of(key))
        return Programmer(self.line(serial), self.desk.pumps[serial], own, key.sign, role)


@contextmanager
def staged(fleet: Fleet, library: Library) -> Iterator[Stage]:
    """The stage of a demonstration's fleet. Raises `Unusable`, `UnsafeKey` and `OSError`."""
    if fleet.zero is None:
        raise ValueError("only a demonstration is played")
    zero, hands = fleet.zero, Hands()
    folder = fleet.station(PROGRAMMERS[0])
    pumps = {str(k): str(v) for k, v in json.loads((folder / "pumps.json").read_bytes()).items()}
    record = Record(folder / RECORD)
    try:
        with Host.restored(fleet, sync=False, clock=hands.clock) as host:

            def now() -> datetime:
                return zero + timedelta(milliseconds=host.clock.now_ms())

            desk = Desk(private_key(folder / tls.SIGNING_KEY), pumps, record, now)
            yield Stage(host, hands, desk, zero, library)
    finally:
        record.close()
