"""Seven years of one pump through the production controller, against the same model in simpy.

    python -m benchmarks.pump [--years 7] [--compiled] [--pumps 10000 --days 7]

The reference pump: 48 steps a day, six requests a day (lockout 4 h, four in any 24 h), a refill
each 30 days, alarms and the log. Ours, three ways: the production controller with its guard, every
stroke accounted for; the same behind its journal, each event and each run on record in two copies
before it acts (in memory, so that no disk is measured); and with `--compiled` both again with the
same source compiled by mypyc into `build/mypyc`, its values' constructors written out first
(`benchmarks.native`). The peer: the same schedule, sum, lockout, count,
rolling limit, line and reservoir as processes in simpy, in plain floats, one event for each
stroke, without guard, journal or log. All answer for the volume that was delivered and the doses
that were granted. Times are CPU seconds.

With `--pumps`, so many such pumps live for `--days`, each event on its way to a file as it happens;
printed with the memory that the process takes at first and at last.
Needs the extra `test`; compiling needs a C compiler.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from shutil import copytree, rmtree
from tempfile import TemporaryFile

import simpy

from benchmarks.native import write_out
from cisterna.pump import events as e
from cisterna.pump.controller import new_pump, step
from cisterna.pump.keeper import Keeper
from cisterna.pump.log import Entry, Log
from cisterna.pump.programme import Device, PatientRule, Programme, Slug
from cisterna.pump.state import State
from cisterna.quantity import DAY_MS, HOUR_MS

STROKE, FILL, LINE, STRENGTH = 1_000, 20_000_000, 300_000, 10_000_000
DOSE, MINUTES, LOCKOUT_H, MOST = 20_000, 10, 4, 4
STEPS = tuple((n * DAY_MS // 48, 15_000 + 5_000 * ((n // 4) % 3)) for n in range(48))
REQUESTS = tuple((3 + 3.5 * n) * HOUR_MS for n in range(6))
LIMIT_NL = sum(rate for _, rate in STEPS) // 2 + MOST * DOSE + STROKE
REFILL_DAYS = 30


DEVICE = Device("REF", STROKE, 1_000_000, FILL, 2 * DAY_MS, 9_999 * DAY_MS, 90 * DAY_MS)
PROGRAMME = Programme(
    "REF", 1, "morphine", STRENGTH, "flex", DAY_MS, 0, STEPS, LIMIT_NL * STRENGTH,
    PatientRule(DOSE, MINUTES * 60_000, LOCKOUT_H * HOUR_MS, MOST), low_reservoir_nl=2_000_000,
)  # fmt: skip
COMPILED = Path("build/mypyc")
SOURCES = Path("src")
MODULES = (
    *("quantity/pace", "quantity/stroke", "quantity/time", "pump/flow", "pump/guard", "pump/doses"),
    *("pump/repeats", "pump/controller", "pump/upkeep", "pump/state", "pump/alarms", "pump/log"),
    *("pump/session", "pump/change", "pump/events", "pump/programme", "pump/keeper"),
    *("pump/records", "pump/codec"),
)


@dataclass(frozen=True, slots=True)
class Lived:
    """What a life of the pump came to."""

    delivered_nl: int
    granted: int
    refused: int


Handle = Callable[[e.Event], e.Outcome]


class Bare:
    """Controller and guard alone."""

    def __init__(self) -> None:
        self.state = _fresh()

    def handle(self, event: e.Event) -> e.Outcome:
        """One event."""
        self.state, out = step(self.state, event)
        return out


@dataclass(slots=True)
class Memory:
    """Storage that forgets at the end of the process: what is measured is the journal's work."""

    areas: dict[str, bytearray] = field(default_factory=dict)

    def size(self, area: str) -> int:
        """Bytes in the area."""
        return len(self.areas.get(area, b""))

    def read(self, area: str, length: int) -> bytes:
        """The first bytes of the area."""
        return bytes(self.areas.get(area, b"")[:length])

    def write(self, area: str, offset: int, data: bytes) -> None:
        """Put bytes at a place."""
        held = self.areas.setdefault(area, bytearray())
        held.extend(bytes(max(0, offset - len(held))))
        held[offset : offset + len(data)] = data

    def sync(self, area: str) -> None:
        """Nothing waits."""


class Kept:
    """The same behind its journal: what flows is marked, and every event on record, first."""

    def __init__(self) -> None:
        self.keeper = Keeper.new(Memory(), _fresh())

    @property
    def state(self) -> State:
        """The controller's state."""
        return self.keeper.state

    def handle(self, event: e.Event) -> e.Outcome:
        """The strokes that are due before it, and what changes of itself; then the event."""
        keeper = self.keeper
        while keeper.state.until_ms < event.at_ms:
            self._marked(keeper.state.until_ms - 1)
            keeper.handle(e.TimePasses(keeper.state.until_ms))
        self._marked(event.at_ms - 1)
        return keeper.handle(event)

    def _marked(self, until_ms: int) -> None:
        due = self.keeper.next_stroke_ms()
        if due is not None and due <= until_ms:
            self.keeper.strike(until_ms)


def _fresh() -> State:
    return new_pump(DEVICE, 0, 0, FILL, STRENGTH, (Slug(LINE, STRENGTH),))


def ours(years: float, pump: Bare | Kept, said: Callable[[Entry], object] | None = None) -> Lived:
    """A life of the production controller."""
    session: tuple[e.Event, ...] = (
        e.SessionOpened(0, 1),
        e.Staged(0, 1, PROGRAMME),
        e.Confirmed(0, 1, PROGRAMME.digest),
        e.Activated(0, 1, 0),
        e.SessionEnded(0, 1),
    )
    for event in session:
        pump.handle(event)
    log, granted, refused, delivered = Log(), 0, 0, 0
    for number, (at, what) in enumerate(_events(years)):
        if what == "dose":
            out = pump.handle(e.DoseAsked(at, number, at + 5_000))
            granted, refused = granted + (out.refused is None), refused + bool(out.refused)
        else:
            out = pump.handle(e.TimePasses(at))
        entries = out.log
        if what == "refill":
            left = pump.state.flow.reservoir_nl
            delivered += FILL - left
            entries += pump.handle(e.Refilled(at, left, FILL, STRENGTH)).log
        log = log.add(entries)
        if said:
            for entry in entries:
                said(entry)
    return Lived(delivered + FILL - pump.state.flow.reservoir_nl, granted, refused)


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


def measured(names: tuple[str, ...], years: float) -> dict[str, float]:
    """CPU seconds of each way to live the same life, printed as they come."""
    ways: dict[str, Callable[[float], Lived]] = {
        "controller and guard": lambda years: ours(years, Bare()),
        "with journal": lambda years: ours(years, Kept()),
        "simpy": peer,
    }
    seconds = {}
    for name in names:
        begin = time.process_time()
        lived = ways[name](years)
        seconds[name] = time.process_time() - begin
        print(
            f"{name:32} {seconds[name]:8.2f} s  delivered {lived.delivered_nl / 1e6:.3f} mL, "
            f"granted {lived.granted}, refused {lived.refused}",
            file=sys.stderr,
        )
    return seconds


def compiled(years: float) -> dict[str, float]:
    """The same from the same source, compiled; in a process of its own."""
    rmtree(COMPILED, ignore_errors=True)
    copytree(SOURCES / "cisterna", COMPILED / "cisterna")
    names = write_out(COMPILED, [f"cisterna/{module}.py" for module in MODULES])
    mypyc = Path(sys.executable).with_name("mypyc")
    subprocess.run([mypyc, *names], cwd=COMPILED, check=True, capture_output=True)
    path = os.pathsep.join([str(COMPILED.resolve()), str(Path.cwd())])
    command = [sys.executable, "-m", "benchmarks.pump", "--years", str(years), "--part"]
    found = subprocess.run(
        command, env=os.environ | {"PYTHONPATH": path}, check=True, stdout=subprocess.PIPE
    )
    return {f"{name}, compiled": s for name, s in json.loads(found.stdout).items()}


def fleet(pumps: int, days: int) -> None:
    """So many pumps, one after the other; what happens goes to a file as it happens."""

    def memory_mib() -> float:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024

    begin, entries = time.process_time(), 0
    with TemporaryFile("w", encoding="utf-8") as file:
        for number in range(pumps):

            def said(entry: Entry, number: int = number) -> None:
                nonlocal entries
                entries += 1
                file.write(f'[{number},{entry.at_ms},"{entry.what}","{entry.why}"]\n')

            ours(days / 365, Bare(), said)
            if number == pumps // 10:
                first = memory_mib()
        size = file.tell()
    seconds = time.process_time() - begin
    years = pumps * days / 365
    print(
        f"{pumps} pumps for {days} days: {seconds:.1f} s, {years / seconds:.1f} years in a second"
    )
    print(f"{entries} events, {size / 1e6:.1f} MB on disk")
    print(f"memory: {first:.1f} MiB after a tenth of them, {memory_mib():.1f} MiB at the end")


def main() -> None:
    """Measure all on the same life."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--years", type=float, default=7.0)
    parser.add_argument("--compiled", action="store_true")
    parser.add_argument("--part", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--pumps", type=int)
    parser.add_argument("--days", type=int, default=7)
    wanted = parser.parse_args()
    if wanted.pumps:
        return fleet(wanted.pumps, wanted.days)
    own = ("controller and guard", "with journal")
    if wanted.part:
        return print(json.dumps(measured(own, wanted.years)))
    seconds = measured((*own, "simpy"), wanted.years)
    if wanted.compiled:
        seconds |= compiled(wanted.years)
    for name, spent in seconds.items():
        if name != "simpy":
            print(f"simpy ÷ {name}: {seconds['simpy'] / spent:.2f}")
    return None


if __name__ == "__main__":
    main()
