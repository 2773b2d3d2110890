"""What the therapy has done, from the record alone, worked out by hand."""

from datetime import timedelta

import pytest

from cisterna.clinic.bodies.planning import RiskAssessed
from cisterna.clinic.bodies.revision import Cover, Ending, TherapyEnded
from cisterna.clinic.bodies.visit import OpioidsRecorded, Score
from cisterna.clinic.outcomes import outcomes
from cisterna.quantity import Quantity
from tests.clinic.people import NURSE, PHYSICIAN, RULES, Course
from tests.clinic.years import DAY, MORPHINE, WAY, did, move, pain, to_order, visit

LIBRARY = RULES.library
MONTH = timedelta(days=30.4375)


def measured() -> Course:
    """Baseline 9 and 7; pain 6, 5 and 4 at one, two and three months."""
    course = to_order("back")
    for value in (9, 7):
        did(course, "record-visit", NURSE, visit(course, pain(value), now=()))
    for place in WAY:
        move(course, place)
    for value in (6, 5, 4):
        course.at += MONTH
        did(course, "record-visit", NURSE, visit(course, pain(value)))
    return course


@pytest.mark.pathway("PW-020")
def test_pain_stands_against_the_band_of_its_baseline_with_both_responder_lines():
    # Mean of 9 and 7 is 8. 6 is 25 % better, 5 is 37.5 %, 4 is 50 %.
    course = measured()
    worst = outcomes(course.person, LIBRARY, course.at).pain["worst"]
    assert [q and q.number("1") for q in (worst.low, worst.mean, worst.high)] == [7, 8, 9]
    assert [p.value.number("1") for p in worst.points] == [6, 5, 4]
    better = [p.better and p.better.number("%") for p in worst.points]
    assert better == [25, Quantity.parse("37.5 %").number("%"), 50]
    assert [p.responder for p in worst.points] == ["", "moderate", "substantial"]


def test_peg_is_the_mean_of_its_three_items():
    course = measured()
    three = (
        Score("peg", "pain", "6"),
        Score("peg", "enjoyment", "3"),
        Score("peg", "activity", "3"),
    )
    scores = (*(s for s in pain(4) if s.scale != "peg"), *three)
    did(course, "record-visit", NURSE, visit(course, scores))
    peg = outcomes(course.person, LIBRARY, course.at).peg
    assert peg.points[-1].value.number("1") == 4
    assert [p.responder for p in peg.points] == ["", "meaningful", "meaningful", "meaningful"]


def test_without_a_baseline_nobody_is_a_responder():
    course = to_order("back")
    for place in WAY:
        move(course, place)
    did(course, "record-visit", NURSE, visit(course, pain(0)))
    found = outcomes(course.person, LIBRARY, course.at).pain["rest"]
    assert found.mean is None
    assert [(p.better, p.responder) for p in found.points] == [(None, "")]


@pytest.mark.pathway("PW-024")
def test_the_report_gives_the_systemic_opioid_at_baseline_1_6_and_12_months():
    course = measured()
    start = next(e.recorded for e in course.person.events if e.kind == "moved"
                 and e.body.after is WAY[0])  # fmt: skip
    assert course.person.last(RiskAssessed) is not None, "60 mg/day at the evaluation"
    for months, dose in ((1, "30 mg/day"), (5, "10 mg/day"), (9, "0 mg/day")):
        day = (start + months * MONTH - DAY).date()
        course.at = max(course.at, start + months * MONTH)
        told = OpioidsRecorded(day, Quantity.parse(dose), "oxycodone")
        did(course, "record-opioids", NURSE, told)

    def at(months: int) -> list[str | None]:
        marks = outcomes(course.person, LIBRARY, start + months * MONTH).opioids
        return [None if m.daily is None else str(m.daily.number("mg/day")) for m in marks]

    assert at(13) == ["60", "30", "10", "0"]
    assert at(7) == ["60", "30", "10", None], "the twelfth month has not come"
    marks = outcomes(course.person, LIBRARY, start + 13 * MONTH).opioids
    assert [m.mark for m in marks] == ["baseline", "1 month", "6 months", "12 months"]


def test_a_goal_shows_its_latest_step_and_one_that_nobody_scored_is_not_zero():
    course = measured()
    assert dict(outcomes(course.person, LIBRARY, course.at).goals) == {"walk to the shop": None}
    for step in ("-1", "1"):
        goal = Score("goal-attainment", "walk to the shop", step)
        did(course, "record-visit", NURSE, visit(course, (*pain(4), goal)))
    assert dict(outcomes(course.person, LIBRARY, course.at).goals) == {"walk to the shop": "1"}


def test_time_in_therapy_counts_to_its_end_and_the_reason_is_kept():
    course = measured()
    days = outcomes(course.person, LIBRARY, course.at).in_therapy
    assert days is not None
    cover = (Cover("morphine", "oral"),)
    ended = TherapyEnded(Ending.EXPLANT, "infection", "pus", MORPHINE, cover)
    did(course, "end-therapy", PHYSICIAN, ended, later=timedelta(0))
    found = outcomes(course.person, LIBRARY, course.at + 100 * DAY)
    assert found.in_therapy == days
    assert found.ended is not None
    assert found.ended.body.reason == "infection"
