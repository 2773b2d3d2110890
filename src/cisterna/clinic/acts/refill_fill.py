"""The needle is in: all that is left is drawn and judged, then the syringe goes in by parts."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from cisterna.clinic.acts.act import Case, act
from cisterna.clinic.acts.refill import ready, refuse, volume
from cisterna.clinic.bodies import refill as b
from cisterna.clinic.bodies.planning import Place
from cisterna.clinic.event import Role
from cisterna.clinic.guards.refill import Look, confirmed
from cisterna.clinic.refilling import NOTHING, carried, rounded, visits
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
    report = look.visit.report("before")
    between, suspect = carried(case.person)
    running = look.orders.running
    doses = report.body.doses if report and running.remote is not None else None
    says = report.body.reservoir if report else None
    library, bridge = case.rules.library, look.orders.running_bridge
    # What earlier tries drew or put in is taken off, so that the running order's sum fits.
    own = asked.measured - between
    try:
        found = residual(running, library, own, case.at, doses, says, bridge)
    except OrderRefused as refused:
        raise Refused(
            refused.code, refused.message, refused.way_out, source="devices §3.4"
        ) from None
    reasons = list(found.reasons)
    if suspect:
        reasons.append("Some of an earlier fill may lie outside the pump.")
    if report is not None and not report.body.running:
        reasons.append("The pump did not run when it was interrogated.")
    held = list(_holds(look, found, bool(reasons)))
    verdict = "hold" if held else "evaluate" if reasons else "accept"
    fill = running.solution.fill_volume
    expected = rounded(found.expected)
    return b.ResidualMeasured(
        measured=rounded(asked.measured),
        graduation=asked.graduation,
        expected=rounded(found.expected + between),
        programmed=rounded(fill) - expected,
        delivered=rounded(fill) - rounded(own),
        judged=found.ratio_judged and not suspect,
        verdict=verdict,
        reasons=(*reasons, *held),
    )


def _holds(look: Look, found: Residual, evaluate: bool) -> Iterator[str]:
    far = look.rules.figure("residual_hold")
    if found.ratio_judged and found.ratio is not None:
        off = Quantity.of(abs(found.ratio - 1) * 100, "%")
        if off > far.value:
            yield f"Delivered {show(off, 4)} off what was programmed, held above {far.text()}."
    times = look.rules.count("residual_repeated")
    if evaluate and _same_sign(look, found.discrepancy, times - 1):
        yield f"The {times}th refill in a row that is off to the same side."


def _same_sign(look: Look, discrepancy: Quantity, earlier: int) -> bool:
    """Whether the refills before this one were evaluated too, each to the same side."""
    serial = look.visit.begun.body.serial
    past = [v for v in visits(look.visit.person)[:-1] if v.begun.body.serial == serial]
    found = [m.body for v in past if (m := v.last(b.ResidualMeasured)) is not None]
    last = found[len(found) - earlier :] if earlier <= len(found) else []
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
