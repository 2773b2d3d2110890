"""Three worked courses, step by step: failed back surgery, cerebral palsy, cancer of the pancreas.

Nobody here is real. Each step is an act with its actor; a test stops where it wants to look.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from cisterna.clinic.acts import ACTS, after
from cisterna.clinic.bodies.order import OrderWritten
from cisterna.clinic.bodies.painmap import PainMapped
from cisterna.clinic.bodies.planning import (
    Answer,
    AnticoagulantsAnswered,
    Choice,
    Committed,
    DecisionRecorded,
    EvaluationBegun,
    EvidenceRecorded,
    GoalsSet,
    HoldPlanned,
    ImplantPlanned,
    OpinionGiven,
    Outcome,
    PrognosisGiven,
    PsychologyCleared,
    Referred,
    Registered,
    RiskAssessed,
    Screened,
    TeachBackDone,
    TeamConcluded,
    TreatmentRecorded,
    TrialConsented,
    TrialDoseGiven,
    TrialDoseVerified,
    TrialJudged,
    TrialObserved,
    TrialPlanned,
    Verdict,
    Vote,
    Waived,
    WaiverProposed,
)
from cisterna.clinic.course import Person
from cisterna.clinic.event import Actor, Event, Role
from cisterna.clinic.gate.acts import Pen, approve, give_reason, intend, propose, reauthenticate
from cisterna.clinic.gate.bodies import TransmissionEnded
from cisterna.clinic.gate.change import Wanted, second_reading
from cisterna.clinic.gate.standing import standing
from cisterna.facts import Pathway
from cisterna.order.prescription import Prescription
from cisterna.quantity import Quantity
from tests.orders import LIBRARY, Tree, read, toml

RULES = Pathway()
START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)

PHYSICIAN = Actor("dr-ames", Role.PHYSICIAN)
COLLEAGUE = Actor("dr-bell", Role.PHYSICIAN)
SURGEON = Actor("dr-cole", Role.SURGEON)
NURSE = Actor("n-dunn", Role.NURSE)
PHARMACIST = Actor("p-eads", Role.PHARMACIST)
THERAPIST = Actor("t-ford", Role.THERAPIST)
PSYCHOLOGIST = Actor("y-gale", Role.PSYCHOLOGIST)
PATIENT = Actor("the-patient", Role.PATIENT)
CAREGIVER = Actor("the-caregiver", Role.CAREGIVER)


@dataclass(frozen=True)
class Step:
    """One act of a worked course; `later` is how long after the step before it."""

    act: str
    actor: Actor
    asked: Any
    later: timedelta = timedelta(minutes=10)
    why: str = ""
    corrects: str | None = None


@dataclass(frozen=True)
class Dose:
    """A change of dose through the gate: the order, and how far and how well it goes."""

    serial: str
    order: Tree
    later: timedelta = timedelta(minutes=10)
    outcome: str = "activated"
    signed_only: bool = False
    act: str = "dose"


Script = Callable[["Course"], Iterator[Step | Dose]]
Planning = Callable[["Course"], Iterator[Step]]


ENTRY = Registered(
    "Ada Moss", date(1965, 4, 1), "female", "MRN 1", "main", "Europe/Berlin", "en", False
)


class Course:
    """One registered person and the clock; acts move both on."""

    def __init__(self, person_id: str = "p1", at: datetime = START) -> None:
        entered = ACTS["register"](Person(person_id), NURSE, ENTRY, at)
        self.person, self.at = after(Person(person_id), entered), at
        self.running: Prescription | None = None
        self.version = 0

    def do(self, step: Step) -> tuple[Event, ...]:
        """Do one step; a refused one changes nothing."""
        at = self.at + step.later
        events = ACTS[step.act](
            self.person, step.actor, step.asked, at, why=step.why, corrects=step.corrects
        )
        self.person, self.at = after(self.person, events), at
        return events

    def dose(self, wanted: "Dose") -> None:
        """A change of dose on its way through the gate, by physician and colleague."""
        self.at += wanted.later
        change = Wanted(wanted.serial, self.version, toml(wanted.order), self.running)
        self._keep(self._pen(PHYSICIAN).writes(OrderWritten(change.text)))
        proposal = self._gate(propose, PHYSICIAN, change, LIBRARY)
        codes = tuple(sorted({f.code for f in proposal.body.findings if f.severity != "note"}))
        if codes:
            self._gate(give_reason, PHYSICIAN, codes, why="pain is worse, she was watched")
        if proposal.body.second:
            blocked = any(f.severity == "block" for f in proposal.body.findings)
            typed = proposal.body.dose if blocked else None
            self._gate(approve, COLLEAGUE, second_reading(change, LIBRARY), typed)
        if wanted.signed_only:
            return
        self._gate(reauthenticate, PHYSICIAN, "passkey")
        intent = self._gate(intend, PHYSICIAN)
        ended = TransmissionEnded(intent.id, wanted.outcome, "activate", None, None, "")
        self._keep(self._pen(PHYSICIAN).writes(ended))
        if wanted.outcome == "activated":
            self.running, self.version = read(wanted.order), self.version + 1

    def _gate(self, act: Callable[..., Event], by: Actor, *asked: Any, why: str = "") -> Event:
        return self._keep(act(standing(self.person.events), self._pen(by, why), *asked))

    def _pen(self, by: Actor, why: str = "") -> Pen:
        self.at += timedelta(seconds=5)
        return Pen(self.person.id, by, self.at, self.person.next_id, why)

    def _keep(self, event: Event) -> Event:
        self.person = after(self.person, (event,))
        return event

    def through(self, script: Script, until: str = "") -> "Course":
        """Do the steps of a script, up to the first act called `until`, which is not done."""
        for step in script(self):
            if step.act == until:
                break
            self.dose(step) if isinstance(step, Dose) else self.do(step)
        return self


def screen(purpose: str, *present: str) -> Screened:
    """A whole screen with these findings."""
    names = {name.partition(":")[0] for name in present}
    return Screened(present, tuple(c.id for c in RULES.screen(purpose) if c.id not in names))


def look(at: datetime, pain: int | None = None, ashworth: str | None = None, **more: Any):
    """One look in a trial."""
    return TrialObserved(at, "awake", 14, 97, pain, pain, ashworth, **more)


def evidence(*asks: str, cancer: bool = False) -> Iterator[Step]:
    """Every item of every criterion."""
    for name in RULES.ids("criterion"):
        for item in RULES.criterion(name).needs:
            yield Step("record-evidence", NURSE, EvidenceRecorded(name, item, f"{item} seen"))
    for item in asks:
        told = EvidenceRecorded("uncontrolled", item, f"{item}: answered")
        yield Step("record-evidence", NURSE, told)
    if cancer:
        failed = "vomiting on every oral opioid"
        told = EvidenceRecorded("uncontrolled", "systemic-failure", failed)
        yield Step("record-evidence", NURSE, told)
    yield Step("teach-back", NURSE, TeachBackDone(True, "told back refills, infection, stopping"))
    yield Step("commit", PATIENT, Committed("I will come to every refill"))


def treatments(*names: str) -> Iterator[Step]:
    """Each of these was tried and failed."""
    for name in names:
        had = TreatmentRecorded(name, Answer.TRIED, "3 months", "no relief", "")
        yield Step("record-treatment", NURSE, had)


def risk(daily: str, *at_risk: str) -> Step:
    """Opioid history and the checklist."""
    rest = tuple(i for i in RULES.breathing_asked() if i not in at_risk)
    dose = Quantity.parse(daily)
    return Step("assess-risk", PHYSICIAN, RiskAssessed(dose, "oral", True, True, at_risk, rest))


def opinions(*against: Actor) -> Iterator[Step]:
    """An opinion of each profession that the team needs."""
    for actor in (PHYSICIAN, SURGEON, THERAPIST):
        vote = Vote.AGAINST if actor in against else Vote.FOR
        yield Step("give-opinion", actor, OpinionGiven(vote, "seen and examined"))


DECIDED = DecisionRecorded(Choice.IMPLANT, "aid 1", "relief against surgery and refills", ("she",))


def back(course: Course) -> Iterator[Step]:
    """Failed back surgery, warfarin held, one dose of morphine."""
    yield Step("refer", NURSE, Referred("failed-back-surgery-syndrome", "Dr Hall", "a pump?"))
    yield Step("begin-evaluation", PHYSICIAN, EvaluationBegun("pain clinic"))
    yield Step("set-goals", PATIENT, GoalsSet(("walk to the shop",)))
    yield from treatments("oral-drugs", "nerve-block")
    scs = TreatmentRecorded("spinal-cord-stimulation", Answer.DECLINED, "", "", "wants no leads")
    yield Step("record-treatment", NURSE, scs)
    mapped = PainMapped(("low-back", "left-thigh"), "mixed", "localised")
    yield Step("map-pain", NURSE, mapped)
    yield from evidence("surgical-option-left")
    yield Step("clear-psychology", PSYCHOLOGIST, PsychologyCleared(True, "no exclusion"))
    yield Step("screen", NURSE, screen("pain"))
    yield Step("answer-anticoagulants", NURSE, AnticoagulantsAnswered(("warfarin",)))
    yield Step("plan-hold", PHYSICIAN, hold(None))
    yield Step("give-prognosis", PHYSICIAN, PrognosisGiven("D", "no life-limiting illness"))
    yield risk("60 mg/day", "age")
    yield Step("sign-evaluation", PHYSICIAN, "candidate in my view", timedelta(days=1))
    yield from opinions()
    outcome = TeamConcluded(Outcome.CANDIDATE, ("walk to the shop",))
    yield Step("conclude-team", PHYSICIAN, outcome)
    planned = TrialPlanned("single-shot-opioid", "morphine", "inpatient")
    yield Step("plan-trial", PHYSICIAN, planned)
    yield Step("consent-to-trial", PATIENT, TrialConsented("I agree"))
    yield Step("plan-hold", PHYSICIAN, hold(course.at))
    yield Step("screen", NURSE, screen("pain"), timedelta(days=7))
    dose = Quantity.parse("0.3 mg")
    verified = TrialDoseVerified("morphine", dose, "lot 7")
    yield Step("verify-trial-dose", PHARMACIST, verified)
    yield Step("observe-trial", NURSE, look(course.at, 8))
    given = TrialDoseGiven("morphine", dose, "lot 7", "L3")
    yield Step("give-trial-dose", PHYSICIAN, given)
    yield Step("observe-trial", NURSE, look(course.at + hours(4), 3), hours(4))
    better = look(course.at + hours(20), 4, function_better=True)
    yield Step("observe-trial", THERAPIST, better, hours(20))
    judged = TrialJudged(Verdict.SUCCESS, "walked 200 m", True, "morphine 0.3 mg/day, T10")
    yield Step("judge-trial", PHYSICIAN, judged)
    yield Step("record-decision", PHYSICIAN, DECIDED)
    ordered = ImplantPlanned("morphine", "synchromed-ii-20", "T10", "left abdomen")
    yield Step("plan-implant", SURGEON, ordered, timedelta(days=2))


def hours(count: int) -> timedelta:
    return timedelta(hours=count)


def hold(last: datetime | None) -> HoldPlanned:
    """Warfarin, held for five days from its last dose."""
    until = None if last is None else last + timedelta(days=5)
    return HoldPlanned("warfarin", "Dr Hall", True, last, until, "none", "after 24 h")


def palsy(course: Course) -> Iterator[Step]:
    """Cerebral palsy, a screening dose of baclofen."""
    yield Step("refer", PHYSICIAN, Referred("cerebral-palsy", "Dr Ives", "stiff legs"))
    yield Step("begin-evaluation", PHYSICIAN, EvaluationBegun("tone clinic"))
    yield Step("set-goals", CAREGIVER, GoalsSet(("sit through a meal",)))
    yield from treatments("oral-drugs")
    yield from evidence()
    yield Step("screen", NURSE, screen("spasticity"))
    yield Step("answer-anticoagulants", NURSE, AnticoagulantsAnswered(()))
    yield Step("give-prognosis", PHYSICIAN, PrognosisGiven("D", "years"))
    yield risk("0 mg/day", "opioid-naive")
    yield Step("sign-evaluation", SURGEON, "")
    yield from opinions(THERAPIST)
    outcome = TeamConcluded(Outcome.CANDIDATE, ("sit through a meal",), "she stands with a frame")
    yield Step("conclude-team", PHYSICIAN, outcome)
    planned = TrialPlanned("baclofen-bolus", "baclofen", "outpatient")
    yield Step("plan-trial", PHYSICIAN, planned)
    yield Step("consent-to-trial", PATIENT, TrialConsented("yes"))
    yield Step("screen", NURSE, screen("spasticity"), timedelta(days=3))
    dose = Quantity.parse("50 mcg")
    yield Step("verify-trial-dose", PHARMACIST, TrialDoseVerified("baclofen", dose, "lot 9"))
    yield Step("observe-trial", THERAPIST, look(course.at, ashworth="3"))
    yield Step("give-trial-dose", PHYSICIAN, TrialDoseGiven("baclofen", dose, "lot 9", "L3"))
    eased = look(course.at + hours(4), ashworth="1+", goals_met=True)
    yield Step("observe-trial", THERAPIST, eased, hours(4))
    yield Step("observe-trial", NURSE, look(course.at + hours(4), ashworth="3"), hours(5))
    judged = TrialJudged(Verdict.SUCCESS, "sat through a meal", True, "baclofen 100 mcg/day")
    yield Step("judge-trial", PHYSICIAN, judged)
    yield Step("record-decision", PHYSICIAN, DECIDED)
    ordered = ImplantPlanned("baclofen", "synchromed-ii-40", "T6", "right abdomen")
    yield Step("plan-implant", SURGEON, ordered)


def pancreas(course: Course) -> Iterator[Step]:
    """Cancer of the pancreas on the fast track: no therapist yet, no trial, each waived by two."""
    yield Step("refer", PHYSICIAN, Referred("cancer-pain", "oncology", "pain in spite of all"))
    yield Step("begin-evaluation", PHYSICIAN, EvaluationBegun("palliative clinic"))
    yield Step("set-goals", PATIENT, GoalsSet(("be awake for my grandson",)))
    yield from treatments("oral-drugs", "nerve-block")
    reason = "prognosis too short for a trial of leads"
    scs = TreatmentRecorded("spinal-cord-stimulation", Answer.CONSIDERED, "", "", reason)
    yield Step("record-treatment", NURSE, scs)
    mapped = PainMapped(("upper-abdomen-middle",), "visceral", "localised")
    yield Step("map-pain", NURSE, mapped)
    yield from evidence(cancer=True)
    yield Step("screen", NURSE, screen("pain"))
    yield Step("answer-anticoagulants", NURSE, AnticoagulantsAnswered(()))
    yield Step("give-prognosis", PHYSICIAN, PrognosisGiven("C", "oncologist: 4 to 6 months"))
    yield risk("240 mg/day", "lung-disease")
    yield Step("sign-evaluation", PHYSICIAN, "urgent")
    yield from (s for s in opinions() if s.actor is not THERAPIST)
    asked = WaiverProposed(Waived.OPINION, "therapist", "bedridden; seen by the ward's therapist")
    yield Step("propose-waiver", PHYSICIAN, asked)
    yield Step("sign-waiver", COLLEAGUE, latest(course))
    outcome = TeamConcluded(Outcome.CANDIDATE, ("be awake for my grandson",))
    yield Step("conclude-team", PHYSICIAN, outcome)
    trial = WaiverProposed(Waived.TRIAL, "", "each puncture costs a day of few")
    yield Step("propose-waiver", PHYSICIAN, trial)
    yield Step("sign-waiver", SURGEON, latest(course))
    yield Step("record-decision", PHYSICIAN, DECIDED)
    ordered = ImplantPlanned("morphine", "synchromed-ii-20", "T7", "left abdomen")
    yield Step("plan-implant", SURGEON, ordered)


SCRIPTS: dict[str, Planning] = {"back": back, "palsy": palsy, "pancreas": pancreas}
PURPOSE = {"back": "pain", "palsy": "spasticity", "pancreas": "pain"}


def latest(course: Course) -> str:
    """The id of the latest event."""
    return course.person.events[-1].id if course.person.events else ""
