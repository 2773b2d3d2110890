"""What the pages of a refill show beside a step: figures with their limits and sources."""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from cisterna.clinic.acts.refill_fill import shortfall_limit
from cisterna.clinic.bodies import refill as b
from cisterna.clinic.course import Said
from cisterna.clinic.guards.refill import Look, confirmed, watch_until
from cisterna.clinic.refill_order import terms
from cisterna.clinic.refilling import NOTHING, as_filled
from cisterna.facts import Pathway
from cisterna.order.dates import refill_dates
from cisterna.quantity import Quantity, later, show

Rows = tuple[tuple[str, str, str], ...]
"""Rows of a table: what, how much, and where that stands."""


def first_reader(seen: Look) -> Said[b.LabelRead] | None:
    """The reading that waits for a second one; who and when of it may be shown, no more."""
    last, compared = seen.visit.last(b.LabelRead), seen.visit.last(b.LabelsCompared)
    if last is None or (compared is not None and last.id == compared.body.second):
        return None
    valid = Pathway(seen.rules.library).figure("valid.second_signature").value
    return None if seen.at > later(last.at, valid) else last


@dataclass(frozen=True, slots=True)
class Judged:
    """The residual as it was judged: rows of the table, verdict, reasons."""

    rows: Rows
    verdict: str
    reasons: tuple[str, ...]


def residual(seen: Look) -> Judged | None:
    """What was expected beside what was drawn, with the limits that it is held against."""
    found = seen.visit.last(b.ResidualMeasured)
    if found is None:
        return None
    body, library = found.body, seen.rules.library
    off = body.expected - body.measured
    widest, hold = library.rule("residual_difference"), seen.rules.figure("residual_hold")
    accuracy = seen.orders.running.pump.model.accuracy
    rows = [
        ("Expected", show(body.expected, 4), "the running order, pathway §5.5"),
        ("Measured", show(body.measured), f"marks {show(body.graduation)} apart"),
        ("Difference", _signed(off), f"evaluated above {widest.text()}: {widest.locator}"),
        ("Delivered since the fill", show(body.delivered, 4), "fill less what was drawn"),
        ("Programmed since the fill", show(body.programmed, 4), "fill less what was expected"),
    ]
    if body.judged and body.programmed:
        per_cent = Quantity.of(abs(body.delivered.base / body.programmed.base - 1) * 100, "%")
        limit = f"held above {hold.text()}: {hold.locator}"
        if accuracy is not None:
            limit = f"evaluated beyond {accuracy.text()} ({accuracy.locator}), {limit}"
        rows.append(("Delivered against programmed", f"{show(per_cent, 3)} off", limit))
    return Judged(tuple(rows), body.verdict, body.reasons)


def _signed(off: Quantity) -> str:
    word = "too little came back" if off.base > 0 else "too much came back" if off.base else ""
    return f"{show(abs(off), 3)} {word}".strip()


@dataclass(frozen=True, slots=True)
class InPart:
    """How far the syringe is: whole, in, left, the part that is next, and what comes first."""

    whole: Quantity
    gone_in: Quantity
    left: Quantity
    next: Quantity
    first: str
    source: str
    draws_back: bool
    number: int

    @property
    def rows(self) -> Rows:
        """As a table."""
        return (
            ("In the syringe", show(self.whole), "the label, read by two"),
            ("Gone in", show(self.gone_in), ""),
            ("Left", show(self.left), ""),
        )


def part(seen: Look) -> InPart:
    """The part that is next: the first one small, then a draw-back, then what is left."""
    label, gone_in = seen.visit.last(b.LabelRead), seen.visit.instilled
    whole = label.body.volume if label else NOTHING
    first = seen.rules.figure("first_part")
    left, sure = whole - gone_in, confirmed(seen.visit)
    small = max(min(first.value - gone_in, left), NOTHING)
    draws_back = not sure and gone_in.base > 0
    following = left if sure else small
    number = len(seen.visit.every(b.Instilled)) + 1
    return InPart(whole, gone_in, left, following, first.text(), first.locator, draws_back, number)


def terms_shown(seen: Look) -> Rows:
    """What goes on the pump's record of this refill, for the programmer."""
    found = terms(seen)
    strength = Quantity.of(found.ng_per_ml, "ng/mL").to("mg/mL")
    drawn, filled = (Quantity.of(n, "nL").to("mL") for n in (found.measured_nl, found.fill_nl))
    return (
        ("Drawn", show(drawn, 9), "measured at this visit"),
        ("Filled", show(filled, 9), "instilled at this visit"),
        ("Concentration", show(strength, 9), seen.orders.ordered.primary.drug.name),
    )


def shortfall(seen: Look) -> str:
    """How much less than went in may stand in the reservoir."""
    return show(shortfall_limit(seen))


@dataclass(frozen=True, slots=True)
class NextDate:
    """By when she must come, what binds that date, in her zone."""

    by: datetime | None
    binding: str


def next_date(seen: Look, zone: ZoneInfo) -> NextDate:
    """As the act will hold the booking against it."""
    filled = seen.visit.last(b.Instilled)
    rx = as_filled(seen.orders.ordered, filled.at if filled else seen.at)
    found = refill_dates(rx, seen.rules.library, seen.orders.ordered_bridge)
    by = found.refill_by.astimezone(zone) if found.refill_by else None
    return NextDate(by, (found.binding or "").replace("-", " "))


@dataclass(frozen=True, slots=True)
class Watched:
    """The watch after the fill: until when, how long is left, why so long, looks so far."""

    until: datetime
    over: bool
    why: str
    source: str
    looks: int


def watched(seen: Look) -> Watched | None:
    """Counted from the fill on the clinic's clock, so a reload changes nothing."""
    until, judged = watch_until(seen), seen.visit.last(b.ResidualMeasured)
    if until is None or judged is None:
        return None
    usual = seen.rules.library.rule("observation_after_refill")
    longer = seen.rules.figure("watch_after_discrepancy")
    plain = judged.body.verdict == "accept"
    why = "usual" if plain else "longer, for the residual was not accepted at once"
    source = usual.locator if plain else longer.locator
    looks = len(seen.visit.every(b.RefillObserved))
    return Watched(until, seen.at >= until, why, source, looks)
