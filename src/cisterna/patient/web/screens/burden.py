"""What the treatment takes of her: she notes a day, and sees what a year came to."""

from datetime import date

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.views.decorators.http import require_http_methods

from cisterna.clinic.bodies.hers import BurdenLogged
from cisterna.clinic.burden import KINDS, burden
from cisterna.clinic.course import Person
from cisterna.clinic.web import clock
from cisterna.clinic.web.access import member
from cisterna.clinic.web.forms import zone_of
from cisterna.patient.web.her import done, hers, own_entry
from cisterna.patient.web.words import say

_LATEST = 20


@hers("check-in")
@require_http_methods(["GET", "POST"])
def noted(request: HttpRequest, person: Person) -> HttpResponse:
    """Her notes of what it took; a new one stands on her record."""
    today = clock.now().astimezone(zone_of(person)).date()
    problem = ""
    if request.method == "POST":
        found = _noted(request, person)
        if isinstance(found, HttpResponse):
            return found
        problem = found
    said = person.every(BurdenLogged, None)
    changes, before = own_entry(request, person, BurdenLogged)
    about = {
        "here": "about",
        "who": member(request).who,
        "changes": changes,
        "year": burden(person, today),
        "days": sorted(said, key=lambda s: s.body.day, reverse=True)[:_LATEST],
        "kinds": KINDS,
        "base": len(person.events),
        "problem": problem,
        "entered": request.POST or _entered(before),
        "today": today.isoformat(),
        "currency": next((s.body.currency for s in reversed(said) if s.body.currency), ""),
    }
    return render(request, "patient/burden.html", about, status=422 if problem else 200)


def _noted(request: HttpRequest, person: Person) -> HttpResponse | str:
    names = ("day", "kind", "home", "minutes", "cost", "currency", "says")
    row = {k: request.POST.get(k, "").strip() for k in names}
    try:
        day = date.fromisoformat(row["day"])
    except ValueError:
        return say("burden.day_wrong")
    if row["kind"] not in KINDS or row["home"] not in ("yes", "no"):
        return say("burden.choose")
    if not (row["minutes"].isascii() and row["minutes"].isdigit()):
        return say("burden.minutes_wrong")
    cost, currency = row["cost"].replace(",", "."), row["currency"].upper() if row["cost"] else ""
    home, minutes = row["home"] == "yes", int(row["minutes"][:9])
    asked = BurdenLogged(day, row["kind"], home, minutes, cost, currency, row["says"])
    to = ("burden.thanks", "/my/burden/")
    changes = request.POST.get("corrects") or None
    return done(request, person, "log-burden", asked, *to, corrects=changes)


def _entered(found: BurdenLogged | None) -> dict[str, str]:
    """A note as the form shows it."""
    if found is None:
        return {}
    home, minutes = "yes" if found.at_home else "no", str(found.minutes)
    row = {"day": found.day.isoformat(), "kind": found.kind, "home": home, "minutes": minutes}
    return row | {"cost": found.cost, "currency": found.currency, "says": found.says}


urlpatterns = [path("my/burden/", noted, name="my-burden")]
