"""What lies in the person: pump, catheter from the spine to the pump, and what was there before.

A projection of her events and nothing kept. Attributes are named as in a prescription: pump
(model, serial, implanted), catheter (tip, segments with model, supplied, trimmed).
"""

from dataclasses import dataclass
from datetime import date

from cisterna.clinic.bodies.implant import (
    CatheterPlaced,
    DeviceScanned,
    OperationRecorded,
    PumpPlaced,
    Segment,
)
from cisterna.clinic.bodies.planning import EvaluationBegun
from cisterna.clinic.course import Person, Said
from cisterna.quantity import Quantity

OPERATION = (EvaluationBegun, OperationRecorded)
"""What belongs to the operation that is being prepared is after the later of these."""


@dataclass(frozen=True, slots=True)
class PumpPart:
    """A pump: where it lies (`site`, `side`, `depth`), and which one it replaced."""

    id: str
    model: str
    serial: str
    udi: str
    implanted: date
    site: str
    side: str
    depth: Quantity
    replaces: str


@dataclass(frozen=True, slots=True)
class SegmentPart:
    """A piece of the catheter, its length as supplied and what was cut off."""

    id: str
    model: str
    supplied: Quantity
    trimmed: Quantity
    lot: str
    placed: date
    replaces: str

    @property
    def length(self) -> Quantity:
        """What lies in the person."""
        return self.supplied - self.trimmed


@dataclass(frozen=True, slots=True)
class DeviceTree:
    """Pump and catheter as they are now; `former` are parts that were replaced or taken out."""

    pump: PumpPart | None
    segments: tuple[SegmentPart, ...]
    entry: str
    tip: str
    tip_side: str
    former: tuple[PumpPart | SegmentPart, ...]

    def successor(self, part_id: str) -> str:
        """The id of the part that took the place of this one; empty where none did."""
        now = (*((self.pump,) if self.pump else ()), *self.segments)
        return next((p.id for p in (*now, *self.former) if p.replaces == part_id), "")


def devices(person: Person) -> DeviceTree:
    """The devices of a person; empty before an implant."""
    pumps = [_pump(said) for said in person.every(PumpPlaced, None)]
    catheters = person.every(CatheterPlaced, None)
    parts: dict[str, SegmentPart] = {}
    now: tuple[SegmentPart, ...] = ()
    for said in catheters:
        now = tuple(_segment(said, n, s, parts) for n, s in enumerate(said.body.segments, 1))
        parts |= {part.id: part for part in now}
    gone = tuple(part for part in parts.values() if part not in now)
    last = catheters[-1].body if catheters else None
    where = (last.entry, last.tip, last.side) if last else ("", "", "")
    return DeviceTree(pumps[-1] if pumps else None, now, *where, (*pumps[:-1], *gone))


def _pump(said: Said[PumpPlaced]) -> PumpPart:
    b = said.body
    return PumpPart(b.scan, b.model, b.serial, b.udi, b.placed, b.site, b.side, b.depth, b.replaces)


def _segment(
    said: Said[CatheterPlaced], number: int, s: Segment, parts: dict[str, SegmentPart]
) -> SegmentPart:
    """A piece that stays is the one that it was."""
    if s.stays in parts:
        return parts[s.stays]
    name = f"{said.id}/{number}"
    return SegmentPart(name, s.model, s.supplied, s.trimmed, s.lot, said.at.date(), s.replaces)


def scans(person: Person) -> tuple[Said[DeviceScanned], ...]:
    """What was scanned for the operation that is being prepared."""
    return person.every(DeviceScanned, OPERATION)
