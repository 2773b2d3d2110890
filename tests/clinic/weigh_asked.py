"""Who weighs the options and carries the card, and what each of these acts is asked."""

from datetime import date, timedelta
from typing import Any

from cisterna.clinic.acts import ACTS, after
from cisterna.clinic.bodies.hers import (
    Answered,
    CardEnded,
    CardIssued,
    ConsultAnswered,
    ConsultAsked,
    OptionsRanked,
    QuestionsKept,
    TeachBackTaken,
    Weight,
)
from cisterna.clinic.course import Person
from cisterna.facts.options import Options
from tests.clinic.people import PATIENT, START
from tests.clinic.years import did, living

OPTIONS = Options()
DIGEST = "ab" * 32
CONSULT = ConsultAsked(
    "main", "Rosa Rivera", date(1961, 4, 5), "+1 555 0100", "es", True, "my back", ()
)

# Written by hand: pathway §9.1 and §7, which have no row in §8.
WEIGH_MAY = {
    "rank-options": "patient caregiver",
    "take-teach-back": "patient caregiver",
    "keep-questions": "patient caregiver",
    "ask-consult": "patient caregiver",
    "answer-consult": "physician surgeon nurse therapist psychologist",  # as a referral
    "issue-card": "physician surgeon nurse patient caregiver",
    "end-card": "physician surgeon nurse patient caregiver",
}


def taken(wrong: int = 0) -> TeachBackTaken:
    """A teach-back with so many wrong answers."""
    rows = []
    for n, (name, q) in enumerate(OPTIONS.questions().items()):
        others = [a for a in q.answers if a != q.right]
        rows.append(Answered(name, others[0] if n < wrong else q.right))
    return TeachBackTaken(OPTIONS.version, tuple(rows), len(rows) - wrong)


def ranked() -> OptionsRanked:
    """What matters to her, and her order."""
    weights = tuple(Weight(v, 2) for v in OPTIONS.values())
    return OptionsRanked(OPTIONS.version, weights, tuple(reversed(OPTIONS.ids())))


def asked() -> dict[str, tuple[Any, Any]]:
    """Each act with a state in which it is possible."""
    course = living()
    did(course, "issue-card", PATIENT, CardIssued(DIGEST, course.at + timedelta(days=30)))
    bodies: dict[str, Any] = {
        "rank-options": ranked(),
        "take-teach-back": taken(),
        "keep-questions": QuestionsKept(("Can I dive?",)),
        "issue-card": CardIssued("cd" * 32, course.at + timedelta(days=30)),
        "end-card": CardEnded(DIGEST),
    }
    found: dict[str, tuple[Any, Any]] = {n: (course.person, b) for n, b in bodies.items()}
    asking = ACTS["ask-consult"](Person("p9"), PATIENT, CONSULT, START)
    found["ask-consult"] = (Person("p9"), CONSULT)
    found["answer-consult"] = (after(Person("p9"), asking), ConsultAnswered("called her"))
    return found


WEIGH_ASKED = asked()
