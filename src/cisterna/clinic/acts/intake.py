"""Intake: somebody is referred, or asks for herself; an evaluation begins."""

from collections.abc import Iterator
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from cisterna.clinic.acts.act import Case, act
from cisterna.clinic.acts.asked import need_words, refuse
from cisterna.clinic.bodies.hers import ConsultAnswered, ConsultAsked
from cisterna.clinic.bodies.planning import EvaluationBegun, GoalsSet, Place, Referred, Registered
from cisterna.clinic.refusal import Refused

_ASKED = "pathway §1.6 PW-072"
_MOST = 4000
_OLDEST = date(1900, 1, 1)


@act("register", None, *Place)
def register(case: Case, asked: Registered) -> Iterator[Any]:
    """Enter who she is, or enter it anew; what stood before stays on record."""
    for name in ("name", "number", "clinic", "language"):
        if not getattr(asked, name).strip():
            text = f"Missing: {name}."
            raise Refused("words-missing", text, "Write it.", source="pathway §5.5, identify")
    if asked.born > case.at.date():
        raise Refused("wrong-time", "She was not born in the future.", "Give the date of birth.")
    try:
        ZoneInfo(asked.zone)
    except (KeyError, ValueError, OSError):
        text = f"{asked.zone[:40]!r} is no time zone."
        raise Refused("unknown", text, "Choose one such as Europe/Berlin.") from None
    yield asked


@act("ask-consult", None)
def ask_consult(case: Case, asked: ConsultAsked) -> Iterator[Any]:
    """Ask for a talk with a specialist; with it a record begins that staff take in, or answer."""
    if case.person.events:
        refuse("asked-already", "This was asked already.", "Wait for the answer.", _ASKED)
    for name in ("clinic", "name", "reach", "language", "says"):
        need_words(getattr(asked, name), name, _ASKED)
        if len(getattr(asked, name)) > _MOST:
            refuse("too-long", f"{name} is longer than {_MOST} signs.", "Make it shorter.", _ASKED)
    if not _OLDEST < asked.born <= case.at.date():
        refuse("wrong-time", "This is no date of birth.", "Give the date of birth.", _ASKED)
    yield asked


@act("answer-consult", None)
def answer_consult(case: Case, asked: ConsultAnswered) -> Iterator[Any]:
    """Answer a request without taking her in; it leaves the list."""
    if case.person.last(ConsultAsked, None) is None:
        refuse("not-asked", "Nobody has asked.", "Register and refer her instead.", _ASKED)
    need_words(asked.says, "what she was told", _ASKED)
    yield asked


@act("refer", None)
def refer(case: Case, asked: Referred) -> Iterator[Any]:
    """Put somebody who is registered on the intake list, for one of the twelve indications."""
    if case.person.last(Registered, None) is None:
        text = "Nobody knows who she is."
        raise Refused("not-registered", text, "Register her first.", source="pathway §1.6 PW-072")
    case.rules.indication(asked.indication)
    yield asked


@act("begin-evaluation", Place.REFERRED, Place.ALTERNATIVES)
def begin_evaluation(case: Case, asked: EvaluationBegun) -> Iterator[Any]:
    """Begin a round of evaluation; after other therapies a new one may begin."""
    yield asked
    yield Place.EVALUATING


@act("set-goals")
def set_goals(case: Case, asked: GoalsSet) -> Iterator[Any]:
    """Write down what she wants to reach; the list before it stays on record."""
    if not asked.goals or not all(goal.strip() for goal in asked.goals):
        text = "At least one goal, each in words."
        raise Refused("no-goals", text, "Write one.", source="pathway §1.3 PW-022")
    yield asked


@act("open-alternatives", Place.NOT_CANDIDATE, Place.TRIAL_FAILED)
def open_alternatives(case: Case, asked: str) -> Iterator[Any]:
    """Go on with other therapies. The words asked are the reason."""
    yield Place.ALTERNATIVES
