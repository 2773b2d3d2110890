"""Titration: visits after each change of dose, a lost effect, and the dose that is found."""

from collections.abc import Iterator
from typing import Any

from cisterna.clinic.acts.act import Case, act
from cisterna.clinic.acts.observation import IMPLANTED, check_seen, raised
from cisterna.clinic.acts.trial import on_scale
from cisterna.clinic.bodies.planning import GoalsSet, Place
from cisterna.clinic.bodies.titration import (
    Effect,
    Stabilised,
    TitrationResumed,
    TitrationStopped,
    TitrationVisited,
)
from cisterna.clinic.refusal import Refused
from cisterna.clinic.titration import rises, stopped

LOOK_FOR = ("granuloma at the tip", "fault of catheter or pump")


@act("titration-visit", *IMPLANTED)
def titration_visit(case: Case, asked: TitrationVisited) -> Iterator[Any]:
    """Close a visit: sedation, constipation and breathing are answered, and the scale is scored.

    A lost effect in spite of rises stops the titration; a new sign of the nerves raises the flag.
    """
    check_seen(case, asked.seen)
    blank = [n for n in ("sedation", "constipation", "breathing") if not getattr(asked, n).strip()]
    if blank:
        text = f"Not answered: {', '.join(blank)}."
        raise Refused("visit-open", text, "Ask, and write it.", source="pathway §1.3 PW-021")
    _check_scale(case, asked)
    yield asked
    yield from raised(case, asked.neuro, asked.seen)
    if asked.effect is Effect.LESS and stopped(case.person) is None:
        yield from _lost(case)


def _check_scale(case: Case, asked: TitrationVisited) -> None:
    pain = case.rules.scale("numeric-pain")
    if case.person.indication(case.rules).term.purpose == "spasticity":
        on_scale("Ashworth score", asked.ashworth, case.rules.scale("modified-ashworth"))
        return
    for score in (asked.pain_rest, asked.pain_moving):
        on_scale("pain at rest and moving", None if score is None else str(score), pain)


def _lost(case: Case) -> Iterator[TitrationStopped]:
    found = rises(case.person, case.rules, case.at)
    if len(found) >= case.rules.figure("lost_effect.count").value.number("1"):
        yield TitrationStopped(len(found), LOOK_FOR)


@act("resume-titration", *IMPLANTED)
def resume_titration(case: Case, asked: TitrationResumed) -> Iterator[Any]:
    """Titrate again, with what was found."""
    stop = stopped(case.person)
    if stop is None or stop.id != asked.stop:
        text = f"{asked.stop[:40]!r} is no stop of titration."
        raise Refused("not-stopped", text, "Nothing needs to be done.", source="pathway §5.2")
    if not asked.found.strip():
        text = "What was found when the cause was looked for?"
        raise Refused("words-missing", text, "Write it.", source="pathway §5.2; §6.5; §6.6")
    yield asked


@act("stabilise", Place.TITRATION)
def stabilise(case: Case, asked: Stabilised) -> Iterator[Any]:
    """The dose is found: each goal of hers was looked at, and the last change is reassessed."""
    goals = case.person.last(GoalsSet, None)
    looked = [g.goal for g in asked.goals if g.reached.strip()]
    if goals is None or sorted(looked) != sorted(goals.body.goals):
        text = "Each of her goals as they now stand is looked at, in words."
        raise Refused("goals-open", text, "Ask how far each is reached.", source="pathway §1.3")
    yield asked
    yield Place.MAINTENANCE
