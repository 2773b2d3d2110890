"""What a pump delivers from a fill on: perhaps a bridge at one flow, then the schedule.

Patient doses, where asked for, are spread evenly over the day after the bridge (during a bridge
they are refused). Exact days and mL inside this module.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

from cisterna.order.prescription import Prescription
from cisterna.order.schedule import Schedule, schedule
from cisterna.quantity import Quantity

Run = tuple[Fraction, Fraction, Fraction]


@dataclass(frozen=True, slots=True)
class Delivery:
    """A flow over time since the fill."""

    schedule: Schedule
    bridge_flow: Fraction = Fraction(0)
    bridge_days: Fraction = Fraction(0)
    patient_flow: Fraction = Fraction(0)

    def runs(self, end: Fraction) -> Iterator[tuple[Fraction, Fraction, Fraction]]:
        """(start, end, mL/day) from the fill to `end` days."""
        if self.bridge_days > 0:
            yield Fraction(0), min(self.bridge_days, end), self.bridge_flow
        for a, b, flow in self.schedule.runs(self.bridge_days, end):
            yield a, b, flow + self.patient_flow

    def volume(self, end: Fraction) -> Fraction:
        """mL pumped from the fill to `end` days."""
        if end <= self.bridge_days:
            return end * self.bridge_flow
        after = end - self.bridge_days
        bridged = self.bridge_days * self.bridge_flow
        return bridged + self.schedule.volume(self.bridge_days, end) + after * self.patient_flow

    def time_of(self, volume: Fraction) -> Fraction | None:
        """Days from the fill to the first moment that `volume` mL are out; None if never."""
        bridged = self.bridge_days * self.bridge_flow
        if volume <= bridged:
            return Fraction(0) if volume <= 0 else volume / self.bridge_flow
        length = self.schedule.length
        per_cycle = self.schedule.cycle_volume + self.patient_flow * length
        if per_cycle == 0:
            return None
        left = volume - bridged
        whole = (left / per_cycle).__ceil__() - 1
        start = self.bridge_days + whole * length
        left -= whole * per_cycle
        for a, b, scheduled in self.schedule.runs(start, start + length):
            flow = scheduled + self.patient_flow
            if left <= (b - a) * flow:
                return a + left / flow
            left -= (b - a) * flow
        return start + length


def patient_flow(rx: Prescription) -> Quantity:
    """Flow of all allowed patient doses, spread over the day."""
    if rx.remote is None:
        return Quantity.of(0, "mL/day")
    daily = rx.volume_of(rx.remote.dose) * rx.remote.max_per_day
    return daily / Quantity.of(1, "day")


def delivery(
    rx: Prescription,
    bridge: tuple[Quantity, Quantity] | None = None,
    all_patient_doses: bool = True,
) -> Delivery:
    """The delivery of an order, after a bridge of (flow, duration) if there is one."""
    flow, duration = bridge or (Quantity.of(0, "mL/day"), Quantity.of(0, "day"))
    patient = patient_flow(rx).number("mL/day") if all_patient_doses else Fraction(0)
    return Delivery(schedule(rx), flow.number("mL/day"), duration.number("day"), patient)
