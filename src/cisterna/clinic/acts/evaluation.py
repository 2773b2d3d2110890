"""The evaluation: treatments had, evidence for each criterion, prognosis, risk, the signature."""

from collections.abc import Iterator
from typing import Any

from cisterna.clinic.acts.act import Case, act
from cisterna.clinic.bodies.painmap import PainMapped
from cisterna.clinic.bodies.planning import (
    Answer,
    Committed,
    EvaluationSigned,
    EvidenceRecorded,
    Place,
    PrognosisGiven,
    PsychologyCleared,
    RiskAssessed,
    TeachBackDone,
    TreatmentRecorded,
)
from cisterna.clinic.candidacy import items, report
from cisterna.clinic.refusal import Refused
from cisterna.clinic.since import AFTER_IMPLANT
from cisterna.clinic.treatments import with_needles
from cisterna.facts.library import known
from cisterna.quantity import Quantity

REHABILITATION = ("rehabilitation",)


@act("record-treatment")
def record_treatment(case: Case, asked: TreatmentRecorded) -> Iterator[Any]:
    """Record a treatment and what became of it; a therapist records rehabilitation only."""
    known(asked.treatment, case.rules.treatments(), "treatment")
    cell = case.rules.cell("treatment", case.actor.role)
    if cell == "rehabilitation" and asked.treatment not in REHABILITATION:
        text = "A therapist records rehabilitation."
        raise Refused("role", text, "Ask physician or nurse.", source="pathway §1.6 PW-062")
    if asked.answer is Answer.TRIED and not (asked.course and asked.outcome):
        _words("dose, duration and outcome of what was tried")
    if asked.answer not in (Answer.TRIED, Answer.NEVER_CONSIDERED) and not asked.reason:
        _words("the reason")
    if case.person.place in AFTER_IMPLANT and with_needles(asked, case.rules.options("needles")):
        text = "Needles near the pump or the catheter can hurt both: say that she was warned."
        case.need_why(text, "pathway §1.6 PW-063")
    yield asked


@act("map-pain")
def map_pain(case: Case, asked: PainMapped) -> Iterator[Any]:
    """Record where it hurts; a later map takes the place of an earlier one."""
    if not asked.regions:
        _words("where it hurts")
    for name in asked.regions:
        known(name, case.rules.regions(), "region of the body")
    known(asked.nature, case.rules.options("pain_nature"), "nature of the pain")
    known(asked.spread, case.rules.options("pain_spread"), "spread of the pain")
    yield asked


def _words(what: str) -> None:
    raise Refused("words-missing", f"Missing: {what}.", "Write it.", source="pathway §1.5 PW-041")


@act("record-evidence", Place.EVALUATING)
def record_evidence(case: Case, asked: EvidenceRecorded) -> Iterator[Any]:
    """Record one item of evidence for one criterion, in words: a tick is none."""
    known(asked.item, items(case.person, case.rules, asked.criterion), "item of evidence")
    if not asked.says.strip():
        text = "A criterion is evidenced, not ticked."
        raise Refused("words-missing", text, "Write what it says.", source="pathway §1.5")
    yield asked


@act("teach-back", Place.EVALUATING)
def teach_back(case: Case, asked: TeachBackDone) -> Iterator[Any]:
    """Record whether she could say back benefits, risks and duties."""
    yield asked


@act("clear-psychology", Place.EVALUATING)
def clear_psychology(case: Case, asked: PsychologyCleared) -> Iterator[Any]:
    """Record the psychologist's finding."""
    yield asked


@act("commit", Place.EVALUATING)
def commit(case: Case, asked: Committed) -> Iterator[Any]:
    """The person, or a proxy, signs for refills and follow-up."""
    yield asked


@act("give-prognosis")
def give_prognosis(case: Case, asked: PrognosisGiven) -> Iterator[Any]:
    """Give the class of life expectancy."""
    case.rules.prognosis(asked.prognosis)
    yield asked


@act("assess-risk")
def assess_risk(case: Case, asked: RiskAssessed) -> Iterator[Any]:
    """Record opioid history and the checklist on breathing; each item is answered once."""
    answered = sorted((*asked.at_risk, *asked.not_at_risk))
    if answered != sorted(case.rules.breathing_asked()):
        text = f"Each of {', '.join(case.rules.breathing_asked())} is answered once."
        raise Refused("unanswered", text, "Answer each.", source="pathway §2.6")
    if asked.daily_opioid.dimension != Quantity.parse("0 mg/day").dimension:
        text = "The daily opioid is a dose for each day, such as 60 mg/day."
        raise Refused("unreadable", text, "Write it so.", source="pathway §2.6")
    yield asked


@act("sign-evaluation", Place.EVALUATING)
def sign_evaluation(case: Case, asked: str) -> Iterator[Any]:
    """Sign the evaluation when nothing is missing; `asked` is the signer's summary."""
    found = report(case.person, case.rules, case.at)
    yield EvaluationSigned((*(f.text for f in found), *([asked] if asked else [])))
    yield Place.TEAM_REVIEW
