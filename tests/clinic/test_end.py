"""A therapy ends with its reason, and no drug that may not stop abruptly ends without its cover."""

from datetime import timedelta
from typing import Any

import pytest

from cisterna.clinic.bodies.planning import Place
from cisterna.clinic.bodies.revision import Cover, Ending, TherapyEnded
from cisterna.clinic.bodies.visit import DrugDose, TaperPlanned, TaperStep, WithdrawalScored
from cisterna.clinic.due import follow_tasks
from cisterna.clinic.guards import check_step
from cisterna.quantity import Quantity
from tests.clinic.people import NURSE, PHYSICIAN, RULES, Course
from tests.clinic.refusals import refused
from tests.clinic.years import DAY, MORPHINE, did, living, move


def end(ending: Ending, *drugs: str, cover: tuple[Cover, ...] = (), **more: Any) -> TherapyEnded:
    now = tuple(DrugDose(d, Quantity.parse("100 mcg/day")) for d in drugs)
    reason = "death" if ending is Ending.DEATH else "no-effect"
    return TherapyEnded(ending, more.get("reason", reason), more.get("says", "talked"), now, cover)


@pytest.mark.parametrize("drug", ["baclofen", "clonidine", "morphine", "fentanyl"])
def test_a_drug_that_may_not_stop_abruptly_asks_for_its_cover_at_the_explant(drug: str):
    course = living()
    with refused("withdrawal-not-covered"):
        did(course, "end-therapy", PHYSICIAN, end(Ending.EXPLANT, drug))
    with refused("withdrawal-not-covered"):
        blank = end(Ending.EXPLANT, drug, cover=(Cover(drug, " "),))
        did(course, "end-therapy", PHYSICIAN, blank)
    covered = end(Ending.EXPLANT, drug, cover=(Cover(drug, "oral cover in hospital"),))
    did(course, "end-therapy", PHYSICIAN, covered)
    assert course.person.place is Place.THERAPY_ENDED
    assert not list(follow_tasks(course.person, RULES, course.at + 400 * DAY))


@pytest.mark.parametrize("drug", ["ziconotide", "bupivacaine"])
def test_a_drug_without_withdrawal_ends_without_a_cover(drug: str):
    assert did(living(), "end-therapy", PHYSICIAN, end(Ending.EXPLANT, drug))


def test_of_a_mixture_each_drug_is_covered():
    cover = (Cover("morphine", "oral morphine"),)
    with refused("withdrawal-not-covered"):
        both = end(Ending.EXPLANT, "morphine", "clonidine", cover=cover)
        did(living(), "end-therapy", PHYSICIAN, both)
    with refused("unknown"):
        other = (Cover("baclofen", "oral"),)
        did(living(), "end-therapy", PHYSICIAN, end(Ending.EXPLANT, "morphine", cover=other))


def tapering(course: Course, last: str = "0 mg/day") -> None:
    day = course.at.date()
    steps = (
        TaperStep(day + 7 * DAY, Quantity.parse("0.6 mg/day")),
        TaperStep(day + 14 * DAY, Quantity.parse(last)),
    )
    before = MORPHINE[0].per_day
    plan = TaperPlanned("morphine", True, before, steps, 13, "no effect")
    did(course, "plan-taper", PHYSICIAN, plan, why="no effect for a year")


def test_an_end_by_taper_needs_a_taper_that_has_come_to_its_end():
    course = living()
    ended = end(Ending.TAPER, "morphine")
    with refused("no-taper"):
        did(course, "end-therapy", PHYSICIAN, ended)
    tapering(course)
    with refused("taper-not-done"):
        did(course, "end-therapy", PHYSICIAN, ended, later=13 * DAY)
    did(course, "end-therapy", PHYSICIAN, ended, later=14 * DAY)
    assert course.person.place is Place.THERAPY_ENDED


def test_a_taper_that_is_held_or_stops_above_zero_ends_nothing_without_cover():
    held = living()
    tapering(held)
    did(held, "score-withdrawal", NURSE, WithdrawalScored(20), later=8 * DAY)
    with refused("taper-not-done"):
        did(held, "end-therapy", PHYSICIAN, end(Ending.TAPER, "morphine"), later=8 * DAY)
    above = living()
    tapering(above, "0.2 mg/day")
    with refused("withdrawal-not-covered"):
        did(above, "end-therapy", PHYSICIAN, end(Ending.TAPER, "morphine"), later=15 * DAY)


def test_an_end_has_a_known_reason_in_words_and_the_doses():
    course = living()
    for odd, code in (
        (end(Ending.EXPLANT, "ziconotide", reason="tired"), "unknown"),
        (end(Ending.EXPLANT, "ziconotide", reason="death"), "reason"),
        (end(Ending.DEATH, "ziconotide", reason="no-effect"), "reason"),
        (end(Ending.EXPLANT, "ziconotide", says=" "), "words-missing"),
        (end(Ending.EXPLANT), "no-dose"),
    ):
        with refused(code):
            did(course, "end-therapy", PHYSICIAN, odd)


@pytest.mark.parametrize("place", [Place.REFILL, Place.ADJUST, Place.MRI_HOLD])
def test_in_the_middle_of_a_visit_only_a_death_ends_the_therapy(place: Place):
    course = move(living(), place)
    with refused("not-now"):
        did(course, "end-therapy", PHYSICIAN, end(Ending.EXPLANT, "ziconotide"))
    did(course, "end-therapy", PHYSICIAN, end(Ending.DEATH, "baclofen"))
    assert course.person.place is Place.THERAPY_ENDED


def test_nobody_steps_to_the_end_without_its_record():
    course = living()
    with refused("no-end"):
        check_step(course.person, Place.THERAPY_ENDED, RULES, course.at + timedelta(days=1))
