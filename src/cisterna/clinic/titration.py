"""Changes of the dose as the record has them, how large a step may be, and a lost effect."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction

from cisterna.clinic.bodies.implant import OperationRecorded
from cisterna.clinic.bodies.titration import TitrationResumed, TitrationStopped
from cisterna.clinic.course import Person, Said
from cisterna.clinic.event import Event
from cisterna.clinic.gate.bodies import (
    ChangeProposed,
    OutcomeReconciled,
    StopSent,
    TransmissionEnded,
    TransmissionIntended,
)
from cisterna.clinic.refusal import Refused
from cisterna.facts import Cited, Library, Pathway, Situation
from cisterna.quantity import DOSE_RATE, RATIO, Quantity, later, show

_NEW_START = frozenset({"first-programme", "drug-or-concentration"})


@dataclass(frozen=True, slots=True)
class DoseChange:
    """A programme that runs since `at`: daily dose of its primary drug, and the one before it.

    `start` is whether it counts as a new start: the first one, after a revision, after a change
    of drug or concentration, after a stop. `id` is the event that says it runs.
    """

    id: str
    at: datetime
    drug: str
    before: Quantity | None
    after: Quantity
    start: bool

    @property
    def rise(self) -> Quantity | None:
        """By how much of the dose before it rose; None where it did not, or there was none."""
        if not self.before or self.after <= self.before:
            return None
        return ((self.after - self.before) / self.before).to("%")


def dose_changes(person: Person) -> tuple[DoseChange, ...]:
    """Every programme that came to run, oldest first; what is unknown or refused is none."""
    return tuple(_changes(person))


def _changes(person: Person) -> Iterator[DoseChange]:
    proposals: dict[str, ChangeProposed] = {}
    intents: dict[str, str] = {}
    last: DoseChange | None = None
    anew = True
    for event in person.events:
        body = event.body
        if isinstance(body, ChangeProposed):
            proposals[body.digest] = body
        elif isinstance(body, TransmissionIntended):
            intents[event.id] = body.digest
        elif isinstance(body, OperationRecorded) or _stopped(event):
            anew = True
        elif _runs(event) and intents.get(body.intent) in proposals:
            last = _change(event, proposals[intents[body.intent]], last, anew)
            anew = False
            yield last


def _stopped(event: Event) -> bool:
    return isinstance(event.body, StopSent) and event.body.outcome == "stopped"


def _runs(event: Event) -> bool:
    body = event.body
    if isinstance(body, TransmissionEnded):
        return body.outcome == "activated"
    return isinstance(body, OutcomeReconciled) and body.runs == "new"


def _change(
    event: Event, proposed: ChangeProposed, last: DoseChange | None, anew: bool
) -> DoseChange:
    drug = str(json.loads(proposed.programme)["primary"])
    before = last.after if last and last.drug == drug else None
    start = anew or before is None or bool(_NEW_START & set(proposed.second))
    return DoseChange(event.id, event.effective, drug, before, Quantity.parse(proposed.dose), start)


# Steps -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class StepRule:
    """Whether a step is inside the rule; outside it asks for a reason and a second signer.

    `limit` is the fact that it was held against; None where no source gives a step.
    """

    inside: bool
    text: str
    limit: Cited | None


def step_rule(
    drug: str,
    indication: str,
    old: Quantity,
    new: Quantity,
    age: Quantity | None = None,
    jurisdiction: str = "US",
    library: Library | None = None,
) -> StepRule:
    """Hold a step of a daily dose in titration against the facts (pathway §5.2).

    An age that is not given excludes nothing: the tightest limit binds. Raises `Refused` for what
    is no step, `UnknownFact` for a name that nobody has.
    """
    library = library or Library()
    _check_doses(old, new)
    term = library.term("indication", indication)
    at = Situation(jurisdiction, "titration", None, term.cancer, term.origin, age)
    kind = "step" if new > old else "drop"
    size, limits = abs((new - old).base), library.drug(drug).of_kind(kind, at)
    words = f"from {show(old)} to {show(new)}"
    if not limits or not size:
        return StepRule(not size or kind == "drop", f"No source gives a {kind} {words}.", None)
    fact = min((x.fact for x in limits), key=lambda f: _bound(f, old))
    inside = size <= _bound(fact, old)
    held = "inside" if inside else "more than"
    return StepRule(inside, f"{kind.capitalize()} {words}: {held} {fact.text()}.", fact)


def _check_doses(old: Quantity, new: Quantity) -> None:
    if {old.dimension, new.dimension} != {DOSE_RATE} or old.base <= 0 or new.base < 0:
        text = f"A step goes from one daily dose to another; found {show(old)} and {show(new)}."
        way_out = "A first dose is a start: look at the start doses."
        raise Refused("no-step", text, way_out, source="pathway §5.2")


def _bound(fact: Cited, old: Quantity) -> Fraction:
    most = fact.most
    return old.base * most.base if most.dimension == RATIO else most.base


# A lost effect -----------------------------------------------------------------------------------


def rises(person: Person, rules: Pathway, at: datetime) -> tuple[DoseChange, ...]:
    """The rises that count for a lost effect: large enough, and not too long ago."""
    size, within = (rules.figure(f"lost_effect.{name}").value for name in ("size", "within"))
    found = (c for c in dose_changes(person) if c.rise is not None and c.rise >= size)
    return tuple(c for c in found if at <= later(c.at, within))


def stopped(person: Person) -> Said[TitrationStopped] | None:
    """The stop of titration that nobody has lifted."""
    stop = person.last(TitrationStopped)
    lifted = {r.body.stop for r in person.every(TitrationResumed)}
    return stop if stop is not None and stop.id not in lifted else None
