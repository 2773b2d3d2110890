"""Messages between her and the team.

Before she writes she is asked whether anything cannot wait: what is in her words is not guessed at.
"""

from math import ceil

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.views.decorators.http import require_http_methods

from cisterna.clinic.bodies.hers import MessageSent
from cisterna.clinic.course import Person
from cisterna.clinic.event import Role
from cisterna.clinic.messages import thread_of, threads
from cisterna.clinic.web import site
from cisterna.clinic.web.forms import zone_of
from cisterna.patient.web.her import done, hers
from cisterna.patient.web.screens.check_in import flags
from cisterna.patient.web.words import say


@hers("message")
@require_http_methods(["GET", "POST"])
def messages(request: HttpRequest, person: Person) -> HttpResponse:
    """Every thread, and a new message."""
    return _page(request, person, "", "/my/messages/")


@hers("message")
@require_http_methods(["GET", "POST"])
def thread(request: HttpRequest, person: Person, name: str) -> HttpResponse:
    """One thread, and its next message."""
    if thread_of(person, name) is None:
        raise Http404
    return _page(request, person, name, f"/my/messages/{name}/")


@hers("message")
@require_http_methods(["GET", "POST"])
def first(request: HttpRequest, person: Person, name: str = "") -> HttpResponse:
    """Is there anything that cannot wait? With a no she writes one message."""
    place = f"/my/messages/{name}/" if name else "/my/messages/"
    if name and thread_of(person, name) is None:
        raise Http404
    if request.POST.get("none") and not request.POST.getlist("finding"):
        request.session[_CLEAR] = True
    return flags(request, person, f"{place}first/", nothing=f"{place}#write", here="messages")


_CLEAR = "nothing-urgent"


def _page(request: HttpRequest, person: Person, name: str, here: str) -> HttpResponse:
    problem, text = "", request.POST.get("text", "")
    clear = bool(request.session.get(_CLEAR))
    if request.method == "POST" and not clear:
        return redirect(f"{here}first/")
    if request.method == "POST":
        asked = MessageSent(text, name)
        found = done(request, person, "send-message", asked, "portal.messages.thanks", here)
        if isinstance(found, HttpResponse):
            request.session.pop(_CLEAR, None)
            return found
        problem = found
    about = {
        "threads": threads(person),
        "one": thread_of(person, name) if name else None,
        "base": len(person.events),
        "zone": zone_of(person),
        "within": _within(),
        "problem": problem,
        "clear": clear,
        "first": f"{here}first/",
        "text": text,
        "hers_roles": (Role.PATIENT, Role.CAREGIVER),
        "here": "messages",
    }
    return render(request, "patient/messages.html", about, status=422 if problem else 200)


def _within() -> str:
    """How soon the team answers, in whole days."""
    days = ceil(site.rules().figure("answer_within").value.number("day"))
    return say("portal.messages.days_one" if days == 1 else "portal.messages.days_many", n=days)


urlpatterns = [
    path("my/messages/", messages, name="my-messages"),
    path("my/messages/first/", first, name="my-message-first"),
    path("my/messages/<str:name>/", thread, name="my-thread"),
    path("my/messages/<str:name>/first/", first, name="my-answer-first"),
]
