"""What she said that waits for somebody: a report by its level, a message by its level."""

from collections.abc import Iterator
from datetime import datetime

from cisterna.clinic.bodies.emergency import ReportTriaged
from cisterna.clinic.course import Person, Said
from cisterna.clinic.event import Role
from cisterna.clinic.heard import answer_by, open_reports, talks, zone_of
from cisterna.clinic.tasks.task import Task, tasks
from cisterna.clinic.triage import Level
from cisterna.facts import Cards, Pathway

_SOURCE = "pathway §6.4"
_WHY = 60


@tasks
def reports(person: Person, rules: Pathway, at: datetime) -> Iterator[Task]:
    """A report from home that nobody has taken up; a red one is the nurse's and the physician's."""
    words = Cards(rules.library).findings()
    for said in open_reports(person):
        red = said.body.level == Level.RED
        for role in (Role.NURSE, Role.PHYSICIAN) if red else (Role.NURSE,):
            yield _report(person, said, role, words)


def _report(person: Person, said: Said[ReportTriaged], role: Role, words: dict[str, str]) -> Task:
    body = said.body
    told = ", ".join(words.get(name, name) for name in body.findings)
    what = f"Reported from home by the {said.by.role}, {body.level}: {told}."
    kind = "red-flag" if body.level == Level.RED else "report"
    due = answer_by(body.level, said.at, zone_of(person))
    return Task(person.id, kind, what, due, role, body.act, _SOURCE, said.id)


@tasks
def messages(person: Person, rules: Pathway, at: datetime) -> Iterator[Task]:
    """A message that nobody has answered."""
    for talk in talks(person):
        if talk.waits is not None:
            body, said = talk.waits.body, talk.waits
            subject = talk.subject if len(talk.subject) <= _WHY else f"{talk.subject[:_WHY]} …"
            what = f"Answer the message of the {said.by.role}: {subject}"
            due = answer_by(body.level, said.at, zone_of(person))
            why = Cards(rules.library).act(body.level)
            yield Task(person.id, "message", what, due, Role.NURSE, why, _SOURCE, said.id)
