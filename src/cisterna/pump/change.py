"""From one solution to the next: what reservoir and line hold; prime and bridge.

The pump refuses what does not fit what it holds itself, whoever has signed it. Clinicians refill
first and activate then, in one session: the reservoir holds the new solution, the line the old one.
"""

from itertools import takewhile

from cisterna.pump.programme import BridgeRule, Programme, Slug, held_nl
from cisterna.pump.state import State
from cisterna.quantity import HOUR_MS

Why = tuple[str, str]
OTHER = "other-solution"
_FULL = (
    "line-full",
    "The line is full of drug to its tip: a prime would be a bolus. "
    "Where it was emptied or is new, record the line first.",
)
_UNKNOWN = "unknown-line", "The pump does not know what its line holds: record the line first."


def foreign(s: State, p: Programme | None) -> bool:
    """Whether the reservoir holds another strength than a programme is for; a stop needs none."""
    return p is not None and p.mode != "stopped" and p.ng_per_ml != s.flow.ng_per_ml


def other_solution(s: State, p: Programme) -> Why | None:
    """A programme is activated only for what the reservoir holds."""
    if not foreign(s, p):
        return None
    words = (
        f"The reservoir holds {s.flow.ng_per_ml} ng/mL, the programme is for {p.ng_per_ml} ng/mL. "
        "After a refill with the new solution, record it first; else program for what it holds."
    )
    return OTHER, words


def unfit_prime(s: State, volume_nl: int, duration_ms: int) -> Why | None:
    """A prime fills what is empty of the line, once, and not faster than the pump can."""
    empty = _empty_nl(s.flow.line)
    most = empty + s.device.stroke_nl
    shortest = -(-volume_nl * HOUR_MS // s.device.fastest_nl_per_h)
    if not s.flow.line:
        return _UNKNOWN
    if not empty:
        return _FULL
    if volume_nl > most:
        words = (
            f"{empty} nL of the line are empty: a prime is at most {most} nL, not {volume_nl} nL."
        )
        return "prime-volume", f"{words} Prime for this line."
    if duration_ms < shortest:
        words = f"The pump needs at least {shortest} ms for {volume_nl} nL: prime for longer."
        return "device-maximum", words
    return None


def _empty_nl(line: tuple[Slug, ...]) -> int:
    """How much of the line is free of drug, from the tip on: what a prime fills."""
    return sum(slug.volume_nl for slug in takewhile(lambda slug: not slug.ng_per_ml, line))


def unfit_bridge(s: State, p: Programme) -> Why | None:
    """A bridge empties the line once, and gives no more drug than what ran before."""
    line = held_nl(s.flow.line)
    if p.bridge is None:
        return None
    if not line:
        return _UNKNOWN
    if p.bridge.volume_nl > line + s.device.stroke_nl:
        return "bridge-volume", (
            f"The line holds {line} nL, the bridge would pump {p.bridge.volume_nl} nL. "
            "Work it out for this line."
        )
    return _too_fast(s, p, p.bridge)


def _too_fast(s: State, p: Programme, bridge: BridgeRule) -> Why | None:
    most = _fastest(s, p)
    if most is None or bridge.rate_nl_per_h <= most:
        return None
    return "bridge-rate", (
        f"At {bridge.rate_nl_per_h} nL/h what the line holds is more than the dose before; "
        f"at most {most} nL/h are not. Work the bridge out from what runs now."
    )


def _fastest(s: State, p: Programme) -> int | None:
    """The fastest rate at which the line gives no more than ran before, rounded up to 1 nL/h.

    None where nothing is known of a dose: in a pump that never had a programme, or with a line
    that holds no drug. A bridge that runs is the measure of the next one: it was checked before.
    """
    old, strength = s.programme, max(slug.ng_per_ml for slug in s.flow.line)
    if old is not None and old.bridge is not None and s.bridge_left_nl:
        return old.bridge.rate_nl_per_h
    if old is None or not strength:
        return None
    ran = p if old.mode == "stopped" else old
    return -(-ran.highest_nl_per_h * ran.ng_per_ml // strength)
