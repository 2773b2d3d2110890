"""The options: for everybody, and for her, who puts them in her own order (PW-060 to PW-065)."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.views.decorators.http import require_GET, require_http_methods

from cisterna.clinic.bodies.hers import OptionsRanked, Weight
from cisterna.clinic.course import Person
from cisterna.clinic.web import site
from cisterna.facts.options import Options
from cisterna.patient.web.her import done, hers
from cisterna.patient.web.options import (
    PARTS,
    cards,
    group_of,
    her_order,
    numbers,
    structural,
)
from cisterna.patient.web.words import say


@require_GET
def public(request: HttpRequest) -> HttpResponse:
    """Every option, for anybody."""
    return render(request, "patient/options.html", shown(None) | {"here": "options"})


@hers("decide")
@require_http_methods(["GET", "POST"])
def mine(request: HttpRequest, person: Person) -> HttpResponse:
    """Every option with what she had of it; what matters to her, and her order."""
    facts, problem = Options(site.library()), ""
    if request.method == "POST":
        asked = _asked(request, facts)
        if isinstance(asked, str):
            problem = asked
        else:
            to = "/my/options/#mine"
            found = done(request, person, "rank-options", asked, "options.rank.thanks", to)
            if isinstance(found, HttpResponse):
                return found
            problem = found
    about = shown(person) | {"problem": problem, "base": len(person.events), "here": "options"}
    about |= {"order": her_order(person, facts)} | _form(request, facts)
    return render(request, "patient/options.html", about, status=422 if problem else 200)


def shown(person: Person | None) -> dict[str, Any]:
    """What every page with the options shows."""
    facts, rules = Options(site.library()), site.rules()
    group = group_of(person, rules)
    return {
        "facts": facts,
        "cards": cards(facts, rules, person),
        "group": group,
        "first": any(group in one.first_for for one in facts.options()),
        "values": facts.values(),
        "structural": structural(facts),
        "numbers": numbers(facts, rules),
        "parts": PARTS,
        "mine": person is not None,
    }


def _asked(request: HttpRequest, facts: Options) -> OptionsRanked | str:
    """What she has said, or what is missing in it; nothing is chosen for her."""
    scale = {str(n) for n in range(facts.most_weight + 1)}
    given = {value: request.POST.get(f"weight-{value}", "") for value in facts.values()}
    if not scale.issuperset(given.values()):
        return say("options.rank.problem_weights")
    places = {name: request.POST.get(f"place-{name}", "") for name in facts.ids()}
    every = [str(n + 1) for n in range(len(places))]
    if sorted(places.values()) != sorted(every):
        return say("options.rank.problem_order", n=len(every))
    order = tuple(sorted(places, key=lambda name: int(places[name])))
    weights = tuple(Weight(value, int(n)) for value, n in given.items())
    return OptionsRanked(facts.version, weights, order)


def _form(request: HttpRequest, facts: Options) -> dict[str, Any]:
    """The fields with what she sent; a form that was not sent yet has nothing chosen."""
    sent = request.POST
    return {
        "weights": [(v, sent.get(f"weight-{v}", "")) for v in facts.values()],
        "places": [(name, sent.get(f"place-{name}", "")) for name in facts.ids()],
        "scale": [str(n) for n in range(facts.most_weight + 1)],
        "every": [str(n + 1) for n in range(len(facts.ids()))],
    }


urlpatterns = [
    path("options/", public, name="options"),
    path("my/options/", mine, name="my-options"),
]
