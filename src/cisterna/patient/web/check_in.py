"""The questions of a check-in from home: the scores and symptoms of her indication and drugs.

Her answers become one visit, recorded as remote, by the act that a visit in the clinic is recorded
with; what would be urgent was asked before and went through the rules of triage.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from cisterna.clinic.bodies.visit import DrugDose, Graded, Score, VisitRecorded
from cisterna.clinic.course import Person
from cisterna.clinic.prescribing import running
from cisterna.clinic.since import doses_on_record, drugs_on_record, kinds_of
from cisterna.clinic.therapy import therapy
from cisterna.clinic.triage import Level, triage
from cisterna.facts import Cards, Follow, Pathway
from cisterna.order.form import Unusable
from cisterna.order.line import Refused as OrderRefused
from cisterna.order.schedule import schedule

_HOME_GRADES = ("none", "mild", "moderate", "severe")
_STAFF_ONLY = ("low-blood-pressure", "question", "mild-side-effect", "gradual-loss-of-effect")
_HIDDEN = frozenset({*_STAFF_ONLY, "ataxia", "any-symptom"})


@dataclass(frozen=True, slots=True)
class Question:
    """One question: its name in the form, the words' key, and the steps to choose from."""

    name: str
    key: str
    steps: tuple[str, ...]


def red_flags(rules: Pathway) -> tuple[str, ...]:
    """What she is asked first: the findings that somebody at home can see or feel."""
    return tuple(n for n in Cards(rules.library).findings() if n not in _HIDDEN)


def red_alone(person: Person, rules: Pathway) -> tuple[str, ...]:
    """What is red by itself, whatever else there is: one press is enough to report it."""
    asked, drugs = red_flags(rules), drugs_on_record(person)
    return tuple(n for n in asked if triage((n,), drugs, rules.library).level is Level.RED)


def questions(person: Person, rules: Pathway) -> tuple[Question, ...]:
    """The scores and symptoms that she is asked for."""
    return (*_scores(person, rules), *_symptoms(person, rules))


def _scores(person: Person, rules: Pathway) -> Iterator[Question]:
    follow = Follow(rules.library)
    for name in person.indication(rules).scales:
        scale = follow.scoring(name)
        if scale.mandatory and not scale.by_clinician:
            for item in scale.items:
                key = f"score.{name}.{item}".replace("-", "_")
                yield Question(f"score:{name}:{item}", key, rules.scale(name))


def _symptoms(person: Person, rules: Pathway) -> Iterator[Question]:
    kinds = kinds_of((d.drug for d in doses_now(person, rules)), rules.library)
    for name in Follow(rules.library).symptoms_asked(kinds):
        key = f"symptom.{name}".replace("-", "_")
        yield Question(f"symptom:{name}", key, _HOME_GRADES)


def doses_now(person: Person, rules: Pathway) -> tuple[DrugDose, ...]:
    """The doses that run, as the record knows them; those last told where it does not."""
    try:
        rx = running(therapy(person.events), rules.library)
    except (Unusable, OrderRefused):
        rx = None
    if rx is None:
        return doses_on_record(person)
    doses = rx.doses_of(schedule(rx).mean)
    return tuple(DrugDose(c.drug.id, doses[c.drug.id]) for c in rx.solution.components)


def missing(asked: tuple[Question, ...], given: Mapping[str, str]) -> tuple[str, ...]:
    """The names of the questions without an answer that is one of their steps."""
    return tuple(q.name for q in asked if given.get(q.name) not in q.steps)


def answered(
    person: Person, rules: Pathway, given: Mapping[str, str], seen: datetime
) -> VisitRecorded:
    """The check-in as a visit from home."""
    asked = questions(person, rules)
    parts = [(q.name.split(":"), given[q.name]) for q in asked]
    scores = tuple(Score(p[1], p[2], v) for p, v in parts if p[0] == "score")
    symptoms = tuple(Graded(p[1], v) for p, v in parts if p[0] == "symptom")
    doses = doses_now(person, rules)
    return VisitRecorded(seen, True, doses, scores, symptoms, None, given.get("says", "").strip())


__all__ = [
    "Question",
    "answered",
    "doses_now",
    "drugs_on_record",
    "missing",
    "questions",
    "red_flags",
]
