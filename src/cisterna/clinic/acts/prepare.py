"""On the day of the operation, until the cut: checklist, scanned devices, antibiotic, incision."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from cisterna.clinic.acts.act import Case, act
from cisterna.clinic.acts.asked import check_seen
from cisterna.clinic.antibiotic import adult, dose_for, ends_by, open_antibiotic
from cisterna.clinic.bodies.implant import (
    AntibioticEnded,
    AntibioticGiven,
    ChecklistAnswered,
    DeviceScanned,
    IncisionMade,
)
from cisterna.clinic.bodies.planning import ImplantPlanned, Place
from cisterna.clinic.devices import OPERATION, scans
from cisterna.clinic.guards.guard import check
from cisterna.clinic.guards.implant import antibiotic_window
from cisterna.clinic.refusal import Refused
from cisterna.clinic.since import AFTER_IMPLANT
from cisterna.clinic.udi import Udi, read_udi
from cisterna.facts.library import known
from cisterna.quantity import MASS, later, show

PLANNED = (Place.IMPLANT_PLANNED, Place.REVISION_PLANNED)

_LIST = "pathway §4, pre-op checklist"
_IDENTITY = "pathway §4, row Identity"
_ANTIBIOTIC = "pathway §4, row Antibiotic"


@dataclass(frozen=True, slots=True)
class Scan:
    """A device that was unpacked: pump or catheter, its model in the facts, what was scanned."""

    kind: str
    model: str
    code: str


@act("answer-checklist", *PLANNED)
def answer_checklist(case: Case, asked: ChecklistAnswered) -> Iterator[Any]:
    """Answer every item once: done, or not applying with a note where an item allows that."""
    rows = {item.id: item for item in case.rules.checklist()}
    given = [c.item for c in asked.items]
    if sorted(given) != sorted(rows):
        wrong = sorted(set(rows) ^ set(given)) or ["one answered twice"]
        text = f"Not answered, or not asked: {', '.join(wrong)}."
        raise Refused("checklist-incomplete", text, "Answer each item once.", source=_LIST)
    for found in asked.items:
        row = rows[found.item]
        if not found.done and not (row.skip and found.note.strip()):
            text = f"Not done: {row.name}."
            way_out = "Do it." + (" Or note why it does not apply." if row.skip else "")
            raise Refused("checklist-open", text, way_out, limit=row.id, source=_LIST)
        if found.done and row.guard:
            check((row.guard,), case.person, case.rules, case.at)
    yield asked


@act("scan-device", *PLANNED)
def scan_device(case: Case, asked: Scan) -> Iterator[Any]:
    """Record the identifier of a device that was unpacked; an expired one is refused."""
    known(asked.kind, ("pump", "catheter"), "kind of device")
    found = read_udi(asked.code)
    if asked.kind == "pump":
        _check_pump(case, asked, found)
    else:
        case.rules.library.catheter(asked.model)
    if not found.serial and (asked.kind == "pump" or not found.lot):
        text = "The identifier has no serial number" + (" and no lot." if not found.lot else ".")
        way_out = "Scan the code with the production data."
        raise Refused("udi-incomplete", text, way_out, source=_IDENTITY)
    if found.expires is None:
        case.need_why("The identifier does not say when the device expires.", _IDENTITY)
    _check_expiry(case, f"{asked.model} {found.serial or found.lot}", found.expires)
    yield DeviceScanned(
        *(asked.kind, asked.model, asked.code.strip(), found.issuer, found.di),
        *(found.serial, found.lot, found.expires, found.made),
    )


def _check_pump(case: Case, asked: Scan, found: Udi) -> None:
    pump = case.rules.library.pump(asked.model)
    if not (pump.for_patients and pump.implanted):
        text = f"{pump.name} is no pump to implant."
        raise Refused("wrong-pump", text, "Take the one of the plan.", source=_IDENTITY)
    if found.serial and found.serial in {s.body.serial for s in scans(case.person)}:
        text = f"{found.serial} is scanned already."
        raise Refused("scanned-twice", text, "Nothing needs to be done.", source=_IDENTITY)
    plan = case.person.last(ImplantPlanned)
    if case.person.place is Place.IMPLANT_PLANNED and plan and plan.body.pump != asked.model:
        text = f"The plan says {plan.body.pump}, this is {asked.model}."
        case.need_why(text, "pathway §1.6 PW-053; §4")


@act("give-antibiotic", *PLANNED)
def give_antibiotic(case: Case, asked: AntibioticGiven) -> Iterator[Any]:
    """Record the antibiotic; the window until the cut runs from when it was given."""
    if not asked.drug.strip() or asked.dose.dimension != MASS or asked.dose.base <= 0:
        text = f"An antibiotic has a name and a dose such as 2 g; found {show(asked.dose)}."
        raise Refused("wrong-dose", text, "Give both.", source="pathway §4, row Antibiotic")
    if asked.given.utcoffset() is None or asked.given > case.at:
        text = "It was given at a time with its offset, not in the future."
        raise Refused("wrong-time", text, "Give the time.", source="pathway §4, row Antibiotic")
    _check_antibiotic_dose(case, asked)
    yield asked


def _check_antibiotic_dose(case: Case, asked: AntibioticGiven) -> None:
    """A dose goes by weight; one that does not, or no weight, has its reason."""
    if asked.weight is None:
        case.need_why("The dose of an antibiotic goes by weight, and none is given.", _ANTIBIOTIC)
        return
    if asked.weight.dimension != MASS or asked.weight.base <= 0:
        text = f"{show(asked.weight)} is no weight."
        raise Refused("wrong-weight", text, "Weigh her: such as 72 kg.", source=_ANTIBIOTIC)
    grown = adult(case.person, case.rules, case.at)
    found = dose_for(asked.drug.strip().lower(), asked.weight, case.rules) if grown else None
    if found is None:
        whom = "an adult" if grown else "a child"
        text = f"No dose by weight of {asked.drug.strip()[:40]} is known for {whom}."
        case.need_why(text, _ANTIBIOTIC)
    elif found[0] != asked.dose:
        dose, fact = found
        known_as = f"{show(dose)} ({fact.certainty})"
        text = f"For {show(asked.weight)} it is {known_as}, not {show(asked.dose)}."
        case.need_why(text, fact.locator)


@act("end-antibiotic", *PLANNED, *AFTER_IMPLANT)
def end_antibiotic(case: Case, asked: AntibioticEnded) -> Iterator[Any]:
    """Record when its last dose was given; one after the time of the facts has its reason."""
    given = open_antibiotic(case.person)
    if given is None:
        text = "No antibiotic of an operation goes on."
        raise Refused("no-antibiotic", text, "Nothing is to be ended.", source=_ANTIBIOTIC)
    check_seen(case, asked.last_given, _ANTIBIOTIC)
    if asked.last_given < given.body.given:
        text = "The last dose is not before the first one."
        raise Refused("wrong-time", text, "Give the time.", source=_ANTIBIOTIC)
    until, fact = ends_by(given, case.rules)
    if asked.last_given > until:
        text = f"It went on for more than {fact.text()} ({fact.certainty})."
        case.need_why(text, fact.locator)
    yield asked


@act("record-incision", *PLANNED)
def record_incision(case: Case, asked: IncisionMade) -> Iterator[Any]:
    """Record the cut: everything asked on the day holds, and the antibiotic is in its window."""
    if case.person.last(IncisionMade, OPERATION) is not None:
        text = "The incision is on record."
        raise Refused("incised", text, "Record the operation.", source="pathway §4")
    check(case.rules.before("incision"), case.person, case.rules, case.at)
    for scan in scans(case.person):
        _check_expiry(
            case, f"{scan.body.model} {scan.body.serial or scan.body.lot}", scan.body.expires
        )
    _check_recalled_window(case)
    yield asked


def _check_expiry(case: Case, what: str, expires: date | None) -> None:
    if expires is not None and expires < case.at.date():
        text = f"{what} expired on {expires.isoformat()}."
        raise Refused("expired", text, "Take another.", limit=str(expires), source=_IDENTITY)


def _check_recalled_window(case: Case) -> None:
    given = case.person.last(AntibioticGiven, OPERATION)
    if given is None:
        return
    within = antibiotic_window(case.rules, given.body.drug)
    if not within.verified and case.at > later(given.body.given, within.value):
        text = f"{given.body.drug.capitalize()} is older than {within.text()} (recalled)."
        case.need_why(text, within.locator)
