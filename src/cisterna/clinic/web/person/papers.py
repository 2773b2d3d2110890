"""Her documents: what holds the evidence, what was signed, what she carries."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from cisterna.clinic.bodies.order import OrderWritten
from cisterna.clinic.bodies.planning import DecisionRecorded, EvidenceRecorded, TrialConsented
from cisterna.clinic.bodies.refill import EmergencyCardUpdated
from cisterna.clinic.bodies.visit import StudyReported
from cisterna.clinic.course import Person
from cisterna.clinic.event import Event
from cisterna.clinic.web.words import plain


@dataclass(frozen=True, slots=True)
class Paper:
    """One document: when, of what kind, what it is, and which event names it."""

    at: datetime
    kind: str
    what: str
    event: str


def papers_of(person: Person) -> tuple[Paper, ...]:
    """Every document that the record names, the latest first."""
    found = [p for e in person.events for p in _papers(e)]
    return tuple(sorted(found, key=lambda p: p.at, reverse=True))


def _papers(event: Event) -> Iterator[Paper]:
    words = _words(event.body)
    if words is not None:
        yield Paper(event.effective, *words, event.id)
    for name in event.evidence:
        # What is no event of hers is the name of a document.
        if not name.startswith(f"{event.person}."):
            yield Paper(event.effective, "Named as evidence", name, event.id)


def _words(body: object) -> tuple[str, str] | None:
    """The kind and the name of the document that an event speaks of; None for none."""
    found = _NAMED.get(type(body))
    words = found(body) if found else None
    return words if words and words[1] else None


_NAMED: dict[type[Any], Callable[[Any], tuple[str, str]]] = {
    EvidenceRecorded: lambda b: (f"Evidence: {plain(b.item).lower()}", b.document),
    DecisionRecorded: lambda b: ("Decision with the aid", b.aid),
    TrialConsented: lambda b: ("Consent to the trial", b.statement),
    StudyReported: lambda b: (f"Result: {plain(b.kind).lower()}", b.says or "as reported"),
    EmergencyCardUpdated: lambda b: ("Emergency card", f"given to {b.given_to}"),
    OrderWritten: lambda b: ("Order", f"prescription {b.digest[:12]}"),
}
