"""One pump and its world under one scheduler: time, power, disk, frames, and who waits for what.

Nothing here reads a clock or a random number of its own: time is the heap's, chance is the seed's.
The power can go at any time and in the middle of any write; then only what was synced is left,
and of the rest any part.
"""

import heapq
import random
from collections.abc import Callable, Generator
from typing import Any

from cisterna.pump import beside
from cisterna.pump import events as e
from cisterna.pump.controller import new_pump
from cisterna.pump.keeper import Keeper, recall
from cisterna.pump.link import frame as f
from cisterna.pump.link.keys import Key, added, provision
from cisterna.pump.link.state import Link
from cisterna.pump.programme import Device, Slug
from cisterna.pump.state import State
from cisterna.pump.unit import Heard, Unit
from cisterna.quantity import DAY_MS
from tests.pump.disk import TORN, PowerCut, applied, torn
from tests.pump.link.people import ADA, BEN, CLEO, PATIENT, PUMP, PUMP_PUBLIC, PUMP_SECRET
from tests.pump.oracle import Oracle
from tests.pump.simulator.options import Options
from tests.pump.simulator.store import Store
from tests.pump.simulator.tally import Tally
from tests.pump.simulator.warrants import Warrants
from tests.pump.simulator.witness import Watched, Witness, live

FULL, STRENGTH, LINE = 20_000_000, 10_000_000, 300_000
CAPACITY = 131_072
REJECTED = f.framed(f.Rejected())
Talk = Generator[Any, Any, Any]


class World:
    """A pump that is switched on; `unit` is None while it has no power."""

    def __init__(self, options: Options) -> None:
        self.options = options
        self.random = random.Random(options.seed ^ 0x5EED)  # noqa: S311 - a seed repeats it
        self.tally = Tally()
        self.now = 0
        self.heap: list[tuple[int, int, Callable[[], None]]] = []
        self.number = 0
        self.healed = False
        self.disk = Store()
        self.unit: Unit | None = None
        self._begins()

    def _begins(self) -> None:
        ring = provision(PUMP, PUMP_PUBLIC, (ADA.public, BEN.public, CLEO.public))
        ring = added(ring, Key(PATIENT.key, PATIENT.role, PATIENT.public, None))
        device = Device(
            PUMP, self.options.stroke_nl, 1_000_000, FULL, 2 * DAY_MS, 2555 * DAY_MS, 90 * DAY_MS
        )
        state = new_pump(device, 0, 0, FULL, STRENGTH, (Slug(LINE, STRENGTH),))
        link = Link(ring)
        keeper = Keeper.new(self.disk, state, beside.side_bytes(link, beside.Beside()), CAPACITY)
        self.witness = Witness(Oracle.of(state), Warrants(), self.tally, live(keeper))
        self.last = state
        self.unit = Unit(Watched.beside(self.witness, keeper), link, PUMP_SECRET.sign)

    @property
    def state(self) -> State:
        """The controller's state, or the last one before the power went."""
        if self.unit:
            self.last = self.unit.state
        return self.last

    # Time ----------------------------------------------------------------------------------------

    def after(self, ms: int, what: Callable[[], None]) -> None:
        """Let something happen so much later."""
        self.number += 1
        heapq.heappush(self.heap, (self.now + max(0, ms), self.number, what))

    def until(self, end_ms: int) -> None:
        """Let everything happen that is due before a time."""
        while self.heap and self.heap[0][0] <= end_ms:
            at, _, what = heapq.heappop(self.heap)
            self.guarded(lambda at=at: self._lives(at))  # type: ignore[misc]
            self.guarded(what)
        self.guarded(lambda: self._lives(end_ms))

    def forget(self) -> None:
        """Nothing that was under way comes any more."""
        self.heap.clear()

    def _lives(self, at_ms: int) -> None:
        """Time passes: where writes fail, or one is to be the last, stroke by stroke."""
        while self.unit and (self.disk.power is not None or not self.disk.is_well):
            due = self.unit.next_ms()
            if due > at_ms:
                break
            self.now = max(self.now, self.unit.advance(due))
        if self.unit:
            self.now = max(self.now, self.unit.advance(max(self.now, at_ms)))
            self.disk.trace.clear()
        self.now = max(self.now, at_ms)

    # Power ---------------------------------------------------------------------------------------

    def guarded(self, what: Callable[[], None]) -> None:
        """Do it; the power may go meanwhile."""
        try:
            what()
        except PowerCut:
            self.tally.done["kill points at a write"] += 1
            self.dark()

    def dark(self) -> None:
        """The power is gone: what the disk kept, and any part of the rest."""
        state, ways = self.state, self._ways()
        self.unit = None
        old, self.disk = self.disk, Store(self._left(ways))
        self.disk.fails, self.disk.broken = old.fails, old.broken
        self.last = state
        short = self.healed or self.random.random() < 0.9
        self.after(self.random.randint(1, 5_000 if short else 3_600_000), self.light)

    def _ways(self) -> tuple[str, ...]:
        """How a write may tear; harm to what was there before is recovered from two copies only."""
        two = self.unit is not None and len(self.unit.keeper.journal.copies) == 2
        return TORN if two else tuple(way for way in TORN if way != "blast")

    def _left(self, ways: tuple[str, ...]) -> dict[str, bytes]:
        chosen, images = self.random, self.disk.images
        for op in self.disk.waiting:
            data = op.data or b""
            fate = chosen.random()
            if fate < 0.4:
                images = applied(images, [op])
            elif fate < 0.7 and data:
                images = torn(images, op, chosen.randint(0, len(data)), chosen.choice(ways))
        return images

    def light(self) -> None:
        """The power returns: the journal is read, and what it gives is what was confirmed."""
        recalled = recall(self.disk, PUMP)
        self.witness.recalls(recalled.keeper)
        recalled.keeper = Watched.beside(self.witness, recalled.keeper)
        self.now = max(self.now, recalled.keeper.marked_ms)
        self.unit = Unit.resumed(recalled, PUMP_SECRET.sign, self.now)
        self.tally.done["restarts"] += 1

    # Frames --------------------------------------------------------------------------------------

    def hear(self, content: bytes) -> Heard | None:
        """A frame reaches the pump; None from a pump without power."""
        if self.unit is None:
            return None
        self.now = max(self.now, self.unit.advance(self.now))
        before, genuine = self.unit.state, content in self.witness.warrants.orders
        self.witness.warrants.hearing = content
        self.tally.digests(content, self.now)
        try:
            heard = self.unit.hear(content, self.now)
        finally:
            self.witness.warrants.hearing = None
        self.now = max(self.now, self.unit.keeper.marked_ms)
        self.tally.digests(heard.frame, self.now)
        self.tally.done["frames heard"] += 1
        if not genuine and heard.frame == REJECTED:
            assert self.unit.state is before, "a frame that nobody signed changed the pump"
        return heard

    def notices(self, alarm: str, over: bool = False) -> None:
        """The device notices that something begins or is over."""
        if self.unit is None:
            return
        self.now = max(self.now, self.unit.advance(self.now))
        self.witness.warrants.device = True
        try:
            self.unit.do(e.Noticed(self.now, alarm, over))
        finally:
            self.witness.warrants.device = False

    def fault(self, what: str) -> None:
        """Something goes wrong."""
        self.tally.fault(what, self.state)

    def damaged(self, area: str, at: int, mask: int) -> None:
        """A byte of an area is not what was written."""
        image = self.disk.areas[area]
        image[at % len(image)] ^= mask
