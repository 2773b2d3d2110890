"""What must hold before the steps from the referral to the planned implant."""

from datetime import datetime

from cisterna.clinic.bodies.planning import (
    Choice,
    DecisionRecorded,
    GoalsSet,
    OpinionGiven,
    Outcome,
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
from cisterna.clinic.guards.guard import guard, missing
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


@guard("criteria")
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


@guard("screen-fresh")
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


@guard("screened-today")
def _screened_today(person: Person, rules: Pathway, at: datetime) -> None:
    if not screened_on(person, at):
        raise Refused(
            "screen-not-today",
            "The screen for contraindications is repeated on the day.",
            "Screen again now.",
            limit="the same day",
            source="pathway §1.7",
        )


@guard("prognosis")
def _prognosis(person: Person, rules: Pathway, at: datetime) -> None:
    if person.last(PrognosisGiven) is None:
        missing("prognosis", "No class of prognosis.", "Give the class, A to D.", "pathway §2.2")


@guard("risk")
def _risk(person: Person, rules: Pathway, at: datetime) -> None:
    if person.last(RiskAssessed) is None:
        text = "Opioid history and risk to breathing are not assessed."
        missing("risk", text, "Assess them.", "pathway §2.6")


@guard("team")
def _team(person: Person, rules: Pathway, at: datetime) -> None:
    check_opinions(person, rules)
    if person.last(TeamConcluded) is None:
        missing("no-outcome", "The team has not concluded.", "Record it.", "pathway §1.6 PW-050")


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


@guard("candidate")
def _candidate(person: Person, rules: Pathway, at: datetime) -> None:
    found = person.last(TeamConcluded)
    if found is None or found.body.outcome is not Outcome.CANDIDATE:
        text = "The team has not found her a candidate."
        missing("not-candidate", text, "Take it to the team.", "pathway §1.7")


@guard("goals")
def _goals(person: Person, rules: Pathway, at: datetime) -> None:
    found = person.last(GoalsSet, None)
    if found is None or not found.body.goals:
        missing("no-goals", "No goal of her own.", "Write down one.", "pathway §1.3 PW-022")


@guard("trial-open")
def _trial_open(person: Person, rules: Pathway, at: datetime) -> None:
    check_open(person, rules, "trial")
    planned = person.last(TrialPlanned)
    if planned is not None:
        check_drug(person, rules, planned.body.drug)


@guard("implant-open")
def _implant_open(person: Person, rules: Pathway, at: datetime) -> None:
    check_open(person, rules, "implant")


def check_open(person: Person, rules: Pathway, phase: str) -> None:
    """Raise `Refused` where the latest screen found what blocks a phase, or there is none."""
    if person.last(Screened) is None:
        missing("screen-too-old", "Nobody has screened her.", "Screen.", "pathway §2.4")
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


@guard("trial-waiver")
def _trial_waiver(person: Person, rules: Pathway, at: datetime) -> None:
    if not _waived(person, Waived.TRIAL):
        text = "No trial and no waiver of it that two have signed."
        missing("no-waiver", text, "Plan the trial, or propose a waiver.", "pathway §1.6 PW-052")


@guard("consent")
def _consent(person: Person, rules: Pathway, at: datetime) -> None:
    if person.last(TrialConsented, TrialPlanned) is None:
        text = "She has not consented to this trial."
        missing("no-consent", text, "Ask her.", "pathway §3.2, record per trial")


@guard("dose-verified")
def _dose_verified(person: Person, rules: Pathway, at: datetime) -> None:
    if pending_dose(person) is None:
        text = "The pharmacist has not verified this dose."
        missing("not-verified", text, "Have the dose verified.", "pathway §8, row trial")


def pending_dose(person: Person) -> TrialDoseVerified | None:
    """The dose that was verified since the last one was given, and is good for one."""
    pending = None
    for found in person.events:
        if isinstance(found.body, TrialDoseVerified):
            pending = found.body
        elif isinstance(found.body, (TrialDoseGiven, TrialPlanned)):
            pending = None
    return pending


@guard("anticoagulants-closed")
def _closed(person: Person, rules: Pathway, at: datetime) -> None:
    for text in open_holds(person, at):
        raise Refused(
            "anticoagulant",
            f"Not before the anticoagulant plan is closed: {text}.",
            "Close the plan with the prescriber, or wait.",
            limit=text,
            source="pathway §2.5",
        )


@guard("anticoagulants-planned")
def _planned(person: Person, rules: Pathway, at: datetime) -> None:
    for drug in unplanned(person):
        missing("anticoagulant", f"No plan: {drug}.", "Plan it.", "pathway §2.5")


@guard("trial-verdict")
def _verdict(person: Person, rules: Pathway, at: datetime) -> None:
    found = person.last(TrialJudged, TrialPlanned)
    if found is None or found.body.verdict is not Verdict.SUCCESS:
        text = "No successful trial."
        missing("no-successful-trial", text, "Judge the trial.", "pathway §1.6 PW-053")


@guard("equivocal")
def _equivocal(person: Person, rules: Pathway, at: datetime) -> None:
    found = person.last(TrialJudged, TrialPlanned)
    if found is None or found.body.verdict is not Verdict.EQUIVOCAL:
        text = "Only an equivocal trial is repeated."
        missing("not-equivocal", text, "Judge the trial first.", "pathway §3.2")


@guard("decision")
def _decision(person: Person, rules: Pathway, at: datetime) -> None:
    found = person.last(DecisionRecorded)
    if found is None or found.body.choice is not Choice.IMPLANT:
        text = "No record that she has decided for the implant."
        missing("no-decision", text, "Weigh it with her and record it.", "pathway §1.4 PW-035")


@guard("implant-prognosis")
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
