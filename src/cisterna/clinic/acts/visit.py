"""A visit: scores as the person's scales say, symptoms that are never left blank; the year."""

from collections.abc import Iterator
from typing import Any

from cisterna.clinic.acts.act import Case, act
from cisterna.clinic.acts.asked import check_doses, check_seen, facts, need_words, once, refuse
from cisterna.clinic.acts.emergency import Report, slow_breathing, triaged
from cisterna.clinic.bodies.planning import GoalsSet
from cisterna.clinic.bodies.visit import Score, VisitRecorded, YearReviewed
from cisterna.clinic.event import Role
from cisterna.clinic.since import AFTER_IMPLANT, kinds_of
from cisterna.facts import Cards
from cisterna.facts.follow import Scoring
from cisterna.facts.library import known

_VISIT = "pathway §6.2"
_AT_HOME = (Role.PATIENT, Role.CAREGIVER)


@act("record-visit")
def record_visit(case: Case, asked: VisitRecorded) -> Iterator[Any]:
    """Record a contact. Before the implant it is the baseline.

    Every mandatory scale of the indication and every symptom that is asked for has its answer;
    slow breathing opens the emergency at once. From home, nobody looks at her: a symptom that is
    bad enough is triaged as a report of hers.
    """
    check_seen(case, asked.seen, _VISIT)
    if case.actor.role in _AT_HOME and not asked.remote:
        refuse("role", "From home it is a remote check-in.", "Mark it as remote.", _VISIT)
    check_doses(case, asked.now, "pathway §1.4 PW-031")
    _check_scores(case, asked)
    _check_symptoms(case, asked)
    if asked.breaths is not None and asked.breaths < 0:
        refuse("not-on-scale", "Breaths a minute are a count.", "Count them.", _VISIT)
    yield asked
    found = ("slow-breathing",) if slow_breathing(case, asked.breaths) else ()
    if case.actor.role in _AT_HOME:
        found = tuple(dict.fromkeys((*found, *_reported(case, asked))))
    if found:
        drugs = tuple(d.drug for d in asked.now)
        yield from triaged(case, Report(found, asked.says, drugs, asked.breaths))


def _reported(case: Case, asked: VisitRecorded) -> Iterator[str]:
    """What the symptoms that she graded at home count as."""
    cards, grades = Cards(case.rules.library), facts(case).grades()
    rows = (cards.graded(one.symptom, one.grade, grades) for one in asked.symptoms)
    yield from (finding for finding in rows if finding)


def _check_scores(case: Case, asked: VisitRecorded) -> None:
    once((f"{s.scale} {s.item}" for s in asked.scores), "score", _VISIT)
    rules, given = facts(case), {(s.scale, s.item) for s in asked.scores}
    for score in asked.scores:
        _check_score(case, asked, score)
    for name in case.person.indication(case.rules).scales:
        scale = rules.scoring(name)
        if scale.mandatory and not (asked.remote and scale.by_clinician):
            _check_whole(scale, given)


def _check_whole(scale: Scoring, given: set[tuple[str, str]]) -> None:
    blank = [item for item in scale.items if (scale.scale, item) not in given]
    if blank:
        text = f"Blank: {scale.scale}, {', '.join(blank)}."
        refuse("score-blank", text, "Score it.", scale.evidence.locator, scale.scale)


def _check_score(case: Case, asked: VisitRecorded, score: Score) -> None:
    scale = facts(case).scoring(score.scale)
    steps, source = case.rules.scale(score.scale), scale.evidence.locator
    known(score.item, scale.items or _goals(case), f"item of {score.scale}")
    if score.value not in steps:
        text = (
            f"{score.scale} {score.item} is one of {', '.join(steps)}; found {score.value!r:.20}."
        )
        refuse("not-on-scale", text, "Score it.", source)
    if scale.by_clinician and (asked.remote or case.actor.role in _AT_HOME):
        text = f"{score.scale} is rated by a clinician who sees her."
        refuse("clinician-only", text, "Rate it in the clinic.", source)


def _goals(case: Case) -> tuple[str, ...]:
    found = case.person.last(GoalsSet, None)
    return found.body.goals if found else ()


def _check_symptoms(case: Case, asked: VisitRecorded) -> None:
    rules = facts(case)
    for one in asked.symptoms:
        known(one.symptom, rules.words("adverse.term"), "symptom")
        known(one.grade, rules.grades()[:-1], "grade")
    once((one.symptom for one in asked.symptoms), "symptom", _VISIT)
    kinds = kinds_of((d.drug for d in asked.now), case.rules.library)
    given = {one.symptom for one in asked.symptoms}
    blank = [name for name in rules.symptoms_asked(kinds) if name not in given]
    if blank:
        text = f"Blank: {', '.join(blank)}."
        refuse("symptom-blank", text, "Ask; none is an answer.", "pathway §1.3 PW-021; §6.2")


@act("review-year", *AFTER_IMPLANT)
def review_year(case: Case, asked: YearReviewed) -> Iterator[Any]:
    """Record the yearly review: goals, neurology, endocrine, device, go on or not."""
    for name in ("goals", "neurology", "endocrine", "device", "reason"):
        need_words(getattr(asked, name), name, "pathway §6.2, yearly full review")
    yield asked
