"""The steps before a refill: book, remind, call, alert, a place today, the card (pathway §5.7).

One step is asked for at a time: the latest whose time has come. It is gone once somebody has spoken
with her since that time, and the next step asks again.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from cisterna.clinic.bodies.refill import NextRefillSet, RefillReminded
from cisterna.clinic.course import Person
from cisterna.clinic.prescribing import running
from cisterna.clinic.therapy import therapy
from cisterna.facts import Library
from cisterna.facts.refill import RefillRules, Rung
from cisterna.order.form import Unusable
from cisterna.order.prescription import Component, Prescription
from cisterna.order.schedule import schedule
from cisterna.quantity import later


@dataclass(frozen=True, slots=True)
class Step:
    """A step whose time has come: since when, until when, and what it asks for."""

    rung: Rung
    since: datetime
    until: datetime
    says: str


def step_before(person: Person, library: Library, due: datetime, at: datetime) -> Step | None:
    """The step that is open at `at` before a refill by `due`; None where nothing is to be done."""
    times = _times(person, library, due)
    reached = [n for n, (_, since) in enumerate(times) if since <= at]
    if not reached:
        return None
    rung, since = times[reached[-1]]
    if _done(person, rung, since, due, at):
        return None
    until = next((start for _, start in times if start > at), due)
    why = earlier_for(person, library)
    words = f"{rung.what}{'' if _booked(person, due, at) else ' No day is booked.'}"
    return Step(rung, since, until, f"{words} Earlier than usual: {why}." if why else words)


def next_change(person: Person, library: Library, due: datetime, at: datetime) -> datetime | None:
    """When time alone brings the next step."""
    return next((since for _, since in _times(person, library, due) if since > at), None)


def _times(person: Person, library: Library, due: datetime) -> list[tuple[Rung, datetime]]:
    rungs = RefillRules(library).ladder()
    starts = [later(due, -r.before.value) for r in rungs]
    if earlier_for(person, library):
        starts = [starts[0], *(before for before, _ in pairwise(starts))]
    return list(zip(rungs, starts, strict=True))


def _done(person: Person, rung: Rung, since: datetime, due: datetime, at: datetime) -> bool:
    told = person.last(RefillReminded, None)
    if rung.id == "book" and _booked(person, due, at):
        return True
    return told is not None and told.at >= since


def _booked(person: Person, due: datetime, at: datetime) -> bool:
    """Whether a day ahead is booked that is early enough."""
    kept = person.last(NextRefillSet, None)
    return kept is not None and at <= kept.body.booked <= due


def earlier_for(person: Person, library: Library) -> str:
    """Why each step comes earlier for her, or nothing."""
    told = person.last(RefillReminded, None)
    if told is not None and told.body.alone:
        return "she travels alone"
    try:
        rx = running(therapy(person.events), library)
    except Unusable:
        return ""
    return next(_drugs(rx, library), "") if rx is not None else ""


def _drugs(rx: Prescription, library: Library) -> Iterator[str]:
    """Drugs whose end harms at once, and an opioid at or above the lowest ceiling."""
    early = RefillRules(library).ladder_earlier()
    doses = rx.doses_of(schedule(rx).mean)
    for one in rx.solution.components:
        if one.drug.id in early:
            yield one.drug.name
        elif one.drug.is_opioid and one.drug.id in doses and _high(one, rx):
            yield f"a high dose of {one.drug.name}"


def _high(one: Component, rx: Prescription) -> bool:
    ceilings = [x.fact.most for x in one.drug.ever("ceiling")]
    dose = rx.doses_of(schedule(rx).mean)[one.drug.id]
    return bool(ceilings) and dose >= min(ceilings, key=lambda q: q.base)
