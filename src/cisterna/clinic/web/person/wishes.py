"""What she has said herself: her order of the options, her answers about the aid, her questions."""

from dataclasses import dataclass
from datetime import datetime

from cisterna.clinic.bodies.hers import OptionsRanked, QuestionsKept, TeachBackTaken
from cisterna.clinic.course import Person
from cisterna.clinic.web.words import plain


@dataclass(frozen=True, slots=True)
class Wishes:
    """What she wants the team to read; each empty until she has said it."""

    order: tuple[str, ...]
    weights: tuple[tuple[str, int], ...]
    ranked: datetime | None
    version: str
    right: str
    questions: tuple[str, ...]


def wishes_of(person: Person) -> Wishes:
    """Her last word on each; what counts most for her stands first."""
    ranked, asked = person.last(OptionsRanked, None), person.last(QuestionsKept, None)
    took = person.last(TeachBackTaken, None)
    weights = sorted(ranked.body.weights, key=lambda w: -w.weight) if ranked else []
    return Wishes(
        tuple(plain(one) for one in ranked.body.order) if ranked else (),
        tuple((plain(w.value), w.weight) for w in weights),
        ranked.at if ranked else None,
        ranked.body.version if ranked else "",
        f"{took.body.right} of {len(took.body.answers)}, aid {took.body.version}" if took else "",
        asked.body.questions if asked else (),
    )
