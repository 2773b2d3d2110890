"""What comes again and again: the same stop, and doses that are refused.

Of the same alarm, stop and start in some minutes the last stop stays (SR-40). A round is an alarm
that stops or holds the flow, and a person who starts the pump again. What comes and goes by itself
is no round: a rotor that sticks for moments is not turned off for it.

A patient who is refused too often (SR-05) is in pain, or it is not she who presses: somebody has to
look.
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
    return _figure("repeat", "count", "1")


@cache
def within_ms() -> int:
    """Within what time they count."""
    return _figure("repeat", "within", "ms")


@cache
def most_refused() -> int:
    """How many refused doses make an alarm."""
    return _figure("refusals", "count", "1")


@cache
def refused_within_ms() -> int:
    """Within what time they count."""
    return _figure("refusals", "within", "ms")


def _figure(what: str, key: str, unit: str) -> int:
    return int(cited(f"alarms.{what}.{key}", table("alarms")[what][key]).value.number(unit))


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


def turned_down(times: tuple[int, ...], at_ms: int) -> tuple[int, ...]:
    """With one more refused dose; no more are kept than make an alarm."""
    return (*refused_lately(times, at_ms), at_ms)[-most_refused() :]


def refused_lately(times: tuple[int, ...], at_ms: int) -> tuple[int, ...]:
    """The refused doses that still count at a time."""
    if not times:
        return times
    return tuple([t for t in times if t > at_ms - refused_within_ms()])


def refused_until(times: tuple[int, ...], at_ms: int) -> int | None:
    """Until when too many were refused; None if they are not too many."""
    recent = refused_lately(times, at_ms)
    return recent[0] + refused_within_ms() if len(recent) >= most_refused() else None
