"""A scan of somebody with a pump: where it stands, what this model asks, what is overdue."""

from typing import Any

from django.http import HttpRequest

from cisterna.clinic.course import Person
from cisterna.clinic.devices import devices
from cisterna.clinic.refusal import Refused
from cisterna.clinic.scan import Scan, Stage, missing_after, overdue, rule_for, scan_of
from cisterna.clinic.since import AFTER_IMPLANT, drugs_on_record
from cisterna.clinic.web import clock, site
from cisterna.clinic.web.forms import zone_of
from cisterna.clinic.web.guide import Ask, Guided, Part, procedure
from cisterna.clinic.web.words import title, words
from cisterna.facts import Follow
from cisterna.quantity import later

STAGES = (
    Stage.REQUESTED, Stage.CLEARED, Stage.PREPARED, Stage.SCANNED, Stage.INTERROGATED,
    Stage.RESUMED,
)  # fmt: skip
ACTS_HERE = frozenset({
    "request-scan", "clear-scan", "prepare-scan", "end-scan", "interrogate-after-scan",
    "close-scan", "cancel-scan",
})  # fmt: skip
_CANCEL = Ask("cancel-scan", folded="Cancel the scan")
_CLOSED = (Stage.RESUMED, Stage.CANCELLED)


def look(request: HttpRequest, person: Person) -> Guided:
    """Where her scan stands, and what is next."""
    scan = scan_of(person)
    if scan is None or scan.stage in _CLOSED:
        return _none(person, scan)
    library = site.library()
    step = _next(scan)
    left = missing_after(scan, library) if scan.holds else ()
    more = {"scan": scan, "rule": _rule(scan), "left": left, "late": _late(scan)}
    say = str(words("scan_say", step).get("title", ""))
    asks = _asks(person, scan, step, bool(left))
    leave = (_CANCEL,) if scan.ended is None else ()
    return Guided(_parts(step), title("scan_next", step), say, asks, leave, None, more)


def _none(person: Person, scan: Scan | None) -> Guided:
    stop = None
    if person.place not in AFTER_IMPLANT:
        stop = Refused("no-pump", "She has no pump.", "A scan like anybody's.")
    asks = (Ask("request-scan"),) if stop is None else ()
    say = str(words("scan_say", "request").get("title", ""))
    return Guided(
        _parts(Stage.REQUESTED),
        "Ask for a scan",
        say,
        asks,
        (),
        stop,
        {"scan": scan, "ended": scan},
    )


def _next(scan: Scan) -> str:
    """The stage that comes next; the name of the act that leads there."""
    order = [str(s) for s in STAGES]
    if scan.stage is Stage.INTERROGATED and missing_after(scan, site.library()):
        return str(Stage.INTERROGATED)
    return order[order.index(str(scan.stage)) + 1]


def _parts(step: str) -> tuple[Part, ...]:
    order = [str(s) for s in STAGES]
    at = order.index(step)
    states = ["done" if n < at else "here" if n == at else "ahead" for n in range(len(order))]
    return tuple(Part(s, title("scan_step", s), t) for s, t in zip(order, states, strict=True))


def _asks(person: Person, scan: Scan, step: str, left: bool) -> tuple[Ask, ...]:
    now = clock.now().astimezone(zone_of(person))
    ended = Ask("end-scan", {"ended": now})
    seen = Ask("interrogate-after-scan", {"seen": now})
    close = Ask("close-scan", {"asked": ""}, ("asked",), again="Close the scan")
    pump = devices(person).pump
    told: dict[str, Any] = {"pump": pump.model if pump else "", "field": scan.requested.field}
    told["drugs"] = list(drugs_on_record(person))
    table = {
        "cleared": (Ask("clear-scan", told),),
        "prepared": (Ask("prepare-scan"), _fold(ended, "It was scanned unprepared, elsewhere")),
        "scanned": (ended,),
        "interrogated": (seen,),
        "resumed": (close, _fold(seen, "One more interrogation")),
    }
    return table[step]


def _fold(ask: Ask, line: str) -> Ask:
    return Ask(ask.act, ask.initial, folded=line)


def _rule(scan: Scan) -> dict[str, Any] | None:
    """What this model asks, with its source."""
    rule = rule_for(scan, site.library())
    if rule is None or scan.cleared is None:
        return None
    facts = Follow(site.library())
    evidence = f"{rule.evidence.certainty}, {rule.evidence.locator}"
    return {
        "pump": site.library().pump(scan.cleared.pump).name,
        "rows": (
            ("Field of the scanner", ", ".join(rule.fields), evidence),
            ("Before", "; ".join(facts.scan_word(i) for i in rule.prepare), evidence),
            ("After", "; ".join(facts.scan_word(i) for i in rule.after), evidence),
            *_looks(rule.family, facts),
        ),
    }


def _looks(family: str, facts: Follow) -> tuple[tuple[str, str, str], ...]:
    figure = facts.figure(f"scan.{family}.interrogations")
    count = int(figure.value.number("1"))
    return (("Interrogations after", str(count), f"{figure.certainty}, {figure.locator}"),)


def _late(scan: Scan) -> dict[str, Any] | None:
    """How late the interrogation is, and the limits of amber and red."""
    if scan.ended is None or not scan.holds:
        return None
    facts = Follow(site.library())
    amber, red = (facts.figure(f"scan_overdue.{k}") for k in ("amber", "red"))
    state = overdue(scan, clock.now(), site.library())
    running = any("motor-running" in x.found for x in scan.looks)
    due = None if running else later(scan.ended, amber.value)
    rows = tuple(
        (f"{n} after", f.text(), f"{f.certainty}, {f.locator}")
        for n, f in (("Amber", amber), ("Red, under baclofen", red))
    )
    return {"state": str(state), "due": due, "rows": rows}


urlpatterns = [*procedure("mri", look, ACTS_HERE)]
