"""Where a person stands on the course, folded from her events: the state that an act looks at.

The state is the place and what was recorded, nothing else, so the texts of the events give it back
to the byte. A round begins with each evaluation: what was signed in an earlier one does not count.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Generic, TypeVar

from cisterna.clinic.bodies.planning import EvaluationBegun, Moved, Place, Referred
from cisterna.clinic.event import Actor, Event, event_text, read_event
from cisterna.facts import Pathway
from cisterna.facts.pathway import Indication

T = TypeVar("T")
Since = type[Any] | tuple[type[Any], ...] | None


class Broken(ValueError):
    """Events that are no course: of another person, out of order, or a step from elsewhere."""


@dataclass(frozen=True, slots=True)
class Said(Generic[T]):
    """One thing on record: when, by whom, as which event."""

    body: T
    at: datetime
    by: Actor
    id: str


@dataclass(frozen=True, slots=True)
class Person:
    """One person's course. `place` is None until somebody has referred her.

    `corrections` are the events that correct another, by its id.
    """

    id: str
    place: Place | None = None
    events: tuple[Event, ...] = ()
    corrections: Mapping[str, Event] = field(default_factory=dict)

    @property
    def next_id(self) -> str:
        """The id of her next event: two acts on the same state cannot both be recorded."""
        return f"{self.id}.{len(self.events) + 1}"

    @property
    def standing(self) -> tuple[Event, ...]:
        """The events as they stand: what was corrected gives its place to its correction."""
        if not self.corrections:
            return self.events
        return tuple(self._corrected(e) for e in self.events if e.corrects is None)

    def _corrected(self, found: Event) -> Event:
        while found.id in self.corrections:
            found = self.corrections[found.id]
        return found

    def every(self, kind: type[T], since: Since = EvaluationBegun) -> tuple[Said[T], ...]:
        """All of a kind after the last `since` (this round), oldest first; None is ever.

        What was corrected is left out; its correction has its place and its time.
        """
        events, start = self.standing, 0
        if since is not None:
            found = [n for n, e in enumerate(events) if isinstance(e.body, since)]
            start = found[-1] if found else len(events)
        return tuple(_said(e, kind) for e in events[start:] if isinstance(e.body, kind))

    def last(self, kind: type[T], since: Since = EvaluationBegun) -> Said[T] | None:
        """The latest of a kind after the last `since`."""
        found = self.every(kind, since)
        return found[-1] if found else None

    def indication(self, rules: Pathway) -> Indication:
        """What she was referred for. Raises `Broken` before the referral."""
        found = self.last(Referred, None)
        if found is None:
            raise Broken("nobody has been referred")
        return rules.indication(found.body.indication)


def _said(found: Event, kind: type[T]) -> Said[T]:
    assert isinstance(found.body, kind)  # noqa: S101  (for the type checker; filtered above)
    return Said(found.body, found.effective, found.actor, found.id)


def fold(person: Person, found: Event) -> Person:
    """The state after one more event. Raises `Broken`."""
    if (found.person, found.id) != (person.id, person.next_id):
        raise Broken(f"{found.id} is not the next event of {person.id}")
    if person.events and found.recorded < person.events[-1].recorded:
        raise Broken(f"{found.id} was recorded before the one that it follows")
    place = person.place
    if isinstance(found.body, Moved):
        if found.body.before != place:
            raise Broken(f"{found.id} begins at {found.body.before}, she stands at {place}")
        place = found.body.after
    elif isinstance(found.body, Referred):
        place = Place.REFERRED if place is None else place
    corrections = person.corrections
    if found.corrects is not None:
        corrections = {**corrections, found.corrects: found}
    events = (*person.events, found)
    return replace(person, place=place, events=events, corrections=corrections)


def replay(person_id: str, texts: Iterable[str]) -> Person:
    """The state that the texts of her events give. Raises `Broken` or `Unreadable`."""
    person = Person(person_id)
    for text in texts:
        person = fold(person, read_event(text))
    return person


def person_text(person: Person) -> str:
    """The one text of a state, to compare two by."""
    rows = [json.loads(event_text(e)) for e in person.events]
    whole = {"id": person.id, "place": person.place, "events": rows}
    return json.dumps(whole, sort_keys=True, separators=(",", ":"))
