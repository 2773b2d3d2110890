"""What goes into the pump, as that pump can do it, and a digest to compare it by.

The formula's value and the pump's achieved value stand side by side; the achieved one is never
higher.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import pairwise

from cisterna.facts import Cited, Library
from cisterna.order.bridge import Bridge
from cisterna.order.dates import RefillDates, low_reservoir, refill_dates
from cisterna.order.prescription import DAYS, Prescription
from cisterna.order.quantise import achieved_rate, achieved_volume, rate_step, stroke
from cisterna.order.schedule import Schedule, schedule
from cisterna.quantity import Quantity, decimal_text


@dataclass(frozen=True, slots=True)
class RateStep:
    """From a time on the pump's clock, a rate.

    `at` is `HH:MM` or `mon HH:MM`; for a bridge it is the time of the fill, and `until` its end.
    """

    at: str = field(metadata={"wire": "from"})
    rate: Quantity
    ordered: Quantity
    until: str | None = None


@dataclass(frozen=True, slots=True)
class AchievedProgram:
    """What the pump will do after rounding down."""

    daily_volume: Quantity
    daily_dose: dict[str, Quantity]
    patient_dose: dict[str, Quantity] | None
    rate_step: Quantity
    stroke: Quantity


@dataclass(frozen=True, slots=True)
class Program:
    """The programme of one order."""

    rates: tuple[RateStep, ...]
    repeats_every: Quantity
    achieved: AchievedProgram
    daily_volume: Quantity
    daily_dose: dict[str, Quantity]
    max_daily_dose: dict[str, Quantity]
    per_24h: Quantity
    bridge: Bridge | None
    refill: RefillDates
    digest: str
    facts: tuple[Cited, ...]


def program(rx: Prescription, library: Library, bridge: Bridge | None = None) -> Program:
    """The programme of an order, after a bridge if the order names the previous solution."""
    pattern = schedule(rx)
    step, one_stroke = rate_step(rx.pump.model, library), stroke(rx.pump.model, library)
    rates = (*_bridge_rate(rx, bridge), *_rates(pattern, step))
    dates = refill_dates(rx, library, bridge)
    achieved = _achieved(rx, pattern, step, one_stroke)
    limit = per_24h(rx)
    return Program(
        rates=rates,
        repeats_every=Quantity.of(pattern.length, "day"),
        achieved=achieved,
        daily_volume=pattern.mean * Quantity.of(1, "day"),
        daily_dose=rx.doses_of(pattern.mean),
        max_daily_dose=max_daily_dose(rx),
        per_24h=limit,
        bridge=bridge,
        refill=dates,
        digest=digest(_canonical(rx, rates, limit, bridge)),
        facts=(step, one_stroke),
    )


def max_daily_flow(rx: Prescription) -> Quantity:
    """The largest scheduled volume in any 24 hours plus all allowed patient doses, per day."""
    peak = schedule(rx).peak_day()
    if rx.remote is None:
        return peak
    return peak + rx.volume_of(rx.remote.dose) * rx.remote.max_per_day / Quantity.of(1, "day")


def max_daily_dose(rx: Prescription) -> dict[str, Quantity]:
    """The largest dose of each drug in any 24 hours, all patient doses used."""
    return rx.doses_of(max_daily_flow(rx))


def per_24h(rx: Prescription) -> Quantity:
    """What the guard enforces: as ordered, else the largest 24 hours with all patient doses."""
    return rx.per_24h or max_daily_dose(rx)[rx.primary.drug.id]


def _rates(pattern: Schedule, step: Cited) -> tuple[RateStep, ...]:
    rows = []
    for piece in pattern.pieces:
        ordered = Quantity.of(piece.flow, "mL/day")
        rows.append(RateStep(_label(piece.start, pattern), achieved_rate(ordered, step), ordered))
    return tuple(rows)


def _bridge_rate(rx: Prescription, bridge: Bridge | None) -> tuple[RateStep, ...]:
    """The bridge as the first rate: from the fill until it ends."""
    if bridge is None or not bridge.needed:
        return ()
    start, end = rx.solution.filled_at.isoformat(), bridge.ends_at.isoformat()
    return (RateStep(start, bridge.achieved.rate, bridge.rate, end),)


def _label(start: Fraction, pattern: Schedule) -> str:
    """Clock time of a piece; for cycles that fit no day, time since the start of the cycle."""
    day, rest = divmod(start, 1)
    minutes = rest * 1440
    whole = int(minutes)
    seconds = int((minutes - whole) * 60)
    clock = f"{whole // 60:02d}:{whole % 60:02d}" + (f":{seconds:02d}" if seconds else "")
    return f"{DAYS[int(day)]} {clock}" if pattern.length == 7 else clock


def _achieved(
    rx: Prescription, pattern: Schedule, step: Cited, one_stroke: Cited
) -> AchievedProgram:
    edges = [*(p.start for p in pattern.pieces), pattern.length]
    volume = Quantity.of(0, "mL")
    for (start, end), piece in zip(pairwise(edges), pattern.pieces, strict=True):
        rate = achieved_rate(Quantity.of(piece.flow, "mL/day"), step)
        volume += rate * Quantity.of(end - start, "day")
    flow = Quantity.of(volume.number("mL") / pattern.length, "mL/day")
    dose = None
    if rx.remote is not None:
        dose = rx.doses_of(achieved_volume(rx.volume_of(rx.remote.dose), one_stroke))
    daily = flow * Quantity.of(1, "day")
    return AchievedProgram(daily, rx.doses_of(flow), dose, step.value, one_stroke.value)


def _canonical(
    rx: Prescription, rates: tuple[RateStep, ...], limit: Quantity, bridge: Bridge | None
) -> Mapping[str, object]:
    """Everything that is entered into the pump, in one fixed form."""
    alarm, pattern = low_reservoir(rx), schedule(rx)
    return {
        "patient": rx.patient.id,
        "pump": [rx.pump.model.id, rx.pump.serial],
        "drugs": sorted([c.drug.id, _text(c.concentration)] for c in rx.solution.components),
        "filled": [rx.solution.filled_at.isoformat(), _text(rx.solution.fill_volume)],
        "clock": str(rx.pump_zone),
        "mode": rx.infusion.mode,
        "primary": rx.infusion.primary,
        "cycle": [decimal_text(x) for x in (pattern.length, pattern.phase)],
        "rates": [[r.at, _text(r.rate), _text(r.ordered)] for r in rates],
        "remote": None
        if rx.remote is None
        else [
            _text(rx.remote.dose),
            _text(rx.remote.duration),
            _text(rx.remote.lockout),
            rx.remote.max_per_day,
        ],
        "per_24h": _text(limit),
        "floor": None if rx.floor is None else _text(rx.floor),
        "alarm": None if alarm is None else _text(alarm),
        "bridge": None
        if bridge is None or not bridge.needed
        else [
            _text(bridge.volume),
            _text(bridge.achieved.rate),
            _text(bridge.duration),
        ],
    }


def _text(value: Quantity) -> str:
    return decimal_text(value.base)


_CONSONANTS, _VOWELS = "bdfghjklmnprstvz", "aiou"


def digest(content: Mapping[str, object]) -> str:
    """Four pronounceable five-letter words (64 bits of SHA-256) that two people read aloud.

    The spelling is that of proquints (Wilkerson 2009, arXiv:0901.4016): no two letters sound alike.
    """
    canonical = json.dumps(content, sort_keys=True, separators=(",", ":")).encode()
    raw = hashlib.sha256(canonical).digest()
    return "-".join(_word(int.from_bytes(raw[n : n + 2])) for n in range(0, 8, 2))


def _word(value: int) -> str:
    c, v = _CONSONANTS, _VOWELS
    return (
        c[value >> 12] + v[value >> 10 & 3] + c[value >> 6 & 15] + v[value >> 4 & 3] + c[value & 15]
    )
