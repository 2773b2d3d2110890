"""Her calendar: the dates to come, a file for her phone, and a link that a calendar can follow."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.utils import translation
from django.views.decorators.http import require_GET, require_POST

from cisterna.clinic.bodies.reach import CalendarEnded, CalendarShared
from cisterna.clinic.course import Person
from cisterna.clinic.event import Role
from cisterna.clinic.web import clock, site
from cisterna.clinic.web.access import member
from cisterna.clinic.web.forms import zone_of
from cisterna.facts.access import span
from cisterna.patient.web.calendar import booked, calendar_of, days_of, followed, link_of
from cisterna.patient.web.her import done, hers
from cisterna.patient.web.language import language_on_record

_HERE = "/my/calendar/"


@hers("plan")
@require_GET
def calendar(request: HttpRequest, person: Person) -> HttpResponse:
    """The dates to come."""
    return _page(request, person)


def _page(request: HttpRequest, person: Person, problem: str = "") -> HttpResponse:
    now = clock.now()
    link = link_of(person, now)
    about = {
        "days": tuple(days_of(person, site.rules())),
        "booked": booked(person, now),
        "zone": zone_of(person),
        "own": member(request).role == Role.PATIENT,
        "link": request.build_absolute_uri(link) if link else "",
        "lasts": span("calendar_link").days,
        "base": len(person.events),
        "problem": problem,
        "here": "calendar",
    }
    return render(request, "patient/calendar.html", about, status=422 if problem else 200)


@hers("plan")
@require_GET
def file(request: HttpRequest, person: Person) -> HttpResponse:
    """The same as a file; a phone that takes it in again moves the dates, and doubles none."""
    return _file(person)


def _file(person: Person) -> HttpResponse:
    found = calendar_of(person, site.rules(), clock.now())
    response = HttpResponse(found, content_type="text/calendar; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="refills.ics"'
    return response


@hers("access")
@require_POST
def link(request: HttpRequest, person: Person) -> HttpResponse:
    """Make a link, or end it; whoever cares for her does neither."""
    ends = request.POST.get("end") == "yes"
    act = "end-calendar" if ends else "share-calendar"
    asked = CalendarEnded() if ends else CalendarShared(clock.now() + span("calendar_link"))
    thanks = "mine.calendar.ended" if ends else "mine.calendar.made"
    found = done(request, person, act, asked, thanks, _HERE)
    return found if isinstance(found, HttpResponse) else _page(request, person, found)


@require_GET
def follow(request: HttpRequest, token: str) -> HttpResponse:
    """The dates for whoever has the link; an ended link is as none."""
    person = followed(token, clock.now())
    if person is None:
        raise Http404
    with translation.override(language_on_record(person.id) or "en"):
        return _file(person)


urlpatterns = [
    path("my/calendar/", calendar, name="my-calendar"),
    path("my/refills.ics", file, name="my-calendar-file"),
    path("my/calendar/link/", link, name="my-calendar-link"),
    path("refills/<str:token>.ics", follow, name="followed-calendar"),
]
