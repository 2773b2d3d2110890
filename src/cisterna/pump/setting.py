"""From an order to what a pump holds: the constants of its model, and the programme in integers.

Rates and doses are rounded down to what the pump can do; concentrations are rounded up to whole
ng/mL, so that a limit never sees too little. Where a maker's figure is missing it is borrowed from
the reference pump, as everywhere.
"""

from datetime import datetime, time, timedelta
from fractions import Fraction
from typing import Literal

from cisterna.facts import Cited, Library
from cisterna.order.bridge import Bridge
from cisterna.order.dates import low_reservoir, pump_end
from cisterna.order.prescription import Prescription
from cisterna.order.program import per_24h, program
from cisterna.order.quantise import REFERENCE, achieved_rate, achieved_volume, rate_step, stroke
from cisterna.order.schedule import schedule
from cisterna.pump.programme import BridgeRule, Device, Mode, PatientRule, Programme
from cisterna.quantity import HOUR_MS, Quantity

EPOCH = datetime(2024, 1, 1)  # noqa: DTZ001 - a Monday on the pump's own clock
_VALVES = ("prometra-ii",)


def device(rx: Prescription, library: Library, start: datetime) -> Device:
    """The constants of the pump that an order names; its device time is zero at `start`.

    The life is what is left of it at `start`: to the end that the order's record gives, else the
    whole service life.
    """
    model, reference = rx.pump.model, library.pump(REFERENCE)

    def figure(key: str, unit: str, end: Literal["least", "most"] = "least") -> int:
        own: Cited | None = getattr(model, key) or getattr(reference, key)
        if own is None:
            raise LookupError(f"no figure for {key}")
        return _floor(getattr(own, end).number(unit))

    mri: Literal["stall", "valve"] = "valve" if model.family in _VALVES else "stall"
    return Device(
        serial=rx.pump.serial or model.id,
        stroke_nl=_floor(stroke(model, library).value.number("nL")),
        fastest_nl_per_h=figure("flow_max", "nL/h"),
        capacity_nl=figure("reservoir", "nL"),
        stop_limit_ms=figure("stop_limit", "ms"),
        life_ms=_left(rx, start) or figure("service_life", "ms"),
        warning_ms=figure("eri_to_end", "ms"),
        mri=mri,
    )


def _left(rx: Prescription, start: datetime) -> int | None:
    """What is left at `start` until the recorded end of the pump (at least a millisecond)."""
    end = pump_end(rx)
    if end is None:
        return None
    midnight = datetime.combine(end, time(), rx.pump_zone)
    return max(1, (midnight - start) // timedelta(milliseconds=1))


def wall_ms(moment: datetime, rx: Prescription) -> int:
    """A moment on the pump's own clock, in ms since Monday 2024-01-01 00:00 there."""
    local = moment.astimezone(rx.pump_zone).replace(tzinfo=None)
    return (local - EPOCH) // timedelta(milliseconds=1)


def programme(
    rx: Prescription, library: Library, version: int, bridge: Bridge | None = None
) -> Programme:
    """The programme of an order, in integers, as that pump can run it."""
    pattern, step = schedule(rx), rate_step(rx.pump.model, library)
    start = wall_ms(rx.solution.filled_at, rx) - _ms(pattern.phase)
    steps = [
        (_ms(p.start), _floor(achieved_rate(Quantity.of(p.flow, "mL/day"), step).number("nL/h")))
        for p in pattern.pieces
    ]
    floor = None if rx.floor is None else _floor(achieved_rate(rx.floor, step).number("nL/h"))
    alarm = low_reservoir(rx)
    return Programme(
        serial=rx.pump.serial or rx.pump.model.id,
        version=version,
        primary=rx.primary.drug.id,
        ng_per_ml=ng_per_ml(rx),
        mode=_mode(rx),
        cycle_ms=_ms(pattern.length),
        zero_ms=start,
        steps=tuple(_last_of_each_ms(steps)),
        per_24h_fg=_limit(rx, library),
        patient=_patient(rx, library),
        bridge=_bridge(bridge),
        floor_nl_per_h=floor,
        low_reservoir_nl=0 if alarm is None else _floor(alarm.number("nL")),
        words=program(rx, library, bridge).digest,
    )


def ng_per_ml(rx: Prescription) -> int:
    """Concentration of the primary drug, rounded up."""
    return -_floor(-rx.primary.concentration.number("ng/mL"))


def _limit(rx: Prescription, library: Library) -> int:
    """What the guard enforces, in fg. The default allows for the stroke that a window may hold."""
    limit = _floor(per_24h(rx).number("mg/day") * 10**12)
    if rx.per_24h is not None:
        return limit
    one = _floor(stroke(rx.pump.model, library).value.number("nL"))
    return limit + one * ng_per_ml(rx)


def _patient(rx: Prescription, library: Library) -> PatientRule | None:
    if rx.remote is None:
        return None
    volume = achieved_volume(rx.volume_of(rx.remote.dose), stroke(rx.pump.model, library))
    return PatientRule(
        _floor(volume.number("nL")),
        _floor(rx.remote.duration.number("ms")),
        _floor(rx.remote.lockout.number("ms")),
        rx.remote.max_per_day,
    )


def _bridge(bridge: Bridge | None) -> BridgeRule | None:
    if bridge is None or not bridge.needed:
        return None
    rate = _floor(bridge.achieved.rate.number("nL/h"))
    return BridgeRule(_floor(bridge.volume.number("nL")), rate)


def _mode(rx: Prescription) -> Mode:
    modes: dict[str, Mode] = {
        "continuous": "continuous",
        "flex": "flex",
        "periodic-bolus": "periodic-bolus",
        "minimum-rate": "minimum-rate",
        "stopped": "stopped",
    }
    return modes[rx.infusion.mode]


def _last_of_each_ms(steps: list[tuple[int, int]]) -> list[tuple[int, int]]:
    return list(dict(steps).items())


def _ms(days: Fraction) -> int:
    return _floor(days * 24 * HOUR_MS)


def _floor(value: Fraction) -> int:
    return value.__floor__()
