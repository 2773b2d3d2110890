"""The revision itself: what was done, and what lies in her from then on.

Pump and catheter of her record are those that the operation left, so prime, bridge and order take
the new lengths and no others (PW-056).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from cisterna.clinic.acts.act import Case, act
from cisterna.clinic.acts.implant import Pocket, check_catheter, check_operation, pump_placed
from cisterna.clinic.acts.revise import check_revision
from cisterna.clinic.bodies.implant import CatheterPlaced, OperationRecorded
from cisterna.clinic.bodies.planning import Place
from cisterna.clinic.bodies.revision import LineSegment, Replaced, RevisionRecorded
from cisterna.clinic.devices import devices
from cisterna.clinic.refusal import Refused
from cisterna.facts.library import known
from cisterna.quantity import Quantity

_ROW = "pathway §1.6 PW-056"


@dataclass(frozen=True, slots=True)
class Reoperation:
    """A revision as it was done: old and new of each part, the catheter whole and anew.

    `scan` is the id of a new pump's scan, with `side`, `depth` and `site` of its pocket; without
    one the pump stays.
    """

    replaced: tuple[Replaced, ...]
    catheter: CatheterPlaced
    operation: OperationRecorded
    scan: str = ""
    side: str = ""
    depth: Quantity | None = None
    site: str = ""


@act("record-reoperation", Place.REVISION_PLANNED)
def record_reoperation(case: Case, asked: Reoperation) -> Iterator[Any]:
    """Record the revision; she stands under observation from then on."""
    known(asked.operation.kind, ("revision",), "operation")
    check_operation(case, asked.operation)
    check_catheter(case, asked.catheter)
    pieces = asked.catheter.segments
    line = tuple(LineSegment(s.model, s.supplied - s.trimmed) for s in pieces)
    revised = RevisionRecorded(asked.replaced, line, asked.catheter.tip)
    check_revision(case, revised)
    new_pump = tuple(_pump(case, asked))
    yield Place.IMPLANTED_OBSERVATION
    yield from new_pump
    yield asked.catheter
    yield asked.operation
    yield revised


def _pump(case: Case, asked: Reoperation) -> Iterator[Any]:
    """The new pump, where there is one. Raises `Refused` where plan and scan do not agree."""
    told = any(r.part == "pump" and r.new.strip() not in ("", r.old) for r in asked.replaced)
    if told != bool(asked.scan):
        words = "A new pump is scanned and named as replaced, or neither."
        raise Refused("part-open", words, "Scan it, and name old and new.", source=_ROW)
    if not asked.scan:
        return
    if asked.depth is None:
        words = "A pump has the depth of its pocket."
        raise Refused("wrong-length", words, "Give it in cm.", source="pathway §4, row Pump")
    old = devices(case.person).pump
    pocket = Pocket(asked.side, asked.depth, asked.site)
    yield pump_placed(case, asked.scan, pocket, asked.operation.closed, old.id if old else "")
