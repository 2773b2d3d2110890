"""Her plan: what runs in her pump, every change of the dose and why, her goals and how it goes."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.views.decorators.http import require_GET

from cisterna.clinic.course import Person
from cisterna.clinic.devices import devices
from cisterna.clinic.web import clock, site
from cisterna.clinic.web.forms import zone_of
from cisterna.patient.web.care import team, upkeep
from cisterna.patient.web.her import hers
from cisterna.patient.web.plan import plan_of


@hers("plan")
@require_GET
def plan(request: HttpRequest, person: Person) -> HttpResponse:
    """Her plan in plain words."""
    found = plan_of(person, site.library(), clock.now())
    about = {"plan": found, "now": found.now, "zone": zone_of(person), "tree": devices(person)}
    about |= {"team": team(person, clock.now()), "upkeep": upkeep(person, clock.now())}
    return render(request, "patient/plan.html", about | {"here": "plan"})


urlpatterns = [path("my/plan/", plan, name="my-plan")]
