"""Systemic opioids over time, and tapers that hold when withdrawal shows (pathway §5.4)."""

from collections.abc import Iterator
from datetime import date
from fractions import Fraction
from itertools import pairwise
from typing import Any

from cisterna.clinic.acts.act import Case, act
from cisterna.clinic.acts.asked import facts, need_words, refuse
from cisterna.clinic.bodies.visit import (
    OpioidsRecorded,
    TaperHeld,
    TaperPlanned,
    TaperStep,
    WithdrawalScored,
)
from cisterna.clinic.course import Person
from cisterna.facts.library import known
from cisterna.quantity import DOSE_RATE, Quantity, show

_ROW = "pathway §5.4"


@act("record-opioids")
def record_opioids(case: Case, asked: OpioidsRecorded) -> Iterator[Any]:
    """Record all systemic opioids as one oral morphine equivalent a day; none is 0 mg/day."""
    _check_rate(asked.daily)
    if asked.since > case.at.date():
        refuse("wrong-time", "That day has not come.", "Plan a taper instead.", _ROW)
    if asked.daily.base:
        need_words(asked.opioids, "which opioids", _ROW)
    yield asked


def _check_rate(dose: Quantity) -> None:
    if dose.dimension != DOSE_RATE or dose.base < 0:
        text = f"{show(dose)} is no dose for each day, such as 60 mg/day."
        refuse("wrong-kind", text, "Write the dose for each day.", _ROW)


@act("plan-taper")
def plan_taper(case: Case, asked: TaperPlanned) -> Iterator[Any]:
    """Plan a taper, step by step, as the clinician wrote it; a faster one has its reason."""
    need_words(asked.drug, "which drug", _ROW)
    need_words(asked.reason, "the reason", _ROW)
    if asked.intrathecal:
        known(asked.drug, case.rules.library.drug_ids, "drug")
    _check_score(case, asked.hold_at)
    _check_steps(case, asked)
    _check_pace(case, asked)
    yield asked


def _check_steps(case: Case, asked: TaperPlanned) -> None:
    doses = (asked.before, *(s.per_day for s in asked.steps))
    if not asked.before.base:
        refuse("steps", "A taper begins at a dose.", "Give the dose before it.", _ROW)
    for dose in doses:
        _check_rate(dose)
    days = [s.since for s in asked.steps]
    if not days or days != sorted(set(days)) or days[0] < case.at.date():
        text = "A taper has steps, each on a later day than the one before, from today on."
        refuse("steps", text, "Write the steps anew.", _ROW)
    if any(later >= dose for dose, later in pairwise(doses)):
        refuse("steps", "Each step of a taper is lower.", "Write the steps anew.", _ROW)


def _check_pace(case: Case, asked: TaperPlanned) -> None:
    """The first step may come at once; from then on the whole fall is held against the time."""
    rule, month = facts(case).figure("taper_month"), Quantity.of(1, "month").number("day")
    for step in asked.steps:
        fallen = (asked.before - step.per_day).base / asked.before.base
        months = Fraction((step.since - case.at.date()).days) / month
        if fallen > rule.value.number("1") * (months + 1):
            case.need_why(f"Faster than {rule.text()} a month.", rule.locator)
            return


@act("score-withdrawal")
def score_withdrawal(case: Case, asked: WithdrawalScored) -> Iterator[Any]:
    """Score withdrawal (COWS); at the score that its plan names, the taper holds."""
    _check_score(case, asked.score)
    yield asked
    plan = case.person.last(TaperPlanned, None)
    if plan is not None and asked.score >= plan.body.hold_at:
        yield TaperHeld(asked.score, plan.body.hold_at)


def _check_score(case: Case, score: int) -> None:
    top = facts(case).figure("cows_highest")
    if not 0 <= score <= top.value.number("1"):
        text = f"The withdrawal score is 0 to {top.text()}."
        refuse("not-on-scale", text, "Score it.", top.locator, top.text())


def open_taper(person: Person) -> TaperPlanned | None:
    """The taper that goes on: the latest plan, unless it holds."""
    plan = person.last(TaperPlanned, None)
    held = plan is not None and person.last(TaperHeld, TaperPlanned) is not None
    return None if plan is None or held else plan.body


def step_on(plan: TaperPlanned, day: date) -> TaperStep | None:
    """The step of a plan that runs on a day; None before its first."""
    begun = [s for s in plan.steps if s.since <= day]
    return begun[-1] if begun else None
