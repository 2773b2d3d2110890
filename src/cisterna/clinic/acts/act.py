"""What every act has in common: who may, what must hold, and the events that come of it.

An act is `act(person, actor, asked, at, why=…, evidence=…)`. It returns the events, in order, or
raises `Refused` and nothing has happened. A function marked with `act` says what to record: bodies,
and a `Place` for each step of the course, which is held against its guards as the state then is.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from typing import Any, Generic, TypeVar, get_type_hints

from cisterna.clinic.bodies.planning import Moved, Place
from cisterna.clinic.course import Person, fold
from cisterna.clinic.event import Actor, Event, Role
from cisterna.clinic.guards.guard import check_step
from cisterna.clinic.messages import rights_of
from cisterna.clinic.refusal import Refused
from cisterna.facts import Pathway, UnknownFact

I = TypeVar("I")  # noqa: E741  (the input of an act)

EVERYWHERE = frozenset(Place)
_AT_HOME = frozenset({Role.PATIENT, Role.CAREGIVER})
_CORRECTED = "ours: a correction is a new event; both stay on the record"


@dataclass(frozen=True, slots=True)
class Case:
    """What an act looks at: the person as she stands, who acts, when, why, under which rules."""

    person: Person
    actor: Actor
    at: datetime
    why: str
    rules: Pathway

    def need_why(self, text: str, source: str) -> None:
        """Raise `Refused` unless a reason is given for what goes beyond a rule."""
        if not self.why.strip():
            way_out = "Give the reason, or keep to the rule."
            raise Refused("reason-missing", text, way_out, limit=text, source=source)


@dataclass(frozen=True, slots=True)
class Act(Generic[I]):
    """One act by its name in the role matrix, and the places of the course where it is possible."""

    name: str
    places: frozenset[Place | None]
    does: Callable[[Case, I], Iterable[Any]]

    def __call__(
        self,
        person: Person,
        actor: Actor,
        asked: I,
        at: datetime,
        *,
        why: str = "",
        evidence: tuple[str, ...] = (),
        rules: Pathway | None = None,
        corrects: str | None = None,
    ) -> tuple[Event, ...]:
        """The events of this act at `at`. Raises `Refused`; the state is as it was.

        With `corrects`, what was asked for stands in place of an earlier event of this act and
        has its time; what follows from it, follows now.
        """
        case = Case(person, actor, at, why, rules or house())
        self._check(case, corrects)
        try:
            events = tuple(_recorded(case, self.does(case, asked), evidence))
        except UnknownFact as unknown:
            raise Refused("unknown", f"{unknown}.", "Choose one that is known.") from None
        if corrects is None:
            return events
        old = _earlier(self.name, case, corrects)
        if old.body == asked:
            raise Refused("nothing-new", "It says what stands already.", "Write it as it was.")
        first, *rest = events
        return (replace(first, effective=old.effective, corrects=old.id), *rest)

    def _check(self, case: Case, corrects: str | None) -> None:
        _check_role(self.name, case)
        _check_right(self.name, case)
        _check_time(case)
        if corrects is None and case.person.place not in self.places:
            raise Refused(
                "not-now",
                f"Not possible where she stands: {case.person.place or 'not referred'}.",
                f"Possible at: {', '.join(sorted(str(p) for p in self.places if p))}.",
                source="pathway §1.7",
            )


ACTS: dict[str, Act[Any]] = {}


def act(name: str, *places: Place | None) -> Callable[[Callable[[Case, I], Any]], Act[I]]:
    """Make a function an act (a decorator); without places it is possible once she is referred."""

    def made(does: Callable[[Case, I], Any]) -> Act[I]:
        ACTS[name] = found = Act(name, frozenset(places) or EVERYWHERE, does)
        return found

    return made


@cache
def house() -> Pathway:
    """The rules without a site's values."""
    return Pathway()


def _check_role(name: str, case: Case) -> None:
    if not case.rules.may(name, case.actor.role):
        rule = case.rules.rule("act", name)
        raise Refused(
            "role",
            f"{str(case.actor.role).capitalize()} may not {name.replace('-', ' ')}.",
            "Ask somebody whose role allows it.",
            limit=str(case.actor.role),
            source=rule.locator,
        )
    if not case.actor.who.strip():
        raise Refused("nobody", "An act has somebody who does it.", "Sign in.")


def _check_right(name: str, case: Case) -> None:
    """A caregiver does only what the person has given her."""
    right = case.rules.right(name)
    if case.actor.role is not Role.CAREGIVER or not right:
        return
    if right not in rights_of(case.person, case.actor.who, case.rules):
        raise Refused(
            "not-given",
            f"She has not given you this: {right}.",
            "Ask her: she gives it on her own page.",
            limit=right,
            source="pathway §8, only if delegated",
        )


def _check_time(case: Case) -> None:
    if case.at.utcoffset() is None:
        raise Refused("no-offset", "A time without its offset.", "Give the time with its offset.")
    if case.person.events and case.at < case.person.events[-1].recorded:
        text = "Something later is on record already."
        raise Refused("too-late", text, "Look at the course again, then act.")


def _earlier(name: str, case: Case, event: str) -> Event:
    """The event that an act is to correct, as it stands. Raises `Refused`.

    What was written at home is corrected by whoever wrote it, and she corrects nothing else.
    """
    found = next((e for e in case.person.standing if e.id == event), None)
    of_act = found is not None and isinstance(found.body, _input_of(name))
    if found is None or not of_act or not case.rules.correctable(name):
        text = "This is nothing that can be corrected so, or it has been corrected since."
        raise Refused("no-such-entry", text, "Open her page again.", source=_CORRECTED)
    at_home = {case.actor.role, found.actor.role} & _AT_HOME
    if at_home and found.actor.who != case.actor.who:
        text = "What somebody wrote at home is hers to correct, and nothing else is."
        raise Refused(
            "not-yours", text, "Write to each other, or make an entry.", source=_CORRECTED
        )
    if not at_home:
        case.need_why("A correction has its reason; both stay on the record.", _CORRECTED)
    return found


def correcting(found: Event, person: Person, role: Role, rules: Pathway) -> str:
    """The act by which a role of staff may correct an event; empty where there is none."""
    if found.id in person.corrections or {role, found.actor.role} & _AT_HOME:
        return ""
    named = (n for n in ACTS if rules.correctable(n) and isinstance(found.body, _input_of(n)))
    return next((n for n in named if rules.may(n, role)), "")


@cache
def _input_of(name: str) -> type[Any]:
    found = get_type_hints(ACTS[name].does).get("asked")
    return found if isinstance(found, type) else type(None)


def _recorded(case: Case, found: Iterable[Any], evidence: tuple[str, ...]) -> Iterator[Event]:
    person = case.person
    for item in found:
        body = item
        if isinstance(item, Place):
            check_step(person, item, case.rules, case.at)
            body = Moved(person.place or item, item)
        made = Event(
            person.next_id, person.id, case.actor, case.at, case.at, body, case.why, evidence
        )
        person = fold(person, made)
        evidence = (*evidence, made.id)
        yield made


def after(person: Person, events: Iterable[Event]) -> Person:
    """The state when these events are on record."""
    for found in events:
        person = fold(person, found)
    return person
