"""When the person must come back, and why then.

`days = (V_fill − V_bridge − V_alarm) ÷ Q + T_bridge` with every patient dose used; the earliest
empty date also lets the pump run at its accuracy limit (device fact book §3.3). The refill date
is the earliest cause less a lead.
"""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from fractions import Fraction

from cisterna.facts import Cited, Library
from cisterna.order.bridge import Bridge
from cisterna.order.delivery import Delivery, delivery
from cisterna.order.prescription import Prescription
from cisterna.order.stability import Stability, stability
from cisterna.quantity import Quantity, later


@dataclass(frozen=True, slots=True)
class RefillDates:
    """The dates of one fill; None where it never happens or is not known."""

    low_reservoir_at: datetime | None
    low_reservoir_at_basal: datetime | None
    empty_at: datetime | None
    empty_at_basal: datetime | None
    earliest_empty_at: datetime | None
    stable_until: datetime | None
    replace_pump_by: date | None
    refill_by: datetime | None
    binding: str | None
    stability: Stability
    used: tuple[Cited, ...] = field(metadata={"wire": None})


def low_reservoir(rx: Prescription) -> Quantity | None:
    """The alarm volume: as ordered, else the datasheet's."""
    fact = rx.pump.model.low_reservoir
    return rx.low_reservoir or (None if fact is None else fact.value)


def refill_dates(rx: Prescription, library: Library, bridge: Bridge | None = None) -> RefillDates:
    """The dates of an order, after a bridge if there is one."""
    setting = bridge.setting if bridge else None
    worst = delivery(rx, setting)
    basal = delivery(rx, setting, all_patient_doses=False)
    fill = rx.solution.fill_volume.number("mL")
    alarm = low_reservoir(rx)
    accuracy = rx.pump.model.accuracy
    keeps = stability(rx, library)
    lead = library.rule("refill_lead")
    low = _at_level(rx, worst, fill, alarm)
    earliest = None
    if accuracy is not None:
        earliest = _after(rx, worst.time_of(fill / (1 + accuracy.most.base)))
    causes = {
        "low-reservoir": low,
        "earliest-empty": earliest,
        "drug-stability": _after_fact(rx, keeps.bound if keeps.lasts is None else keeps.lasts),
        "first-fill": _after_fact(rx, keeps.first_fill),
        "pump-end": _midnight(pump_end(rx), rx),
    }
    known = {k: v for k, v in causes.items() if v is not None}
    binding = min(known, key=lambda k: known[k]) if known else None
    used = (*keeps.used, *pump_end_facts(rx), lead, *_facts(accuracy, rx.pump.model.low_reservoir))
    return RefillDates(
        low_reservoir_at=low,
        low_reservoir_at_basal=_at_level(rx, basal, fill, alarm),
        empty_at=_after(rx, worst.time_of(fill)),
        empty_at_basal=_after(rx, basal.time_of(fill)),
        earliest_empty_at=earliest,
        stable_until=_after_fact(rx, keeps.lasts),
        replace_pump_by=pump_end(rx),
        refill_by=_refill_by(rx, known[binding], lead) if binding else None,
        binding=binding,
        stability=keeps,
        used=used,
    )


def pump_end(rx: Prescription) -> date | None:
    """The day the pump stops at the latest: 90 days after its indicator, or its longest life."""
    model, record = rx.pump.model, rx.pump
    ends = []
    if record.eri and model.eri_to_end:
        ends.append(_later_day(record.eri, model.eri_to_end.most))
    if record.implanted and model.service_life:
        ends.append(_later_day(record.implanted, model.service_life.most))
    return min(ends, default=None)


def pump_end_facts(rx: Prescription) -> tuple[Cited, ...]:
    """The facts that the pump's end rests on."""
    model, record = rx.pump.model, rx.pump
    pairs = ((record.eri, model.eri_to_end), (record.implanted, model.service_life))
    return tuple(fact for day, fact in pairs if day and fact)


def _facts(*facts: Cited | None) -> tuple[Cited, ...]:
    return tuple(f for f in facts if f is not None)


def _later_day(day: date, span: Quantity) -> date:
    return later(datetime.combine(day, time(), UTC), span).date()


def _midnight(day: date | None, rx: Prescription) -> datetime | None:
    return None if day is None else datetime.combine(day, time(), rx.solution.filled_at.tzinfo)


def _after(rx: Prescription, days: Fraction | None) -> datetime | None:
    if days is None or days > 36_525:
        return None
    return later(rx.solution.filled_at, Quantity.of(days, "day"))


def _after_fact(rx: Prescription, fact: Cited | None) -> datetime | None:
    return None if fact is None else later(rx.solution.filled_at, fact.least)


def _at_level(
    rx: Prescription, delivered: Delivery, fill: Fraction, level: Quantity | None
) -> datetime | None:
    if level is None:
        return None
    return _after(rx, delivered.time_of(fill - level.number("mL")))


def _refill_by(rx: Prescription, cause: datetime, lead: Cited) -> datetime:
    """The cause less the lead, but never before the fill."""
    return max(later(cause, -lead.value), rx.solution.filled_at)
