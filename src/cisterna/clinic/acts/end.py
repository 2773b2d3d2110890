"""The end of a therapy: by taper, explant or death, with cover for what the drug leaves behind."""

from collections.abc import Iterator
from typing import Any

from cisterna.clinic.acts.act import Case, act
from cisterna.clinic.acts.asked import check_doses, facts, need_words, once, refuse
from cisterna.clinic.acts.opioids import step_on
from cisterna.clinic.bodies.planning import Place
from cisterna.clinic.bodies.revision import Ending, TherapyEnded
from cisterna.clinic.bodies.visit import DrugDose, TaperHeld, TaperPlanned
from cisterna.clinic.since import AFTER_IMPLANT
from cisterna.facts.library import known

_ROW = "pathway §1.3 PW-024"


@act("end-therapy", *AFTER_IMPLANT)
def end_therapy(case: Case, asked: TherapyEnded) -> Iterator[Any]:
    """End the therapy; a drug that may not stop abruptly asks for its taper or its cover.

    `now` are the doses that the pump ran before it; for a death the reason is death.
    """
    known(asked.reason, facts(case).words("end.reason"), "reason")
    need_words(asked.says, "what led to it", _ROW)
    if (asked.ending is Ending.DEATH) != (asked.reason == "death"):
        refuse("reason", "Death is its own ending.", "Correct one of the two.", _ROW)
    check_doses(case, asked.now, _ROW)
    once((c.drug for c in asked.cover), "cover", _ROW)
    for cover in asked.cover:
        known(cover.drug, [d.drug for d in asked.now], "drug of the pump")
    if asked.ending is not Ending.DEATH:
        for dose in asked.now:
            _check_drug(case, asked, dose)
    yield asked
    yield Place.THERAPY_ENDED


def _check_drug(case: Case, asked: TherapyEnded, dose: DrugDose) -> None:
    drug = case.rules.library.drug(dose.drug)
    rule = facts(case).cover(drug.withdrawal)
    if rule is None:
        return
    why, card, evidence = rule
    tapered = asked.ending is Ending.TAPER and _taper_done(case, dose)
    planned = {c.drug: c.plan.strip() for c in asked.cover}.get(dose.drug, "")
    if not tapered and not planned:
        way_out = f"Taper it, or write the plan that covers its withdrawal (card {card})."
        refuse("withdrawal-not-covered", why, way_out, evidence.locator, dose.drug)


def _taper_done(case: Case, dose: DrugDose) -> bool:
    """Whether this drug's taper has come to its last step without being held.

    Raises `Refused` where a therapy is ended by taper and the taper is not done.
    """
    plans = [p for p in case.person.every(TaperPlanned) if _is_of(p.body, dose)]
    if not plans:
        text = f"No taper of {dose.drug} is planned."
        refuse("no-taper", text, "Plan it.", "pathway §5.4")
    held = case.person.last(TaperHeld, TaperPlanned)
    step = step_on(plans[-1].body, case.at.date())
    if held is not None or step is None or step != plans[-1].body.steps[-1]:
        text = f"The taper of {dose.drug} is not at its last step, or is held."
        refuse("taper-not-done", text, "Finish it, or plan it anew.", "pathway §5.4")
    return not step.per_day.base


def _is_of(plan: TaperPlanned, dose: DrugDose) -> bool:
    return plan.intrathecal and plan.drug == dose.drug
