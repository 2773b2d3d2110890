"""She weighs the options by what matters to her, says back what she has read, carries a card."""

from dataclasses import replace
from datetime import timedelta

import pytest

from cisterna.clinic.acts.card import cards_good
from cisterna.clinic.bodies.hers import Answered, CardEnded, CardIssued, QuestionsKept, Weight
from cisterna.clinic.bodies.planning import TeachBackDone
from cisterna.facts import Pathway
from tests.clinic.people import PATIENT, SCRIPTS, START, Course
from tests.clinic.refusals import refused
from tests.clinic.weigh_asked import DIGEST, OPTIONS, ranked, taken
from tests.clinic.years import did, living

DAY = timedelta(days=1)


def evaluated() -> Course:
    """Somebody in her evaluation, before her teach-back."""
    return Course("p1", START).through(SCRIPTS["back"], "teach-back")


# Options ----------------------------------------------------------------------------------------


@pytest.mark.pathway("PW-065")
def test_every_option_has_its_place_in_her_order_and_waiting_is_one():
    course = living()
    with refused("not-whole"):
        did(course, "rank-options", PATIENT, replace(ranked(), order=("pump",)))
    with refused("not-whole"):
        did(course, "rank-options", PATIENT, replace(ranked(), order=OPTIONS.ids()[:-1] * 2))
    did(course, "rank-options", PATIENT, ranked())
    assert "waiting" in OPTIONS.ids()


@pytest.mark.parametrize(
    ("weights", "code"),
    [
        ((Weight("less-pain", 5),), "not-on-scale"),
        ((Weight("less-pain", -1),), "not-on-scale"),
        ((Weight("fame", 1),), "unknown"),
        ((Weight("less-pain", 1), Weight("less-pain", 2)), "twice"),
    ],
)
def test_what_matters_is_weighed_on_the_scale_of_the_facts(weights: tuple[Weight, ...], code: str):
    with refused(code):
        did(living(), "rank-options", PATIENT, replace(ranked(), weights=weights))


def test_an_order_of_another_version_is_not_taken_for_this_one():
    with refused("another-version"):
        did(living(), "rank-options", PATIENT, replace(ranked(), version="2020-01"))


@pytest.mark.pathway("PW-011")
def test_stimulation_stands_first_for_neuropathic_pain_and_no_option_is_hidden():
    for group in ("neuropathic-pain", "chronic-back-pain", "spasticity", ""):
        shown = [o.id for o in OPTIONS.options(group)]
        assert sorted(shown) == sorted(OPTIONS.ids())
        assert (shown[0] == "stimulation") == (group == "neuropathic-pain")


@pytest.mark.pathway("PW-060", "PW-061", "PW-062", "PW-063")
def test_every_treatment_that_can_be_recorded_but_surgery_belongs_to_one_option():
    of = [t for o in OPTIONS.options() for t in o.treatments]
    assert sorted([*of, "surgery"]) == sorted(Pathway().treatments())


def test_a_figure_is_out_of_100_and_never_more():
    figures = [f for o in OPTIONS.options() for f in o.figures]
    assert figures
    for one in figures:
        assert 0 <= one.of_100 <= 100
        assert one.others_of_100 is None or 0 <= one.others_of_100 <= 100
        assert one.effect in ("benefit", "harm")


def test_the_pump_is_shown_with_its_negative_figures_too():
    effects = [f.effect for f in OPTIONS.option("pump").figures]
    assert effects.count("harm") >= effects.count("benefit")


# Teach-back --------------------------------------------------------------------------------------


@pytest.mark.pathway("PW-043")
@pytest.mark.parametrize(("wrong", "passed"), [(0, True), (2, True), (3, False), (10, False)])
def test_her_own_teach_back_is_evidence_of_the_evaluation(wrong: int, passed: bool):
    course = evaluated()
    did(course, "take-teach-back", PATIENT, taken(wrong))
    said = course.person.last(TeachBackDone)
    assert said is not None
    assert said.body.passed is passed


def test_after_the_evaluation_it_is_on_record_and_changes_no_evidence():
    course = living()
    before = course.person.every(TeachBackDone)
    did(course, "take-teach-back", PATIENT, taken(5))
    assert course.person.every(TeachBackDone) == before


def test_each_question_is_answered_once_and_the_count_is_true():
    with refused("unanswered"):
        did(evaluated(), "take-teach-back", PATIENT, replace(taken(), answers=taken().answers[1:]))
    with refused("not-whole"):
        did(evaluated(), "take-teach-back", PATIENT, replace(taken(3), right=10))
    with refused("unknown"):
        strange = (*taken().answers[1:], Answered("why", "because"))
        did(evaluated(), "take-teach-back", PATIENT, replace(taken(), answers=strange))


def test_a_question_is_never_blank():
    with refused("words-missing"):
        did(living(), "keep-questions", PATIENT, QuestionsKept(("Can I dive?", " ")))


# The card ---------------------------------------------------------------------------------------


def test_a_card_is_good_until_it_is_ended():
    course = living()
    did(course, "issue-card", PATIENT, CardIssued(DIGEST, course.at + 30 * DAY))
    assert [c.body.digest for c in cards_good(course.person)] == [DIGEST]
    did(course, "end-card", PATIENT, CardEnded(DIGEST))
    assert not cards_good(course.person)
    with refused("no-such-card"):
        did(course, "end-card", PATIENT, CardEnded(DIGEST))


@pytest.mark.parametrize(
    ("digest", "days", "code"),
    [
        ("short", 30, "unreadable"),
        (DIGEST.upper(), 30, "unreadable"),
        (DIGEST, -1, "wrong-time"),
        (DIGEST, 366, "wrong-time"),
    ],
)
def test_a_card_is_named_by_a_digest_and_lasts_no_longer_than_the_facts_say(
    digest: str, days: int, code: str
):
    course = living()
    with refused(code):
        did(course, "issue-card", PATIENT, CardIssued(digest, course.at + days * DAY))


def test_the_same_card_is_not_issued_twice():
    course = living()
    did(course, "issue-card", PATIENT, CardIssued(DIGEST, course.at + 30 * DAY))
    with refused("same-card"):
        did(course, "issue-card", PATIENT, CardIssued(DIGEST, course.at + 40 * DAY))
