"""The messages between her and the team, as threads, and whom each waits for."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from cisterna.clinic.bodies.hers import AccessGiven, MessageSent
from cisterna.clinic.course import Person, Said
from cisterna.clinic.event import Role
from cisterna.facts import Pathway

_HERS = (Role.PATIENT, Role.CAREGIVER)


@dataclass(frozen=True, slots=True)
class Thread:
    """One thread by the id of its first message, oldest first."""

    id: str
    messages: tuple[Said[MessageSent], ...]

    @property
    def waits(self) -> bool:
        """Whether the team has to answer: the last word is hers."""
        return self.messages[-1].by.role in _HERS

    @property
    def last(self) -> datetime:
        """When the last message was sent."""
        return self.messages[-1].at

    @property
    def since(self) -> datetime:
        """Since when the team owes an answer: her first message after the team's last."""
        theirs = [n for n, m in enumerate(self.messages) if m.by.role not in _HERS]
        return self.messages[theirs[-1] + 1 if theirs else 0].at if self.waits else self.last


def threads(person: Person) -> tuple[Thread, ...]:
    """Every thread, the one with the latest message first."""
    found: dict[str, list[Said[MessageSent]]] = {}
    for said in person.every(MessageSent, None):
        found.setdefault(said.body.thread or said.id, []).append(said)
    made = (Thread(name, tuple(messages)) for name, messages in found.items())
    return tuple(sorted(made, key=lambda t: t.last, reverse=True))


def thread_of(person: Person, name: str) -> Thread | None:
    """A thread by the id of its first message."""
    return next((t for t in threads(person) if t.id == name), None)


def rights_of(person: Person, who: str, rules: Pathway) -> frozenset[str]:
    """What somebody who cares for her may see and do now. Without a word of hers: nothing."""
    told = [a.body for a in person.every(AccessGiven, None) if a.body.caregiver == who]
    return frozenset(told[-1].may) & frozenset(rules.rights()) if told else frozenset()


def given(person: Person, rules: Pathway) -> Iterator[tuple[str, frozenset[str]]]:
    """Everybody whom she ever gave access, with what each may now."""
    names = dict.fromkeys(a.body.caregiver for a in person.every(AccessGiven, None))
    for name in names:
        yield name, rights_of(person, name, rules)
