"""A change on its way, beside the pages: a thread sends it, pages ask how far it is.

The stages are in memory and only shown; what counts is on the record, put there by the thread. If
the server ends meanwhile, the record has an intent without an outcome: unknown, which blocks.
"""

import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

from django.db import connections

from cisterna.clinic.byhand import carry_out
from cisterna.clinic.event import Actor, Event
from cisterna.clinic.gate.acts import Pen
from cisterna.clinic.gate.standing import Standing
from cisterna.clinic.interrogate import interrogate
from cisterna.clinic.refusal import Refused
from cisterna.clinic.transmit import Keep, Way
from cisterna.clinic.web import clock, desk, link, rows, site
from cisterna.pump.link.answer import Answer

STAGES = (
    "interrogate", "open_session", "refill", "stage", "read_back", "confirm", "activate",
    "close_session",
)  # fmt: skip
Send = Callable[[Standing, Callable[[], Pen], Keep, Way], Event]


@dataclass(slots=True)
class Sending:
    """What is under way for one person: the stages that the pump has answered, and the end."""

    steps: list[tuple[str, str]] = field(default_factory=list)
    ended: Event | None = None
    failed: str = ""
    thread: threading.Thread | None = None

    @property
    def running(self) -> bool:
        """Whether it is still going on."""
        return self.thread is not None and self.thread.is_alive()

    def seen(self, step: str, answer: Answer) -> None:
        """The pump has answered a step."""
        words = answer.response.message or answer.response.kind.value
        self.steps.append((step, words))


TURN = threading.Lock()
"""Held from the proof of who sends to the beginning of the sending."""
_all: dict[str, Sending] = {}
_one = threading.Lock()


def of(person_id: str) -> Sending | None:
    """What was last sent for a person since the server began."""
    return _all.get(person_id)


def begin(person_id: str, serial: str, s: Standing, pen: Callable[[], Pen], send: Send) -> None:
    """Send what is signed, in a thread. Raises `Refused` where something is being sent already."""
    made = Sending()
    road = link.way(serial, made.seen)
    with _one:
        before = _all.get(person_id)
        if before is not None and before.running:
            words = "Something is being sent to this pump."
            raise Refused("under-way", words, "Wait for its end.")
        made.thread = threading.Thread(target=_run, args=(made, s, pen, send, road), daemon=True)
        _all[person_id] = made
        made.thread.start()


def _run(made: Sending, s: Standing, pen: Callable[[], Pen], send: Send, road: Way) -> None:
    try:
        made.ended = send(s, pen, keep, road)
    except Refused as why:
        made.failed = f"{why.message} {why.way_out}"
    except Exception as problem:
        made.failed = f"The sending broke off: {type(problem).__name__}. See what the record says."
    finally:
        connections.close_all()


def by_hand(s: Standing, pen: Callable[[], Pen], keep: Keep, way: Way) -> Event:
    """Carry out a deed, then read the pump again, so that before and after are on record."""
    ended = carry_out(s, pen, keep, way)
    with suppress(Refused):  # what became of the deed is known; that it was not read shows itself
        keep(interrogate(pen(), way))
    return ended


def keep(happened: Event) -> None:
    """Put an event on record, durably."""
    desk.record().append(happened)
    rows.catch_up()


def pen_of(person_id: str, actor: Actor, why: str = "") -> Callable[[], Pen]:
    """A pen that writes the person's next event, whatever was recorded meanwhile."""

    def made() -> Pen:
        return Pen(person_id, actor, clock.now(), rows.load(person_id).next_id, why, site.signing())

    return made
