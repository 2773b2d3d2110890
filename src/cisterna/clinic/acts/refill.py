"""The refill up to the needle: who and which pump, its report, how she is, the syringe, the kit.

Each step is an act and an event, and none can be left out: `guards.refill` holds each against the
steps before it. What is wrong is kept on record, and the next step is refused.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from typing import Any, NoReturn

from cisterna.clinic.acts.act import Case, act
from cisterna.clinic.bodies import refill as b
from cisterna.clinic.bodies.planning import Place
from cisterna.clinic.course import Said
from cisterna.clinic.guards.refill import Look, check_steps, under_way
from cisterna.clinic.refilling import Orders, orders, visit
from cisterna.clinic.refusal import Refused
from cisterna.facts.library import known
from cisterna.facts.refill import RefillRules
from cisterna.facts.signing import Signing
from cisterna.order.checks import check
from cisterna.order.form import Unusable
from cisterna.order.prescription import Patient, Prescription
from cisterna.quantity import CONCENTRATION, VOLUME, Dimension, Quantity, later, show

BOOK = "pathway §5.5"


@act("begin-refill", Place.MAINTENANCE, Place.REFILL)
def begin_refill(case: Case, asked: b.RefillBegun) -> Iterator[Any]:
    """Identify the person by two identifiers and the pump by its serial number, and begin.

    A refill that was given up is begun again by the same act. The order of this refill is checked
    here, before anything is drawn: what the gate would block later is refused or asks for a reason.
    """
    before = visit(case.person)
    if case.person.place is Place.REFILL and before is not None and not before.abandoned:
        refuse("under-way", "A refill is under way.", "Go on with it, or abandon it.", 1)
    read = _read(case, asked)
    _identify(asked, read.running)
    _identify(asked, read.ordered)
    _check_order(case, read)
    yield replace(asked, serial=read.running.pump.serial or "")
    if case.person.place is not Place.REFILL:
        yield Place.REFILL


def refuse(code: str, message: str, way_out: str, step: int) -> NoReturn:
    """Raise `Refused` with the step of the book."""
    raise Refused(code, message, way_out, source=f"{BOOK}, step {step}")


def _read(case: Case, asked: b.RefillBegun) -> Orders:
    try:
        return orders(asked, case.rules.library)
    except Unusable as unusable:
        refuse("order-unusable", f"An order cannot be read: {unusable}", "Mend the order.", 4)


def _identify(asked: b.RefillBegun, rx: Prescription) -> None:
    told = _identifiers(asked.name, asked.number, asked.born)
    meant = _identifiers(rx.patient.name, rx.patient.id, rx.patient.born)
    if len(told) < 2:
        refuse("two-identifiers", "Two identifiers are needed.", "Ask name and birth date.", 1)
    for what, answer in told.items():
        if meant.get(what) != answer:
            words = f"The {what} is not that of the order."
            refuse("other-patient", words, "Stop: find out whose order and syringe these are.", 1)
    if not rx.pump.serial or plain(asked.serial) != plain(rx.pump.serial):
        words = f"The pump is {asked.serial[:40] or 'not read'}, the order is for "
        words += f"{rx.pump.serial or 'no named pump'}."
        refuse("other-pump", words, "Find out whose order this is.", 1)


def _identifiers(name: str | None, number: str | None, born: date | None) -> dict[str, str]:
    said = {"name": name, "number": number, "birth date": born.isoformat() if born else None}
    return {what: plain(text) for what, text in said.items() if text and text.strip()}


def plain(text: str) -> str:
    """A text as it is compared: without its case, its spaces as one."""
    return " ".join(text.split()).casefold()


def _check_order(case: Case, read: Orders) -> None:
    rx, library = read.ordered, case.rules.library
    if rx.solution.filled_at.date() != case.at.astimezone(rx.solution.filled_at.tzinfo).date():
        words = f"The order is for a fill on {rx.solution.filled_at:%Y-%m-%d}."
        refuse("order-of-another-day", words, "Take today's order.", 4)
    for found in check(rx, library, read.ordered_bridge).findings:
        if found.severity == "block":
            if found.code not in Signing().overridable:
                refuse(found.code, found.message, "Have the order changed.", 4)
            case.need_why(found.message, f"{BOOK}, step 4")


def kept(case: Case, asked: b.PumpReported, serial: str, when: str) -> b.PumpReported:
    """A report as it goes on record. Raises `Refused` for another pump or a wrong kind."""
    if plain(asked.serial) != plain(serial):
        words = f"The report is of pump {asked.serial[:40]}, this is {serial}."
        refuse("other-pump", words, "Interrogate the pump of this person.", 2)
    volume(asked.reservoir)
    of_kind(asked.concentration, CONCENTRATION)
    if min(asked.stalls, asked.resets, asked.doses or 0, asked.version) < 0:
        refuse("unreadable", "A count is not below zero.", "Read the report again.", 2)
    return replace(asked, serial=serial, when=when)


def volume(value: Quantity) -> None:
    """Raise `Refused` for what is no volume."""
    of_kind(value, VOLUME)


def of_kind(value: Quantity, kind: Dimension) -> None:
    """Raise `Refused` for a quantity of another kind, or below zero."""
    if value.dimension != kind or value.base < 0:
        words = f"{show(value)} is not what is asked for here."
        raise Refused("wrong-kind", words, "Write it with its unit.", source=BOOK)


def ready(case: Case, step: str) -> Look:
    """The refill under way, if all before `step` is done. Raises `Refused`."""
    look = under_way(case.person, case.rules, case.at)
    check_steps(look, step)
    return look


def _dry(look: Look) -> None:
    if look.visit.instilled:
        words = "Drug has gone in already."
        refuse("already-filled", words, "Go on, or abandon and begin again.", 8)


@act("interrogate-before", Place.REFILL)
def interrogate_before(case: Case, asked: b.PumpReported) -> Iterator[Any]:
    """Keep the pump's report from before the refill: status, alarms, expected residual."""
    look = ready(case, "interrogate-before")
    _dry(look)
    yield kept(case, asked, look.visit.begun.body.serial, "before")


@act("record-refill-symptoms", Place.REFILL)
def record_symptoms(case: Case, asked: b.RefillSymptoms) -> Iterator[Any]:
    """Record the skin over the pump, sedation, relief and each neurological sign."""
    look = ready(case, "record-refill-symptoms")
    _dry(look)
    known(asked.skin, look.rules.words("skin"), "state of the skin")
    known(asked.sedation, look.rules.words("sedation"), "degree of sedation")
    check_signs(look.rules, asked.relief, asked.signs, asked.no_signs)
    yield asked


def check_signs(
    rules: RefillRules, relief: str, present: tuple[str, ...], absent: tuple[str, ...]
) -> None:
    """Raise `Refused` unless relief is a known word and each sign is answered once."""
    known(relief, rules.words("relief"), "answer on relief")
    if sorted((*present, *absent)) != sorted(rules.words("signs")):
        text = f"Each of {', '.join(rules.words('signs'))} is answered once."
        raise Refused("unanswered", text, "Answer each.", source="pathway §6.4, §6.5")


@act("read-label", Place.REFILL)
def read_label(case: Case, asked: b.LabelRead) -> Iterator[Any]:
    """Type what the syringe's label says; the second reader's act holds the two against each other.

    The readers are two persons, the second in time; what the first typed is not shown to her.
    After readings that did not fit, both read anew, with the reason.
    """
    look = ready(case, "read-label")
    _dry(look)
    volume(asked.volume)
    for drug in asked.drugs:
        of_kind(drug.concentration, CONCENTRATION)
    compared = look.visit.last(b.LabelsCompared)
    if compared is not None:
        case.need_why("The label was read by two already.", f"{BOOK}, step 4")
    first = _first_reading(case, look)
    yield asked
    if first is not None:
        second = case.person.next_id
        yield b.LabelsCompared(first.id, second, tuple(_differences(look, first.body, asked)))


def _first_reading(case: Case, look: Look) -> Said[b.LabelRead] | None:
    """The reading that waits for a second one, by another person and in time."""
    last, compared = look.visit.last(b.LabelRead), look.visit.last(b.LabelsCompared)
    if last is None or (compared is not None and last.id == compared.body.second):
        return None
    if case.at > later(last.at, case.rules.figure("valid.second_signature").value):
        return None
    if last.by.who == case.actor.who:
        text = "The two readers are two persons."
        refuse("same-person", text, "Ask another to read the label for herself.", 4)
    return last


def _differences(look: Look, first: b.LabelRead, second: b.LabelRead) -> Iterator[str]:
    one, other = _as_read(first), _as_read(second)
    for what, text in one.items():
        if text != other[what]:
            yield f"{what}: {text} and {other[what]} were read"
    order = _as_ordered(look.orders.ordered)
    for what, text in order.items():
        if text != other[what]:
            yield f"{what}: {other[what]} on the label, {text} ordered"
    if look.at >= second.use_by:
        yield f"past its date, {second.use_by.isoformat()}"
    if not second.prepared_by.strip() or not second.lot.strip():
        yield "no lot, or nobody who prepared it"


def _as_read(label: b.LabelRead) -> dict[str, str]:
    return {
        "patient": plain(label.patient),
        "drugs": _drugs({plain(d.name): d.concentration for d in label.drugs}),
        "volume": show(label.volume.to("mL"), 12),
        "preservative": "free" if label.preservative_free else "not free",
        "lot": plain(label.lot),
        "use by": str(label.use_by.timestamp()),
    }


def _as_ordered(rx: Prescription) -> dict[str, str]:
    strengths = {c.drug.id: c.concentration for c in rx.solution.components}
    return {
        "patient": plain(_number(rx.patient)),
        "drugs": _drugs(strengths),
        "volume": show(rx.solution.fill_volume.to("mL"), 12),
        "preservative": "free",
    }


def _number(patient: Patient) -> str:
    return patient.id or ""


def _drugs(strengths: dict[str, Quantity]) -> str:
    return ", ".join(f"{n} {show(c.to('mg/mL'), 12)}" for n, c in sorted(strengths.items()))


@act("check-kit", Place.REFILL)
def check_kit(case: Case, asked: b.KitChecked) -> Iterator[Any]:
    """Confirm the kit, its needle and template, and that the needle will meet the refill port."""
    look = ready(case, "check-kit")
    _dry(look)
    known(asked.port, look.rules.words("port"), "port")
    known(asked.felt, look.rules.words("felt"), "answer on the port")
    if asked.port != "refill":
        words = "That is the catheter access port: what goes in there goes to the spine at once."
        refuse("wrong-port", words, "Take the needle away and find the refill port.", 5)
    if not (asked.refill_kit and asked.refill_needle and asked.template):
        words = "The refill kit with its own needle and the template of this pump."
        refuse("wrong-kit", words, "Take the right kit.", 5)
    if asked.felt == "hard" and not asked.ultrasound:
        refuse("ultrasound", "The port is hard to feel.", "Look with ultrasound.", 6)
    yield asked
