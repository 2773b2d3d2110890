"""Library: every value of the facts with its source; a pharmacist confirms or narrows one."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.views.decorators.http import require_http_methods

from cisterna.clinic.acts import ACTS
from cisterna.clinic.acts.site import facts
from cisterna.clinic.bodies.site import ConfirmationWithdrawn, ValueConfirmed
from cisterna.clinic.course import Person
from cisterna.clinic.event import Event, Role
from cisterna.clinic.formulary import SITE
from cisterna.clinic.refusal import Refused
from cisterna.clinic.web import clock, desk, reauth, site
from cisterna.clinic.web.access import check_may, member, members_only
from cisterna.clinic.web.forms import UTC_ZONE
from cisterna.clinic.web.models import HERSELF
from cisterna.clinic.web.telling import tell
from cisterna.facts import Library, cited
from cisterna.facts.cited import CERTAINTIES
from cisterna.quantity import Quantity, QuantityError

_PAGE = 200
_STAFF = tuple(r for r in Role if r not in HERSELF and r not in (Role.ADMIN, Role.SYSTEM))


@dataclass(frozen=True, slots=True)
class Row:
    """A value as it was shipped and, where the site has its own, as it holds here."""

    path: str
    text: str
    source: str
    title: str
    locator: str
    certainty: str
    authority: str
    note: str
    here: str


def _row(name: str, library: Library) -> Row:
    shipped = facts()[name]
    fact, holds = cited(name, shipped), cited(name, library.site(name, shipped))
    title = str(library.sources.get(fact.source, {}).get("title", ""))
    here = holds.text() if name in library.site.confirmations else ""
    return Row(
        name, fact.text(), fact.source, title, fact.locator, fact.certainty, fact.authority,
        holds.note if here else fact.note, here,
    )  # fmt: skip


@members_only(*_STAFF)
def values(request: HttpRequest) -> HttpResponse:
    """Search by name, source or words; filter by certainty, or what the site has confirmed."""
    asked = {k: request.GET.get(k, "").strip() for k in ("q", "certainty", "here")}
    found = site.library()
    names = [name for name in facts() if _fits(name, asked, found)]
    rows = [_row(name, found) for name in names[:_PAGE]]
    about = {
        "rows": rows,
        "count": len(names),
        "asked": asked,
        "certainties": CERTAINTIES,
        "confirmed": len(found.site.confirmations),
        "whole": len(facts()),
        "may": site.rules().may("confirm-value", member(request).role),
        "here": "library",
    }
    return render(request, "web/library.html", about)


def _fits(name: str, asked: dict[str, str], library: Library) -> bool:
    row = facts()[name]
    if asked["certainty"] and row["certainty"] != asked["certainty"]:
        return False
    if asked["here"] and name not in library.site.confirmations:
        return False
    words = " ".join((name, *(str(row.get(k, "")) for k in ("source", "locator", "note"))))
    return all(part in words.lower() for part in asked["q"].lower().split())


@members_only(*_STAFF)
@require_http_methods(["GET", "POST"])
def fact(request: HttpRequest, name: str) -> HttpResponse:
    """One value, what was said of it here, and the form that confirms or narrows it."""
    if name not in facts():
        raise Http404
    refused: Refused | None = None
    if request.method == "POST":
        check_may(request, "confirm-value")
        try:
            _done(request, name)
            messages.success(request, "Recorded. The checks go by it from now on.")
            return redirect("fact", name=name)
        except Refused as why:
            refused = why
        except desk.MovedOn:
            text, way_out = "Something else was recorded meanwhile.", "Look again, then sign."
            refused = Refused("moved-on", text, way_out)
    return render(request, "web/fact.html", _about(request, name, refused), status=_status(refused))


def _status(refused: Refused | None) -> int:
    return 422 if refused else 200


def _about(request: HttpRequest, name: str, refused: Refused | None) -> dict[str, Any]:
    record = site.record()
    said = (e for e in record.events if getattr(e.body, "fact", "") == name)
    shipped = facts()[name]
    ends = [f"{shipped[k]} {shipped['unit']}" for k in ("low", "value", "high") if k in shipped]
    given = {k: request.POST.get(k, "") for k in ("low", "high", "origin", "why")}
    return {
        "row": _row(name, site.library()),
        "said": [tell(e, UTC_ZONE) for e in said][::-1],
        "given": given | ({} if request.method == "POST" else {"low": ends[0], "high": ends[-1]}),
        "refused": refused,
        "base": len(record.events),
        "may": site.rules().may("confirm-value", member(request).role),
        "reauth": reauth.ask(request, _digest(name, len(record.events))),
        "here": "library",
    }


def _digest(name: str, base: int) -> str:
    """What is signed: a value of this name on the clinic's record as it was seen."""
    return hashlib.sha256(f"{SITE} {base} {name}".encode()).hexdigest()


def _done(request: HttpRequest, name: str) -> None:
    base = request.POST.get("base", "")
    seen = int(base[:9]) if base.isascii() and base.isdigit() else -1
    act, asked = _asked(request, name)
    actor, why = member(request).actor, request.POST.get("why", "")

    def make(record: Person) -> Sequence[Event]:
        # Refused before anybody proves who she is for nothing.
        events: Sequence[Event] = ACTS[act](record, actor, asked, clock.now(), why=why)
        reauth.prove(request, _digest(name, seen))
        return events

    desk.write(SITE, seen, make)


def _asked(request: HttpRequest, name: str) -> tuple[str, Any]:
    if request.POST.get("do") == "withdraw":
        return "withdraw-value", ConfirmationWithdrawn(name)
    low, high = (_quantity(request, k) for k in ("low", "high"))
    return "confirm-value", ValueConfirmed(name, low, high, request.POST.get("origin", ""))


def _quantity(request: HttpRequest, key: str) -> Quantity:
    try:
        return Quantity.parse(request.POST.get(key, ""))
    except QuantityError as why:
        text = f"{key.capitalize()}: {why}"
        raise Refused("no-quantity", text, "Write value and unit.") from None


urlpatterns = [
    path("library/", values, name="library"),
    path("library/<str:name>/", fact, name="fact"),
]
