"""What she said that waits for somebody: a message by its date, a report by its level."""

from collections.abc import Iterator, Mapping
from datetime import datetime

from cisterna.clinic.bodies.emergency import ReportTriaged
from cisterna.clinic.bodies.hers import ConsultAnswered, ConsultAsked
from cisterna.clinic.course import Person, Said
from cisterna.clinic.event import Role
from cisterna.clinic.messages import threads
from cisterna.clinic.reports import answer_by, open_reports, zone_of
from cisterna.clinic.tasks.task import Task, tasks
from cisterna.clinic.triage import Level
from cisterna.facts import Cards, Pathway
from cisterna.quantity import later


@tasks
def consults(person: Person, rules: Pathway, at: datetime) -> Iterator[Task]:
    """A request for a talk that nobody has taken in or answered."""
    asked = person.last(ConsultAsked, None)
    done = person.place is not None or person.last(ConsultAnswered, None) is not None
    if asked is None or done:
        return
    fact = rules.figure("consult_within")
    what = "Take in her request for a consultation, or answer it."
    rest = later(asked.at, fact.value), Role.NURSE, "she asked herself", fact.locator, asked.id
    yield Task(person.id, "consult", what, *rest)


@tasks
def messages(person: Person, rules: Pathway, at: datetime) -> Iterator[Task]:
    """Each thread whose last word is hers."""
    fact = rules.figure("answer_within")
    for one in threads(person):
        if one.waits:
            due = later(one.since, fact.value)
            rest = due, Role.NURSE, "a message waits", fact.locator, one.id
            yield Task(person.id, "message", "Answer her message.", *rest)


@tasks
def reports(person: Person, rules: Pathway, at: datetime) -> Iterator[Task]:
    """A report from home that nobody has taken up; a red one is the nurse's and the physician's."""
    words = Cards(rules.library).findings()
    for said in open_reports(person):
        red = said.body.level == Level.RED
        for role in (Role.NURSE, Role.PHYSICIAN) if red else (Role.NURSE,):
            yield _report(person, said, role, words)


def _report(
    person: Person, said: Said[ReportTriaged], role: Role, words: Mapping[str, str]
) -> Task:
    body = said.body
    told = ", ".join(words.get(name, name) for name in body.findings)
    what = f"Reported from home by the {said.by.role}, {body.level}: {told}."
    kind = "red-flag" if body.level == Level.RED else "report"
    due = answer_by(body.level, said.at, zone_of(person))
    return Task(person.id, kind, what, due, role, body.act, "pathway §6.4", said.id)
