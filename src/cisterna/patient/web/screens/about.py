"""About her: her language, what she signs and says herself, and the way to her account.

`/my/do/ACT/` is the page of an act that she does herself and that has no page of its own: the
form is that of the act (`clinic.web.forms`), its words are hers.
"""

from typing import Any

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.views.decorators.http import require_GET, require_http_methods

from cisterna.clinic.acts import ACTS
from cisterna.clinic.bodies.implant import EmergencyContactGiven
from cisterna.clinic.bodies.planning import GoalsSet
from cisterna.clinic.course import Person
from cisterna.clinic.reach import language_of
from cisterna.clinic.web import site
from cisterna.clinic.web.access import member
from cisterna.clinic.web.forms import ActForm
from cisterna.patient.web.her import done, hers, rights
from cisterna.patient.web.templatetags.patient_words import language_word
from cisterna.patient.web.words import say, words

DONE_HERE = (
    *("state-language", "set-goals", "give-emergency-contact"),
    *("commit", "consent-to-trial"),
)
"""The acts of `/my/do/`; the others that she may do have pages of their own."""
ELSEWHERE = {
    "record-visit": "/my/check-in/more/",
    "triage-report": "/my/wrong/",
    "send-message": "/my/messages/",
    "write-diary": "/my/diary/",
    "log-burden": "/my/burden/",
    "give-access": "/my/access/",
    "share-calendar": "/my/calendar/",
    "end-calendar": "/my/calendar/",
    "rank-options": "/my/options/",
    "take-teach-back": "/my/aid/questions/",
    "keep-questions": "/my/aid/ask/",
}
"""The acts with a page of their own, and where it is."""


@hers()
@require_GET
def about(request: HttpRequest, person: Person) -> HttpResponse:
    """Everything about herself that she can say or change."""
    contact, goals = person.last(EmergencyContactGiven, None), person.last(GoalsSet, None)
    shown = {
        "spoken": language_of(person),
        "contact": contact.body if contact else None,
        "goals": goals.body.goals if goals else (),
        "acts": [name for name in DONE_HERE if _possible(request, person, name)],
        "may": rights(request, person),
        "here": "about",
    }
    return render(request, "patient/about.html", shown)


@hers()
@require_http_methods(["GET", "POST"])
def do(request: HttpRequest, person: Person, name: str) -> HttpResponse:
    """One act; 404 for one that is not done here, or that her role may not do."""
    if name not in DONE_HERE or not site.rules().may(name, member(request).role):
        raise Http404
    form = HerForm(name, person, request.POST or None, initial=_before(name, person))
    problem = "" if _possible(request, person, name) else say("base.refused.not-now")
    if request.method == "POST" and form.is_valid():
        found = done(request, person, name, form.asked(), "mine.done.thanks", "/my/about/")
        if isinstance(found, HttpResponse):
            return found
        problem = found
    wrong = request.method == "POST"
    shown = {"form": form, "name": name, "problem": problem, "here": "about"}
    return render(request, "patient/do.html", shown, status=422 if wrong else 200)


class HerForm(ActForm):
    """The form of an act in her words; she is asked for no reason."""

    def __init__(self, act: str, person: Person, *args: Any, **kwargs: Any) -> None:
        super().__init__(act, person, *args, **kwargs)
        del self.fields["why"]
        self.fields["base"].initial = len(person.events)
        for name, field in self.fields.items():
            field.label = _line(f"mine.field.{act}.{name}", str(field.label or ""))
            field.help_text = _line(f"mine.help.{act}.{name}", "")
            if isinstance(field.widget, forms.RadioSelect):
                field.widget.choices = [(k, say(f"mine.{k}")) for k in ("yes", "no")]


def _line(key: str, otherwise: str) -> str:
    return say(key) if key in words("en") else otherwise


def _possible(request: HttpRequest, person: Person, name: str) -> bool:
    may = site.rules().may(name, member(request).role)
    return may and person.place in ACTS[name].places


def _before(name: str, person: Person) -> dict[str, Any]:
    """What stands already, where it is written anew as a whole."""
    if name == "set-goals" and (said := person.last(GoalsSet, None)):
        return {"goals": "\n".join(said.body.goals), "preferences": said.body.preferences}
    if name == "state-language" and (spoken := language_of(person)):
        needed = "yes" if spoken.interpreter_needed else "no"
        return {
            "language": language_word(spoken.language),
            "interpreter_needed": needed,
            "says": spoken.says,
        }
    return {}


urlpatterns = [
    path("my/about/", about, name="my-about"),
    path("my/do/<slug:name>/", do, name="my-do"),
]
