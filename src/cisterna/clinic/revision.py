"""Where a revision stands, which catheter lies, and when the pump has to be replaced (§6.8)."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, time

from cisterna.clinic.bodies.revision import (
    IndicatorRead,
    LineSegment,
    RevisionDeclined,
    RevisionPlanned,
    RevisionProposed,
    RevisionRecorded,
)
from cisterna.clinic.course import Person
from cisterna.clinic.refusal import Refused
from cisterna.clinic.since import Due
from cisterna.facts import Follow, Library
from cisterna.quantity import later, show


def open_case(person: Person) -> RevisionPlanned | None:
    """The revision that is planned and neither done nor declined."""
    found = None
    for event in person.events:
        if isinstance(event.body, RevisionPlanned):
            found = event.body
        elif isinstance(event.body, RevisionDeclined | RevisionRecorded):
            found = None
    return found


def open_proposal(person: Person) -> RevisionProposed | None:
    """The proposal that nobody has planned or declined yet."""
    found = None
    for event in person.events:
        if isinstance(event.body, RevisionProposed):
            found = event.body
        elif isinstance(event.body, RevisionPlanned | RevisionDeclined):
            found = None
    return found


def line_in_place(person: Person) -> tuple[LineSegment, ...] | None:
    """The catheter as the latest revision left it; None where there was no revision."""
    found = person.last(RevisionRecorded, None)
    return None if found is None else found.body.line


def check_line(person: Person, segments: Iterable[LineSegment]) -> None:
    """Raise `Refused` for a catheter that a revision has replaced: prime and bridge ask here.

    `segments` are model and length in place, as an order states them, in their order.
    """
    stated, lies = tuple(segments), line_in_place(person)
    if lies is None or stated == lies:
        return
    raise Refused(
        "old-catheter",
        f"Stated is {_words(stated)}; since the revision there is {_words(lies)}.",
        "Take models and lengths from the record of the revision.",
        limit=_words(lies),
        source="pathway §1.6 PW-056",
    )


def _words(line: tuple[LineSegment, ...]) -> str:
    return ", ".join(f"{s.model} {show(s.length)}" for s in line) or "no catheter"


def replacement_tasks(person: Person, library: Library, at: datetime) -> Iterator[Due]:
    """What to do before the replacement indicator: the latest mark that has come, or the first.

    A revision that is planned, or a pump that was read anew, takes the task off the list.
    """
    found = person.last(IndicatorRead, None)
    if found is None or open_case(person) is not None:
        return
    end = datetime.combine(found.body.replace_by, time(), UTC)
    marks = [(later(end, -mark.value), mark) for mark in Follow(library).replacement_marks()]
    due, mark = [pair for pair in marks if pair[0] <= at][-1:][0] if marks[0][0] <= at else marks[0]
    what = f"plan the replacement of the pump: {mark.text()} before {end.date().isoformat()}"
    turns = min((when for when, _ in marks if when > at), default=None)
    yield Due(what, due, "physician", mark.locator, until=turns)
