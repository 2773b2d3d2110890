"""Each guard of the course alone refuses the state that it is there for, and has its place."""

from datetime import timedelta
from typing import Any

import pytest

from cisterna.clinic.bodies.planning import Place, PrognosisGiven
from cisterna.clinic.bodies.refill import RefillSigned
from cisterna.clinic.guards import GUARDS, check, check_step
from cisterna.clinic.refusal import Refused
from tests.clinic.onward import all_of
from tests.clinic.people import (
    NURSE,
    PHYSICIAN,
    RULES,
    SCRIPTS,
    Course,
    Step,
    back,
    palsy,
    pancreas,
    screen,
)
from tests.clinic.refilled import SECOND
from tests.clinic.refilled import until as refill_until

BACK, PALSY = all_of(back), all_of(palsy)

# What each guard refuses: in which course, before which act, with which code.
REFUSES = [
    ("criteria", back, "record-evidence", "incomplete"),
    ("screen-fresh", back, "screen", "screen-too-old"),
    ("prognosis", back, "give-prognosis", "prognosis"),
    ("risk", back, "assess-risk", "risk"),
    ("team", back, "give-opinion", "opinion-missing"),
    ("team", back, "conclude-team", "no-outcome"),
    ("candidate", back, "conclude-team", "not-candidate"),
    ("goals", back, "set-goals", "no-goals"),
    ("trial-open", back, "screen", "screen-too-old"),
    ("trial-waiver", back, "record-decision", "no-waiver"),
    ("consent", palsy, "consent-to-trial", "no-consent"),
    ("dose-verified", palsy, "verify-trial-dose", "not-verified"),
    ("anticoagulants-closed", back, "conclude-team", "anticoagulant"),
    ("anticoagulants-planned", back, "answer-anticoagulants", "anticoagulant"),
    ("anticoagulants-planned", back, "plan-hold", "anticoagulant"),
    ("trial-verdict", back, "judge-trial", "no-successful-trial"),
    ("equivocal", back, "record-decision", "not-equivocal"),
    ("decision", back, "record-decision", "no-decision"),
    ("implant-open", back, "screen", "screen-too-old"),
    ("implant-prognosis", back, "give-prognosis", "prognosis"),
    ("anticoagulants-today", BACK, "plan-implant", "anticoagulants-not-today"),
    ("udi-scanned", BACK, "scan-device", "not-scanned"),
    ("checklist", BACK, "answer-checklist", "no-checklist"),
    ("order-signed", PALSY, "answer-checklist", "order-not-signed"),
    ("antibiotic", BACK, "give-antibiotic", "no-antibiotic"),
    ("incision", BACK, "record-incision", "no-incision"),
    ("first-interrogation", PALSY, "dose", "not-interrogated"),
    ("watch-complete", BACK, "observe-after-implant", "watch-not-over"),
    ("emergency-contact", BACK, "give-emergency-contact", "no-contact"),
    ("reassessed", BACK, "titration-visit", "not-reassessed"),
]
# Tried where the states are that they refuse: test_course.py, test_implant.py, test_titration.py.
ELSEWHERE = {"screened-today", "no-open-flag", "titrating", "refill-ended"}

# Before which act a guard lets a right course through, where it is not the planned implant.
RIGHT = {
    "dose-verified": "give-trial-dose",
    **dict.fromkeys(("anticoagulants-today", "udi-scanned", "checklist"), "record-incision"),
    **dict.fromkeys(("order-signed", "antibiotic"), "record-incision"),
    "incision": "record-implant",
    **dict.fromkeys(("first-interrogation", "watch-complete", "emergency-contact"), "discharge"),
    **dict.fromkeys(("no-open-flag", "titrating", "reassessed"), "stabilise"),
}


@pytest.mark.parametrize(("name", "script", "act", "code"), REFUSES)
def test_a_guard_refuses_what_it_is_there_for(name: str, script: Any, act: str, code: str):
    course = Course().through(script, act)
    with pytest.raises(Refused) as caught:
        check((name,), course.person, RULES, course.at)
    assert caught.value.code == code
    assert caught.value.source


# The guards of the years after the implant are tried in tests/clinic/test_years_guards.py.
HERE = {name for name, looks in GUARDS.items() if not looks.__module__.endswith("follow")}


def test_every_guard_is_tried_here_or_on_the_day():
    assert {name for name, *_ in REFUSES} | ELSEWHERE == HERE


def test_a_refill_that_is_not_signed_by_two_lets_nobody_back_to_maintenance():
    course = refill_until("countersign-refill")
    with pytest.raises(Refused) as caught:
        check_step(course.person, Place.MAINTENANCE, RULES, course.at)
    assert caught.value.code == "refill-open"
    signed = course.last(RefillSigned)
    course.do(Step("countersign-refill", SECOND, signed))
    check(("refill-ended",), course.person, RULES, course.at)


OTHERS = ("trial-waiver", "equivocal", "refill-ended")


@pytest.mark.parametrize("name", sorted(HERE - set(OTHERS)))
def test_a_guard_lets_a_right_course_through(name: str):
    script = BACK if name == "order-signed" else PALSY
    course = Course().through(script, RIGHT.get(name, "plan-implant"))
    check((name,), course.person, RULES, course.at)


@pytest.mark.parametrize("phase", ["trial", "implant"])
@pytest.mark.parametrize("finding", [
    "active-infection", "coagulopathy", "csf-obstruction", "psychology-exclusion"])  # fmt: skip
def test_a_finding_closes_trial_and_implant(phase: str, finding: str):
    course = Course().through(back, "plan-implant")
    course.do(Step("screen", NURSE, screen("pain", finding)))
    with pytest.raises(Refused, match=f"blocks the {phase}"):
        check((f"{phase}-open",), course.person, RULES, course.at)


def test_a_screen_of_thirty_days_stands_and_a_second_more_does_not():
    course = Course().through(palsy, "plan-implant")
    screened = next(e for e in reversed(course.person.events) if e.kind == "screened")
    check(("screen-fresh",), course.person, RULES, screened.recorded + timedelta(days=30))
    late = screened.recorded + timedelta(days=30, seconds=1)
    with pytest.raises(Refused):
        check(("screen-fresh",), course.person, RULES, late)


@pytest.mark.parametrize(("prognosis", "way_out"), [("A", "External"), ("B", "exception")])
def test_a_short_prognosis_points_to_another_system(prognosis: str, way_out: str):
    course = Course().through(pancreas, "plan-implant")
    course.do(Step("give-prognosis", PHYSICIAN, PrognosisGiven(prognosis, "so")))
    with pytest.raises(Refused) as caught:
        check(("implant-prognosis",), course.person, RULES, course.at)
    assert way_out in caught.value.way_out


def test_the_facts_name_only_guards_that_are_here_and_every_one():
    named = {guard for step in RULES.steps() for guard in step.guards}
    named |= set(RULES.before("incision")) | {i.guard for i in RULES.checklist() if i.guard}
    assert named == set(GUARDS)


def test_the_course_knows_every_place_and_no_other():
    steps = RULES.steps()
    assert {s.before for s in steps} | {s.after for s in steps} == set(Place)


@pytest.mark.parametrize("name", SCRIPTS)
def test_nobody_counts_as_implanted_without_an_incision(name: str):
    course = Course().through(SCRIPTS[name])
    with pytest.raises(Refused) as caught:
        check_step(course.person, Place.IMPLANTED_OBSERVATION, RULES, course.at)
    assert caught.value.code == "no-incision"


def test_the_course_has_no_short_cut():
    for script, place in ((back, Place.IMPLANT_PLANNED), (palsy, Place.TRIAL_RUNNING)):
        course = Course().through(script, "sign-evaluation")
        with pytest.raises(Refused) as caught:
            check_step(course.person, place, RULES, course.at)
        assert caught.value.code == "no-such-step"
