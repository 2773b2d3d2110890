"""What every page shows: who is there, whose clinic it is, and what she may open."""

from typing import Any

from django.http import HttpRequest

from cisterna.clinic.event import Role
from cisterna.clinic.ledger.entry import ClinicKind
from cisterna.clinic.ledger.models import ClinicRow
from cisterna.clinic.web import clock, stagehand
from cisterna.clinic.web.access import CLINICAL, at_this_machine
from cisterna.clinic.web.models import HERSELF
from cisterna.clinic.web.watch import LOCKED
from cisterna.facts.access import span

_MENU = (
    ("today", "Today", "/", CLINICAL - HERSELF),
    ("people", "People", "/people/", CLINICAL - HERSELF),
    ("emergency", "Emergency", "/emergency/", CLINICAL - HERSELF - {Role.AUDITOR}),
    ("library", "Library", "/library/", CLINICAL - HERSELF),
    ("audit", "Audit", "/audit/", frozenset({Role.AUDITOR})),
    ("members", "Members", "/members/", frozenset({Role.ADMIN})),
)


def clinic(request: HttpRequest) -> dict[str, Any]:
    """The context of every template."""
    found = getattr(request, "member", None)
    locked = bool(request.session.get(LOCKED)) if hasattr(request, "session") else False
    role = Role(found.role) if found else None
    kind = ClinicRow.objects.values_list("clinic", flat=True).first()
    show = kind == ClinicKind.DEMONSTRATION and at_this_machine(request)
    return {
        "demo": stagehand.banner() if show else None,
        "member": None if locked else found,
        "menu": [] if locked or role is None else [m[:3] for m in _MENU if role in m[3]],
        "clinic_kind": kind,
        "clinic_now": clock.now(),
        "clinic_time": f"{clock.now().astimezone(clock.zone()):%Y-%m-%d %H:%M} {clock.zone().key}",
        "idle_s": int(span("idle").total_seconds()),
    }
