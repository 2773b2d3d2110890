"""A change held against the dose that runs by the record, whatever phase its order claims.

The checks of an order judge it in the phase that it states. An order that states a start while a
dose runs would be held against start doses alone; and a dose that is changed between two fills has
no time of its own in the order. Both are looked at here, from the record (pathway §5.2).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from cisterna.clinic.course import Person
from cisterna.clinic.gate.bodies import Found
from cisterna.clinic.gate.needs import strengths
from cisterna.clinic.refusal import Refused
from cisterna.clinic.therapy import therapy
from cisterna.clinic.titration import step_rule, stopped
from cisterna.facts import Library
from cisterna.order.prescription import Prescription
from cisterna.order.schedule import schedule
from cisterna.order.situation import situation
from cisterna.quantity import Quantity, between, show


@dataclass(frozen=True, slots=True)
class Before:
    """What the record knows of the dose before this one.

    The programme runs since `changed`, it is `now`, and the titration is `stopped` because the
    effect was lost in spite of rises.
    """

    changed: datetime | None = None
    now: datetime | None = None
    stopped: bool = False


NOTHING = Before()


def before_of(person: Person, now: datetime) -> Before:
    """What her record knows of the dose that runs, for a change of it."""
    return Before(therapy(person.events).since, now, stopped(person) is not None)


def step_findings(
    old: Prescription, new: Prescription, before: Before, library: Library
) -> Iterator[Found]:
    """What the record finds in a change of the same solution. Raises `Refused` for a stopped one.

    Another drug or strength is a new start, and needs two persons in any case.
    """
    if strengths(old) != strengths(new):
        return
    for name, was, wanted in _rises(old, new):
        if before.stopped:
            words = "Titration is stopped: the effect was lost in spite of rises."
            way_out = "Look for the cause and record what was found, then raise the dose."
            raise Refused("titration-stopped", words, way_out, source="pathway §5.2; §6.5; §6.6")
        yield from _too_large(new, name, was, wanted, library)
        yield from _too_soon(new, name, before, library)


def _rises(old: Prescription, new: Prescription) -> Iterator[tuple[str, Quantity, Quantity]]:
    was, wanted = (rx.doses_of(schedule(rx).mean) for rx in (old, new))
    for name, dose in wanted.items():
        if name in was and was[name].base > 0 and dose > was[name]:
            yield name, was[name], dose


def _too_large(
    new: Prescription, name: str, was: Quantity, wanted: Quantity, library: Library
) -> Iterator[Found]:
    """An order in another phase than a start is held against the step of its phase already."""
    indication = new.patient.indication
    if new.order.phase != "start" or indication is None:
        return
    age = situation(new).age
    rule = step_rule(name, indication.id, was, wanted, age, new.order.jurisdiction, library)
    if not rule.inside:
        words = f"{rule.text} The order states a start, and a dose runs: give the reason."
        yield _found("step-too-large", words, library)


def _too_soon(new: Prescription, name: str, before: Before, library: Library) -> Iterator[Found]:
    """A change between two fills; one with a fill is held against time by the order's checks."""
    component = new.solution.component(name)
    told = new.order.changed_at is not None
    if told or before.changed is None or before.now is None or component is None:
        return
    limits = component.drug.of_kind("step-interval", situation(new, component))
    if not limits:
        return
    fact = max((x.fact for x in limits), key=lambda f: f.least.base)
    elapsed = between(before.changed, before.now).to("h")
    if elapsed < fact.least:
        words = (
            f"{component.drug.name} rises only {show(elapsed, 3)} after the last change; the "
            f"shortest interval is {show(fact.least)} ({fact.authority}). Wait, or give the reason."
        )
        yield _found("step-too-soon", words, library)


def _found(code: str, words: str, library: Library) -> Found:
    return Found(code, library.severities[code].severity, words)
