"""Her first page: what is next, what is new, and the one way to say that something is wrong."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.views.decorators.http import require_GET

from cisterna.clinic.bodies.planning import Registered
from cisterna.clinic.check_ins import next_check_in
from cisterna.clinic.course import Person
from cisterna.clinic.event import Role
from cisterna.clinic.messages import threads
from cisterna.clinic.therapy import dose_history
from cisterna.clinic.web import clock, site
from cisterna.clinic.web.forms import zone_of
from cisterna.patient.web.care import next_visit
from cisterna.patient.web.her import hers, rights
from cisterna.patient.web.plan import refill_by


@hers()
@require_GET
def home(request: HttpRequest, person: Person) -> HttpResponse:
    """What is next for her."""
    about = {"here": "home", "entry": person.last(Registered, None)} | _next(request, person)
    return render(request, "patient/home.html", about)


def _next(request: HttpRequest, person: Person) -> dict[str, Any]:
    may, zone = rights(request, person), zone_of(person)
    due, refill = next_check_in(person, site.rules()), refill_by(person, site.library())
    visit = next_visit(person, site.rules(), clock.now())
    took = [c for c in dose_history(person.events) if c.outcome == "activated"]
    staff = [t for t in threads(person) if t.messages[-1].by.role not in _HERS]
    return {
        "may": may,
        "place": str(person.place or "referred"),
        "check_in": due.astimezone(zone) if due and "check-in" in may else None,
        "check_in_due": due is not None and due <= clock.now(),
        "refill_passed": refill is not None and refill <= clock.now(),
        "refill": refill.astimezone(zone) if refill and "plan" in may else None,
        "visit": visit.astimezone(zone) if visit and "plan" in may else None,
        "visit_passed": visit is not None and visit <= clock.now(),
        "changed": took[-1].at.astimezone(zone) if took and "plan" in may else None,
        "answers": staff if "message" in may else (),
    }


_HERS = (Role.PATIENT, Role.CAREGIVER)


@require_GET
def help_(request: HttpRequest) -> HttpResponse:
    """What to do when something is wrong; for anybody, signed in or not."""
    return render(request, "patient/help.html", {"here": "help"})


urlpatterns = [
    path("my/", home, name="my-home"),
    path("help/", help_, name="help"),
]
