"""Somebody with everything that her page shows: a year of therapy on one record."""

from datetime import timedelta

from cisterna.clinic.bodies.mri import ScanEnded
from cisterna.clinic.bodies.planning import GoalsSet
from cisterna.clinic.bodies.pumpread import PumpRead, TurnedDown
from cisterna.clinic.bodies.refill import (
    PumpReported,
    RefillBegun,
    RefillCountersigned,
    ResidualMeasured,
)
from cisterna.clinic.bodies.visit import (
    AdverseEventRecorded,
    DrugDose,
    OpioidsRecorded,
    Relation,
    VisitRecorded,
)
from cisterna.clinic.course import Person
from cisterna.clinic.therapy import therapy
from cisterna.quantity import Quantity
from tests.clinic.onward import SERIAL, implanted, rx, titrated
from tests.clinic.people import NURSE, PHYSICIAN, SCRIPTS, Course, Dose
from tests.clinic.treated import keep
from tests.clinic.years import pain, symptoms

DAY = timedelta(days=1)
RISES = ("0.36 mg/day", "0.42 mg/day", "0.48 mg/day", "0.54 mg/day")


def q(text: str) -> Quantity:
    return Quantity.parse(text)


def year(course: Course) -> Person:
    """A year after the implant: rises, visits, doses of her own, refills, an adverse event."""
    _before(course)
    for number, dose in enumerate(RISES):
        course.at += 20 * DAY
        _visited(course, 7 - number, DrugDose("morphine", q("0.3 mg/day")))
        if number:
            course.dose(Dose(SERIAL, _order(course, dose), DAY))
        _read(course, number)
    _harmed(course)
    for number in range(3):
        course.at += 60 * DAY
        _refilled(course, number)
        _visited(course, 3 + number % 2, DrugDose("morphine", q("0.54 mg/day")))
        _read(course, number + 4)
    return course.person


def _order(course: Course, dose: str):
    tree = rx(course, dose, changed=True)
    first = course.running
    assert first is not None
    tree["solution"]["filled_at"] = first.solution.filled_at
    tree["solution"]["prepared"] = first.solution.prepared
    tree["order"]["previous_daily_dose"] = "0.36 mg/day"
    tree["order"].pop("changed_at", None)
    return tree


def _before(course: Course) -> None:
    goals = GoalsSet(("walk to the shop", "sleep through the night"), "no tablets at night")
    course.person = keep(course.person, course.at, goals, NURSE)
    told = OpioidsRecorded((course.at + 20 * DAY).date(), q("20 mg/day"), "oxycodone")
    course.person = keep(course.person, course.at, told, NURSE)


def _visited(course: Course, score: int, now: DrugDose) -> None:
    body = VisitRecorded(course.at, False, (now,), pain(score, score + 1), symptoms(), 14)
    course.person = keep(course.person, course.at, body, NURSE)


def _read(course: Course, number: int) -> None:
    hour = 3_600_000
    now_ms = 10**9 + number * 20 * 24 * hour
    granted = tuple(now_ms - n * 5 * hour for n in range(3 + number, 0, -1))
    refused = tuple(TurnedDown(now_ms - n * 7 * hour, "lockout") for n in range(number % 3, 0, -1))
    known = therapy(course.person.events)
    body = PumpRead(
        SERIAL, known.version or 0, known.digest, "continuous", False, 7500,
        18_000_000 - number * 1_000_000, (), now_ms, granted, refused,
    )  # fmt: skip
    course.person = keep(course.person, course.at, body, NURSE)


def _harmed(course: Course) -> None:
    course.at += 5 * DAY
    body = AdverseEventRecorded(
        "constipation", course.at - DAY, 2, False, (Relation("drug", "probable"),), True,
        "laxative", "resolving", (DrugDose("morphine", q("0.54 mg/day")),),
    )  # fmt: skip
    course.person = keep(course.person, course.at, body, PHYSICIAN)
    course.person = keep(course.person, course.at, ScanEnded(course.at), NURSE)


def _refilled(course: Course, number: int) -> None:
    text = str(therapy(course.person.events).text)
    begun = RefillBegun("Ada Moss", "MRN 1", None, SERIAL, text, text)
    report = PumpReported(
        SERIAL, 1, None, q("2 mg/mL"), q("5 mL"), True, (), 12 + number, "kept", when="before"
    )  # fmt: skip
    measured = ResidualMeasured(
        q("5.2 mL"), q("0.1 mL"), q("5 mL"), q("10 mL"), q(f"{10 - number * 0.3:g} mL"), True,
        "accept", (),
    )  # fmt: skip
    for body in (begun, report, measured):
        course.person = keep(course.person, course.at, body, NURSE)
    course.person = keep(course.person, course.at, RefillCountersigned("x"), NURSE)


def rich(course: Course) -> Person:
    """From referral through the whole of the first year."""
    course.through(SCRIPTS["back"])
    for score in (8, 9):  # the band of her baseline
        body = VisitRecorded(course.at, False, (), pain(score, score), symptoms(), 14)
        course.person = keep(course.person, course.at, body, NURSE)
    course.through(implanted)
    course.through(titrated)
    return year(course)
