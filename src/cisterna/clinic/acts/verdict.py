"""The verdict of a trial: what the observations allow, by rule, and the physician's own judgement.

The rule is a ceiling: a physician may judge worse with a reason, never better.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from cisterna.clinic.acts.act import Case, act
from cisterna.clinic.acts.trial import planned
from cisterna.clinic.bodies.planning import (
    Place,
    TrialDoseGiven,
    TrialJudged,
    TrialObserved,
    TrialPlanned,
    Verdict,
)
from cisterna.clinic.course import Person, Said
from cisterna.clinic.refusal import Refused
from cisterna.facts import Pathway
from cisterna.quantity import later

_RANK = (Verdict.FAILED, Verdict.EQUIVOCAL, Verdict.SUCCESS)


@dataclass(frozen=True, slots=True)
class Ruled:
    """The best verdict that the observations allow, why, and where the rule stands."""

    best: Verdict
    text: str
    source: str


@act("judge-trial", Place.TRIAL_RUNNING)
def judge_trial(case: Case, asked: TrialJudged) -> Iterator[Any]:
    """Judge the trial; a failed one ends it at any time, any other after the observation."""
    if not asked.reason.strip():
        text = "A verdict has its reason."
        raise Refused("reason-missing", text, "Write it.", source="pathway §3.2")
    _check_once(case)
    if asked.verdict is not Verdict.FAILED:
        _check_watched(case)
        _check_allowed(case, asked)
    yield asked
    if asked.verdict is Verdict.FAILED:
        yield Place.TRIAL_FAILED


def _check_once(case: Case) -> None:
    if case.person.last(TrialJudged, TrialPlanned) is not None:
        text = "This trial is judged."
        raise Refused("judged", text, "Plan it again if it was equivocal.", source="pathway §3.2")


def _check_allowed(case: Case, asked: TrialJudged) -> None:
    ruled = best_verdict(case.person, case.rules, asked.patient_accepts)
    if _RANK.index(asked.verdict) > _RANK.index(ruled.best):
        text = f"The observations allow {ruled.best} at best: {ruled.text}."
        way_out = f"Judge it {ruled.best}, or observe further."
        raise Refused("verdict-too-good", text, way_out, limit=ruled.best, source=ruled.source)


def _check_watched(case: Case) -> None:
    kind = case.rules.trial(planned(case).body.kind)
    dose = case.person.last(TrialDoseGiven, TrialPlanned)
    seen = _after_dose(case.person)
    if dose is None or not seen:
        text = "Nobody has looked at her after the dose."
        raise Refused("not-observed", text, "Observe.", source="pathway §3.1")
    if kind.observe is None or seen[-1].seen >= later(dose.at, kind.observe.most):
        return
    text = f"She is watched for {kind.observe.text()}, the longest counts."
    if kind.observe.verified:
        limit, source = kind.observe.text(), kind.observe.locator
        raise Refused("not-observed", text, "Observe further.", limit=limit, source=source)
    case.need_why(text, kind.observe.locator)


def best_verdict(person: Person, rules: Pathway, accepts: bool) -> Ruled:
    """The best verdict that the rules of pathway §3.2 allow."""
    seen = _after_dose(person)
    ended = [name for name in _ENDS if any(getattr(look, name) for look in seen)]
    if ended or not accepts:
        text = ", ".join(name.replace("_", " ") for name in ended) or "she declines"
        return Ruled(Verdict.FAILED, text, "pathway §3.2, row Fail")
    pain = person.indication(rules).term.purpose == "pain"
    return _pain(person, rules) if pain else _tone(person, rules)


_ENDS = ("intolerable", "respiratory_depression", "new_deficit", "infection")


def _pain(person: Person, rules: Pathway) -> Ruled:
    success, fail = (rules.figure(f"verdict.relief_{name}") for name in ("success", "fail"))
    before = _score(_baseline(person))
    least = min((_score(look) for look in _after_dose(person)), default=before)
    relief = Fraction(before - least, before) if before else Fraction(0)
    text = f"relief {int(relief * 100)} %, function {_function(person)}"
    if relief < fail.value.number("1"):
        return Ruled(Verdict.FAILED, text, fail.locator)
    if relief < success.value.number("1") or _function(person) != "better":
        return Ruled(Verdict.EQUIVOCAL, text, success.locator)
    return Ruled(Verdict.SUCCESS, text, success.locator)


def _tone(person: Person, rules: Pathway) -> Ruled:
    needed, last = rules.figure("verdict.tone_drop"), rules.figure("verdict.baclofen_last")
    before = _points(_baseline(person), low=True)
    least = min((_points(look, low=False) for look in _after_dose(person)), default=before)
    met = any(look.goals_met for look in _after_dose(person))
    text = f"tone down by {max(before - least, 0)}, goals {'met' if met else 'not met'}"
    if before - least >= needed.value.number("1") and met:
        return Ruled(Verdict.SUCCESS, text, needed.locator)
    given = (d.body.dose for d in person.every(TrialDoseGiven, TrialPlanned))
    whole = any(d.dimension == last.value.dimension and d >= last.value for d in given)
    return Ruled(Verdict.FAILED if whole else Verdict.EQUIVOCAL, text, last.locator)


def _score(look: TrialObserved) -> int:
    """The worse of pain at rest and moving."""
    return max(look.pain_rest or 0, look.pain_moving or 0)


def _points(look: TrialObserved, *, low: bool) -> int:
    """The Ashworth score in whole points; 1+ counts so that a fall is never overstated."""
    text = look.ashworth or "0"
    return int(text.rstrip("+")) + (text.endswith("+") and not low)


def _function(person: Person) -> str:
    return "better" if any(look.function_better for look in _after_dose(person)) else "not better"


def _first_dose(person: Person) -> Said[TrialDoseGiven]:
    return person.every(TrialDoseGiven, TrialPlanned)[0]


def _baseline(person: Person) -> TrialObserved:
    """The last look before the first dose; the act that gives the dose asks for one."""
    looks = (o.body for o in person.every(TrialObserved, TrialPlanned))
    return [look for look in looks if look.seen <= _first_dose(person).at][-1]


def _after_dose(person: Person) -> tuple[TrialObserved, ...]:
    if not person.every(TrialDoseGiven, TrialPlanned):
        return ()
    looks = (o.body for o in person.every(TrialObserved, TrialPlanned))
    after = (look for look in looks if look.seen > _first_dose(person).at)
    return tuple(sorted(after, key=lambda look: look.seen))
