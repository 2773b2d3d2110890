"""People: a search, one person with her course and timeline, somebody new, the broken glass."""

from dataclasses import replace
from typing import Any

from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.views.decorators.http import require_http_methods

from cisterna.clinic.acts import ACTS, correcting
from cisterna.clinic.bodies.access import ChartOpened
from cisterna.clinic.bodies.hers import ConsultAnswered, ConsultAsked
from cisterna.clinic.bodies.planning import Registered
from cisterna.clinic.course import Person
from cisterna.clinic.devices import devices
from cisterna.clinic.event import Role, event_text
from cisterna.clinic.messages import given, threads
from cisterna.clinic.reach import language_of
from cisterna.clinic.refusal import Refused
from cisterna.clinic.reports import open_reports
from cisterna.clinic.web import audit, clock, course_line, desk, rows, site
from cisterna.clinic.web.access import check_may, member, members_only, people_of, sees
from cisterna.clinic.web.forms import zone_of
from cisterna.clinic.web.intake import Intake
from cisterna.clinic.web.models import HERSELF, PersonRow
from cisterna.clinic.web.person.page import parts
from cisterna.clinic.web.telling import BLIND, Told, tell
from cisterna.clinic.web.words import title

_PAGE = 50
PROGRAMMERS = frozenset({Role.PHYSICIAN, Role.SURGEON, Role.NURSE, Role.PHARMACIST})
_STAFF = tuple(r for r in Role if r not in HERSELF and r not in (Role.ADMIN, Role.SYSTEM))


@members_only()
def people(request: HttpRequest) -> HttpResponse:
    """Search by name, number or date of birth; htmx asks for the list alone."""
    rows.catch_up()
    asked, place = request.GET.get("q", "").strip(), request.GET.get("place", "")
    found = people_of(member(request)).order_by("name", "person")
    if asked:
        found = found.filter(named(asked))
    found = found.filter(place=place) if place else found
    about = {"people": found[:_PAGE], "count": found.count(), "q": asked, "here": "people"}
    part = "web/people_list.html" if request.headers.get("HX-Request") else "web/people.html"
    return render(request, part, about)


def named(text: str) -> Q:
    """Whose name, number or date of birth this is, or a part of it."""
    return Q(name__icontains=text) | Q(number__icontains=text) | _born(text)


def _born(text: str) -> Q:
    from django.utils.dateparse import parse_date  # noqa: PLC0415

    try:
        day = parse_date(text)
    except ValueError:
        day = None
    return Q(born=day) if day else Q(pk__in=())


@members_only()
def person(request: HttpRequest, person_id: str) -> HttpResponse:
    """One person: who she is, where she stands, what is missing, what can be done."""
    return shown(request, desk.chart(request, person_id))


def shown(
    request: HttpRequest, found: Person, more: dict[str, Any] | None = None, status: int = 200
) -> HttpResponse:
    """The page of a person; `more` is what a form on it was sent, and why it was refused."""
    rules, who = site.rules(), member(request)
    made = parts(found, rules, clock.now(), oral="oral" in request.GET)
    made |= {"here": "people", "may_export": who.staff, "base": len(found.events)}
    made["heard"] = {
        "reports": open_reports(found),
        "threads": threads(found),
        "given": tuple(given(found, rules)),
        "answers": rules.may("send-message", who.role),
        "takes_up": rules.may("answer-report", who.role),
    }
    everything = about(request, found) | made | (more or {})
    return render(request, "web/person.html", everything, status=status)


def about(request: HttpRequest, found: Person) -> dict[str, Any]:
    """What the page of a person shows; other screens use it for their head."""
    role, now = Role(member(request).role), clock.now()
    more = request.GET.get("more", "")
    most = min(int(more[:9]), len(found.events)) if more.isascii() and more.isdigit() else _PAGE
    first = max(0, len(found.events) - most)
    shown = range(len(found.events) - 1, first - 1, -1)
    events = [_told(found, n, role) for n in shown]
    return head(found) | {
        "consult": _consult(found),
        "line": course_line.line(found),
        "nexts": course_line.nexts(found, site.rules(), now),
        "acts": course_line.possible(found, role, site.rules()),
        "procedures": course_line.procedures(found, role),
        "pump_here": role in PROGRAMMERS and devices(found).pump is not None,
        "events": events,
        "earlier": first,
        "more": len(found.events) - first + _PAGE,
    }


def _told(found: Person, number: int, role: Role) -> Told:
    """One event of hers in words, with what corrects it or may."""
    event = found.events[number]
    told = tell(event, zone_of(found), found.events[:number])
    now = found.corrections.get(event.id)
    by_act = correcting(event, found, role, site.rules())
    return replace(told, corrected=now.id if now else "", by_act=by_act)


def _consult(found: Person) -> dict[str, Any] | None:
    """What somebody wrote who asked herself, until she is taken in; and who was born that day."""
    said = found.last(ConsultAsked, None)
    if said is None or found.place is not None:
        return None
    same = PersonRow.objects.filter(clinic=said.body.clinic, born=said.body.born)
    others = tuple(same.exclude(person=found.id).order_by("name")[:_PAGE])
    answered = found.last(ConsultAnswered, None)
    return {"said": said, "others": others, "answered": answered}


def head(found: Person) -> dict[str, Any]:
    """Two identifiers and where she stands: the head of every page about a person."""
    entry = found.last(Registered, None)
    return {
        "person": found,
        "entry": entry.body if entry else None,
        "place": title("place", found.place) if found.place else "Not referred",
        "zone": str(zone_of(found)),
        "spoken": language_of(found),
    }


@members_only(*_STAFF)
@require_http_methods(["GET", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """Register and refer somebody new, in one."""
    check_may(request, "register", "refer")
    form = Intake(request.POST or None, clinic=member(request).clinic)
    refused: Refused | None = None
    if request.method == "POST" and form.is_valid():
        try:
            return redirect(f"/people/{desk.admit(request, form.entry(), form.referral())}/")
        except Refused as why:
            refused = why
    wrong = request.method == "POST"
    shown = {"form": form, "refused": refused, "here": "people"}
    return render(request, "web/new.html", shown, status=422 if wrong else 200)


@members_only()
@require_http_methods(["GET", "POST"])
def open_chart(request: HttpRequest, person_id: str) -> HttpResponse:
    """Break the glass: a person of another clinic, with a reason that others will read."""
    check_may(request, "open-chart")
    who, found = member(request), rows.load(person_id)
    if not found.events:
        raise Http404
    if sees(who, found):
        return redirect(f"/people/{person_id}/")
    refused: Refused | None = None
    if request.method == "POST":
        try:
            _open(request, person_id)
            return redirect(f"/people/{person_id}/")
        except Refused as why:
            refused = why
    shown = {"person_id": person_id, "refused": refused, "why": request.POST.get("why", "")}
    return render(request, "web/open.html", shown, status=422 if refused else 200)


def _open(request: HttpRequest, person_id: str) -> None:
    who, why = member(request), request.POST.get("why", "")

    def make(found: Person) -> tuple[Any, ...]:
        return ACTS["open-chart"](found, who.actor, ChartOpened(who.clinic), clock.now(), why=why)

    desk.write(person_id, len(rows.load(person_id).events), make)
    audit.note(request, "opened-chart", who.who, f"{person_id}: {why}")


@members_only(*_STAFF)
def record_file(request: HttpRequest, person_id: str) -> HttpResponse:
    """Her record, one event a line, as it stands in the chain; that it was taken is noted.

    A reading that a second person must not have seen is left out, as on the page.
    """
    found = desk.chart(request, person_id)
    audit.note(request, "exported-person", words=person_id)
    lines = "".join(f"{event_text(e)}\n" for e in found.events if e.kind not in BLIND)
    response = HttpResponse(lines, content_type="application/jsonl")
    name = f"{person_id}-{clock.now():%Y%m%d-%H%M}.jsonl"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


urlpatterns = [
    path("people/", people, name="people"),
    path("people/new/", new, name="new"),
    path("people/<str:person_id>/", person, name="person"),
    path("people/<str:person_id>/open/", open_chart, name="open-chart"),
    path("people/<str:person_id>/record.jsonl", record_file, name="record-file"),
]
