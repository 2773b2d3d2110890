"""The broken glass of the record: a person of another clinic, opened with a reason."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from cisterna.clinic.acts.act import EVERYWHERE, Case, act
from cisterna.clinic.bodies.access import ChartOpened, OpeningReviewed
from cisterna.clinic.course import Person, Said
from cisterna.clinic.refusal import Refused
from cisterna.facts.access import span


@act("open-chart", None, *EVERYWHERE)
def open_chart(case: Case, asked: ChartOpened) -> Iterator[Any]:
    """Open the record in an emergency; the reason stands on it, and others are told."""
    case.need_why("Opening the record of another clinic has its reason.", "safety §4.2(c)")
    yield asked


@act("review-opening", None, *EVERYWHERE)
def review_opening(case: Case, asked: OpeningReviewed) -> Iterator[Any]:
    """Say whether an opening was right: somebody else than who opened it."""
    found = next((o for o in unreviewed(case.person) if o.id == asked.opening), None)
    if found is None:
        text = "No such opening waits for a review."
        raise Refused("nothing-open", text, "See the list.", source="pathway §8")
    if found.by.who == case.actor.who:
        text = "Nobody reviews her own opening."
        raise Refused("same-person", text, "Ask a colleague.", source="pathway §8")
    yield asked


def unreviewed(person: Person) -> tuple[Said[ChartOpened], ...]:
    """The openings that nobody else has looked at yet."""
    seen = {r.body.opening for r in person.every(OpeningReviewed, None)}
    return tuple(o for o in person.every(ChartOpened, None) if o.id not in seen)


def opened_by(person: Person, who: str, at: datetime) -> bool:
    """Whether somebody of elsewhere has opened this record and may still look at it."""
    opened = (o for o in person.every(ChartOpened, None) if o.by.who == who)
    return any(o.at <= at < o.at + span("open_chart") for o in opened)
