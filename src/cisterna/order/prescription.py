"""The prescription: one order for one pump, catheter and solution.

Built only by `order.reading`, which refuses what cannot be used; every object here is complete
and consistent. Doses under `infusion`, `remote` and `limits` are of the primary drug; the other
drugs of the solution follow by their concentration.
"""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, timezone
from typing import Literal

from cisterna.facts import Catheter, Drug, Product, Pump, Term
from cisterna.quantity import Quantity

Phase = Literal["trial", "start", "titration", "maintenance"]
PHASES: tuple[Phase, ...] = ("trial", "start", "titration", "maintenance")
MODES = ("continuous", "flex", "periodic-bolus", "minimum-rate", "stopped")
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@dataclass(frozen=True, slots=True)
class OrderDetails:
    """Who orders, in which phase, after what."""

    by: str | None
    stated_phase: Phase | None
    jurisdiction: str
    previous_daily_dose: Quantity | None
    changed_at: datetime | None
    screening_dose: Quantity | None
    screening_effect: Quantity | None

    @property
    def phase(self) -> Phase:
        """The phase that the order is judged in: as stated, else as a start."""
        return self.stated_phase or "start"


@dataclass(frozen=True, slots=True)
class Patient:
    """What the order says of the person; None and empty are unsaid."""

    name: str | None = None
    id: str | None = None
    born: date | None = None
    stated_age: Quantity | None = None
    sex: str | None = None
    height: Quantity | None = None
    weight: Quantity | None = None
    indication: Term | None = None
    opioid_tolerant: bool | None = None
    conditions: tuple[str, ...] | None = None
    medicines: tuple[str, ...] | None = None
    zone: str | None = None

    @property
    def identified(self) -> bool:
        """Whether name, id and birth date can be printed on every page."""
        return None not in (self.name, self.id, self.born)

    def age_on(self, day: date) -> Quantity | None:
        """Age in completed years from the birth date, else as stated."""
        if self.born is None:
            return self.stated_age
        birthday_to_come = (day.month, day.day) < (self.born.month, self.born.day)
        return Quantity.of(day.year - self.born.year - birthday_to_come, "year")


@dataclass(frozen=True, slots=True)
class PumpRecord:
    """The pump in this person."""

    model: Pump
    serial: str | None
    implanted: date | None
    eri: date | None
    ziconotide_exposed: bool | None
    tubing_volume: Quantity | None
    fixed_flow: Quantity | None
    stated_offset: timedelta | None


@dataclass(frozen=True, slots=True)
class Segment:
    """One catheter segment: as supplied, what was cut off, whether just replaced."""

    model: Catheter
    supplied: Quantity
    trimmed: Quantity
    new: bool

    @property
    def implanted(self) -> Quantity:
        """Length in the body."""
        return self.supplied - self.trimmed


@dataclass(frozen=True, slots=True)
class CatheterRecord:
    """The catheter: tip level and segments from the pump outwards."""

    tip: str | None
    segments: tuple[Segment, ...]


@dataclass(frozen=True, slots=True)
class Component:
    """One drug of the solution, at its label basis."""

    drug: Drug
    concentration: Quantity
    product: Product | None
    preservative_free: bool | None


@dataclass(frozen=True, slots=True)
class Solution:
    """What is filled, when it was prepared and filled, and how much."""

    prepared: datetime | None
    filled_at: datetime
    fill_volume: Quantity
    components: tuple[Component, ...]

    def component(self, drug_id: str) -> Component | None:
        """The component of a drug, if it is in the solution."""
        return next((c for c in self.components if c.drug.id == drug_id), None)


@dataclass(frozen=True, slots=True)
class FlexStep:
    """From a time of day on the pump's clock, a dose rate of the primary drug, on some days."""

    start: time
    dose_rate: Quantity
    days: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PeriodicBolus:
    """A dose of the primary drug at every interval, over a duration, above a background."""

    dose: Quantity
    duration: Quantity
    interval: Quantity
    first: time
    background: Quantity


@dataclass(frozen=True, slots=True)
class Infusion:
    """The mode and its doses."""

    primary: str
    mode: str
    daily_dose: Quantity | None = None
    steps: tuple[FlexStep, ...] = ()
    periodic: PeriodicBolus | None = None


@dataclass(frozen=True, slots=True)
class Remote:
    """The patient-activated dose; the lockout runs from start to start."""

    dose: Quantity
    duration: Quantity
    lockout: Quantity
    max_per_day: int


@dataclass(frozen=True, slots=True)
class Prescription:
    """One complete order. `holds` is what the line is full of when this solution goes in."""

    file: str
    order: OrderDetails
    patient: Patient
    pump: PumpRecord
    catheter: CatheterRecord | None
    holds: "Literal['this', 'csf'] | Prescription"
    solution: Solution
    infusion: Infusion
    remote: Remote | None
    per_24h: Quantity | None
    floor: Quantity | None
    low_reservoir: Quantity | None

    @property
    def primary(self) -> Component:
        """The component that the doses are of."""
        found = self.solution.component(self.infusion.primary)
        if found is None:  # the reader refuses such a file
            raise LookupError(self.infusion.primary)
        return found

    @property
    def previous(self) -> "Prescription | None":
        """The order whose solution still fills the line, if the file names it."""
        return self.holds if isinstance(self.holds, Prescription) else None

    @property
    def pump_zone(self) -> timezone:
        """The fixed offset of the pump's clock: as stated, else that of the fill time."""
        offset = self.pump.stated_offset
        if offset is None:
            offset = self.solution.filled_at.utcoffset() or timedelta(0)
        return timezone(offset)

    @property
    def mixture(self) -> bool:
        """Whether more than one drug is in the solution."""
        return len(self.solution.components) > 1

    def volume_of(self, dose: Quantity) -> Quantity:
        """Volume that holds `dose` of the primary drug (also a dose rate, giving a flow)."""
        return dose / self.primary.concentration

    def doses_of(self, volume: Quantity) -> dict[str, Quantity]:
        """What a volume (or a flow) of the solution carries of each drug, in the drug's unit."""
        return {c.drug.id: in_drug_unit(c, volume) for c in self.solution.components}


def in_drug_unit(component: Component, volume: Quantity) -> Quantity:
    """Mass in a volume, or dose rate of a flow, in the unit that this drug is ordered in."""
    dose = volume * component.concentration
    rate = "/day" if dose.unit.name.endswith("/day") else ""
    return dose.to(f"{component.drug.unit}{rate}")
