"""The flow of a pump: scheduled rate and one extra volume, as strokes, through the line.

Everything that wants to flow goes through one sum: what the rate has asked for is carried in
nL·ms/h until it makes a stroke, so the strokes are never ahead of the programme and never a whole
stroke behind it. Plug flow in the line: first in, first out.

Precedence, highest first (the only place that decides it is `wanted`):

1. held: nothing flows (ordered stop, stall, empty reservoir, guard, end of service);
2. the floor: the prescribed minimum, when software is in doubt;
3. prime, then bridge: alone, in place of the schedule;
4. schedule, with a clinician's or a patient's dose on top of it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from cisterna.pump.programme import Slug
from cisterna.quantity import DAY_MS, HOUR_MS, DeviceTime, Pace, StrokeRun, TipRun

OnceKind = Literal["prime", "bridge", "clinician", "patient"]
ALONE = ("prime", "bridge")
_NOTHING, _LEAST = Pace.steady(0), Pace.steady(1)


@dataclass(frozen=True, slots=True)
class Once:
    """One volume that flows once: a prime, a bridge, a clinician's or a patient's dose.

    It flows at its rate, rounded down; what that leaves flows at its end.
    """

    kind: OnceKind
    number: int
    start_ms: int
    duration_ms: int
    volume_nl: int

    @property
    def end_ms(self) -> int:
        """When it ends."""
        return self.start_ms + self.duration_ms

    @property
    def rate_nl_per_h(self) -> int:
        """Its rate, rounded down."""
        return self.volume_nl * HOUR_MS // self.duration_ms

    @property
    def rest(self) -> int:
        """What the rounded rate leaves for the end (nL·ms/h)."""
        return self.volume_nl * HOUR_MS - self.rate_nl_per_h * self.duration_ms

    def given(self, at_ms: int) -> int:
        """Whole nanolitres of it that were asked for before `at_ms`."""
        if at_ms >= self.end_ms:
            return self.volume_nl
        return self.rate_nl_per_h * max(0, at_ms - self.start_ms) // HOUR_MS


@dataclass(frozen=True, slots=True)
class Flow:
    """Where the flow stands. `line` lists the slugs from the tip to the pump.

    `held` stops everything; `floor_nl_per_h` replaces everything while it is not None. Both end
    what flows once: the controller takes `once` away when it sets one of them.
    """

    now_ms: int
    stroke_nl: int
    reservoir_nl: int
    ng_per_ml: int
    line: tuple[Slug, ...]
    schedule: Pace | None = None
    once: Once | None = None
    held: bool = False
    floor_nl_per_h: int | None = None
    owed: int = 0


def wanted(flow: Flow) -> tuple[Pace, int]:
    """(pace, until when) of what flows next; the precedence of this module."""
    now, once = flow.now_ms, flow.once
    if flow.held:
        return _NOTHING, now + DAY_MS
    if flow.floor_nl_per_h is not None:
        return Pace.steady(flow.floor_nl_per_h), now + DAY_MS
    if once and once.kind in ALONE:
        return Pace.steady(once.rate_nl_per_h), once.end_ms
    schedule = flow.schedule or _NOTHING
    if once is None:
        return schedule, now + DAY_MS
    rate, until = schedule.at(now)
    return Pace.steady(rate + once.rate_nl_per_h), min(until, once.end_ms)


def rate_now(flow: Flow) -> int:
    """How fast it flows now (nL/h)."""
    return wanted(flow)[0].at(flow.now_ms)[0]


def pour(flow: Flow, until_ms: int) -> tuple[TipRun | None, Flow]:
    """What flows until `until_ms`, which is not after `wanted` says; and the flow from then on.

    The reservoir never gives more than it has: the run then ends at its last stroke, and what was
    asked for beyond it is lost, not owed.
    """
    pace, _ = wanted(flow)
    run = _run(flow, pace, until_ms)
    tip, line = _through(flow, run) if run else (None, flow.line)
    return tip, _after(flow, pace, run, line, until_ms)


def _after(
    flow: Flow, pace: Pace, run: StrokeRun | None, line: tuple[Slug, ...], until_ms: int
) -> Flow:
    """The flow once that run is made; every field is named, for this is made for each event."""
    count, one = run.count if run else 0, flow.stroke_nl * HOUR_MS
    left = flow.reservoir_nl - count * flow.stroke_nl
    owed, once = flow.owed + pace.asked(flow.now_ms, until_ms) - count * one, flow.once
    if once and until_ms >= once.end_ms:
        owed, once = owed + once.rest, None
    return Flow(
        now_ms=until_ms,
        stroke_nl=flow.stroke_nl,
        reservoir_nl=left,
        ng_per_ml=flow.ng_per_ml,
        line=line,
        schedule=flow.schedule,
        once=once,
        held=flow.held,
        floor_nl_per_h=flow.floor_nl_per_h,
        owed=min(owed, one - 1) if left < flow.stroke_nl else owed,
    )


def _run(flow: Flow, pace: Pace, until_ms: int) -> StrokeRun | None:
    """The strokes from now to `until_ms`, as many as the reservoir has."""
    if flow.held or until_ms <= flow.now_ms:
        return None
    made = (flow.owed + pace.asked(flow.now_ms, until_ms - 1)) // (flow.stroke_nl * HOUR_MS)
    count = min(made, flow.reservoir_nl // flow.stroke_nl)
    if count < 1:
        return None
    pace = pace if pace.sums[-1] else _LEAST
    return StrokeRun(DeviceTime(flow.now_ms), pace, flow.stroke_nl, count, flow.owed)


def _through(flow: Flow, run: StrokeRun) -> tuple[TipRun, tuple[Slug, ...]]:
    """What a run pushes out of the tip, and the line after it."""
    if all(slug.ng_per_ml == flow.ng_per_ml for slug in flow.line):
        return TipRun(run, ((run.count, run.stroke_nl * flow.ng_per_ml),)), flow.line
    left, line, parts = run.count, list(flow.line), list[tuple[int, int]]()
    while left:
        whole = min(left, line[0].volume_nl // run.stroke_nl) if line else left
        if not line:
            parts.append((left, run.stroke_nl * flow.ng_per_ml))
        elif whole:
            parts.append((whole, run.stroke_nl * line[0].ng_per_ml))
            line[0] = Slug(line[0].volume_nl - whole * run.stroke_nl, line[0].ng_per_ml)
        else:
            whole = 1
            parts.append((1, _mixed(line, run.stroke_nl, flow.ng_per_ml)))
        left -= whole
        if line and not line[0].volume_nl:
            line.pop(0)
    held = sum(s.volume_nl for s in flow.line)
    return TipRun(run, tuple(parts)), _topped(line, held, flow.ng_per_ml)


def _mixed(line: list[Slug], stroke_nl: int, ng_per_ml: int) -> int:
    """The mass of one stroke that takes more than one slug; takes them off the line."""
    missing, mass = stroke_nl, 0
    while missing and line:
        taken = min(missing, line[0].volume_nl)
        mass += taken * line[0].ng_per_ml
        missing -= taken
        line[0] = Slug(line[0].volume_nl - taken, line[0].ng_per_ml)
        if not line[0].volume_nl:
            line.pop(0)
    return mass + missing * ng_per_ml


def _topped(line: list[Slug], volume_nl: int, ng_per_ml: int) -> tuple[Slug, ...]:
    """The line filled up again from the reservoir."""
    missing = volume_nl - sum(s.volume_nl for s in line)
    if missing and line and line[-1].ng_per_ml == ng_per_ml:
        line[-1] = Slug(line[-1].volume_nl + missing, ng_per_ml)
    elif missing:
        line.append(Slug(missing, ng_per_ml))
    return tuple(line)


def ahead(flow: Flow, until_ms: int) -> Iterator[TipRun]:
    """All that will leave the tip until `until_ms` if nothing else happens."""
    while flow.now_ms < until_ms:
        _, change = wanted(flow)
        tip, flow = pour(flow, min(change, until_ms))
        if tip:
            yield tip
