"""The site's formulary from the record: what its pharmacists confirmed, as an overlay of the facts.

The clinic itself has a record under a name that no person has: it stands in the same chain, is
verified and exported with it, and is folded as a person's is.
"""

from cisterna.clinic.bodies.site import ConfirmationWithdrawn, TelephonesGiven, ValueConfirmed
from cisterna.clinic.course import Person
from cisterna.facts.site import Confirmation, Site

SITE = "@site"
"""Whose record the clinic's own events are."""


def site_of(record: Person) -> Site:
    """The overlay as the clinic's record leaves it: the latest word on each value counts."""
    found: dict[str, Confirmation] = {}
    for event in record.events:
        body = event.body
        if isinstance(body, ValueConfirmed):
            by, on = event.actor.who, event.effective.date()
            rest = body.low, body.high, by, on, body.origin
            found[body.fact] = Confirmation(body.fact, *rest)
        elif isinstance(body, ConfirmationWithdrawn):
            found.pop(body.fact, None)
    return Site(found)


def telephones_of(record: Person, clinic: str) -> TelephonesGiven:
    """Whom to call about somebody of this clinic, as its record says last; empty is not known."""
    said = (s.body for s in record.every(TelephonesGiven, None) if s.body.of == clinic)
    return next(reversed(list(said)), TelephonesGiven(clinic))
