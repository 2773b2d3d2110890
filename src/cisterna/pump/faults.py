"""What goes wrong with a pump's body: when it begins, when it ends, and what it does to the flow.

- `stall`: the rotor stands still; the device notices at the first stroke that fails.
- `telemetry`: stuck in telemetry after a scan, no stroke and no alarm, until `interrogate`.
- `valve-shut`: the flow-activated valve is shut: no flow and no alarm, until `restart`.
- `over-infusion`: every stroke moves `amount` times its volume.
- `occlusion`: the share `amount` of each stroke is held back and stays in the reservoir.
- `leak`: the share `amount` leaves the line at the pump's end of it; 1 is a disconnection.
- `septum-leak`: `amount` nL/h leave the reservoir through the septum.
- `discharge`: `amount` nL/h leave the reservoir through an open valve, whatever is commanded.
- `sensor`: the rotor's sensor shows turns whatever the rotor does: a stall is not noticed. The
  self-test finds it, for it looks at the sensor between two strokes, when the rotor rests.
- `reset`: at its start a low battery resets the pump, which falls to its safe floor and alarms.

No pump of ours measures flow, so only a rotor that stands still raises an alarm, or its sensor.
Nothing is modelled for which no figure was found: pressure and temperature (a gas-driven reservoir
flows faster in thin air and in fever, but no coefficient was read), the surge after a long stall,
and what a blocked catheter stores and lets go at once when it opens.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

Kind = Literal[
    "stall",
    "telemetry",
    "valve-shut",
    "over-infusion",
    "occlusion",
    "leak",
    "septum-leak",
    "discharge",
    "sensor",
    "reset",
]
End = Literal["restart", "interrogate", "scan"]
JAMS: tuple[Kind, ...] = ("stall", "telemetry", "valve-shut")
NOTICED: tuple[Kind, ...] = ("stall",)


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault in [start, end); without an end it lasts until somebody does `ends_with`."""

    kind: Kind
    start_ms: int
    end_ms: int | None = None
    amount: Fraction = Fraction(1)
    ends_with: End | None = None

    def at(self, ms: int) -> bool:
        """Whether it is there at a time."""
        return self.start_ms <= ms and (self.end_ms is None or ms < self.end_ms)


Faults = tuple[Fault, ...]


@dataclass(frozen=True, slots=True)
class Effect:
    """What all faults of one moment do together."""

    jammed: bool = False
    factor: Fraction = Fraction(1)
    held: Fraction = Fraction(0)
    leaking: Fraction = Fraction(0)
    septum_nl_per_h: Fraction = Fraction(0)
    discharge_nl_per_h: Fraction = Fraction(0)


NO_EFFECT = Effect()


def effect(faults: Faults, ms: int) -> Effect:
    """All faults of a moment: factors multiply, and so does what each share leaves over."""
    now = [f for f in faults if f.at(ms)]
    if not now:
        return NO_EFFECT
    return Effect(
        jammed=any(f.kind in JAMS for f in now),
        factor=_product(_amounts(now, "over-infusion")),
        held=1 - _product(1 - a for a in _amounts(now, "occlusion")),
        leaking=1 - _product(1 - a for a in _amounts(now, "leak")),
        septum_nl_per_h=sum(_amounts(now, "septum-leak"), Fraction(0)),
        discharge_nl_per_h=sum(_amounts(now, "discharge"), Fraction(0)),
    )


def changes(faults: Faults, start_ms: int, end_ms: int) -> set[int]:
    """The times in (start, end) at which a fault begins or ends."""
    times = {t for f in faults for t in (f.start_ms, f.end_ms) if t is not None}
    return {t for t in times if start_ms < t < end_ms}


def ended(faults: Faults, act: End, at_ms: int) -> Faults:
    """The faults after somebody did what ends some of them."""
    return tuple(
        Fault(f.kind, f.start_ms, at_ms, f.amount)
        if f.ends_with == act and f.end_ms is None and f.start_ms <= at_ms
        else f
        for f in faults
    )


def running(faults: Faults, from_ms: int) -> Faults:
    """The faults that are not over by a time: the others need no more looking at."""
    return tuple(f for f in faults if f.end_ms is None or f.end_ms > from_ms)


def _amounts(faults: Iterable[Fault], kind: Kind) -> list[Fraction]:
    return [f.amount for f in faults if f.kind == kind]


def _product(values: Iterable[Fraction]) -> Fraction:
    made = Fraction(1)
    for value in values:
        made *= value
    return made
