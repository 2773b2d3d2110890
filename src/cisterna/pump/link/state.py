"""The link of one pump as a value: what passes with time, and what a restart brings back."""

from dataclasses import dataclass, field, replace

from cisterna.pump.link import keys, lease, ledger, pairing
from cisterna.pump.link.budget import Budget
from cisterna.pump.link.canonical import Json, Unfit
from cisterna.pump.link.keys import Ring
from cisterna.pump.link.lease import Lease
from cisterna.pump.link.ledger import Ledger
from cisterna.pump.link.notes import Notes, What
from cisterna.pump.link.record import build, plain


@dataclass(frozen=True, slots=True)
class Link:
    """Everything that a pump knows about its peers."""

    ring: Ring
    ledger: Ledger = field(default_factory=Ledger)
    lease: Lease = field(default_factory=Lease)
    budget: Budget = field(default_factory=Budget)


def passed(link: Link, now_ms: int) -> tuple[Link, Notes]:
    """The link at a later time: what has lapsed is gone. The host calls it now and then."""
    held, lost = lease.lapsed(link.lease, now_ms)
    ring, closed = pairing.expired(keys.without_past(link.ring, now_ms), now_ms)
    return replace(link, ring=ring, lease=held), (*lost, *closed)


def hung_up(link: Link, key: str) -> tuple[Link, Notes]:
    """The connection of this key is gone; if it had the session, the session is lost."""
    if link.lease.holder != key:
        return link, ()
    held, notes = lease.closed(link.lease, What.SESSION_LOST)
    return replace(link, lease=held), notes


def touch(link: Link, now_ms: int) -> tuple[Link, Notes]:
    """Somebody held the proximity token to the pump."""
    ring, notes = keys.touched(link.ring, now_ms)
    return replace(link, ring=ring), notes


def kept(link: Link) -> Link:
    """The link as a restart would find it: reserved counters used, nothing half open."""
    ring = replace(link.ring, touched_ms=None, window=None)
    return Link(
        ring,
        ledger.restarted(link.ledger, link.ledger.floor_ms),
        replace(link.lease, holder=None, heard_ms=0),
        link.budget,
    )


def must_save(before: Link, after: Link) -> bool:
    """Whether the journal has to be written before anything is done or sent."""
    return replace(kept(before), budget=Budget()) != replace(kept(after), budget=Budget())


def saved(link: Link) -> Json:
    """What the journal keeps."""
    return plain(kept(link))


def restored(value: Json, pump: str, now_ms: int, generation: int = 0) -> Link | str:
    """The link after a restart at `now_ms`, or why this is not its journal. Raises nothing.

    `generation` is the least that the ring may have, where the pump can keep that number apart
    from the journal: an older journal would bring a revoked key back.
    """
    try:
        link = build(Link, value)
    except Unfit as wrong:
        return str(wrong)
    if link.ring.pump != pump:
        return "the journal of another pump"
    if link.ring.generation < generation:
        return "an older journal"
    return replace(kept(link), ledger=ledger.restarted(link.ledger, now_ms))
