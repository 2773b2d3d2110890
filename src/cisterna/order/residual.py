"""The volume check at a refill: is what came back what should be there?

`ratio = (V_fill − V_measured) ÷ (V_fill − V_expected)`, `discrepancy = V_expected − V_measured`
(device fact book §3.4). Outside the pump's accuracy or more than 2 mL: evaluate. With little
delivered the ratio is printed but not judged.
"""

from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction

from cisterna.facts import Cited, Library
from cisterna.order.bridge import Bridge
from cisterna.order.delivery import delivery
from cisterna.order.line import Refused
from cisterna.order.prescription import Prescription
from cisterna.quantity import Quantity, between, show


@dataclass(frozen=True, slots=True)
class Residual:
    """The check's figures and verdict. A positive discrepancy: too little was left."""

    expected: Quantity
    measured: Quantity
    discrepancy: Quantity
    ratio: Fraction | None
    ratio_judged: bool
    verdict: str
    reasons: tuple[str, ...]
    facts: tuple[Cited, ...]


def residual(
    rx: Prescription,
    library: Library,
    measured: Quantity,
    at: datetime,
    boluses: int | None = None,
    pump_says: Quantity | None = None,
    bridge: Bridge | None = None,
) -> Residual:
    """Compare the measured residual with the one expected at `at`.

    Raises `Refused` for a time before the fill, a negative count, or a remote without a count.
    """
    delivered = _delivered(rx, at, boluses, bridge)
    fill = rx.solution.fill_volume.to("mL")
    expected = fill - delivered
    reasons = []
    if expected.base < 0:
        reasons.append("The reservoir should have run empty before this visit.")
        expected = expected * 0
    programmed, missing = fill - expected, fill - measured.to("mL")
    ratio = missing.base / programmed.base if programmed else None
    judged_from = library.rule("residual_ratio_from")
    widest = library.rule("residual_difference")
    accuracy = rx.pump.model.accuracy
    judged = ratio is not None and programmed >= judged_from.value and accuracy is not None
    if ratio is not None and accuracy is not None and judged:
        reasons += _ratio_reasons(ratio, accuracy)
    reasons += _difference_reasons(expected - measured, widest)
    if pump_says is not None and abs(pump_says - expected) > widest.value:
        reasons.append(
            f"The pump reports {show(pump_says.to('mL'))} but {show(expected)} is expected from "
            "the order: check the fill volume, concentration and rate that were entered."
        )
    if measured > fill:
        reasons.append("More came back than was filled: check for another fluid in the reservoir.")
    return Residual(
        expected=expected,
        measured=measured.to("mL"),
        discrepancy=expected - measured.to("mL"),
        ratio=ratio,
        ratio_judged=judged,
        verdict="evaluate" if reasons else "accept",
        reasons=tuple(reasons),
        facts=tuple(f for f in (accuracy, widest, judged_from) if f is not None),
    )


def _delivered(
    rx: Prescription, at: datetime, boluses: int | None, bridge: Bridge | None
) -> Quantity:
    if at < rx.solution.filled_at:
        raise Refused(
            "before-fill",
            f"{at.isoformat()} is before the fill at {rx.solution.filled_at.isoformat()}.",
            "Give the time of this visit with its offset.",
        )
    if rx.remote is not None and boluses is None:
        raise Refused(
            "boluses-missing",
            "The order has a remote: without the number of patient doses the expected volume is "
            "not known.",
            "Give the number that the pump reports with --boluses.",
        )
    if boluses is not None and boluses < 0:
        raise Refused(
            "boluses-negative",
            f"{boluses} patient doses cannot have been given.",
            "Give the number that the pump reports with --boluses.",
        )
    if rx.remote is None and boluses:
        raise Refused(
            "no-remote",
            "The order has no remote, so there are no patient doses to count.",
            "Leave --boluses out, or check that this is the right order.",
        )
    run = delivery(rx, bridge.setting if bridge else None, all_patient_doses=False)
    volume = Quantity.of(run.volume(between(rx.solution.filled_at, at).number("day")), "mL")
    if rx.remote is not None and boluses:
        volume += rx.volume_of(rx.remote.dose) * boluses
    return volume


def _ratio_reasons(ratio: Fraction, accuracy: Cited) -> list[str]:
    bound = accuracy.most.base
    if 1 - bound <= ratio <= 1 + bound:
        return []
    percent = Quantity.of((ratio - 1) * 100, "%")
    side = "more" if ratio > 1 else "less"
    return [
        f"Delivered {show(abs(percent), 4)} {side} than programmed; the pump's limit is "
        f"{show(accuracy.most)} either way ({accuracy.source})."
    ]


def _difference_reasons(discrepancy: Quantity, widest: Cited) -> list[str]:
    if abs(discrepancy) <= widest.value:
        return []
    if discrepancy.base > 0:
        cause = "too little is left: over-infusion, a leak, or an earlier fill outside the pump"
    else:
        cause = "too much is left: stall, blocked or kinked catheter; do not simply restart"
    return [
        f"{show(abs(discrepancy))} from the expected volume, limit {show(widest.value)} "
        f"({widest.source}): {cause}."
    ]
