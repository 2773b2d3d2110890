"""The decision aid (pathway §9.1): to read, to print, to say back, and what she will ask."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.views.decorators.http import require_GET, require_http_methods

from cisterna.clinic.bodies.hers import Answered, QuestionsKept, TeachBackTaken
from cisterna.clinic.course import Person
from cisterna.clinic.web import site
from cisterna.clinic.web.forms import zone_of
from cisterna.facts.options import Options
from cisterna.patient.web.her import done, hers
from cisterna.patient.web.screens.options import shown
from cisterna.patient.web.upkeep import ASKED, example, of_order, reckoned
from cisterna.patient.web.words import say

BEFORE = ("decision", "condition", "pump")
"""What is told before the options."""
LIVING = (
    *("trial", "surgery", "refills", "missed", "alarms", "scan", "travel", "hormones"),
    *("driving", "battery", "cost", "stopping", "little", "death", "call"),
)
"""What it is like to live with a pump: everything that the aid must state."""


@require_GET
def public(request: HttpRequest) -> HttpResponse:
    """The copy for everybody."""
    return render(request, "patient/aid.html", _about(request, None))


@require_GET
def booklet(request: HttpRequest) -> HttpResponse:
    """The copy for everybody, to print."""
    return render(request, "patient/aid.html", _about(request, None) | {"booklet": True})


@hers("decide")
@require_GET
def mine(request: HttpRequest, person: Person) -> HttpResponse:
    """Hers, with the numbers of her own order and what she has on record."""
    return render(request, "patient/aid.html", _about(request, person))


@hers("decide")
@require_GET
def my_booklet(request: HttpRequest, person: Person) -> HttpResponse:
    """Hers, to print."""
    return render(request, "patient/aid.html", _about(request, person) | {"booklet": True})


@hers("decide")
@require_http_methods(["GET", "POST"])
def questions(request: HttpRequest, person: Person) -> HttpResponse:
    """The questions of the teach-back; then what was right, and why."""
    facts, problem = Options(site.library()), ""
    if request.method == "POST":
        found = _taken(request, person, facts)
        if isinstance(found, HttpResponse):
            return found
        problem = found
    about = _last(person, facts) if not problem and "again" not in request.GET else {}
    about |= {"rows": _rows(facts, request), "problem": problem, "here": "aid"}
    about |= {"facts": facts, "base": len(person.events), "zone": zone_of(person)}
    return render(request, "patient/teach.html", about, status=422 if problem else 200)


@hers("decide")
@require_http_methods(["GET", "POST"])
def ask(request: HttpRequest, person: Person) -> HttpResponse:
    """What she wants to ask her team."""
    said = person.last(QuestionsKept, None)
    text, problem = "\n".join(said.body.questions) if said else "", ""
    if request.method == "POST":
        text = request.POST.get("text", "")
        asked = QuestionsKept(tuple(one.strip() for one in text.splitlines() if one.strip()))
        found = done(request, person, "keep-questions", asked, "aid.ask.thanks", "/my/aid/ask/")
        if isinstance(found, HttpResponse):
            return found
        problem = found
    about = {"text": text, "problem": problem, "base": len(person.events), "here": "aid"}
    return render(request, "patient/ask.html", about, status=422 if problem else 200)


def _about(request: HttpRequest, person: Person | None) -> dict[str, Any]:
    about = shown(person)
    facts: Options = about["facts"]
    given = {k: request.GET.get(k, v) for k, v in example(facts).items()}
    hers_now = of_order(person, site.library()) if person else None
    found = reckoned(given)
    sources = site.library().sources
    return about | {
        "before": BEFORE,
        "living": LIVING,
        "questions": facts.questions().values(),
        "order_upkeep": hers_now,
        "given": given,
        "reckoned": found,
        "asked": any(k in request.GET for k in ASKED),
        "sources": [
            (row, sources[row.figure.share.source]) for c in about["cards"] for row in c.rows
        ],
        "said_sources": [
            (f, sources[f.rule.source]["title"]) for c in about["cards"] for f in c.option.findings
        ],
        "kept": person.last(QuestionsKept, None) if person else None,
        "zone": zone_of(person) if person else None,
        "here": "aid",
    }


def _taken(request: HttpRequest, person: Person, facts: Options) -> HttpResponse | str:
    known = facts.questions()
    given = {name: request.POST.get(f"answer-{name}", "") for name in known}
    if any(given[name] not in q.answers for name, q in known.items()):
        return say("aid.teach.missing")
    right = sum(given[name] == q.right for name, q in known.items())
    answers = tuple(Answered(name, answer) for name, answer in given.items())
    asked = TeachBackTaken(facts.version, answers, right)
    to = "/my/aid/questions/"
    return done(request, person, "take-teach-back", asked, "mine.done.thanks", to)


def _last(person: Person, facts: Options) -> dict[str, Any]:
    """Her last answers, if they are of the questions as they are now."""
    said = person.last(TeachBackTaken, None)
    if said is None or said.body.version != facts.version:
        return {}
    needed = site.rules().figure("teach_back_right").value.number("1")
    known = facts.questions()
    told = [(known[a.question], a.answer) for a in said.body.answers]
    passed = said.body.right >= needed
    return {"said": said, "told": told, "passed": passed, "all": len(known)}


def _rows(facts: Options, request: HttpRequest) -> list[tuple[Any, str]]:
    return [(q, request.POST.get(f"answer-{q.id}", "")) for q in facts.questions().values()]


urlpatterns = [
    path("aid/", public, name="aid"),
    path("aid/booklet/", booklet, name="aid-booklet"),
    path("my/aid/", mine, name="my-aid"),
    path("my/aid/booklet/", my_booklet, name="my-aid-booklet"),
    path("my/aid/questions/", questions, name="my-aid-questions"),
    path("my/aid/ask/", ask, name="my-aid-ask"),
]
