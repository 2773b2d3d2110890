"""Today: what needs whom, the most urgent first, and who is stuck on the course."""

from datetime import timedelta
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path

from cisterna.clinic.bodies.planning import Place
from cisterna.clinic.event import Role
from cisterna.clinic.web import clock, rows
from cisterna.clinic.web.access import member, members_only, people_of
from cisterna.clinic.web.models import HERSELF, Member, PersonRow, TaskRow
from cisterna.clinic.web.words import title
from cisterna.facts.access import span

_PAGE = 100
_AWAY = (Place.MAINTENANCE, Place.THERAPY_ENDED, Place.ALTERNATIVES, Place.NOT_CANDIDATE)


@members_only(*Role)
def today(request: HttpRequest) -> HttpResponse:
    """The first page of staff; a patient sees her own page, an administrator the members."""
    who = member(request)
    if Role(who.role) is Role.ADMIN:
        return redirect("/members/")
    if Role(who.role) in HERSELF:
        return redirect(f"/people/{who.person}/")
    rows.catch_up()
    role = request.GET.get("role", "" if Role(who.role) is Role.AUDITOR else who.role)
    tasks = _tasks(who, role)
    about = {
        "groups": _groups(list(tasks.select_related("person")[:_PAGE])),
        "count": tasks.count(),
        "stuck": _stuck(who),
        "role": role,
        "roles": [(r.value, title("role", r)) for r in Role if r not in HERSELF],
        "here": "today",
    }
    return render(request, "web/today.html", about)


def _tasks(who: Member, role: str) -> QuerySet[TaskRow]:
    found = TaskRow.objects.filter(person__in=people_of(who))
    return found.filter(role=role) if role else found


def _groups(tasks: list[TaskRow]) -> list[dict[str, Any]]:
    now = clock.now()
    soon, week = now + timedelta(days=1), now + timedelta(days=7)
    kinds = (
        ("Overdue", "bad", [t for t in tasks if t.due < now]),
        ("Within a day", "warn", [t for t in tasks if now <= t.due < soon]),
        ("Within a week", "", [t for t in tasks if soon <= t.due < week]),
        ("Later", "", [t for t in tasks if t.due >= week]),
    )
    return [{"title": t, "mood": m, "tasks": found} for t, m, found in kinds if found]


def _stuck(who: Member) -> list[PersonRow]:
    """Who has stood at the same place for longer than the facts allow, the longest first."""
    since = clock.now() - span("stuck")
    found = people_of(who).exclude(place__in=_AWAY).filter(since__lt=since)
    return list(found.order_by("since")[:_PAGE])


urlpatterns = [path("", today, name="today")]
