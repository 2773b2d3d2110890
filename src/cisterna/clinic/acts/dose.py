"""The dose of a trial, held against the doses that the facts know for that type of trial."""

from cisterna.clinic.acts.act import Case
from cisterna.clinic.bodies.planning import RiskAssessed, TrialDoseGiven, TrialPlanned
from cisterna.clinic.refusal import Refused
from cisterna.facts import Cited, Situation
from cisterna.quantity import Quantity, later, show


def check_dose(case: Case, plan: TrialPlanned, dose: Quantity) -> None:
    """Raise `Refused` for a dose of the wrong kind, too high, or one that looks like a slip.

    A limit that was read is kept; one that is only recalled, or none at all, asks for a reason. A
    slip of the unit is refused whatever the reason.
    """
    tops = highest(case, plan)
    if not tops:
        text = f"No source gives a dose for {case.rules.trial(plan.kind).name}."
        case.need_why(text, "pathway §3.1")
    for top in tops:
        if dose.dimension != top.most.dimension or dose.base <= 0:
            _refuse("wrong-kind", f"{show(dose)} is not a dose such as {top.text()}.", top)
    _check_slip(case, tops, dose)
    for top in tops:
        if dose > top.most:
            _above(case, top, dose)


def highest(case: Case, plan: TrialPlanned) -> tuple[Cited, ...]:
    """The doses known for this trial and this person: its own, else the limits of the drug."""
    kind = case.rules.trial(plan.kind)
    if kind.doses:
        return (max(kind.doses, key=lambda fact: fact.most.base),)
    limits = case.rules.library.drug(plan.drug).ever(kind.limit) if kind.limit else ()
    found = (limit.fact for limit in limits if limit.applies(_situation(case)))
    return tuple(fact for fact in found if fact.high is not None)


def _situation(case: Case) -> Situation:
    risk = case.person.last(RiskAssessed)
    tolerant = None if risk is None else "opioid-naive" not in risk.body.at_risk
    term = case.person.indication(case.rules).term
    return Situation("US", "trial", tolerant, term.cancer, term.origin)


def _check_slip(case: Case, tops: tuple[Cited, ...], dose: Quantity) -> None:
    factor = case.rules.library.rule("slip_start_factor").value.number("1")
    if tops and all(dose > top.most * factor for top in tops):
        top = max(tops, key=lambda fact: fact.most.base)
        _refuse("slip", f"{show(dose)} looks like a slip: known is {top.text()}.", top)


def _above(case: Case, top: Cited, dose: Quantity) -> None:
    text = f"{show(dose)} is above {top.text()} ({top.authority}, {top.certainty})"
    if top.verified:
        _refuse("dose-too-high", f"{text}.", top)
    case.need_why(f"{text}.", top.locator)


def check_interval(case: Case, plan: TrialPlanned) -> None:
    """Raise `Refused` for a dose too soon after the one before it."""
    between = case.rules.trial(plan.kind).between
    given = case.person.last(TrialDoseGiven, TrialPlanned)
    if between is not None and given is not None and case.at < later(given.at, between.least):
        _refuse("too-soon", f"The next dose not before {between.text()} have passed.", between)


def _refuse(code: str, message: str, fact: Cited) -> None:
    way_out = "Choose another dose, or another time."
    raise Refused(code, message, way_out, limit=fact.text(), source=fact.locator)
