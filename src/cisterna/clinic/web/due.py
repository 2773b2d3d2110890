"""What is due for a person: the tasks of every part of the course, and those of the pages."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from cisterna.clinic.acts.access import unreviewed
from cisterna.clinic.course import Person
from cisterna.clinic.event import Role
from cisterna.facts import Pathway
from cisterna.facts.access import span


@dataclass(frozen=True, slots=True)
class Due:
    """What needs whom by when, and why."""

    what: str
    due: datetime
    role: Role
    why: str


def due(person: Person, rules: Pathway, at: datetime) -> Iterator[Due]:
    """Everything that is due for this person, as seen at `at`."""
    for opened in unreviewed(person):
        what = f"Review why {opened.by.who} opened this record from {opened.body.clinic}"
        yield Due(what, opened.at + span("open_chart_review"), Role.PHYSICIAN, "pathway §8")
