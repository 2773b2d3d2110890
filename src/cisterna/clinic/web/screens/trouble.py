"""The search for a fault: the tree as steps with findings and yield, and what comes next."""

from typing import Any

from django import forms
from django.http import HttpRequest

from cisterna.clinic.bodies.planning import Place
from cisterna.clinic.bodies.trouble import TroubleJudged, TroubleOpened, TroubleStepRecorded
from cisterna.clinic.course import Person
from cisterna.clinic.refusal import Refused
from cisterna.clinic.trouble import line_open, results
from cisterna.clinic.web import site
from cisterna.clinic.web.forms import ActForm
from cisterna.clinic.web.guide import Ask, Guided, Part, procedure
from cisterna.clinic.web.words import plain, title
from cisterna.facts import Follow
from cisterna.facts.follow import TreeStep

ACTS_HERE = frozenset({"open-trouble", "record-trouble-step", "settle-line", "judge-trouble"})
_NOT_DONE = "not-done"
_OPEN = (Place.TITRATION, Place.MAINTENANCE, Place.EMERGENCY)


class StepForm(ActForm):
    """One step of the tree with the results that it knows; or why it is not done."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        given = kwargs.get("initial") or {}
        name = (self.data.get("step") if self.is_bound else None) or given.get("step", "")
        step = next((s for s in _tree() if s.id == name), None)
        self.fields["step"].widget = forms.HiddenInput()
        known = [(r, plain(r)) for r in step.results] if step else []
        left = [] if step and step.needed else [(_NOT_DONE, "Not done")]
        self.fields["result"] = forms.ChoiceField(
            label="Result", choices=[*known, *left], widget=forms.RadioSelect
        )
        if name != "aspirate":
            self.fields["drawn"].widget = forms.HiddenInput()
        self.order_fields(["base", "step", "result", "drawn", "says", "why"])

    def asked(self) -> TroubleStepRecorded:
        """The input of the act; a step that was not done has no result."""
        clean = self.cleaned_data
        result = "" if clean["result"] == _NOT_DONE else clean["result"]
        return TroubleStepRecorded(clean["step"], result, clean["says"], clean["drawn"])


def _tree() -> tuple[TreeStep, ...]:
    return Follow(site.library()).tree()


def look(request: HttpRequest, person: Person) -> Guided:
    """Where the search stands, and which step is next."""
    opened, judged = person.last(TroubleOpened, None), person.last(TroubleJudged, TroubleOpened)
    if person.place is not Place.TROUBLESHOOTING:
        return _none(person, judged)
    done = results(person)
    step = next((s for s in _tree() if s.id not in done), None)
    parts = tuple(_part(s, done, step) for s in _tree())
    ready = all(s.id in done and done[s.id] for s in _tree() if s.needed)
    asks = _asks(person, step, ready)
    more: dict[str, Any] = {
        "opened": opened,
        "tree": _rows(person),
        "step": step,
        "line_open": line_open(person),
    }
    now = title("tree", step.id) if step else "Conclude"
    return Guided(
        parts, now, f"{step.what}." if step else "Every step is recorded.", asks, (), None, more
    )


def _none(person: Person, judged: Any) -> Guided:
    parts = tuple(Part(s.id, title("tree", s.id), "ahead") for s in _tree())
    if person.place in _OPEN:
        return Guided(
            parts,
            "Begin the search",
            "Say what is wrong.",
            (Ask("open-trouble", must=("complaint",)),),
            (),
            None,
            {"judged": judged},
        )
    stop = Refused(
        "not-now", "No search is open, and none begins where she stands.", "Look at her course."
    )
    return Guided(parts, "Search for a fault", "", (), (), stop, {"judged": judged})


def _part(step: TreeStep, done: dict[str, str], here: TreeStep | None) -> Part:
    state = "done" if step.id in done else "here" if here and step.id == here.id else "ahead"
    return Part(step.id, title("tree", step.id), state)


def _asks(person: Person, step: TreeStep | None, ready: bool) -> tuple[Ask, ...]:
    found = []
    if line_open(person):
        found.append(Ask("settle-line", must=("primed",)))
    if step is not None:
        found.append(Ask("record-trouble-step", {"step": step.id}, form=StepForm))
    if ready:
        line = "" if step is None else "Conclude the search now"
        found.append(Ask("judge-trouble", folded=line))
    return tuple(found)


def _rows(person: Person) -> list[dict[str, Any]]:
    """Every step: what it found, how often it finds something, where that stands."""
    said = {s.body.step: s for s in person.every(TroubleStepRecorded, TroubleOpened)}
    return [
        {
            "title": title("tree", s.id),
            "what": s.what,
            "found": said.get(s.id),
            "result": plain(said[s.id].body.result or "not done") if s.id in said else "",
            "yields": s.found_in.text() if s.found_in else "",
            "gives_drug": s.gives_drug,
            "role": s.role,
            "source": f"{s.evidence.certainty}, {s.evidence.locator}",
        }
        for s in _tree()
    ]


urlpatterns = [*procedure("trouble", look, ACTS_HERE)]
