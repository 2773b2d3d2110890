"""Where it hurts, whether surgery is left, and what else is had: asked, held and shown."""

from dataclasses import replace
from typing import Any

import pytest

from cisterna.clinic.bodies.painmap import PainMapped
from cisterna.clinic.bodies.planning import (
    Answer,
    EvidenceRecorded,
    Referred,
    TreatmentRecorded,
    When,
)
from cisterna.clinic.candidacy import items, report
from cisterna.clinic.course import Person
from cisterna.clinic.web.person.now import flags_of, now_of
from tests.clinic.people import NURSE, RULES, SURGEON, THERAPIST, Course, Step, back
from tests.clinic.refusals import refused
from tests.clinic.years import did, living, to_order
from tests.orders import LIBRARY

BACKS = ("failed-back-surgery-syndrome", "spinal-stenosis", "degenerative-disc-disease")
STIMULATION = "spinal-cord-stimulation"


def evaluated(indication: str, *, without: tuple[type, ...] = ()) -> Course:
    """Somebody with this indication, up to the screen of her evaluation."""
    course = Course()
    for step in back(course):
        if step.act == "screen":
            return course
        if isinstance(step.asked, without):
            continue
        if isinstance(step.asked, Referred):
            course.do(replace(step, asked=replace(step.asked, indication=indication)))
            continue
        if isinstance(step.asked, EvidenceRecorded):
            found = step.asked
            if found.item not in items(course.person, RULES, found.criterion):
                continue
        course.do(step)
    raise AssertionError(indication)


def missing(course: Course) -> str:
    return " ".join(m for f in report(course.person, RULES, course.at) for m in f.missing)


@pytest.mark.pathway("PW-010")
@pytest.mark.parametrize("name", BACKS)
def test_chronic_back_pain_opens_the_back_scales_and_asks_whether_surgery_is_left(name: str):
    assert "roland-morris" in RULES.indication(name).scales
    course = evaluated(name, without=(EvidenceRecorded,))
    assert "no surgical-option-left" in missing(course)
    told = EvidenceRecorded("uncontrolled", "surgical-option-left", "two surgeons: none")
    did(course, "record-evidence", NURSE, told)
    assert "surgical-option-left" not in missing(course)


def test_nobody_else_is_asked_whether_surgery_is_left():
    for name in RULES.ids("indication"):
        asked = "surgical-option-left" in RULES.indication(name).asks
        assert asked is (name in BACKS)


@pytest.mark.pathway("PW-010", "PW-011", "PW-013", "PW-014")
@pytest.mark.parametrize("name", RULES.ids("indication"))
def test_everybody_in_pain_has_a_map_of_it_before_the_evaluation_is_signed(name: str):
    course = evaluated(name, without=(PainMapped,))
    pain = RULES.indication(name).term.purpose == "pain"
    assert ("no map of the pain" in missing(course)) is pain


@pytest.mark.pathway("PW-014")
def test_chronic_pancreatitis_needs_a_map_of_the_abdomen_and_asks_its_own_questions():
    course = evaluated("chronic-pancreatitis")
    assert "no map of the abdomen" in missing(course)
    assert "no alcohol-and-nutrition" in missing(course)
    assert "no tip-level" in missing(course)
    mapped = PainMapped(("upper-abdomen-middle", "upper-back"), "visceral", "localised")
    did(course, "map-pain", NURSE, mapped)
    assert "no map" not in missing(course)


@pytest.mark.parametrize(
    ("change", "code"),
    [({"regions": ()}, "words-missing"), ({"regions": ("elbow",)}, "unknown"),
     ({"nature": "odd"}, "unknown"), ({"spread": "odd"}, "unknown")],
)  # fmt: skip
def test_a_map_names_regions_and_kinds_that_are_known(change: dict[str, Any], code: str):
    course = evaluated("spinal-stenosis", without=(PainMapped,))
    right = PainMapped(("low-back",), "mixed", "localised")
    with refused(code):
        did(course, "map-pain", NURSE, replace(right, **change))
    did(course, "map-pain", NURSE, right)


# Beside the therapy ------------------------------------------------------------------------------


def stimulated(course: Course, when: When) -> Course:
    had = TreatmentRecorded(STIMULATION, Answer.TRIED, "since 2020", "half relief", "", when)
    did(course, "record-treatment", NURSE, had)
    return course


def shown(person: Person, course: Course) -> str:
    found = flags_of(person, now_of(person, LIBRARY, course.at), LIBRARY, course.at)
    return " ".join(f.words for f in found)


@pytest.mark.pathway("PW-064")
def test_a_stimulator_in_place_shows_and_is_answered_before_the_implant():
    course = Course()
    for step in back(course):
        if step.act == "plan-implant":
            break
        course.do(step)
    plan: Step = step
    stimulated(course, When.CONCURRENT)
    assert "spinal cord stimulator is in place" in shown(course.person, course)
    with refused("reason-missing"):
        course.do(plan)
    course.do(replace(plan, why="the leads are taken out in the same operation"))


@pytest.mark.pathway("PW-064")
def test_a_stimulator_that_was_taken_out_asks_nothing():
    course = stimulated(stimulated(to_order("back"), When.CONCURRENT), When.PRIOR)
    assert "stimulator" not in shown(course.person, course)


@pytest.mark.pathway("PW-060", "PW-061", "PW-062")
@pytest.mark.parametrize("when", When)
@pytest.mark.parametrize("name", ["oral-drugs", "nerve-block", "rehabilitation"])
def test_a_treatment_is_had_before_beside_or_instead(name: str, when: When):
    course = living()
    had = TreatmentRecorded(name, Answer.TRIED, "12 weeks", "some relief", "", when)
    actor = THERAPIST if name == "rehabilitation" else SURGEON
    did(course, "record-treatment", actor, had)
    said = course.person.last(TreatmentRecorded, None)
    assert said is not None
    assert said.body.when is when


@pytest.mark.pathway("PW-063")
def test_needles_near_a_pump_ask_for_a_warning():
    course = living()
    had = TreatmentRecorded(
        "complementary", Answer.TRIED, "Acupuncture, weekly", "calmer", "", When.CONCURRENT
    )
    with refused("reason-missing"):
        did(course, "record-treatment", NURSE, had)
    did(course, "record-treatment", NURSE, had, why="told: never over pump, catheter or scar")
    massage = replace(had, course="massage, weekly")
    did(course, "record-treatment", NURSE, massage)
    before = replace(had, when=When.PRIOR)
    did(course, "record-treatment", NURSE, before)
    did(to_order("back"), "record-treatment", NURSE, had)
