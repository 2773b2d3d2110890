"""The team: opinions with votes, dissent that is answered, an outcome that serves a goal."""

from collections.abc import Iterator
from typing import Any

from cisterna.clinic.acts.act import Case, act
from cisterna.clinic.bodies.planning import (
    GoalsSet,
    OpinionGiven,
    Outcome,
    Place,
    PrognosisGiven,
    TeamConcluded,
    Vote,
)
from cisterna.clinic.guards.planning import check_opinions, check_prognosis
from cisterna.clinic.refusal import Refused


@act("give-opinion", Place.TEAM_REVIEW)
def give_opinion(case: Case, asked: OpinionGiven) -> Iterator[Any]:
    """Give one profession's opinion, with its reasons."""
    if not asked.says.strip():
        text = "An opinion has its reasons."
        raise Refused("words-missing", text, "Write them.", source="pathway §1.6 PW-050")
    yield asked


@act("conclude-team", Place.TEAM_REVIEW)
def conclude_team(case: Case, asked: TeamConcluded) -> Iterator[Any]:
    """Record the outcome: it needs the opinions, cites a goal and answers every dissent."""
    check_opinions(case.person, case.rules)
    _check_goals(case, asked)
    _check_dissent(case, asked)
    _check_exception(case, asked)
    yield asked
    if asked.outcome is not Outcome.CANDIDATE:
        yield Place(asked.outcome)


def _check_goals(case: Case, asked: TeamConcluded) -> None:
    goals = case.person.last(GoalsSet, None)
    known = goals.body.goals if goals else ()
    if not asked.goals or not set(asked.goals) <= set(known):
        text = "The outcome cites at least one of her goals as they now stand."
        raise Refused("no-goals", text, "Cite one.", source="pathway §1.6 PW-070")


def _check_dissent(case: Case, asked: TeamConcluded) -> None:
    last = {o.by.who: o for o in case.person.every(OpinionGiven)}
    other = Vote.AGAINST if asked.outcome is Outcome.CANDIDATE else Vote.FOR
    dissent = [who for who, o in last.items() if o.body.vote is other]
    if dissent and not asked.dissent.strip():
        raise Refused(
            "dissent",
            f"The vote of {', '.join(sorted(dissent))} differs and is not answered.",
            "Write what the team answers to it.",
            source="pathway §1.6 PW-050",
        )


def _check_exception(case: Case, asked: TeamConcluded) -> None:
    found = case.person.last(PrognosisGiven)
    if asked.outcome is not Outcome.CANDIDATE or found is None:
        return
    row = case.rules.prognosis(found.body.prognosis)
    check_prognosis(row, bool(asked.exception.strip()), "give its reason.")
