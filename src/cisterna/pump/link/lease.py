"""One programming session at a time.

The lease says only who may program now; how far the session is, and what is staged in it, is the
controller's. It lapses when its holder falls silent; the running programme goes on meanwhile.
"""

from dataclasses import dataclass, replace

from cisterna.pump.link.notes import Note, Notes, What
from cisterna.pump.link.record import Count, Hex32
from cisterna.pump.link.rules import LEASE_MS


@dataclass(frozen=True, slots=True)
class Lease:
    """The latest session's number, who holds it (None: nobody), and when it was last heard."""

    number: Count = 0
    holder: Hex32 | None = None
    heard_ms: Count = 0


def opened(lease: Lease, key: str, now_ms: int) -> tuple[Lease, Notes] | None:
    """A session of its own for `key`, or None while another programmer has one.

    Who already has it keeps it under the same number.
    """
    if lease.holder == key:
        return replace(lease, heard_ms=now_ms), ()
    if lease.holder is not None:
        return None
    fresh = Lease(lease.number + 1, key, now_ms)
    return fresh, (Note(What.SESSION_OPENED, key, number=fresh.number),)


def taken_over(lease: Lease, key: str, now_ms: int) -> tuple[Lease, Notes]:
    """A session for `key` in place of whoever has one; that one is alarmed."""
    alarm: Notes = ()
    if lease.holder is not None and lease.holder != key:
        alarm = (Note(What.SESSION_TAKEN_OVER, lease.holder, f"by {key}", lease.number),)
        lease = replace(lease, holder=None)
    fresh, notes = opened(lease, key, now_ms) or (lease, ())
    return fresh, (*alarm, *notes)


def heard(lease: Lease, key: str, now_ms: int) -> Lease:
    """The holder showed a sign of life; nobody else's renews the lease."""
    return replace(lease, heard_ms=now_ms) if lease.holder == key else lease


def closed(lease: Lease, what: What = What.SESSION_CLOSED) -> tuple[Lease, Notes]:
    """Nobody has a session any more."""
    if lease.holder is None:
        return lease, ()
    return replace(lease, holder=None), (Note(what, lease.holder, number=lease.number),)


def lapsed(lease: Lease, now_ms: int) -> tuple[Lease, Notes]:
    """The lease, given up if its holder has been silent for too long."""
    if lease.holder is None or now_ms - lease.heard_ms < LEASE_MS:
        return lease, ()
    return closed(lease, What.SESSION_LOST)
