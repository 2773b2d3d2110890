"""The refill, one step to a page: what to do, why, what was found, and who has to be there.

The steps and their order are those of `facts/refill.toml`; what a step still lacks is asked of
`guards.refill`. A pocket fill can be raised, and the refill abandoned, from every step.
"""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest

from cisterna.clinic.bodies import refill as b
from cisterna.clinic.bodies.planning import Place
from cisterna.clinic.bodies.pumpread import PumpRead
from cisterna.clinic.course import Person
from cisterna.clinic.devices import devices
from cisterna.clinic.guards.refill import LACKING, Look, next_step, under_way
from cisterna.clinic.refill_order import running_text
from cisterna.clinic.refilling import Visit, sent, visit
from cisterna.clinic.refusal import Refused
from cisterna.clinic.web import clock, refill_shown, site
from cisterna.clinic.web.access import member
from cisterna.clinic.web.forms import zone_of
from cisterna.clinic.web.guide import Ask, Guided, part_line, procedure
from cisterna.clinic.web.refill_forms import BeginForm
from cisterna.clinic.web.telling import tell
from cisterna.clinic.web.words import words
from cisterna.facts import Cards
from cisterna.facts.refill import RefillRules
from cisterna.quantity import Quantity, show

ACTS_HERE = frozenset({
    "begin-refill", "interrogate-before", "record-refill-symptoms", "read-label", "check-kit",
    "measure-residual", "decide-residual", "instil", "draw-back", "interrogate-after",
    "set-next-refill", "update-emergency-card", "observe-refill", "record-waste", "witness-waste",
    "sign-refill", "countersign-refill", "abandon-refill", "suspect-pocket-fill",
})  # fmt: skip
_ABANDON = Ask("abandon-refill", must=("asked",), folded="Abandon this refill")
_POCKET = Ask("suspect-pocket-fill", folded="Pocket fill suspected", mood="alarm")

Asks = tuple[tuple[Ask, ...], dict[str, Any]]


def look(request: HttpRequest, person: Person) -> Guided:
    """Where her refill stands, as whoever is signed in sees it."""
    found = visit(person)
    try:
        seen = under_way(person, site.rules(), clock.now())
    except Refused as no:
        return _none(person, found, no)
    step = next_step(seen)
    if person.place is Place.EMERGENCY:
        return _emergency(person, seen, step)
    who = member(request).who
    asks, more = STEPS[step](seen, who) if step else ((), {})
    lack = LACKING[step](seen) if step else None
    stop = None
    if lack is not None and lack.code not in ("step-missing", "not-observed", "no-witness"):
        stop = Refused(lack.code, lack.message, lack.way_out, source="pathway §5.5")
    more |= {"step": step, "so_far": _so_far(person, seen.visit), "visit": seen.visit}
    leave = (_POCKET, _ABANDON)
    return Guided(_line(step), *_told(step), asks, leave, stop, more)


def _line(step: str | None) -> Any:
    return part_line(RefillRules(site.library()).steps, step, "refill_step")


def _told(step: str | None) -> tuple[str, str]:
    said = words("refill_step", step or "")
    return str(said.get("title", "Done")), str(said.get("say", ""))


def _so_far(person: Person, found: Visit) -> list[Any]:
    return [tell(e, zone_of(person)) for e in found.events[1:]]


def _none(person: Person, found: Visit | None, no: Refused) -> Guided:
    """No refill is under way: begin one, or say how the last one ended."""
    if no.code == "not-today":
        late = {"step": "begin-refill"}
        return Guided(_line("begin-refill"), *_told(None), (_ABANDON,), (), no, late)
    begin = Ask("begin-refill", {"serial": ""}, form=BeginForm, again="Begin")
    open_here = person.place in (Place.MAINTENANCE, Place.REFILL)
    more: dict[str, Any] = {"step": "begin-refill", "no_order": not running_text(person)}
    more["pump"] = devices(person).pump
    more["ended"] = found if found and found.ended else None
    stop = Refused("not-now", "She is not in maintenance.", "Look at her course.")
    asks, stops = ((begin,), None) if open_here else ((), stop)
    return Guided(_line("begin-refill"), *_told("begin-refill"), asks, (), stops, more)


def _emergency(person: Person, seen: Look, step: str | None) -> Guided:
    """A pocket fill is suspected: the card comes before everything."""
    found = seen.visit.last(b.EmergencyRaised)
    more: dict[str, Any] = {
        "card": Cards(site.library()).card("P"),
        "raised": found,
        "visit": seen.visit,
    }
    more |= {"step": "emergency", "so_far": _so_far(person, seen.visit)}
    stop = Refused("emergency", "A pocket fill is suspected.", "Follow the card, then close it.")
    return Guided(_line(step), "Emergency", "", (), (), stop, more)


# The steps ---------------------------------------------------------------------------------------


def _before(seen: Look, who: str) -> Asks:
    return (Ask("interrogate-before", _report(seen), ("when",), _COUNTED),), _link_to_pump(seen)


_COUNTED = ("running", "replace_early")


def _report(seen: Look) -> dict[str, Any]:
    """What the pump said over the link today, put into the form; it is looked over and sent."""
    person, begun = seen.visit.person, seen.visit.begun
    told: dict[str, Any] = {"serial": begun.body.serial, "when": "visit"}
    read = person.last(PumpRead, None)
    programmed = sent(seen.visit)
    if read is None or read.at < (programmed.at if programmed else begun.at):
        return told
    body = read.body
    volume = Quantity.of(body.reservoir_nl, "nL").to("mL")
    told |= {"version": body.version, "digest": body.digest, "reservoir": show(volume, 9)}
    told |= {"alarms": "\n".join(body.alarms), "text": f"read over the link at {read.at:%H:%M %Z}"}
    return told


def _link_to_pump(seen: Look) -> dict[str, Any]:
    return {"programmer": f"/people/{seen.visit.person.id}/programmer/"}


def _symptoms(seen: Look, who: str) -> Asks:
    return (Ask("record-refill-symptoms"),), {}


def _label(seen: Look, who: str) -> Asks:
    waiting = refill_shown.first_reader(seen)
    more = {"first": waiting, "mine": waiting is not None and waiting.by.who == who}
    return () if more["mine"] else (Ask("read-label"),), more


def _kit(seen: Look, who: str) -> Asks:
    answers = ("refill_kit", "refill_needle", "template", "ultrasound")
    return (Ask("check-kit", must=answers),), {}


def _residual(seen: Look, who: str) -> Asks:
    found = seen.visit.last(b.ResidualMeasured)
    if found is None:
        return (Ask("measure-residual"),), {}
    again = Ask("measure-residual", folded="Measure again, all that came back together")
    decide = Ask("decide-residual", must=("go_on", "why"))
    return (decide, again), {"residual": refill_shown.residual(seen)}


def _instil(seen: Look, who: str) -> Asks:
    part = refill_shown.part(seen)
    more: dict[str, Any] = {"part": part}
    if part.number == 1:
        more["residual"] = refill_shown.residual(seen)
    if part.draws_back:
        return (Ask("draw-back"),), more
    answers = ("resistance", "swelling", "pain")
    return (Ask("instil", {"volume": show(part.next, 9)}, must=answers),), more


def _programme(seen: Look, who: str) -> Asks:
    more = _link_to_pump(seen) | {"terms": refill_shown.terms_shown(seen)}
    return (), more


def _after(seen: Look, who: str) -> Asks:
    more = _link_to_pump(seen) | {"shortfall": refill_shown.shortfall(seen)}
    return (Ask("interrogate-after", _report(seen), ("when",), _COUNTED),), more


def _date(seen: Look, who: str) -> Asks:
    zone = zone_of(seen.visit.person)
    more = {"next_date": refill_shown.next_date(seen, zone)}
    return (Ask("set-next-refill", hidden=("refill_by", "binding")),), more


def _card(seen: Look, who: str) -> Asks:
    report = seen.visit.report("after")
    digest = report.body.digest if report else ""
    return (Ask("update-emergency-card", {"digest": digest}, ("digest",)),), {}


def _observe(seen: Look, who: str) -> Asks:
    ask = Ask("observe-refill", must=("swelling", "pain"))
    return (ask,), {"watch": refill_shown.watched(seen)}


def _waste(seen: Look, who: str) -> Asks:
    waste = seen.visit.last(b.DrugWasted)
    more: dict[str, Any] = {"drawn": show(seen.visit.drawn), "waste": waste}
    if waste is None:
        return (Ask("record-waste"),), more
    if waste.by.who == who:
        return (), more | {"needs_other": "witness"}
    return (Ask("witness-waste", {"asked": waste.id}, ("asked",), again="I have seen it"),), more


def _sign(seen: Look, who: str) -> Asks:
    signed = seen.visit.last(b.RefillSigned)
    if signed is None:
        return (Ask("sign-refill", again="Sign"),), {}
    more = {"signed": signed}
    if signed.by.who == who:
        return (), more | {"needs_other": "second signature"}
    ask = Ask("countersign-refill", {"asked": signed.id}, ("asked",), again="Sign second")
    return (ask,), more


STEPS: dict[str, Callable[[Look, str], Asks]] = {
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
    "observe-refill": _observe,
    "record-waste": _waste,
    "countersign-refill": _sign,
}

urlpatterns = [*procedure("refill", look, ACTS_HERE)]
