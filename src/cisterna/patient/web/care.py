"""Who is on her team, what the therapy has asked of her lately, and when she is seen next."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from cisterna.clinic.bodies.refill import RefillCountersigned
from cisterna.clinic.bodies.titration import TitrationVisited
from cisterna.clinic.bodies.visit import VisitRecorded
from cisterna.clinic.course import Person
from cisterna.clinic.event import Role
from cisterna.clinic.tasks import due
from cisterna.clinic.web.models import STAFF
from cisterna.facts import Pathway

_YEAR = timedelta(days=365)
_SEEN = ("follow-up visit", "reassess", "titration-visit")
_NO_CARE = (Role.AUDITOR, Role.ADMIN)


@dataclass(frozen=True, slots=True)
class Upkeep:
    """What the last year asked of her: refills, visits in the clinic, check-ins from home."""

    refills: int
    visits: int
    check_ins: int


def team(person: Person, at: datetime) -> dict[Role, tuple[str, ...]]:
    """Who of the staff did something for her within a year, by role."""
    found: dict[Role, dict[str, None]] = {role: {} for role in Role}
    for one in person.events:
        role = one.actor.role
        if role in STAFF and role not in _NO_CARE and one.effective >= at - _YEAR:
            found[role][one.actor.who] = None
    return {role: tuple(names) for role, names in found.items() if names}


def upkeep(person: Person, at: datetime) -> Upkeep:
    """Counted from her record; journeys and costs are not on it."""
    visits = [v for v in person.every(VisitRecorded, None) if v.at >= at - _YEAR]
    seen = sum(v.at >= at - _YEAR for v in person.every(TitrationVisited, None))
    return Upkeep(
        sum(r.at >= at - _YEAR for r in person.every(RefillCountersigned, None)),
        seen + sum(not v.body.remote for v in visits),
        sum(v.body.remote for v in visits),
    )


def next_visit(person: Person, rules: Pathway, at: datetime) -> datetime | None:
    """When the clinic wants to see her next, by its schedule; None where it asks for nothing."""
    return min(_visits(person, rules, at), default=None)


def _visits(person: Person, rules: Pathway, at: datetime) -> Iterator[datetime]:
    for task in due(person, rules, at):
        if task.kind in _SEEN:
            yield task.due
