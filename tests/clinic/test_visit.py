"""Visits, adverse events, tapers and studies: nothing that has to be asked stays blank."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from cisterna.clinic.acts.emergency import Report
from cisterna.clinic.acts.study import Reported
from cisterna.clinic.bodies.emergency import EmergencyOpened, ReportTriaged
from cisterna.clinic.bodies.hers import AccessGiven
from cisterna.clinic.bodies.planning import Place
from cisterna.clinic.bodies.visit import (
    AdverseEventRecorded,
    DrugDose,
    Graded,
    OpioidsRecorded,
    Relation,
    Result,
    Score,
    StudyOrdered,
    StudyReported,
    TaperHeld,
    TaperPlanned,
    TaperStep,
    VisitRecorded,
    WithdrawalScored,
    YearReviewed,
)
from cisterna.clinic.course import replay
from cisterna.clinic.due import visit_tasks
from cisterna.clinic.event import event_text
from cisterna.clinic.refusal import Refused
from cisterna.quantity import Quantity
from tests.clinic.people import (
    CAREGIVER,
    NURSE,
    PATIENT,
    PHYSICIAN,
    RULES,
    THERAPIST,
    Course,
    Step,
)
from tests.clinic.refusals import refused
from tests.clinic.years import (
    BACLOFEN,
    DAY,
    MORPHINE,
    QUIET,
    did,
    living,
    move,
    named,
    pain,
    symptoms,
    to_order,
    tone,
    visit,
    visited,
)

# Scores ------------------------------------------------------------------------------------------


@pytest.mark.pathway("PW-012")
def test_a_visit_in_spasticity_has_ashworth_and_penn_and_needs_no_pain_score():
    course = living("palsy")
    with refused("score-blank"):
        did(course, "record-visit", NURSE, visit(course, tone("2", "1")[1:], now=BACLOFEN))
    with refused("score-blank"):
        did(course, "record-visit", NURSE, visit(course, tone("2", "1")[:1], now=BACLOFEN))
    assert did(course, "record-visit", THERAPIST, visit(course, tone("1+", "1"), now=BACLOFEN))


@pytest.mark.parametrize("missing", range(7))
def test_a_visit_in_pain_has_every_item_of_pain_and_peg(missing: int):
    course = living()
    scores = tuple(s for n, s in enumerate(pain(4)) if n != missing)
    with refused("score-blank"):
        did(course, "record-visit", NURSE, visit(course, scores))
    assert did(course, "record-visit", NURSE, visit(course, pain(4)))


@pytest.mark.parametrize("value", ["11", "-1", "5.5", "", "five"])
def test_a_score_off_its_scale_is_refused(value: str):
    course = living()
    scores = (replace(pain(4)[0], value=value), *pain(4)[1:])
    with refused("not-on-scale"):
        did(course, "record-visit", NURSE, visit(course, scores))


def test_a_scale_or_a_goal_that_nobody_has_is_refused_and_an_item_is_scored_once():
    course = living()
    for extra in (Score("oswestry", "all", "10"), Score("goal-attainment", "fly", "1")):
        with refused("unknown"):
            did(course, "record-visit", NURSE, visit(course, (*pain(4), extra)))
    with refused("twice"):
        did(course, "record-visit", NURSE, visit(course, (*pain(4), pain(5)[0])))
    goal = Score("goal-attainment", "walk to the shop", "1")
    assert did(course, "record-visit", NURSE, visit(course, (*pain(4), goal)))


def test_she_reports_from_home_and_only_a_clinician_who_sees_her_rates_the_tone():
    course = living("palsy")
    whole, penn = tone("2", "1"), tone("2", "1")[1:]
    remote: dict[str, Any] = {"now": BACLOFEN, "remote": True}
    did(course, "give-access", PATIENT, AccessGiven(CAREGIVER.who, ("check-in",)))
    for actor in (PATIENT, CAREGIVER):
        with refused("role"):
            did(course, "record-visit", actor, visit(course, penn, now=BACLOFEN))
        with refused("clinician-only"):
            did(course, "record-visit", actor, visit(course, whole, **remote))
        assert did(course, "record-visit", actor, visit(course, penn, **remote))


# Symptoms ----------------------------------------------------------------------------------------


@pytest.mark.pathway("PW-021")
@pytest.mark.parametrize("remote", [False, True])
@pytest.mark.parametrize("blank", QUIET)
def test_no_contact_leaves_sedation_constipation_or_breathing_blank(blank: str, remote: bool):
    course = living(place=Place.TITRATION)
    left = tuple(s for s in symptoms() if s.symptom != blank)
    with refused("symptom-blank"):
        did(course, "record-visit", NURSE, visit(course, pain(4), symptoms=left, remote=remote))
    assert did(course, "record-visit", NURSE, visit(course, pain(4), remote=remote))


def test_under_ziconotide_every_contact_asks_for_the_mental_state():
    course = living()
    now = (DrugDose("ziconotide", Quantity.parse("2.4 mcg/day")),)
    with refused("symptom-blank"):
        did(course, "record-visit", NURSE, visit(course, pain(4), now=now))
    asked = symptoms("none", "confusion", "hallucination", "suicidality")
    assert did(course, "record-visit", NURSE, visit(course, pain(4), now=now, symptoms=asked))


def test_a_symptom_is_a_known_one_with_a_grade_that_one_can_report_alive():
    course = living()
    for odd in (Graded("glow", "mild"), Graded("nausea", "awful"), Graded("nausea", "death")):
        with refused("unknown"):
            did(course, "record-visit", NURSE, visit(course, pain(4), symptoms=(*symptoms(), odd)))


def test_ten_breaths_a_minute_open_the_emergency_at_once_and_eleven_do_not():
    calm = living()
    did(calm, "record-visit", NURSE, visit(calm, pain(4), breaths=11))
    assert calm.person.place is Place.MAINTENANCE
    slow = living()
    events = did(slow, "record-visit", NURSE, visit(slow, pain(4), breaths=10))
    assert slow.person.place is Place.EMERGENCY
    opened = [e.body for e in events if isinstance(e.body, EmergencyOpened)]
    assert opened[0].cards == ("A",), "morphine: the card on opioid overdose"


def test_a_visit_with_a_pump_names_the_doses_and_none_lies_in_the_future():
    course = living()
    with refused("no-dose"):
        did(course, "record-visit", NURSE, visit(course, pain(4), now=()))
    wrong = (DrugDose("morphine", Quantity.parse("1.2 mg")),)
    with refused("wrong-kind"):
        did(course, "record-visit", NURSE, visit(course, pain(4), now=wrong))
    with refused("twice"):
        did(course, "record-visit", NURSE, visit(course, pain(4), now=MORPHINE * 2))
    ahead = replace(visit(course, pain(4)), seen=course.at + timedelta(hours=1))
    with refused("wrong-time"):
        did(course, "record-visit", NURSE, ahead)
    bare = replace(ahead, seen=course.at.replace(tzinfo=None))
    with refused("wrong-time"):
        did(course, "record-visit", NURSE, bare)


def test_before_the_implant_a_visit_is_the_baseline_and_has_no_dose():
    course = to_order("back")
    assert did(course, "record-visit", NURSE, visit(course, pain(8), now=()))


# Adverse events ----------------------------------------------------------------------------------

CAUSES = ("drug", "device", "catheter", "procedure", "human")


def adverse(course: Course, **more: Any) -> AdverseEventRecorded:
    """Nausea of grade 2, possibly by the drug."""
    related = tuple(Relation(c, "possible" if c == "drug" else "unrelated") for c in CAUSES)
    given: dict[str, Any] = {"term": "nausea", "grade": 2, "serious": False, "expected": True}
    given |= {"action": "treated", "outcome": "recovered", "now": MORPHINE}
    return AdverseEventRecorded(onset=course.at, related=related, **(given | more))


@pytest.mark.pathway("PW-031")
def test_an_adverse_event_shows_the_dose_on_the_day():
    course = living()
    did(course, "record-adverse-event", NURSE, adverse(course))
    again = replay("p1", [event_text(e) for e in course.person.events])
    found = again.last(AdverseEventRecorded)
    assert found is not None
    assert found.body.now == (DrugDose("morphine", Quantity.parse("1.2 mg/day")),)
    with refused("no-dose"):
        did(course, "record-adverse-event", NURSE, adverse(course, now=()))


@pytest.mark.parametrize("change", [
    {"grade": 0}, {"grade": 6}, {"term": "glow"}, {"outcome": "fine"}, {"action": "hope"},
    {"grade": 4}, {"grade": 5, "serious": True}, {"outcome": "fatal"}, {"term": "other"},
    {"related": ()}, {"procedure": "p1.999"},
])  # fmt: skip
def test_an_adverse_event_that_contradicts_itself_is_refused(change: dict[str, Any]):
    course = living()
    before = course.person
    step = Step("record-adverse-event", NURSE, replace(adverse(course), **change))
    with pytest.raises(Refused):
        course.do(step)
    assert course.person == before


def test_a_death_is_grade_five_serious_and_fatal():
    course = living()
    died = adverse(course, term="respiratory-depression", grade=5, serious=True, outcome="fatal")
    assert did(course, "record-adverse-event", PHYSICIAN, died)


@pytest.mark.pathway("PW-030")
@pytest.mark.parametrize("place", [Place.IMPLANTED_OBSERVATION, Place.TITRATION])
def test_new_leg_weakness_after_surgery_opens_the_haematoma_card_at_once(place: Place):
    course = living(place=place)
    events = did(course, "triage-report", PATIENT, Report(("new-leg-weakness",), "left leg"))
    assert course.person.place is Place.EMERGENCY
    opened = next(e.body for e in events if isinstance(e.body, EmergencyOpened))
    assert opened.cards == ("K",)
    surgery = next(e.id for e in course.person.events if e.kind == "moved")
    bled = adverse(course, term="bleeding", grade=3, serious=True, procedure=surgery)
    assert did(course, "record-adverse-event", NURSE, bled)


def test_a_report_before_any_pump_is_triaged_and_opens_nothing():
    course = to_order("back")
    events = did(course, "triage-report", PATIENT, Report(("seizure",)))
    assert [type(e.body) for e in events] == [ReportTriaged]
    with refused("nothing-reported"):
        did(course, "triage-report", PATIENT, Report(()))


# Systemic opioids and tapers ---------------------------------------------------------------------


def taper(course: Course, *steps: tuple[int, str], **more: Any) -> TaperPlanned:
    """A taper from 60 mg/day: days from now and doses."""
    day = course.at.date()
    rows = tuple(TaperStep(day + timedelta(days=n), Quantity.parse(d)) for n, d in steps)
    given: dict[str, Any] = {"hold_at": 13, "reason": "the pump relieves"} | more
    return TaperPlanned("oxycodone", False, Quantity.parse("60 mg/day"), rows, **given)


def test_a_taper_of_a_tenth_a_month_needs_no_reason_and_a_faster_one_does():
    # 60 mg/day: a tenth is 6. 54 at once, 48 after a month (30.4 days): as the rule says.
    course = living()
    assert did(course, "plan-taper", PHYSICIAN, taper(course, (0, "54 mg/day"), (31, "48 mg/day")))
    for fast in (
        taper(course, (0, "50 mg/day")),
        taper(course, (0, "54 mg/day"), (7, "48 mg/day")),
    ):
        with refused("reason-missing"):
            did(course, "plan-taper", PHYSICIAN, fast)
        assert did(course, "plan-taper", PHYSICIAN, fast, why="sedated on the tablets")


@pytest.mark.parametrize("steps", [
    (), ((0, "60 mg/day"),), ((0, "54 mg/day"), (7, "57 mg/day")),
    ((7, "54 mg/day"), (7, "50 mg/day")), ((-1, "54 mg/day"),),
    ((9, "54 mg/day"), (3, "50 mg/day")),
])  # fmt: skip
def test_the_steps_of_a_taper_fall_day_after_day(steps: tuple[tuple[int, str], ...]):
    course = living()
    with refused("steps"):
        did(course, "plan-taper", PHYSICIAN, taper(course, *steps), why="so")


def test_a_taper_holds_at_the_score_that_its_plan_names_until_it_is_planned_anew():
    course = living()
    plan = taper(course, (7, "54 mg/day"), (40, "48 mg/day"))
    did(course, "plan-taper", PHYSICIAN, plan)
    assert named(visit_tasks(course.person, RULES, course.at), "taper of oxycodone")
    did(course, "score-withdrawal", NURSE, WithdrawalScored(12), later=7 * DAY)
    assert course.person.last(TaperHeld) is None
    did(course, "score-withdrawal", NURSE, WithdrawalScored(13), later=DAY)
    assert course.person.last(TaperHeld) is not None
    assert not named(visit_tasks(course.person, RULES, course.at), "taper")
    did(course, "plan-taper", PHYSICIAN, taper(course, (30, "54 mg/day")))
    step = named(visit_tasks(course.person, RULES, course.at), "step of the taper")[0]
    assert step.due.date() == course.at.date() + timedelta(days=30)


@pytest.mark.parametrize("score", [-1, 49])
def test_a_withdrawal_score_is_on_its_scale(score: int):
    with refused("not-on-scale"):
        did(living(), "score-withdrawal", NURSE, WithdrawalScored(score))


def test_systemic_opioids_are_a_dose_for_each_day_with_their_names_and_not_of_tomorrow():
    course = living()
    today = course.at.date()
    for odd, code in (
        (OpioidsRecorded(today, Quantity.parse("60 mg"), "oxycodone"), "wrong-kind"),
        (OpioidsRecorded(today, Quantity.parse("60 mg/day"), " "), "words-missing"),
        (OpioidsRecorded(today + DAY, Quantity.parse("0 mg/day"), ""), "wrong-time"),
    ):
        with refused(code):
            did(course, "record-opioids", NURSE, odd)
    assert did(
        course, "record-opioids", NURSE, OpioidsRecorded(today, Quantity.parse("0 mg/day"), "")
    )


# Studies and what falls due ----------------------------------------------------------------------


@pytest.mark.pathway("PW-055")
def test_a_study_without_its_result_and_a_visit_that_was_missed_stand_overdue_on_the_list():
    course = living()
    start = course.at - 2 * DAY
    order = StudyOrdered("film", "where is the tip", course.at + 7 * DAY)
    did(course, "order-study", PHYSICIAN, order)
    at = course.at + 60 * DAY
    overdue = [t for t in visit_tasks(course.person, RULES, at) if t.due < at]
    assert {t.what for t in overdue} == {"result: film", "follow-up visit", "endocrine panel"}
    due = named(iter(overdue), "follow-up")[0].due
    assert due == start + timedelta(days=30, hours=10, minutes=30), "a month is 30.4375 days"


def test_a_result_closes_its_order_once_and_a_red_flag_in_it_opens_the_emergency():
    course = living()
    events = did(course, "order-study", PHYSICIAN, StudyOrdered("film", "tip?", course.at + DAY))
    result = StudyReported(events[0].id, "film", course.at, (), "collection at the tip")
    with refused("no-order"):
        wrong = replace(result, kind="renal")
        did(course, "report-study", NURSE, Reported(wrong))
    did(course, "report-study", NURSE, Reported(result, ("new-leg-weakness",)))
    assert course.person.place is Place.EMERGENCY
    with refused("no-order"):
        did(course, "report-study", NURSE, Reported(result))


def test_an_endocrine_panel_is_whole_or_says_what_was_not_measured():
    course = living()
    events = did(course, "order-study", NURSE, StudyOrdered("endocrine", "year", course.at + DAY))
    part = StudyReported(events[0].id, "endocrine", course.at, (Result("lh", "4 IU/L"),), "low")
    with refused("panel-incomplete"):
        did(course, "report-study", NURSE, Reported(part))
    items = ("sex-hormone", "lh", "fsh", "shbg", "cortisol", "bone-health")
    whole = replace(part, results=tuple(Result(item, "not measured") for item in items))
    assert did(course, "report-study", NURSE, Reported(whole))


def test_visits_fall_due_after_1_3_6_12_months_and_then_every_half_year():
    course = living()
    start = course.at - 2 * DAY
    months = []
    for _ in range(7):
        due = named(visit_tasks(course.person, RULES, course.at), "follow-up visit")[0].due
        months.append(round((due - start) / timedelta(days=30.4375)))
        visited(course, 4, due - course.at)
    assert months == [1, 3, 6, 12, 18, 24, 30]


def test_a_visit_meets_the_mark_it_lies_nearest_to():
    course = living()
    visited(course, 4, 20 * DAY)
    due = named(visit_tasks(course.person, RULES, course.at), "follow-up visit")[0].due
    assert (due - course.at) > 60 * DAY, "ten days early counts for the first month"


def test_creatine_kinase_is_asked_for_under_ziconotide_only():
    course = living()
    assert not named(visit_tasks(course.person, RULES, course.at), "creatine")
    now = (DrugDose("ziconotide", Quantity.parse("2.4 mcg/day")),)
    asked = symptoms("none", "confusion", "hallucination", "suicidality")
    did(course, "record-visit", NURSE, visit(course, pain(4), now=now, symptoms=asked))
    ck = named(visit_tasks(course.person, RULES, course.at), "creatine")[0]
    assert ck.due == course.at + timedelta(days=14) - 2 * DAY - timedelta(minutes=10)
    assert not named(visit_tasks(course.person, RULES, course.at), "endocrine")


def test_an_opioid_asks_for_the_endocrine_baseline_before_the_implant():
    assert named(visit_tasks(to_order("back").person, RULES, to_order("back").at), "endocrine")
    assert not list(visit_tasks(to_order("palsy").person, RULES, to_order("palsy").at))


def test_the_yearly_review_says_each_part_in_words():
    course = living()
    review = YearReviewed("walks", "no change", "panel normal", "battery 4 years", True, "relief")
    with refused("words-missing"):
        did(course, "review-year", PHYSICIAN, replace(review, neurology=""))
    did(course, "review-year", PHYSICIAN, review, later=360 * DAY)
    due = named(visit_tasks(course.person, RULES, course.at), "yearly review")[0].due
    assert due > course.at + 300 * DAY


def test_every_event_of_a_visit_is_read_back_to_the_byte():
    course = living()
    visited(course, 4, DAY)
    did(course, "record-adverse-event", NURSE, adverse(course))
    did(course, "plan-taper", PHYSICIAN, taper(course, (7, "54 mg/day")))
    again = replay("p1", [event_text(e) for e in course.person.events])
    assert again == course.person
    assert again.last(VisitRecorded) is not None
    assert move(course, Place.REFILL).person.place is Place.REFILL
