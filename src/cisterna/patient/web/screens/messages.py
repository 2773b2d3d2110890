"""Messages between her and the team."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.views.decorators.http import require_http_methods

from cisterna.clinic.bodies.hers import MessageSent
from cisterna.clinic.course import Person
from cisterna.clinic.event import Role
from cisterna.clinic.messages import thread_of, threads
from cisterna.clinic.web import site
from cisterna.clinic.web.forms import zone_of
from cisterna.patient.web.her import done, hers


@hers("message")
@require_http_methods(["GET", "POST"])
def messages(request: HttpRequest, person: Person) -> HttpResponse:
    """Every thread, and a new message."""
    return _page(request, person, "", "/my/messages/")


@hers("message")
@require_http_methods(["GET", "POST"])
def thread(request: HttpRequest, person: Person, name: str) -> HttpResponse:
    """One thread, and the next message of it."""
    if thread_of(person, name) is None:
        raise Http404
    return _page(request, person, name, f"/my/messages/{name}/")


def _page(request: HttpRequest, person: Person, name: str, here: str) -> HttpResponse:
    problem, text = "", request.POST.get("text", "")
    if request.method == "POST":
        asked = MessageSent(text, name)
        found = done(request, person, "send-message", asked, "portal.messages.thanks", here)
        if isinstance(found, HttpResponse):
            return found
        problem = found
    about = {
        "threads": threads(person),
        "one": thread_of(person, name) if name else None,
        "base": len(person.events),
        "zone": zone_of(person),
        "within": site.rules().figure("answer_within").text(),
        "problem": problem,
        "text": text,
        "hers_roles": (Role.PATIENT, Role.CAREGIVER),
        "here": "messages",
    }
    return render(request, "patient/messages.html", about, status=422 if problem else 200)


urlpatterns = [
    path("my/messages/", messages, name="my-messages"),
    path("my/messages/<str:name>/", thread, name="my-thread"),
]
