"""She weighs the options: her own ranking, the questions of the decision aid, what she will ask."""

from collections.abc import Iterator
from typing import Any

from cisterna.clinic.acts.act import Case, act
from cisterna.clinic.acts.asked import need_words, once, refuse
from cisterna.clinic.bodies.hers import OptionsRanked, QuestionsKept, TeachBackTaken
from cisterna.clinic.bodies.planning import Place, TeachBackDone
from cisterna.facts.library import known
from cisterna.facts.options import Options

_AID = "pathway §9.1"
_BEFORE = (Place.EVALUATING,)


@act("rank-options")
def rank_options(case: Case, asked: OptionsRanked) -> Iterator[Any]:
    """Write down what matters to her and her own order of the options: every one has its place."""
    facts = Options(case.rules.library)
    _check_version(asked.version, facts.version)
    once((w.value for w in asked.weights), "value", _AID)
    for one in asked.weights:
        known(one.value, facts.values(), "value")
        if one.weight not in range(facts.most_weight + 1):
            words = f"A weight is 0 to {facts.most_weight}."
            refuse("not-on-scale", words, "Choose one.", _AID)
    if sorted(asked.order) != sorted(facts.ids()):
        words = f"Each of {', '.join(facts.ids())} has one place."
        refuse("not-whole", words, "Give every option its place.", "pathway §1.6 PW-065")
    yield asked


@act("take-teach-back")
def take_teach_back(case: Case, asked: TeachBackTaken) -> Iterator[Any]:
    """Answer the questions of the decision aid; in the evaluation it is evidence (PW-043)."""
    facts = Options(case.rules.library)
    _check_version(asked.version, facts.version)
    once((a.question for a in asked.answers), "answer", _AID)
    questions = facts.questions()
    for one in asked.answers:
        known(one.answer, questions[known(one.question, questions, "question")].answers, "answer")
    if len(asked.answers) != len(questions):
        refuse("unanswered", "Each question has an answer.", "Answer each.", _AID)
    right = sum(questions[a.question].right == a.answer for a in asked.answers)
    if right != asked.right:
        refuse("not-whole", f"{right} are right, not {asked.right}.", "Count again.", _AID)
    yield asked
    if case.person.place in _BEFORE:
        passed = right >= case.rules.figure("teach_back_right").value.number("1")
        says = f"decision aid {asked.version}: {right} of {len(questions)} right, by herself"
        yield TeachBackDone(passed, says)


@act("keep-questions")
def keep_questions(case: Case, asked: QuestionsKept) -> Iterator[Any]:
    """Keep what she wants to ask her team; the list before it stays on record."""
    for one in asked.questions:
        need_words(one, "question", _AID)
    yield asked


def _check_version(asked: str, now: str) -> None:
    if asked != now:
        words = f"The decision aid is now of version {now}, this is {asked[:20]}."
        refuse("another-version", words, "Read the new one.", "pathway §9.1, version pinned")
