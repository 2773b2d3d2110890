"""An outcome that nobody knows: ask the pump, look at what it says, and put that on record."""

from collections.abc import Sequence
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.views.decorators.http import require_http_methods

from cisterna.clinic.course import Person
from cisterna.clinic.event import Event
from cisterna.clinic.gate import acts
from cisterna.clinic.gate import bodies as b
from cisterna.clinic.interrogate import Logged, heard
from cisterna.clinic.refusal import Refused
from cisterna.clinic.web import link
from cisterna.clinic.web.bench import Bench
from cisterna.clinic.web.screens.people import head
from cisterna.clinic.web.screens.programmer import HOME, back, base_of, screen, why_of
from cisterna.order.line import Refused as OrderRefused


def outcome(request: HttpRequest, bench: Bench) -> HttpResponse:
    """What was sent, what the pump says now, and the way to put the outcome on record."""
    if bench.standing.intent is None:
        raise Refused("nothing-open", "No outcome is unknown.", "Nothing needs to be done.")
    refused, log = None, tuple[Logged, ...]()
    if request.method == "POST":
        try:
            if request.POST.get("do") == "record":
                return _recorded(request, bench)
            bench, log = _asked(request, bench)
        except OrderRefused as why:
            refused = why
    about = head(bench.person) | bench.shown() | _found(bench) | {"refused": refused, "log": log}
    return render(request, "web/programmer/outcome.html", about, status=422 if refused else 200)


def _asked(request: HttpRequest, bench: Bench) -> tuple[Bench, tuple[Logged, ...]]:
    """Interrogate; the answer is on record, its log is shown."""
    found, log = heard(bench.pen(bench.person), link.way(bench.serial))
    bench.writes(base_of(request), lambda person: (found,))
    return Bench.of(request, bench.person.id), log


def _found(bench: Bench) -> dict[str, Any]:
    """What the last interrogation since the sending says of it: new, old or other; None yet."""
    s, read = bench.standing, bench.read
    fresh = read is not None and s.intent is not None and read.at >= s.intent.recorded
    about: dict[str, Any] = {"fresh": fresh, "runs": None}
    if not fresh or s.proposal is None or not isinstance(s.proposal.body, b.ChangeProposed):
        return about
    if read is not None:
        pen = bench.pen(bench.person)
        about["runs"] = acts.reconcile(s, pen, read.body.version, read.body.digest).body.runs
    return about


def _recorded(request: HttpRequest, bench: Bench) -> HttpResponse:
    s, read = bench.standing, bench.read
    if read is None or s.intent is None or read.at < s.intent.recorded:
        words = "The pump has not been read since this was sent."
        raise Refused("not-read", words, "Interrogate it first.")
    happened = request.POST.get("happened")

    def make(person: Person) -> Sequence[Event]:
        pen = bench.pen(person, why_of(request))
        if s.proposal is not None and isinstance(s.proposal.body, b.DeedProposed):
            if happened not in ("yes", "no"):
                raise Refused("not-said", "It is not said whether it happened.", "Choose one.")
            return (acts.reconcile_deed(s, pen, happened == "yes"),)
        return (acts.reconcile(s, pen, read.body.version, read.body.digest),)

    bench.writes(base_of(request), make)
    return back(bench)


_BOTH = require_http_methods(["GET", "POST"])
urlpatterns = [path(f"{HOME}outcome/", _BOTH(screen(outcome)), name="programmer-outcome")]
