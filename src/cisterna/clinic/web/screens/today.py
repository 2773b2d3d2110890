"""Today: what needs whom, the most urgent first, and who is stuck on the course."""

from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path

from cisterna.clinic.bodies.planning import Place
from cisterna.clinic.event import Role
from cisterna.clinic.web import clock, rows
from cisterna.clinic.web.access import member, members_only, people_of
from cisterna.clinic.web.agenda import Day, agenda
from cisterna.clinic.web.models import HERSELF, Member, PersonRow, TaskRow
from cisterna.clinic.web.words import title
from cisterna.facts.access import span

_PAGE, _STUCK = 40, 10
_AWAY = (Place.MAINTENANCE, Place.THERAPY_ENDED, Place.ALTERNATIVES, Place.NOT_CANDIDATE)
HER_PAGE = "/my/"
"""Where the pages of a patient and of who cares for her begin (`cisterna.patient.web`)."""
_NO_TASKS = (*HERSELF, Role.ADMIN, Role.AUDITOR, Role.SYSTEM)


@members_only(*Role)
def today(request: HttpRequest) -> HttpResponse:
    """The first page of staff; a patient has her own, an administrator the members."""
    who = member(request)
    if Role(who.role) is Role.ADMIN:
        return redirect("/members/")
    if Role(who.role) in HERSELF:
        return redirect(HER_PAGE)
    rows.catch_up()
    about = _about(request, who) | {"here": "today"}
    part = "web/today_list.html" if request.headers.get("HX-Request") else "web/today.html"
    return render(request, part, about)


def _about(request: HttpRequest, who: Member) -> dict[str, Any]:
    role = request.GET.get("role", "" if Role(who.role) in _NO_TASKS else who.role)
    asked, whole = request.GET.get("q", "").strip(), request.GET.get("all", "")
    day = Day(clock.now(), clock.zone())
    stuck = _stuck(who, asked)
    return {
        "groups": list(agenda(_tasks(who, role, asked), day, _PAGE, whole)),
        "stuck": [_waits(row, day) for row in (stuck if whole == "stuck" else stuck[:_STUCK])],
        "stuck_count": stuck.count(),
        "waiting": rows.waiting(people_of(who)),
        "role": role,
        "q": asked,
        "roles": [(r.value, title("role", r)) for r in Role if r not in _NO_TASKS],
    }


def _tasks(who: Member, role: str, asked: str) -> QuerySet[TaskRow]:
    found = TaskRow.objects.filter(person__in=people_of(who))
    found = found.filter(role=role) if role else found
    words = Q(what__icontains=asked) | Q(why__icontains=asked)
    return found.filter(words | _named(asked, "person__")) if asked else found


def _named(asked: str, of: str = "") -> Q:
    return Q(**{f"{of}name__icontains": asked}) | Q(**{f"{of}number__icontains": asked})


def _stuck(who: Member, asked: str) -> QuerySet[PersonRow]:
    """Who has stood at the same place for longer than the facts allow, the longest first."""
    since = clock.now() - span("stuck")
    found = people_of(who).exclude(place__in=_AWAY).filter(since__lt=since)
    return (found.filter(_named(asked)) if asked else found).order_by("since")


def _waits(row: PersonRow, day: Day) -> tuple[PersonRow, int, datetime | None]:
    since = row.since.astimezone(day.zone) if row.since else None
    return row, (day.now - row.since).days if row.since else 0, since


urlpatterns = [path("", today, name="today")]
