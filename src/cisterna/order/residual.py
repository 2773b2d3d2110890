"""The volume check at a refill: is what came back what should be there?

`ratio = (V_fill − V_measured) ÷ (V_fill − V_expected)`, `discrepancy = V_expected − V_measured`
(device fact book §3.4). Outside the pump's accuracy or more than 2 mL: evaluate. With little
delivered the ratio is printed but not judged.

Where the dose was changed between fill and visit, `V_expected` counts every order for as long as it
ran: a titration is no leak.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from fractions import Fraction

from cisterna.facts import Cited, Library
from cisterna.order.bridge import Bridge
from cisterna.order.delivery import delivery
from cisterna.order.line import Refused
from cisterna.order.prescription import Prescription
from cisterna.quantity import Quantity, between, show

_NONE = Quantity.of(0, "mL")


@dataclass(frozen=True, slots=True)
class Ran:
    """An order from a time on, until the next one; None is a pump that stood still."""

    since: datetime
    order: Prescription | None


@dataclass(frozen=True, slots=True)
class SinceFill:
    """What a pump was told since the fill: its orders, oldest first, and volumes given by hand.

    `over` is the bridge that began at the fill. All orders are of the solution that was filled.
    """

    orders: tuple[Ran, ...] = ()
    by_hand: Quantity = field(default=_NONE)
    over: Bridge | None = None

    @classmethod
    def of(cls, rx: Prescription, bridge: Bridge | None = None) -> "SinceFill":
        """One order, unchanged since its fill."""
        return cls((Ran(rx.solution.filled_at, rx),), over=bridge)

    def spans(self, at: datetime) -> Iterator[tuple[datetime, datetime, Prescription]]:
        """(from, to, order) of everything that ran up to a time."""
        ends = [*(r.since for r in self.orders[1:]), at]
        for ran, end in zip(self.orders, ends, strict=True):
            if ran.order is not None and ran.since < min(end, at):
                yield ran.since, min(end, at), ran.order


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
    since: SinceFill | None = None,
) -> Residual:
    """Compare the measured residual with the one expected at `at`.

    `rx` is the order that runs; `since` what ran from the fill on, where that was more than `rx`
    after its `bridge`. Raises `Refused` for a time before the fill, a negative count, or a remote
    without a count.
    """
    told = since or SinceFill.of(rx, bridge)
    delivered = _delivered(rx, at, boluses, told)
    fill = rx.solution.fill_volume.to("mL")
    expected = fill - delivered
    reasons = list(_doses_differ(told, boluses))
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


def _delivered(rx: Prescription, at: datetime, boluses: int | None, told: SinceFill) -> Quantity:
    filled = rx.solution.filled_at
    if at < filled:
        raise Refused(
            "before-fill",
            f"{at.isoformat()} is before the fill at {filled.isoformat()}.",
            "Give the time of this visit with its offset.",
        )
    own = _own_doses(told)
    _check_count(bool(own), boluses)
    setting = told.over.setting if told.over else None
    volume = told.by_hand
    for start, end, order in told.spans(at):
        run = delivery(_filled(order, filled), setting, all_patient_doses=False)
        begin, stop = (between(filled, max(t, filled)).number("day") for t in (start, end))
        volume += Quantity.of(run.volume(stop) - run.volume(begin), "mL")
    return volume + own[-1] * (boluses or 0) if own else volume


def _filled(order: Prescription, filled: datetime) -> Prescription:
    """An order whose schedule is counted from the fill, whatever its own text says of it."""
    return replace(order, solution=replace(order.solution, filled_at=filled))


def _own_doses(told: SinceFill) -> list[Quantity]:
    """The volume of the patient's own dose, in each order that has one."""
    orders = (ran.order for ran in told.orders)
    return [rx.volume_of(rx.remote.dose) for rx in orders if rx is not None and rx.remote]


def _check_count(has_remote: bool, boluses: int | None) -> None:
    if has_remote and boluses is None:
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
    if not has_remote and boluses:
        raise Refused(
            "no-remote",
            "The order has no remote, so there are no patient doses to count.",
            "Leave --boluses out, or check that this is the right order.",
        )


def _doses_differ(told: SinceFill, boluses: int | None) -> Iterator[str]:
    """A count says not which of two sizes a dose had."""
    own = _own_doses(told)
    if boluses and len(set(own)) > 1:
        yield (
            f"The patient's dose was changed since the fill: all {boluses} are counted as "
            f"{show(own[-1].to('mL'))} each."
        )


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
