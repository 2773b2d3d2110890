"""One life of one pump: everything follows from the seed.

    python -m tests.pump.simulator.run --seed 7 --days 365

It prints every option that the seed stands for, and what was found. The same seed gives the same
digest over every record, frame and byte of the journal.
"""

import argparse
import sys
from dataclasses import dataclass
from pathlib import Path

from cisterna.quantity import DAY_MS
from tests.pump.simulator.attacker import Attacker
from tests.pump.simulator.hardware import Hardware
from tests.pump.simulator.healing import Healing
from tests.pump.simulator.options import Options
from tests.pump.simulator.people import People
from tests.pump.simulator.tally import Tally
from tests.pump.simulator.wire import Wire
from tests.pump.simulator.world import World

ROOT = Path(__file__).parents[3]


class Violation(AssertionError):
    """A pump did what it must not; the seed and the time repeat it."""


@dataclass(frozen=True, slots=True)
class Life:
    """What a run came to."""

    options: Options
    tally: Tally
    digest: str

    def words(self) -> str:
        """The counts in a few lines."""
        t = self.tally
        lines = [f"{what}: {n:,}" for what, n in sorted((t.faults + t.done).items())]
        total = f"{sum(t.faults.values()):,} faults in {len(t.cells):,} cells"
        return "\n".join([self.options.words(), *lines, total, f"digest {self.digest}"])


def simulate(seed: int, days: int) -> Life:
    """A pump's life of so many days. Raises `Violation`."""
    options = Options.of(seed, days)
    world = World(options)
    try:
        _lives(world)
    except Exception as problem:
        place = f"seed {seed}, days {days}, at {world.now} ms"
        raise Violation(f"{place}: {problem!r}\n{options.words()}") from problem
    for _, image in sorted(world.disk.images.items()):
        world.tally.digests(image, world.now)
    return Life(options, world.tally, world.tally.sha.hexdigest())


def _lives(world: World) -> None:
    wire, hardware = Wire(world), Hardware(world)
    people, attacker = People(world, wire, hardware), Attacker(world, wire)
    healing = Healing(world, wire, hardware)
    end = world.options.days * DAY_MS
    while world.now < end:
        hardware.begin()
        people.begin()
        hardware.again(world.options.attacks_ms, attacker.begin)
        world.until(min(end, world.now + world.options.heals_ms))
        healing.demand()


def main(arguments: list[str] | None = None) -> int:
    """The command."""
    parser = argparse.ArgumentParser(description="One simulated life of a pump.")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--days", type=int, default=365)
    given = parser.parse_args(arguments)
    print(simulate(given.seed, given.days).words())
    return 0


if __name__ == "__main__":
    sys.exit(main())
