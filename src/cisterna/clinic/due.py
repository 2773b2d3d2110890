"""What falls due in the years after the implant: visits, laboratory, tapers, studies (§6.2)."""

from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta

from cisterna.clinic.acts.opioids import open_taper
from cisterna.clinic.acts.study import open_orders
from cisterna.clinic.bodies.planning import ImplantPlanned, Place
from cisterna.clinic.bodies.visit import (
    StudyReported,
    TaperPlanned,
    VisitRecorded,
    WithdrawalScored,
    YearReviewed,
)
from cisterna.clinic.course import Person
from cisterna.clinic.revision import replacement_tasks
from cisterna.clinic.scan import scan_tasks
from cisterna.clinic.since import Due, drugs_on_record, kinds_of, started
from cisterna.clinic.trouble import trouble_tasks
from cisterna.facts import Follow, Pathway
from cisterna.facts.follow import Schedule
from cisterna.quantity import later


def follow_tasks(person: Person, rules: Pathway, at: datetime) -> Iterator[Due]:
    """Everything that falls due after the implant, of all parts; nothing once therapy has ended."""
    if person.place is Place.THERAPY_ENDED:
        return
    yield from visit_tasks(person, rules, at)
    yield from scan_tasks(person, rules.library, at)
    yield from trouble_tasks(person, at)
    yield from replacement_tasks(person, rules.library, at)


def visit_tasks(person: Person, rules: Pathway, at: datetime) -> Iterator[Due]:
    """The next of each kind: the first that is not met, overdue or not."""
    if person.place is Place.THERAPY_ENDED:
        return
    facts = Follow(rules.library)
    kinds = kinds_of(drugs_on_record(person), rules.library)
    for row in facts.schedule(kinds):
        yield from _scheduled(person, row)
    for order in open_orders(person):
        yield Due(f"result: {order.body.kind}", order.body.due, "nurse", "pathway §1.6 PW-055")
    yield from _taper(person, facts, at)


def _scheduled(person: Person, row: Schedule) -> Iterator[Due]:
    """The first mark that nothing meets.

    What was done meets the mark it lies nearest to, so a visit a week early counts, and one that
    came half an interval late counts for the next.
    """
    start, planned = started(person), person.last(ImplantPlanned)
    baseline = bool(row.after) and not row.after[0].value.base
    if start is None and not (baseline and planned):
        return
    begin = start or (planned.at if planned else None)
    if begin is None:
        return
    done, before = max(_done(person, row.met_by), default=None), begin
    for due in _marks(row, begin):
        half = before + (due - before) / 2
        if done is None or (done < half and due != begin):
            yield Due(row.what, due, row.role, row.source, routine=True)
            return
        before = due


def _marks(row: Schedule, start: datetime) -> Iterator[datetime]:
    due = start
    for mark in row.after:
        due = later(start, mark.value)
        yield due
    while True:
        due = later(due, row.every.value)
        yield due


def _done(person: Person, met_by: str) -> list[datetime]:
    """When this was done."""
    if met_by == "visit-recorded":
        start = started(person)
        seen = (v.body.seen for v in person.every(VisitRecorded) if not v.body.remote)
        return [at for at in seen if start is not None and at >= start]
    if met_by == "year-reviewed":
        return [v.at for v in person.every(YearReviewed)]
    return [r.body.seen for r in person.every(StudyReported) if r.body.kind == met_by]


def _taper(person: Person, facts: Follow, at: datetime) -> Iterator[Due]:
    """The next step of a taper that goes on, and its weekly withdrawal score."""
    plan, said = open_taper(person), person.last(TaperPlanned, None)
    if plan is None or said is None:
        return
    ahead = [s for s in plan.steps if s.since >= at.date()]
    if not ahead:
        return
    due = datetime.combine(ahead[0].since, time(), UTC)
    what, where, over = f"step of the taper of {plan.drug}", "pathway §5.4", due + timedelta(days=1)
    yield Due(what, due, "physician", where, until=over)
    scored = person.last(WithdrawalScored, TaperPlanned)
    weekly = facts.figure("taper_check")
    next_score = later(scored.at if scored else said.at, weekly.value)
    what = f"withdrawal score, taper of {plan.drug}"
    yield Due(what, next_score, "nurse", weekly.locator, until=over)
