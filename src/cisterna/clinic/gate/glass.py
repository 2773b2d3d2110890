"""The way of one person alone, at night: stop the pump, or lower a dose; reviewed within a day."""

from datetime import datetime

from cisterna.clinic.event import Event
from cisterna.clinic.gate import bodies as b
from cisterna.clinic.gate.acts import SIGNING, Pen
from cisterna.clinic.gate.leave import same_person, who
from cisterna.clinic.gate.standing import Standing, binding
from cisterna.clinic.refusal import Refused


def break_glass(s: Standing, pen: Pen, stop: bool = False) -> Event:
    """Stop the pump (`stop`), or let the proposed decrease go without a second person.

    `pen.why` says why nobody else could be asked. A stop is never refused for what else is open.
    """
    if SIGNING.leave("stop", pen.actor.role) is None:
        raise Refused("role", f"A {pen.actor.role} breaks no glass.", "Call a clinician.")
    if not pen.why.strip():
        raise Refused("no-reason", "Breaking glass needs its reason.", "Say why you are alone.")
    by = pen.at + pen.signing.review
    if stop:
        return pen.writes(b.GlassBroken(None, None, by))
    proposal = s.proposal
    if proposal is None or s.intent is not None:
        raise Refused("nothing-proposed", "No change is open.", "Propose the decrease first.")
    same_person(proposal.actor, pen.actor, "lowers it alone")
    blocked = any(f.severity == "block" for f in proposal.body.findings)
    if not proposal.body.lowers or blocked:
        words = "Alone, a dose is only lowered: this change does more."
        raise Refused("not-lower", words, "Ask a second person, or propose the decrease alone.")
    return pen.writes(b.GlassBroken(proposal.id, binding(s.chain), by))


def review(s: Standing, pen: Pen, glass: str, right: bool) -> Event:
    """Another person has looked at what was done alone, and says whether it was right."""
    broken = next((g for g in s.unreviewed if g.id == glass), None)
    if broken is None:
        raise Refused("nothing-open", "No such glass waits for a review.", "See the list.")
    if who(broken.actor) == who(pen.actor) or SIGNING.leave("second", pen.actor.role) is None:
        words = "Another clinician reviews what was done alone."
        raise Refused("same-person", words, "Ask a colleague.")
    return pen.writes(b.GlassReviewed(glass, right))


def overdue(s: Standing, now: datetime) -> tuple[Event, ...]:
    """What was done alone and should have been reviewed by now."""
    return tuple(g for g in s.unreviewed if g.body.review_by <= now)
