"""Emergency: one key from anywhere. On a person's page her own sheet; else all the cards."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path

from cisterna.clinic.acts import ACTS
from cisterna.clinic.bodies.planning import Registered
from cisterna.clinic.cards import cards_for
from cisterna.clinic.course import Person
from cisterna.clinic.event import Role
from cisterna.clinic.web import clock, desk, rows, site
from cisterna.clinic.web.access import member, members_only, people_of
from cisterna.clinic.web.models import HERSELF
from cisterna.clinic.web.person.carry import About, sheet_of, unverified
from cisterna.clinic.web.person.now import flags_of, now_of
from cisterna.clinic.web.screens.people import head, named
from cisterna.facts import Cards

_MOST = 50
_STAFF = tuple(r for r in Role if r not in HERSELF and r not in (Role.ADMIN, Role.SYSTEM))


@members_only(*_STAFF)
def emergency(request: HttpRequest) -> HttpResponse:
    """Whom it is about; and every card, for somebody whom nobody knows."""
    rows.catch_up()
    asked = request.GET.get("q", "").strip()
    found = people_of(member(request)).order_by("name", "person")
    people = found.filter(named(asked))[:_MOST] if asked else ()
    library = site.library()
    drug = request.GET.get("drug", "")
    drugs = (drug,) if drug in library.drug_ids else ()
    findings = _findings(request)
    cards = cards_for(drugs, findings, library) if drugs or findings else _all(library)
    about: dict[str, Any] = {
        "people": people,
        "q": asked,
        "cards": cards,
        "unverified": unverified(cards),
    }
    about |= {"call": site.telephones(member(request).clinic)}
    about |= {"drug": drug, "drugs": library.drug_ids, "here": "emergency"} | _asking(findings)
    return render(request, "web/emergency.html", about)


def _all(library: Any) -> tuple[Any, ...]:
    facts = Cards(library)
    return (facts.fallback(), *(facts.card(name) for name in facts.ids()))


def _findings(request: HttpRequest) -> tuple[str, ...]:
    """What was ticked, as far as anybody knows it."""
    known = Cards(site.library()).findings()
    return tuple(name for name in request.GET.getlist("finding") if name in known)


def _asking(findings: tuple[str, ...]) -> dict[str, Any]:
    facts = Cards(site.library())
    rows_ = [(name, words, name in findings) for name, words in facts.findings().items()]
    return {"findings": rows_, "ticked": bool(findings), "version": facts.version}


@members_only(*_STAFF)
def sheet(request: HttpRequest, person_id: str) -> HttpResponse:
    """Her sheet: head, flags, and the cards for her drugs and what was found; on one side of A4."""
    person = desk.chart(request, person_id)
    now = now_of(person, site.library(), clock.now())
    findings = _findings(request)
    found = sheet_of(person, now, _about(person), findings, site.library())
    may = "open-emergency"
    about = head(person) | _asking(findings) | {
        "sheet": found,
        "flags": flags_of(person, now, site.library(), clock.now()),
        "now": now,
        "at": clock.now(),
        "opens": site.rules().may(may, member(request).role) and person.place in ACTS[may].places,
        "stops": now.therapy.state != "none",
        "here": "emergency",
    }  # fmt: skip
    return render(request, "web/emergency_sheet.html", about)


def _about(person: Person) -> About:
    entry = person.last(Registered, None)
    if entry is None:
        return About("NO PATIENT IDENTIFIED", site.telephones(""))
    e = entry.body
    who = f"{e.name}, born {e.born:%Y-%m-%d}, {e.number}"
    return About(who, site.telephones(e.clinic))


urlpatterns = [
    path("emergency/", emergency, name="emergency"),
    path("people/<str:person_id>/emergency/", sheet, name="emergency-sheet"),
]
