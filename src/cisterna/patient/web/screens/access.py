"""Whom she lets see and do what: she gives it, changes it and ends it herself."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.views.decorators.http import require_http_methods

from cisterna.clinic.bodies.hers import AccessGiven
from cisterna.clinic.course import Person
from cisterna.clinic.event import Role
from cisterna.clinic.messages import rights_of
from cisterna.clinic.web import site
from cisterna.clinic.web.models import Member
from cisterna.patient.web.her import done, hers
from cisterna.patient.web.words import say


@hers("access")
@require_http_methods(["GET", "POST"])
def access(request: HttpRequest, person: Person) -> HttpResponse:
    """Everybody with an account to care for her, and what each may."""
    rules, problem = site.rules(), ""
    carers = Member.objects.filter(person=person.id, role=Role.CAREGIVER, active=True)
    if request.method == "POST":
        who = request.POST.get("who", "")
        found: HttpResponse | str = say("portal.access.nobody")
        if carers.filter(who=who).exists():
            may = tuple(r for r in rules.rights() if r in request.POST.getlist("may"))
            given = AccessGiven(who, may)
            found = done(
                request, person, "give-access", given, "portal.access.thanks", "/my/access/"
            )
        if isinstance(found, HttpResponse):
            return found
        problem = found
    about = {
        "carers": [(c.who, rights_of(person, c.who, rules)) for c in carers.order_by("who")],
        "rights": rules.rights(),
        "base": len(person.events),
        "problem": problem,
        "here": "access",
    }
    return render(request, "patient/access.html", about, status=422 if problem else 200)


urlpatterns = [path("my/access/", access, name="my-access")]
