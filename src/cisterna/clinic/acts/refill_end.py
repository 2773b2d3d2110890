"""After the fill: the pump is read again, she is watched, and two sign. Or it is given up."""

from collections.abc import Iterator
from typing import Any

from cisterna.clinic.acts.act import Case, act
from cisterna.clinic.acts.monitor import raise_watches
from cisterna.clinic.acts.refill import kept, ready, refuse, volume
from cisterna.clinic.acts.refill_fill import pocket_fill, shortfall_limit
from cisterna.clinic.bodies import refill as b
from cisterna.clinic.bodies.planning import Place
from cisterna.clinic.gate.bodies import StopSent
from cisterna.clinic.guards.refill import LACKING, Look, next_step, under_way
from cisterna.clinic.refilling import NOTHING, as_filled, sent, visit
from cisterna.clinic.refusal import Refused
from cisterna.facts.library import known
from cisterna.order.dates import refill_dates
from cisterna.quantity import later, show


@act("interrogate-after", Place.REFILL)
def interrogate_after(case: Case, asked: b.PumpReported) -> Iterator[Any]:
    """Keep the pump's report from after programming; far less than went in is a pocket fill."""
    look = ready(case, "interrogate-after")
    found = kept(case, asked, look.visit.begun.body.serial, "after")
    yield found
    short, limit = look.visit.instilled - found.reservoir, shortfall_limit(look)
    if short > limit:
        words = f"{show(short)} less in the reservoir than went in, limit {show(limit)}"
        yield from pocket_fill(look.visit.drawn, look.visit.instilled, (words,))


@act("set-next-refill", Place.REFILL)
def set_next_refill(case: Case, asked: b.NextRefillSet) -> Iterator[Any]:
    """Book the next refill, not after the date that the order and the time of this fill allow.

    The date and what binds it are worked out here; those in the input are not looked at.
    """
    look = ready(case, "set-next-refill")
    filled = look.visit.last(b.Instilled)
    rx = as_filled(look.orders.ordered, filled.at if filled else case.at)
    dates = refill_dates(rx, case.rules.library, look.orders.ordered_bridge)
    if dates.refill_by is None:
        case.need_why("No date is known by which she must come.", "devices §3.3")
    elif asked.booked > dates.refill_by:
        words = f"She must come by {dates.refill_by:%Y-%m-%d %H:%M}: {dates.binding}."
        way_out = "Book an earlier date."
        limit = dates.refill_by.isoformat()
        raise Refused("booked-too-late", words, way_out, limit=limit, source="devices §3.3")
    if asked.booked.utcoffset() is None or asked.booked <= case.at:
        refuse("no-date", "The next date is to come.", "Give it with its offset.", 11)
    yield b.NextRefillSet(dates.refill_by, dates.binding, asked.booked)


@act("update-emergency-card", Place.REFILL)
def update_card(case: Case, asked: b.EmergencyCardUpdated) -> Iterator[Any]:
    """Give her the card with what the pump runs now."""
    look = ready(case, "update-emergency-card")
    report = look.visit.report("after")
    if report is None or asked.digest != report.body.digest:
        words = "The card says another programme than the pump runs."
        refuse("stale-card", words, "Print the card anew.", 11)
    if not asked.given_to.strip():
        refuse("words-missing", "Nobody was given the card.", "Write who has it.", 11)
    yield asked


@act("observe-refill", Place.REFILL)
def observe_refill(case: Case, asked: b.RefillObserved) -> Iterator[Any]:
    """Look at her after the fill: sedation, breaths a minute, the pocket.

    Swelling, pain, or more sedation than before the needle is taken for a pocket fill.
    """
    look = ready(case, "observe-refill")
    steps = look.rules.words("sedation")
    known(asked.sedation, steps, "degree of sedation")
    if asked.breaths < 0:
        refuse("unreadable", "Breaths a minute are not below zero.", "Count them.", 11)
    yield asked
    before = look.visit.last(b.RefillSymptoms)
    was = before.body.sedation if before else steps[0]
    signs = [n for n in ("swelling", "pain") if getattr(asked, n)]
    if steps.index(asked.sedation) > steps.index(was):
        signs.append(f"sedation: {asked.sedation}")
    if signs:
        yield from pocket_fill(look.visit.drawn, look.visit.instilled, tuple(signs))


@act("record-waste", Place.REFILL)
def record_waste(case: Case, asked: b.DrugWasted) -> Iterator[Any]:
    """Record what was thrown away, once it is drawn; another amount asks for a reason."""
    look = _drawn(case)
    volume(asked.volume)
    if not asked.how.strip():
        refuse("words-missing", "How it was thrown away is missing.", "Write it.", 12)
    if asked.volume != look.visit.drawn:
        words = f"{show(look.visit.drawn)} was drawn, {show(asked.volume)} is thrown away."
        case.need_why(words, "pathway §5.5, step 12")
    yield asked


@act("witness-waste", Place.REFILL)
def witness_waste(case: Case, asked: str) -> Iterator[Any]:
    """Another person has seen the waste `asked` (the id of its event), in time."""
    look = _drawn(case)
    waste = look.visit.last(b.DrugWasted)
    if waste is None or waste.id != asked:
        refuse("no-waste", "There is no such waste.", "Record it first.", 12)
    _another(case, waste.by.who, "witnesses her own waste")
    _in_time(case, waste.at)
    yield b.WasteWitnessed(asked)


def _drawn(case: Case) -> Look:
    """The refill, once something was drawn; also before it is given up."""
    look = under_way(case.person, case.rules, case.at)
    if look.visit.last(b.ResidualMeasured) is None:
        refuse("step-missing", "Nothing has been drawn.", "Draw and measure first.", 12)
    return look


def _another(case: Case, who: str, what: str) -> None:
    if case.actor.who == who:
        refuse("same-person", f"Nobody {what}.", "Ask a colleague.", 12)


def _in_time(case: Case, at: Any) -> None:
    valid = case.rules.figure("valid.second_signature")
    if case.at > later(at, valid.value):
        words = f"The second comes within {valid.text()}."
        raise Refused("signature-too-late", words, "Do the first anew.", source=valid.locator)


@act("sign-refill", Place.REFILL)
def sign_refill(case: Case, asked: b.RefillSigned) -> Iterator[Any]:
    """Sign the refill when all its steps are done."""
    ready(case, "countersign-refill")
    yield asked


@act("countersign-refill", Place.REFILL)
def countersign_refill(case: Case, asked: str) -> Iterator[Any]:
    """Another person signs what `asked` (the id of the first signature) signs; the refill ends."""
    look = ready(case, "countersign-refill")
    signed = look.visit.last(b.RefillSigned)
    if signed is None or signed.id != asked:
        refuse("not-signed", "There is no such signature.", "Sign first.", 12)
    _another(case, signed.by.who, "signs twice")
    _in_time(case, signed.at)
    yield b.RefillCountersigned(asked)
    yield Place.MAINTENANCE
    yield from raise_watches(case)


@act("abandon-refill", Place.REFILL)
def abandon_refill(case: Case, asked: str) -> Iterator[Any]:
    """Give the refill up at the step where it stands; `asked` is the reason.

    A pump that was not touched lets her back to maintenance. After something was drawn or
    instilled she stays at the refill, until one is done. Another solution is not left in a pump
    that runs the old programme.
    """
    look = under_way(case.person, case.rules, case.at)
    if not asked.strip():
        refuse("reason-missing", "A refill is given up for a reason.", "Write it.", 12)
    programmed, waste = sent(look.visit) is not None, LACKING["record-waste"](look)
    if look.visit.drawn and waste is not None:
        refuse(waste.code, waste.message, waste.way_out, 12)
    if look.visit.instilled and not look.orders.same_solution and not _safe(look, programmed):
        words = "Another solution is in the reservoir, and the old programme runs."
        refuse("other-solution", words, "Programme the pump for it, or stop the pump.", 9)
    step = next_step(look) or "countersign-refill"
    yield b.RefillAbandoned(step, asked, look.visit.drawn, look.visit.instilled, programmed)
    if not look.visit.touched:
        yield Place.MAINTENANCE


def _safe(look: Look, programmed: bool) -> bool:
    stops = (e.body for e in look.visit.events if isinstance(e.body, StopSent))
    return programmed or any(s.outcome == "stopped" for s in stops)


@act("suspect-pocket-fill", Place.MAINTENANCE, Place.REFILL)
def suspect_pocket_fill(case: Case, asked: tuple[str, ...]) -> Iterator[Any]:
    """Raise the emergency of a pocket fill, at the refill or hours after: what was found."""
    if not [f for f in asked if f.strip()]:
        refuse("words-missing", "What was found is missing.", "Write it.", 8)
    found = visit(case.person)
    drawn, instilled = (found.drawn, found.instilled) if found else (NOTHING, NOTHING)
    yield from pocket_fill(drawn, instilled, asked)
