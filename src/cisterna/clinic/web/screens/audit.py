"""Audit: every event, filtered; the export file; the verifier; sign-ins and denied acts."""

import json
from typing import Any

from django.db import connection
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import path
from django.utils.dateparse import parse_date
from django.views.decorators.http import require_POST

from cisterna.clinic.event import Role, Unreadable, read_event
from cisterna.clinic.ledger.models import EventRow, RecordedOn
from cisterna.clinic.web import audit, clock, desk, proof
from cisterna.clinic.web.access import members_only
from cisterna.clinic.web.forms import UTC_ZONE
from cisterna.clinic.web.models import AuditRow
from cisterna.clinic.web.telling import tell

_PAGE = 50
_STEPS = """
    WITH RECURSIVE step(kind) AS (
        SELECT MIN(kind) FROM cisterna_event
        UNION ALL
        SELECT (SELECT MIN(kind) FROM cisterna_event WHERE kind > step.kind) FROM step
        WHERE step.kind IS NOT NULL
    ) SELECT kind FROM step WHERE kind IS NOT NULL
"""


@members_only(Role.AUDITOR)
def events(request: HttpRequest) -> HttpResponse:
    """Every event, the latest first, by person, kind, who acted and day."""
    asked = {k: request.GET.get(k, "").strip() for k in ("person", "kind", "who", "day")}
    before = request.GET.get("before", "")
    rows = _filtered(asked, int(before) if before.isdigit() else None)
    page = list(rows[: _PAGE + 1])
    about = {
        "events": [_shown(row) for row in page[:_PAGE]],
        "earlier": page[_PAGE - 1].seq if len(page) > _PAGE else None,
        "asked": asked,
        "kinds": _kinds(),
        "head": desk.record().head(),
        "here": "audit",
    }
    return render(request, "web/audit.html", about)


def _filtered(asked: dict[str, str], before: int | None) -> QuerySet[EventRow]:
    rows = EventRow.objects.order_by("-seq")
    rows = rows.filter(seq__lt=before) if before is not None else rows
    rows = rows.filter(person=asked["person"]) if asked["person"] else rows
    rows = rows.filter(kind=asked["kind"]) if asked["kind"] else rows
    # The text is one spelling with sorted keys, so a part of it can be looked for.
    if asked["who"]:
        rows = rows.filter(text__contains=f'"who":{json.dumps(asked["who"])}')
    try:
        day = parse_date(asked["day"])
    except ValueError:
        day = None
    return rows.annotate(day=RecordedOn("text")).filter(day=f"{day}") if day else rows


def _kinds() -> list[str]:
    """Every kind on record, each by one step through the index and not from a million events."""
    with connection.cursor() as cursor:
        cursor.execute(_STEPS)
        return [str(kind) for (kind,) in cursor.fetchall()]


def _shown(row: EventRow) -> dict[str, Any]:
    about = {"seq": row.seq, "person": row.person, "hash": row.hash, "kind": row.kind}
    try:
        return about | {"told": tell(read_event(row.text), UTC_ZONE)}
    except Unreadable:
        # An event that this version does not know is shown as it is, never left out.
        return about | {"told": None, "text": row.text}


@members_only(Role.AUDITOR)
def export(request: HttpRequest) -> HttpResponseBase:
    """The whole record as the file that the verifier reads; that it was taken is written down."""
    audit.note(request, "exported")
    name = f"record-{clock.now():%Y%m%d-%H%M}.jsonl"
    response = proof.download(request)
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


@members_only(Role.AUDITOR)
@require_POST
def verify(request: HttpRequest) -> HttpResponse:
    """Ask the separate verifier whether the record is whole."""
    found = proof.whole()
    audit.note(request, "verified", words=found.wrong or f"whole, {found.events} events")
    part = "web/verdict.html" if request.headers.get("HX-Request") else "web/verified.html"
    return render(request, part, {"verdict": found, "here": "audit"})


@members_only(Role.AUDITOR, Role.ADMIN)
def access_log(request: HttpRequest) -> HttpResponse:
    """Sign-ins, failed ones and denied acts; an administrator sees them without clinical data."""
    rows = AuditRow.objects.all()
    what = request.GET.get("what", "")
    rows = rows.filter(what=what) if what else rows
    kinds = AuditRow.objects.order_by("what").values_list("what", flat=True).distinct()
    about = {"rows": rows[: _PAGE * 4], "kinds": kinds, "what": what, "here": "audit"}
    return render(request, "web/access_log.html", about)


urlpatterns = [
    path("audit/", events, name="audit"),
    path("audit/export/", export, name="audit-export"),
    path("audit/verify/", verify, name="audit-verify"),
    path("audit/access/", access_log, name="access-log"),
]
