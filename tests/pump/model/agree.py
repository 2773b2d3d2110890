"""The unit beside the model's plant: the same frames, times and power losses, at random.

The unit is the production host of one pump, with its journal on a simulated disk, and lives in
absolute time; the plant is what the checker steps. After every move both must be the same pump
and the same link, in the one canonical form.

One thing is told to the unit that it would not do of its own: after a pause the time is on record.
Without it a power loss would find the time of the last stroke or event there, and what a rate had
asked for since, less than a stroke, would not be owed. The checker has that too, where power is
lost while time passes.
"""

import re
from dataclasses import replace
from random import Random

from cisterna.pump import controller
from cisterna.pump import events as e
from cisterna.pump.keeper import recall
from cisterna.pump.link.frame import body
from cisterna.pump.state import State
from cisterna.pump.unit import Unit
from cisterna.quantity import DAY_MS
from tests.pump.disk import Disk
from tests.pump.model import bench, canon
from tests.pump.model.canon import NOW
from tests.pump.model.world import At, Bounds, World

CAPACITY = 1 << 17
WAITS = (bench.SHORT_MS + 7, 31_013, 70_001, bench.QUARTER_MS + 977)


class Pair:
    """A world that takes one way, and the unit that lives through the same."""

    def __init__(self, bounds: Bounds) -> None:
        self.world = World(bounds)
        self.at: At = self.world.begin()
        self.now = NOW
        self.disk = Disk()
        pump, link = self.world.body.pump(self.at.pump), bench.new_link()
        self.unit = Unit.new(self.disk, pump, link.ring, bench.signer("pump"), CAPACITY)
        self.frames: dict[tuple[int, int], bytes] = {}

    def move(self, chance: Random) -> str:
        """Take one move of the world, and the same with the unit; what it was."""
        what = chance.choice(self._moves())
        kind, n, k = what
        if kind == "send":
            who, script = self.world.bounds.scripts[n]
            self.at = self.world._send(self.at, n, who, script[k])()
            counter, base, _ = self.at.sent[n][k]
            self.frames[n, k] = body(bench.said(who, k, script[k], counter, base, self.now))
        elif kind == "deliver":
            self.at = self.world._deliver(self.at, n, k, 0)()
            self.unit.hear(self.frames[n, k], self.now)
        elif kind == "wait":
            ms = chance.choice(WAITS)
            self.at = self.world._pass(self.at, ms, short=False)
            self.now += ms
            self.unit.do(e.TimePasses(self.unit.advance(self.now)))
        else:
            pump, link = self.world._restarted(self.at.pump, self.at.link, 1)
            self.at = self.at._replace(pump=pump, link=link)
            disk = Disk(dict(self.disk.kept))
            recalled = recall(disk, bench.SERIAL)
            self.disk, self.unit = disk, Unit.resumed(recalled, bench.signer("pump"), self.now)
        return str(what)

    def _moves(self) -> list[tuple[str, int, int]]:
        found = [("wait", 0, 0), ("loss", 0, 0)]
        for n, (_, script) in enumerate(self.world.bounds.scripts):
            sent = len(self.at.sent[n])
            found += [("deliver", n, k) for k in range(sent)] * 2
            found += [("send", n, sent)] * 3 if sent < len(script) else []
        return found

    def agree(self) -> None:
        """Both are the same."""
        model, ends = self.world.body, self.world.ends
        state, _ = controller.step(self.unit.state, e.TimePasses(self.now))
        assert _plain(canon.pump(state, model.past)) == _plain(model.pump(self.at.pump))
        assert canon.link(self.unit.link, NOW - self.now) == ends.link(self.at.link)


def _plain(pump: State) -> tuple[str, list[tuple[int, int]]]:
    """Without what may differ: the number of a dose, and how its strokes were cut into runs."""
    strokes = [
        (at, mass)
        for tip in pump.guard.history
        for at, mass in zip(tip.run.times(), canon.masses(tip), strict=True)
        if at > NOW - DAY_MS
    ]
    bare = replace(pump, guard=replace(pump.guard, history=()))
    return re.sub(r"number=\d+", "number=_", repr(bare)), strokes
