"""The virtual pump: a body with its faults around the controller, and the record of what it did.

The controller says what the rotor is to do; the body does it as well as it can. The device
notices only a rotor that stands still, at the first stroke that fails, and that it turns again.
The self-test (SR-30), at whole multiples of its interval of device time, finds a rotor's sensor
that is stuck, and that it is well again.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from fractions import Fraction
from typing import NamedTuple

from cisterna.order.trace import TipPiece, TipTrace
from cisterna.pump.alarms import self_test_ms, wrong_now
from cisterna.pump.faults import NOTICED, End, Fault, Faults, ended, running
from cisterna.pump.flow import wanted
from cisterna.pump.mechanics import Body, Commanded, Flowed, Fluid, Mix, flow, refilled
from cisterna.pump.state import State
from cisterna.quantity import DAY_MS, DeviceTime, Quantity, StrokeRun

SENSOR = "rotor-sensor"
_FG_PER_MG = 10**12


class Notice(NamedTuple):
    """The device notices what an alarm is about: it begins, or it is over."""

    at_ms: int
    over: bool
    alarm: str = "stall"


class Level(NamedTuple):
    """The reservoir at a time: what is in it, and what the pump reckons."""

    at_ms: int
    nl: int
    reckoned_nl: int


@dataclass(slots=True)
class Span:
    """A time in which the tip gave one mix at one pace."""

    start_ms: Fraction
    end_ms: Fraction
    nl: int
    mix: Mix
    key: object


@dataclass(slots=True)
class VirtualPump:
    """A body, what is wrong with it, and what left its tip since the start.

    Strokes are kept one by one only until `strokes_until_ms`, to judge how steady the flow is.
    """

    body: Body
    faults: Faults = ()
    strokes_until_ms: int = 0
    strokes: list[tuple[StrokeRun, Fraction]] = field(default_factory=list)
    spans: list[Span] = field(default_factory=list)
    levels: list[Level] = field(default_factory=list)

    def run(self, state: State, until_ms: int) -> None:
        """Do what the controller planned, up to a time that its plan covers."""
        run, pace = state.tip.run if state.tip else None, wanted(state.flow)[0]
        for _, end, rate in pace.pieces(self.body.now_ms, until_ms):
            self._flow(state, Commanded(end, rate, _until(run, end)))

    def rest(self, state: State, until_ms: int) -> None:
        """Without power nothing is commanded; what flows by itself goes on."""
        self._flow(state, Commanded(until_ms), self.body.now_ms)

    def note(self, state: State) -> None:
        """Write down what is in the reservoir, and what the pump reckons now."""
        now = self.body.now_ms
        self.levels.append(Level(now, self.body.reservoir.nl, reckoned_nl(state, now)))

    def fail(self, fault: Fault) -> None:
        """Something begins to go wrong."""
        self.faults = (*running(self.faults, self.body.now_ms), fault)

    def mend(self, act: End) -> None:
        """Somebody does what ends some faults."""
        self.faults = ended(self.faults, act, self.body.now_ms)

    def refill(self, fill: Fluid, pocket_nl: int = 0) -> int:
        """Drain it, fill it again; returns what really came out."""
        out = self.body.reservoir.nl
        self.body = refilled(self.body, fill, pocket_nl)
        return out

    def frees_ms(self, state: State) -> int | None:
        """When a rotor that was noticed to stand still turns again; None if nobody knows."""
        if "stall" not in wrong_now(state.alarms):
            return None
        return _free_at([f for f in self.faults if f.kind in NOTICED], self.body.now_ms)

    def notice(self, state: State, until_ms: int) -> Notice | None:
        """What the device notices first, until a time that the plan covers."""
        stuck = [f for f in self.faults if f.kind == "sensor"]
        seen = self._seen(state, until_ms, stuck), self._tested(state, until_ms, stuck)
        return min(filter(None, seen), default=None)

    def _seen(self, state: State, until_ms: int, stuck: list[Fault]) -> Notice | None:
        """What the sensor shows of the rotor; a stuck one shows that it turns."""
        now, jams = self.body.now_ms, [f for f in self.faults if f.kind in NOTICED]
        if "stall" in wrong_now(state.alarms):
            free = now if any(f.at(now) for f in stuck) else _free_at(jams, now)
            return None if free is None or free > until_ms else Notice(free, over=True)
        run = state.tip.run if state.tip and jams else None
        clear = () if run is None else _clear(stuck, now, until_ms)
        failed = [_first(run, f, begin, end) for begin, end in clear for f in jams if run]
        times = [at for at in failed if at is not None]
        return Notice(min(times) + 1, over=False) if times else None

    def _tested(self, state: State, until_ms: int, stuck: list[Fault]) -> Notice | None:
        """What the self-test finds of the sensor, after now."""
        known, every = SENSOR in wrong_now(state.alarms), self_test_ms()
        first = (self.body.now_ms // every + 1) * every
        tests = range(first, until_ms + 1, every) if stuck or known else ()
        found = (at for at in tests if any(f.at(at) for f in stuck) != known)
        at_ms = next(found, None)
        return None if at_ms is None else Notice(at_ms, known, SENSOR)

    def trace(self, start: datetime, tip: str | None, drugs: tuple[str, ...]) -> TipTrace:
        """What left the tip, for the spine: the mass of every span is exact."""
        return TipTrace(start, tip, tuple(_piece(s, drugs) for s in self.spans))

    def _flow(self, state: State, commanded: Commanded, dark_ms: int | None = None) -> None:
        if commanded.end_ms <= self.body.now_ms:
            return
        self.body, made = flow(self.body, self.faults, commanded)
        for part in made:
            reckoned = reckoned_nl(state, part.end_ms if dark_ms is None else dark_ms)
            self.levels.append(Level(part.end_ms, part.left_nl, reckoned))
            self._span(part)
            if part.run and part.start_ms < self.strokes_until_ms:
                self.strokes.append((part.run, part.factor))

    def _span(self, made: Flowed) -> None:
        """Each mix takes the share of the time that it takes of the volume."""
        at, length = Fraction(made.start_ms), made.end_ms - made.start_ms
        for part in made.parts:
            end = at + Fraction(length * part.nl, made.nl) if made.nl else Fraction(made.end_ms)
            last = self.spans[-1] if self.spans else None
            if last and last.key == made.key and (last.mix == part.mix or not part.nl):
                last.end_ms, last.nl = end, last.nl + part.nl
            else:
                self.spans.append(Span(at, end, part.nl, part.mix, made.key))
            at = end


def reckoned_nl(state: State, at_ms: int) -> int:
    """What the pump reckons is in its reservoir at a time that its plan covers."""
    run = state.tip.run if state.tip else None
    gone = run.volume_before(DeviceTime(at_ms)) if run else 0
    return state.flow.reservoir_nl - gone


def last_stroke(state: State, at_ms: int) -> int | None:
    """When the last planned stroke before a time was made."""
    made = _until(state.tip.run if state.tip else None, at_ms)
    return made.last.ms if made else None


def stroke_at(state: State, at_ms: int) -> bool:
    """Whether a planned stroke falls on just this millisecond."""
    run = state.tip.run if state.tip else None
    if run is None or at_ms >= state.until_ms:
        return False
    return run.strokes_before(DeviceTime(at_ms + 1)) > run.strokes_before(DeviceTime(at_ms))


def _until(run: StrokeRun | None, until_ms: int) -> StrokeRun | None:
    return run.split(DeviceTime(until_ms))[0] if run else None


def _first(run: StrokeRun, jam: Fault, from_ms: int, until_ms: int) -> int | None:
    """The first stroke of a plan that a jam makes fail."""
    begin = max(jam.start_ms, from_ms)
    end = until_ms if jam.end_ms is None else min(jam.end_ms, until_ms)
    rest = run.split(DeviceTime(begin))[1] if begin < end else None
    at = rest.at(0).ms if rest else end
    return at if at < end else None


def _clear(stuck: list[Fault], begin_ms: int, end_ms: int) -> Iterator[tuple[int, int]]:
    """The stretches of a time in which no sensor is stuck."""
    for fault in sorted(stuck, key=lambda f: f.start_ms):
        if begin_ms < min(fault.start_ms, end_ms):
            yield begin_ms, min(fault.start_ms, end_ms)
        if fault.end_ms is None:
            return
        begin_ms = max(begin_ms, fault.end_ms)
    if begin_ms < end_ms:
        yield begin_ms, end_ms


def _free_at(jams: list[Fault], ms: int) -> int | None:
    """When the rotor can turn again; None while nobody knows."""
    while now := [f for f in jams if f.at(ms)]:
        ends = [f.end_ms for f in now if f.end_ms is not None]
        if len(ends) < len(now):
            return None
        ms = max(ends)
    return ms


def _piece(span: Span, drugs: tuple[str, ...]) -> TipPiece:
    length = (span.end_ms - span.start_ms) / DAY_MS
    doses = {
        name: Quantity.of(span.nl * fg / _FG_PER_MG / length, "mg/day")
        for name, fg in zip(drugs, span.mix, strict=True)
        if fg
    }
    volume = Quantity.of(Fraction(span.nl, 10**6) / length, "mL/day")
    start, end = (Quantity.of(t / DAY_MS, "day") for t in (span.start_ms, span.end_ms))
    return TipPiece(start, end, volume, doses)
