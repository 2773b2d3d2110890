"""The five criteria of candidacy, evidenced and not ticked (pathway §1.5, PW-040 to PW-044)."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from cisterna.clinic.bodies.painmap import PainMapped
from cisterna.clinic.bodies.planning import (
    Answer,
    Committed,
    EvidenceRecorded,
    GoalsSet,
    PsychologyCleared,
    TeachBackDone,
    TreatmentRecorded,
)
from cisterna.clinic.course import Person
from cisterna.clinic.screening import blocking, screen_age_over, unplanned
from cisterna.facts import Pathway

# The report says first whether conservative care is exhausted and upkeep is agreed to (PW-071).
ORDER = (
    *("conservative-care", "commitment"),
    *("uncontrolled", "no-contraindication", "expectations"),
)


@dataclass(frozen=True, slots=True)
class Finding:
    """One criterion: what is missing; nothing, where it is met."""

    criterion: str
    name: str
    row: str
    missing: tuple[str, ...]

    @property
    def text(self) -> str:
        """The finding as a sentence of the report."""
        return f"{self.name}: {'; '.join(self.missing) or 'met'}"


def report(person: Person, rules: Pathway, at: datetime) -> tuple[Finding, ...]:
    """Every criterion, in the order of the candidacy report."""
    return tuple(_finding(name, person, rules, at) for name in ORDER)


def _finding(name: str, person: Person, rules: Pathway, at: datetime) -> Finding:
    row = rules.criterion(name)
    missing = (*_unevidenced(person, rules, name), *_MORE[name](person, rules, at))
    return Finding(name, row.name, row.row, missing)


def items(person: Person, rules: Pathway, criterion: str) -> tuple[str, ...]:
    """The items of evidence that a criterion asks for in this person."""
    asked, found = rules.criterion(criterion).needs, person.indication(rules)
    if criterion != "uncontrolled":
        return asked
    return (*asked, *found.asks, "systemic-failure") if found.fast_track else (*asked, *found.asks)


def _unevidenced(person: Person, rules: Pathway, criterion: str) -> Iterator[str]:
    has = {e.body.item for e in person.every(EvidenceRecorded) if e.body.criterion == criterion}
    yield from (f"no {item}" for item in items(person, rules, criterion) if item not in has)


def _uncontrolled(person: Person, rules: Pathway, at: datetime) -> Iterator[str]:
    if not person.every(TreatmentRecorded, None):
        yield "no earlier treatment"
    yield from _unmapped(person, rules)


def _unmapped(person: Person, rules: Pathway) -> Iterator[str]:
    """Somebody in pain has a map of it, over the part of the body that her indication names."""
    found = person.indication(rules)
    if found.term.purpose != "pain":
        return
    mapped = person.last(PainMapped, None)
    parts = {rules.regions()[name] for name in mapped.body.regions} if mapped else set()
    if mapped is None:
        yield "no map of the pain"
    elif found.map and found.map not in parts:
        yield f"no map of the {found.map}"


def _conservative(person: Person, rules: Pathway, at: datetime) -> Iterator[str]:
    answers = {t.body.treatment: t.body.answer for t in person.every(TreatmentRecorded, None)}
    for asked in rules.treatments_asked(person.indication(rules).term.purpose):
        if asked not in answers:
            yield f"{asked} not answered"
        elif answers[asked] is Answer.NEVER_CONSIDERED:
            yield f"{asked} never considered"


def _no_contraindication(person: Person, rules: Pathway, at: datetime) -> Iterator[str]:
    if screen_age_over(person, rules, at):
        yield "no screen that still stands"
    yield from (c.name for c in blocking(person, rules, "implant"))
    yield from (f"no anticoagulant plan: {drug}" for drug in unplanned(person))


def _expectations(person: Person, rules: Pathway, at: datetime) -> Iterator[str]:
    taught, goals = person.last(TeachBackDone), person.last(GoalsSet, None)
    if taught is None or not taught.body.passed:
        yield "teach-back not passed: give the education again"
    if goals is None or not goals.body.goals:
        yield "no goals in the person's own words"
    heard = person.last(PsychologyCleared)
    if rules.psychology_asked(person.indication(rules)) and not (heard and heard.body.cleared):
        yield "not cleared by a psychologist"


def _commitment(person: Person, rules: Pathway, at: datetime) -> Iterator[str]:
    if person.last(Committed) is None:
        yield "not signed by the person or a proxy"


_MORE: Mapping[str, Callable[[Person, Pathway, datetime], Iterator[str]]] = {
    "uncontrolled": _uncontrolled,
    "conservative-care": _conservative,
    "no-contraindication": _no_contraindication,
    "expectations": _expectations,
    "commitment": _commitment,
}
