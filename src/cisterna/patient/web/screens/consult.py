"""A request for a talk with a specialist, by anybody, without an account.

It begins a record that staff take in or answer. However often the button is pressed it is sent
once: the form carries a secret that names the record. Only so many are taken in an hour, from one
address and from all.
"""

import hashlib
from datetime import date
from secrets import token_hex
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.views.decorators.http import require_http_methods

from cisterna.clinic.acts import ACTS
from cisterna.clinic.bodies.hers import ConsultAsked
from cisterna.clinic.course import Person
from cisterna.clinic.event import Actor, Role
from cisterna.clinic.refusal import Refused
from cisterna.clinic.web import audit, clock, desk, rows, site
from cisterna.clinic.web.models import Member
from cisterna.facts.access import count, span
from cisterna.patient.web.her import refused
from cisterna.patient.web.language import spoken
from cisterna.patient.web.screens.self_check import told
from cisterna.patient.web.slow import within
from cisterna.patient.web.words import say

_FIELDS = ("name", "born", "reach", "says", "interpreter", "agree")
_NONCE = 32
HERSELF = Actor("herself, without an account", Role.PATIENT)


@require_http_methods(["GET", "POST"])
def consult(request: HttpRequest) -> HttpResponse:
    """The form; when it was sent, a number and what happens next."""
    problem = ""
    if request.method == "POST" and "name" in request.POST:
        sent = _sent(request)
        if isinstance(sent, HttpResponse):
            return sent
        problem = sent
    about: dict[str, Any] = {
        "entered": {k: request.POST.get(k, "") for k in _FIELDS},
        "answers": request.POST.getlist("answers"),
        "nonce": _nonce(request),
        "problem": problem,
        "here": "consult",
    }
    return render(request, "patient/consult.html", about, status=422 if problem else 200)


def _nonce(request: HttpRequest) -> str:
    """The secret of the form; a new one where a request was sent with this one already."""
    nonce = request.POST.get("nonce", "")
    good = len(nonce) == _NONCE and not rows.load(_person(nonce)).events
    return nonce if good else token_hex(_NONCE // 2)


def _person(nonce: str) -> str:
    return f"p{hashlib.sha256(nonce.encode()).hexdigest()[:12]}"


def _sent(request: HttpRequest) -> HttpResponse | str:
    """The page that says it was sent, or what is wrong."""
    nonce = request.POST.get("nonce", "")
    person = _person(nonce)
    if request.POST.get("website"):  # no person sees this field
        audit.note(request, "consult-refused", words="a field that nobody sees was filled in")
        return _thanks(request, person)
    if len(nonce) != _NONCE or request.POST.get("agree") != "yes":
        return say("check.consult.agree_first")
    asked = _asked(request)
    if isinstance(asked, str):
        return asked
    return _kept(request, person, asked) or _thanks(request, person)


def _kept(request: HttpRequest, person: str, asked: ConsultAsked) -> str:
    """Begin her record; nothing, or what is wrong."""
    if not _allowed(request):
        return say("check.consult.too_many")

    def make(found: Person) -> tuple[Any, ...]:
        return ACTS["ask-consult"](found, HERSELF, asked, clock.now(), rules=site.rules())

    try:
        desk.write(person, 0, make)
    except desk.MovedOn as moved:  # pressed twice, or changed after it was sent
        first = moved.person.last(ConsultAsked, None)
        return "" if first and first.body == asked else say("check.consult.changed")
    except Refused as no:
        return refused(no)
    audit.note(request, "consult-asked", words=person)
    return ""


def _asked(request: HttpRequest) -> ConsultAsked | str:
    row = {k: request.POST.get(k, "").strip() for k in _FIELDS}
    try:
        born = date.fromisoformat(row["born"])
    except ValueError:
        return say("check.consult.born_wrong")
    if not (row["name"] and row["reach"] and row["says"]):
        return say("check.consult.missing")
    answers = tuple(told(request.POST.getlist("answers")))
    first = Member.objects.order_by("id").first()
    return ConsultAsked(
        first.clinic if first else "main", row["name"], born, row["reach"],
        spoken(), row["interpreter"] == "yes", row["says"], answers,
    )  # fmt: skip


def _allowed(request: HttpRequest) -> bool:
    """Whether this address, and everybody together, may send one more in this hour."""
    seconds = int(span("consult_window").total_seconds())
    own = f"consult:{request.META.get('REMOTE_ADDR', '')}"
    one = within(own, count("consult_tries"), seconds)
    return within("consult", count("consult_all"), seconds) and one


def _thanks(request: HttpRequest, person: str) -> HttpResponse:
    days = site.rules().figure("consult_within").value.number("day")
    about = {"number": person[-6:].upper(), "days": int(days), "here": "consult"}
    return render(request, "patient/consult_sent.html", about)


urlpatterns = [path("consult/", consult, name="consult")]
