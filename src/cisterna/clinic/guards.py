"""What must hold before a step of the course. `facts/pathway.toml` says which step needs which.

A guard looks at the state and raises `Refused`. A step with a guard that is not here is refused.
"""

from collections.abc import Callable, Mapping
from datetime import datetime

from cisterna.clinic.bodies import (
    Choice,
    DecisionRecorded,
    GoalsSet,
    OpinionGiven,
    Outcome,
    Place,
    PrognosisGiven,
    RiskAssessed,
    Screened,
    TeamConcluded,
    TrialConsented,
    TrialDoseGiven,
    TrialDoseVerified,
    TrialJudged,
    TrialPlanned,
    Verdict,
    Waived,
    WaiverSigned,
)
from cisterna.clinic.candidacy import report
from cisterna.clinic.course import Person, Said
from cisterna.clinic.refusal import Refused
from cisterna.clinic.screening import (
    blocking,
    open_holds,
    removed_drugs,
    screen_age_over,
    screened_on,
    unplanned,
)
from cisterna.facts import Pathway
from cisterna.facts.pathway import Prognosis

Guard = Callable[[Person, Pathway, datetime], None]


def check_step(person: Person, after: Place, rules: Pathway, at: datetime) -> None:
    """Raise `Refused` unless she can go from where she stands to `after`."""
    step = rules.step(str(person.place or ""), after)
    if step is None:
        raise Refused(
            "no-such-step",
            f"The course does not go from {person.place or 'nowhere'} to {after}.",
            "See what is missing on the course.",
            source="pathway §1.7",
        )
    check(step.guards, person, rules, at)


def check(names: tuple[str, ...], person: Person, rules: Pathway, at: datetime) -> None:
    """Raise `Refused` for the first guard that does not hold."""
    for name in names:
        guard = GUARDS.get(name)
        if guard is None:
            raise Refused("not-built", f"Nothing answers {name} yet.", "Wait for that act.")
        guard(person, rules, at)


def _criteria(person: Person, rules: Pathway, at: datetime) -> None:
    for found in report(person, rules, at):
        if found.missing:
            raise Refused(
                "incomplete",
                f"Not met: {found.text}.",
                "Record what is missing, or refer to another therapy.",
                limit=found.name,
                source=f"pathway §1.5 {found.row}",
            )


def _screen_fresh(person: Person, rules: Pathway, at: datetime) -> None:
    if screen_age_over(person, rules, at):
        valid = rules.figure("valid.screen")
        raise Refused(
            "screen-too-old",
            f"The screen for contraindications must not be older than {valid.text()}.",
            "Screen again.",
            limit=valid.text(),
            source=valid.locator,
        )


def _screened_today(person: Person, rules: Pathway, at: datetime) -> None:
    if not screened_on(person, at):
        raise Refused(
            "screen-not-today",
            "The screen for contraindications is repeated on the day.",
            "Screen again now.",
            limit="the same day",
            source="pathway §1.7",
        )


def _prognosis(person: Person, rules: Pathway, at: datetime) -> None:
    if person.last(PrognosisGiven) is None:
        _missing("prognosis", "No class of prognosis.", "Give the class, A to D.", "pathway §2.2")


def _risk(person: Person, rules: Pathway, at: datetime) -> None:
    if person.last(RiskAssessed) is None:
        text = "Opioid history and risk to breathing are not assessed."
        _missing("risk", text, "Assess them.", "pathway §2.6")


def _team(person: Person, rules: Pathway, at: datetime) -> None:
    check_opinions(person, rules)
    if person.last(TeamConcluded) is None:
        _missing("no-outcome", "The team has not concluded.", "Record it.", "pathway §1.6 PW-050")


def check_opinions(person: Person, rules: Pathway) -> None:
    """Raise `Refused` where the opinion of a profession is missing."""
    missing = missing_opinions(person, rules)
    if missing:
        raise Refused(
            "opinion-missing",
            f"No opinion of {', '.join(missing)}.",
            "Ask for it; on the fast track of cancer two may waive it with a reason.",
            limit=", ".join(rules.team_needs()),
            source="pathway §1.6 PW-050",
        )


def missing_opinions(person: Person, rules: Pathway) -> tuple[str, ...]:
    """The roles whose opinion is needed, not given and not waived by two."""
    given = {str(o.by.role) for o in person.every(OpinionGiven)}
    waived = {w.body.item for w in _waived(person, Waived.OPINION)}
    return tuple(r for r in rules.team_needs() if r not in given | waived)


def _waived(person: Person, what: Waived) -> list[Said[WaiverSigned]]:
    return [w for w in person.every(WaiverSigned) if w.body.what is what]


def _candidate(person: Person, rules: Pathway, at: datetime) -> None:
    found = person.last(TeamConcluded)
    if found is None or found.body.outcome is not Outcome.CANDIDATE:
        text = "The team has not found her a candidate."
        _missing("not-candidate", text, "Take it to the team.", "pathway §1.7")


def _goals(person: Person, rules: Pathway, at: datetime) -> None:
    found = person.last(GoalsSet, None)
    if found is None or not found.body.goals:
        _missing("no-goals", "No goal of her own.", "Write down one.", "pathway §1.3 PW-022")


def _trial_open(person: Person, rules: Pathway, at: datetime) -> None:
    check_open(person, rules, "trial")
    planned = person.last(TrialPlanned)
    if planned is not None:
        check_drug(person, rules, planned.body.drug)


def _implant_open(person: Person, rules: Pathway, at: datetime) -> None:
    check_open(person, rules, "implant")


def check_open(person: Person, rules: Pathway, phase: str) -> None:
    """Raise `Refused` where the latest screen found what blocks a phase, or there is none."""
    if person.last(Screened) is None:
        _missing("screen-too-old", "Nobody has screened her.", "Screen.", "pathway §2.4")
    for found in blocking(person, rules, phase):
        raise Refused(
            "contraindicated",
            f"{found.name.capitalize()} blocks the {phase}.",
            f"{found.action.capitalize()}."
            + (" Two may override it with a reason." if found.override else ""),
            limit=found.kind,
            source=found.evidence.locator,
        )


def check_drug(person: Person, rules: Pathway, drug: str) -> None:
    """Raise `Refused` where a finding has removed a drug for this person."""
    why = removed_drugs(person, rules).get(drug)
    if why is not None:
        raise Refused(
            "drug-removed",
            f"No {drug} for her: {why}.",
            "Plan with another drug.",
            limit=why,
            source="pathway §2.4",
        )


def _trial_waiver(person: Person, rules: Pathway, at: datetime) -> None:
    if not _waived(person, Waived.TRIAL):
        text = "No trial and no waiver of it that two have signed."
        _missing("no-waiver", text, "Plan the trial, or propose a waiver.", "pathway §1.6 PW-052")


def _consent(person: Person, rules: Pathway, at: datetime) -> None:
    if person.last(TrialConsented, TrialPlanned) is None:
        text = "She has not consented to this trial."
        _missing("no-consent", text, "Ask her.", "pathway §3.2, record per trial")


def _dose_verified(person: Person, rules: Pathway, at: datetime) -> None:
    if pending_dose(person) is None:
        text = "The pharmacist has not verified this dose."
        _missing("not-verified", text, "Have the dose verified.", "pathway §8, row trial")


def pending_dose(person: Person) -> TrialDoseVerified | None:
    """The dose that was verified since the last one was given, and is good for one."""
    pending = None
    for found in person.events:
        if isinstance(found.body, TrialDoseVerified):
            pending = found.body
        elif isinstance(found.body, (TrialDoseGiven, TrialPlanned)):
            pending = None
    return pending


def _closed(person: Person, rules: Pathway, at: datetime) -> None:
    for text in open_holds(person, at):
        raise Refused(
            "anticoagulant",
            f"Not before the anticoagulant plan is closed: {text}.",
            "Close the plan with the prescriber, or wait.",
            limit=text,
            source="pathway §2.5",
        )


def _planned(person: Person, rules: Pathway, at: datetime) -> None:
    for drug in unplanned(person):
        _missing("anticoagulant", f"No plan: {drug}.", "Plan it.", "pathway §2.5")


def _verdict(person: Person, rules: Pathway, at: datetime) -> None:
    found = person.last(TrialJudged, TrialPlanned)
    if found is None or found.body.verdict is not Verdict.SUCCESS:
        text = "No successful trial."
        _missing("no-successful-trial", text, "Judge the trial.", "pathway §1.6 PW-053")


def _equivocal(person: Person, rules: Pathway, at: datetime) -> None:
    found = person.last(TrialJudged, TrialPlanned)
    if found is None or found.body.verdict is not Verdict.EQUIVOCAL:
        text = "Only an equivocal trial is repeated."
        _missing("not-equivocal", text, "Judge the trial first.", "pathway §3.2")


def _decision(person: Person, rules: Pathway, at: datetime) -> None:
    found = person.last(DecisionRecorded)
    if found is None or found.body.choice is not Choice.IMPLANT:
        text = "No record that she has decided for the implant."
        _missing("no-decision", text, "Weigh it with her and record it.", "pathway §1.4 PW-035")


def _implant_prognosis(person: Person, rules: Pathway, at: datetime) -> None:
    found, team = person.last(PrognosisGiven), person.last(TeamConcluded)
    if found is None:
        _prognosis(person, rules, at)
        return
    excepted = team is not None and bool(team.body.exception)
    check_prognosis(rules.prognosis(found.body.prognosis), excepted, "The team may make one.")


def check_prognosis(row: Prognosis, excepted: bool, exception: str) -> None:
    """An implant fits the prognosis, or an exception was made where the class allows one."""
    possible = row.implant == "exception"
    if row.implant == "yes" or (possible and excepted):
        return
    raise Refused(
        "prognosis-too-short",
        f"No implant in class {row.id}, {row.name}.",
        f"{row.system.capitalize()}." + (f" Or an exception: {exception}" if possible else ""),
        limit=row.name,
        source=row.evidence.locator,
    )


def _missing(code: str, message: str, way_out: str, source: str) -> None:
    raise Refused(code, message, way_out, source=source)


GUARDS: Mapping[str, Guard] = {
    "criteria": _criteria,
    "screen-fresh": _screen_fresh,
    "screened-today": _screened_today,
    "prognosis": _prognosis,
    "risk": _risk,
    "team": _team,
    "candidate": _candidate,
    "goals": _goals,
    "trial-open": _trial_open,
    "trial-waiver": _trial_waiver,
    "consent": _consent,
    "dose-verified": _dose_verified,
    "anticoagulants-closed": _closed,
    "anticoagulants-planned": _planned,
    "trial-verdict": _verdict,
    "equivocal": _equivocal,
    "decision": _decision,
    "implant-open": _implant_open,
    "implant-prognosis": _implant_prognosis,
}
