"""What the record says, worked out by going through it: a projection.

A projection is a start and a pure step for each kind of event, so the same entries give the same
state, to the byte, whenever and wherever they are gone through.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from cisterna.clinic.event import Event
from cisterna.clinic.ledger.entry import Entry

S = TypeVar("S")
Step = Callable[[S, Entry, Event], S]


@dataclass(frozen=True, slots=True)
class Projection(Generic[S]):
    """The state before any event, and what an event of each kind makes of the state.

    `always` is taken for every event, after the step of its kind. Other kinds change nothing.
    """

    start: S
    steps: Mapping[str, Step[S]] = field(default_factory=dict)
    always: Step[S] | None = None


def replay(projection: Projection[S], entries: Iterable[Entry], state: S | None = None) -> S:
    """The state after these entries; with `state` it goes on from there.

    Raises `Unreadable` for an event that this version does not know: nothing is left out silently.
    """
    found = projection.start if state is None else state
    for entry in entries:
        event = entry.event
        step = projection.steps.get(event.kind)
        if step is not None:
            found = step(found, entry, event)
        if projection.always is not None:
            found = projection.always(found, entry, event)
    return found


def state_bytes(state: object) -> bytes:
    """A state made of plain values as its one text, to compare and to keep."""
    text = json.dumps(state, sort_keys=True, separators=(",", ":"))
    return text.encode("ascii")
