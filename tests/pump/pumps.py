"""Pumps for the tests: a small one whose figures can be worked out by hand, and a bench for it.

Strokes of 2,500 nL, a solution of 10 mg/mL: a stroke holds 25 mcg (25e9 fg). The programme asks
for 60,000 nL/h from midnight (24 strokes an hour), for 20,000 nL/h from 06:00 (8 an hour).
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from cisterna.pump import events as e
from cisterna.pump.controller import new_pump, step
from cisterna.pump.log import Entry
from cisterna.pump.programme import Device, PatientRule, Programme, Slug
from cisterna.pump.state import State
from cisterna.quantity import DAY_MS, HOUR_MS, TipRun
from tests.pump.oracle import Oracle

MINUTE = 60_000
STROKE, STRENGTH, FULL, LINE = 2_500, 10_000_000, 20_000_000, 200_000
STROKE_FG = STROKE * STRENGTH
DEVICE = Device("SN1", STROKE, 1_000_000, FULL, 2 * DAY_MS, 2_555 * DAY_MS, 90 * DAY_MS)
PATIENT = PatientRule(10_000, 10 * MINUTE, 2 * HOUR_MS, 4)
DAILY_NL = 6 * 60_000 + 18 * 20_000  # 720,000 nL, 288 strokes
FLEX = Programme(
    serial="SN1",
    version=1,
    primary="morphine",
    ng_per_ml=STRENGTH,
    mode="flex",
    cycle_ms=DAY_MS,
    zero_ms=0,
    steps=((0, 60_000), (6 * HOUR_MS, 20_000)),
    per_24h_fg=(DAILY_NL + 4 * 10_000 + STROKE) * STRENGTH,
    patient=PATIENT,
    floor_nl_per_h=6_000,
    low_reservoir_nl=2_000_000,
)
STEADY = replace(
    FLEX,
    mode="continuous",
    steps=((0, 30_000),),
    per_24h_fg=(24 * 30_000 + 4 * 10_000 + STROKE) * STRENGTH,
)


def new(clock_ms: int = 0, at_ms: int = 0, device: Device = DEVICE, **changes: Any) -> State:
    """A pump without a programme, full, its line full of what the reservoir holds."""
    line = (Slug(LINE, STRENGTH),)
    values: dict[str, Any] = {"reservoir_nl": FULL, "ng_per_ml": STRENGTH, "line": line} | changes
    return new_pump(device, at_ms, clock_ms, **values)


def emptied(at_ms: int) -> e.LineSet:
    """Somebody records that the whole line holds no drug: a new catheter, or one aspirated."""
    return e.LineSet(at_ms, (Slug(LINE, 0),))


def programming(p: Programme, at_ms: int, session: int = 1) -> tuple[e.Event, ...]:
    """A whole session: open, stage, read back, confirm, activate, close."""
    return (
        e.SessionOpened(at_ms, session),
        e.Staged(at_ms, session, p),
        e.Confirmed(at_ms, session, p.digest),
        e.Activated(at_ms, session, p.version - 1),
        e.SessionEnded(at_ms, session),
    )


@dataclass
class Bench:
    """A pump, its oracle, and everything that it said."""

    state: State
    oracle: Oracle = field(init=False)
    log: list[Entry] = field(default_factory=list)
    closed: list[e.Closed] = field(default_factory=list)
    strokes: list[tuple[int, int]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.oracle = Oracle.of(self.state)

    @property
    def now(self) -> int:
        """The pump's own time."""
        return self.state.now_ms

    @property
    def wrong(self) -> set[str]:
        """The codes of all alarms that are on."""
        return {alarm.code for alarm in self.state.alarms if not alarm.over}

    def do(self, *events: e.Event) -> e.Outcome:
        """Each event after the time before it; the oracle sees every plan and every event."""
        out = e.Outcome()
        for event in events:
            known = event.known_ms if isinstance(event, e.PowerReturned) else event.at_ms
            while self.state.until_ms < known:
                self._step(e.TimePasses(self.state.until_ms))
            if isinstance(event, e.PowerReturned) and self.state.until_ms == known:
                self._step(e.TimePasses(known))
            out = self._step(event)
        return out

    def until(self, at_ms: int) -> "Bench":
        """Nothing but time."""
        self.do(e.TimePasses(at_ms))
        return self

    def refused(self, event: e.Event) -> str | None:
        """The code of the refusal, or None."""
        out = self.do(event)
        return out.refused.code if out.refused else None

    def said(self, what: str) -> list[Entry]:
        """The entries of the log of one kind."""
        return [entry for entry in self.log if entry.what == what]

    def pumped(self, begin_ms: int, end_ms: int) -> int:
        """Strokes in [begin, end)."""
        return sum(begin_ms <= at < end_ms for at, _ in self.strokes)

    def _step(self, event: e.Event) -> e.Outcome:
        before = self.state
        known = event.known_ms if isinstance(event, e.PowerReturned) else event.at_ms
        self.strokes += [s for s in at_tip(before.tip) if s[0] < known]
        self.state, out = step(before, event)
        self.oracle.see(before, event, self.state, out)
        _told_in_words(out)
        self.log += out.log
        self.closed += out.closed
        return out


def _told_in_words(out: e.Outcome) -> None:
    """A refusal is a sentence, and the log names each entry by a term."""
    if out.refused:
        words = out.refused.message
        assert re.fullmatch(r"[A-Z0-9].*[a-z]{2}.*\.", words, re.DOTALL), out.refused
    for entry in out.log:
        assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", entry.what), entry
        assert isinstance(entry.why, str), entry


def at_tip(tip: TipRun | None) -> Iterable[tuple[int, int]]:
    """(ms, fg) of each stroke of a run."""
    masses = [m for count, m in tip.parts for _ in range(count)] if tip else []
    return list(zip(tip.run.times(), masses, strict=True)) if tip else []


def running(p: Programme = FLEX, at_ms: int = 0, **changes: Any) -> Bench:
    """A pump that runs a programme."""
    bench = Bench(new(at_ms=at_ms, **changes))
    out = bench.do(*programming(p, at_ms))
    assert out.refused is None
    assert bench.state.programme == p
    return bench
