"""What is due for a person: what the gate waits for, and an opening that nobody has looked at.

The parts of the course give their own; they are gone through here as they come.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from cisterna.clinic.acts.access import unreviewed
from cisterna.clinic.course import Person
from cisterna.clinic.event import Role
from cisterna.clinic.gate.standing import Standing, standing
from cisterna.facts import Pathway
from cisterna.facts.access import span
from cisterna.facts.signing import Signing

SIGNING = Signing()


@dataclass(frozen=True, slots=True)
class Due:
    """What needs whom by when, and why."""

    what: str
    due: datetime
    role: Role
    why: str


def due(person: Person, rules: Pathway, at: datetime) -> Iterator[Due]:
    """Everything that is due for this person, as seen at `at`."""
    yield from _gate(standing(person.events))
    for opened in unreviewed(person):
        what = f"Review why {opened.by.who} opened this record from {opened.body.clinic}"
        yield Due(what, opened.at + span("open_chart_review"), Role.PHYSICIAN, "pathway §8")


def _gate(s: Standing) -> Iterator[Due]:
    """A change that waits for somebody, an outcome that nobody knows, a glass that was broken."""
    for glass in s.unreviewed:
        what = f"Review what {glass.actor.who} did alone"
        yield Due(what, glass.body.review_by, Role.PHYSICIAN, "pathway §8, break-glass")
    if s.intent is not None:
        what = "Interrogate the pump and reconcile: nobody knows what runs"
        yield Due(what, s.intent.recorded, s.intent.actor.role, "safety §5, unknown outcome")
    elif s.proposal is not None and s.proposal.body.second and s.second is None:
        what = f"Sign second what {s.proposal.actor.who} proposes: {s.proposal.body.dose}"
        by = s.proposal.recorded + SIGNING.second_signer
        yield Due(what, by, Role.PHYSICIAN, "pathway §8, two-person rules")
