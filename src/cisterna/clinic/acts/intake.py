"""Intake: somebody is referred, or asks for herself; an evaluation begins."""

from collections.abc import Iterator
from typing import Any

from cisterna.clinic.acts.act import Case, act
from cisterna.clinic.bodies.planning import EvaluationBegun, GoalsSet, Place, Referred
from cisterna.clinic.refusal import Refused


@act("refer", None)
def refer(case: Case, asked: Referred) -> Iterator[Any]:
    """Put somebody on the intake list, for one of the twelve indications."""
    case.rules.indication(asked.indication)
    yield asked


@act("begin-evaluation", Place.REFERRED, Place.ALTERNATIVES)
def begin_evaluation(case: Case, asked: EvaluationBegun) -> Iterator[Any]:
    """Begin a round of evaluation; after other therapies a new one may begin."""
    yield asked
    yield Place.EVALUATING


@act("set-goals")
def set_goals(case: Case, asked: GoalsSet) -> Iterator[Any]:
    """Write down what she wants to reach; the list before it stays on record."""
    if not asked.goals or not all(goal.strip() for goal in asked.goals):
        text = "At least one goal, each in words."
        raise Refused("no-goals", text, "Write one.", source="pathway §1.3 PW-022")
    yield asked


@act("open-alternatives", Place.NOT_CANDIDATE, Place.TRIAL_FAILED)
def open_alternatives(case: Case, asked: str) -> Iterator[Any]:
    """Go on with other therapies. The words asked are the reason."""
    yield Place.ALTERNATIVES
