"""What the therapy has done for a person, from her record alone (pathway §1.3).

Benefit is measured, not asserted: each figure stands beside its baseline, and what was not measured
is missing, never zero.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time
from fractions import Fraction

from cisterna.clinic.bodies.planning import GoalsSet, RiskAssessed
from cisterna.clinic.bodies.revision import TherapyEnded
from cisterna.clinic.bodies.visit import (
    AdverseEventRecorded,
    OpioidsRecorded,
    Score,
    VisitRecorded,
)
from cisterna.clinic.course import Person, Said
from cisterna.clinic.since import started
from cisterna.facts import Cited, Follow, Library
from cisterna.quantity import Quantity, between, later


@dataclass(frozen=True, slots=True)
class Point:
    """One score at its time; `better` is the share by which it fell from the baseline's mean.

    `responder` is the line of the facts that it has reached: `substantial` or `moderate` for pain,
    `meaningful` for PEG, or nothing.
    """

    at: datetime
    value: Quantity
    better: Quantity | None
    responder: str


@dataclass(frozen=True, slots=True)
class Trend:
    """A score over time: the band of its baseline, and each point since the implant."""

    low: Quantity | None
    high: Quantity | None
    mean: Quantity | None
    points: tuple[Point, ...]


@dataclass(frozen=True, slots=True)
class OpioidMark:
    """The systemic opioid at a mark of the therapy, and the day that it was recorded for.

    Before the mark has come, and where nothing was ever recorded, both are None.
    """

    mark: str
    daily: Quantity | None
    since: datetime | None


@dataclass(frozen=True, slots=True)
class Outcomes:
    """Everything the report on one person's therapy shows."""

    pain: Mapping[str, Trend]
    peg: Trend
    opioids: tuple[OpioidMark, ...]
    goals: Mapping[str, str | None]
    adverse: tuple[Said[AdverseEventRecorded], ...]
    in_therapy: Quantity | None
    ended: Said[TherapyEnded] | None


def outcomes(person: Person, library: Library, at: datetime) -> Outcomes:
    """The outcomes of this round of therapy as of `at`."""
    facts, end = Follow(library), person.last(TherapyEnded)
    start = started(person)
    items = facts.scoring("numeric-pain").items
    return Outcomes(
        {item: _trend(person, _pain_lines(facts), _pain(item)) for item in items},
        _trend(person, {"meaningful": facts.figure("peg_meaningful")}, _peg),
        _opioids(person, facts, at),
        _goals(person),
        person.every(AdverseEventRecorded),
        None if start is None else between(start, end.at if end else at),
        end,
    )


class _Reading:
    """How one number is read from a visit's scores; None where it is not all there."""

    def __init__(self, scale: str, items: Iterable[str]) -> None:
        self.scale, self.items = scale, tuple(items)

    def __call__(self, scores: tuple[Score, ...]) -> Fraction | None:
        found = {s.item: Fraction(s.value) for s in scores if s.scale == self.scale}
        if not self.items or not found.keys() >= set(self.items):
            return None
        return sum((found[i] for i in self.items), Fraction(0)) / len(self.items)


def _pain(item: str) -> _Reading:
    return _Reading("numeric-pain", (item,))


_peg = _Reading("peg", ("pain", "enjoyment", "activity"))


Lines = Mapping[str, Cited]


def _pain_lines(facts: Follow) -> Lines:
    """The lines of a responder, the higher first."""
    return {line: facts.figure(f"responder.{line}") for line in ("substantial", "moderate")}


def _trend(person: Person, lines: Lines, read: _Reading) -> Trend:
    start = started(person)
    every = [(v.body.seen, read(v.body.scores)) for v in person.every(VisitRecorded)]
    scored = sorted((seen, value) for seen, value in every if value is not None)
    before = [value for seen, value in scored if start is None or seen < start]
    mean = sum(before, Fraction(0)) / len(before) if before else None
    after = [pair for pair in scored if start is not None and pair[0] >= start]
    points = tuple(_point(lines, seen, value, mean) for seen, value in after)
    low, high = (min(before), max(before)) if before else (None, None)
    return Trend(_number(low), _number(high), _number(mean), points)


def _number(value: Fraction | None) -> Quantity | None:
    return None if value is None else Quantity.of(value, "1")


def _point(lines: Lines, seen: datetime, value: Fraction, mean: Fraction | None) -> Point:
    if not mean:
        return Point(seen, Quantity.of(value, "1"), None, "")
    better = (mean - value) / mean
    reached = (name for name, line in lines.items() if better >= line.value.number("1"))
    line = next(reached, "")
    share = Quantity.of(better * 100, "%")
    return Point(seen, Quantity.of(value, "1"), share, line)


def _opioids(person: Person, facts: Follow, at: datetime) -> tuple[OpioidMark, ...]:
    start = started(person)
    told = _told(person)
    if start is None:
        return (_mark("baseline", told, at),)
    marks = [(m.text(), later(start, m.value)) for m in facts.mme_marks()]
    due = ((name, _mark(name, told, when) if when <= at else None) for name, when in marks)
    rest = (found or OpioidMark(name, None, None) for name, found in due)
    return (_mark("baseline", told, start), *rest)


def _told(person: Person) -> list[tuple[datetime, Quantity]]:
    """Each record of the systemic opioid with the day it is for."""
    risk = [(r.at, r.body.daily_opioid) for r in person.every(RiskAssessed)]
    rows = person.every(OpioidsRecorded)
    later_ones = [(datetime.combine(r.body.since, time(), UTC), r.body.daily) for r in rows]
    return sorted(risk + later_ones, key=lambda pair: pair[0])


def _mark(name: str, told: list[tuple[datetime, Quantity]], when: datetime) -> OpioidMark:
    before = [pair for pair in told if pair[0] <= when]
    return (
        OpioidMark(name, before[-1][1], before[-1][0]) if before else OpioidMark(name, None, None)
    )


def _goals(person: Person) -> dict[str, str | None]:
    """Each goal with its latest step on the attainment scale; None where nobody has scored it."""
    found = person.last(GoalsSet, None)
    steps = {
        s.item: s.value
        for v in person.every(VisitRecorded)
        for s in v.body.scores
        if s.scale == "goal-attainment"
    }
    return {goal: steps.get(goal) for goal in (found.body.goals if found else ())}
