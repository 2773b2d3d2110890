"""The search for a fault, step by step; no contrast where nothing comes back (pathway §6.6)."""

from collections.abc import Iterator
from typing import Any

from cisterna.clinic.acts.act import Case, act
from cisterna.clinic.acts.asked import facts, need_words, refuse
from cisterna.clinic.bodies.planning import Place
from cisterna.clinic.bodies.revision import RevisionProposed
from cisterna.clinic.bodies.trouble import (
    Fault,
    LineSettled,
    TroubleJudged,
    TroubleOpened,
    TroubleStepRecorded,
)
from cisterna.clinic.event import Role
from cisterna.clinic.since import home
from cisterna.clinic.trouble import line_open, next_steps, results
from cisterna.facts.follow import TreeStep
from cisterna.facts.library import known
from cisterna.quantity import DURATION, VOLUME

_ROW = "pathway §6.6"
_OPEN = (Place.TITRATION, Place.MAINTENANCE, Place.EMERGENCY)


@act("open-trouble", *_OPEN)
def open_trouble(case: Case, asked: TroubleOpened) -> Iterator[Any]:
    """Begin to look for a fault."""
    need_words(asked.complaint, "what is wrong", _ROW)
    yield asked
    yield Place.TROUBLESHOOTING


@act("record-trouble-step", Place.TROUBLESHOOTING)
def record_trouble_step(case: Case, asked: TroubleStepRecorded) -> Iterator[Any]:
    """Record one step with its finding; a step that is passed over says why."""
    steps = {step.id: step for step in facts(case).tree()}
    step = steps[known(asked.step, steps, "step of the search")]
    _check_order(case, step)
    _check_result(case, step, asked)
    if asked.result:
        _check_safe(case, step)
    yield asked


def _check_order(case: Case, step: TreeStep) -> None:
    allowed = next_steps(case.person, facts(case))
    if step.id not in allowed:
        text = f"Before {step.id} comes {allowed[-1]}."
        refuse("out-of-order", text, "Record it, or why it is not done.", _ROW, allowed[-1])
    expert = case.actor.role in (Role.PHYSICIAN, Role.SURGEON)
    if step.role == "physician" and not expert:
        text = f"{step.what}: for a physician."
        refuse("role", text, "Ask physician or surgeon.", step.evidence.locator)


def _check_result(case: Case, step: TreeStep, asked: TroubleStepRecorded) -> None:
    need_words(asked.says, "what was found, or why it was not done", step.evidence.locator)
    if not asked.result and step.needed:
        text = f"{step.id.capitalize()} is not passed over."
        refuse("step-needed", text, "Do it.", step.evidence.locator)
    if asked.result:
        known(asked.result, step.results, f"result of {step.id}")
    flows = step.id == "aspirate" and asked.result == "flows"
    volume = asked.drawn is not None and asked.drawn.dimension == VOLUME and asked.drawn.base > 0
    if flows != volume:
        text = "What came back is a volume, and belongs to an aspiration that flows."
        refuse("wrong-kind", text, "Write the volume drawn.", step.evidence.locator)


def _check_safe(case: Case, step: TreeStep) -> None:
    """Contrast pushes drug where nothing came back; no step gives drug where there is too much."""
    had, source = results(case.person), step.evidence.locator
    if step.id == "contrast" and had.get("aspirate") != "flows":
        text = "Nothing came back from the port: contrast would push the drug in as a bolus."
        way_out = "No contrast; go on with the rotor, indium or MRI."
        refuse("no-contrast", text, way_out, source, "the port flows")
    if step.gives_drug and had.get("safe") == "overdose":
        text = f"{step.what}: it gives drug, and an overdose is possible."
        refuse("overdose-possible", text, "Leave the step out.", source)


@act("settle-line", Place.TROUBLESHOOTING, Place.EMERGENCY)
def settle_line(case: Case, asked: LineSettled) -> Iterator[Any]:
    """After an aspiration: a prime was programmed, or the time without drug is written."""
    if not line_open(case.person):
        refuse("line-full", "Nothing was aspirated: the catheter is full.", "Go on.", _ROW)
    need_words(asked.says, "the prime, or why there is none", _ROW)
    gap = asked.without_drug
    timed = gap is not None and gap.dimension == DURATION and gap.base > 0
    if asked.primed == timed or (gap is not None and not timed):
        text = "Either it was primed, or it says for how long no drug comes."
        refuse("line-open", text, "Say one of the two, such as 19.5 h.", "devices §3.5")
    yield asked


@act("judge-trouble", Place.TROUBLESHOOTING)
def judge_trouble(case: Case, asked: TroubleJudged) -> Iterator[Any]:
    """The verdict: a fault of pump or catheter proposes a revision, anything else leads back."""
    left = [s.id for s in facts(case).tree() if s.needed and s.id not in results(case.person)]
    if left:
        refuse("step-needed", f"Not done: {', '.join(left)}.", "Do it first.", _ROW, left[0])
    need_words(asked.reason, "the reason", _ROW)
    if results(case.person)["safe"] != "stable" or asked.fault in _FAULTS:
        need_words(asked.cover, "what covers her until then", "pathway §6.6, step 0; §7")
    yield asked
    if asked.fault in _FAULTS or (asked.fault is Fault.UNCLEAR and asked.explore):
        part = asked.fault if asked.fault in _FAULTS else "explore"
        yield RevisionProposed(str(part), asked.reason)
        return
    yield home(case.person)


_FAULTS = (Fault.CATHETER, Fault.PUMP)
