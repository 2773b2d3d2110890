"""How she is: first what would be urgent, then her scores; the page for when something is wrong.

Answers that are urgent go through the rules of triage at once: the clinic has them on its list,
and she reads what to do now. Her other answers stay in the session until they are sent, so nothing
is lost when she is called away.
"""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.views.decorators.http import require_GET, require_http_methods

from cisterna.clinic.acts.emergency import Report
from cisterna.clinic.bodies.emergency import ReportTriaged
from cisterna.clinic.course import Person
from cisterna.clinic.web import clock, desk, site
from cisterna.patient.web import check_in as ask
from cisterna.patient.web.her import base_of, done, hers, refused
from cisterna.patient.web.words import say

_DRAFT = "check-in"


@hers()
@require_http_methods(["GET", "POST"])
def wrong(request: HttpRequest, person: Person) -> HttpResponse:
    """Something is wrong: what she ticks is triaged by rule, at once."""
    return flags(request, person, "/my/wrong/", nothing="", here="wrong")


@hers("check-in")
@require_http_methods(["GET", "POST"])
def first(request: HttpRequest, person: Person) -> HttpResponse:
    """The first half of a check-in: is there anything that cannot wait?"""
    return flags(request, person, "/my/check-in/", nothing="/my/check-in/more/", here="check_in")


def flags(
    request: HttpRequest, person: Person, place: str, nothing: str, here: str
) -> HttpResponse:
    """Is there anything that cannot wait? One press reports what is red by itself.

    `nothing` is where she goes on when there is nothing of it.
    """
    known = ask.red_flags(site.rules())
    problem = ""
    if request.method == "POST":
        found = tuple(n for n in request.POST.getlist("finding") if n in known)
        says = request.POST.get("says", "").strip()[:2000]
        if found:
            return _reported(request, person, Report(found, says))
        if nothing and request.POST.get("none"):
            return redirect(nothing)
        problem = say("portal.flags.choose")
    about = {
        "alone": ask.red_alone(person, site.rules()),
        "flags": known,
        "base": len(person.events),
        "problem": problem,
        "place": place,
        "nothing": nothing,
        "entered": request.POST,
        "ticked": request.POST.getlist("finding"),
        "here": here,
    }
    return render(request, "patient/flags.html", about, status=422 if problem else 200)


def _reported(request: HttpRequest, person: Person, report: Report) -> HttpResponse:
    base = base_of(request, person)
    for _ in range(3):  # an urgent report never waits for somebody else's event
        try:
            events = desk.do(request, person.id, "triage-report", report, base)
        except desk.MovedOn as moved:
            base = len(moved.person.events)
            continue
        except desk.Refused as no:
            return _what_now(request, "red", refused(no))
        body = next(e.body for e in events if isinstance(e.body, ReportTriaged))
        return redirect(f"/my/wrong/{body.level}/")
    return _what_now(request, "red", say("portal.flags.not_sent"))


@hers()
@require_GET
def told(request: HttpRequest, person: Person, level: str) -> HttpResponse:
    """What to do now, by how urgent the rules say it is."""
    last = person.last(ReportTriaged, None)
    return _what_now(request, last.body.level if last else level, "")


def _what_now(request: HttpRequest, level: str, problem: str) -> HttpResponse:
    about = {"level": level, "problem": problem, "here": "wrong"}
    return render(request, "patient/what_now.html", about)


@hers("check-in")
@require_http_methods(["GET", "POST"])
def more(request: HttpRequest, person: Person) -> HttpResponse:
    """The second half: her scores and symptoms; a draft is kept until it is sent."""
    rules = site.rules()
    asked = ask.questions(person, rules)
    draft: dict[str, Any] = dict(request.session.get(_DRAFT, {}))
    missing: tuple[str, ...] = ()
    problem = ""
    if request.method == "POST":
        names = ("says", *(q.name for q in asked))
        draft = {n: request.POST[n] for n in names if n in request.POST}
        request.session[_DRAFT] = draft
        missing = ask.missing(asked, draft)
        if request.POST.get("later"):
            return redirect("/my/")
        if not missing:
            visit = ask.answered(person, rules, draft, clock.now())
            found = done(request, person, "record-visit", visit, "portal.more.thanks", "/my/")
            if isinstance(found, HttpResponse):
                request.session.pop(_DRAFT, None)
                return found
            problem = found
    rows = [(q, draft.get(q.name, ""), q.name in missing) for q in asked]
    peg = any(q.name.startswith("score:peg:") for q in asked)
    about: dict[str, Any] = {
        "peg": peg,
        "rows": rows,
        "says": draft.get("says", ""),
        "base": len(person.events),
    }
    about |= {"missing": missing, "problem": problem, "here": "check_in"}
    return render(request, "patient/more.html", about, status=422 if missing or problem else 200)


urlpatterns = [
    path("my/wrong/", wrong, name="my-wrong"),
    path("my/wrong/<slug:level>/", told, name="my-told"),
    path("my/check-in/", first, name="my-check-in"),
    path("my/check-in/more/", more, name="my-check-in-more"),
]
