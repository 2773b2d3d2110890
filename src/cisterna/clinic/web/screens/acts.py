"""The page of any act: its form, what it refuses and why, and what was recorded meanwhile."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import select_template
from django.urls import path
from django.views.decorators.http import require_http_methods

from cisterna.clinic.acts import ACTS, correcting
from cisterna.clinic.bodies.hers import ConsultAsked
from cisterna.clinic.bodies.planning import GoalsSet, Registered
from cisterna.clinic.course import Person
from cisterna.clinic.event import Role
from cisterna.clinic.refusal import Refused
from cisterna.clinic.web import desk, site
from cisterna.clinic.web.access import check_may, member, members_only
from cisterna.clinic.web.fields import entered, shown_in_form
from cisterna.clinic.web.forms import ActForm, asked_by, zone_of
from cisterna.clinic.web.screens.people import head
from cisterna.clinic.web.telling import tell
from cisterna.clinic.web.words import title, words
from cisterna.facts.options import Options

_APART = (
    *("open-chart", "issue-card", "end-card"),
    *("rank-options", "take-teach-back", "keep-questions", "ask-consult"),
    "give-telephones",
)
"""What has a page of its own."""
_AGAIN: dict[str, type[Any]] = {"register": Registered, "set-goals": GoalsSet}


@members_only()
@require_http_methods(["GET", "POST"])
def act(request: HttpRequest, person_id: str, name: str) -> HttpResponse:
    """Show the form of an act, or do it; 403 for a role that may not, 404 for no such act."""
    if name not in ACTS or name in _APART:
        raise Http404
    check_may(request, name)
    found = desk.chart(request, person_id)
    if request.method == "GET":
        return _fresh(request, found, name)
    form = ActForm(name, found, request.POST)
    if not form.is_valid():
        return _page(request, found, form, None, 422)
    return _done(request, found, form)


def _fresh(request: HttpRequest, found: Person, name: str) -> HttpResponse:
    """The form as it is opened: empty, with what stands, or with what is to be corrected."""
    initial, old = {"base": len(found.events)}, request.GET.get("corrects", "")
    if not old:
        form = ActForm(name, found, initial=initial | _before(name, found))
        return _page(request, found, form, _not_here(name, found), 200)
    event = next((e for e in found.standing if e.id == old), None)
    if event is None or correcting(event, found, Role(member(request).role), site.rules()) != name:
        raise Http404
    hint = asked_by(name)
    filled = entered(hint, event.body, words("act", name))
    form = ActForm(name, found, initial=initial | filled | {"corrects": old})
    return _page(request, found, form, None, 200)


def _done(request: HttpRequest, found: Person, form: ActForm) -> HttpResponse:
    clean = form.cleaned_data
    try:
        desk.do(request, found.id, form.act, form.asked(), clean["base"], clean["why"],
                corrects=clean["corrects"] or None)  # fmt: skip
    except Refused as why:
        return _page(request, found, form, why, 422)
    except desk.MovedOn as moved:
        return _moved(request, moved, form)
    messages.success(request, f"Recorded: {title('act', form.act)}.")
    return redirect(f"/people/{found.id}/")


def _moved(request: HttpRequest, moved: desk.MovedOn, form: ActForm) -> HttpResponse:
    """What was recorded since; the form stays filled and now rests on what the reader sees."""
    data = request.POST.copy()
    data["base"] = str(len(moved.person.events))
    again = ActForm(form.act, moved.person, data)
    since = [tell(e, zone_of(moved.person)) for e in moved.since]
    return _page(request, moved.person, again, None, 409, {"since": since})


def _page(
    request: HttpRequest,
    found: Person,
    form: ActForm,
    refused: Refused | None,
    status: int,
    more: dict[str, Any] | None = None,
) -> HttpResponse:
    about = head(found) | {
        "form": form,
        "act": form.act,
        "title": title("act", form.act),
        "help": words("act", form.act).get("help", ""),
        "refused": refused,
        "here": "people",
    }
    template = select_template([f"web/acts/{form.act}.html", "web/act.html"])
    return render(request, template.template.name, about | (more or {}), status=status)


def _before(name: str, found: Person) -> dict[str, Any]:
    """An entry written anew begins with what stands; a decision names today's aid (PW-035)."""
    if name == "record-decision":
        return {"aid": f"decision aid {Options(site.library()).version}"}
    kind = _AGAIN.get(name)
    last = found.last(kind, None) if kind else None
    if last is None:
        return _asked(name, found)
    return entered(kind, last.body, words("act", name))


def _asked(name: str, found: Person) -> dict[str, Any]:
    """Somebody who asked for a consultation herself is taken in with what she wrote."""
    said = found.last(ConsultAsked, None)
    if said is None or name not in ("register", "refer"):
        return {}
    b = said.body
    if name == "refer":
        return {"asked_by": "herself", "question": b.says}
    interpreter = shown_in_form(b.interpreter_needed)
    row = {"name": b.name, "born": b.born, "language": b.language, "phone": b.reach}
    return row | {"clinic": b.clinic, "interpreter_needed": interpreter}


def _not_here(name: str, found: Person) -> Refused | None:
    if found.place in ACTS[name].places:
        return None
    places = ", ".join(title("place", p) for p in sorted(p for p in ACTS[name].places if p))
    here = title("place", found.place) if found.place else "not referred"
    return Refused("not-now", f"Not possible where she stands: {here}.", f"Possible at: {places}.")


urlpatterns = [path("people/<str:person_id>/acts/<str:name>/", act, name="act")]
