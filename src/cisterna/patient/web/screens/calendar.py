"""Her calendar: the dates to come, and a file for her phone."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.views.decorators.http import require_GET

from cisterna.clinic.course import Person
from cisterna.clinic.web import clock, site
from cisterna.patient.web.calendar import calendar_of, days_of
from cisterna.patient.web.her import hers


@hers("plan")
@require_GET
def calendar(request: HttpRequest, person: Person) -> HttpResponse:
    """The dates to come."""
    about = {"days": tuple(days_of(person, site.rules())), "here": "calendar"}
    return render(request, "patient/calendar.html", about)


@hers("plan")
@require_GET
def file(request: HttpRequest, person: Person) -> HttpResponse:
    """The same as a file; a phone that takes it in again moves the dates, and doubles none."""
    found = calendar_of(person, site.rules(), clock.now())
    response = HttpResponse(found, content_type="text/calendar; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="calendar.ics"'
    return response


urlpatterns = [
    path("my/calendar/", calendar, name="my-calendar"),
    path("my/calendar.ics", file, name="my-calendar-file"),
]
