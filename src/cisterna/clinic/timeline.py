"""One person's therapy along one time axis: dose, pain and function, patient doses, refills, marks.

A projection of her record and nothing kept. What was not measured is missing, never zero.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction
from typing import Any

from cisterna.clinic.bodies.hers import DiaryWritten
from cisterna.clinic.bodies.implant import OperationRecorded
from cisterna.clinic.bodies.mri import ScanEnded
from cisterna.clinic.bodies.pumpread import PumpRead
from cisterna.clinic.bodies.refill import PumpReported, RefillCountersigned, WatchRaised
from cisterna.clinic.bodies.revision import RevisionRecorded, TherapyEnded
from cisterna.clinic.bodies.titration import TitrationVisited
from cisterna.clinic.bodies.visit import AdverseEventRecorded, VisitRecorded
from cisterna.clinic.course import Person
from cisterna.clinic.event import Event
from cisterna.clinic.gate.bodies import StopSent
from cisterna.clinic.outcomes import Trend, outcomes
from cisterna.clinic.refilling import judged
from cisterna.clinic.therapy import dose_history
from cisterna.clinic.titration import dose_changes
from cisterna.facts import Follow, Pathway
from cisterna.quantity import Quantity

__all__ = ["Timeline", "timeline"]


@dataclass(frozen=True, slots=True)
class Value:
    """A number at a time; `words` is how a reader sees it, `event` where it stands."""

    at: datetime
    value: Quantity
    words: str


@dataclass(frozen=True, slots=True)
class Mark:
    """Something that happened, as a mark on the axis: its kind, and what it was."""

    at: datetime
    kind: str
    what: str
    event: str


@dataclass(frozen=True, slots=True)
class Line:
    """A level that a score is held against, such as 30 % below the baseline."""

    name: str
    value: Quantity


@dataclass(frozen=True, slots=True)
class Scored:
    """A score over time with the band of its baseline and the lines of a responder."""

    name: str
    low: Quantity | None
    high: Quantity | None
    lines: tuple[Line, ...]
    points: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Asked:
    """One patient dose that was asked for, as the pump's own log has it; `why` none was given."""

    at: datetime
    granted: bool
    why: str = ""


@dataclass(frozen=True, slots=True)
class Told:
    """What a pump said at a visit of the doses that it gave since its fill."""

    at: datetime
    doses: int


@dataclass(frozen=True, slots=True)
class Timeline:
    """Everything that the page draws; `doses` by drug, a stop is a dose of zero."""

    doses: dict[str, tuple[Value, ...]]
    scores: tuple[Scored, ...]
    tone: tuple[Value, ...]
    asked: tuple[Asked, ...]
    told: tuple[Told, ...]
    refills: tuple[Value, ...]
    marks: tuple[Mark, ...]


def timeline(person: Person, rules: Pathway, at: datetime) -> Timeline:
    """The timeline of a person as of `at`."""
    return Timeline(
        _doses(person),
        tuple(_scores(person, rules, at)),
        tuple(_tone(person, rules)),
        _asked(person),
        tuple(Told(r.at, r.body.doses) for r in person.every(PumpReported, None)
              if r.body.doses is not None),
        tuple(_refills(person)),
        tuple(m for e in person.standing if (m := _mark(e)) is not None),
    )  # fmt: skip


# Dose --------------------------------------------------------------------------------------------


def _doses(person: Person) -> dict[str, tuple[Value, ...]]:
    """Each drug's daily dose from each change on; a drug that gave way to another ends at zero."""
    found: dict[str, list[Value]] = {}
    drug = ""
    for when, name, dose, words in sorted(_steps(person), key=lambda row: row[0]):
        if name and drug and name != drug:
            found[drug].append(Value(when, found[drug][-1].value * 0, f"ends; {name} from here"))
        drug = name or drug
        if drug:
            zero = found[drug][-1].value * 0 if dose is None else dose
            found.setdefault(drug, []).append(Value(when, zero, words))
    return {name: tuple(values) for name, values in found.items()}


def _steps(person: Person) -> Iterator[tuple[datetime, str, Quantity | None, str]]:
    changes = dose_changes(person)
    for one in changes:
        yield one.at, one.drug, one.after, "new start" if one.start else "changed"
    for line in dose_history(person.events):
        before = [c for c in changes if c.at <= line.at]
        if not before:
            continue
        if line.what == "stop" and line.outcome == "stopped":
            yield line.at, "", None, "stopped"
        elif line.what == "restart" and line.outcome == "done":
            yield line.at, "", before[-1].after, "runs again"


# Scores ------------------------------------------------------------------------------------------


def _scores(person: Person, rules: Pathway, at: datetime) -> Iterator[Scored]:
    found, follow = outcomes(person, rules.library, at), Follow(rules.library)
    lines = {
        f"{follow.figure(f'responder.{name}').text()} better": follow.figure(f"responder.{name}")
        for name in ("moderate", "substantial")
    }
    more = _titrated(person)
    for item, trend in found.pain.items():
        shares = {name: fact.value.number("1") for name, fact in lines.items()}
        yield _scored(f"Pain, {item}", trend, shares, more.get(item, ()))
    share = {"meaningful": follow.figure("peg_meaningful").value.number("1")}
    yield _scored("PEG (pain and function)", found.peg, share, ())
    yield Scored("Pain, her diary", None, None, (), tuple(_written(person)))


def _written(person: Person) -> Iterator[Value]:
    """Pain as she wrote it down at home, in the order of time."""
    rows = (said.body for said in person.every(DiaryWritten, None))
    for body in sorted(rows, key=lambda row: row.seen):
        if body.pain is not None:
            yield Value(body.seen, Quantity.of(body.pain, "1"), "")


def _scored(
    name: str, trend: Trend, shares: dict[str, Fraction], more: tuple[Value, ...]
) -> Scored:
    mean = trend.mean
    lines = () if not mean else tuple(Line(k, mean * (1 - v)) for k, v in shares.items())
    points = tuple(Value(p.at, p.value, p.responder) for p in trend.points)
    every = tuple(sorted((*points, *more), key=lambda v: v.at))
    return Scored(name, trend.low, trend.high, lines, every)


def _titrated(person: Person) -> dict[str, tuple[Value, ...]]:
    """Pain as the visits of the titration have it."""
    visits = [v.body for v in person.every(TitrationVisited)]
    pairs = {"rest": "pain_rest", "moving": "pain_moving"}
    return {
        item: tuple(
            Value(v.seen, Quantity.of(score, "1"), "")
            for v in visits
            if (score := getattr(v, key)) is not None
        )
        for item, key in pairs.items()
    }


def _tone(person: Person, rules: Pathway) -> Iterator[Value]:
    """The Ashworth score by its place on the scale: 1+ lies between 1 and 2."""
    steps = rules.scale("modified-ashworth")
    for event in person.standing:
        body = event.body
        scored = ""
        if isinstance(body, TitrationVisited):
            scored = body.ashworth or ""
        elif isinstance(body, VisitRecorded):
            scored = next((s.value for s in body.scores if s.scale == "modified-ashworth"), "")
        if scored in steps:
            yield Value(body.seen, Quantity.of(steps.index(scored), "1"), scored)


# The pump's own word -----------------------------------------------------------------------------


def _asked(person: Person) -> tuple[Asked, ...]:
    """Every dose of every log that was read, once; device time is placed by when it was read."""
    found: dict[tuple[str, int, str], datetime] = {}
    for said in person.every(PumpRead, None):
        body = said.body
        told = [(ms, "") for ms in body.granted_ms]
        told += [(row.at_ms, row.why) for row in body.turned_down]
        for ms, why in told:
            back = timedelta(milliseconds=body.now_ms - ms)
            found.setdefault((body.serial, ms, why), said.at - back)
    rows = (Asked(at, not why, why) for (_, _, why), at in found.items())
    return tuple(sorted(rows, key=lambda row: row.at))


def _refills(person: Person) -> Iterator[Value]:
    """Delivered over programmed volume of each fill that was judged."""
    serials = {e.body.serial for e in person.events if isinstance(e.body, PumpReported)}
    for serial in sorted(serials):
        for m in judged(person, serial):
            if m.body.judged and m.body.programmed:
                ratio = m.body.delivered / m.body.programmed
                yield Value(m.at, ratio, m.body.verdict)


# Marks -------------------------------------------------------------------------------------------


def _mark(event: Event) -> Mark | None:
    """An event as a mark on the axis, if it is one of those that explain a curve."""
    found = _MARKS.get(type(event.body))
    if found is None or (isinstance(event.body, StopSent) and event.body.outcome != "stopped"):
        return None
    kind, words = found
    when = getattr(event.body, "onset", None) or getattr(event.body, "ended", None)
    return Mark(when or event.effective, kind, words(event.body), event.id)


_MARKS: dict[type[Any], tuple[str, Callable[[Any], str]]] = {
    AdverseEventRecorded: ("adverse", lambda b: f"{b.term.replace('-', ' ')}, grade {b.grade}"),
    ScanEnded: ("scan", lambda b: "scan"),
    OperationRecorded: ("operation", lambda b: f"operation: {b.kind.replace('-', ' ')}"),
    RevisionRecorded: ("operation", lambda b: "revision"),
    TherapyEnded: ("operation", lambda b: f"therapy ended: {b.ending}"),
    RefillCountersigned: ("refill", lambda b: "refill"),
    WatchRaised: ("watch", lambda b: b.found),
    StopSent: ("stop", lambda b: "pump stopped"),
}
