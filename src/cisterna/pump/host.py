"""The host of a fleet: many pumps, each living by its own events on one clock.

A heap says which pump is due next, so an idle pump costs nothing between two strokes. Above ×1
the strokes of a fifth of a second share a wake-up and a mark on record. A pump that fails in a way
that nobody foresaw stops there and is named; the others live on.
"""

import asyncio
import heapq
import json
import logging
import resource
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, TypeVar

from cisterna.order.form import Problem, Unusable
from cisterna.order.line import Refused
from cisterna.pump import bodies
from cisterna.pump import certificates as tls
from cisterna.pump import events as e
from cisterna.pump.alarms import wrong_now
from cisterna.pump.clock import Clock
from cisterna.pump.codec import Unreadable
from cisterna.pump.files import FileStorage
from cisterna.pump.fleet import Fleet
from cisterna.pump.journal import NotDurable
from cisterna.pump.keeper import Recalled, recall
from cisterna.pump.log import Entry, Log
from cisterna.pump.recovery import JournalRefused
from cisterna.pump.storage import StorageError
from cisterna.pump.unit import MOST_ENTRIES, Heard, Unit
from cisterna.quantity import HOUR_MS, DeviceTime

LOG = logging.getLogger("cisterna.pumphost")
GRAIN_S = 0.2
"""What one wake-up of a pump covers above ×1, in seconds of the world."""
LONGEST_NAP_S = 0.2
WORK_S = 0.01
"""How long pumps may live before the connections get their turn."""
SAVE_S = 1.0
LEAP_MS = 24 * HOUR_MS
"""By how much a demonstration's time is moved at once; every pump has lived it before the next."""
LOG_BYTES = 1 << 20
EVENTS, EVENTS_BEFORE = "events.jsonl", "events-before.jsonl"
FILES_PER_PUMP = 6
LONGEST_MS = 366 * 24 * HOUR_MS

T = TypeVar("T")
Progress = Callable[[Iterable[str]], Iterable[str]]


@dataclass(slots=True)
class Host:
    """The pumps of a fleet that live here, and why the others do not."""

    fleet: Fleet
    clock: Clock
    units: dict[str, Unit]
    failed: dict[str, str]
    storages: list[FileStorage]
    due: list[tuple[int, str]] = field(default_factory=list)
    next: dict[str, int] = field(default_factory=dict)
    woken: asyncio.Event = field(default_factory=asyncio.Event)
    target_ms: int | None = None
    promised_ms: int = 0

    @classmethod
    def restored(
        cls,
        fleet: Fleet,
        speed: int = 1,
        sync: bool = True,
        progress: Progress = lambda work: work,
        clock: Callable[[int, int], Clock] = Clock,
    ) -> "Host":
        """Every pump from its journal. Time goes on from the latest that any of them has on record.

        A pump whose journal is none is left out and named. Raises `Unusable` where the fleet is
        hosted already or there are too few file handles for it.
        """
        _room_for_files(len(fleet.pumps))
        host = cls(fleet, clock(0, 1), {}, {}, [])
        recalled: dict[str, Recalled] = {}
        for serial in progress(list(fleet.pumps)):
            with host._contained(serial):
                storage = fleet.storage(serial, sync)
                host.storages.append(storage)
                recalled[serial] = recall(storage, serial)
        times = [r.keeper.marked_ms for r in recalled.values()]
        now = max([*times, _saved_ms(fleet.folder)], default=0) + 1
        for serial, found in recalled.items():
            with host._contained(serial):
                key = tls.signing_key(fleet.pump(serial))
                unit = Unit.resumed(found, key.sign, now)
                unit.log = _earlier(fleet.pump(serial)).add(unit.log.entries)
                unit.body = bodies.restored(fleet.pump(serial), unit, now)
                host.units[serial] = unit
        host.clock = clock(now, speed)
        for serial in host.units:
            host._plan(serial, now)
        return host

    def __enter__(self) -> "Host":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        problem: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Everything on record up to now, and the journals closed."""
        now = self.clock.now_ms()
        for serial, unit in list(self.units.items()):
            with self._contained(serial):
                unit.do(e.TimePasses(unit.advance(now)))
                self._write_news(unit)
                bodies.keep(self.fleet.pump(serial), unit)
        self._write_clock(self.clock.now_ms())  # nobody was told a later time
        for storage in self.storages:
            storage.close()

    async def live(self) -> None:
        """Let the pumps live until this is cancelled."""
        loop = asyncio.get_running_loop()
        saved = loop.time()
        while True:
            nap = self.work(loop.time() + WORK_S, loop.time)
            if nap > 0 and self.target_ms is not None:
                self._leap(self.target_ms)
                nap = 0
            if loop.time() - saved > SAVE_S:
                self._save_clock()
                saved = loop.time()
            self.woken.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(nap):
                    await self.woken.wait()

    def work(self, until: float, real: Callable[[], float]) -> float:
        """Let the pumps live that are due; gives for how long nothing is due then."""
        while self.due:
            at, serial = self.due[0]
            nap = self.clock.seconds_until(at)
            if nap > 0:
                return min(nap, LONGEST_NAP_S)
            if real() >= until:
                return 0.0
            heapq.heappop(self.due)
            if self.next.get(serial) == at:
                self.with_unit(serial, Unit.advance)
        return LONGEST_NAP_S

    def tell_ms(self) -> int:
        """The time that others may write down: no later host of this fleet begins before it."""
        now = self.clock.now_ms()
        if now > self.promised_ms:
            self.promised_ms = now + int(SAVE_S * 1000) * self.clock.pace
            self._write_clock(self.promised_ms)
        return now

    def move(self, ms: int) -> int:
        """Move a demonstration's time on; gives when it will be. `live` goes there day by day.

        Raises `Refused` where time is nobody's to move, or not now.
        """
        if self.fleet.zero is None:
            words = "This fleet is no demonstration: its time is not moved."
            raise Refused("no-demonstration", words, "Wait.")
        if self.target_ms is not None:
            raise Refused("moving", "The time is being moved already.", "Wait until it is there.")
        if self.clock.talking:
            words = "Somebody talks with a pump: what is signed now would be too old then."
            raise Refused("talking", words, "Move the time when the conversation is over.")
        if not 0 < ms <= LONGEST_MS:
            words = "Time is moved on by up to a year, and never back."
            raise Refused("bad-length", words, "Say how far, as 3 day.")
        self.target_ms = self.clock.now_ms() + ms
        self.woken.set()
        return self.target_ms

    def _leap(self, target_ms: int) -> None:
        """One step of the way: on record as promised first, then lived by every pump."""
        step = min(LEAP_MS, target_ms - self.clock.now_ms())
        self.clock.leap(step)
        self.tell_ms()
        for serial in list(self.units):
            self.with_unit(serial, Unit.advance)
        if self.clock.now_ms() >= target_ms:
            self.target_ms = None

    def hear(self, serial: str, content: bytes) -> Heard | None:
        """What a pump answers to a frame; None where the pump is not living."""
        return self.with_unit(serial, lambda unit, now: unit.hear(content, now))

    def with_unit(self, serial: str, act: Callable[[Unit, int], T]) -> T | None:
        """Something with a pump now; None where it is not living, or dies of it."""
        unit = self.units.get(serial)
        if unit is None:
            return None
        found: T | None = None
        with self._contained(serial):
            found = act(unit, self.clock.now_ms())
            self._write_news(unit)
            bodies.keep(self.fleet.pump(serial), unit)
        if serial in self.units:
            self._plan(serial, self.clock.now_ms())
        return found

    def row(self, serial: str) -> dict[str, Any]:
        """A pump in short, without asking it anything."""
        unit = self.units.get(serial)
        if unit is None:
            return {"serial": serial, "failed": self.failed.get(serial, "unknown")}
        state, now = unit.state, self.clock.now_ms()
        run = state.tip.run if state.tip else None
        gone = run.volume_before(DeviceTime(now)) if run else 0
        return {
            "serial": serial,
            "version": state.version,
            "mode": state.programme.mode if state.programme else None,
            "reservoir_nl": state.flow.reservoir_nl - gone,
            "stopped": state.stopped_ms is not None,
            "alarms": list(wrong_now(state.alarms)),
        }

    @property
    def behind_ms(self) -> int:
        """By how much device time the most belated pump is behind the clock."""
        return max(0, self.clock.now_ms() - self.due[0][0]) if self.due else 0

    def _plan(self, serial: str, now: int) -> None:
        """When to look at a pump again."""
        grain = 0 if self.clock.pace == 1 else int(GRAIN_S * 1000) * self.clock.pace
        at = max(self.units[serial].next_ms(), now + grain)
        if self.next.get(serial) != at:
            self.next[serial] = at
            heapq.heappush(self.due, (at, serial))
            if self.due[0][1] == serial:
                self.woken.set()

    def _contained(self, serial: str) -> "_Contained":
        return _Contained(self, serial)

    def _write_news(self, unit: Unit) -> None:
        """The pump's new log entries, to its file; the log never stops a pump."""
        if not unit.news:
            return
        path = self.fleet.pump(unit.serial) / EVENTS
        lines = [
            json.dumps({"at_ms": n.at_ms, "wall_ms": n.wall_ms, "what": n.what, "why": n.why})
            for n in unit.news
        ]
        unit.news.clear()
        try:
            if path.exists() and path.stat().st_size > LOG_BYTES:
                path.replace(path.with_name(EVENTS_BEFORE))
            with path.open("a", encoding="utf-8") as file:
                file.write("\n".join(lines) + "\n")
        except OSError as problem:
            LOG.warning("%s: the log cannot be written: %s", unit.serial, problem)

    def _save_clock(self) -> None:
        self._write_clock(max(self.clock.now_ms(), self.promised_ms))

    def _write_clock(self, now_ms: int) -> None:
        path = self.fleet.folder / "clock.json"
        fresh = path.with_suffix(".new")
        try:
            fresh.write_text(json.dumps({"now_ms": now_ms}), "utf-8")
            fresh.replace(path)
        except OSError as problem:
            LOG.warning("the clock cannot be saved: %s", problem)


@dataclass(slots=True)
class _Contained:
    """What goes wrong in one pump ends that pump here, and nothing else."""

    host: Host
    serial: str

    def __enter__(self) -> None:
        return

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: object
    ) -> bool:
        if problem is None or not isinstance(problem, Exception):
            return False
        known = isinstance(problem, (JournalRefused, Unreadable, StorageError, NotDurable))
        why = str(problem) if known else f"{type(problem).__name__}: {problem}"
        LOG.error("%s is not hosted any more: %s", self.serial, why, exc_info=not known)
        self.host.units.pop(self.serial, None)
        self.host.failed[self.serial] = why
        return True


def _saved_ms(folder: Path) -> int:
    try:
        return int(json.loads((folder / "clock.json").read_bytes())["now_ms"])
    except (OSError, ValueError, KeyError, TypeError):
        return 0


def _earlier(folder: Path) -> Log:
    """The latest entries of a pump's log file; a line that is none is left out."""
    lines: list[str] = []
    for name in (EVENTS_BEFORE, EVENTS):
        with suppress(OSError):
            lines += (folder / name).read_text("utf-8", errors="replace").splitlines()
    found: list[Entry] = []
    for line in lines[-MOST_ENTRIES:]:
        with suppress(ValueError, KeyError, TypeError):
            row = json.loads(line)
            what, why = str(row["what"]), str(row["why"])
            found.append(Entry(int(row["at_ms"]), int(row["wall_ms"]), what, why))
    return Log(most=MOST_ENTRIES).add(tuple(found))


def _room_for_files(pumps: int) -> None:
    """Each pump keeps its journal's files open."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = pumps * FILES_PER_PUMP + 1024
    if hard != resource.RLIM_INFINITY and hard < wanted:
        problem = Problem("open files", f"{hard} at most", f"{wanted} for {pumps} pumps")
        raise Unusable("this computer", [problem])
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
