"""The screen for contraindications, and what is done about anticoagulants."""

from collections.abc import Iterator
from typing import Any

from cisterna.clinic.acts.act import Case, act
from cisterna.clinic.bodies.planning import AnticoagulantsAnswered, HoldPlanned, Screened
from cisterna.clinic.refusal import Refused
from cisterna.clinic.screening import split
from cisterna.facts import Cited
from cisterna.quantity import later


@act("screen")
def screen(case: Case, asked: Screened) -> Iterator[Any]:
    """Record a whole screen: every finding is either present or absent, none is left open."""
    purpose = case.person.indication(case.rules).term.purpose
    wanted = sorted(c.id for c in case.rules.screen(purpose))
    found = {split(name)[0] for name in asked.present}
    if sorted((*found, *asked.absent)) != wanted:
        open_ones = sorted(set(wanted) ^ {*found, *asked.absent}) or ["one answered twice"]
        raise Refused(
            "screen-incomplete",
            f"Not answered, or not asked: {', '.join(open_ones)}.",
            "Answer each finding once, as present or absent.",
            source="pathway §2.4",
        )
    if "hypersensitivity" in asked.present:
        text = "Hypersensitivity to which drug?"
        raise Refused("screen-incomplete", text, "Write hypersensitivity:DRUG.", source="§2.4")
    yield asked


@act("answer-anticoagulants")
def answer_anticoagulants(case: Case, asked: AnticoagulantsAnswered) -> Iterator[Any]:
    """Record which anticoagulants are taken; none is an answer."""
    for drug in asked.taking:
        case.rules.hold(drug)
    yield asked


@act("plan-hold")
def plan_hold(case: Case, asked: HoldPlanned) -> Iterator[Any]:
    """Plan the hold of one anticoagulant with its prescriber; a shorter one needs a reason."""
    known_hold = case.rules.hold(asked.drug).hold
    if not asked.prescriber.strip():
        text = "The decision is shared with the prescriber."
        raise Refused("no-prescriber", text, "Name the prescriber.", source="pathway §2.5")
    _check_times(asked)
    if known_hold is not None and _shorter(asked, known_hold):
        said = f"{asked.drug} is held for {known_hold.text()} ({known_hold.certainty})"
        case.need_why(f"The hold is shorter: {said}.", known_hold.locator)
    yield asked


def _shorter(asked: HoldPlanned, known_hold: Cited) -> bool:
    if asked.last_dose is None or asked.hold_until is None:
        return False
    return asked.hold_until < later(asked.last_dose, known_hold.most)


def _check_times(asked: HoldPlanned) -> None:
    times = (asked.last_dose, asked.hold_until)
    if any(t is not None and t.utcoffset() is None for t in times):
        raise Refused("no-offset", "A time without its offset.", "Give it with its offset.")
    if asked.hold_until and (asked.last_dose is None or asked.hold_until < asked.last_dose):
        text = "A hold begins with the last dose."
        raise Refused("no-last-dose", text, "Give the last dose.", source="pathway §2.5")
