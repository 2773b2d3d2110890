"""The power goes at every write of a first visit and a dose: one short life for each write."""

from dataclasses import replace

from cisterna.quantity import HOUR_MS
from tests.pump.link.people import ADA, PATIENT
from tests.pump.simulator.hardware import Hardware
from tests.pump.simulator.healing import Healing
from tests.pump.simulator.options import Options
from tests.pump.simulator.people import Programmer, Remote
from tests.pump.simulator.run import Violation
from tests.pump.simulator.wire import Wire
from tests.pump.simulator.world import World

NEVER = 1 << 40


def writes(seed: int) -> int:
    """How many writes and syncs the short life has where nothing goes wrong."""
    return NEVER - (_lived(seed, NEVER, 0).disk.power or 0)


def cut(seed: int, operation: int, part: int, heals: bool = False) -> World:
    """The same life, with the power gone in this write or sync, after `part` of its bytes.

    With `heals` the therapy must come back. Raises `Violation`.
    """
    try:
        world = _lived(seed, operation, part)
        world.until(6 * HOUR_MS)
        assert world.tally.done["restarts"] == 1, "the power went, and came back once"
        if heals:
            Healing(world, Wire(world), Hardware(world)).demand()
    except Exception as problem:
        raise Violation(f"seed {seed}, cut in operation {operation}: {problem!r}") from problem
    return world


def _lived(seed: int, operation: int, part: int) -> World:
    calm = {"drop": 0, "twice": 0, "late": 0, "bent": 0, "skew_ms": 0}
    world = World(replace(Options.of(seed, 1), **calm))
    wire = Wire(world)
    world.disk.power, world.disk.part = operation, part
    world.after(HOUR_MS, lambda: wire.begin(Programmer(world, ADA).visit()))
    world.after(2 * HOUR_MS, lambda: wire.begin(Remote(world, PATIENT).presses()))
    world.until(4 * HOUR_MS)
    return world
