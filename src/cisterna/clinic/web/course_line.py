"""The course as a line: where she was, where she stands, and what each next step still lacks."""

from dataclasses import dataclass
from datetime import datetime

from cisterna.clinic.acts import ACTS
from cisterna.clinic.bodies.planning import Moved, Place
from cisterna.clinic.course import Person
from cisterna.clinic.event import Role
from cisterna.clinic.guards import check
from cisterna.clinic.refusal import Refused
from cisterna.clinic.web.choices import CHOICES
from cisterna.clinic.web.models import HERSELF
from cisterna.clinic.web.words import title, words
from cisterna.facts import Pathway

_MAIN = (
    Place.REFERRED, Place.EVALUATING, Place.TEAM_REVIEW, Place.TRIAL_PLANNED, Place.TRIAL_RUNNING,
    Place.IMPLANT_PLANNED, Place.IMPLANTED_OBSERVATION, Place.TITRATION, Place.MAINTENANCE,
)  # fmt: skip
_APART = frozenset({"open-chart", "confirm-value", "withdraw-value", "give-telephones"})
_OPEN = frozenset({"proposal", "opening"})


@dataclass(frozen=True, slots=True)
class Stop:
    """One place of the line; `state` is done, here or ahead."""

    place: str
    title: str
    state: str


@dataclass(frozen=True, slots=True)
class Next:
    """A step that is possible from here by the course, and every guard that does not hold yet."""

    title: str
    missing: tuple[Refused, ...]


def line(person: Person) -> tuple[Stop, ...]:
    """The places of the course in order; a place apart stands where it branched off."""
    visited = {Place.REFERRED, *(m.body.after for m in person.every(Moved, None))}
    stops = list(_MAIN)
    if person.place and person.place not in stops:
        moves = person.every(Moved, None)
        before = next((m.body.before for m in reversed(moves) if m.body.before in stops), None)
        stops.insert(stops.index(before) + 1 if before else 0, person.place)
    return tuple(Stop(p, title("place", p), _state(p, person, visited)) for p in stops)


def _state(place: Place, person: Person, visited: set[Place]) -> str:
    if place is person.place:
        return "here"
    return "done" if place in visited else "ahead"


def nexts(person: Person, rules: Pathway, at: datetime) -> tuple[Next, ...]:
    """The next steps by the course, each with what is missing."""
    steps = (s for s in rules.steps() if s.before == person.place)
    return tuple(
        Next(title("place", s.after), tuple(_missing(s.guards, person, rules, at))) for s in steps
    )


def _missing(
    guards: tuple[str, ...], person: Person, rules: Pathway, at: datetime
) -> list[Refused]:
    found = []
    for name in guards:
        try:
            check((name,), person, rules, at)
        except Refused as why:
            found.append(why)
    return found


def _waits(name: str, person: Person, rules: Pathway) -> bool:
    """Whether there is something to sign or to review, where an act is about nothing else."""
    asked = (f.get("choices") for f in words("act", name).get("field", {}).values())
    return all(list(CHOICES[c](person, rules)) for c in asked if c in _OPEN)


@dataclass(frozen=True, slots=True)
class Possible:
    """An act that a role may do where the person stands."""

    name: str
    title: str
    help: str


def possible(person: Person, role: Role, rules: Pathway) -> tuple[Possible, ...]:
    """What this role may do now, in the order of the course."""
    names = (
        n
        for n, a in ACTS.items()
        if person.place in a.places and n not in _APART and _waits(n, person, rules)
    )
    return tuple(
        Possible(n, title("act", n), str(words("act", n).get("help", "")))
        for n in names
        if rules.may(n, role)
    )


PROCEDURES: dict[str, tuple[Place, ...]] = {
    "trial": (Place.TEAM_REVIEW, Place.TRIAL_PLANNED, Place.TRIAL_RUNNING),
    "implant": (Place.IMPLANT_PLANNED, Place.IMPLANTED_OBSERVATION),
    "refill": (Place.MAINTENANCE, Place.REFILL),
    "mri": (*(Place.TITRATION, Place.MAINTENANCE, Place.MRI_HOLD), Place.EMERGENCY),
    "trouble": (Place.TITRATION, Place.MAINTENANCE, Place.TROUBLESHOOTING),
}
"""The procedures that have pages of their own, and where on the course each is offered."""


def procedures(person: Person, role: Role) -> tuple[tuple[str, str], ...]:
    """The procedures that staff can open for this person now: name and title."""
    if role in HERSELF or role in (Role.ADMIN, Role.SYSTEM):
        return ()
    here = (n for n, places in PROCEDURES.items() if person.place in places)
    return tuple((n, title("guide", n)) for n in here)
