"""The needle is in: all that is left is drawn and judged, then the syringe goes in by parts."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from cisterna.clinic.acts.act import Case, act
from cisterna.clinic.acts.refill import ready, refuse, volume
from cisterna.clinic.bodies import refill as b
from cisterna.clinic.bodies.planning import Place
from cisterna.clinic.event import Role
from cisterna.clinic.guards.refill import Look, confirmed
from cisterna.clinic.ran import since_fill
from cisterna.clinic.refilling import (
    NOTHING,
    Visit,
    in_doubt,
    judged,
    rounded,
    tries_before,
)
from cisterna.clinic.refusal import Refused
from cisterna.order.line import Refused as OrderRefused
from cisterna.order.residual import Residual, residual
from cisterna.quantity import Quantity, show

HOLD = "pathway §5.5, row Residual warn / hold"


@dataclass(frozen=True, slots=True)
class Drawn:
    """All that was drawn, together, and what the marks of the syringe are apart."""

    measured: Quantity
    graduation: Quantity


@act("measure-residual", Place.REFILL)
def measure_residual(case: Case, asked: Drawn) -> Iterator[Any]:
    """Record what came back and judge it: accept, evaluate, or hold with troubleshooting opened.

    May be measured again, for all that came back together, until drug has gone in.
    """
    look = ready(case, "measure-residual")
    if look.visit.instilled:
        refuse("already-filled", "Drug has gone in already.", "Abandon and begin again.", 7)
    for value in (asked.measured, asked.graduation):
        volume(value)
    if not asked.graduation:
        refuse("wrong-kind", "The marks of the syringe are missing.", "Read them off.", 7)
    found = _measured(case, look, asked)
    yield found
    if found.verdict == "hold":
        yield b.TroubleshootingOpened(" ".join(found.reasons), case.person.next_id)


def _measured(case: Case, look: Look, asked: Drawn) -> b.ResidualMeasured:
    """The check of a fill at its first drawing, or of what another try put in since."""
    earlier = [v for v in tries_before(look.visit) if v.last(b.ResidualMeasured) is not None]
    if earlier:
        return _again(case, look, asked, earlier)
    found = _by_order(look, look.visit, asked.measured, case.at)
    reasons = [*found.reasons, *_doubts(look)]
    held = list(_holds(look, found, bool(reasons)))
    fill, expected = rounded(look.orders.running.solution.fill_volume), rounded(found.expected)
    return b.ResidualMeasured(
        measured=rounded(asked.measured),
        graduation=asked.graduation,
        expected=expected,
        programmed=fill - expected,
        delivered=fill - rounded(asked.measured),
        judged=found.ratio_judged and not in_doubt(look.visit),
        verdict="hold" if held else "evaluate" if reasons else "accept",
        reasons=(*reasons, *held),
    )


def _by_order(look: Look, found: Visit, measured: Quantity, at: datetime) -> Residual:
    """The check against what ran since the fill, with what a visit's report told."""
    report = found.report("before")
    running, library = look.orders.running, look.rules.library
    told = since_fill(look.visit.person, look.orders, found.begun.body, library)
    remote = any(ran.order is not None and ran.order.remote for ran in told.orders)
    doses = report.body.doses if report and remote else None
    says = report.body.reservoir if report else None
    try:
        return residual(running, library, measured, at, doses, says, since=told)
    except OrderRefused as no:
        raise Refused(no.code, no.message, no.way_out, source="devices §3.4") from None


def _doubts(look: Look) -> Iterator[str]:
    report = look.visit.report("before")
    if in_doubt(look.visit):
        yield "Some of an earlier fill may lie outside the pump."
    if report is not None and not report.body.running:
        yield "The pump did not run when it was interrogated."


def _again(case: Case, look: Look, asked: Drawn, earlier: list[Visit]) -> b.ResidualMeasured:
    """What should be left of what went in since the last drawing; it is no part of the trend."""
    last = earlier[-1].last(b.ResidualMeasured)
    then = _by_order(look, earlier[-1], NOTHING, last.at if last else case.at).expected
    flowed = rounded(then - _by_order(look, look.visit, NOTHING, case.at).expected)
    left = rounded(earlier[-1].instilled) - flowed
    expected = max(left, NOTHING)
    widest = look.rules.library.rule("residual_difference")
    reasons = list(_doubts(look))
    if abs(expected - asked.measured) > widest.value:
        off = show(abs(expected - asked.measured))
        reasons.append(f"{off} from what the last try left, limit {show(widest.value)}.")
    return b.ResidualMeasured(
        measured=rounded(asked.measured),
        graduation=asked.graduation,
        expected=expected,
        programmed=flowed,
        delivered=rounded(earlier[-1].instilled) - rounded(asked.measured),
        judged=False,
        verdict="evaluate" if reasons else "accept",
        reasons=tuple(reasons),
    )


def _holds(look: Look, found: Residual, evaluate: bool) -> Iterator[str]:
    far = look.rules.figure("residual_hold")
    if found.ratio_judged and found.ratio is not None:
        off = Quantity.of(abs(found.ratio - 1) * 100, "%")
        if off > far.value:
            yield f"Delivered {show(off, 4)} off what was programmed, held above {far.text()}."
    times = look.rules.count("residual_repeated")
    if evaluate and _same_side(look, found.discrepancy, times - 1):
        yield f"{times} refills in a row are off to the same side."


def _same_side(look: Look, discrepancy: Quantity, earlier: int) -> bool:
    """Whether the fills before this one were evaluated too, each to the same side."""
    this = look.visit.begun.body.serial
    found = [m for m in judged(look.visit.person, this) if m.at < look.visit.begun.at]
    last = [m.body for m in found[len(found) - earlier :]] if earlier <= len(found) else []
    sides = [_sign(m.expected - m.measured) for m in last if m.verdict != "accept"]
    return len(sides) == earlier and set(sides) == {_sign(discrepancy)}


def _sign(value: Quantity) -> int:
    return (value.base > 0) - (value.base < 0)


@act("decide-residual", Place.REFILL)
def decide_residual(case: Case, asked: b.ResidualDecided) -> Iterator[Any]:
    """Say, with the reason, whether the refill goes on; what is held a physician decides."""
    look = ready(case, "measure-residual")
    found = look.visit.last(b.ResidualMeasured)
    if found is None or found.body.verdict == "accept":
        refuse("nothing-to-decide", "No residual waits for a decision.", "Go on.", 7)
    case.need_why(" ".join(found.body.reasons), HOLD)
    if found.body.verdict == "hold" and case.actor.role is not Role.PHYSICIAN:
        words = "A residual that is held is decided by a physician."
        raise Refused("role", words, "Call the physician.", limit="physician", source=HOLD)
    yield asked


@act("instil", Place.REFILL)
def instil(case: Case, asked: b.Instilled) -> Iterator[Any]:
    """Record a part that went in: at first no more than the first part, then what is left.

    Resistance stops until what went in is drawn back. Swelling or pain is taken for a pocket fill.
    """
    look = ready(case, "instil")
    volume(asked.volume)
    label = look.visit.last(b.LabelRead)
    whole = label.body.volume if label else NOTHING
    total = look.visit.instilled + asked.volume
    if total > whole:
        words = f"{show(total)} is more than the {show(whole)} of the syringe."
        refuse("more-than-syringe", words, "Read the syringe again.", 8)
    first = look.rules.figure("first_part")
    if not confirmed(look.visit) and total > first.value:
        words = f"After the first {first.text()}, and after resistance, some is drawn back."
        raise Refused(
            "draw-back", words, "Draw back first.", limit=first.text(), source=first.locator
        )
    yield asked
    signs = [n for n in ("swelling", "pain") if getattr(asked, n)]
    if signs:
        yield from pocket_fill(look.visit.drawn, total, tuple(signs))


@act("draw-back", Place.REFILL)
def draw_back(case: Case, asked: b.DrawnBack) -> Iterator[Any]:
    """Record whether what went in comes back; if it does not, it lies outside the pump."""
    look = ready(case, "instil")
    if not look.visit.instilled:
        refuse("nothing-in", "Nothing has gone in yet.", "Instil the first part.", 8)
    yield asked
    if not asked.returned:
        findings = ("nothing came back",)
        yield from pocket_fill(look.visit.drawn, look.visit.instilled, findings)


def pocket_fill(drawn: Quantity, instilled: Quantity, findings: tuple[str, ...]) -> Iterator[Any]:
    """The emergency of a fill outside the pump: card P."""
    yield b.EmergencyRaised("P", findings, drawn, instilled)
    yield Place.EMERGENCY


def shortfall_limit(look: Look) -> Quantity:
    """The shortfall after the fill above which a pocket fill is suspected, by the reservoir."""
    size = look.orders.ordered.pump.model.reservoir
    small = look.rules.figure("small_reservoir").value
    large = size is not None and size.most > small
    return look.rules.library.rule("pocket_fill_40" if large else "pocket_fill_20").value
