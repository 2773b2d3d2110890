"""Her documents: what holds the evidence, what was signed, what she carries, what can be printed."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

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
    match body:
        case EvidenceRecorded(document=name) if name:
            return f"Evidence: {plain(body.item).lower()}", name
        case DecisionRecorded(aid=name) if name:
            return "Decision with the aid", name
        case TrialConsented():
            return "Consent to the trial", body.statement
        case StudyReported():
            return f"Result: {plain(body.kind).lower()}", body.says or "as reported"
        case EmergencyCardUpdated():
            return "Emergency card", f"given to {body.given_to}"
        case OrderWritten():
            return "Order", f"prescription {body.digest[:12]}"
    return None
