"""Seven years of one pump through the production controller, against the same model in simpy.

    python -m benchmarks.pump [--years 7]

The reference pump: 48 steps a day, six requests a day of which four are granted (lockout 4 h,
four in any 24 h), a refill each 30 days, alarms and the log. Ours: the production controller with
its guard, integers throughout, every stroke accounted for. The peer: the same schedule, sum,
lockout, count, rolling limit, line and reservoir as processes in simpy, in plain floats, one event
for each stroke, without guard, journal or log. Both answer for the volume that was delivered and
the doses that were granted.
Needs the extra `test`.
"""

import argparse
import time
from collections import deque
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass

import simpy

from cisterna.pump import events as e
from cisterna.pump.controller import new_pump, step
from cisterna.pump.log import Log
from cisterna.pump.programme import Device, PatientRule, Programme, Slug
from cisterna.quantity import DAY_MS, HOUR_MS

STROKE, FILL, LINE, STRENGTH = 1_000, 20_000_000, 300_000, 10_000_000
DOSE, MINUTES, LOCKOUT_H, MOST = 20_000, 10, 4, 4
STEPS = tuple((n * DAY_MS // 48, 15_000 + 5_000 * ((n // 4) % 3)) for n in range(48))
REQUESTS = tuple((3 + 3.5 * n) * HOUR_MS for n in range(6))
LIMIT_NL = sum(rate for _, rate in STEPS) // 2 + MOST * DOSE + STROKE
REFILL_DAYS = 30


@dataclass(frozen=True, slots=True)
class Lived:
    """What a life of the pump came to."""

    delivered_nl: int
    granted: int
    refused: int


def ours(years: float) -> Lived:
    """The production controller."""
    device = Device("REF", STROKE, 1_000_000, FILL, 2 * DAY_MS, 9_999 * DAY_MS, 90 * DAY_MS)
    rule = PatientRule(DOSE, MINUTES * 60_000, LOCKOUT_H * HOUR_MS, MOST)
    programme = Programme(
        "REF", 1, "morphine", STRENGTH, "flex", DAY_MS, 0, STEPS, LIMIT_NL * STRENGTH, rule,
        low_reservoir_nl=2_000_000,
    )  # fmt: skip
    state = new_pump(device, 0, 0, FILL, STRENGTH, (Slug(LINE, STRENGTH),))
    session: tuple[e.Event, ...] = (
        e.SessionOpened(0, 1),
        e.Staged(0, 1, programme),
        e.Confirmed(0, 1, programme.digest),
        e.Activated(0, 1, 0),
        e.SessionEnded(0, 1),
    )
    for event in session:
        state, _ = step(state, event)
    log, granted, refused, delivered = Log(), 0, 0, 0
    for number, (at, what) in enumerate(_events(years)):
        if what == "dose":
            state, out = step(state, e.DoseAsked(at, number, at + 5_000))
            granted, refused = granted + (out.refused is None), refused + bool(out.refused)
        elif what == "refill":
            state, out = step(state, e.TimePasses(at))
            left = state.flow.reservoir_nl
            delivered += FILL - left
            state, more = step(state, e.Refilled(at, left, FILL, STRENGTH))
            log = log.add(more.log)
        else:
            state, out = step(state, e.TimePasses(at))
        log = log.add(out.log)
    return Lived(delivered + FILL - state.flow.reservoir_nl, granted, refused)


def _events(years: float) -> Iterator[tuple[int, str]]:
    days = round(years * 365)
    for day in range(days):
        if day and day % REFILL_DAYS == 0:
            yield day * DAY_MS, "refill"
        for at in REQUESTS:
            yield day * DAY_MS + int(at), "dose"
    yield days * DAY_MS, "end"


class Peer:
    """The same pump in simpy: a process for the strokes, one for the requests, one for refills."""

    def __init__(self) -> None:
        self.env = simpy.Environment()
        self.reservoir = float(FILL)
        self.owed = self.extra = self.delivered = 0.0
        self.extra_until = 0.0
        self.line: deque[list[float]] = deque([[LINE, STRENGTH]])
        self.history: deque[tuple[float, float]] = deque()
        self.doses: deque[float] = deque()
        self.granted = self.refused = 0

    def rate(self, now: float) -> tuple[float, float]:
        """nL/ms now, and when it changes."""
        index = int(now % DAY_MS // (DAY_MS / 48))
        until = now - now % (DAY_MS / 48) + DAY_MS / 48
        rate = STEPS[index][1] / HOUR_MS
        if now < self.extra_until:
            return rate + self.extra, min(until, self.extra_until)
        return rate, until

    def strokes(self) -> Generator[simpy.Event, None, None]:
        """Wait for the next stroke or the next change of rate, whichever comes first."""
        while True:
            now = self.env.now
            rate, until = self.rate(now)
            wait = (STROKE - self.owed) / rate
            if now + wait < until:
                yield self.env.timeout(wait)
                self.owed = 0.0
                self.stroke()
            else:
                yield self.env.timeout(max(until - now, 1e-6))
                self.owed += rate * (self.env.now - now)

    def stroke(self) -> None:
        """One stroke: reservoir, line, tip, history."""
        if self.reservoir < STROKE:
            return
        self.reservoir -= STROKE
        self.delivered += STROKE
        left, mass = float(STROKE), 0.0
        while left > 0:
            slug = self.line[0]
            taken = min(left, slug[0])
            mass += taken * slug[1]
            slug[0] -= taken
            left -= taken
            if slug[0] <= 0:
                self.line.popleft()
        if self.line and self.line[-1][1] == STRENGTH:
            self.line[-1][0] += STROKE
        else:
            self.line.append([STROKE, STRENGTH])
        self.history.append((self.env.now, mass))
        while self.history[0][0] <= self.env.now - DAY_MS:
            self.history.popleft()

    def requests(self, days: int) -> Generator[simpy.Event, None, None]:
        """The patient asks."""
        for day in range(days):
            for at in REQUESTS:
                yield self.env.timeout(day * DAY_MS + at - self.env.now)
                self.ask()

    def ask(self) -> None:
        """Lockout, count, and the rolling limit with all that is scheduled."""
        now = self.env.now
        while self.doses and self.doses[0] <= now - DAY_MS:
            self.doses.popleft()
        soon = self.doses and now < self.doses[-1] + LOCKOUT_H * HOUR_MS
        past = sum(mass for _, mass in self.history)
        scheduled = sum(r for _, r in STEPS) / 2 * STRENGTH
        if soon or len(self.doses) >= MOST or not self.fits(past, scheduled):
            self.refused += 1
            return
        self.doses.append(now)
        self.granted += 1
        self.extra, self.extra_until = DOSE / (MINUTES * 60_000), now + MINUTES * 60_000

    def fits(self, past: float, scheduled: float) -> bool:
        """The last 24 hours, and the next with this dose, stay below the limit."""
        most = LIMIT_NL * STRENGTH
        return past + DOSE * STRENGTH <= most and scheduled + DOSE * STRENGTH <= most

    def refills(self) -> Generator[simpy.Event, None, None]:
        """A full reservoir each month."""
        while True:
            yield self.env.timeout(REFILL_DAYS * DAY_MS)
            self.reservoir = float(FILL)


def peer(years: float) -> Lived:
    """The same life in simpy."""
    pump, days = Peer(), round(years * 365)
    pump.env.process(pump.strokes())
    pump.env.process(pump.requests(days))
    pump.env.process(pump.refills())
    pump.env.run(until=days * DAY_MS)
    return Lived(round(pump.delivered), pump.granted, pump.refused)


def main() -> None:
    """Measure both on the same life."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--years", type=float, default=7.0)
    years = parser.parse_args().years
    runs: dict[str, Callable[[float], Lived]] = {"this project": ours, "simpy": peer}
    seconds = {}
    for name, run in runs.items():
        begin = time.perf_counter()
        lived = run(years)
        seconds[name] = time.perf_counter() - begin
        print(
            f"{name:14} {seconds[name]:8.2f} s  delivered {lived.delivered_nl / 1e6:.3f} mL, "
            f"granted {lived.granted}, refused {lived.refused}"
        )
    print(f"simpy ÷ this project: {seconds['simpy'] / seconds['this project']:.2f}")


if __name__ == "__main__":
    main()
