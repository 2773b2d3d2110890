"""Somebody whose pump is hosted and reached through the signer, for the programmer's pages."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from cisterna.clinic import event
from cisterna.clinic.acts import after
from cisterna.clinic.bodies.implant import CatheterPlaced, PumpPlaced, Segment
from cisterna.clinic.bodies.order import OrderWritten
from cisterna.clinic.course import Person
from cisterna.clinic.event import Event
from cisterna.clinic.gate import acts
from cisterna.clinic.gate import bodies as b
from cisterna.clinic.gate.acts import Pen
from cisterna.clinic.gate.change import Wanted, second_reading
from cisterna.clinic.gate.standing import Standing, standing
from cisterna.clinic.web import link
from cisterna.quantity import Quantity
from tests.clinic.gate.people import COLLEAGUE, PHYSICIAN
from tests.clinic.signer.process import signer
from tests.orders import LIBRARY
from tests.pump.served import EXAMPLES, Served, fleet_of, served

SERIAL = "NGV000005H"
TEXT = (EXAMPLES / "cancer-mixture.toml").read_text("utf-8")


@dataclass
class Ward:
    """The served fleet, the signer's socket."""

    here: Served
    socket: Path

    def link(self) -> link.Link:
        """How the pages reach it."""
        return link.Link(self.here.station(), self.socket)


@contextmanager
def hosting(folder: Path) -> Iterator[Ward]:
    """A hosted pump and a signer with the key of its programmer."""
    fleet = fleet_of(folder / "fleet", 1)
    short = Path(tempfile.mkdtemp(prefix="s-"))  # a socket's path is short
    with served(fleet) as here, signer(fleet.station("programmer-1"), short / "s"):
        yield Ward(here, short / "s")
    shutil.rmtree(short)


def with_pump(person: Person, serial: str = SERIAL) -> tuple[Event, ...]:
    """The events by which she has this pump, and the example's order runs in it."""
    found = person
    at = event.now() - timedelta(days=3)

    def keep(made: Event) -> None:
        nonlocal found, at
        found, at = after(found, (made,)), at + timedelta(seconds=1)

    def pen(actor: event.Actor = PHYSICIAN, why: str = "") -> Pen:
        return Pen(found.id, actor, at, found.next_id, why)

    def now() -> Standing:
        return standing(found.events)

    piece = Segment("ascenda-8781", Quantity.of(140, "cm"), Quantity.of(46, "cm"), "L1")
    pump = PumpPlaced(
        "s1", "synchromed-ii-40", serial, "udi", date(2026, 10, 12), "abdomen", "left",
        Quantity.of(2, "cm"),
    )  # fmt: skip
    keep(pen().writes(pump))
    keep(pen().writes(CatheterPlaced((piece,), "L3", "T8", "midline", "sutured", True)))
    keep(pen().writes(OrderWritten(TEXT)))
    change = Wanted(serial, 0, TEXT.replace(SERIAL, serial), None)
    keep(acts.propose(now(), pen(), change, LIBRARY))
    s = now()
    assert s.proposal is not None
    codes = tuple(sorted({f.code for f in s.proposal.body.findings if f.severity != "note"}))
    if codes:
        keep(acts.give_reason(now(), pen(why="she is watched"), codes))
    digest = second_reading(change, LIBRARY)
    keep(acts.approve(now(), pen(COLLEAGUE), digest))
    keep(acts.reauthenticate(now(), pen(), "passkey"))
    keep(acts.intend(now(), pen()))
    s = now()
    assert s.intent is not None
    ended = b.TransmissionEnded(s.intent.id, "activated", "verify", digest, 1, "")
    keep(pen().writes(ended))
    return found.events[len(person.events) :]
