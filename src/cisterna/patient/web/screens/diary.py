"""Her diary: write an entry, and read it by day beside what the pump reports of her doses."""

from datetime import datetime
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.views.decorators.http import require_http_methods

from cisterna.clinic.bodies.hers import DiaryWritten
from cisterna.clinic.course import Person
from cisterna.clinic.web import clock, site
from cisterna.clinic.web.access import member
from cisterna.clinic.web.forms import zone_of
from cisterna.patient.web.diary import days
from cisterna.patient.web.her import done, hers, own_entry, rights
from cisterna.patient.web.words import say

_PAIN = tuple(str(n) for n in range(11))
_DOSE = ("", "before", "after")
_FORM = "%Y-%m-%dT%H:%M"


@hers("plan")
@require_http_methods(["GET", "POST"])
def diary(request: HttpRequest, person: Person) -> HttpResponse:
    """Her diary; what she writes stands on her record."""
    zone, now = zone_of(person), clock.now()
    problem = ""
    if request.method == "POST":
        found = _written(request, person)
        if isinstance(found, HttpResponse):
            return found
        problem = found
    changes, before = own_entry(request, person, DiaryWritten)
    about = {
        "here": "diary",
        "who": member(request).who,
        "changes": changes,
        "days": days(person, site.rules(), zone, now),
        "may": rights(request, person),
        "base": len(person.events),
        "steps": _PAIN,
        "moments": _DOSE,
        "problem": problem,
        "entered": request.POST or _entered(before, zone),
        "now": now.astimezone(zone).strftime(_FORM),
    }
    return render(request, "patient/diary.html", about, status=422 if problem else 200)


def _written(request: HttpRequest, person: Person) -> HttpResponse | str:
    row = {k: request.POST.get(k, "").strip() for k in ("seen", "pain", "did", "says", "dose")}
    try:
        seen = datetime.strptime(row["seen"], _FORM).replace(tzinfo=zone_of(person))
    except ValueError:
        return say("portal.diary.when_wrong")
    if row["pain"] not in ("", *_PAIN):
        return say("portal.diary.pain_wrong")
    pain = int(row["pain"]) if row["pain"] else None
    asked = DiaryWritten(seen, pain, row["did"], row["says"], row["dose"])
    changes = request.POST.get("corrects") or None
    to = ("portal.diary.thanks", "/my/diary/")
    return done(request, person, "write-diary", asked, *to, corrects=changes)


def _entered(found: DiaryWritten | None, zone: ZoneInfo) -> dict[str, str]:
    """An entry as the form shows it."""
    if found is None:
        return {}
    seen = found.seen.astimezone(zone).strftime(_FORM)
    pain = "" if found.pain is None else str(found.pain)
    return {"seen": seen, "pain": pain, "did": found.did, "says": found.says, "dose": found.dose}


urlpatterns = [path("my/diary/", diary, name="my-diary")]
