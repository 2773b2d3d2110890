"""The operation and the watch after it: list, antibiotic, scan, cut, record, looks, home."""

from typing import Any

from django.http import HttpRequest

from cisterna.clinic.antibiotic import open_antibiotic
from cisterna.clinic.bodies.implant import (
    AntibioticGiven,
    ChecklistAnswered,
    Discharged,
    EmergencyContactGiven,
    IncisionMade,
    OperationRecorded,
)
from cisterna.clinic.bodies.planning import ImplantPlanned, Place
from cisterna.clinic.course import Person
from cisterna.clinic.devices import OPERATION, devices, scans
from cisterna.clinic.guards import check
from cisterna.clinic.guards.implant import antibiotic_window, same_day
from cisterna.clinic.refusal import Refused
from cisterna.clinic.watch import first_dose, open_flags, watches
from cisterna.clinic.web import clock, site
from cisterna.clinic.web.checklist_form import ChecklistForm
from cisterna.clinic.web.forms import zone_of
from cisterna.clinic.web.guide import Ask, Guided, part_line, procedure
from cisterna.clinic.web.slots import next_due, planned
from cisterna.clinic.web.words import title, words
from cisterna.facts import Cards
from cisterna.order.line import Refused as OrderRefused
from cisterna.order.line import VolumeRange, segments_volume
from cisterna.order.prescription import Segment
from cisterna.quantity import later, show

STEPS = (
    "answer-checklist", "order", "give-antibiotic", "scan-device", "record-incision",
    "record-implant", "programme", "watch", "discharge",
)  # fmt: skip
ACTS_HERE = frozenset({
    "answer-checklist", "give-antibiotic", "scan-device", "record-incision", "record-implant",
    "observe-after-implant", "close-flag", "give-emergency-contact", "discharge",
    "end-antibiotic",
})  # fmt: skip
_SEGMENTS = tuple(f"catheter-segments-{n}-{k}" for n in range(2) for k in ("replaces", "stays"))


def look(request: HttpRequest, person: Person) -> Guided:
    """Where the operation stands."""
    step = _step(person)
    asks, more = _asks(person, step) if step else ((), {})
    flags = open_flags(person)
    stop = None
    if flags:
        found = ", ".join(flags[0].body.found)
        stop = Refused("red-flag", f"Red flag: {found}.", "Card K at once, then imaging.")
        more["card"] = Cards(site.library()).card(flags[0].body.card)
        asks = (Ask("close-flag", {"flag": flags[0].id}, ("flag",)), *asks)
    if step is None and person.place is not Place.IMPLANTED_OBSERVATION:
        stop = Refused("no-plan", "No implant is ordered where she stands.", "See her course.")
        if person.last(Discharged, None) is not None:
            stop = None
            more["home"] = True
    more["dead"] = dead_volumes(person)
    now = title("implant_step", step) if step else "Implant"
    say = str(words("implant_say", step or "").get("title", ""))
    return Guided(part_line(STEPS, step, "implant_step"), now, say, asks, (), stop, more)


def _step(person: Person) -> str | None:
    """The first step that is not done."""
    at = clock.now()
    if person.place is Place.IMPLANTED_OBSERVATION:
        if first_dose(person) is None:
            return "programme"
        over = all(at >= w.ends for w in watches(person, site.rules()))
        return "discharge" if over else "watch"
    if person.place is not Place.IMPLANT_PLANNED:
        return None
    done = (
        ("answer-checklist", same_day(person.last(ChecklistAnswered, OPERATION), at)),
        ("order", _holds("order-signed", person) or _filled_later(person)),
        ("give-antibiotic", person.last(AntibioticGiven, OPERATION) is not None),
        ("scan-device", _pump(person) != ""),
        ("record-incision", person.last(IncisionMade, OPERATION) is not None),
    )
    return next((name for name, there in done if not there), "record-implant")


def _holds(guard: str, person: Person) -> bool:
    try:
        check((guard,), person, site.rules(), clock.now())
    except Refused:
        return False
    return True


def _filled_later(person: Person) -> bool:
    """Whether the checklist says why there is no order yet."""
    found = person.last(ChecklistAnswered, OPERATION)
    return found is not None and any(
        i.item == "drug-order" and not i.done and i.note for i in found.body.items
    )


def _pump(person: Person) -> str:
    """The id of the pump that was scanned last."""
    found = [s.id for s in scans(person) if s.body.kind == "pump"]
    return found[-1] if found else ""


def _asks(person: Person, step: str) -> tuple[tuple[Ask, ...], dict[str, Any]]:
    now = clock.now().astimezone(zone_of(person))
    plan = person.last(ImplantPlanned)
    pump = site.library().pump(plan.body.pump).name if plan else ""
    more: dict[str, Any] = {"step": step, "plan": plan, "pump": pump, "scanned": scans(person)}
    more["antibiotic"] = _antibiotic(person)
    if step in _AFTER:
        return _afterwards(person, step, now), more | _watch(person)
    scan = Ask("scan-device", _to_scan(person), folded="Scan another device")
    again = Ask("give-antibiotic", {"given": now}, folded="Another dose of antibiotic")
    table = {
        "answer-checklist": (Ask("answer-checklist", form=ChecklistForm), scan),
        "order": (scan,),
        "give-antibiotic": (Ask("give-antibiotic", {"given": now}), scan),
        "scan-device": (Ask("scan-device", _to_scan(person)),),
        "record-incision": (Ask("record-incision"), scan, again),
        "record-implant": (_record(person), scan),
    }
    return table[step], more


_AFTER = ("programme", "watch", "discharge")


def _record(person: Person) -> Ask:
    """The form of the whole record, with what the scan and the kind of operation settle."""
    given = {"scan": _pump(person), "pocket-site": "abdomen", "operation-kind": "implant"}
    given |= {"operation-people-0-part": "surgeon"}
    hidden = ("scan", "operation-kind", *_SEGMENTS)
    first = (f"catheter-segments-0-{k}" for k in ("model", "supplied", "trimmed", "lot"))
    must = ("catheter-csf_seen", *first, "operation-people-0-who")
    return Ask("record-implant", given, hidden, must)


def _to_scan(person: Person) -> dict[str, str]:
    """The pump of the plan first, then the catheter."""
    plan = person.last(ImplantPlanned)
    if _pump(person) or plan is None:
        return {"kind": "catheter"}
    return {"kind": "pump", "model": plan.body.pump}


def _afterwards(person: Person, step: str, now: Any) -> tuple[Ask, ...]:
    observe = Ask("observe-after-implant", {"seen": now})
    contact = Ask("give-emergency-contact", folded="Whom to call about her")
    home = Ask("discharge")
    ends = Ask("end-antibiotic", folded="The antibiotic is over")
    over = (ends,) if open_antibiotic(person) is not None else ()
    if step == "discharge":
        folded = Ask("observe-after-implant", {"seen": now}, folded="One more look")
        return ((home, folded, *over) if person.last(EmergencyContactGiven, None) else
                (Ask("give-emergency-contact"), home, folded, *over))  # fmt: skip
    known = person.last(EmergencyContactGiven, None) is not None
    return (observe, *over) if known else (observe, contact, *over)


def _antibiotic(person: Person) -> dict[str, Any] | None:
    """When it was given, and until when the cut may follow."""
    found = person.last(AntibioticGiven, OPERATION)
    if found is None or person.last(IncisionMade, OPERATION) is not None:
        return None
    within = antibiotic_window(site.rules(), found.body.drug)
    until = later(found.body.given, within.value)
    where = f"within {within.text()}: {within.certainty}, {within.locator}"
    return {"given": found.body, "until": until, "where": where}


def _watch(person: Person) -> dict[str, Any]:
    """The planned looks since the operation."""
    found, at = watches(person, site.rules()), clock.now()
    return {
        "planned": planned(found, at),
        "sources": sorted({w.source for w in found}),
        "next_due": next_due(found, at),
        "until": max((w.ends for w in found), default=None),
        "operation": person.last(OperationRecorded, None),
    }


def dead_volumes(person: Person) -> tuple[tuple[str, str, str], ...]:
    """Length and volume of each piece that lies in her, all of it, and the pump's tubing."""
    tree, library = devices(person), site.library()
    if not tree.segments or tree.pump is None:
        return ()
    pieces = [
        Segment(library.catheter(s.model), s.supplied, s.trimmed, False) for s in tree.segments
    ]
    rows = [
        (f"{p.model.name}, lot {s.lot}", _volume((p,)), f"{show(p.implanted)} implanted")
        for p, s in zip(pieces, tree.segments, strict=True)
    ]
    rows.append(
        (
            "Catheter, pump to tip",
            _volume(tuple(pieces)),
            "supplied less trimmed, times volume per length; devices §2",
        )
    )
    pump = library.pump(tree.pump.model)
    tubing = getattr(pump, "tubing_prime", None)
    if tubing is not None:
        rows.append(("Tubing inside the pump", tubing.text(), tubing.locator))
    return tuple(rows)


def _volume(pieces: tuple[Segment, ...]) -> str:
    try:
        found: VolumeRange = segments_volume(pieces)
    except OrderRefused as unknown:
        return unknown.message
    if found.certain:
        return show(found.least, 4)
    return f"{show(found.least, 4)} to {show(found.most, 4)}"


urlpatterns = [*procedure("implant", look, ACTS_HERE)]
