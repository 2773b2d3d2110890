"""Who may do which act: the matrix cell by cell, by trying each act as each role."""

from typing import Any

import pytest

from cisterna.clinic.acts import ACTS, after
from cisterna.clinic.bodies.access import ChartOpened, OpeningReviewed
from cisterna.clinic.bodies.implant import AntibioticEnded, NerveFlagClosed, StayNoted
from cisterna.clinic.bodies.planning import (
    Answer,
    Committed,
    OpinionGiven,
    PsychologyCleared,
    TreatmentRecorded,
    Vote,
    Waived,
    WaiverProposed,
)
from cisterna.clinic.bodies.refill import RefillReminded
from cisterna.clinic.bodies.site import ConfirmationWithdrawn, TelephonesGiven, ValueConfirmed
from cisterna.clinic.bodies.titration import AdjustmentBegun, AdjustmentEnded, TitrationResumed
from cisterna.clinic.course import Person
from cisterna.clinic.event import Actor, Role
from cisterna.clinic.formulary import SITE
from cisterna.clinic.refusal import Refused
from cisterna.quantity import Quantity
from tests.clinic.heard_asked import HEARD_ASKED, HEARD_MAY
from tests.clinic.onward import each_step
from tests.clinic.onward import whole as operated
from tests.clinic.people import ENTRY, PHARMACIST, SCRIPTS, START, SURGEON, Course
from tests.clinic.refilled import Refilling, doubtful, more, whole
from tests.clinic.test_realpump import RIGHT, Chair
from tests.clinic.weigh_asked import WEIGH_ASKED, WEIGH_MAY
from tests.clinic.years_asked import YEARS_ASKED, YEARS_MAY

# Written by hand from pathway §8; where §8 has no row, from the PW row beside it.
MAY = {
    "register": "physician surgeon nurse therapist psychologist",
    "open-chart": "physician surgeon nurse pharmacist",
    "review-opening": "physician surgeon nurse pharmacist",
    "refer": "physician surgeon nurse therapist psychologist patient caregiver",  # PW-072
    "begin-evaluation": "physician surgeon nurse",
    "set-goals": "physician surgeon nurse therapist psychologist patient caregiver",  # PW-070
    "record-treatment": "physician surgeon nurse therapist",  # PW-062
    "record-evidence": "physician surgeon nurse",
    "map-pain": "physician surgeon nurse",
    "teach-back": "physician surgeon nurse",
    "clear-psychology": "psychologist",
    "commit": "patient caregiver",  # PW-044
    "screen": "physician surgeon nurse",
    "answer-anticoagulants": "physician surgeon nurse",
    "plan-hold": "physician surgeon",
    "give-prognosis": "physician surgeon",
    "assess-risk": "physician surgeon nurse",
    "sign-evaluation": "physician surgeon",
    "give-opinion": "physician surgeon nurse pharmacist therapist psychologist",
    "conclude-team": "physician surgeon",
    "open-alternatives": "physician surgeon",
    "propose-waiver": "physician surgeon",
    "sign-waiver": "physician surgeon",
    "plan-trial": "physician surgeon",
    "consent-to-trial": "patient",
    "verify-trial-dose": "pharmacist",
    "give-trial-dose": "physician surgeon",
    "observe-trial": "physician surgeon nurse therapist",
    "judge-trial": "physician surgeon",
    "record-decision": "physician surgeon",  # PW-035
    "plan-implant": "physician surgeon nurse",
    "answer-checklist": "physician surgeon nurse",
    "scan-device": "physician surgeon nurse",
    "give-antibiotic": "physician surgeon nurse",
    "record-incision": "physician surgeon nurse",
    "record-implant": "surgeon",
    "observe-after-implant": "physician surgeon nurse",
    "close-flag": "physician surgeon",
    "give-emergency-contact": "physician surgeon nurse therapist psychologist patient caregiver",
    "discharge": "physician surgeon",
    "note-stay": "physician surgeon nurse",
    "titration-visit": "physician surgeon nurse",
    "resume-titration": "physician",
    "stabilise": "physician",
    "begin-adjustment": "physician",
    "remind-refill": "physician nurse",
    "end-antibiotic": "physician surgeon nurse",
    "end-adjustment": "physician",
    **dict.fromkeys(
        [
            *("begin-refill", "interrogate-before", "record-refill-symptoms", "check-kit"),
            *("measure-residual", "decide-residual", "instil", "draw-back", "interrogate-after"),
            *("set-next-refill", "update-emergency-card", "observe-refill", "record-waste"),
            *("sign-refill", "abandon-refill", "suspect-pocket-fill"),
            *("keep-report", "check-neurology", "review-monitoring"),  # PW-055
        ],
        "physician nurse",
    ),
    **dict.fromkeys(  # two-person rules (4) and (7)
        ["read-label", "witness-waste", "countersign-refill"], "physician nurse pharmacist"
    ),
    "close-watch": "physician",
    **YEARS_MAY,
    **HEARD_MAY,
    **WEIGH_MAY,
    "confirm-value": "pharmacist",
    "give-telephones": "physician pharmacist admin",
    "withdraw-value": "pharmacist",
    "print-sheet": "physician surgeon nurse",
    "type-back": "physician surgeon nurse pharmacist",
}


def asked_for() -> dict[str, tuple[Any, Any]]:
    """For each act a state in which it is possible and what a worked course asks there."""
    found: dict[str, tuple[Any, Any]] = {}
    for name in SCRIPTS:
        for course, step in each_step(name):
            asked = step.asked
            if step.act == "record-treatment":
                asked = TreatmentRecorded("rehabilitation", Answer.DECLINED, "", "", "no time")
            found.setdefault(step.act, (course.person, asked))
    person = course.person
    found["close-flag"] = (person, NerveFlagClosed("p1.1", "MRI", "nothing"))
    closed = operated("palsy", "discharge")
    found["end-antibiotic"] = (closed.person, AntibioticEnded(closed.at))
    found["remind-refill"] = (person, RefillReminded("she comes", alone=False))
    found["begin-adjustment"] = (person, AdjustmentBegun("more spasms"))
    found["end-adjustment"] = (person, AdjustmentEnded("well"))
    found["note-stay"] = (person, StayNoted("waited for a bed at home"))
    found["resume-titration"] = (person, TitrationResumed("p1.1", "nothing"))
    found["open-alternatives"] = (person, "")
    refill = Refilling()
    for part in (doubtful, whole, more):
        for step in part(refill):
            found.setdefault(step.act, (refill.person, step.asked))
            refill.do(step)
    found["register"] = (person, ENTRY)
    found["open-chart"] = (person, ChartOpened("main"))
    opened = ACTS["open-chart"](person, SURGEON, ChartOpened("main"), course.at, why="urgent")
    found["review-opening"] = (after(person, opened), OpeningReviewed(opened[0].id, True))
    return found | YEARS_ASKED | HEARD_ASKED | WEIGH_ASKED | by_hand() | of_the_site()


def of_the_site() -> dict[str, tuple[Any, Any]]:
    """The acts of the pharmacist on the clinic's own record."""
    lead = Quantity.parse("7 day")
    told = ValueConfirmed("guidance.refill_lead", lead, lead, "our own protocol 12")
    site = Person(SITE)
    events = ACTS["confirm-value"](site, PHARMACIST, told, START, why="our protocol")
    taken = ConfirmationWithdrawn(told.fact)
    known = {"confirm-value": (site, told), "withdraw-value": (after(site, events), taken)}
    return known | {"give-telephones": (site, TelephonesGiven("elm", on_call="5550100"))}


def by_hand() -> dict[str, tuple[Any, Any]]:
    """The acts of a maker's pump."""
    chair = Chair()
    chair.signed()
    before = chair.person
    chair.act("print-sheet", "ab" * 32)
    return {"print-sheet": (before, "ab" * 32), "type-back": (chair.person, RIGHT)}


ASKED = asked_for()
CELLS = [(act, role) for act in MAY for role in Role]


def test_every_act_has_its_row():
    assert set(MAY) == set(ACTS) == set(ASKED)


@pytest.mark.pathway("PW-051")
@pytest.mark.parametrize(("act", "role"), CELLS)
def test_a_role_does_its_acts_and_no_other(act: str, role: Role):
    person, asked = ASKED[act]
    at = person.events[-1].recorded if person.events else START
    try:
        ACTS[act](person, Actor("somebody", role), asked, at, why="a reason")
        code = ""
    except Refused as why:
        code = why.code
    assert (code != "role") == (role in MAY[act].split())


def test_nobody_acts_without_a_name():
    person, asked = ASKED["screen"]
    at = person.events[-1].recorded
    with pytest.raises(Refused, match="somebody"):
        ACTS["screen"](person, Actor(" ", Role.NURSE), asked, at)


def test_a_time_without_its_offset_is_refused():
    person, asked = ASKED["screen"]
    at = person.events[-1].recorded.replace(tzinfo=None)
    with pytest.raises(Refused, match="offset"):
        ACTS["screen"](person, Actor("n", Role.NURSE), asked, at)


@pytest.mark.parametrize(
    ("act", "asked"),
    [
        ("give-opinion", OpinionGiven(Vote.FOR, "")),
        ("propose-waiver", WaiverProposed(Waived.TRIAL, "", "")),
    ],
)
def test_an_opinion_and_a_waiver_have_words(act: str, asked: Any):
    person, _ = ASKED[act]
    with pytest.raises(Refused):
        ACTS[act](person, Actor("a", Role.PHYSICIAN), asked, person.events[-1].recorded)


def test_a_proxy_signs_and_a_psychologist_who_does_not_clear_stops_the_evaluation():
    person, _ = ASKED["commit"]
    at = person.events[-1].recorded
    assert ACTS["commit"](person, Actor("mother", Role.CAREGIVER), Committed("we come"), at)
    course = Course().through(SCRIPTS["back"], "sign-evaluation")
    not_cleared = PsychologyCleared(False, "untreated depression")
    events = ACTS["clear-psychology"](
        course.person, Actor("y", Role.PSYCHOLOGIST), not_cleared, course.at
    )
    with pytest.raises(Refused, match="psychologist"):
        ACTS["sign-evaluation"](
            after(course.person, events), Actor("dr", Role.PHYSICIAN), "", course.at
        )
