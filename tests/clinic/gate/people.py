"""A clinic of a few people, an order to change, and the way of a change through the gate."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from cisterna.clinic.event import Actor, Event, Role
from cisterna.clinic.gate import acts
from cisterna.clinic.gate import bodies as b
from cisterna.clinic.gate.acts import Pen
from cisterna.clinic.gate.change import Wanted, second_reading
from cisterna.clinic.gate.standing import Standing, after
from cisterna.order.prescription import Prescription
from tests.orders import LIBRARY, order, read, toml

PHYSICIAN = Actor("Ada", Role.PHYSICIAN)
COLLEAGUE = Actor("Ben", Role.PHYSICIAN)
NURSE = Actor("Cleo", Role.NURSE)
PHARMACIST = Actor("Dan", Role.PHARMACIST)
SURGEON = Actor("Eve", Role.SURGEON)
SERIAL = "NGP000000H"
OLD = read(order(infusion__daily_dose="4 mg/day"))


def wanted(old: Prescription | None = OLD, version: int = 1, **changes: Any) -> Wanted:
    """A change of the order; by itself a step in range."""
    return Wanted(SERIAL, version, toml(order(**changes)), old)


IN_RANGE = wanted()
LOWER = wanted(infusion__daily_dose="3.6 mg/day")
LARGE_STEP = wanted(infusion__daily_dose="9 mg/day", limits=None)
SLIP = wanted(infusion__daily_dose="44 mg/day", limits=None)
PATIENT_MORE = wanted(remote__lockout="1 h")
OTHER_STRENGTH = wanted(solution__drug__0__concentration="10 mg/mL")


@dataclass
class Way:
    """A person's record, and a clock that goes on by a second with each event."""

    clock: Callable[[], datetime] | None = None
    at: datetime = datetime(2026, 11, 30, 9, tzinfo=UTC)
    standing: Standing = field(default_factory=Standing)
    events: list[Event] = field(default_factory=list)

    def pen(self, actor: Actor = PHYSICIAN, why: str = "") -> Pen:
        """The next event's pen."""
        if self.clock is not None:
            self.at = self.clock()
        else:
            self.at += timedelta(seconds=1)
        return Pen("p1", actor, self.at, f"e{len(self.events) + 1}", why)

    def keep(self, happened: Event) -> Event:
        """Put an event on record."""
        self.events.append(happened)
        self.standing = after(self.standing, happened)
        return happened

    def propose(self, change: Wanted, by: Actor = PHYSICIAN, under: str = "") -> Event:
        """Propose a change."""
        return self.keep(acts.propose(self.standing, self.pen(by), change, LIBRARY, under))

    def reason(self, why: str = "Pain is worse, and she was watched.") -> Event | None:
        """The reason for all that asks for one."""
        proposal = self.standing.proposal
        assert proposal is not None
        codes = tuple(sorted({f.code for f in proposal.body.findings if f.severity != "note"}))
        if not codes:
            return None
        return self.keep(acts.give_reason(self.standing, self.pen(proposal.actor, why), codes))

    def second(self, change: Wanted, by: Actor = COLLEAGUE, **more: Any) -> Event:
        """Sign second, having read the order."""
        digest = second_reading(change, LIBRARY)
        return self.keep(acts.approve(self.standing, self.pen(by), digest, **more))

    def prove(self) -> Event:
        """The proposer proves who she is."""
        proposal = self.standing.proposal
        assert proposal is not None
        return self.keep(acts.reauthenticate(self.standing, self.pen(proposal.actor), "passkey"))

    def intend(self) -> Event:
        """The proposer lets it go."""
        proposal = self.standing.proposal
        assert proposal is not None
        return self.keep(acts.intend(self.standing, self.pen(proposal.actor)))

    def signed(self, change: Wanted, by: Actor = PHYSICIAN, under: str = "") -> tuple[Event, ...]:
        """All signatures of a change, as far as it needs them."""
        self.propose(change, by, under)
        self.reason()
        proposal = self.standing.proposal
        assert proposal is not None
        if proposal.body.second:
            blocked = any(f.severity == "block" for f in proposal.body.findings)
            self.second(change, typed_dose=proposal.body.dose if blocked else None)
        self.prove()
        return self.standing.chain

    def ended(self, outcome: str) -> Event:
        """The outcome of what was let go."""
        intent = self.standing.intent
        assert intent is not None
        body = b.TransmissionEnded(intent.id, outcome, "activate", None, None, "")
        return self.keep(self.pen().writes(body))


def revised(change: Wanted) -> Wanted:
    """The same after a revision."""
    return replace(change, revised=True)
