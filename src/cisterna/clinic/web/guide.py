"""A procedure as pages, one step at a time, over the acts that refuse whatever is out of order.

A screen says, of the person as she stands, where the procedure is and what is asked now (`Guided`);
`procedure` makes the page of it. Nothing here knows a rule: what may be done, and when, is the
act's to say, so a step that is called up by its address or sent twice is refused where it is kept.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import URLPattern, path
from django.views.decorators.http import require_http_methods

from cisterna.clinic.course import Person
from cisterna.clinic.event import Role
from cisterna.clinic.refusal import Refused
from cisterna.clinic.web import clock, desk, site
from cisterna.clinic.web.access import check_may, member, members_only
from cisterna.clinic.web.forms import ActForm, zone_of
from cisterna.clinic.web.models import HERSELF
from cisterna.clinic.web.screens.people import head
from cisterna.clinic.web.telling import tell
from cisterna.clinic.web.words import title, words

_STAFF = tuple(r for r in Role if r not in HERSELF and r not in (Role.ADMIN, Role.SYSTEM))


@dataclass(frozen=True, slots=True)
class Part:
    """One step on the line of a procedure; `state` is done, here or ahead."""

    key: str
    title: str
    state: str


@dataclass(frozen=True, slots=True)
class Ask:
    """A form on the page: an act, what stands in it already, what is not shown.

    `must` are fields that have a default and are asked all the same, with nothing chosen. Without
    `folded` the form is open; else it stands below this line, which opens it.
    """

    act: str
    initial: Mapping[str, Any] = field(default_factory=dict)
    hidden: tuple[str, ...] = ()
    must: tuple[str, ...] = ()
    form: type[ActForm] = ActForm
    folded: str = ""
    mood: str = ""
    again: str = "Record"


@dataclass(frozen=True, slots=True)
class Guided:
    """Where a procedure stands: its line, the step in words, what is asked, and the rest."""

    parts: tuple[Part, ...]
    now: str
    say: str
    asks: tuple[Ask, ...] = ()
    leave: tuple[Ask, ...] = ()
    stop: Refused | None = None
    more: Mapping[str, Any] = field(default_factory=dict)


Look = Callable[[HttpRequest, Person], Guided]


@dataclass(frozen=True, slots=True)
class Shown:
    """A form as the page shows it; `extra` are the fields of further rows, folded."""

    ask: Ask
    title: str
    help: str
    form: ActForm
    main: tuple[forms.BoundField, ...]
    extra: tuple[forms.BoundField, ...]
    why: forms.BoundField
    asks_why: bool


@dataclass(frozen=True, slots=True)
class Said:
    """What came of a form that was sent: refused, or too late, and the form that was sent."""

    form: ActForm | None = None
    refused: Refused | None = None
    since: tuple[Any, ...] | None = None


def procedure(name: str, look: Look, acts: frozenset[str]) -> tuple[URLPattern, ...]:
    """The pages of one procedure: the step that is next, and the acts that are sent to it."""

    @members_only(*_STAFF)
    @require_http_methods(["GET", "POST"])
    def view(request: HttpRequest, person_id: str) -> HttpResponse:
        found = desk.chart(request, person_id)
        if request.method == "GET":
            return _page(request, name, found, look(request, found), Said(), 200)
        return _sent(request, name, found, look, acts)

    return (path(f"people/<str:person_id>/{name}/", view, name=name),)


def _sent(
    request: HttpRequest, name: str, found: Person, look: Look, acts: frozenset[str]
) -> HttpResponse:
    act = request.POST.get("act", "")
    if act not in acts:
        raise Http404
    check_may(request, act)
    guided = look(request, found)
    form = _form(_ask(guided, act), found, request.POST)
    if not form.is_valid():
        return _page(request, name, found, guided, Said(form), 422)
    clean = form.cleaned_data
    try:
        desk.do(request, found.id, act, form.asked(), clean["base"], clean["why"])
    except Refused as why:
        return _page(request, name, found, guided, Said(form, why), 422)
    except desk.MovedOn as moved:
        return _moved(request, name, look, act, moved)
    messages.success(request, f"Recorded: {title('act', act)}.")
    return redirect(f"/people/{found.id}/{name}/")


def _moved(
    request: HttpRequest, name: str, look: Look, act: str, moved: desk.MovedOn
) -> HttpResponse:
    """What was recorded meanwhile, and the step that is next now.

    What had been written stays where the same is still asked.
    """
    person = moved.person
    data = request.POST.copy()
    data["base"] = str(len(person.events))
    guided = look(request, person)
    asked = any(a.act == act for a in (*guided.asks, *guided.leave))
    form = _form(_ask(guided, act), person, data) if asked else None
    since = tuple(tell(e, zone_of(person)) for e in moved.since)
    return _page(request, name, person, guided, Said(form, since=since), 409)


def _ask(guided: Guided, act: str) -> Ask:
    return next((a for a in (*guided.asks, *guided.leave) if a.act == act), Ask(act))


def _form(ask: Ask, found: Person, data: QueryDict | None = None) -> ActForm:
    given = {"base": len(found.events)} | dict(ask.initial)
    form = ask.form(ask.act, found, data, initial=given, auto_id=f"{ask.act}_%s")
    for name in ask.hidden:
        form.fields[name].widget = forms.HiddenInput()
    for name in ask.must:
        form.fields[name].initial, form.fields[name].required = None, True
    return form


def _page(
    request: HttpRequest, name: str, found: Person, guided: Guided, said: Said, status: int
) -> HttpResponse:
    may = [a for a in guided.asks if site.rules().may(a.act, member(request).role)]
    leave = [a for a in guided.leave if site.rules().may(a.act, member(request).role)]
    here = next((n for n, p in enumerate(guided.parts, 1) if p.state == "here"), 0)
    about = head(found) | {
        "guided": guided,
        "name": name,
        "title": title("guide", name),
        "here_number": here,
        "asks": [_shown(a, found, said) for a in may],
        "leave": [_shown(a, found, said) for a in leave],
        "not_hers": _not_hers(guided, may),
        "refused": said.refused,
        "since": said.since,
        "sent": said.form,
        "now": clock.now(),
        "here": "people",
    }
    return render(request, f"web/guided/{name}.html", about | dict(guided.more), status=status)


def _not_hers(guided: Guided, may: list[Ask]) -> list[tuple[str, str]]:
    """What is asked now and is for others: the act, and whose it is."""
    others = (a for a in guided.asks if a not in may and not a.folded)
    return [(title("act", a.act), _whose(a.act)) for a in others]


def _whose(act: str) -> str:
    roles = (r for r in Role if r is not Role.SYSTEM and site.rules().may(act, r))
    return ", ".join(title("role", r).lower() for r in roles)


def _shown(ask: Ask, found: Person, said: Said) -> Shown:
    mine = said.form is not None and said.form.act == ask.act
    form = said.form if mine and said.form is not None else _form(ask, found)
    fields = [f for f in form if f.name != "why"]
    extra = tuple(f for f in fields if _further(f.name) and not f.errors)
    main = tuple(f for f in fields if f not in extra)
    told = words("act", ask.act)
    asks_why = bool(said.refused and mine) or bool(form["why"].value())
    help_ = str(told.get("help", ""))
    return Shown(ask, title("act", ask.act), help_, form, main, extra, form["why"], asks_why)


def _further(name: str) -> bool:
    """Whether a field is of the second or a later row of a list."""
    return any(part.isdigit() and part != "0" for part in name.split("-"))


def part_line(keys: tuple[str, ...], here: str | None, kind: str) -> tuple[Part, ...]:
    """The line of steps that are done in their order; all are done where none is here."""
    at = keys.index(here) if here in keys else len(keys)
    states = ("done" if n < at else "here" if n == at else "ahead" for n in range(len(keys)))
    return tuple(Part(k, title(kind, k), s) for k, s in zip(keys, states, strict=True))


__all__ = ["Ask", "Guided", "Look", "Part", "part_line", "procedure"]
