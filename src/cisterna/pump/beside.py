"""What a pump keeps beside its controller's state: its peers, and what the controller forgets.

One value in the journal. Reading it is strict: a pump never goes on with half of what it knew.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace

from cisterna.pump.codec import Unreadable
from cisterna.pump.events import Closed
from cisterna.pump.link import state as peers
from cisterna.pump.link.canonical import encode
from cisterna.pump.link.record import Code, Count, Opaque, build, plain
from cisterna.pump.link.state import Link


@dataclass(frozen=True, slots=True)
class Closing:
    """The last dose that ended: asked for, and given between two bounds."""

    kind: Code
    number: Count
    ended_ms: Count
    asked_nl: Count
    least_nl: Count
    most_nl: Count


@dataclass(frozen=True, slots=True)
class Beside:
    """What the controller does not keep: the last dose, and a scan under way."""

    last: Closing | None = None
    scan_ms: Count | None = None


@dataclass(frozen=True, slots=True)
class Side:
    """The one value in the journal."""

    link: Opaque
    beside: Beside


def side_bytes(link: Link, beside: Beside) -> bytes:
    """For the journal."""
    return encode({"link": peers.saved(link), "beside": plain(beside)})


def read_side(body: bytes, serial: str, now_ms: int) -> tuple[Link, Beside]:
    """From the journal, after a restart at `now_ms`. Raises `Unreadable`."""
    try:
        side = build(Side, json.loads(body))
    except (ValueError, RecursionError):
        raise Unreadable("what was kept beside the state is not what was written") from None
    link = peers.restored(side.link, serial, now_ms)
    if isinstance(link, str):
        raise Unreadable(link)
    return link, side.beside


def closed(beside: Beside, doses: Iterable[Closed], at_ms: int) -> Beside:
    """With the latest dose that ended."""
    for d in doses:
        if d.kind in ("patient", "clinician"):
            last = Closing(d.kind, d.number, at_ms, d.asked_nl, d.least_nl, d.most_nl)
            beside = replace(beside, last=last)
    return beside
