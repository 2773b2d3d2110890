"""Somebody whose pump runs a programme: the order's text and the gate's events, at given times."""

from datetime import UTC, datetime
from typing import Any

from cisterna.clinic.bodies.order import OrderWritten
from cisterna.clinic.bodies.pumpread import PumpRead
from cisterna.clinic.course import Person, fold
from cisterna.clinic.event import Actor, Event
from cisterna.clinic.gate import bodies as g
from cisterna.clinic.gate.change import Wanted, proposed
from cisterna.clinic.prescribing import running
from cisterna.clinic.therapy import therapy
from tests.clinic.people import PHYSICIAN
from tests.clinic.refilled import maintained
from tests.orders import LIBRARY, Tree, order, toml

SERIAL = "NGP000000H"
FILLED = datetime(2026, 11, 23, 10, tzinfo=UTC)
ALONE: Tree = order(remote=None, limits=None)
"""4.4 mg/day of 20 mg/mL: 0.22 mL/day, 20 mL filled, alarm at 2 mL, and no patient dose."""


def keep(person: Person, at: datetime, body: Any, by: Actor = PHYSICIAN, **more: Any) -> Person:
    """One more event."""
    return fold(person, Event(person.next_id, person.id, by, at, at, body, **more))


def runs(person: Person, tree: Tree, at: datetime, outcome: str = "activated") -> Person:
    """An order that came to run at a time (or did not)."""
    now = therapy(person.events)
    wanted = Wanted(SERIAL, now.version or 0, toml(tree), running(now, LIBRARY))
    body = proposed(wanted, LIBRARY)
    for one in (OrderWritten(wanted.text), body):
        person = keep(person, at, one)
    intent = g.TransmissionIntended(SERIAL, body.base_version, body.digest, "")
    person = keep(person, at, intent)
    ended = g.TransmissionEnded(person.events[-1].id, outcome, "activate", body.digest, None, "")
    return keep(person, at, ended)


def read(person: Person, at: datetime, reservoir_nl: int, **more: Any) -> Person:
    """The pump was asked, and holds so much."""
    told: dict[str, Any] = {
        "mode": "continuous",
        "stopped": False,
        "flow_nl_per_h": 9166,
        "alarms": (),
    }
    known = therapy(person.events)
    body = PumpRead(
        serial=SERIAL, version=1, digest=known.digest, reservoir_nl=reservoir_nl,
        now_ms=10**9, **(told | more),
    )  # fmt: skip
    return keep(person, at, body)


def treated(tree: Tree = ALONE) -> Person:
    """Somebody in maintenance whose pump runs this order since its fill."""
    return runs(maintained(), tree, FILLED)
