"""Pairing: how a pump learns a new key, and how a lost one is replaced.

A programmer opens a window for a role and names a printed code; a person near the pump touches it;
the new device proves that it read the code, over its own key. The code never travels: what travels
is worthless for any other key, so a man in the middle can only spoil the attempt. A code serves
one window, whatever comes of it. A new programmer's key needs two programmers, near the pump.
"""

from dataclasses import replace

from cisterna.pump.link.frame import Pair, Paired
from cisterna.pump.link.keys import Key, Ring, Window, added, full, recent
from cisterna.pump.link.notes import Note, Notes, What
from cisterna.pump.link.proof import code_proof, key_id, same, used_code
from cisterna.pump.link.rules import KEPT_MARKS, PAIRING_MS, PAIRING_TRIES, PAIRINGS_PER_HOUR
from cisterna.pump.link.verbs import PairBegin, Role


def offer(code_key: str, pump: str, role: Role, public: str) -> Pair:
    """What a new device sends: its public key and the proof that it read the code."""
    return Pair(role, public, code_proof(code_key, "pair", [pump, role.value, public]))


def shown(code_key: str, pump: str, public: str, paired: Paired) -> bool:
    """For the new device: whether the pump's own key in the answer is genuine."""
    proof = code_proof(code_key, "paired", [pump, paired.public, key_id(public)])
    return paired.key == key_id(public) and same(proof, paired.proof)


def begin(
    ring: Ring, wanted: PairBegin, by: str, now_ms: int, bolus: bool
) -> tuple[Ring, Notes] | str:
    """Open a window, or be the second programmer of one; else the code of a refusal."""
    ring, closed = expired(ring, now_ms)
    if wanted.role is Role.EMERGENCY:
        return "wrong-role"
    if bolus:
        return "bolus-running"
    if ring.window is not None:
        return _second(ring, ring.window, wanted, by)
    mark, lately = used_code(wanted.code_key), recent(ring.windows_ms, now_ms)
    if mark in ring.used_codes:
        return "code-used"
    if len(lately) >= PAIRINGS_PER_HOUR:
        return "too-many"
    window = Window(
        wanted.role, wanted.code_key, by, None, now_ms + PAIRING_MS, tries=PAIRING_TRIES
    )
    ring = replace(
        ring,
        window=window,
        windows_ms=(*lately, now_ms),
        used_codes=(*ring.used_codes, mark)[-KEPT_MARKS:],
        generation=ring.generation + 1,
    )
    return ring, (*closed, Note(What.PAIRING_OPENED, by, wanted.role.value))


def _second(ring: Ring, window: Window, wanted: PairBegin, by: str) -> tuple[Ring, Notes] | str:
    """Another programmer asks for the very same: two persons stand behind the new key."""
    if (wanted.role, wanted.code_key) != (window.role, window.code_key):
        return "window-open"
    if window.role is not Role.PROGRAMMER or by in (window.first, window.second):
        return "window-open"
    if window.second is not None:
        return "window-open"
    ring = replace(ring, window=replace(window, second=by))
    return ring, (Note(What.PAIRING_ASKED, by, "second programmer"),)


def pair(ring: Ring, asked: Pair, now_ms: int, bolus: bool) -> tuple[Ring, Paired | None, Notes]:
    """A new device offers its key: the ring, the answer if it is accepted, and what to log.

    Nothing is computed and no try is spent while the window is closed, nobody is near, a bolus
    runs or the second programmer is missing.
    """
    ring, closed = expired(ring, now_ms)
    window, id = ring.window, key_id(asked.public)
    why = _why_not(ring, asked, id, now_ms, bolus)
    if window is None or why is not None:
        return ring, None, (*closed, Note(What.PAIRING_REFUSED, id, why or "closed"))
    proof = code_proof(window.code_key, "pair", [ring.pump, asked.role.value, asked.public])
    if not same(proof, asked.proof):
        return _failed(ring, window, id)
    ring = replace(added(ring, Key(id, window.role, asked.public)), window=None)
    proof = code_proof(window.code_key, "paired", [ring.pump, ring.public, id])
    return ring, Paired(id, ring.public, proof), (Note(What.KEY_ADDED, id, window.role.value),)


def _why_not(ring: Ring, asked: Pair, id: str, now_ms: int, bolus: bool) -> str | None:
    """The first thing that is missing for this pairing, if any."""
    window = ring.window
    if window is None:
        return "closed"
    known = id in ring.revoked or any(k.id == id for k in ring.keys)
    missing = {
        "bolus-running": bolus,
        "not-near": not ring.near(now_ms),
        "wrong-role": asked.role is not window.role,
        "second-programmer-missing": window.role is Role.PROGRAMMER and window.second is None,
        "not-a-new-key": known or full(ring),
    }
    return next((why for why, true in missing.items() if true), None)


def _failed(ring: Ring, window: Window, id: str) -> tuple[Ring, None, Notes]:
    """A wrong proof costs a try; the last one closes the window."""
    failed = Note(What.PAIRING_FAILED, id, f"{window.tries - 1} tries left")
    if window.tries > 1:
        return replace(ring, window=replace(window, tries=window.tries - 1)), None, (failed,)
    return replace(ring, window=None), None, (failed, Note(What.PAIRING_CLOSED, window.first))


def expired(ring: Ring, now_ms: int) -> tuple[Ring, Notes]:
    """The ring without a window whose time is over."""
    if ring.window is None or now_ms < ring.window.until_ms:
        return ring, ()
    return replace(ring, window=None), (Note(What.PAIRING_CLOSED, ring.window.first, "too late"),)
