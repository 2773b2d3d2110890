"""The watch after an operation: when somebody has to look at the nerves, and for the opioid.

A look counts for the due time that it is nearest to, so one look never stands for two.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from cisterna.clinic.bodies.implant import (
    ImplantObserved,
    NerveFlagClosed,
    NerveFlagRaised,
    OperationRecorded,
)
from cisterna.clinic.course import Person, Said
from cisterna.clinic.titration import DoseChange, dose_changes
from cisterna.facts import Pathway
from cisterna.quantity import later


@dataclass(frozen=True, slots=True)
class Slot:
    """One due look: due at `due`, and a look from `opens` until `closes` counts for it."""

    due: datetime
    opens: datetime
    closes: datetime
    done: bool


@dataclass(frozen=True, slots=True)
class Watch:
    """One watch: what is looked at, its slots, when it ends, and where it stands."""

    name: str
    slots: tuple[Slot, ...]
    ends: datetime
    source: str

    def missed(self, at: datetime) -> tuple[Slot, ...]:
        """The looks that nobody took and that it is too late for."""
        return tuple(s for s in self.slots if not s.done and s.closes <= at)

    def next(self, at: datetime) -> Slot | None:
        """The look that is due now or next."""
        return next((s for s in self.slots if not s.done and s.closes > at), None)


def watches(person: Person, rules: Pathway) -> tuple[Watch, ...]:
    """The watches since the last operation: the nerves, and what the drug asks for."""
    return tuple(_watches(person, rules))


def _watches(person: Person, rules: Pathway) -> Iterator[Watch]:
    operation = person.last(OperationRecorded, None)
    if operation is None:
        return
    looks = [o.body for o in person.every(ImplantObserved, OperationRecorded)]
    nerves = [look.seen for look in looks if look.neuro is not None]
    yield _grid("neuro", operation.body.closed, nerves, rules)
    first = first_dose(person)
    if first is None:
        return
    if rules.library.drug(first.drug).is_opioid:
        vitals = [look.seen for look in looks if look.vitals is not None]
        yield _grid("opioid", first.at, vitals, rules)
    elif first.drug == "baclofen":
        fact = rules.library.rule("rapid_start_observation_baclofen")
        yield Watch(first.drug, (), later(first.at, fact.least), fact.locator)


def first_dose(person: Person) -> DoseChange | None:
    """The first programme after the last operation, once it runs."""
    operation = person.last(OperationRecorded, None)
    found = dose_changes(person) if operation else ()
    return next((c for c in found if operation and c.at >= operation.body.closed), None)


def _grid(name: str, start: datetime, looks: list[datetime], rules: Pathway) -> Watch:
    due = due_looks(name, start, rules)
    source = rules.figure(f"watch.{name}.first_every").locator
    return Watch(name, slots_of(start, due, looks), due[-1], source)


def slots_of(start: datetime, due: list[datetime], looks: list[datetime]) -> tuple[Slot, ...]:
    """The slots of due times after `start`; each reaches half the way to the next."""
    edges = [start, *(a + (b - a) / 2 for a, b in pairwise(due))]
    edges.append(due[-1] + (due[-1] - edges[-1]))
    bounds = zip(due, pairwise(edges), strict=True)
    return tuple(Slot(d, a, b, any(a <= seen < b for seen in looks)) for d, (a, b) in bounds)


def due_looks(name: str, start: datetime, rules: Pathway) -> list[datetime]:
    """When a watch of this name wants a look, after `start`."""
    found, at = [], start
    for part in ("first", "then"):
        every = rules.figure(f"watch.{name}.{part}_every").value
        whole = rules.figure(f"watch.{name}.{part}_for").value
        step: timedelta = later(at, every) - at
        for _ in range(int(whole.base / every.base)):
            at += step
            found.append(at)
    return found


def open_flags(person: Person) -> tuple[Said[NerveFlagRaised], ...]:
    """The red flags of the nerves that nobody has closed."""
    closed = {c.body.flag for c in person.every(NerveFlagClosed, None)}
    return tuple(f for f in person.every(NerveFlagRaised, None) if f.id not in closed)
