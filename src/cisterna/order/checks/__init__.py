"""Every guardrail of an order, as findings with limit, authority, source and certainty.

The limits are checked here before a programme is entered, and once more inside the pump by code
that shares nothing with this room.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from cisterna.facts import Cited, Library
from cisterna.order.bridge import Bridge
from cisterna.order.checks import calendar, change, dose, flow, person, remote, solution
from cisterna.order.checks.case import Case
from cisterna.order.checks.finding import SEVERITIES, Finding
from cisterna.order.prescription import Prescription

__all__ = ["CHECKS", "SEVERITIES", "Case", "Check", "Finding", "check"]

CHECKS: tuple[Callable[[Case], Iterator[Finding]], ...] = (
    dose.unit_slip,
    flow.for_patients,
    flow.mode_on_pump,
    flow.below_minimum,
    flow.unreachable,
    flow.above_maximum,
    flow.fixed_flow,
    flow.too_many_steps,
    flow.overfilled,
    person.contraindicated,
    solution.preservative,
    remote.opioid_naive,
    remote.lockout,
    dose.above_start,
    dose.above_ceilings,
    dose.with_remote,
    change.previous_dose,
    change.drop,
    change.step,
    change.too_soon,
    solution.above_consensus,
    solution.above_product,
    solution.ziconotide_first_fill,
    solution.prepared,
    person.interacting,
    person.condition_risk,
    person.age,
    person.tip_level,
    remote.patient_dosing,
    remote.floor,
    calendar.long_stop,
    calendar.pump_end,
    calendar.alarm_in_time,
    solution.stability_known,
    solution.stability_and_refill,
    solution.label_status,
    solution.mixture,
)


@dataclass(frozen=True, slots=True)
class Check:
    """The findings of one order, blocks first; `ok` when nothing blocks."""

    ok: bool
    findings: tuple[Finding, ...]
    used: tuple[Cited, ...] = field(metadata={"wire": None})

    def codes(self, severity: str | None = None) -> tuple[str, ...]:
        """The codes found, of one severity or of all."""
        return tuple(f.code for f in self.findings if severity in (None, f.severity))


def check(rx: Prescription, library: Library, bridge: Bridge | None = None) -> Check:
    """Every finding of an order."""
    case = Case(rx, library, bridge)
    findings = [finding for one in CHECKS for finding in one(case)]
    findings += _missing(case)
    findings += _unverified(case)
    findings.sort(key=lambda f: SEVERITIES.index(f.severity))
    blocked = any(f.severity == "block" for f in findings)
    return Check(not blocked, tuple(findings), tuple(case.used.values()))


def _missing(case: Case) -> Iterator[Finding]:
    if case.missing:
        rows = "; ".join(f"{key} ({why})" for key, why in case.missing.items())
        yield case.finding(
            "missing-for-check",
            f"The order does not say: {rows}.",
            ", ".join(case.missing),
        )


def _unverified(case: Case) -> Iterator[Finding]:
    """One note that lists every value nobody has read, so that nobody learns to click it away."""
    facts = [f for f in case.used.values() if not f.verified]
    if facts:
        rows = "; ".join(f"{f.path} = {f.text()} ({f.certainty})" for f in facts)
        yield case.finding(
            "unverified-limit",
            f"{len(facts)} values in use have not been read in a source: {rows}. A pharmacist can "
            "confirm them in the site's file.",
            ", ".join(f.path for f in facts),
        )
