"""Each guard of the course alone refuses the state that it is there for, and has its place."""

from datetime import timedelta
from typing import Any

import pytest

from cisterna.clinic.bodies.planning import Place, PrognosisGiven
from cisterna.clinic.guards import GUARDS, check, check_step
from cisterna.clinic.refusal import Refused
from tests.clinic.people import (
    NURSE,
    PHYSICIAN,
    RULES,
    SCRIPTS,
    Course,
    Step,
    back,
    hold,
    palsy,
    pancreas,
    screen,
)

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
]


@pytest.mark.parametrize(("name", "script", "act", "code"), REFUSES)
def test_a_guard_refuses_what_it_is_there_for(name: str, script: Any, act: str, code: str):
    course = Course().through(script, act)
    with pytest.raises(Refused) as caught:
        check((name,), course.person, RULES, course.at)
    assert caught.value.code == code
    assert caught.value.source


# The guards of the years after the implant are tried in tests/clinic/test_years_guards.py.
PLANNING = {name for name, looks in GUARDS.items() if looks.__module__.endswith("planning")}


def test_every_guard_is_tried_here_or_on_the_day():
    assert {name for name, *_ in REFUSES} | {"screened-today"} == PLANNING


@pytest.mark.parametrize("name", sorted(PLANNING - {"trial-waiver", "equivocal"}))
def test_a_guard_lets_a_right_course_through(name: str):
    before = "give-trial-dose" if name == "dose-verified" else "plan-implant"
    course = Course().through(palsy, before)
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


def test_the_facts_name_only_guards_that_are_here_or_belong_to_the_implant():
    named = {guard for step in RULES.steps() for guard in step.guards}
    assert named - set(GUARDS) == {"udi-scanned", "first-interrogation"}
    assert set(GUARDS) <= named


def test_the_course_knows_every_place_and_no_other():
    steps = RULES.steps()
    assert {s.before for s in steps} | {s.after for s in steps} == set(Place)


@pytest.mark.parametrize("name", SCRIPTS)
def test_nobody_comes_past_the_planned_implant_before_that_is_built(name: str):
    course = Course().through(SCRIPTS[name])
    course.do(Step("screen", NURSE, screen("spasticity" if name == "palsy" else "pain")))
    if name == "back":
        course.do(Step("plan-hold", PHYSICIAN, hold(course.at - timedelta(days=5))))
    with pytest.raises(Refused) as caught:
        check_step(course.person, Place.IMPLANTED_OBSERVATION, RULES, course.at)
    assert caught.value.code == "not-built"


def test_the_course_has_no_short_cut():
    for script, place in ((back, Place.IMPLANT_PLANNED), (palsy, Place.TRIAL_RUNNING)):
        course = Course().through(script, "sign-evaluation")
        with pytest.raises(Refused) as caught:
            check_step(course.person, place, RULES, course.at)
        assert caught.value.code == "no-such-step"
