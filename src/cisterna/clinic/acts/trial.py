"""The trial: plan, consent, a verified dose, and looks at the person at their times."""

from collections.abc import Iterator
from typing import Any

from cisterna.clinic.acts.act import Case, act
from cisterna.clinic.acts.dose import check_dose, check_interval
from cisterna.clinic.bodies.planning import (
    Place,
    TrialConsented,
    TrialDoseGiven,
    TrialDoseVerified,
    TrialJudged,
    TrialObserved,
    TrialPlanned,
)
from cisterna.clinic.course import Said
from cisterna.clinic.guards.guard import check
from cisterna.clinic.guards.planning import check_drug, pending_dose
from cisterna.clinic.refusal import Refused
from cisterna.facts import Pathway
from cisterna.facts.library import known

_ON_THE_DAY = ("screened-today", "trial-open", "anticoagulants-closed")


@act("plan-trial", Place.TEAM_REVIEW, Place.TRIAL_RUNNING)
def plan_trial(case: Case, asked: TrialPlanned) -> Iterator[Any]:
    """Plan a trial of a type that fits the purpose, with a drug it knows; again, if equivocal."""
    kind = case.rules.trial(asked.kind)
    purpose = case.person.indication(case.rules).term.purpose
    if kind.purpose != purpose:
        text = f"{kind.name.capitalize()} is a trial for {kind.purpose}, she has {purpose}."
        _refuse("wrong-template", text, "Choose another type.", "pathway §1.2 PW-012")
    known(asked.drug, kind.drugs, f"drug of {kind.name}")
    known(asked.setting, ("inpatient", "outpatient"), "setting")
    if kind.setting == "inpatient" and asked.setting != "inpatient":
        text = f"{kind.name.capitalize()} is done in hospital."
        _refuse("inpatient-only", text, "Plan it in hospital.", kind.evidence.locator)
    check_drug(case.person, case.rules, asked.drug)
    if case.person.place is Place.TRIAL_RUNNING:
        check(("equivocal",), case.person, case.rules, case.at)
        yield Place.TRIAL_PLANNED
        yield asked
        return
    yield asked
    yield Place.TRIAL_PLANNED


@act("consent-to-trial", Place.TRIAL_PLANNED)
def consent_to_trial(case: Case, asked: TrialConsented) -> Iterator[Any]:
    """She consents to this trial herself."""
    yield asked


@act("verify-trial-dose", Place.TRIAL_PLANNED, Place.TRIAL_RUNNING)
def verify_trial_dose(case: Case, asked: TrialDoseVerified) -> Iterator[Any]:
    """The pharmacist verifies one dose of the planned drug; it is good for that dose only."""
    if asked.drug != planned(case).body.drug:
        text = f"The trial is planned with {planned(case).body.drug}."
        _refuse("wrong-drug", text, "Verify the planned drug, or plan anew.", "pathway §3.2")
    check_dose(case, planned(case).body, asked.dose)
    yield asked


@act("give-trial-dose", Place.TRIAL_PLANNED, Place.TRIAL_RUNNING)
def give_trial_dose(case: Case, asked: TrialDoseGiven) -> Iterator[Any]:
    """Give one verified dose: screened today, nothing against it, a baseline on record."""
    plan = planned(case)
    if asked.drug != plan.body.drug:
        text = f"The trial is planned with {plan.body.drug}."
        _refuse("wrong-drug", text, "Give the planned drug, or plan anew.", "pathway §3.2")
    if not case.person.every(TrialObserved, TrialPlanned):
        text = "Without a baseline nothing can be judged."
        _refuse("no-baseline", text, "Observe before the first dose.", "pathway §3.2, NRS at 0 h")
    _check_not_judged(case)
    if case.person.place is Place.TRIAL_PLANNED:
        yield Place.TRIAL_RUNNING
    check(("dose-verified", *_ON_THE_DAY), case.person, case.rules, case.at)
    found = pending_dose(case.person)
    if found is None or (found.drug, found.dose, found.lot) != (asked.drug, asked.dose, asked.lot):
        text = "Not the drug, dose and lot that the pharmacist has verified."
        _refuse("not-verified", text, "Have this dose verified.", "pathway §8, row trial")
    check_interval(case, plan.body)
    yield asked


def _check_not_judged(case: Case) -> None:
    if case.person.last(TrialJudged, TrialPlanned) is not None:
        text = "This trial is judged."
        _refuse("judged", text, "Plan it again if it was equivocal.", "pathway §3.2")


@act("observe-trial", Place.TRIAL_PLANNED, Place.TRIAL_RUNNING)
def observe_trial(case: Case, asked: TrialObserved) -> Iterator[Any]:
    """Record one look: pain scores in pain, the Ashworth score in spasticity."""
    _check_not_judged(case)
    _check_seen(case, asked)
    if case.person.indication(case.rules).term.purpose == "spasticity":
        on_scale("Ashworth score", asked.ashworth, case.rules.scale("modified-ashworth"))
    pain = case.rules.scale("numeric-pain")
    for score in (asked.pain_rest, asked.pain_moving):
        if score is not None or _pain_asked(case, case.rules):
            on_scale("pain at rest and moving", None if score is None else str(score), pain)
    yield asked


def _pain_asked(case: Case, rules: Pathway) -> bool:
    return case.person.indication(rules).term.purpose == "pain"


def _check_seen(case: Case, asked: TrialObserved) -> None:
    if asked.seen.utcoffset() is None or asked.seen > case.at:
        text = "It was seen at a time with its offset, not in the future."
        _refuse("wrong-time", text, "Give the time.", "pathway §3.2, timed grid")
    doses = case.person.every(TrialDoseGiven, TrialPlanned)
    if asked.seen < planned(case).at or (case.person.place is Place.TRIAL_RUNNING and not doses):
        text = "It was seen before this trial was planned."
        _refuse("wrong-time", text, "Observe in the trial.", "pathway §3.2, timed grid")


def on_scale(name: str, score: str | None, steps: tuple[str, ...]) -> None:
    """Raise `Refused` for a score that is not on its scale, or none."""
    if score not in steps:
        text = f"The {name} is one of {', '.join(steps)}; found {score}."
        _refuse("not-on-scale", text, "Score it.", "pathway §1.2 PW-012; §3.2")


def planned(case: Case) -> Said[TrialPlanned]:
    """The trial that is planned or runs. Raises `Refused`."""
    found = case.person.last(TrialPlanned)
    if found is None:
        raise Refused("no-trial", "No trial is planned.", "Plan one.", source="pathway §1.7")
    return found


def _refuse(code: str, message: str, way_out: str, source: str) -> None:
    raise Refused(code, message, way_out, source=source)
