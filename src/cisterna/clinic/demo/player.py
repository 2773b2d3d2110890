"""One invented person on her way: her record, the time, and the pump that she has."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Protocol

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from cisterna.clinic.acts.act import after as folded
from cisterna.clinic.course import Person
from cisterna.clinic.demo.cast import Role
from cisterna.clinic.demo.orders import Therapy
from cisterna.clinic.demo.stage import Stage
from cisterna.clinic.event import Actor, Event
from cisterna.clinic.gate.acts import Pen
from cisterna.clinic.gate.standing import Standing
from cisterna.clinic.gate.standing import after as changed

WRITING_MS = 20_000
"""What it takes to write one event of a change, by the demonstration's clock (invented)."""


class Step(Protocol):
    """One thing that happens to a person; `later` is how long after the step before it."""

    @property
    def later(self) -> timedelta:
        """How long after the step before it."""
        ...

    def do(self, player: "Player") -> None:
        """Do it. Raises `Refused` where it is not possible: then the story is wrong."""
        ...


@dataclass(slots=True)
class Player:
    """A person, and what her story needs to know.

    `runs` is the order in her pump, `before` the one from which its line still had to be bridged,
    `today` the order of the refill that is under way, `drawn` the nL that came back at it.
    """

    role: Role
    stage: Stage
    random: Random
    end: datetime
    person: Person
    standing: Standing = field(default_factory=Standing)
    runs: Therapy | None = None
    before: Therapy | None = None
    today: Therapy | None = None
    drawn: int = 0
    remote: Ed25519PrivateKey | None = None

    @property
    def serial(self) -> str:
        """Her pump. Raises `LookupError` where the cast gives her none."""
        if self.role.device is None:
            raise LookupError(f"{self.role.id} has no pump in the cast")
        return self.role.device.serial

    @property
    def at(self) -> datetime:
        """The time now."""
        return self.stage.now()

    @property
    def latest(self) -> str:
        """The id of her latest event."""
        return self.person.events[-1].id

    def until(self, moment: datetime) -> timedelta:
        """How long it is until then; nothing, where it is past."""
        return max(timedelta(0), moment - self.at)

    def pen(self, actor: Actor, why: str = "") -> Pen:
        """The pen for one event of a change, which takes a moment to write."""
        self.stage.pass_ms(WRITING_MS)
        return Pen(self.person.id, actor, self.at, self.person.next_id, why)

    def keep(self, *events: Event) -> None:
        """Put events on record."""
        self.person = folded(self.person, events)
        for found in events:
            self.standing = changed(self.standing, found)
        self.stage.events.extend(events)


Story = Callable[[Player], Iterator[Step]]
