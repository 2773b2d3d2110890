"""Watching between refills: reports of the pump, new signs, and what the watches find."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from cisterna.clinic.acts.act import Case, act
from cisterna.clinic.acts.refill import check_signs, kept
from cisterna.clinic.bodies import refill as b
from cisterna.clinic.bodies.planning import Place
from cisterna.clinic.course import Person
from cisterna.clinic.monitor import (
    Found,
    doses,
    granuloma_watch,
    motor_watch,
    neurology_watch,
    residual_watch,
)
from cisterna.clinic.refilling import orders, ratios
from cisterna.clinic.refusal import Refused
from cisterna.facts import Pathway
from cisterna.facts.refill import RefillRules
from cisterna.order.form import Unusable
from cisterna.order.prescription import Prescription
from cisterna.order.reading import prescription_from_text
from cisterna.quantity import later

WITH_PUMP = (
    *(Place.IMPLANTED_OBSERVATION, Place.TITRATION, Place.MAINTENANCE, Place.REFILL),
    *(Place.ADJUST, Place.MRI_HOLD, Place.TROUBLESHOOTING, Place.EMERGENCY, Place.REVISION_PLANNED),
)


@dataclass(frozen=True, slots=True)
class PumpRead:
    """A report outside a refill, and the serial number of the pump that she has."""

    serial: str
    report: b.PumpReported


@act("keep-report", *WITH_PUMP)
def keep_report(case: Case, asked: PumpRead) -> Iterator[Any]:
    """Keep a report of the pump, and raise what it shows."""
    report = kept(case, asked.report, asked.serial, "visit")
    yield report
    rules = RefillRules(case.rules.library)
    reports = (*_reports(case.person, report.serial), report)
    yield from _new(case.person, motor_watch(reports, rules), rules)


@act("check-neurology", *WITH_PUMP)
def check_neurology(case: Case, asked: b.NeurologyChecked) -> Iterator[Any]:
    """Record a neurological look; a new sign is raised at once."""
    rules = RefillRules(case.rules.library)
    check_signs(rules, asked.relief, asked.signs, asked.no_signs)
    yield asked
    yield from _new(case.person, neurology_watch(asked.signs), rules)


@act("review-monitoring", *WITH_PUMP)
def review_monitoring(case: Case, asked: str) -> Iterator[Any]:
    """Look at every watch with the order that runs (`asked`, its text); raise what is new."""
    try:
        now = prescription_from_text(asked, case.rules.library, "the running order")
    except Unusable as unusable:
        raise Refused(
            "order-unusable", f"The running order cannot be read: {unusable}", "Mend it."
        ) from None
    rules = RefillRules(case.rules.library)
    yield from _new(case.person, _unanswered(case, now, rules), rules)


@act("close-watch", *WITH_PUMP)
def close_watch(case: Case, asked: b.WatchClosed) -> Iterator[Any]:
    """Say what came of a finding; `asked.raised` is the id of the event that raised it."""
    found = {e.id: e.body for e in open_watches(case.person)}.get(asked.raised)
    if found is None or found.watch != asked.watch:
        text = f"No such finding is open: {asked.watch[:40]}."
        raise Refused("no-watch", text, "Choose one that is open.")
    if not asked.outcome.strip():
        raise Refused("words-missing", "What came of it is missing.", "Write it.")
    yield asked


def raise_watches(case: Case) -> Iterator[Any]:
    """What the watches find at the end of a refill, with the order that was filled."""
    begun = case.person.last(b.RefillBegun, None)
    if begun is None:
        return
    now = orders(begun.body, case.rules.library).ordered
    rules = RefillRules(case.rules.library)
    yield from _new(case.person, _unanswered(case, now, rules), rules)


def _unanswered(case: Case, now: Prescription, rules: RefillRules) -> Iterator[Found]:
    """The findings without those that were closed, in the same words, within the rule's window.

    A watch that comes back at each review because a strength is what it is would soon be clicked
    away.
    """
    window = rules.figure("dose_rise_window").value
    raised = {e.id: e.body for e in case.person.events if isinstance(e.body, b.WatchRaised)}
    lately = [
        c.body.raised
        for c in case.person.every(b.WatchClosed, None)
        if later(c.at, window) >= case.at
    ]
    known = {(raised[r].watch, raised[r].found) for r in lately}
    for found in findings(case.person, now, case.at, case.rules):
        if (found.watch, found.says) not in known:
            yield found


def findings(person: Person, now: Prescription, at: datetime, rules: Pathway) -> tuple[Found, ...]:
    """All that the watches find for a person whose pump runs `now`."""
    own = RefillRules(rules.library)
    serial, accuracy = now.pump.serial or "", now.pump.model.accuracy
    closed = [
        c.at for c in person.every(b.WatchClosed, None) if c.body.watch.startswith("residual")
    ]
    since = closed[-1] if closed else None
    bound = None if accuracy is None else accuracy.most
    relief, signs = _latest(person)
    return (
        *residual_watch(ratios(person, serial, since), bound, own),
        *granuloma_watch(now, doses(person), relief, at, own),
        *neurology_watch(signs),
        *motor_watch(_reports(person, serial), own),
    )


def _latest(person: Person) -> tuple[str, tuple[str, ...]]:
    """Relief and signs as last asked; none asked is no relief."""
    asked = [
        e.body for e in person.standing if isinstance(e.body, b.RefillSymptoms | b.NeurologyChecked)
    ]
    return (asked[-1].relief, asked[-1].signs) if asked else ("not asked", ())


def _reports(person: Person, serial: str) -> tuple[b.PumpReported, ...]:
    """The reports of one pump since its motor was last found to be right."""
    closed = [
        c.at for c in person.every(b.WatchClosed, None) if c.body.watch in ("motor", "pump-stopped")
    ]
    since = closed[-1] if closed else None
    found = person.every(b.PumpReported, None)
    return tuple(
        r.body for r in found if r.body.serial == serial and (since is None or r.at > since)
    )


def open_watches(person: Person) -> tuple[Any, ...]:
    """The events of the findings that nobody has closed."""
    closed = {c.body.raised for c in person.every(b.WatchClosed, None)}
    raised = (e for e in person.events if isinstance(e.body, b.WatchRaised))
    return tuple(e for e in raised if e.id not in closed)


def _new(person: Person, found: Iterable[Found], rules: RefillRules) -> Iterator[b.WatchRaised]:
    """Each finding whose watch is not open already, once."""
    standing = {e.body.watch for e in open_watches(person)}
    for one in found:
        if one.watch not in standing:
            standing.add(one.watch)
            yield b.WatchRaised(one.watch, one.says, rules.watch(one.watch).todo)
