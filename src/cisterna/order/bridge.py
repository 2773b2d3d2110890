"""The bridge: running the old solution out of the line at the old dose.

`V_b = V_line`, `rate_b = D_old ÷ C_old`, `T_b = V_b ÷ rate_b`, afterwards `rate_new = D_new ÷
C_new` (device fact book §3.2). Where the line volume is an interval, the smaller end is used when
the concentration rises and the larger when it falls: a wrong line volume then gives a short
under-dose, never an over-dose (maker's rule for the SynchroMed EL).
"""

from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction

from cisterna.facts import Cited, Library
from cisterna.order.line import Refused, VolumeRange, line_volume
from cisterna.order.prescription import Component, Prescription, Segment, in_drug_unit
from cisterna.order.quantise import achieved_rate, rate_step
from cisterna.order.schedule import schedule
from cisterna.quantity import Quantity, later

_NO_LINE = VolumeRange(Quantity.of(0, "mL"), Quantity.of(0, "mL"))


@dataclass(frozen=True, slots=True)
class OmittedDrug:
    """One drug while the old solution runs at the new rate; None where it was not ordered."""

    delivered: Quantity
    old_order: Quantity | None
    new_order: Quantity | None
    fraction_of_old: Fraction | None
    fraction_of_new: Fraction | None


@dataclass(frozen=True, slots=True)
class Omitted:
    """What happens without the bridge: old solution at the new rate, for `lasts`."""

    delivered_fraction: Fraction | None
    by_drug: dict[str, OmittedDrug]
    lasts: Quantity | None


@dataclass(frozen=True, slots=True)
class AchievedBridge:
    """What the pump can really be set to."""

    rate: Quantity
    duration: Quantity
    then_rate: Quantity


@dataclass(frozen=True, slots=True)
class Bridge:
    """A bridge, or the statement that none is needed."""

    needed: bool
    held: str
    volume: Quantity
    other_volume: Quantity | None
    dose: dict[str, Quantity]
    rate: Quantity
    duration: Quantity
    ends_at: datetime
    then_rate: Quantity
    achieved: AchievedBridge
    omitted: Omitted
    residual_mix: dict[str, Quantity] | None
    rinses: Cited | None
    facts: tuple[Cited, ...]

    @property
    def setting(self) -> tuple[Quantity, Quantity] | None:
        """(flow, duration) for a delivery; None when no bridge is needed."""
        return (self.rate, self.duration) if self.needed else None


def concentrations(rx: Prescription) -> dict[str, Quantity]:
    """Concentration of each drug of an order."""
    return {c.drug.id: c.concentration for c in rx.solution.components}


def bridge(
    old: Prescription, new: Prescription, library: Library, hold: str | None = None
) -> Bridge:
    """The bridge from one order to the next.

    Raises `Refused` when pumps or lines differ and, where a bridge is needed, when the old dose was
    zero, when the line volume is unknown, or when the pump cannot run at the bridge's rate.
    """
    _same_line(old, new)
    held = _held(old, hold)
    needed = concentrations(old) != concentrations(new)
    line = line_volume(new, "bridge") if needed else _NO_LINE
    volume, other = _safe_end(line, held, new)
    rate = _old_rate(old) if needed else schedule(old).mean
    if needed:
        _inside_pump(new, rate)
    then_rate = schedule(new).mean
    duration = (volume / rate).to("h") if needed else Quantity.of(0, "h")
    step = rate_step(new.pump.model, library)
    achieved = AchievedBridge(achieved_rate(rate, step), duration, achieved_rate(then_rate, step))
    return Bridge(
        needed=needed,
        held=held.drug.id,
        volume=volume,
        other_volume=other,
        dose=old.doses_of(volume),
        rate=rate,
        duration=duration,
        ends_at=later(new.solution.filled_at, duration),
        then_rate=then_rate,
        achieved=achieved,
        omitted=_omitted(old, new, volume, then_rate),
        residual_mix=_residual_mix(old, new),
        rinses=library.rule("saline_rinses") if _falls(old, new) else None,
        facts=line.facts,
    )


def _same_line(old: Prescription, new: Prescription) -> None:
    a, b = old.pump, new.pump
    if a.model.id != b.model.id or (a.serial and b.serial and a.serial != b.serial):
        raise Refused(
            "pumps-differ",
            "The two orders are for different pumps: the old solution is not in the new line.",
            "Prime the new pump's line instead.",
        )
    same_segments = [s.implanted for s in _segments(old)] == [s.implanted for s in _segments(new)]
    same_models = [s.model.id for s in _segments(old)] == [s.model.id for s in _segments(new)]
    replaced = any(s.new for s in _segments(new))
    if replaced or not (same_segments and same_models) or a.tubing_volume != b.tubing_volume:
        raise Refused(
            "lines-differ",
            "The two orders have different lines: what the line holds is not known.",
            "Prime the part of the line that was replaced, or mend the record of the line.",
        )


def _segments(rx: Prescription) -> tuple[Segment, ...]:
    return () if rx.catheter is None else rx.catheter.segments


def _held(old: Prescription, hold: str | None) -> Component:
    component = old.primary if hold is None else old.solution.component(hold)
    if component is None:
        names = ", ".join(c.drug.id for c in old.solution.components)
        raise Refused(
            "held-drug-not-in-line",
            f"{hold} is not in the old solution, so its dose cannot be held.",
            f"Hold one of: {names}.",
        )
    return component


def _safe_end(
    line: VolumeRange, held: Component, new: Prescription
) -> tuple[Quantity, Quantity | None]:
    """(volume to use, the other end): smaller when the held drug's concentration rises."""
    after = new.solution.component(held.drug.id)
    rises = after is not None and after.concentration > held.concentration
    used, other = (line.least, line.most) if rises else (line.most, line.least)
    return used.to("mL"), None if line.certain else other.to("mL")


def _old_rate(old: Prescription) -> Quantity:
    """The flow of the old order; flex and periodic modes run at their daily mean."""
    rate = schedule(old).mean
    if old.infusion.mode in ("stopped", "minimum-rate") or not rate:
        raise Refused(
            "old-dose-zero",
            "The old order delivers no dose, so there is no rate to bridge at.",
            "Prime the line with the new solution after clearing it, as for an unprimed line.",
        )
    return rate


def _inside_pump(rx: Prescription, rate: Quantity) -> None:
    model = rx.pump.model
    low, high = model.flow_min, model.flow_max
    if (low and rate < low.least) or (high and rate > high.most):
        raise Refused(
            "bridge-rate-outside-pump",
            f"{model.name} cannot run at the bridge's rate.",
            "Clear the line instead: rinse the reservoir and aspirate the catheter, then prime.",
        )


def _omitted(
    old: Prescription, new: Prescription, volume: Quantity, then_rate: Quantity
) -> Omitted:
    before = concentrations(old)
    old_rate = schedule(old).mean
    by_drug = {}
    for name in {**before, **concentrations(new)}:
        was, now = old.solution.component(name), new.solution.component(name)
        known = was or now
        if known is None:
            continue
        zero = in_drug_unit(known, then_rate * 0)
        delivered = in_drug_unit(was, then_rate) if was else zero
        ordered_old = in_drug_unit(was, old_rate) if was else None
        ordered_new = in_drug_unit(now, then_rate) if now else None
        by_drug[name] = OmittedDrug(
            delivered,
            ordered_old,
            ordered_new,
            _fraction(delivered, ordered_old),
            _fraction(delivered, ordered_new),
        )
    lasts = (volume / then_rate).to("h") if then_rate else None
    return Omitted(by_drug[new.primary.drug.id].fraction_of_new, by_drug, lasts)


def _fraction(part: Quantity, whole: Quantity | None) -> Fraction | None:
    return part.base / whole.base if whole else None


def _falls(old: Prescription, new: Prescription) -> bool:
    """Whether any drug becomes weaker or is left out, so that residual would over-deliver."""
    after = concentrations(new)
    return any(name not in after or after[name] < was for name, was in concentrations(old).items())


def _residual_mix(old: Prescription, new: Prescription) -> dict[str, Quantity] | None:
    """Concentrations after the fill on the largest undrained residual (§3.2 of the fact book)."""
    residual = new.pump.model.residual
    if residual is None:
        return None
    left, fill = residual.most, new.solution.fill_volume
    before, after = concentrations(old), concentrations(new)
    mixed = {}
    for name in {**before, **after}:
        mass = left * before[name] if name in before else None
        added = fill * after[name] if name in after else None
        total = mass + added if mass and added else mass or added
        if total is not None:
            unit = (after.get(name) or before[name]).unit.name
            mixed[name] = (total / (left + fill)).to(unit)
    return mixed
