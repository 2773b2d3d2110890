"""The tip during a change: hour by hour, bridged and not, at either end of the line volume."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction

from cisterna.order.bridge import Bridge
from cisterna.order.delivery import Run, delivery
from cisterna.order.dispersion import Tube, dispersed_trace
from cisterna.order.line import line_volume
from cisterna.order.prescription import Prescription
from cisterna.order.trace import Slug, TipTrace, plug_trace, slug
from cisterna.quantity import Quantity, later

_LONGEST_H = 14 * 24
_AFTER_H = 12


@dataclass(frozen=True, slots=True)
class TipHour:
    """One hour after the change: mean dose rate of each drug in each case."""

    hour: int
    at: str
    rates: Mapping[str, Mapping[str, Quantity]]


@dataclass(frozen=True, slots=True)
class TipChange:
    """The tip after a change.

    Cases: `bridged` and `omitted` at the line volume that the bridge uses, `-other-line` at the
    other end of its interval, `-dispersed` with mixing in the line. `complete` is False when the
    change lasts longer than the hours shown.
    """

    hours: tuple[TipHour, ...]
    complete: bool
    traces: Mapping[str, TipTrace] = field(metadata={"wire": None})


def tip_change(old: Prescription, new: Prescription, bridge: Bridge) -> TipChange | None:
    """The tip from the fill until the new solution has arrived in every case; None if no change."""
    if not bridge.needed:
        return None
    needed = _needed_hours(bridge)
    horizon = min(needed, _LONGEST_H)
    traces = _traces(old, new, bridge, horizon)
    hours = tuple(_hour(new, traces, n) for n in range(horizon))
    return TipChange(hours, needed <= _LONGEST_H, traces)


def tip_trace(
    rx: Prescription, bridge: Bridge | None, days: Quantity, programmed: bool = True
) -> TipTrace:
    """The trace at the tip from the fill on, in plug flow, without patient doses.

    The line holds what the order says: this solution, CSF, or the previous one, which a bridge
    then runs out, or the new flow where the bridge is not `programmed`. Raises `Refused` when the
    line holds CSF and its volume is not known.
    """
    end = days.number("day")
    setting = bridge.setting if bridge and programmed else None
    runs = delivery(rx, setting, all_patient_doses=False).runs(end)
    line = []
    if rx.previous is not None and bridge is not None and bridge.needed:
        line = [slug(rx.previous, bridge.volume)]
    elif rx.holds == "csf":
        line = [Slug(line_volume(rx, "prime").most, {})]
    return plug_trace(rx.solution.filled_at, _tip(rx), runs, line, slug(rx, Quantity.of(0, "mL")))


def settled_trace(rx: Prescription) -> TipTrace:
    """One cycle of the schedule at the tip, once the line holds this solution."""
    pattern = delivery(rx, all_patient_doses=False)
    runs = pattern.runs(pattern.schedule.length)
    return plug_trace(rx.solution.filled_at, _tip(rx), runs, [], slug(rx, Quantity.of(0, "mL")))


def _needed_hours(bridge: Bridge) -> int:
    volume = max(bridge.volume, bridge.other_volume or bridge.volume)
    slowest = min(f for f in (bridge.rate, bridge.then_rate) if f) if bridge.then_rate else None
    hours = (volume / (slowest or bridge.rate)).number("h")
    return hours.__ceil__() + _AFTER_H


def _traces(
    old: Prescription, new: Prescription, bridge: Bridge, horizon: int
) -> dict[str, TipTrace]:
    end = Fraction(horizon, 24)
    bridged = list(delivery(new, bridge.setting, all_patient_doses=False).runs(end))
    omitted = list(delivery(new, all_patient_doses=False).runs(end))
    traces = {}
    for case, runs in (("bridged", bridged), ("omitted", omitted)):
        traces[case] = _plug(old, new, runs, bridge.volume)
        if bridge.other_volume is not None:
            traces[f"{case}-other-line"] = _plug(old, new, runs, bridge.other_volume)
        dispersed = _dispersed(old, new, runs, bridge.volume)
        if dispersed is not None:
            traces[f"{case}-dispersed"] = dispersed
    return traces


def _tip(rx: Prescription) -> str | None:
    return rx.catheter.tip if rx.catheter else None


def _plug(old: Prescription, new: Prescription, runs: list[Run], volume: Quantity) -> TipTrace:
    line = [slug(old, volume)]
    return plug_trace(new.solution.filled_at, _tip(new), runs, line, slug(new, volume))


def _dispersed(
    old: Prescription, new: Prescription, runs: list[Run], volume: Quantity
) -> TipTrace | None:
    """None where the bore of the line or a diffusivity is not known.

    Of an interval of diffusivities the smaller end is taken: at usual flows it spreads more.
    """
    components = {c.drug.id: c.drug for c in (*old.solution.components, *new.solution.components)}
    diffusivities = {n: d.diffusivity.least for n, d in components.items() if d.diffusivity}
    segments = new.catheter.segments if new.catheter else ()
    fact = segments[0].model.volume_per_length if segments else None
    if fact is None or set(diffusivities) != set(components):
        return None
    return dispersed_trace(
        new.solution.filled_at,
        _tip(new),
        runs,
        [slug(old, volume)],
        slug(new, volume),
        Tube.of(fact.most),
        diffusivities,
        Quantity.of(1, "h"),
    )


def _hour(new: Prescription, traces: Mapping[str, TipTrace], hour: int) -> TipHour:
    begin, end = Quantity.of(hour, "h"), Quantity.of(hour + 1, "h")
    at = later(new.solution.filled_at, begin).isoformat()
    rates = {case: _means(new, trace, begin, end) for case, trace in traces.items()}
    return TipHour(hour, at, rates)


def _means(
    new: Prescription, trace: TipTrace, begin: Quantity, end: Quantity
) -> dict[str, Quantity]:
    names = sorted({name for piece in trace.pieces for name in piece.doses})
    return {n: _in_unit(new, n, trace.mean_rate(n, begin, end)) for n in names}


def _in_unit(new: Prescription, name: str, rate: Quantity) -> Quantity:
    component = new.solution.component(name)
    return rate.to(f"{component.drug.unit}/day") if component else rate.to("mg/day")
