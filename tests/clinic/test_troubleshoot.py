"""The search for a fault goes step by step and ends at a revision or back in maintenance."""

from typing import Any

import pytest

from cisterna.clinic.bodies.planning import Place
from cisterna.clinic.bodies.revision import RevisionProposed
from cisterna.clinic.bodies.trouble import (
    Fault,
    LineSettled,
    TroubleJudged,
    TroubleOpened,
    TroubleStepRecorded,
)
from cisterna.clinic.due import follow_tasks
from cisterna.facts import Follow
from cisterna.quantity import Quantity
from tests.clinic.people import NURSE, PATIENT, PHYSICIAN, RULES, Course
from tests.clinic.refusals import refused
from tests.clinic.years import did, living, named

DRAWN = Quantity.parse("2 mL")
LEAK = [  # a catheter that leaks: more pain, nothing at the pump, the film shows it
    ("safe", "withdrawal"),
    ("history", "abnormal"),
    ("interrogate", "normal"),
    ("residual", "as-expected"),
    ("film", "abnormal"),
]


def step(name: str, result: str, **more: Any) -> TroubleStepRecorded:
    drawn = DRAWN if (name, result) == ("aspirate", "flows") else None
    return TroubleStepRecorded(name, result, more.get("says", "looked"), more.get("drawn", drawn))


def searching(*steps: tuple[str, str], place: Place = Place.MAINTENANCE) -> Course:
    """Somebody in whom these steps have been recorded."""
    course = living(place=place)
    did(course, "open-trouble", NURSE, TroubleOpened("relief is gone since Tuesday"))
    for name, result in steps:
        did(course, "record-trouble-step", PHYSICIAN, step(name, result))
    return course


@pytest.mark.pathway("PW-032")
def test_a_leaking_catheter_ends_at_a_proposal_of_revision():
    course = searching(*LEAK)
    with refused("words-missing"):
        judged = TroubleJudged(Fault.CATHETER, "gap at the connector", "")
        did(course, "judge-trouble", PHYSICIAN, judged)
    verdict = TroubleJudged(Fault.CATHETER, "gap at the connector", "oral morphine, watched")
    events = did(course, "judge-trouble", PHYSICIAN, verdict)
    proposed = [e.body for e in events if isinstance(e.body, RevisionProposed)]
    assert proposed == [RevisionProposed("catheter", "gap at the connector")]
    assert course.person.place is Place.TROUBLESHOOTING, "a proposal is no order"


@pytest.mark.parametrize("fault", [Fault.NONE, Fault.DRUG, Fault.UNCLEAR])
@pytest.mark.parametrize("place", [Place.TITRATION, Place.MAINTENANCE])
def test_without_a_fault_of_the_system_she_goes_back_to_where_she_was(fault: Fault, place: Place):
    course = searching(("safe", "stable"), *LEAK[1:4], place=place)
    did(course, "judge-trouble", PHYSICIAN, TroubleJudged(fault, "urinary infection", ""))
    assert course.person.place is place


def test_what_stays_unclear_may_be_explored():
    course = searching(("safe", "stable"), *LEAK[1:4])
    verdict = TroubleJudged(Fault.UNCLEAR, "all normal, no relief", "", explore=True)
    events = did(course, "judge-trouble", PHYSICIAN, verdict)
    assert isinstance(events[-1].body, RevisionProposed)


def test_no_step_comes_before_its_turn_and_the_first_four_are_not_passed_over():
    course = searching()
    with refused("out-of-order"):
        did(course, "record-trouble-step", PHYSICIAN, step("film", "normal"))
    for name, result in LEAK[:4]:
        with refused("step-needed"):
            did(course, "record-trouble-step", PHYSICIAN, step(name, ""))
        with refused("step-needed"):
            did(course, "judge-trouble", PHYSICIAN, TroubleJudged(Fault.PUMP, "so", "so"))
        did(course, "record-trouble-step", NURSE, step(name, result))
    with refused("words-missing"):
        did(course, "record-trouble-step", NURSE, step("film", "", says=" "))
    assert did(course, "record-trouble-step", NURSE, step("film", "", says="filmed last week"))


def test_a_result_is_one_of_the_steps_own_and_a_step_one_of_the_tree():
    course = searching()
    for odd in (step("safe", "perhaps"), step("prayer", "normal")):
        with refused("unknown"):
            did(course, "record-trouble-step", PHYSICIAN, odd)


TO_PORT = [*LEAK, ("functional", "no-effect")]


@pytest.mark.parametrize("port", ["nothing", ""])
def test_where_nothing_can_be_aspirated_no_contrast_is_given(port: str):
    course = searching(*TO_PORT, ("aspirate", port))
    with refused("no-contrast"):
        did(course, "record-trouble-step", PHYSICIAN, step("contrast", "abnormal"))
    passed = step("contrast", "", says="nothing came back")
    did(course, "record-trouble-step", PHYSICIAN, passed)
    assert did(course, "record-trouble-step", PHYSICIAN, step("rotor", "turns"))


def test_where_csf_flows_contrast_is_given():
    course = searching(*TO_PORT, ("aspirate", "flows"))
    assert did(course, "record-trouble-step", PHYSICIAN, step("contrast", "abnormal"))


def test_an_aspiration_that_flows_has_its_volume_and_no_other_step_has_one():
    course = searching(*TO_PORT)
    flows = TroubleStepRecorded("aspirate", "flows", "clear")
    odd = [
        flows,
        TroubleStepRecorded("aspirate", "flows", "clear", Quantity.parse("0 mL")),
        TroubleStepRecorded("aspirate", "flows", "clear", Quantity.parse("2 mg")),
        TroubleStepRecorded("aspirate", "nothing", "dry", DRAWN),
        TroubleStepRecorded("film", "normal", "seen", DRAWN),
    ]
    for body in odd:
        with refused("wrong-kind"):
            did(course, "record-trouble-step", PHYSICIAN, body)


def test_where_an_overdose_is_possible_no_step_gives_drug():
    course = searching(("safe", "overdose"), *LEAK[1:])
    with refused("overdose-possible"):
        did(course, "record-trouble-step", PHYSICIAN, step("functional", "effect"))
    for name in ("functional", "aspirate", "contrast"):
        did(course, "record-trouble-step", PHYSICIAN, step(name, "", says="overdose possible"))
    with refused("overdose-possible"):
        did(course, "record-trouble-step", PHYSICIAN, step("rotor", "turns"))


def test_a_nurse_looks_and_a_physician_aspirates():
    course = searching(*TO_PORT)
    with refused("role"):
        did(course, "record-trouble-step", NURSE, step("aspirate", "flows"))
    with refused("role"):
        did(course, "record-trouble-step", PATIENT, step("aspirate", "flows"))


def test_after_an_aspiration_the_catheter_is_empty_until_it_is_primed_or_the_gap_is_written():
    course = searching(("safe", "stable"), *TO_PORT[1:], ("aspirate", "flows"))
    verdict = TroubleJudged(Fault.NONE, "all in order", "")
    assert named(follow_tasks(course.person, RULES, course.at), "catheter is empty")
    with refused("line-open"):
        did(course, "judge-trouble", PHYSICIAN, verdict)
    hours = Quantity.parse("19.5 h")
    for odd in (
        LineSettled(True, hours, "both"),
        LineSettled(False, None, "neither"),
        LineSettled(False, Quantity.parse("0 h"), "none"),
        LineSettled(False, DRAWN, "a volume"),
        LineSettled(True, DRAWN, "a volume"),
    ):
        with refused("line-open"):
            did(course, "settle-line", PHYSICIAN, odd)
    # Devices §3.5: 0.17908 mL of catheter at 0.22 mL/day is 19.5 h without drug.
    did(course, "settle-line", PHYSICIAN, LineSettled(False, hours, "next dose covers"))
    assert not named(follow_tasks(course.person, RULES, course.at), "catheter is empty")
    did(course, "judge-trouble", PHYSICIAN, verdict)
    assert course.person.place is Place.MAINTENANCE
    with refused("not-now"):
        did(course, "settle-line", PHYSICIAN, LineSettled(True, None, "again"))


def test_nobody_settles_a_catheter_that_is_full():
    course = searching(*LEAK)
    with refused("line-full"):
        did(course, "settle-line", PHYSICIAN, LineSettled(True, None, "primed"))


def test_the_tree_is_that_of_the_book_with_the_yield_of_each_step():
    tree = Follow(RULES.library).tree()
    assert [s.evidence.locator.rsplit(" ", 1)[1] for s in tree] == [str(n) for n in range(12)]
    found = {s.id: s.found_in.text() for s in tree if s.found_in}
    assert found == {
        "film": "35.1 %", "aspirate": "24.3 %", "contrast": "35.1 %", "indium": "5.4 %"
    }  # fmt: skip
