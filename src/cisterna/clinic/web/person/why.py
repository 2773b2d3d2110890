"""Why this plan: what of her own stands behind each choice, in the words of the record (PW-023).

Nothing is concluded here. A choice that is on record is shown beside what was recorded of her
before it; where nothing was recorded, that is said.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from cisterna.clinic.bodies.painmap import PainMapped
from cisterna.clinic.bodies.planning import (
    DecisionRecorded,
    GoalsSet,
    ImplantPlanned,
    PrognosisGiven,
    RiskAssessed,
    TeamConcluded,
    TreatmentRecorded,
    TrialDoseGiven,
    TrialJudged,
)
from cisterna.clinic.course import Person
from cisterna.clinic.screening import removed_drugs
from cisterna.clinic.therapy import dose_history
from cisterna.clinic.web.person.now import Now
from cisterna.clinic.web.words import plain
from cisterna.facts import Pathway
from cisterna.quantity import show

NOTHING = "Nothing on record."
_LATEST = 3
"""How many of the latest changes of the dose are told."""


@dataclass(frozen=True, slots=True)
class Why:
    """One choice of the plan, and the inputs of hers that stand behind it."""

    choice: str
    chosen: str
    inputs: tuple[str, ...]


def why_this_plan(person: Person, now: Now, rules: Pathway) -> tuple[Why, ...]:
    """Each choice of the plan with its inputs; none before somebody has planned anything."""
    plan, decided = person.last(ImplantPlanned, None), person.last(DecisionRecorded, None)
    if plan is None and decided is None and now.rx is None:
        return ()
    found = [Why("This therapy", plain(decided.body.choice) if decided else "–", _therapy(person))]
    if plan is not None:
        body = plan.body
        drug = rules.library.drug(body.drug).name
        found.append(Why("Drug", drug, tuple(_drug(person, rules))))
        found.append(Why("Level of the tip", body.tip, tuple(_tip(person, rules))))
    if now.rx is not None:
        doses = ", ".join(f"{d.name} {show(d.daily)}" for d in now.drugs)
        found.append(Why("Dose and schedule", f"{doses}; {now.rx.infusion.mode}", _dose(person)))
    return tuple(Why(w.choice, w.chosen, w.inputs or (NOTHING,)) for w in found)


def _therapy(person: Person) -> tuple[str, ...]:
    return (*_goals(person), *_tried(person), *_weighed(person))


def _goals(person: Person) -> Iterator[str]:
    goals, team = person.last(GoalsSet, None), person.last(TeamConcluded, None)
    if goals is not None:
        yield f"Her goals: {'; '.join(goals.body.goals)}"
        if goals.body.preferences:
            yield f"What matters to her: {goals.body.preferences}"
    if team is not None and team.body.goals:
        yield f"The team chose it for: {'; '.join(team.body.goals)}"


def _tried(person: Person) -> Iterator[str]:
    said = {t.body.treatment: t.body for t in person.every(TreatmentRecorded, None)}
    for name, one in said.items():
        words = "; ".join(w for w in (one.course, one.outcome, one.reason) if w)
        yield f"{plain(name)}, {plain(one.answer).lower()}: {words}"


def _weighed(person: Person) -> Iterator[str]:
    decided = person.last(DecisionRecorded, None)
    if decided is not None:
        yield f"Weighed with her: {decided.body.weighed}"


def _drug(person: Person, rules: Pathway) -> Iterator[str]:
    judged, dose = person.last(TrialJudged, None), person.last(TrialDoseGiven, None)
    if dose is not None:
        yield f"Trial: {dose.body.drug} {show(dose.body.dose)} at {dose.body.level}"
    if judged is not None:
        verdict = plain(judged.body.verdict).lower()
        yield f"Trial, {verdict}: {judged.body.reason}"
        if judged.body.starts_from:
            yield f"Starts from: {judged.body.starts_from}"
    for drug, why in removed_drugs(person, rules).items():
        yield f"Not {drug}: {why}"
    risk, far = person.last(RiskAssessed, None), person.last(PrognosisGiven, None)
    if risk is not None:
        held = ", ".join(plain(n).lower() for n in risk.body.at_risk) or "none found"
        yield f"Opioids by mouth: {show(risk.body.daily_opioid)}; risk to breathing: {held}"
    if far is not None:
        yield f"Prognosis {far.body.prognosis}: {far.body.says}"


def _tip(person: Person, rules: Pathway) -> Iterator[str]:
    if person.place is not None:
        yield f"For: {person.indication(rules).term.name}"
    mapped = person.last(PainMapped, None)
    if mapped is not None:
        where = ", ".join(rules.region_name(name) for name in mapped.body.regions)
        yield f"Where it hurts: {where}; {mapped.body.nature}, {mapped.body.spread}"


def _dose(person: Person) -> tuple[str, ...]:
    done = [c for c in dose_history(person.events) if c.outcome == "activated"]
    told = []
    for one in done[-_LATEST:]:
        why = "; ".join(one.reasons) or "no reason was asked for"
        told.append(f"{one.at:%Y-%m-%d}: {one.old or 'none'} → {one.new or 'none'}; {why}")
    return tuple(told)


__all__ = ["NOTHING", "Why", "why_this_plan"]
