"""What can happen to a person up to the planned implant: the bodies of the events.

Names of rules (an indication, a finding, a type of trial) are those of `facts/pathway.toml`.
"""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from cisterna.clinic.event import event
from cisterna.quantity import Quantity


class Place(StrEnum):
    """Where somebody stands on the course (pathway §1.7)."""

    REFERRED = "referred"
    EVALUATING = "evaluating"
    TEAM_REVIEW = "team-review"
    NOT_CANDIDATE = "not-candidate"
    ALTERNATIVES = "alternatives"
    TRIAL_PLANNED = "trial-planned"
    TRIAL_WAIVED = "trial-waived"
    TRIAL_RUNNING = "trial-running"
    TRIAL_FAILED = "trial-failed"
    IMPLANT_PLANNED = "implant-planned"
    IMPLANTED_OBSERVATION = "implanted-observation"
    TITRATION = "titration"
    MAINTENANCE = "maintenance"
    REFILL = "refill"
    ADJUST = "adjust"
    MRI_HOLD = "mri-hold"
    TROUBLESHOOTING = "troubleshooting"
    EMERGENCY = "emergency"
    REVISION_PLANNED = "revision-planned"
    THERAPY_ENDED = "therapy-ended"


@event
@dataclass(frozen=True, slots=True)
class Moved:
    """A step of the course; its evidence names the events that it rests on."""

    before: Place
    after: Place


@event
@dataclass(frozen=True, slots=True)
class Registered:
    """Who she is: two identifiers, and how to reach her; the whole entry, anew at each change.

    `number` is the clinic's own number of the person, `zone` the name of her time zone, `language`
    the one that she reads, `clinic` where she belongs.
    """

    name: str
    born: date
    sex: str
    number: str
    clinic: str
    zone: str
    language: str
    interpreter_needed: bool
    phone: str = ""


@event
@dataclass(frozen=True, slots=True)
class Referred:
    """Somebody asks for a consultation; it lands on the intake list."""

    indication: str
    asked_by: str
    question: str


@event
@dataclass(frozen=True, slots=True)
class EvaluationBegun:
    """A round of evaluation; what was signed in an earlier round does not count in this one."""

    clinic: str


@event
@dataclass(frozen=True, slots=True)
class GoalsSet:
    """What the person wants to reach, in her own words; the whole list, anew each time."""

    goals: tuple[str, ...]
    preferences: str = ""


class Answer(StrEnum):
    """What became of a treatment."""

    TRIED = "tried"
    DECLINED = "declined"
    CONTRAINDICATED = "contraindicated"
    CONSIDERED = "considered"
    NEVER_CONSIDERED = "never-considered"


class When(StrEnum):
    """When a treatment is had: before, beside intrathecal therapy, or instead of it."""

    PRIOR = "prior"
    CONCURRENT = "concurrent"
    INSTEAD = "instead"


@event
@dataclass(frozen=True, slots=True)
class TreatmentRecorded:
    """One treatment: what became of it, dose and duration, outcome, reason; it may go on."""

    treatment: str
    answer: Answer
    course: str
    outcome: str
    reason: str
    when: When = When.PRIOR


@event
@dataclass(frozen=True, slots=True)
class EvidenceRecorded:
    """One item of evidence for one criterion: what it says, and the document that holds it."""

    criterion: str
    item: str
    says: str
    document: str = ""


@event
@dataclass(frozen=True, slots=True)
class TeachBackDone:
    """Whether the person could say back benefits, risks and duties."""

    passed: bool
    says: str


@event
@dataclass(frozen=True, slots=True)
class PsychologyCleared:
    """The psychologist's finding."""

    cleared: bool
    says: str


@event
@dataclass(frozen=True, slots=True)
class Committed:
    """The person, or a proxy, accepts refills and follow-up for life."""

    statement: str


@event
@dataclass(frozen=True, slots=True)
class Screened:
    """The whole screen for contraindications: each finding is either present or absent."""

    present: tuple[str, ...]
    absent: tuple[str, ...]
    says: str = ""


@event
@dataclass(frozen=True, slots=True)
class AnticoagulantsAnswered:
    """Which anticoagulants and antiplatelet drugs are taken; none is an answer."""

    taking: tuple[str, ...]


@event
@dataclass(frozen=True, slots=True)
class HoldPlanned:
    """The plan for one anticoagulant, open until the prescriber agrees and it is stopped."""

    drug: str
    prescriber: str
    prescriber_agrees: bool
    last_dose: datetime | None
    hold_until: datetime | None
    bridging: str
    restart: str


@event
@dataclass(frozen=True, slots=True)
class PrognosisGiven:
    """The class of life expectancy, A to D."""

    prognosis: str
    says: str


@event
@dataclass(frozen=True, slots=True)
class RiskAssessed:
    """Systemic opioids as oral morphine equivalent, and the checklist on breathing."""

    daily_opioid: Quantity
    opioids: str
    prescriptions_looked_up: bool
    naloxone_at_home: bool
    at_risk: tuple[str, ...]
    not_at_risk: tuple[str, ...]


@event
@dataclass(frozen=True, slots=True)
class EvaluationSigned:
    """The evaluation is complete; the findings of the report, in its order."""

    findings: tuple[str, ...]


class Vote(StrEnum):
    """For or against an implanted system."""

    FOR = "for"
    AGAINST = "against"
    ABSTAIN = "abstain"


@event
@dataclass(frozen=True, slots=True)
class OpinionGiven:
    """One profession's opinion; the role is that of the actor."""

    vote: Vote
    says: str


class Outcome(StrEnum):
    """What the team concludes."""

    CANDIDATE = "candidate"
    NOT_CANDIDATE = "not-candidate"
    ALTERNATIVES = "alternatives"


@event
@dataclass(frozen=True, slots=True)
class TeamConcluded:
    """The team's outcome: goals it serves, its answer to dissent, an exception it makes."""

    outcome: Outcome
    goals: tuple[str, ...]
    dissent: str = ""
    exception: str = ""


class Waived(StrEnum):
    """What two may waive."""

    TRIAL = "trial"
    OPINION = "opinion"
    CONTRAINDICATION = "contraindication"


@event
@dataclass(frozen=True, slots=True)
class WaiverProposed:
    """A waiver with its reason; it counts for nothing until another person signs it."""

    what: Waived
    item: str
    reason: str


@event
@dataclass(frozen=True, slots=True)
class WaiverSigned:
    """The second signature; `proposal` is the id of the event signed."""

    what: Waived
    item: str
    proposal: str


@event
@dataclass(frozen=True, slots=True)
class TrialPlanned:
    """Which type of trial, with which drug, in or out of hospital."""

    kind: str
    drug: str
    setting: str


@event
@dataclass(frozen=True, slots=True)
class TrialConsented:
    """The person agrees to this trial."""

    statement: str


@event
@dataclass(frozen=True, slots=True)
class TrialDoseVerified:
    """The pharmacist has verified one dose; it is good for that one dose."""

    drug: str
    dose: Quantity
    lot: str


@event
@dataclass(frozen=True, slots=True)
class TrialDoseGiven:
    """One dose, or the start of a continuous one, at a level of the spine."""

    drug: str
    dose: Quantity
    lot: str
    level: str


@event
@dataclass(frozen=True, slots=True)
class TrialObserved:
    """One look at the person, at a time: before the first dose it is the baseline.

    `pain_rest` and `pain_moving` 0 to 10, `ashworth` 0 to 4 with 1+, `breaths` a minute,
    `oxygen` in per cent. The last five are findings that end a trial.
    """

    seen: datetime
    sedation: str
    breaths: int
    oxygen: int
    pain_rest: int | None = None
    pain_moving: int | None = None
    ashworth: str | None = None
    function_better: bool = False
    goals_met: bool = False
    says: str = ""
    intolerable: bool = False
    respiratory_depression: bool = False
    new_deficit: bool = False
    infection: bool = False


class Verdict(StrEnum):
    """How a trial went."""

    SUCCESS = "success"
    EQUIVOCAL = "equivocal"
    FAILED = "failed"


@event
@dataclass(frozen=True, slots=True)
class TrialJudged:
    """The verdict, and the drug, dose and tip that the therapy would start from."""

    verdict: Verdict
    reason: str
    patient_accepts: bool
    starts_from: str = ""


class Choice(StrEnum):
    """What the person has decided."""

    IMPLANT = "implant"
    OTHER = "other"
    WAIT = "wait"


@event
@dataclass(frozen=True, slots=True)
class DecisionRecorded:
    """The conversation in which person and clinician weighed benefit against risk."""

    choice: Choice
    aid: str
    weighed: str
    present: tuple[str, ...]


@event
@dataclass(frozen=True, slots=True)
class ImplantPlanned:
    """The order for the implant: drug, pump and tip, and where the pocket will be."""

    drug: str
    pump: str
    tip: str
    pocket: str
