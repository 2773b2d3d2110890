"""Where the search for a fault stands: steps, findings, an empty catheter."""

from collections.abc import Iterator
from datetime import datetime

from cisterna.clinic.bodies.trouble import LineSettled, TroubleOpened, TroubleStepRecorded
from cisterna.clinic.course import Person
from cisterna.clinic.since import Due
from cisterna.facts import Follow


def results(person: Person) -> dict[str, str]:
    """The result of each step of the latest search; empty where it was passed over."""
    return {s.body.step: s.body.result for s in person.every(TroubleStepRecorded, TroubleOpened)}


def next_steps(person: Person, facts: Follow) -> tuple[str, ...]:
    """The steps that may be recorded now: those that were, again, and the one after them."""
    names = [step.id for step in facts.tree()]
    done = results(person)
    open_ones = [name for name in names if name not in done]
    return tuple(name for name in names if name in done) + tuple(open_ones[:1])


def line_open(person: Person) -> bool:
    """Whether the catheter was aspirated and nobody has primed it or written the gap down."""
    empty = False
    for event in person.events:
        if isinstance(event.body, TroubleStepRecorded) and event.body.step == "aspirate":
            empty = empty or event.body.result == "flows"
        elif isinstance(event.body, LineSettled):
            empty = False
    return empty


def trouble_tasks(person: Person, at: datetime) -> Iterator[Due]:
    """After an aspiration the catheter is empty: prime it, or write down the time without drug."""
    aspirated = [
        s
        for s in person.every(TroubleStepRecorded, None)
        if s.body.step == "aspirate" and s.body.result == "flows"
    ]
    if line_open(person):
        what = "the catheter is empty: program a prime or write the time without drug"
        yield Due(what, aspirated[-1].at, "physician", "pathway §6.6; devices §3.5", "line-empty")
