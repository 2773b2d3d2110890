"""What a clinician does by hand: bolus, prime, the record of a line, restart, clock, alarms.

Proposed here, then signed and sent from the programmer's first page like a change. A nurse does
what a physician has ordered: she enters the same, and the order is found by its digest.
"""

from collections.abc import Sequence
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.views.decorators.http import require_http_methods

from cisterna.clinic.bodies.implant import CatheterPlaced
from cisterna.clinic.bodies.order import OrderWritten
from cisterna.clinic.course import Person
from cisterna.clinic.event import Event, Role
from cisterna.clinic.gate import acts
from cisterna.clinic.gate import bodies as b
from cisterna.clinic.gate.deed import proposed_deed
from cisterna.clinic.gate.standing import binding
from cisterna.clinic.refusal import Refused
from cisterna.clinic.web import deedform, reauth
from cisterna.clinic.web.bench import Bench
from cisterna.clinic.web.screens.people import head
from cisterna.clinic.web.screens.programmer import HOME, back, base_of, screen
from cisterna.order.line import Refused as OrderRefused


def deeds(request: HttpRequest, bench: Bench) -> HttpResponse:
    """Every deed with its fields; what comes back is proposed, or ordered for a nurse."""
    refused = None
    if request.method == "POST":
        try:
            return _proposed(request, bench)
        except OrderRefused as why:
            refused = why
    about = head(bench.person) | bench.shown() | {"refused": refused, "sent": request.POST}
    about |= {"kinds": deedform.KINDS.values(), "lines": deedform.LINES.items()}
    about["first"] = _first_steps(bench)
    return render(request, "web/programmer/deeds.html", about, status=422 if refused else 200)


def _proposed(request: HttpRequest, bench: Bench) -> HttpResponse:
    runs, deed = deedform.deed_of(bench, request.POST.get("verb", ""), request.POST.dict())
    body = proposed_deed(runs, deed, request.POST.get("under", "").strip())
    ordered = request.POST.get("do") == "order"

    def make(person: Person) -> Sequence[Event]:
        pen = bench.pen(person)
        if ordered:
            if bench.actor.role is not Role.PHYSICIAN:
                raise Refused("role", "Only a physician orders.", "Ask a physician.")
            return (pen.writes(b.ChangeOrdered(body.digest)),)
        found = proposed_deed(runs, deed, body.under or _order_for(bench, body.digest))
        return (acts.laid_down(bench.standing, pen, found),)

    bench.writes(base_of(request), make)
    return back(bench)


def _order_for(bench: Bench, digest: str) -> str:
    """The id of a physician's order for exactly this, for a nurse; else nothing."""
    if bench.actor.role is not Role.NURSE:
        return ""
    orders = (o for o in reversed(bench.standing.orders) if o.body.prescription == digest)
    found = next(orders, None)
    return found.id if found else ""


def _first_steps(bench: Bench) -> list[dict[str, Any]]:
    """For a line that is new: order, programme with the fill, empty line, prime; what is done.

    The fill comes before the prime: what is primed is what the reservoir holds by its record. A
    pump that runs already holds it, so after a revision of the line the prime comes first.
    """
    placed = bench.person.last(CatheterPlaced, None)
    if placed is None or (bench.primed and not bench.relined):
        return []
    since = [c for c in bench.shown()["history"] if c.at >= placed.at]
    done = {c.what for c in since if c.outcome in ("done", "activated", "unknown")}
    written = bench.person.last(OrderWritten, None)
    runs = bench.therapy.since is not None and bench.therapy.since >= placed.at
    here = f"/people/{bench.person.id}/programmer/"
    ordered = written is not None and written.at >= placed.at
    programme = [
        {"title": "Write the order", "done": ordered, "place": f"{here}order/"},
        {"title": "Programme, with the fill of a new pump", "done": runs, "place": here},
    ]
    line = [
        {"title": "Record the empty line", "done": "record_line" in done, "place": "#record_line"},
        {"title": "Prime the line", "done": bench.primed, "place": "#prime"},
    ]
    return [*line, *programme] if bench.relined else [*programme, *line]


def second(request: HttpRequest, bench: Bench) -> HttpResponse:
    """The second person enters the deed by herself; hers and the proposed one are compared."""
    s = bench.standing
    proposal = s.proposal
    if proposal is None or not isinstance(proposal.body, b.DeedProposed):
        raise Refused("nothing-proposed", "Nothing is proposed to be done by hand.", "Propose it.")
    refused = None
    if request.method == "POST":
        try:
            return _seconded(request, bench, proposal.body)
        except OrderRefused as why:
            refused = why
    about = head(bench.person) | bench.shown()
    about |= {"refused": refused, "deed": deedform.KINDS[proposal.body.verb]}
    about |= {"lines": deedform.LINES.items(), "reauth": reauth.ask(request, binding(s.chain))}
    return render(request, "web/programmer/deed_second.html", about, status=422 if refused else 200)


def _seconded(request: HttpRequest, bench: Bench, body: b.DeedProposed) -> HttpResponse:
    s, data = bench.standing, request.POST
    runs, deed = deedform.deed_of(bench, body.verb, data.dict())
    own = proposed_deed(runs, deed)
    typed, remote = deed.dose or None, data.get("remote", "").strip() or None
    under = data.get("under", "").strip()

    def make(person: Person) -> Sequence[Event]:
        pen = bench.pen(person)
        acts.approve(s, pen, own.digest, typed, remote, under)  # refused before she proves herself
        proof = reauth.prove(request, binding(s.chain)).proof
        return (acts.approve(s, pen, own.digest, typed, remote, under, proof),)

    bench.writes(base_of(request), make)
    return back(bench)


_BOTH = require_http_methods(["GET", "POST"])
urlpatterns = [
    path(f"{HOME}deeds/", _BOTH(screen(deeds)), name="programmer-deeds"),
    path(f"{HOME}deeds/second/", _BOTH(screen(second)), name="programmer-deed-second"),
]
