"""What the pages add to the tasks of the course: the gate's waits, and an opening to review.

They stand in the same list (`clinic.tasks`), so a row on Today is a task like any other.
"""

from collections.abc import Iterator
from datetime import datetime

from cisterna.clinic.acts.access import unreviewed
from cisterna.clinic.course import Person
from cisterna.clinic.event import Event, Role
from cisterna.clinic.gate.standing import standing
from cisterna.clinic.tasks import Task, tasks
from cisterna.clinic.therapy import awaiting
from cisterna.facts import Pathway
from cisterna.facts.access import span
from cisterna.facts.signing import Signing


@tasks
def openings(person: Person, rules: Pathway, at: datetime) -> Iterator[Task]:
    """An opening from another clinic that nobody else has looked at."""
    for opened in unreviewed(person):
        what = f"Review why {opened.by.who} opened this record from {opened.body.clinic}."
        by = opened.at + span("open_chart_review")
        rest = by, Role.PHYSICIAN, "a record opened from elsewhere", "pathway §8", opened.id
        yield Task(person.id, "review-opening", what, *rest)


@tasks
def gate(person: Person, rules: Pathway, at: datetime) -> Iterator[Task]:
    """A change that waits for somebody, an outcome that nobody knows, a glass that was broken."""
    s = standing(person.events)
    for glass in s.unreviewed:
        what = f"Review what {glass.actor.who} did alone."
        rest = glass.body.review_by, Role.PHYSICIAN, "break-glass", "pathway §8", glass.id
        yield Task(person.id, "review-glass", what, *rest)
    if s.intent is not None:
        what = "Interrogate the pump and reconcile: nobody knows what runs."
        rest = s.intent.recorded, s.intent.actor.role, "unknown outcome", "safety §5", s.intent.id
        yield Task(person.id, "reconcile", what, *rest)
    elif s.proposal is not None and s.proposal.body.second and s.second is None:
        yield _to_sign(person, s.proposal, rules)


@tasks
def waits(person: Person, rules: Pathway, at: datetime) -> Iterator[Task]:
    """An order that nobody has programmed; a change that its proposer can go on with."""
    s = standing(person.events)
    for one in awaiting(person.events):
        if one.what == "program":
            what, role = "Program what was ordered, or do it by hand.", Role.NURSE
        elif one.what in ("reason", "transmit") and s.proposal is not None:
            what, role = "Go on with the change that is proposed.", s.proposal.actor.role
        else:
            continue
        yield Task(person.id, one.what, what, one.since, role, one.words, "pathway §8", one.event)


def _to_sign(person: Person, proposal: Event, rules: Pathway) -> Task:
    what = f"Sign second what {proposal.actor.who} proposes: {proposal.body.dose}."
    by = proposal.recorded + Signing(rules.library.site).second_signer
    why = ", ".join(proposal.body.second)
    return Task(
        *(person.id, "sign-second", what, by, Role.PHYSICIAN, why),
        *("pathway §8, two-person rules", proposal.id),
    )
