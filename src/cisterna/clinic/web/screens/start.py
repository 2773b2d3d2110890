"""The start page of a demonstration: an accident that the visitor puts right, and three doors.

It exists in a demonstration only, and its doors open only to somebody at this machine: a door signs
the visitor in as an invented person with one click. A real clinic answers 404, from anywhere.
"""

from typing import Any

from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import (
    TOTP,
    format_hotp_value,
    hotp_value,
    yield_hotp_counters_from_time,
)
from django.contrib.auth import login
from django.contrib.auth.models import User
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.views.decorators.http import require_GET, require_POST

from cisterna.clinic.acts.act import house
from cisterna.clinic.demo.accident import BRIDGED, DOORS, FORGOTTEN, Accident, accident
from cisterna.clinic.demo.stories.planning import CLINIC, staff
from cisterna.clinic.event import Role
from cisterna.clinic.ledger.entry import ClinicKind
from cisterna.clinic.ledger.models import ClinicRow
from cisterna.clinic.web import audit
from cisterna.clinic.web.access import at_this_machine, member, members_only
from cisterna.clinic.web.members import invite
from cisterna.clinic.web.models import Member
from cisterna.quantity import show

_HOURS = (0, 6, 12, 18, 24, 36)
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"  # noqa: S105  (of invented people, and shown to all)
PASSWORD = "an invented person keeps no secret"  # noqa: S105
_FOLLOWED, _PATIENT = "demo-22", "demo-34"
_WAYS = {
    "follow": ("physician", f"/people/{_FOLLOWED}/"),
    "nurse": ("nurse", "/"),
    "patient": ("", f"/people/{_PATIENT}/"),
}


def check_demonstration() -> None:
    """Raise `Http404` unless the record is of a demonstration."""
    kind = ClinicRow.objects.values_list("clinic", flat=True).first()
    if kind != ClinicKind.DEMONSTRATION:
        raise Http404


@require_GET
def start(request: HttpRequest) -> HttpResponse:
    """The accident, with the bridge or without it, and the doors."""
    check_demonstration()
    case = BRIDGED if request.GET.get("bridge") == "on" else FORGOTTEN
    found = accident(house().library)
    about = {
        "accident": found,
        "bridged": case == BRIDGED,
        "hours": _hours(found, case),
        "shown_hours": _HOURS,
        "levels": _levels(found, case),
        "doors": DOORS,
        "here": "start",
    }
    return render(request, "web/start.html", about)


def _hours(found: Accident, case: str) -> list[dict[str, Any]]:
    rows = (h for h in found.hours if h.hour in _HOURS or h.hour == found.hours[-1].hour)
    return [
        {"hour": h.hour, "meant": show(h.meant), "given": show(h.given[case]),
         "wrong": h.given[case] != h.meant}
        for h in rows
    ]  # fmt: skip


def _levels(found: Accident, case: str) -> list[dict[str, Any]]:
    return [
        {"level": x.level, "given": [show(x.given[case][hour], 3) for hour in _HOURS]}
        for x in found.levels
    ]


@require_POST
def door(request: HttpRequest, name: str) -> HttpResponse:
    """Sign the visitor in as the invented person behind this door."""
    check_demonstration()
    check_here(request)
    if name not in _WAYS:
        raise Http404
    role, place = _WAYS[name]
    user = _patient() if not role else account_of(staff(role).who, Role(staff(role).role))
    login(request, user, "allauth.account.auth_backends.AuthenticationBackend")
    audit.note(request, "door", user.get_username(), name)
    return redirect(place)


@members_only(*Role)
@require_GET
def code(request: HttpRequest) -> HttpResponse:
    """The invented person's password and the code of this half minute, for signing again."""
    check_demonstration()
    check_here(request)
    counters = list(yield_hotp_counters_from_time())  # some before, some after, now in the middle
    shown = format_hotp_value(hotp_value(SECRET, counters[len(counters) // 2]))
    about = {"code": shown, "password": PASSWORD, "who": member(request).who}
    return render(request, "web/start_code.html", about)


def check_here(request: HttpRequest) -> None:
    """Raise `Http404` for whoever is not at this machine, or comes through a proxy."""
    if not at_this_machine(request):
        raise Http404


def _patient() -> User:
    return account_of(_PATIENT, Role.PATIENT, _PATIENT)


def account_of(who: str, role: Role, person: str = "") -> User:
    """The account of an invented person, made at the first visit with a known second factor."""
    found = Member.objects.filter(who=who).first()
    if found is None:
        found, _ = invite(who, role, CLINIC, PASSWORD, person)
    has = Authenticator.objects.filter(user=found.user, type=Authenticator.Type.TOTP).exists()
    if not has:
        TOTP.activate(found.user, SECRET)
    return found.user


urlpatterns = [
    path("start/", start, name="start"),
    path("start/code/", code, name="start-code"),
    path("start/<slug:name>/", door, name="door"),
]
