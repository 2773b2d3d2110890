"""The one way from a page to an act.

Load the person's events, fold them, call the act, append what it gives. `base` is how many events
the page had seen when it was made: where more are on record now, nothing is done, and the page
shows what was recorded since. So a double click, the back button and two tabs are all one case.
"""

from collections.abc import Callable, Sequence
from functools import partial
from secrets import token_hex
from typing import Any

from django.http import HttpRequest

from cisterna.clinic.acts import ACTS, after
from cisterna.clinic.bodies.planning import Referred, Registered
from cisterna.clinic.course import Person
from cisterna.clinic.event import Event
from cisterna.clinic.ledger.record import Record
from cisterna.clinic.refusal import Refused
from cisterna.clinic.web import access, clock, rows, site
from cisterna.clinic.web.access import member
from cisterna.order.line import Refused as OrderRefused

DATABASE = "default"
_SAME_ID = ("other-text",)


class MovedOn(Exception):
    """The record has moved on since the page was made; `since` is what was recorded."""

    def __init__(self, person: Person, base: int) -> None:
        super().__init__("The record has moved on since you opened this.")
        self.person, self.since = person, person.events[base:]


def record() -> Record:
    """The clinic's record. Raises `Refused` where there is none."""
    return Record.open(DATABASE)


def chart(request: HttpRequest, person_id: str) -> Person:
    """One person as her record now stands. Raises `Http404` for whom this member may not see."""
    person = rows.load(person_id)
    access.check_sees(request, person)
    return person


def write(
    person_id: str, base: int, make: Callable[[Person], Sequence[Event]]
) -> tuple[Event, ...]:
    """Append what `make` gives for the person as she now stands. The caller has checked access.

    Raises `MovedOn` where the record is not where the page saw it, and `Refused`; then nothing is
    on record. `make` is asked once.
    """
    person = rows.load(person_id)
    if len(person.events) != base:
        raise MovedOn(person, base)
    events = tuple(make(person))
    after(person, events)
    try:
        record().append(*events)
    except OrderRefused as why:
        # Another page was a moment faster: the ids of these events are taken.
        if why.code not in _SAME_ID:
            raise
        raise MovedOn(rows.load(person_id), base) from None
    rows.catch_up()
    return events


def do(
    request: HttpRequest,
    person_id: str,
    act: str,
    asked: Any,
    base: int,
    why: str = "",
    evidence: tuple[str, ...] = (),
    corrects: str | None = None,
) -> tuple[Event, ...]:
    """Do one act of `ACTS` as whoever is signed in. Raises as `write`, and `Http404`."""
    chart(request, person_id)
    actor = member(request).actor

    def make(person: Person) -> Sequence[Event]:
        at, rules = clock.now(), site.rules()
        does = partial(ACTS[act], why=why, evidence=evidence, rules=rules, corrects=corrects)
        return does(person, actor, asked, at)

    return write(person_id, base, make)


def admit(request: HttpRequest, entry: Registered, referral: Referred) -> str:
    """Register somebody new and refer her, in one; gives her id. Raises `Refused`."""
    actor, at, name = member(request).actor, clock.now(), f"p{token_hex(6)}"

    def make(person: Person) -> Sequence[Event]:
        entered = ACTS["register"](person, actor, entry, at)
        return (*entered, *ACTS["refer"](after(person, entered), actor, referral, at))

    write(name, 0, make)
    return name


__all__ = ["MovedOn", "Refused", "admit", "chart", "do", "record", "write"]
