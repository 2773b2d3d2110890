"""The trial: the plan, the dose that two have seen, looks at their times, and what they allow."""

from datetime import datetime
from typing import Any

from django.http import HttpRequest

from cisterna.clinic.acts.verdict import best_verdict
from cisterna.clinic.bodies.planning import (
    Place,
    TrialConsented,
    TrialDoseGiven,
    TrialJudged,
    TrialObserved,
    TrialPlanned,
    Verdict,
)
from cisterna.clinic.course import Person
from cisterna.clinic.guards import check
from cisterna.clinic.guards.planning import pending_dose
from cisterna.clinic.refusal import Refused
from cisterna.clinic.trial_looks import scores, seen_in, trial_watches
from cisterna.clinic.web import clock, site
from cisterna.clinic.web.forms import zone_of
from cisterna.clinic.web.guide import Ask, Guided, part_line, procedure
from cisterna.clinic.web.look_form import ENDS, LookForm
from cisterna.clinic.web.plot import plot
from cisterna.clinic.web.slots import next_due, planned
from cisterna.clinic.web.words import title, words
from cisterna.quantity import later

STEPS = (
    "plan-trial", "consent-to-trial", "baseline", "verify-trial-dose", "give-trial-dose",
    "observe-trial", "judge-trial",
)  # fmt: skip
ACTS_HERE = frozenset(STEPS) - {"baseline"}
_BEFORE = ("screened-today", "trial-open", "anticoagulants-closed")


def look(request: HttpRequest, person: Person) -> Guided:
    """Where her trial stands."""
    at = clock.now()
    step = _step(person, at)
    plan = person.last(TrialPlanned)
    kind = site.rules().trial(plan.body.kind) if plan else None
    more: dict[str, Any] = {"plan": plan, "kind": kind} | _grid(person, at)
    more["missing"] = (
        _missing(person, at) if step in ("verify-trial-dose", "give-trial-dose") else ()
    )
    asks = _asks(person, step, at)
    stop = None
    if step is None and plan:
        more["ended"] = person.last(TrialJudged, TrialPlanned)
    if step is None and not plan:
        stop = Refused("no-trial", "No trial is planned.", "The team decides on one first.")
    say = str(words("trial_say", step or "").get("title", ""))
    now = title("trial_step", step) if step else "Trial"
    return Guided(part_line(STEPS, step, "trial_step"), now, say, asks, (), stop, more)


def _step(person: Person, at: datetime) -> str | None:
    """The first step that is not done."""
    plan, judged = person.last(TrialPlanned), person.last(TrialJudged, TrialPlanned)
    if plan is None or person.place is Place.TEAM_REVIEW or _equivocal(person):
        return "plan-trial" if person.place in (Place.TEAM_REVIEW, Place.TRIAL_RUNNING) else None
    if judged is not None or person.place not in (Place.TRIAL_PLANNED, Place.TRIAL_RUNNING):
        return None
    done = (
        ("consent-to-trial", person.last(TrialConsented, TrialPlanned)),
        ("baseline", person.last(TrialObserved, TrialPlanned)),
    )
    left = next((name for name, said in done if said is None), None)
    if left is not None:
        return left
    if pending_dose(person) is not None:
        return "give-trial-dose"
    if not person.every(TrialDoseGiven, TrialPlanned):
        return "verify-trial-dose"
    return "judge-trial" if _watched(person, at) else "observe-trial"


def _equivocal(person: Person) -> bool:
    found = person.last(TrialJudged, TrialPlanned)
    return found is not None and found.body.verdict is Verdict.EQUIVOCAL


def _watched(person: Person, at: datetime) -> bool:
    """Whether the time of observation is over, or a look found what ends a trial."""
    until = _until(person)
    ended = any(getattr(x, name) for x in seen_in(person) for name in ENDS)
    return ended or (until is not None and at >= until)


def _until(person: Person) -> datetime | None:
    plan, doses = person.last(TrialPlanned), person.every(TrialDoseGiven, TrialPlanned)
    if plan is None or not doses:
        return None
    observe = site.rules().trial(plan.body.kind).observe
    return later(doses[-1].at, observe.most) if observe is not None else doses[-1].at


def _asks(person: Person, step: str | None, at: datetime) -> tuple[Ask, ...]:
    plan = person.last(TrialPlanned)
    seen = {"seen": at.astimezone(zone_of(person))}
    observe = Ask("observe-trial", seen, form=LookForm)
    if step in (None, "plan-trial", "consent-to-trial"):
        return (Ask(step),) if step else ()
    drug = {"drug": plan.body.drug if plan else ""}
    if step == "baseline":  # the pharmacy need not wait for it
        return (observe, Ask("verify-trial-dose", drug, folded="Verify the dose beforehand"))
    if step == "verify-trial-dose":
        return (Ask("verify-trial-dose", drug),)
    if step == "give-trial-dose":
        return (Ask("give-trial-dose", drug),)
    judge = Ask("judge-trial", must=("patient_accepts",))
    folded = Ask("judge-trial", must=("patient_accepts",), folded="Judge the trial now")
    another = Ask("verify-trial-dose", drug, folded="Verify another dose")
    if step == "judge-trial":
        further = Ask("observe-trial", seen, form=LookForm, folded="One more look")
        return (judge, further, another)
    return (observe, folded, another)


def _missing(person: Person, at: datetime) -> tuple[Refused, ...]:
    """What the day of a dose asks for and the record does not show."""
    found = []
    for name in _BEFORE:
        try:
            check((name,), person, site.rules(), at)
        except Refused as why:
            found.append(why)
    return tuple(found)


def _grid(person: Person, at: datetime) -> dict[str, Any]:
    """Planned looks, the line of scores, and what the rule allows so far."""
    watches = trial_watches(person, site.rules())
    if not watches:
        return {}
    found, until = scores(person, site.rules()), _until(person)
    looked = any(x.seen > person.every(TrialDoseGiven, TrialPlanned)[0].at for x in seen_in(person))
    return {
        "looks": seen_in(person),
        "planned": planned(watches, at),
        "sources": sorted({w.source for w in watches}),
        "next_due": next_due(watches, at),
        "until": until,
        "scores": found,
        "plot": plot(found) if found else None,
        "ruled": best_verdict(person, site.rules(), accepts=True) if looked else None,
    }


urlpatterns = [*procedure("trial", look, ACTS_HERE)]
