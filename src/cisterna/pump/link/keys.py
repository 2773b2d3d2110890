"""The pump's key ring: whose keys it knows, and how an emergency reader is let in.

No secret is shared and there is no default key: the ring holds public halves only. The first
programmers are set in one step over a separate physical channel. An emergency reader brings a key
of its own and is known for minutes after a touch; what it may ask can only reduce the dose.
"""

from dataclasses import dataclass, replace

from cisterna.pump.link.notes import Note, Notes, What
from cisterna.pump.link.proof import key_id
from cisterna.pump.link.record import Count, Hex32, Name
from cisterna.pump.link.rules import (
    HOUR,
    KEPT_MARKS,
    MOST_KEYS,
    PROXIMITY_MS,
    READER_MS,
    READERS_PER_HOUR,
)
from cisterna.pump.link.verbs import Role


@dataclass(frozen=True, slots=True)
class Key:
    """A key that the pump knows: fingerprint, role, public half; readers only `until_ms`."""

    id: Hex32
    role: Role
    public: Hex32
    until_ms: Count | None = None


@dataclass(frozen=True, slots=True)
class Visit:
    """An emergency reader was let in: its key and when."""

    key: Hex32
    at_ms: Count


@dataclass(frozen=True, slots=True)
class Window:
    """An open pairing window: for which role, under which code, by whom, and until when.

    `second` is the other programmer, whom a new programmer's key needs.
    """

    role: Role
    code_key: Hex32
    first: Hex32
    second: Hex32 | None
    until_ms: Count
    tries: Count


@dataclass(frozen=True, slots=True)
class Ring:
    """All keys of one pump; `public` is its own, `generation` rises with every change of keys."""

    pump: Name
    public: Hex32
    keys: tuple[Key, ...]
    revoked: tuple[Hex32, ...] = ()
    generation: Count = 0
    touched_ms: Count | None = None
    visits: tuple[Visit, ...] = ()
    window: Window | None = None
    windows_ms: tuple[Count, ...] = ()
    used_codes: tuple[Hex32, ...] = ()

    def known(self, id: str, now_ms: int) -> Key | None:
        """The key with this fingerprint, unless it is unknown, revoked or no longer valid."""
        found = next((k for k in self.keys if k.id == id), None)
        over = found is None or (found.until_ms is not None and now_ms >= found.until_ms)
        return None if over else found

    def near(self, now_ms: int) -> bool:
        """Whether somebody touched the pump just now, and nothing used that touch yet."""
        return self.touched_ms is not None and now_ms - self.touched_ms < PROXIMITY_MS


def provision(pump: str, public: str, programmers: tuple[str, ...]) -> Ring:
    """A new pump's ring, set in one step over a separate physical channel, never over the link.

    Raises `ValueError` for fewer than two programmers: losing the only key would lock the clinic
    out, and a lost key is replaced by two others.
    """
    keys = tuple(Key(key_id(p), Role.PROGRAMMER, p) for p in sorted(set(programmers)))
    if len(keys) < 2:
        raise ValueError("a pump needs at least two different programmers' keys")
    return Ring(pump, public, keys)


def touched(ring: Ring, now_ms: int) -> tuple[Ring, Notes]:
    """Somebody held the proximity token to the pump."""
    return replace(ring, touched_ms=now_ms), (Note(What.TOUCHED),)


def added(ring: Ring, key: Key) -> Ring:
    """The ring with one key more; the touch that it needed is used up."""
    rest = tuple(k for k in ring.keys if k.id != key.id)
    return replace(ring, keys=(*rest, key), generation=ring.generation + 1, touched_ms=None)


def full(ring: Ring) -> bool:
    """Whether no further key fits."""
    return len(ring.keys) >= MOST_KEYS


def recent(times: tuple[int, ...], now_ms: int) -> tuple[int, ...]:
    """Those of the times that lie in the hour before now."""
    return tuple(t for t in times if now_ms - t < HOUR)


def revoke(ring: Ring, id: str, by: str) -> tuple[Ring, Notes] | str:
    """Forget a key at once and for good, or the code of a refusal.

    Nobody revokes the own key, so a programmer is always left. A pairing window that the key
    opened closes with it.
    """
    if id == by:
        return "own-key"
    if all(k.id != id for k in ring.keys):
        return "unknown-key"
    window = ring.window
    if window is not None and id in (window.first, window.second):
        window = None
    kept = replace(
        ring,
        keys=tuple(k for k in ring.keys if k.id != id),
        revoked=(*ring.revoked, id)[-KEPT_MARKS:],
        generation=ring.generation + 1,
        window=window,
    )
    return kept, (Note(What.KEY_REVOKED, id, f"by {by}"),)


def admit(ring: Ring, public: str, now_ms: int) -> tuple[Ring, str | None, Notes]:
    """Let an emergency reader in after a touch: the ring, its key id or None, and what to log.

    A reader makes a new key for each touch, so nothing it once signed can count again.
    """
    ring = without_past(ring, now_ms)
    id, lately = key_id(public), tuple(v for v in ring.visits if now_ms - v.at_ms < HOUR)
    used = id in ring.revoked or any(k.id == id for k in ring.keys)
    missing = {
        "not-near": not ring.near(now_ms),
        "too-many": len(lately) >= READERS_PER_HOUR or full(ring),
        "not-a-new-key": used or any(v.key == id for v in lately),
    }
    why = next((why for why, true in missing.items() if true), None)
    if why is not None:
        return ring, None, (Note(What.READER_REFUSED, id, why),)
    key = Key(id, Role.EMERGENCY, public, now_ms + READER_MS)
    ring = replace(added(ring, key), visits=(*lately, Visit(id, now_ms)))
    return ring, id, (Note(What.READER_ADMITTED, id),)


def without_past(ring: Ring, now_ms: int) -> Ring:
    """The ring without readers whose time is over."""
    return replace(ring, keys=tuple(k for k in ring.keys if ring.known(k.id, now_ms)))
