"""Reading for other programs, under the same sign-in and the same questions as the pages.

JSON of what the record says; nothing is written here. There is no page of documentation: it would
need scripts of others. `GET /api/schema.json` describes the rest.
"""

from typing import Any

from django.http import HttpRequest
from ninja import NinjaAPI
from ninja.errors import HttpError
from ninja.security import SessionAuth
from ninja.throttling import AuthRateThrottle

from cisterna.clinic.event import Role, event_text
from cisterna.clinic.ledger.models import EventRow
from cisterna.clinic.web import desk, rows
from cisterna.clinic.web.access import CLINICAL, people_of
from cisterna.clinic.web.models import HERSELF, Member, PersonRow, TaskRow
from cisterna.clinic.web.proof import whole
from cisterna.clinic.web.telling import BLIND
from cisterna.facts.access import count

_PAGE = 200


class Signed(SessionAuth):
    """A session of the pages, of a role that has clinical data."""

    def authenticate(self, request: HttpRequest, key: str | None) -> Member | None:
        """The member who asks."""
        found = getattr(request, "member", None)
        if not isinstance(found, Member) or not request.user.is_authenticated:
            return None
        if Role(found.role) not in CLINICAL - HERSELF:
            raise HttpError(403, f"{found.role.capitalize()} has no clinical data here.")
        return found


api = NinjaAPI(
    title="Cisterna",
    docs_url=None,
    openapi_url="schema.json",
    auth=Signed(),
    throttle=[AuthRateThrottle(f"{count('api_per_minute')}/m")],
)


@api.get("people")
def people(request: HttpRequest, q: str = "", after: str = "") -> dict[str, Any]:
    """The people whom this member sees, by id; `after` is the last id of the page before."""
    rows.catch_up()
    found = people_of(_member(request)).filter(person__gt=after).order_by("person")
    if q:
        found = found.filter(name__icontains=q) | found.filter(number__icontains=q)
    return {"people": [_person(row) for row in found[:_PAGE]]}


@api.get("people/{person_id}")
def person(request: HttpRequest, person_id: str) -> dict[str, Any]:
    """One person: where she stands, and each event as its one text.

    A reading that a second person must not have seen is left out, as on the pages.
    """
    found = desk.chart(request, person_id)
    texts = [event_text(e) for e in found.events if e.kind not in BLIND]
    return {"person": found.id, "place": found.place, "events": texts}


@api.get("tasks")
def tasks(request: HttpRequest, role: str = "") -> dict[str, Any]:
    """What is due, the earliest first."""
    rows.catch_up()
    found = TaskRow.objects.filter(person__in=people_of(_member(request)))
    found = found.filter(role=role) if role else found
    return {"tasks": [_task(row) for row in found[:_PAGE]]}


@api.get("audit")
def audit(request: HttpRequest, after: int = 0) -> dict[str, Any]:
    """Every event after a number of the record, for an auditor."""
    _auditor(request)
    found = EventRow.objects.filter(seq__gt=after).order_by("seq")[:_PAGE]
    return {"events": [{"seq": e.seq, "hash": e.hash, "text": e.text} for e in found]}


@api.get("verify")
def verify(request: HttpRequest) -> dict[str, Any]:
    """Whether the record is whole, for an auditor."""
    _auditor(request)
    found = whole()
    return {"ok": found.ok, "events": found.events, "hash": found.hash, "wrong": found.wrong}


def _member(request: HttpRequest) -> Member:
    found: Member = request.auth  # type: ignore[attr-defined]
    return found


def _auditor(request: HttpRequest) -> None:
    if Role(_member(request).role) is not Role.AUDITOR:
        raise HttpError(403, "Only an auditor reads the whole record.")


def _person(row: PersonRow) -> dict[str, Any]:
    names = ("person", "name", "born", "number", "indication", "place", "since", "events")
    return {name: getattr(row, name) for name in names}


def _task(row: TaskRow) -> dict[str, Any]:
    names = ("what", "due", "role", "why")
    return {"person": row.person_id} | {name: getattr(row, name) for name in names}
