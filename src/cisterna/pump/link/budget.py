"""How often the radio wakes, so that nobody drains the battery by calling.

Strangers share a small budget of handshakes for each hour. A known key knocks: one small signed
packet, looked at before any handshake, good once. A remote has a budget of its own; a programmer
who knocks is always let in, however many strangers have called.
"""

from dataclasses import dataclass, replace

from cisterna.pump.link.keys import recent
from cisterna.pump.link.record import Count, Hex32
from cisterna.pump.link.rules import REMOTES_PER_HOUR, STRANGERS_PER_HOUR
from cisterna.pump.link.verbs import Role


@dataclass(frozen=True, slots=True)
class Calls:
    """When one remote woke the pump during the last hour."""

    key: Hex32
    at_ms: tuple[Count, ...] = ()


@dataclass(frozen=True, slots=True)
class Budget:
    """Handshakes granted to strangers in the last hour, and each remote's calls."""

    strangers_ms: tuple[Count, ...] = ()
    calls: tuple[Calls, ...] = ()


def stranger(budget: Budget, now_ms: int) -> tuple[Budget, bool]:
    """Whether to take a handshake from a peer who has proven nothing; granted ones count."""
    lately = recent(budget.strangers_ms, now_ms)
    if len(lately) >= STRANGERS_PER_HOUR:
        return replace(budget, strangers_ms=lately), False
    return replace(budget, strangers_ms=(*lately, now_ms)), True


def proven(budget: Budget, granted_ms: int) -> Budget:
    """A stranger's handshake ended with a known certificate: it did not fail, and is given back."""
    times = list(budget.strangers_ms)
    if granted_ms in times:
        times.remove(granted_ms)
    return replace(budget, strangers_ms=tuple(times))


def known(budget: Budget, key: str, role: Role, now_ms: int) -> tuple[Budget, bool]:
    """Whether a key that knocked is let in: a programmer always, another within its budget."""
    if role is Role.PROGRAMMER:
        return budget, True
    calls = next((c for c in budget.calls if c.key == key), Calls(key))
    lately = recent(calls.at_ms, now_ms)
    fits = len(lately) < REMOTES_PER_HOUR
    fresh = Calls(key, (*lately, now_ms) if fits else lately)
    rest = (c for c in budget.calls if c.key != key and recent(c.at_ms, now_ms))
    return replace(budget, calls=(*rest, fresh)), fits
