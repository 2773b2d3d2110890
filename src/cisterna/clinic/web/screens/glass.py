"""Alone, by break-glass: stop the pump, or lower the dose; another clinician reviews it."""

from collections.abc import Sequence

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.views.decorators.http import require_http_methods, require_POST

from cisterna.clinic.bodies.order import OrderWritten
from cisterna.clinic.course import Person
from cisterna.clinic.event import Event
from cisterna.clinic.gate import acts, glass
from cisterna.clinic.gate.leave import ALONE
from cisterna.clinic.gate.standing import after
from cisterna.clinic.refusal import Refused
from cisterna.clinic.transmit import stop
from cisterna.clinic.web import link, sending, site
from cisterna.clinic.web.bench import Bench
from cisterna.clinic.web.screens.people import head
from cisterna.clinic.web.screens.programmer import HOME, back, base_of, screen, why_of
from cisterna.order.form import Problem, Unusable
from cisterna.order.line import Refused as OrderRefused


def alone(request: HttpRequest, bench: Bench) -> HttpResponse:
    """The two things that one person may do; a lower dose goes on to be signed and sent."""
    refused, problems = None, tuple[Problem, ...]()
    if request.method == "POST":
        try:
            return _lowered(request, bench)
        except Unusable as unusable:
            problems = tuple(unusable.problems)
        except OrderRefused as why:
            refused = why
    about = head(bench.person) | bench.shown() | {"refused": refused, "problems": problems}
    about |= {"why": why_of(request), "dose": request.POST.get("dose", "")}
    status = 422 if refused or problems else 200
    return render(request, "web/programmer/glass.html", about, status=status)


def _lowered(request: HttpRequest, bench: Bench) -> HttpResponse:
    """The order that runs with a lower dose, proposed, reasoned and let go alone, as one."""
    if bench.therapy.text is None:
        raise Refused("nothing-runs", "No programme is on record.", "Stop the pump instead.")
    tree, why = bench.start(), why_of(request)
    if "daily_dose" not in tree.get("infusion", {}):
        words = "This programme has steps, not one daily dose."
        raise Refused("no-daily-dose", words, "Stop the pump, or have a change signed.")
    tree["infusion"] = tree["infusion"] | {"daily_dose": request.POST.get("dose", "").strip()}
    text = bench.composed(tree)

    def make(person: Person) -> Sequence[Event]:
        found = [bench.pen(person).writes(OrderWritten(text))]
        proposed = acts.propose(
            bench.standing, bench.pen(person, ahead=1), bench.wanted(text), site.library(), ALONE
        )
        found.append(proposed)
        s = after(bench.standing, proposed)
        codes = tuple(sorted({f.code for f in proposed.body.findings if f.severity != "note"}))
        if codes:
            given = acts.give_reason(s, bench.pen(person, why, ahead=2), codes)
            found, s = [*found, given], after(s, given)
        return (*found, glass.break_glass(s, bench.pen(person, why, ahead=len(found))))

    bench.writes(base_of(request), make)
    return back(bench)


def halt(request: HttpRequest, bench: Bench) -> HttpResponse:
    """Stop the pump now, alone, with a reason; somebody else reviews it within a day."""
    if request.POST.get("sure") != "yes":
        words = "Nothing was sent: it is not confirmed that the pump shall stop."
        raise Refused("not-confirmed", words, "Confirm it, with the reason.")
    pen = sending.pen_of(bench.person.id, bench.actor, why_of(request))
    road = link.way(bench.serial)
    glass.break_glass(bench.standing, pen(), stop=True)
    sent = stop(bench.standing, pen, sending.keep, road)
    messages.add_message(request, messages.WARNING, f"Stop: {sent.body.outcome}. {sent.body.words}")
    return back(bench)


def let_go(request: HttpRequest, bench: Bench) -> HttpResponse:
    """Let a decrease that is proposed go without a second person."""

    def make(person: Person) -> Sequence[Event]:
        s = bench.standing
        if s.proposal is not None and s.proposal.body.under != ALONE and s.proposal.body.second:
            raise Refused("second-signer", "This needs a second person.", "Ask a colleague.")
        return (glass.break_glass(s, bench.pen(person, why_of(request))),)

    bench.writes(base_of(request), make)
    return back(bench)


def reviewed(request: HttpRequest, bench: Bench) -> HttpResponse:
    """Another person has looked at what was done alone."""

    def make(person: Person) -> Sequence[Event]:
        pen, right = bench.pen(person, why_of(request)), request.POST.get("right") == "yes"
        return (glass.review(bench.standing, pen, request.POST.get("glass", ""), right),)

    bench.writes(base_of(request), make)
    return back(bench)


_BOTH = require_http_methods(["GET", "POST"])
urlpatterns = [
    path(f"{HOME}glass/", _BOTH(screen(alone)), name="programmer-glass"),
    path(f"{HOME}stop/", require_POST(screen(halt)), name="programmer-stop"),
    path(f"{HOME}alone/", require_POST(screen(let_go)), name="programmer-alone"),
    path(f"{HOME}reviewed/", require_POST(screen(reviewed)), name="programmer-reviewed"),
]
