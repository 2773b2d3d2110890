"""The programmer: read the pump, write an order, review, sign, send with each stage visible.

Every change goes through `clinic.gate`; these pages only bring what a person enters to it. What a
second person sees first is the order, never what the first one's reading came to.
"""

from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any

from csp.decorators import csp_exempt
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.safestring import mark_safe
from django.views.decorators.http import require_http_methods, require_POST

from cisterna.clinic.bodies.order import OrderWritten, text_digest
from cisterna.clinic.course import Person
from cisterna.clinic.event import Event, Role
from cisterna.clinic.gate import acts
from cisterna.clinic.gate import bodies as b
from cisterna.clinic.gate.change import second_reading
from cisterna.clinic.gate.standing import binding
from cisterna.clinic.interrogate import interrogate
from cisterna.clinic.refusal import Refused
from cisterna.clinic.therapy import needs_reader
from cisterna.clinic.transmit import transmit
from cisterna.clinic.web import desk, link, orderform, reauth, sending, site
from cisterna.clinic.web import modes as kept
from cisterna.clinic.web.access import members_only
from cisterna.clinic.web.bench import Bench
from cisterna.clinic.web.screens.people import head
from cisterna.order.form import Problem, Unusable
from cisterna.order.line import Refused as OrderRefused
from cisterna.order.plan import Plan, plan
from cisterna.order.sheet import dates, line, order, sheet, values
from cisterna.quantity import Quantity, QuantityError
from cisterna.spine.course import course
from cisterna.spine.live import live_section

CLINICIANS = (Role.PHYSICIAN, Role.SURGEON, Role.NURSE, Role.PHARMACIST)
View = Callable[[HttpRequest, Bench], HttpResponse]
HOME = "people/<str:person_id>/programmer/"


def screen(view: View) -> Callable[..., Any]:
    """A page of the programmer: a refusal and a record that moved on are said on its first page."""

    @wraps(view)
    def shown(request: HttpRequest, person_id: str) -> HttpResponse:
        bench = Bench.of(request, person_id)
        try:
            return view(request, bench)
        except OrderRefused as why:
            return home(request, Bench.of(request, person_id), refused=why, status=422)
        except desk.MovedOn:
            return home(request, Bench.of(request, person_id), moved=True, status=409)

    return members_only(*CLINICIANS, Role.AUDITOR)(shown)


def home(request: HttpRequest, bench: Bench, status: int = 200, **more: Any) -> HttpResponse:
    """What runs, what waits, and what can be done."""
    kept.warm(site.library())
    about = head(bench.person) | bench.shown() | {"sending": sending.of(bench.person.id)}
    s = bench.standing
    if s.proposal is not None:
        about["reauth"] = reauth.ask(request, binding(s.chain))
    return render(request, "web/programmer/home.html", about | more, status=status)


def base_of(request: HttpRequest) -> int:
    """How many events the page had seen; -1 for what is no number, which has moved on."""
    text = request.POST.get("base", "")
    return int(text) if text.isascii() and text.isdigit() else -1


def why_of(request: HttpRequest) -> str:
    """The reason as it was entered."""
    return request.POST.get("why", "").strip()


def back(bench: Bench) -> HttpResponse:
    """To the programmer's first page."""
    return redirect(f"/people/{bench.person.id}/programmer/")


# Read --------------------------------------------------------------------------------------------


def read(request: HttpRequest, bench: Bench) -> HttpResponse:
    """Ask the pump what it runs."""
    found = interrogate(bench.pen(bench.person), link.way(bench.serial))
    bench.writes(base_of(request), lambda person: (found,))
    return back(bench)


# Write and review --------------------------------------------------------------------------------


def edit(request: HttpRequest, bench: Bench) -> HttpResponse:
    """The form of an order; what comes back is proposed, or ordered for a nurse to program."""
    tree, refused = bench.start(), None
    problems: tuple[Problem, ...] = ()
    if request.method == "POST":
        tree = orderform.entered(request.POST)
        try:
            return _proposed(request, bench, bench.composed(tree))
        except Unusable as unusable:
            problems = tuple(unusable.problems)
        except OrderRefused as why:
            refused = why
    about = head(bench.person) | bench.shown()
    about |= {"groups": orderform.groups(tree), "refused": refused, "problems": problems}
    about["why"] = why_of(request)
    about["drawn"] = request.POST.get("drawn", "")
    about["section"] = mark_safe(live_section())  # noqa: S308  (ours, nothing in it)
    status = 422 if refused or problems else 200
    return render(request, "web/programmer/edit.html", about, status=status)


def _proposed(request: HttpRequest, bench: Bench, text: str) -> HttpResponse:
    under, drawn = (request.POST.get(name, "").strip() for name in ("under", "drawn"))
    ordered, why = request.POST.get("do") == "order", why_of(request)
    if not why:
        raise Refused("no-reason", "The reason is empty.", "Say why, in words that she will read.")

    def make(person: Person) -> Sequence[Event]:
        written = bench.pen(person).writes(OrderWritten(text))
        pen = bench.pen(person, why, ahead=1)
        if ordered:
            if bench.actor.role is not Role.PHYSICIAN:
                raise Refused("role", "Only a physician orders.", "Ask a physician.")
            return written, pen.writes(b.ChangeOrdered(text_digest(text)))
        wanted = bench.filled(text, drawn)
        return written, acts.propose(bench.standing, pen, wanted, site.library(), under)

    bench.writes(base_of(request), make)
    return back(bench)


def preview(request: HttpRequest, bench: Bench) -> HttpResponse:
    """The plan of what is entered now, as parts of the page; nothing is recorded."""
    about: dict[str, Any] = {"parts": (), "problems": (), "refused": None, "spine": None}
    try:
        text = bench.composed(orderform.entered(request.POST))
        made = plan(bench.old(), bench.prescription(text), site.library())
        about |= {"parts": _parts(made), "spine": course(made, site.library()), "live": _live(made)}
    except Unusable as unusable:
        about["problems"] = tuple(unusable.problems)
    except OrderRefused as why:
        about["refused"] = why
    return render(request, "web/programmer/plan.html", about)


@members_only(*CLINICIANS, Role.AUDITOR)
def modes(request: HttpRequest) -> HttpResponse:
    """What the spine is drawn from; the same for everybody, kept by the browser for an hour."""
    found = HttpResponse(kept.text(site.library()), content_type="application/json")
    found["Cache-Control"] = "private, max-age=3600"
    return found


def _live(made: Plan) -> dict[str, Any]:
    """From what the page reckons until the server has: the dose, and the dates that go by it."""
    rx, ends = made.new, made.program.refill
    daily = made.program.daily_dose[rx.infusion.primary]
    filled, last = rx.solution.filled_at, ends.low_reservoir_at_basal
    found: dict[str, Any] = {"dose": float(daily.number(daily.unit.name)), "unit": daily.unit.name}
    # A patient's doses do not go by the daily dose: then the page does not reckon a date.
    if rx.remote is None and last is not None and rx.infusion.mode == "continuous":
        found |= {"filled": filled.isoformat(), "low": last.isoformat()}
    return found


def _parts(made: Plan) -> tuple[str, ...]:
    facts = site.library()
    found = (
        order.verdict(made), order.findings(made, facts), values.tip(made), line.line(made),
        order.side_by_side(made), values.day_curve(made), dates.reservoir(made, facts),
    )  # fmt: skip
    return tuple(mark_safe(part) for part in found)  # noqa: S308  (made by the sheet, escaped there)


def program(request: HttpRequest, bench: Bench) -> HttpResponse:
    """Program what a physician has ordered: her text, under her order."""
    ordered = next((o for o in bench.standing.orders if o.id == request.POST.get("order")), None)
    text = bench.text(ordered.body.prescription) if ordered else None
    if ordered is None or text is None:
        raise Refused("no-order", "This order is not on record.", "Ask the physician to order it.")

    def make(person: Person) -> Sequence[Event]:
        pen = bench.pen(person, _why_ordered(person, ordered.id))
        wanted = bench.filled(text, request.POST.get("drawn", ""))
        return (acts.propose(bench.standing, pen, wanted, site.library(), ordered.id),)

    bench.writes(base_of(request), make)
    return back(bench)


def _why_ordered(person: Person, order: str) -> str:
    return next(e.why for e in person.events if e.id == order)


def reason(request: HttpRequest, bench: Bench) -> HttpResponse:
    """Why the change is right although findings stand."""

    def make(person: Person) -> Sequence[Event]:
        codes = tuple(request.POST.getlist("codes"))
        return (acts.give_reason(bench.standing, bench.pen(person, why_of(request)), codes),)

    bench.writes(base_of(request), make)
    return back(bench)


# The second person -------------------------------------------------------------------------------


def second(request: HttpRequest, bench: Bench) -> HttpResponse:
    """She reads the order itself, types its dose, and her own reading is compared."""
    s = bench.standing
    if s.proposal is None or not isinstance(s.proposal.body, b.ChangeProposed):
        raise Refused("nothing-proposed", "No change is proposed.", "Propose it.")
    text = bench.text(s.proposal.body.prescription)
    if text is None:
        raise Refused("no-order-text", "The order's text is not on record.", "Propose it anew.")
    refused = None
    if request.method == "POST":
        try:
            return _seconded(request, bench, text)
        except OrderRefused as why:
            refused = why
    about = head(bench.person) | bench.shown() | {"text": text, "refused": refused}
    about["reauth"] = reauth.ask(request, binding(s.chain))
    return render(request, "web/programmer/second.html", about, status=422 if refused else 200)


def _seconded(request: HttpRequest, bench: Bench, text: str) -> HttpResponse:
    s, typed = bench.standing, request.POST.get("typed_dose", "")
    body = s.proposal.body if s.proposal else None
    digest = second_reading(bench.wanted(text), site.library())
    remote = request.POST.get("remote", "").strip() or None
    under = request.POST.get("under", "").strip()

    def make(person: Person) -> Sequence[Event]:
        _same_dose(typed, body.dose if body else "")
        pen = bench.pen(person)
        acts.approve(s, pen, digest, typed, remote, under)  # refused before anything is proven
        proven = reauth.prove(request, binding(s.chain))
        return (acts.approve(s, pen, digest, typed, remote, under, proven.proof),)

    bench.writes(base_of(request), make)
    return back(bench)


def _same_dose(typed: str, dose: str) -> None:
    """Raise `Refused` unless the second person has read the dose that was proposed."""
    try:
        same = Quantity.parse(typed.replace(",", "")) == Quantity.parse(dose.replace(",", ""))
    except QuantityError:
        same = False
    if not same:
        words = "The daily dose that you read is not the one that was proposed."
        raise Refused("typed-dose", words, "Read the order again, both of you.")


# Send --------------------------------------------------------------------------------------------


def send(request: HttpRequest, bench: Bench) -> HttpResponse:
    """Prove who you are for exactly this, then it goes out."""
    proposal = bench.standing.proposal
    if proposal is None:
        raise Refused("nothing-proposed", "Nothing is proposed.", "Propose it.")
    goes = transmit if isinstance(proposal.body, b.ChangeProposed) else sending.by_hand
    if needs_reader(proposal.body) and bench.standing.second is None:
        words = "A refill goes with this programme, and nobody else has read the order."
        raise Refused("second-check", words, "Have another person read it and sign second.")
    link.way(bench.serial)  # refused before anybody proves herself for nothing
    # One at a time: the second click of two finds the record moved on, not a code used up.
    with sending.TURN:
        _prove(request, bench)
        again = Bench.of(request, bench.person.id)
        pen = sending.pen_of(bench.person.id, bench.actor)
        sending.begin(bench.person.id, bench.serial, again.standing, pen, goes)
    return back(bench)


def _prove(request: HttpRequest, bench: Bench) -> None:
    s = bench.standing

    def make(person: Person) -> Sequence[Event]:
        pen = bench.pen(person)
        acts.reauthenticate(s, pen, "asked")  # refused before she proves herself for nothing
        proven = reauth.prove(request, binding(s.chain))
        return (acts.reauthenticate(s, pen, proven.method, proven.proof),)

    bench.writes(base_of(request), make)


def stages(request: HttpRequest, bench: Bench) -> HttpResponse:
    """How far it is: asked for by the page until there is an end."""
    about = bench.shown() | {"sending": sending.of(bench.person.id), "stages": sending.STAGES}
    response = render(request, "web/programmer/stages.html", about | {"person": bench.person})
    found = about["sending"]
    if found is not None and not found.running and request.headers.get("HX-Request"):
        response["HX-Refresh"] = "true"
    return response


# Paper -------------------------------------------------------------------------------------------


def paper(request: HttpRequest, bench: Bench) -> HttpResponse:
    """The sheet of the proposed change, or of what runs; it brings its own policy and style."""
    return HttpResponse(_sheet(bench))


def _sheet(bench: Bench) -> str:
    s, now = bench.standing, bench.therapy
    body = s.proposal.body if s.proposal else None
    text = bench.text(body.prescription) if isinstance(body, b.ChangeProposed) else now.text
    if text is None:
        raise Refused("no-order-text", "There is no order to print.", "Write one.")
    proposed = isinstance(body, b.ChangeProposed)
    old = bench.old() if proposed else None
    return sheet(plan(old, bench.prescription(text), site.library()), site.library())


def by_hand(request: HttpRequest, bench: Bench) -> HttpResponse:
    """For a maker's pump: prove who you are, then the sheet goes out and waits to be read back."""
    _prove(request, bench)
    again, digest = Bench.of(request, bench.person.id), text_digest(_sheet(bench))
    desk.do(request, bench.person.id, "print-sheet", digest, len(again.person.events))
    return back(bench)


def _one(name: str, view: View, method: Callable[..., Any] = require_POST) -> Any:
    place = f"{HOME}{name}/" if name else HOME
    return path(place, method(screen(view)), name=f"programmer-{name or 'home'}")


_GET = require_http_methods(["GET"])
_BOTH = require_http_methods(["GET", "POST"])
urlpatterns = [
    _one("", home, _GET),
    _one("read", read),
    _one("order", edit, _BOTH),
    _one("plan", preview),
    _one("program", program),
    _one("reason", reason),
    _one("second", second, _BOTH),
    _one("send", send),
    _one("stages", stages, _GET),
    _one("by-hand", by_hand),
    path(f"{HOME}sheet/", csp_exempt()(_GET(screen(paper))), name="programmer-sheet"),
    path("programmer/spine.json", _GET(modes), name="programmer-modes"),
]
