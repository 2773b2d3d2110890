"""What must hold at each step of a refill: all before it were done, and rightly.

`facts/refill.toml` has the order of the steps; `LACKING` says of each what is still missing. A
report or a reading that shows something wrong is kept; it is the next step that is refused.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from cisterna.clinic.bodies import refill as b
from cisterna.clinic.course import Person
from cisterna.clinic.gate.bodies import RefillTerms
from cisterna.clinic.guards.guard import guard
from cisterna.clinic.refilling import NOTHING, Orders, Visit, orders, sent, text_digest, visit
from cisterna.clinic.refusal import Refused
from cisterna.facts import Pathway
from cisterna.facts.refill import RefillRules
from cisterna.quantity import Quantity, later, show

BOOK = "pathway §5.5"


@dataclass(frozen=True, slots=True)
class Look:
    """What a step is judged by: the visit, its orders, the rules, when."""

    visit: Visit
    orders: Orders
    rules: RefillRules
    at: datetime


@dataclass(frozen=True, slots=True)
class Lack:
    """Why a step does not count as done, and what to do."""

    code: str
    message: str
    way_out: str


def under_way(person: Person, rules: Pathway, at: datetime) -> Look:
    """The refill that is under way. Raises `Refused` where none is, or it is of another day."""
    found = visit(person)
    if found is None or found.abandoned or found.ended:
        text, way_out = "No refill is under way.", "Identify person and pump."
        raise Refused("not-begun", text, way_out, source=f"{BOOK}, step 1")
    if found.begun.at.astimezone(at.tzinfo).date() != at.date():
        text, way_out = "This refill was begun on another day.", "Abandon it and begin again."
        raise Refused("not-today", text, way_out, limit="the same day", source=BOOK)
    library = rules.library
    return Look(found, orders(found.begun.body, library), RefillRules(library), at)


def check_steps(look: Look, step: str) -> None:
    """Raise `Refused` for the first step before `step` that is not done."""
    for before in look.rules.steps[: look.rules.steps.index(step)]:
        lack = LACKING[before](look)
        if lack is not None:
            source = f"{BOOK}; {before}"
            raise Refused(lack.code, lack.message, lack.way_out, limit=before, source=source)


def next_step(look: Look) -> str | None:
    """The first step that is not done; None when all are."""
    return next((s for s in look.rules.steps if LACKING[s](look) is not None), None)


@guard("refill-ended")
def _refill_ended(person: Person, rules: Pathway, at: datetime) -> None:
    found = visit(person)
    over = found is not None and (found.ended or (found.abandoned and not found.touched))
    if not over:
        text = "The refill is not signed by two, and the reservoir is not as it was."
        raise Refused("refill-open", text, "Go on, or begin again.", source="pathway §1.7")


def _missing(what: str) -> Lack:
    return Lack("step-missing", f"Not yet done: {what}.", "Do it now; no step is left out.")


def _begin(look: Look) -> Lack | None:
    return None


def _before(look: Look) -> Lack | None:
    report = look.visit.report("before")
    if report is None:
        return _missing("interrogate the pump before the refill")
    running = look.orders.running.primary.concentration
    if report.body.concentration != running:
        words = f"The pump's record says {show(report.body.concentration)}, the running order "
        return Lack("record-differs", f"{words}{show(running)}.", "Find out what is in the pump.")
    return None


def _symptoms(look: Look) -> Lack | None:
    asked = look.visit.last(b.RefillSymptoms)
    if asked is None:
        return _missing("symptoms and skin")
    if look.rules.stops(asked.body.skin):
        words = f"The skin over the pump is {asked.body.skin}: no needle goes through it."
        return Lack("skin", words, "Abandon the refill, call the physician, cover withdrawal.")
    return None


def _label(look: Look) -> Lack | None:
    compared = look.visit.last(b.LabelsCompared)
    if compared is None:
        return _missing("two persons read the syringe, each for herself")
    if compared.body.differences:
        words = f"The label does not fit: {'; '.join(compared.body.differences)}."
        return Lack("label-differs", words, "Take the right syringe; both read anew.")
    label = look.visit.last(b.LabelRead)
    unopened = not look.visit.instilled
    if label is not None and unopened and look.at >= label.body.use_by:
        return Lack("past-date", "The syringe is past its date.", "Have it prepared anew.")
    return None


def _kit(look: Look) -> Lack | None:
    return None if look.visit.last(b.KitChecked) else _missing("kit, needle and port")


def _residual(look: Look) -> Lack | None:
    found = look.visit.last(b.ResidualMeasured)
    if found is None:
        return _missing("draw all that is left and measure it")
    if found.body.verdict == "accept":
        return None
    decided = look.visit.last(b.ResidualDecided)
    if decided is None or decided.at < found.at or not decided.body.go_on:
        words = f"Residual volume: {' '.join(found.body.reasons)}"
        way_out = "Measure again, then decide with a reason; a hold is decided by a physician."
        return Lack(f"residual-{found.body.verdict}", words, way_out)
    return None


def _instil(look: Look) -> Lack | None:
    label = look.visit.last(b.LabelRead)
    left = (label.body.volume if label else NOTHING) - look.visit.instilled
    if label is None or left.base > 0:
        return _missing(f"instil the rest, {show(left)}")
    return None if confirmed(look.visit) else _missing("draw back")


def confirmed(found: Visit) -> bool:
    """Whether the needle's place was confirmed by drawing back since the last resistance."""
    good = False
    for event in found.events:
        if isinstance(event.body, b.DrawnBack):
            good = event.body.returned
        elif isinstance(event.body, b.Instilled) and event.body.resistance:
            good = False
    return good


def _programme(look: Look) -> Lack | None:
    found = sent(look.visit)
    if found is None:
        return _missing("programme the pump through the gate, with the refill on its record")
    problems = tuple(_unlike(look, found.proposal.prescription, found.proposal.refill))
    if found.proposal.serial != look.visit.begun.body.serial:
        problems += ("another pump was programmed",)
    if problems:
        words = f"The programme does not fit this refill: {'; '.join(problems)}."
        return Lack("other-programme", words, "Propose it anew with the volumes of this visit.")
    if not found.approved:
        words = "Nobody else has read the order and compared the programme."
        return Lack("second-check", words, "Propose it anew and have it approved.")
    return None


def _unlike(look: Look, prescription: str, terms: RefillTerms | None) -> list[str]:
    if prescription != text_digest(look.visit.begun.body.ordered):
        return ["it is of another order"]
    if terms is None:
        return ["the refill is not on the pump's record"]
    strength = look.orders.ordered.primary.concentration.number("ng/mL")
    pairs = (
        ("drawn", terms.measured_nl, look.visit.drawn.number("nL")),
        ("filled", terms.fill_nl, look.visit.instilled.number("nL")),
        ("concentration", terms.ng_per_ml, strength),
    )
    return [name for name, told, done in pairs if told != done]


def _after(look: Look) -> Lack | None:
    report, programmed = look.visit.report("after"), sent(look.visit)
    if report is None or programmed is None or report.at < programmed.at:
        return _missing("interrogate the pump after programming")
    body, proposal = report.body, programmed.proposal
    if (body.digest, body.version) != (proposal.digest, proposal.base_version + 1):
        words = "The pump reports another programme than was sent."
        return Lack("read-back-differs", words, "Read again; then stop and call the physician.")
    if not body.running:
        return Lack("pump-stopped", "The pump does not run.", "Do not close: call the physician.")
    if body.concentration != look.orders.ordered.primary.concentration:
        words = "The pump reports another concentration than was filled."
        return Lack("read-back-differs", words, "Read again; then stop and call the physician.")
    return None


def _date(look: Look) -> Lack | None:
    return None if look.visit.last(b.NextRefillSet) else _missing("the next date")


def _card(look: Look) -> Lack | None:
    return None if look.visit.last(b.EmergencyCardUpdated) else _missing("the emergency card")


def watch_until(look: Look) -> datetime | None:
    """Until when she is watched after the fill; None while there is none. Longer after a doubt."""
    filled, residual = look.visit.last(b.Instilled), look.visit.last(b.ResidualMeasured)
    if filled is None or residual is None:
        return None
    return later(filled.at, _watch(look, residual.body.verdict))


def _watch(look: Look, verdict: str) -> Quantity:
    usual = look.rules.library.rule("observation_after_refill").value
    longer = look.rules.figure("watch_after_discrepancy").value
    return usual if verdict == "accept" else max(usual, longer)


def _observed(look: Look) -> Lack | None:
    until, seen = watch_until(look), look.visit.last(b.RefillObserved)
    if until is None or seen is None or seen.at < until:
        words = f"She is watched until {until:%H:%M}" if until else "She is watched after the fill"
        way_out = "Look again then, at sedation and at the pocket."
        return Lack("not-observed", f"{words}: pocket fill.", way_out)
    return None


def _waste(look: Look) -> Lack | None:
    waste = look.visit.last(b.DrugWasted)
    if waste is None:
        return _missing("what became of the drug that was drawn")
    seen = {w.body.waste for w in look.visit.every(b.WasteWitnessed)}
    if waste.body.controlled and waste.id not in seen:
        words = "Nobody has witnessed the waste of a controlled drug."
        return Lack("no-witness", words, "Ask a colleague to witness it.")
    return None


def _signed(look: Look) -> Lack | None:
    return None if look.visit.ended else _missing("two signatures")


LACKING: dict[str, Callable[[Look], Lack | None]] = {
    "begin-refill": _begin,
    "interrogate-before": _before,
    "record-refill-symptoms": _symptoms,
    "read-label": _label,
    "check-kit": _kit,
    "measure-residual": _residual,
    "instil": _instil,
    "programme": _programme,
    "interrogate-after": _after,
    "set-next-refill": _date,
    "update-emergency-card": _card,
    "observe-refill": _observed,
    "record-waste": _waste,
    "countersign-refill": _signed,
}
