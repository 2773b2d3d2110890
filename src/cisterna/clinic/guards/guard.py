"""What must hold before a step of the course. `facts/pathway.toml` says which step needs which.

A guard looks at the state and raises `Refused`. A step with a guard that is not here is refused.
"""

from collections.abc import Callable
from datetime import datetime
from typing import NoReturn

from cisterna.clinic.bodies.planning import Place
from cisterna.clinic.course import Person
from cisterna.clinic.refusal import Refused
from cisterna.facts import Pathway

Guard = Callable[[Person, Pathway, datetime], None]

GUARDS: dict[str, Guard] = {}


def guard(name: str) -> Callable[[Guard], Guard]:
    """Make a function the guard of this name (a decorator)."""

    def made(looks: Guard) -> Guard:
        GUARDS[name] = looks
        return looks

    return made


def check_step(person: Person, after: Place, rules: Pathway, at: datetime) -> None:
    """Raise `Refused` unless she can go from where she stands to `after`."""
    step = rules.step(str(person.place or ""), after)
    if step is None:
        raise Refused(
            "no-such-step",
            f"The course does not go from {person.place or 'nowhere'} to {after}.",
            "See what is missing on the course.",
            source="pathway §1.7",
        )
    check(step.guards, person, rules, at)


def check(names: tuple[str, ...], person: Person, rules: Pathway, at: datetime) -> None:
    """Raise `Refused` for the first guard that does not hold."""
    for name in names:
        guard = GUARDS.get(name)
        if guard is None:
            raise Refused("not-built", f"Nothing answers {name} yet.", "Wait for that act.")
        guard(person, rules, at)


def missing(code: str, message: str, way_out: str, source: str) -> NoReturn:
    """Raise `Refused` for what is not there."""
    raise Refused(code, message, way_out, source=source)
