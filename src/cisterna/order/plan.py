"""The plan: all that a nurse looks at first, for one order or for a change of order."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction

from cisterna.facts import Library
from cisterna.order.bridge import Bridge, bridge
from cisterna.order.checks import Check, check
from cisterna.order.line import Refused
from cisterna.order.prescription import Prescription
from cisterna.order.prime import Prime, prime
from cisterna.order.program import Program, program
from cisterna.order.schedule import schedule
from cisterna.order.tip import TipChange, tip_change
from cisterna.order.words import PlanRow, side_by_side
from cisterna.quantity import Quantity


@dataclass(frozen=True, slots=True)
class DrugStep:
    """The daily dose of one drug before and now; `change` is None where one side is missing."""

    before: Quantity | None
    now: Quantity | None
    change: Fraction | None


@dataclass(frozen=True, slots=True)
class Refusal:
    """An act refused: the code, why, and the way out."""

    code: str
    message: str
    way_out: str


@dataclass(frozen=True, slots=True)
class Plan:
    """Old and new side by side, the findings, bridge or prime, the tip, and the dates."""

    old: Prescription | None = field(metadata={"wire": None})
    new: Prescription = field(metadata={"wire": None})
    rows: tuple[PlanRow, ...]
    step: Mapping[str, DrugStep]
    check: Check
    prime: Prime | None
    bridge: Bridge | None
    refused: Refusal | None
    program: Program
    tip: TipChange | None

    @property
    def ok(self) -> bool:
        """Whether nothing blocks and nothing was refused."""
        return self.check.ok and self.refused is None


def plan(old: Prescription | None, new: Prescription, library: Library) -> Plan:
    """The plan of an order that replaces `old`, or of a first order."""
    if old is None:
        old = new.previous
    if old is not None:
        new = replace(new, holds=old)
    bridging, priming, refused = line_change(old, new, library)
    change = tip_change(old, new, bridging) if old is not None and bridging is not None else None
    return Plan(
        old=old,
        new=new,
        rows=side_by_side(old, new),
        step=_steps(old, new),
        check=check(new, library, bridging),
        prime=priming,
        bridge=bridging,
        refused=refused,
        program=program(new, library, bridging),
        tip=change,
    )


def bridge_of(rx: Prescription, library: Library) -> Bridge | None:
    """The bridge from the previous solution that the order names; raises `Refused`."""
    return None if rx.previous is None else bridge(rx.previous, rx, library)


def line_change(
    old: Prescription | None, new: Prescription, library: Library
) -> tuple[Bridge | None, Prime | None, Refusal | None]:
    """What the line needs: a bridge after an old order, a prime into CSF, or why neither can be."""
    try:
        if old is not None:
            return bridge(old, new, library), None, None
        if new.holds == "csf":
            return None, prime(new, "unprimed"), None
    except Refused as refused:
        return None, None, Refusal(refused.code, refused.message, refused.way_out)
    return None, None, None


def _steps(old: Prescription | None, new: Prescription) -> dict[str, DrugStep]:
    before = old.doses_of(schedule(old).mean) if old is not None else {}
    now = new.doses_of(schedule(new).mean)
    return {name: _step(before.get(name), now.get(name)) for name in {**before, **now}}


def _step(before: Quantity | None, now: Quantity | None) -> DrugStep:
    known = before is not None and now is not None and bool(before)
    change = (now.base - before.base) / before.base if known and now and before else None
    if known and not now:
        change = Fraction(-1)
    return DrugStep(before, now, change)
