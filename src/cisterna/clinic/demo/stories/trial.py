"""A trial: one dose, verified, given, and watched at its times."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

from cisterna.clinic.bodies import planning as b
from cisterna.clinic.demo.cast import Plan
from cisterna.clinic.demo.player import Player, Step
from cisterna.clinic.demo.steps import Act
from cisterna.clinic.event import Actor
from cisterna.quantity import Quantity

HOUR = timedelta(hours=1)
LOT, LEVEL = "lot 7", "L3"
Staff = Callable[[str], Actor]


def planned(plan: Plan, staff: Staff) -> Iterator[Step]:
    """Planned, and agreed to."""
    found = b.TrialPlanned(plan.trial["kind"], plan.trial["drug"], plan.trial["setting"])
    yield Act("plan-trial", staff("physician"), found)
    yield Act("consent-to-trial", staff("patient"), b.TrialConsented("I agree to this trial"))


def given(plan: Plan, staff: Staff, purpose: str) -> Iterator[Step]:
    """The baseline, and the dose that the pharmacist has verified."""
    drug, dose = plan.trial["drug"], Quantity.parse(plan.trial["dose"])
    why = "the usual first dose of this clinic"
    verified = b.TrialDoseVerified(drug, dose, LOT)
    yield Act("verify-trial-dose", staff("pharmacist"), verified, why=why)
    yield _look(staff("nurse"), purpose, pain=8, ashworth="3")
    dosed = b.TrialDoseGiven(drug, dose, LOT, LEVEL)
    yield Act("give-trial-dose", staff("physician"), dosed, why=why)


def watched(staff: Staff, purpose: str, *, better: bool) -> Iterator[Step]:
    """Looks at the person over a day, and the verdict."""
    pain, tone = (3, "1+") if better else (7, "3")
    good: dict[str, Any] = {"function_better": better, "goals_met": better}
    yield _look(staff("nurse"), purpose, pain=pain, ashworth=tone, later=4 * HOUR)
    yield _look(staff("therapist"), purpose, pain=pain, ashworth=tone, later=4 * HOUR, **good)
    yield _look(staff("nurse"), purpose, pain=pain + 1, ashworth="3", later=17 * HOUR)
    reason = "walked further and slept" if better else "less than a third less pain or tone"
    verdict = b.Verdict.SUCCESS if better else b.Verdict.FAILED
    judged = b.TrialJudged(verdict, reason, better, "as in the trial" if better else "")
    yield Act("judge-trial", staff("physician"), judged, why="watched as this clinic does")


def _look(
    by: Actor,
    purpose: str,
    *,
    pain: int,
    ashworth: str,
    later: timedelta = timedelta(minutes=10),
    **more: Any,
) -> Step:
    scores: dict[str, Any] = {"pain_rest": pain, "pain_moving": pain} if purpose == "pain" else {}
    tone: dict[str, Any] = {} if purpose == "pain" else {"ashworth": ashworth}

    def seen(player: Player) -> b.TrialObserved:
        return b.TrialObserved(player.at, "awake", 14, 97, **scores, **tone, **more)

    return Act("observe-trial", by, seen, later)
