"""The same alarm, stop and start again and again: the last of them stays (SR-40).

A round is an alarm that stops or holds the flow, and a person who starts the pump again. What
comes and goes by itself is no round: a rotor that sticks for moments is not turned off for it.
"""

from dataclasses import dataclass, replace
from functools import cache

from cisterna.facts import cited, table


@dataclass(frozen=True, slots=True)
class Halt:
    """An alarm that took the flow away, when, and whether a person has started the pump since."""

    code: str
    at_ms: int
    started: bool = False


Halts = tuple[Halt, ...]


@cache
def most() -> int:
    """How many times the same alarm may stop the pump before it stays stopped."""
    return int(cited("alarms.repeat.count", table("alarms")["repeat"]["count"]).value.number("1"))


@cache
def within_ms() -> int:
    """Within what time they count."""
    row = table("alarms")["repeat"]["within"]
    return int(cited("alarms.repeat.within", row).value.number("ms"))


def halted(halts: Halts, code: str, at_ms: int) -> Halts:
    """With one more, and without those that are too old to count."""
    recent = tuple(h for h in halts if h.at_ms > at_ms - within_ms())
    return (*recent, Halt(code, at_ms))


def started(halts: Halts) -> Halts:
    """A person has started the pump."""
    return tuple(replace(h, started=True) for h in halts)


def again(halts: Halts) -> bool:
    """Whether the latest alarm has come too often, each time after a person's start."""
    if not halts:
        return False
    rounds = sum(h.code == halts[-1].code and h.started for h in halts[:-1])
    return rounds + 1 >= most()
