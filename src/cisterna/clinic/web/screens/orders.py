"""The sheet of one order on a person's record, with what ran before where the order says so."""

from csp.decorators import csp_exempt
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.views.decorators.http import require_GET

from cisterna.clinic.bodies.order import OrderWritten
from cisterna.clinic.bodies.refill import RefillBegun
from cisterna.clinic.event import Event
from cisterna.clinic.gate.bodies import ChangeProposed
from cisterna.clinic.web import desk, site
from cisterna.clinic.web.access import members_only
from cisterna.clinic.web.bench import Bench
from cisterna.order.form import Unusable
from cisterna.order.line import Refused
from cisterna.order.plan import plan
from cisterna.order.reading import prescription_from_text
from cisterna.order.sheet import sheet


@members_only()
def order(request: HttpRequest, person_id: str, event: str) -> HttpResponse:
    """The sheet, a page of its own with its own style; 404 for an event that holds no order."""
    person = desk.chart(request, person_id)
    found = next((e for e in person.events if e.id == event), None)
    bench = Bench.of(request, person_id)
    text = _text(found, bench) if found else None
    if text is None:
        raise Http404
    try:
        return HttpResponse(
            sheet(
                plan(None, prescription_from_text(text, site.library()), site.library()),
                site.library(),
            )
        )
    except (Refused, Unusable) as why:
        about = {"title": "No sheet can be made of this order", "words": str(why)}
        return render(request, "web/error.html", about, status=422)


def _text(found: Event, bench: Bench) -> str | None:
    body = found.body
    if isinstance(body, OrderWritten):
        return body.text
    if isinstance(body, RefillBegun):
        return body.ordered
    return bench.text(body.prescription) if isinstance(body, ChangeProposed) else None


urlpatterns = [
    path(
        "people/<str:person_id>/orders/<str:event>/",
        csp_exempt()(require_GET(order)),
        name="order",
    )
]
