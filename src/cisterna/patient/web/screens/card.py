"""Her emergency card: made, printed, shown on a locked phone and ended by her; read by anybody.

Who has the card opens its page without an account: it is read-only, kept in no cache and in no
search, and each opening is written down. From one address it opens only so often.
"""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.views.decorators.http import require_GET, require_http_methods

from cisterna.clinic.bodies.hers import CardEnded, CardIssued
from cisterna.clinic.course import Person
from cisterna.clinic.web import audit, clock, desk, site
from cisterna.clinic.web.access import check_may, members_only
from cisterna.clinic.web.models import AuditRow
from cisterna.facts.access import count, span
from cisterna.patient.web import card as c
from cisterna.patient.web.her import base_of, done, hers
from cisterna.patient.web.slow import within
from cisterna.patient.web.words import say
from cisterna.quantity import later

_HERE = "/my/card/"
_SHOWN = 10
_PLAIN = "/card/"
"""What is written down of the address of a card: never its secret part."""


@hers("card")
@require_http_methods(["GET", "POST"])
def mine(request: HttpRequest, person: Person) -> HttpResponse:
    """Her card with its code, or the button that makes one; who opened it lately."""
    problem = ""
    if request.method == "POST":
        found = _changed(request, person)
        if isinstance(found, HttpResponse):
            return found
        problem = found
    about = _card(request, person) | {"here": "card", "problem": problem}
    about |= {"base": len(person.events), "openings": _openings(person)}
    return render(request, "patient/card.html", about, status=422 if problem else 200)


def _changed(request: HttpRequest, person: Person) -> HttpResponse | str:
    good = c.good_card(person, clock.now())
    if request.POST.get("do") == "end":
        if good is None:
            return say("card.none_to_end")
        return done(request, person, "end-card", CardEnded(good.body.digest), "card.ended", _HERE)
    if c.essentials(person, site.library(), clock.now()).now.therapy.state == "none":
        return say("card.no_pump")
    digest = c.digest_of(c.token_of(f"{person.id}.{base_of(request, person) + 1}"))
    until = later(clock.now(), site.rules().figure("card_lasts").value)
    return done(request, person, "issue-card", CardIssued(digest, until), "card.made", _HERE)


def _card(request: HttpRequest, person: Person) -> dict[str, Any]:
    """Everything that stands on the card, and its code where there is a good one."""
    now, library = clock.now(), site.library()
    good = c.good_card(person, now)
    about: dict[str, Any] = {"e": c.essentials(person, library, now), "good": good, "at": now}
    if good is not None:
        address = request.build_absolute_uri(f"/card/{c.token_of(good.id)}/")
        about |= {"address": address, "qr": c.qr(address), "issued": good.at}
        about["old"] = c.changed_since(person, about["e"].now, good.at)
    return about


def _openings(person: Person) -> tuple[AuditRow, ...]:
    found = AuditRow.objects.filter(what="card-opened", who=person.id)
    return tuple(found.order_by("-id")[:_SHOWN])


@hers("card")
@require_GET
def phone(request: HttpRequest, person: Person) -> HttpResponse:
    """The card as large as a phone, to be kept as its lock screen."""
    about = _card(request, person)
    if about["good"] is None:
        raise Http404
    return render(request, "patient/card_phone.html", about)


@members_only()
@require_http_methods(["GET", "POST"])
def of_the_team(request: HttpRequest, person_id: str) -> HttpResponse:
    """The team makes and prints it for her, on paper that she takes along."""
    person = desk.chart(request, person_id)
    check_may(request, "issue-card")
    problem = ""
    if request.method == "POST":
        digest = c.digest_of(c.token_of(f"{person.id}.{base_of(request, person) + 1}"))
        until = later(clock.now(), site.rules().figure("card_lasts").value)
        here = f"/people/{person_id}/card/"
        found = done(request, person, "issue-card", CardIssued(digest, until), "card.made", here)
        if isinstance(found, HttpResponse):
            return found
        problem = found
    about = _card(request, person) | {"problem": problem, "base": len(person.events), "team": True}
    return render(request, "patient/card.html", about, status=422 if problem else 200)


@require_GET
def read(request: HttpRequest, token: str) -> HttpResponse:
    """Her page for whoever helps her; 404 for a card that opens nothing."""
    if not _let_through(request):
        audit.note(request, "card-slowed", path=_PLAIN)
        return render(request, "patient/card_slowed.html", {"here": ""}, status=429)
    now, library = clock.now(), site.library()
    person = c.opened(token, now)
    if person is None:
        audit.note(request, "card-refused", path=_PLAIN)
        raise Http404
    audit.note(request, "card-opened", person.id, path=_PLAIN)
    e = c.essentials(person, library, now)
    about = {
        "e": e,
        "told": c.told(e.sheet),
        "known": c.known(e.sheet),
        "lines": c.first_lines(library),
        "scan": c.scan_rule(e.now.rx, library),
        "at": now,
        "card_page": True,
    }
    response = render(request, "patient/card_read.html", about)
    response["X-Robots-Tag"] = "noindex, nofollow"
    response["Referrer-Policy"] = "no-referrer"
    return response


def _let_through(request: HttpRequest) -> bool:
    """Whether this address has opened no more cards than it may in this while."""
    key = f"card:{request.META.get('REMOTE_ADDR', '')}"
    seconds = int(span("card_window").total_seconds())
    return within(key, count("card_tries"), seconds)


urlpatterns = [
    path("my/card/", mine, name="my-card"),
    path("my/card/phone/", phone, name="my-card-phone"),
    path("people/<str:person_id>/card/", of_the_team, name="card"),
    path("card/<str:token>/", read, name="card-read"),
]
