"""The start page of a demonstration: an accident that the visitor puts right, and three doors.

It exists in a demonstration only, and its doors open only to somebody at this machine: a door signs
the visitor in as an invented person with one click. A real clinic answers 404, from anywhere.
"""

import os
from functools import cache
from pathlib import Path
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
from django.utils.safestring import mark_safe
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from cisterna.clinic.acts.act import house
from cisterna.clinic.demo import accident_drawn as drawn
from cisterna.clinic.demo import pairing
from cisterna.clinic.demo.accident import BRIDGED, DOORS, FORGOTTEN, accident
from cisterna.clinic.demo.cast import whole_cast
from cisterna.clinic.demo.processes import VARIABLE
from cisterna.clinic.demo.stories.planning import CLINIC, staff
from cisterna.clinic.event import Role
from cisterna.clinic.ledger.entry import ClinicKind
from cisterna.clinic.ledger.models import ClinicRow
from cisterna.clinic.refusal import Refused
from cisterna.clinic.web import audit
from cisterna.clinic.web.access import at_this_machine, member, members_only
from cisterna.clinic.web.members import invite
from cisterna.clinic.web.models import Member

SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"  # noqa: S105  (of invented people, and shown to all)
PASSWORD = "an invented person keeps no secret"  # noqa: S105
_FOLLOWED, _PATIENT = "demo-22", "demo-34"
_WAYS = {
    "follow": ("physician", f"/people/{_FOLLOWED}/"),
    "nurse": ("nurse", "/"),
    "patient": ("", "/my/"),
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
    about = {**_drawn(), "case": case, "doors": DOORS, "here": "start"}
    return render(request, "web/start.html", about)


@cache
def _drawn() -> dict[str, Any]:
    """The accident with its pictures; what is in them is ours, and escaped by its maker."""
    found = accident(house().library)
    numbers = drawn.spine_numbers(found)
    return {
        "accident": found,
        "numbers": numbers,
        "hour": numbers["hour"],
        "tip_picture": mark_safe(drawn.tip_picture(found)),  # noqa: S308
        "spine_picture": mark_safe(drawn.spine_picture(found)),  # noqa: S308
        "tip_table": mark_safe(drawn.tip_table(found)),  # noqa: S308
        "spine_table": mark_safe(drawn.spine_table(found)),  # noqa: S308
    }


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


@members_only(Role.PATIENT)
@require_http_methods(["GET", "POST"])
def phone(request: HttpRequest) -> HttpResponse:
    """The remote of the invented person on the visitor's phone: paired with one button."""
    check_demonstration()
    check_here(request)
    role = next(p for p in whole_cast().people if p.id == _PATIENT)
    own, serial = whole_cast().plans[role.plan].remote, role.device.serial if role.device else ""
    about = {"name": role.name, "serial": serial, "dose": own["dose"], "lockout": own["lockout"]}
    about |= {"times": own["max_per_day"], "here": "start"}
    if request.method == "POST":
        about |= _opened(serial)
    return render(request, "web/start_phone.html", about)


def _opened(serial: str) -> dict[str, Any]:
    fleet, remote = os.environ.get(VARIABLE, ""), os.environ.get("CISTERNA_REMOTE", "")
    try:
        code = pairing.opened(Path(fleet), serial)
    except Refused as no:
        return {"refused": no}
    return {"code": code, "link": pairing.link(remote, serial, code)}


def _patient() -> User:
    """Her account; who cares for her has one too, so that she can say what he may see."""
    account_of(f"{_PATIENT}-care", Role.CAREGIVER, _PATIENT)
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
    path("start/phone/", phone, name="start-phone"),
    path("start/<slug:name>/", door, name="door"),
]
