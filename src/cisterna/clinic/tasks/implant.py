"""Tasks from the operation to the discharge."""

from collections.abc import Iterator
from datetime import datetime

from cisterna.clinic.bodies.implant import (
    Discharged,
    EmergencyContactGiven,
    OperationRecorded,
    StayNoted,
)
from cisterna.clinic.bodies.planning import Place
from cisterna.clinic.course import Person
from cisterna.clinic.event import Role
from cisterna.clinic.tasks.task import Task, tasks
from cisterna.clinic.watch import first_dose, open_flags, watches
from cisterna.facts import Pathway
from cisterna.quantity import later

LOOKS = {
    "neuro": "look at power, sensation and sphincters of the legs",
    "opioid": "look at sedation, breathing and oxygen",
}


@tasks
def looks(person: Person, rules: Pathway, at: datetime) -> Iterator[Task]:
    """The look that is due now or next, in each watch."""
    operation = person.last(OperationRecorded, None)
    if person.place is not Place.IMPLANTED_OBSERVATION or operation is None:
        return
    for watch in watches(person, rules):
        slot = watch.next(at)
        if slot is not None:
            what, missed = LOOKS[watch.name].capitalize(), len(watch.missed(at))
            why = f"{missed} missed" if missed else "watch after the operation"
            yield Task(
                *(person.id, f"look-{watch.name}", f"{what}.", slot.due, Role.NURSE, why),
                *(watch.source, operation.id, False, slot.closes),
            )


@tasks
def to_go_home(person: Person, rules: Pathway, at: datetime) -> Iterator[Task]:
    """What is missing before she can go home."""
    operation = person.last(OperationRecorded, None)
    if person.place is not Place.IMPLANTED_OBSERVATION or operation is None:
        return
    closed = operation.body.closed
    if first_dose(person) is None:
        what = "Program the pump and interrogate it."
        rest = closed, Role.PHYSICIAN, "first programme", "pathway §1.7", operation.id
        yield Task(person.id, "first-programme", what, *rest)
    if person.last(EmergencyContactGiven, None) is None:
        stay = rules.figure("stay")
        rest = later(closed, stay.least), Role.NURSE, "discharge", stay.locator, operation.id
        yield Task(person.id, "emergency-contact", "Ask whom to call about her.", *rest)


@tasks
def stay(person: Person, rules: Pathway, at: datetime) -> Iterator[Task]:
    """An unusual stay wants a note, whatever else goes on."""
    gone = person.last(Discharged, None)
    if gone is None or gone.body.usual or person.last(StayNoted, Discharged) is not None:
        return
    usual = rules.figure("stay")
    what = f"Note why she stayed {gone.body.days} days."
    why = f"usual: {usual.text()}"
    yield Task(person.id, "stay-note", what, gone.at, Role.NURSE, why, usual.locator, gone.id)


@tasks
def red_flags(person: Person, rules: Pathway, at: datetime) -> Iterator[Task]:
    """A red flag of the nerves: everything at once, until it is closed."""
    within = rules.figure("haematoma.evacuate_within")
    _, action = rules.red_flag("nerves")
    for flag in open_flags(person):
        until = later(flag.body.onset, within.value)
        what = f"Card {flag.body.card}: {action} (until {until:%Y-%m-%d %H:%M %z})."
        why = ", ".join(flag.body.found)
        yield Task(
            *(person.id, "red-flag", what, flag.body.onset, Role.SURGEON, why),
            *(within.locator, flag.id),
        )
