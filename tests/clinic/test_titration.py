"""Finding the dose: what falls due after a change, what a visit asks, and when to stop rising."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cisterna.clinic.bodies.implant import NerveFlagRaised, OperationRecorded
from cisterna.clinic.bodies.planning import Place
from cisterna.clinic.bodies.titration import (
    AdjustmentBegun,
    AdjustmentEnded,
    Effect,
    GoalLookedAt,
    Stabilised,
    TitrationResumed,
    TitrationStopped,
)
from cisterna.clinic.course import fold
from cisterna.clinic.event import Event
from cisterna.clinic.gate.bodies import ChangeProposed, StopSent
from cisterna.clinic.reassess import reassessments
from cisterna.clinic.refusal import Refused
from cisterna.clinic.tasks import due
from cisterna.clinic.titration import dose_changes, rises, step_rule, stopped
from cisterna.facts import UnknownFact
from cisterna.quantity import Quantity
from tests.clinic.onward import (
    SERIAL,
    WEAK,
    all_of,
    implanted,
    operation,
    rx,
    visit,
    whole,
)
from tests.clinic.people import (
    NURSE,
    PHYSICIAN,
    RULES,
    SCRIPTS,
    SURGEON,
    Course,
    Dose,
    Step,
    back,
    hours,
    latest,
)
from tests.clinic.refusals import refused
from tests.clinic.years import did, living
from tests.orders import order


def at_home(name: str = "back") -> Course:
    """Just discharged, in titration."""
    return Course().through(SCRIPTS[name]).through(implanted)


def rise(course: Course, dose: str, later: timedelta = timedelta(days=2)) -> None:
    """A change to this dose that runs, from the dose that runs now."""
    assert course.running is not None
    before = dose_changes(course.person)[-1].after
    found = order(rx(course, dose, changed=True), order__previous_daily_dose=f"{mg(before)} mg/day")
    course.dose(Dose(SERIAL, found, later))


def mg(dose: Quantity) -> str:
    return f"{float(dose.number('mg/day')):g}"


def kinds(course: Course) -> list[str]:
    return [task.kind for task in due(course.person, RULES, course.at)]


def record(course: Course, body: Any) -> None:
    """Something else on record."""
    event = Event(course.person.next_id, course.person.id, SURGEON, course.at, course.at, body)
    course.person = fold(course.person, event)


# What falls due ----------------------------------------------------------------------------------


@pytest.mark.pathway("PW-006")
def test_the_start_of_an_opioid_is_reassessed_after_24_and_72_hours():
    course = at_home()
    (change,) = dose_changes(course.person)
    assert change.start
    assert [r.due - change.at for r in reassessments(course.person, RULES)] == [
        *(hours(24), hours(72))
    ]


@pytest.mark.pathway("PW-006")
def test_each_change_keeps_who_why_before_after_and_what_falls_due():
    course = at_home()
    rise(course, "0.36 mg/day")
    change = dose_changes(course.person)[-1]
    assert (change.before, change.after) == (
        *(Quantity.parse("0.3 mg/day"), Quantity.parse("0.36 mg/day")),
    )
    assert change.rise == Quantity.parse("20 %")
    assert not change.start
    proposal = course.person.last(ChangeProposed)
    assert proposal is not None
    assert proposal.by == PHYSICIAN
    assert kinds(course).count("reassess") == 2
    tasks = [t for t in due(course.person, RULES, course.at) if t.kind == "reassess"]
    assert [t.due for t in tasks] == [change.at + hours(24), change.at + hours(72)]
    assert all(t.about == change.id and t.source for t in tasks)


def test_baclofen_is_assessed_within_24_hours_of_every_change_also_of_a_fall():
    course = at_home("palsy")
    rise(course, "0.09 mg/day")
    (found,) = reassessments(course.person, RULES)
    assert found.due - found.change.at == hours(24)
    assert found.change.rise is None


def test_an_opioid_that_falls_asks_for_no_watch_of_its_own():
    course = at_home()
    rise(course, "0.25 mg/day")
    assert reassessments(course.person, RULES) == ()


def test_one_early_visit_does_not_stand_for_the_second_day():
    course = at_home()
    rise(course, "0.36 mg/day")
    course.do(Step("titration-visit", NURSE, visit(course, hours(20)), hours(20)))
    assert [r.done for r in reassessments(course.person, RULES)] == [True, False]
    course.do(Step("titration-visit", NURSE, visit(course, hours(5)), hours(5)))
    assert [r.done for r in reassessments(course.person, RULES)] == [True, True]


def test_a_visit_before_the_change_says_nothing_about_it():
    course = at_home()
    course.do(Step("titration-visit", NURSE, visit(course, hours(1)), hours(1)))
    rise(course, "0.36 mg/day")
    assert not any(r.done for r in reassessments(course.person, RULES))


@pytest.mark.parametrize("what", ["revision", "stop"])
def test_what_runs_after_a_revision_or_a_stop_is_a_new_start(what: str):
    course = at_home()
    rise(course, "0.36 mg/day")
    revision = replace(operation(course.at), kind=what)
    record(course, revision if what == "revision" else StopSent("g", "stopped", ""))
    rise(course, "0.37 mg/day", hours(1))
    assert [c.start for c in dose_changes(course.person)] == [True, False, True]


def test_another_concentration_is_a_new_start():
    course = at_home()
    changed = order(
        rx(course, "0.3 mg/day", changed=True), solution__drug__0__concentration="1 mg/mL"
    )
    course.dose(Dose(SERIAL, changed, timedelta(days=2)))
    assert dose_changes(course.person)[-1].start


@pytest.mark.parametrize("outcome", ["unknown", "refused"])
def test_a_change_that_may_not_run_is_no_change(outcome: str):
    course = at_home()
    course.dose(Dose(SERIAL, rx(course, "0.36 mg/day", changed=True), hours(30), outcome))
    assert len(dose_changes(course.person)) == 1


def test_in_titration_she_is_seen_every_week():
    course = at_home()
    (weekly,) = (t for t in due(course.person, RULES, course.at) if t.kind == "titration-visit")
    assert weekly.due - course.person.events[-1].effective == timedelta(days=7)
    course.do(Step("titration-visit", NURSE, visit(course, hours(30)), hours(30)))
    (again,) = (t for t in due(course.person, RULES, course.at) if t.kind == "titration-visit")
    assert again.due == course.at + timedelta(days=7)
    assert not again.overdue(again.due)
    assert again.overdue(again.due + timedelta(seconds=1))


def test_the_most_urgent_task_comes_first():
    course = at_home()
    found = due(course.person, RULES, course.at)
    assert [t.due for t in found] == sorted(t.due for t in found)


# The visit ---------------------------------------------------------------------------------------


@pytest.mark.pathway("PW-021")
@pytest.mark.parametrize("blank", ["sedation", "constipation", "breathing"])
@pytest.mark.parametrize("text", ["", "  "])
def test_a_visit_is_not_closed_with_sedation_constipation_or_breathing_blank(blank: str, text: str):
    course = at_home()
    seen = replace(visit(course, hours(1)), **{blank: text})
    with refused("visit-open"):
        course.do(Step("titration-visit", NURSE, seen, hours(1)))
    course.do(Step("titration-visit", NURSE, visit(course, hours(1)), hours(1)))


@pytest.mark.parametrize(("name", "scores"), [
    ("back", {"pain_rest": None}), ("back", {"pain_moving": 11}), ("palsy", {"ashworth": None}),
    ("palsy", {"ashworth": "5"})])  # fmt: skip
def test_a_visit_scores_pain_or_tone_on_its_scale(name: str, scores: dict[str, Any]):
    course = at_home(name)
    with refused("not-on-scale"):
        course.do(Step("titration-visit", NURSE, visit(course, hours(1), **scores), hours(1)))


def test_a_visit_of_the_future_is_none():
    course = at_home()
    with refused("wrong-time"):
        course.do(Step("titration-visit", NURSE, visit(course, hours(2)), hours(1)))


@pytest.mark.pathway("PW-030")
def test_a_new_sign_of_the_nerves_at_a_visit_opens_the_card_and_holds_up_the_stable_dose():
    course = Course().through(all_of(back), "stabilise")
    seen = visit(course, hours(1), neuro=WEAK)
    course.do(Step("titration-visit", NURSE, seen, hours(1)))
    assert course.person.last(NerveFlagRaised) is not None
    with refused("red-flag-open"):
        course.do(Step("stabilise", PHYSICIAN, stable(course)))


# A lost effect -----------------------------------------------------------------------------------


def risen_twice(second: str = "0.45 mg/day", between: timedelta = timedelta(days=4)) -> Course:
    course = at_home()
    rise(course, "0.36 mg/day")  # by 20 %
    rise(course, second, between)  # from 0.36 by 25 %
    return course


def less(course: Course) -> None:
    course.do(Step("titration-visit", NURSE, visit(course, hours(30), Effect.LESS), hours(30)))


def test_two_rises_and_less_effect_stop_the_titration_and_open_the_search():
    course = risen_twice()
    less(course)
    stop = stopped(course.person)
    assert stop is not None
    assert stop.body.rises == 2
    (task,) = (t for t in due(course.person, RULES, course.at) if t.kind == "troubleshoot")
    assert "granuloma" in task.what
    with refused("titration-stopped"):
        course.do(Step("stabilise", PHYSICIAN, stable(course)))


def test_small_or_long_past_rises_do_not_count_for_a_lost_effect():
    for course in (risen_twice("0.42 mg/day"), risen_twice(between=timedelta(days=91))):
        less(course)
        assert stopped(course.person) is None
        assert len(rises(course.person, RULES, course.at)) == 1


@pytest.mark.parametrize("effect", [Effect.SAME, Effect.BETTER])
def test_rises_with_their_effect_stop_nothing(effect: Effect):
    course = risen_twice()
    course.do(Step("titration-visit", NURSE, visit(course, hours(30), effect), hours(30)))
    assert course.person.last(TitrationStopped) is None


def test_a_stop_is_lifted_by_a_physician_who_says_what_was_found():
    course = risen_twice()
    less(course)
    stop = latest(course)
    for asked, code in ((TitrationResumed("p1.1", "x"), "not-stopped"),
                        (TitrationResumed(stop, " "), "words-missing")):  # fmt: skip
        with refused(code):
            course.do(Step("resume-titration", PHYSICIAN, asked))
    course.do(Step("resume-titration", PHYSICIAN, TitrationResumed(stop, "a kink, straightened")))
    assert stopped(course.person) is None
    assert "troubleshoot" not in kinds(course)


# The stable dose ---------------------------------------------------------------------------------


def stable(course: Course) -> Stabilised:
    return Stabilised((GoalLookedAt("walk to the shop", "twice a week"),))


@pytest.mark.parametrize("name", SCRIPTS)
def test_the_three_worked_people_come_into_maintenance(name: str):
    course = whole(name)
    assert course.person.place is Place.MAINTENANCE
    assert not {"reassess", "titration-visit", "troubleshoot", "first-programme"} & set(
        kinds(course)
    )
    assert course.person.last(OperationRecorded) is not None


@pytest.mark.parametrize("goals", [
    (), (GoalLookedAt("walk to the shop", " "),), (GoalLookedAt("run", "yes"),)])  # fmt: skip
def test_the_dose_is_not_found_before_her_goals_were_looked_at(goals: Any):
    course = Course().through(all_of(back), "stabilise")
    with refused("goals-open"):
        course.do(Step("stabilise", PHYSICIAN, Stabilised(goals)))


# Steps, by the table of pathway §5.2 -------------------------------------------------------------

ADULT, CHILD = Quantity.parse("40 year"), Quantity.parse("12 year")


@pytest.mark.parametrize(("drug", "indication", "old", "new", "age", "inside"), [
    ("morphine", "failed-back-surgery-syndrome", "1 mg", "1.3 mg", None, True),  # 30 %
    ("morphine", "failed-back-surgery-syndrome", "1 mg", "1.31 mg", None, False),
    ("morphine", "cancer-pain", "1 mg", "1.5 mg", None, True),  # 50 %
    ("morphine", "cancer-pain", "1 mg", "1.51 mg", None, False),
    ("baclofen", "spinal-cord-injury", "100 mcg", "130 mcg", ADULT, True),  # 30 %
    ("baclofen", "spinal-cord-injury", "100 mcg", "131 mcg", ADULT, False),
    ("baclofen", "spinal-cord-injury", "100 mcg", "116 mcg", CHILD, False),  # 15 % in a child
    ("baclofen", "spinal-cord-injury", "100 mcg", "116 mcg", None, False),  # the age is not known
    ("baclofen", "cerebral-palsy", "100 mcg", "115 mcg", ADULT, True),  # 15 %
    ("baclofen", "cerebral-palsy", "100 mcg", "116 mcg", ADULT, False),
    ("ziconotide", "cancer-pain", "1 mcg", "3.4 mcg", None, True),  # 2.4 mcg/day
    ("ziconotide", "cancer-pain", "1 mcg", "3.5 mcg", None, False),
    ("bupivacaine", "cancer-pain", "1 mg", "1.1 mg", None, False),  # no source gives a step
    ("morphine", "cancer-pain", "1 mg", "1 mg", None, True),
    ("morphine", "cancer-pain", "1 mg", "0.5 mg", None, True),  # a fall by 50 %
    ("morphine", "cancer-pain", "1 mg", "0.49 mg", None, False),
    ("bupivacaine", "cancer-pain", "1 mg", "0.1 mg", None, True),  # no withdrawal is known
])  # fmt: skip
def test_a_step_inside_its_range_passes_and_one_outside_asks_for_more(
    drug: str, indication: str, old: str, new: str, age: Quantity | None, inside: bool
):
    before, after = (Quantity.parse(f"{text}/day") for text in (old, new))
    found = step_rule(drug, indication, before, after, age)
    assert found.inside is inside
    assert found.text
    assert inside or found.limit is not None or drug == "bupivacaine"


@pytest.mark.parametrize(("old", "new"), [
    ("0 mg/day", "1 mg/day"), ("1 mg", "2 mg"), ("1 mg/day", "1 mL/day"), ("1 mg/day", "-1 mg/day"),
])  # fmt: skip
def test_what_is_no_step_from_one_daily_dose_to_another_is_refused(old: str, new: str):
    with pytest.raises(Refused) as caught:
        step_rule("morphine", "cancer-pain", Quantity.parse(old), Quantity.parse(new))
    assert caught.value.code == "no-step"


def test_a_step_of_a_drug_that_nobody_knows_is_refused():
    one = Quantity.parse("1 mg/day")
    with pytest.raises(UnknownFact):
        step_rule("morfine", "cancer-pain", one, one)


@given(st.integers(1, 5000), st.integers(0, 10000), st.integers(0, 10000))
def test_a_smaller_rise_is_never_worse_than_a_larger_one(old: int, one: int, other: int):
    small, large = sorted((one, other))
    before = Quantity.of(old, "mcg/day")

    def inside(more: int) -> bool:
        after = Quantity.of(old + more, "mcg/day")
        return step_rule("baclofen", "cerebral-palsy", before, after).inside

    assert inside(small) or not inside(large)


# An adjustment in the years after ----------------------------------------------------------------


def test_a_dose_that_is_no_longer_right_is_adjusted_and_looked_at():
    course = living()
    with refused("words-missing"):
        did(course, "begin-adjustment", PHYSICIAN, AdjustmentBegun(" "))
    did(course, "begin-adjustment", PHYSICIAN, AdjustmentBegun("more spasms since the winter"))
    assert str(course.person.place) == "adjust"
    did(course, "end-adjustment", PHYSICIAN, AdjustmentEnded("walks as before"))
    assert course.person.place is Place.MAINTENANCE
