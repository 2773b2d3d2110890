"""An order in plain words, and side by side with the one before it.

The rows stand in the order in which a programmer asks for them (device fact book §4.1).
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from fractions import Fraction
from zoneinfo import ZoneInfo

from cisterna.order.dates import low_reservoir
from cisterna.order.prescription import DAYS, FlexStep, Prescription
from cisterna.order.program import max_daily_dose, per_24h
from cisterna.order.schedule import schedule
from cisterna.quantity import CivilTime, DeviceClock, DeviceTime, Quantity, show

Cell = tuple[str, Quantity | None]


@dataclass(frozen=True, slots=True)
class PlanRow:
    """One line of the side-by-side view; `change` is (new − old) ÷ old where both are numbers."""

    what: str
    old: str | None
    new: str | None
    change: Fraction | None
    key: str = field(metadata={"wire": None})

    @property
    def differs(self) -> bool:
        """Whether the two sides are not the same."""
        return self.old != self.new


def side_by_side(old: Prescription | None, new: Prescription) -> tuple[PlanRow, ...]:
    """Every line of the new order beside the old one."""
    before = dict(_cells(old)) if old is not None else {}
    after = dict(_cells(new))
    rows = []
    for what in [*after, *(k for k in before if k not in after)]:
        was, now = before.get(what), after.get(what)
        rows.append(
            PlanRow(
                what,
                was[0] if was else None,
                now[0] if now else None,
                _change(was[1] if was else None, now[1] if now else None),
                what,
            )
        )
    return tuple(rows)


def _change(old: Quantity | None, new: Quantity | None) -> Fraction | None:
    if old is None or new is None or not old or old.dimension != new.dimension:
        return None
    return (new.base - old.base) / old.base


def _cells(rx: Prescription) -> Iterator[tuple[str, Cell]]:
    yield "Pump", (_pump(rx), None)
    yield "Pump clock", (clock_words(rx), None)
    yield "Catheter tip", (rx.catheter.tip if rx.catheter and rx.catheter.tip else "not said", None)
    for component in rx.solution.components:
        name = component.drug.tall_man
        yield f"Concentration, {name}", _cell(component.concentration)
    yield "Fill volume", _cell(rx.solution.fill_volume)
    yield "Mode", (rx.infusion.mode, None)
    yield "Schedule", (schedule_words(rx), None)
    yield "Mean flow", _cell(schedule(rx).mean)
    for name, dose in rx.doses_of(schedule(rx).mean).items():
        yield f"Daily dose, {_tall(rx, name)}", _cell(dose)
    yield "Patient dose", (remote_words(rx), None)
    for name, dose in max_daily_dose(rx).items():
        yield f"Most in 24 h, {_tall(rx, name)}", _cell(dose)
    yield "Pump's 24 h limit", _cell(per_24h(rx))
    yield "Safe floor", _cell(rx.floor)
    yield "Low-reservoir alarm", _cell(low_reservoir(rx))


def _cell(value: Quantity | None) -> Cell:
    return ("none", None) if value is None else (show(value), value)


def _tall(rx: Prescription, drug_id: str) -> str:
    component = rx.solution.component(drug_id)
    return component.drug.tall_man if component else drug_id


def _pump(rx: Prescription) -> str:
    serial = f", serial {rx.pump.serial}" if rx.pump.serial else ""
    return f"{rx.pump.model.name}{serial}"


def clock_words(rx: Prescription) -> str:
    """The pump's fixed offset, and how far the patient's wall clock is from it at the fill."""
    clock = DeviceClock(rx.solution.filled_at, rx.pump_zone.utcoffset(None))
    words = f"UTC{clock.civil(DeviceTime(0)).iso()[-6:]}, fixed"
    if rx.patient.zone is None:
        return words
    wall = CivilTime(rx.solution.filled_at).in_zone(ZoneInfo(rx.patient.zone))
    minutes = clock.shift(wall) // timedelta(minutes=1)
    if minutes == 0:
        return f"{words}; the same as {rx.patient.zone} at the fill"
    side = "ahead" if minutes > 0 else "behind"
    return f"{words}; {rx.patient.zone} is {_hours_words(abs(minutes))} {side} at the fill"


def _hours_words(minutes: int) -> str:
    hours, rest = divmod(minutes, 60)
    parts = [f"{hours} h" if hours else "", f"{rest} min" if rest else ""]
    return " ".join(p for p in parts if p)


def schedule_words(rx: Prescription) -> str:
    """The infusion in one line."""
    infusion = rx.infusion
    if infusion.mode == "stopped":
        return "pump stopped"
    if infusion.mode == "minimum-rate":
        return "minimum rate, no therapy"
    if infusion.daily_dose is not None:
        return f"{show(infusion.daily_dose)} all day"
    bolus = infusion.periodic
    if bolus is not None:
        background = f", {show(bolus.background)} between" if bolus.background else ""
        return (
            f"{show(bolus.dose)} over {show(bolus.duration)} every {show(bolus.interval)} "
            f"from {bolus.first:%H:%M}{background}"
        )
    return "; ".join(_step_words(s) for s in sorted(infusion.steps, key=_step_order))


def _step_order(step: FlexStep) -> tuple[int, str]:
    return min(DAYS.index(d) for d in step.days), f"{step.start:%H:%M}"


def _step_words(step: FlexStep) -> str:
    days = "" if len(step.days) == len(DAYS) else f"{days_words(step.days)} "
    return f"{days}from {step.start:%H:%M} {show(step.dose_rate)}"


def days_words(days: Iterable[str]) -> str:
    """Weekdays in order, a run of three or more as its ends."""
    numbers = sorted(DAYS.index(d) for d in days)
    if len(numbers) > 2 and numbers[-1] - numbers[0] == len(numbers) - 1:
        return f"{DAYS[numbers[0]].capitalize()}–{DAYS[numbers[-1]].capitalize()}"
    return ", ".join(DAYS[n].capitalize() for n in numbers)


def remote_words(rx: Prescription) -> str:
    """The patient dose in one line."""
    remote = rx.remote
    if remote is None:
        return "none"
    return (
        f"{show(remote.dose)} over {show(remote.duration)}, "
        f"at least {show(remote.lockout)} from start to start, "
        f"at most {remote.max_per_day} in any 24 h"
    )


def plain_words(rx: Prescription) -> tuple[str, ...]:
    """The order in sentences that a person can read aloud."""
    drugs = ", ".join(f"{c.drug.name} {show(c.concentration)}" for c in rx.solution.components)
    lines = [
        f"Fill {show(rx.solution.fill_volume)} of {drugs} into the {rx.pump.model.name}.",
        f"{rx.primary.drug.name} ({rx.infusion.mode}): {schedule_words(rx)}.",
    ]
    others = {n: d for n, d in rx.doses_of(schedule(rx).mean).items() if n != rx.infusion.primary}
    if others:
        rest = ", ".join(f"{show(dose)} of {_tall(rx, name)}" for name, dose in others.items())
        lines.append(f"With it flow {rest} on average.")
    if rx.remote is not None:
        lines.append(f"The patient may ask for {remote_words(rx)}.")
    return tuple(lines)
