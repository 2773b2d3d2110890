"""The decision, weighed together, and the order for the implant that rests on it."""

from collections.abc import Iterator
from typing import Any

from cisterna.clinic.acts.act import Case, act
from cisterna.clinic.bodies.planning import DecisionRecorded, ImplantPlanned, Place
from cisterna.clinic.guards.planning import check_drug
from cisterna.clinic.refusal import Refused
from cisterna.clinic.treatments import stimulator_in_place
from cisterna.facts.library import known

_FROM_TEAM = (
    *(Place.TEAM_REVIEW, Place.TRIAL_PLANNED, Place.TRIAL_WAIVED, Place.TRIAL_RUNNING),
    Place.REVISION_PLANNED,
)


@act("record-decision", *_FROM_TEAM)
def record_decision(case: Case, asked: DecisionRecorded) -> Iterator[Any]:
    """Record the conversation: which decision aid, what was weighed, who was there, her choice."""
    if not (asked.aid.strip() and asked.weighed.strip() and asked.present):
        text = "A decision names the aid used, what was weighed and who was there."
        raise Refused("words-missing", text, "Write them.", source="pathway §1.4 PW-035")
    yield asked


@act("plan-implant", Place.TRIAL_RUNNING, Place.TRIAL_WAIVED)
def plan_implant(case: Case, asked: ImplantPlanned) -> Iterator[Any]:
    """Order the implant, after a successful trial or a waiver, once she has decided for it."""
    library = case.rules.library
    drug = library.drug(known(asked.drug, library.drug_ids, "drug"))
    library.pump(asked.pump)
    purpose = case.person.indication(case.rules).term.purpose
    if purpose not in drug.purposes:
        text = f"{drug.name.capitalize()} is not for {purpose}."
        raise Refused("wrong-drug", text, "Choose another drug.", source="pathway §2.1")
    check_drug(case.person, case.rules, asked.drug)
    if stimulator_in_place(case.person):
        text = "A spinal cord stimulator is in place: say what becomes of it, and of its leads."
        case.need_why(text, "pathway §1.6 PW-064")
    yield asked
    yield Place.IMPLANT_PLANNED
