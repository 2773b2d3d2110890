"""Who may do the acts of the years after the implant, and what each is asked in a right state."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from cisterna.clinic.acts.emergency import Report
from cisterna.clinic.acts.prepare import Scan
from cisterna.clinic.acts.reoperate import Reoperation
from cisterna.clinic.acts.study import Reported
from cisterna.clinic.bodies.emergency import EmergencyClosed, EmergencyOpened
from cisterna.clinic.bodies.implant import AntibioticGiven, IncisionMade
from cisterna.clinic.bodies.mri import (
    ScanCancelled,
    ScanCleared,
    ScanEnded,
    ScanInterrogated,
    ScanPrepared,
    ScanRequested,
)
from cisterna.clinic.bodies.planning import AnticoagulantsAnswered, Place
from cisterna.clinic.bodies.revision import (
    Cover,
    Ending,
    IndicatorRead,
    LineSegment,
    PlannedPart,
    Replaced,
    RevisionDeclined,
    RevisionPlanned,
    RevisionRecorded,
    TherapyEnded,
)
from cisterna.clinic.bodies.trouble import (
    Fault,
    LineSettled,
    TroubleJudged,
    TroubleOpened,
    TroubleStepRecorded,
)
from cisterna.clinic.bodies.visit import (
    AdverseEventRecorded,
    OpioidsRecorded,
    Relation,
    StudyOrdered,
    StudyReported,
    TaperPlanned,
    TaperStep,
    WithdrawalScored,
    YearReviewed,
)
from cisterna.clinic.devices import scans
from cisterna.quantity import Quantity
from tests.clinic.onward import WEIGHT, catheter, checklist, operation, udi
from tests.clinic.people import DECIDED, NURSE, PHYSICIAN, SURGEON, Course, screen
from tests.clinic.years import DAY, MORPHINE, did, living, move, pain, visit

_DOCTORS = "physician surgeon"
_DEVICE = "physician surgeon nurse"

# Written by hand: pathway §8 where it has a row (function, triage, implant), else the row of §6.
YEARS_MAY = {
    "record-visit": "physician surgeon nurse therapist patient caregiver",
    "review-year": _DOCTORS,
    "record-adverse-event": "physician surgeon nurse pharmacist therapist",
    "record-opioids": "physician surgeon nurse pharmacist therapist",
    "order-study": _DEVICE,
    "report-study": _DEVICE,
    "plan-taper": _DOCTORS,
    "score-withdrawal": _DEVICE,
    "request-scan": _DOCTORS,
    "clear-scan": _DOCTORS,
    "prepare-scan": _DEVICE,
    "end-scan": _DEVICE,
    "interrogate-after-scan": _DEVICE,
    "close-scan": _DEVICE,
    "cancel-scan": _DOCTORS,
    "open-trouble": _DEVICE,
    "record-trouble-step": _DEVICE,
    "settle-line": _DEVICE,
    "judge-trouble": _DOCTORS,
    "plan-revision": _DOCTORS,
    "decline-revision": _DOCTORS,
    "record-revision": "physician surgeon nurse",
    "record-reoperation": "surgeon",
    "read-indicator": _DEVICE,
    "end-therapy": _DOCTORS,
    "triage-report": "physician surgeon nurse patient caregiver",
    "open-emergency": _DEVICE,
    "close-emergency": _DOCTORS,
}

CAUSES = ("drug", "device", "catheter", "procedure", "human")
RUNS = ("motor-running", "log-shows-recovery", "not-in-telemetry-mode")


def at_home() -> dict[str, tuple[Any, Any]]:
    """Acts that need no state but a pump in place."""
    course = living()
    day, before = course.at.date(), Quantity.parse("60 mg/day")
    causes = tuple(Relation(cause, "unrelated") for cause in CAUSES)
    bad = AdverseEventRecorded(
        "nausea", course.at, 1, False, causes, True, "none", "recovered", MORPHINE
    )
    step = TaperStep(day + 60 * DAY, Quantity.parse("54 mg/day"))
    taper = TaperPlanned("oxycodone", False, before, (step,), 13, "relief")
    asked: dict[str, Any] = {
        "record-visit": visit(course, pain(4), remote=True),
        "review-year": YearReviewed("walks", "same", "normal", "runs", True, "relief"),
        "record-adverse-event": bad,
        "record-opioids": OpioidsRecorded(day, before, "oxycodone"),
        "order-study": StudyOrdered("film", "tip?", course.at + DAY),
        "plan-taper": taper,
        "score-withdrawal": WithdrawalScored(3),
        "request-scan": ScanRequested("pain", "lumbar", "1.5 T", course.at + DAY),
        "open-trouble": TroubleOpened("no relief"),
        "plan-revision": PLAN,
        "read-indicator": IndicatorRead("synchromed-ii-20", day - DAY, day + 2000 * DAY),
        "end-therapy": TherapyEnded(
            Ending.EXPLANT, "no-effect", "talked", MORPHINE, (Cover("morphine", "oral"),)
        ),
        "triage-report": Report(("question",)),
        "open-emergency": EmergencyOpened(("A",), "drowsy"),
    }
    return {act: (course.person, body) for act, body in asked.items()}


PLAN = RevisionPlanned((PlannedPart("pump", "NGP1", "replace"),), "stall", "oral morphine")


class _Way:
    """A course, and each act with the state it was asked in."""

    def __init__(self, course: Course) -> None:
        self.course, self.found = course, dict[str, tuple[Any, Any]]()

    def do(self, act: str, asked: Any, actor: Any = PHYSICIAN) -> None:
        self.found[act] = (self.course.person, asked)
        did(self.course, act, actor, asked)


def through_a_scan() -> dict[str, tuple[Any, Any]]:
    """A scan from its request to its close."""
    way = _Way(living())
    way.do("request-scan", ScanRequested("pain", "lumbar", "1.5 T", way.course.at + DAY))
    way.do("clear-scan", ScanCleared("synchromed-ii-20", "1.5 T", ("morphine",), (), "oral"))
    way.found["cancel-scan"] = (way.course.person, ScanCancelled("moved"))
    done = ("interrogated-before", "not-in-stopped-mode", "cover-planned")
    way.do("prepare-scan", ScanPrepared(done), NURSE)
    way.do("end-scan", ScanEnded(way.course.at), NURSE)
    for _ in range(2):
        way.do("interrogate-after-scan", ScanInterrogated(way.course.at, RUNS), NURSE)
    way.do("close-scan", "", NURSE)
    return way.found


def through_a_fault() -> dict[str, tuple[Any, Any]]:
    """A fault, found and revised; a study, an emergency."""
    way = _Way(living())
    did(way.course, "open-trouble", NURSE, TroubleOpened("no relief"))
    steps = {"safe": "stable", "history": "normal", "interrogate": "normal"}
    steps |= {"residual": "more", "film": "abnormal", "functional": "no-effect"}
    for name, result in steps.items():
        way.do("record-trouble-step", TroubleStepRecorded(name, result, "seen"))
    first = living()
    did(first, "open-trouble", NURSE, TroubleOpened("no relief"))
    safe = TroubleStepRecorded("safe", "stable", "seen")
    way.found["record-trouble-step"] = (first.person, safe)
    drawn = TroubleStepRecorded("aspirate", "flows", "clear", Quantity.parse("2 mL"))
    did(way.course, "record-trouble-step", PHYSICIAN, drawn)
    way.do("settle-line", LineSettled(True, None, "primed"), NURSE)
    way.do("judge-trouble", TroubleJudged(Fault.PUMP, "stalls", "oral morphine"))
    way.found["decline-revision"] = (way.course.person, RevisionDeclined("waits"))
    did(way.course, "plan-revision", SURGEON, PLAN)
    way.found["record-reoperation"] = reoperated(way.course)
    move(way.course, Place.IMPLANTED_OBSERVATION, timedelta(days=1))
    line = (LineSegment("ascenda-8780", Quantity.parse("80 cm")),)
    way.do("record-revision", RevisionRecorded((Replaced("pump", "NGP1", "NGP2"),), line, "T10"))
    return way.found


def reoperated(course: Course) -> tuple[Any, Any]:
    """She after the cut on the day of the revision, and what was done: a new pump and catheter."""
    on_the_day = Course("p1", course.at)
    on_the_day.person = course.person
    did(on_the_day, "record-decision", PHYSICIAN, DECIDED)
    did(on_the_day, "screen", NURSE, screen("pain"), later=7 * DAY)
    did(on_the_day, "answer-anticoagulants", NURSE, AnticoagulantsAnswered(()))
    did(on_the_day, "scan-device", NURSE, Scan("pump", "synchromed-ii-20", udi("NGP2")))
    did(on_the_day, "answer-checklist", NURSE, checklist("drug-order"))
    given = AntibioticGiven("cefazolin", Quantity.parse("2000 mg"), on_the_day.at, WEIGHT)
    did(on_the_day, "give-antibiotic", NURSE, given)
    did(on_the_day, "record-incision", NURSE, IncisionMade("name, site, allergies"))
    scanned = scans(on_the_day.person)[-1].id
    done = replace(operation(on_the_day.at), kind="revision")
    pocket: dict[str, Any] = {
        "scan": scanned,
        "side": "left",
        "depth": Quantity.parse("2 cm"),
        "site": "abdomen",
    }
    replaced = (Replaced("pump", "NGP1", "NGP2"),)
    return on_the_day.person, Reoperation(replaced, catheter("T10"), done, **pocket)


def through_an_emergency() -> dict[str, tuple[Any, Any]]:
    """A study with its result, and an emergency to its close."""
    way = _Way(living())
    order = did(way.course, "order-study", NURSE, StudyOrdered("film", "?", way.course.at + DAY))
    result = StudyReported(order[0].id, "film", way.course.at, (), "tip at T10")
    way.do("report-study", Reported(result), NURSE)
    did(way.course, "open-emergency", NURSE, EmergencyOpened(("A",), "drowsy"))
    way.do(
        "close-emergency",
        EmergencyClosed("tired", "watched", Place.MAINTENANCE, "recovered", "read: runs"),
    )
    return way.found


YEARS_ASKED = at_home() | through_a_scan() | through_a_fault() | through_an_emergency()
