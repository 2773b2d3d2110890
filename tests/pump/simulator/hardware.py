"""What goes wrong with the pump itself: power, storage, rotor, catheter, memory.

Kept within what is claimed to be recoverable: one copy of the journal may be damaged, never both;
storage that fails altogether comes back.
"""

from collections.abc import Callable

from cisterna.pump.recovery import AREAS
from tests.pump.disk import Op
from tests.pump.simulator.store import well
from tests.pump.simulator.world import World

HOUR = 3_600_000


class Hardware:
    """The faults of one pump; each method is one fault and ends by itself."""

    def __init__(self, world: World) -> None:
        self.world, self.random = world, world.random

    def begin(self) -> None:
        """Faults come from now on."""
        options = self.world.options
        for mean, what in (
            (options.losses_ms, self.power),
            (options.storage_ms, self.storage),
            (options.device_ms, self.device),
        ):
            self.again(mean, what)

    def again(self, mean_ms: int, what: Callable[[], None]) -> None:
        """Let it happen again and again, at times that nobody can foresee."""

        def once() -> None:
            self.again(mean_ms, what)
            what()

        self.world.after(1 + int(self.random.expovariate(1 / mean_ms)), once)

    def power(self) -> None:
        """The power goes: now, at one of the next writes, several times running, or with damage."""
        kind = self.random.choice(
            ("power loss", "power loss at a write", "brown-outs", "a damaged copy")
        )
        if self.world.unit is None:
            return
        if kind == "power loss":
            self._gone(kind)
        elif kind == "a damaged copy":
            self._damage(kind)
        else:
            for turn in range(1 if kind == "power loss at a write" else self.random.randint(2, 6)):
                self.world.after(turn * self.random.randint(1, 6_000), lambda: self._armed(kind))

    def _gone(self, kind: str) -> None:
        self.world.fault(kind)
        self.world.tally.done["kill points between writes"] += 1
        self.world.dark()

    def _armed(self, kind: str) -> None:
        """One of the next writes is the last one, and ends somewhere in its bytes."""
        self.world.fault(kind)
        self.world.disk.power = self.random.randint(0, 11)
        self.world.disk.part = self.random.choice((0, 1, 7, 20, 60, 200, 1 << 20))

    def _damage(self, kind: str) -> None:
        """A flipped byte in one copy, found when the power returns. Both copies were whole."""
        world = self.world
        unit = world.unit
        if unit is None or world.disk.power is not None or world.disk.waiting:
            return
        if not world.disk.is_well or len(unit.keeper.journal.copies) < 2:
            return
        self._gone(kind)
        area = self.random.choice(AREAS)
        if self.random.random() < 0.5:  # where something is written, not in the blank rest
            world.damaged(area, self.random.randint(0, 2_000), 1 << self.random.randint(0, 7))
        else:
            world.damaged(area, self.random.randint(0, 1 << 20), self.random.randint(1, 255))

    def storage(self) -> None:
        """Writes or syncs fail, in one copy or in both, for a while or now and then."""
        kind = self.random.choice(
            ("one copy fails", "syncs fail", "disk full", "storage out", "writes fail now and then")
        )
        world = self.world
        copy, part = self.random.choice("ab"), self.random.choice((0, 3, 40, 1 << 20))
        chance, chosen = self.random.uniform(0.1, 0.9), self.random

        def fails(_: int, op: Op) -> int | None:
            hit = {
                "one copy fails": op.area[0] == copy,
                "syncs fail": op.data is None,
                "writes fail now and then": chosen.random() < chance,
            }.get(kind, True)
            if not hit:
                return None
            world.fault(f"{kind}: a write")
            return min(part, len(op.data or b""))

        world.fault(kind)
        world.disk.fails, world.disk.broken = fails, kind != "disk full"
        lasts = self.random.choice((1_000, 60_000, HOUR, 6 * HOUR))
        world.after(self.random.randint(1, lasts), self.mended)

    def mended(self) -> None:
        """The storage works again."""
        self.world.disk.fails, self.world.disk.broken = well, False

    def device(self) -> None:
        """The device notices something, and later that it is over."""
        alarm = self.random.choice(("stall", "occlusion", "memory", "flow", "occlusion", "stall"))
        self.world.fault(f"device: {alarm}")
        self.world.notices(alarm)
        later = self.random.randint(1, 12 * HOUR)
        self.world.after(later, lambda: self.world.notices(alarm, over=True))
