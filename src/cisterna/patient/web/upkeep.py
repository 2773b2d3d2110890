"""Upkeep in her terms: refills a year from her order, or from numbers that she can change."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from math import ceil

from cisterna.clinic.bodies.order import OrderWritten
from cisterna.clinic.course import Person
from cisterna.clinic.prescribing import own_line
from cisterna.facts import Library
from cisterna.facts.options import Options
from cisterna.order.dates import refill_dates
from cisterna.order.form import Unusable
from cisterna.order.line import Refused
from cisterna.quantity import (
    CONCENTRATION,
    DOSE_RATE,
    VOLUME,
    Quantity,
    QuantityError,
    between,
    show,
)

YEAR = Fraction(365)
ASKED = {
    "dose": ("daily_dose", DOSE_RATE),
    "concentration": ("concentration", CONCENTRATION),
    "reservoir": ("reservoir", VOLUME),
    "left": ("left", VOLUME),
}
"""What she can change: the field, its fact, and what kind of amount it is."""


@dataclass(frozen=True, slots=True)
class Upkeep:
    """How often the pump is filled; `by` is the date of the order, None for an example."""

    days: int
    by: datetime | None = None

    @property
    def refills(self) -> int:
        """Refills that a year asks for, a part counted as one."""
        return ceil(YEAR / self.days)


def of_order(person: Person, library: Library) -> Upkeep | None:
    """By the order that was written last, with the order's own dates; None without one.

    None too for an order whose text can no longer be read, or that names no date.
    """
    said = person.last(OrderWritten, None)
    if said is None:
        return None
    try:
        rx = own_line(said.body.text, library)
        by = refill_dates(rx, library).refill_by
    except (Unusable, Refused):
        return None
    if by is None:
        return None
    days = int(between(rx.solution.filled_at, by).number("day"))
    return Upkeep(days, by) if days >= 1 else None


def example(facts: Options) -> dict[str, str]:
    """The numbers that stand in the form at first: an example, no dose for anybody."""
    return {k: show(facts.figure(f"example.{name}").value) for k, (name, _) in ASKED.items()}


def reckoned(row: Mapping[str, str]) -> Upkeep | None:
    """(reservoir - what is left) / (dose / concentration), in whole days; None if it cannot be."""
    try:
        dose, strength, holds, left = (_amount(row.get(k, ""), k) for k in ASKED)
    except QuantityError:
        return None
    if min(dose.base, strength.base) <= 0 or not Fraction(0) <= left.base < holds.base:
        return None
    flow = dose.number("mg/day") / strength.number("mg/mL")
    days = int((holds.number("mL") - left.number("mL")) / flow)
    return Upkeep(days) if days >= 1 else None


def _amount(text: str, name: str) -> Quantity:
    return Quantity.parse(text.strip().replace("día", "day")).expect(ASKED[name][1])
