"""The record of the implant: pump in its pocket, catheter with its tip, the operation itself.

What was done is recorded though it differs from the plan or a limit: then with its reason.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from cisterna.clinic.acts.act import Case, act
from cisterna.clinic.bodies.implant import (
    CatheterPlaced,
    DeviceScanned,
    IncisionMade,
    OperationRecorded,
    PumpPlaced,
    Segment,
)
from cisterna.clinic.bodies.planning import ImplantPlanned, Place
from cisterna.clinic.course import Said
from cisterna.clinic.devices import OPERATION, devices, scans
from cisterna.clinic.refusal import Refused
from cisterna.facts.library import known
from cisterna.order.form import LEVELS
from cisterna.quantity import LENGTH, Quantity, show

_PUMP, _CATHETER, _PEOPLE = (f"pathway §4, row {name}" for name in ("Pump", "Catheter", "People"))


@dataclass(frozen=True, slots=True)
class Pocket:
    """Where the pump lies and how deep; the abdomen unless told."""

    side: str
    depth: Quantity
    site: str = "abdomen"


@dataclass(frozen=True, slots=True)
class Implant:
    """What an implant record holds; `scan` is the id of the scanned pump."""

    scan: str
    pocket: Pocket
    catheter: CatheterPlaced
    operation: OperationRecorded


@act("record-implant", Place.IMPLANT_PLANNED)
def record_implant(case: Case, asked: Implant) -> Iterator[Any]:
    """Record the implant; she stands under observation from then on."""
    known(asked.operation.kind, ("implant",), "operation")
    check_operation(case, asked.operation)
    pump = pump_placed(case, asked.scan, asked.pocket, asked.operation.closed)
    check_catheter(case, asked.catheter)
    plan = case.person.last(ImplantPlanned)
    if plan is not None and plan.body.tip != asked.catheter.tip:
        text = f"The tip was planned at {plan.body.tip} and lies at {asked.catheter.tip}."
        case.need_why(text, _CATHETER)
    yield Place.IMPLANTED_OBSERVATION
    yield pump
    yield asked.catheter
    yield asked.operation


def pump_placed(
    case: Case, scan_id: str, pocket: Pocket, closed: datetime, replaces: str = ""
) -> PumpPlaced:
    """The pump of a scan in its pocket. Raises `Refused`."""
    scan = _scanned_pump(case, scan_id)
    if not pocket.site.strip():
        text = "A pump has the site of its pocket."
        raise Refused("no-site", text, "Give it, such as abdomen.", source=f"{_PUMP}; §1.1 PW-001")
    known(pocket.side, case.rules.sides(), "side")
    _check_length("depth", pocket.depth, _PUMP)
    deepest = case.rules.figure("pocket.depth")
    if pocket.depth > deepest.most:
        text = f"The pocket is deeper than {show(deepest.most)}: telemetry may not reach the pump."
        case.need_why(text, deepest.locator)
    b = scan.body
    rest = closed.date(), pocket.site, pocket.side, pocket.depth, replaces
    return PumpPlaced(scan.id, b.model, b.serial, b.code, *rest)


def _scanned_pump(case: Case, scan_id: str) -> Said[DeviceScanned]:
    for scan in scans(case.person):
        if scan.id == scan_id and scan.body.kind == "pump":
            return scan
    text = f"{scan_id[:40]!r} is no pump that was scanned for this operation."
    raise Refused("not-scanned", text, "Scan the pump.", source="pathway §4, row Identity")


def check_catheter(case: Case, placed: CatheterPlaced) -> None:
    """Raise `Refused` for a catheter that cannot be: lengths, levels, side, anchor."""
    if not placed.segments:
        text = "A catheter has at least one segment."
        raise Refused("no-segment", text, "Give model and lengths.", source=_CATHETER)
    for segment in placed.segments:
        _check_segment(case, segment)
    for name, level in (("entry level", placed.entry), ("tip level", placed.tip)):
        known(level, LEVELS, name)
    known(placed.side, case.rules.sides(), "side of the tip")
    if not placed.anchor.strip():
        text = "How is the catheter anchored?"
        raise Refused("words-missing", text, "Write it.", source=_CATHETER)
    if not placed.csf_seen:
        case.need_why("No fluid was seen to flow from the catheter.", _CATHETER)


def _check_segment(case: Case, segment: Segment) -> None:
    case.rules.library.catheter(segment.model)
    if segment.stays and segment.stays not in {s.id for s in devices(case.person).segments}:
        text = f"{segment.stays[:40]!r} is no segment that lies in her."
        raise Refused("no-such-part", text, "Look at her devices.", source=_CATHETER)
    _check_length("length as supplied", segment.supplied, _CATHETER)
    if segment.trimmed.dimension != LENGTH or not 0 <= segment.trimmed.base < segment.supplied.base:
        text = f"Of {show(segment.supplied)} nobody cuts off {show(segment.trimmed)}."
        raise Refused("wrong-length", text, "Measure what was cut off.", source=_CATHETER)
    if not segment.lot.strip():
        text = "A segment has its lot."
        raise Refused("no-lot", text, "Read it from the package.", source=_CATHETER)


def check_operation(case: Case, done: OperationRecorded) -> None:
    """Raise `Refused` where anaesthesia, ASA class, people or times are missing or impossible."""
    known(done.asa, case.rules.scale("asa-class"), "ASA class")
    if not done.anaesthesia.strip() or "surgeon" not in {p.part for p in done.people if p.who}:
        text = "The record names the anaesthesia and the surgeon."
        raise Refused("words-missing", text, "Give both.", source=_PEOPLE)
    cut = case.person.last(IncisionMade, OPERATION)
    begun = cut is not None and done.closed.utcoffset() is not None and done.closed >= cut.at
    if cut is not None and not (begun and done.closed <= case.at):
        text = "The wound was closed after the incision, at a time with its offset, not later."
        raise Refused("wrong-time", text, "Give the time.", source=_PEOPLE)


def _check_length(name: str, length: Quantity, source: str) -> None:
    if length.dimension != LENGTH or length.base <= 0:
        text = f"The {name} is a length; found {show(length)}."
        raise Refused("wrong-length", text, "Give it in cm.", source=source)
