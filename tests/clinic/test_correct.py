"""A correction is a new event in the place of the one that it corrects; both stay on record."""

from dataclasses import replace
from datetime import timedelta

import pytest

from cisterna.clinic.acts import ACTS, correcting
from cisterna.clinic.bodies.hers import DiaryWritten
from cisterna.clinic.bodies.planning import Place
from cisterna.clinic.bodies.visit import OpioidsRecorded, VisitRecorded
from cisterna.clinic.course import person_text, replay
from cisterna.clinic.event import Actor, Role, event_text
from cisterna.clinic.timeline import timeline
from cisterna.quantity import Quantity
from tests.clinic.people import CAREGIVER, NURSE, PATIENT, PHYSICIAN, RULES, Course
from tests.clinic.refusals import refused
from tests.clinic.test_roles import ASKED
from tests.clinic.years import DAY, did, living, pain, visit, visited


def two_visits() -> tuple[Course, str]:
    """Somebody seen twice; the id of the first visit, in which 8 was written for 3."""
    course = living()
    visited(course, 8, DAY)
    first = course.person.events[-1].id
    visited(course, 5, 7 * DAY)
    course.at += DAY
    return course, first


def average(visit: VisitRecorded) -> str:
    return next(s.value for s in visit.scores if s.item == "average")


def corrected(course: Course, event: str) -> VisitRecorded:
    """The visit as it should have been written."""
    wrong: VisitRecorded = next(e.body for e in course.person.events if e.id == event)
    return replace(wrong, scores=pain(3))


def test_what_was_corrected_gives_its_place_to_the_correction_and_stays_on_record():
    course, first = two_visits()
    before, wrong = (
        len(course.person.events),
        next(e for e in course.person.events if e.id == first),
    )
    did(course, "record-visit", NURSE, corrected(course, first), why="8 was 3", corrects=first)

    assert [average(v.body) for v in course.person.every(VisitRecorded)][-2:] == ["3", "5"]
    latest = course.person.last(VisitRecorded)
    assert latest is not None
    assert average(latest.body) == "5"
    assert wrong in course.person.events
    made = course.person.events[before]
    assert (made.corrects, made.effective, made.recorded) == (first, wrong.effective, course.at)
    assert made.why == "8 was 3"
    drawn = {p.value.number("1") for s in timeline(course.person, RULES, course.at).scores
             if s.name == "average" for p in s.points}  # fmt: skip
    assert 8 not in drawn


def test_replay_gives_a_corrected_person_to_the_byte():
    course, first = two_visits()
    did(course, "record-visit", NURSE, corrected(course, first), why="8 was 3", corrects=first)
    again = replay("p1", [event_text(e) for e in course.person.events])
    assert person_text(again) == person_text(course.person)
    assert again.standing == course.person.standing


def test_a_correction_can_be_corrected_and_an_entry_only_once():
    course, first = two_visits()
    did(course, "record-visit", NURSE, corrected(course, first), why="8 was 3", corrects=first)
    second, four = course.person.events[-1].id, replace(corrected(course, first), scores=pain(4))
    with refused("no-such-entry"):
        did(course, "record-visit", NURSE, four, why="again", corrects=first)
    did(course, "record-visit", PHYSICIAN, four, why="it was 4", corrects=second)
    assert [average(v.body) for v in course.person.every(VisitRecorded)][-2:] == ["4", "5"]


def test_a_correction_has_a_reason_says_something_new_and_is_checked_as_any_entry():
    course, first = two_visits()
    right = corrected(course, first)
    with refused("reason-missing"):
        did(course, "record-visit", NURSE, right, corrects=first)
    old = next(e.body for e in course.person.events if e.id == first)
    with refused("nothing-new"):
        did(course, "record-visit", NURSE, old, why="a look", corrects=first)
    with refused("score-blank"):
        blank = replace(right, scores=right.scores[1:])
        did(course, "record-visit", NURSE, blank, why="a slip", corrects=first)
    assert not course.person.corrections


def test_what_an_entry_is_corrected_to_still_raises_what_it_must():
    course, first = two_visits()
    slow = replace(corrected(course, first), breaths=8)
    did(course, "record-visit", NURSE, slow, why="8 breaths, not 18", corrects=first)
    assert course.person.place is Place.EMERGENCY


def test_where_she_stands_now_does_not_hinder_a_correction():
    course, first = two_visits()
    told = OpioidsRecorded(course.at.date(), Quantity.parse("20 mg/day"), "oxycodone")
    did(course, "record-opioids", NURSE, told)
    course.at += timedelta(days=1)
    less = replace(told, daily=Quantity.parse("10 mg/day"))
    before = course.person.events[-1].id
    did(course, "record-opioids", NURSE, less, why="two tablets of 5", corrects=before)
    (left,) = course.person.every(OpioidsRecorded)
    assert left.body == less
    with refused("no-such-entry"):
        did(course, "record-opioids", NURSE, told, why="the wrong kind", corrects=first)


@pytest.mark.parametrize("act", [a for a in ACTS if RULES.correctable(a)])
def test_what_can_be_corrected_is_the_first_thing_that_its_act_records(act: str):
    person, asked = ASKED[act]
    who = next(Actor("somebody", r) for r in Role if RULES.may(act, r))
    events = ACTS[act](person, who, asked, person.events[-1].recorded + DAY, why="a reason")
    assert events[0].body == asked


def test_what_she_wrote_at_home_is_not_for_staff_to_correct():
    course = living()
    hers = replace(visit(course, pain(4)), remote=True)
    did(course, "record-visit", PATIENT, hers)
    entry = course.person.events[-1]
    with refused("not-yours"):
        less = replace(hers, scores=pain(1))
        did(course, "record-visit", NURSE, less, why="she meant 1", corrects=entry.id)
    assert correcting(entry, course.person, Role.NURSE, RULES) == ""


@pytest.mark.parametrize("act", ["give-trial-dose", "instil", "record-incision", "sign-refill",
                                 "measure-residual", "give-antibiotic", "judge-trial"])  # fmt: skip
def test_what_was_given_or_signed_is_no_entry_to_write_again(act: str):
    assert act in ACTS
    assert not RULES.correctable(act)


def test_she_corrects_her_own_diary_without_a_reason_and_nobody_elses_entry():
    course = living()
    written = DiaryWritten(course.at, 7, "walked")
    did(course, "write-diary", PATIENT, written)
    entry = course.person.events[-1].id
    with refused("not-given"):
        did(course, "write-diary", CAREGIVER, replace(written, pain=2), corrects=entry)
    did(course, "write-diary", PATIENT, replace(written, pain=2), corrects=entry)
    assert [d.body.pain for d in course.person.every(DiaryWritten, None)] == [2]

    visited(course, 5, DAY)
    seen = course.person.events[-1].id
    hers = replace(visit(course, pain(1)), remote=True)
    with refused("not-yours"):
        did(course, "record-visit", PATIENT, hers, corrects=seen)
