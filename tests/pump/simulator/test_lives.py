"""Lives of a pump from one seed each: twenty device-years with a hundred thousand faults.

The campaign (`make campaign`) goes on with other seeds; docs/evidence/pump-campaign.md says how
far it came.
"""

import os
import random
import subprocess
import sys

import pytest

from cisterna.pump.storage import StorageFull
from tests.pump.disk import Disk, Op
from tests.pump.oracle import DAY, heaviest
from tests.pump.simulator.run import ROOT, Life, simulate
from tests.pump.simulator.store import Store

DAYS, LIVES, GROUPS = 183, 5, 8
KINDS = {
    "frame lost", "frame twice", "frame late, behind others", "frame bent",
    "an old frame slipped in", "attack: an old frame again", "attack: an old frame bent",
    "attack: noise", "attack: in another's name", "power loss", "power loss at a write",
    "brown-outs", "a damaged copy", "syncs fail", "disk full", "storage out", "one copy fails",
    "writes fail now and then", "device: stall", "device: occlusion", "device: memory",
    "device: flow", "a wrong volume is measured", "peer's clock is wrong",
}  # fmt: skip


@pytest.mark.requirement(
    "SR-01", "SR-18", "SR-21", "SR-28", "SR-33", "SR-37", "SR-45", "SR-46", "SR-47", "SR-48",
    "SR-50", "SR-51", "SR-66", "ST-03", "ST-05", "ST-06", "ST-14",
)  # fmt: skip
@pytest.mark.parametrize("group", range(GROUPS))
def test_pumps_live_through_all_that_goes_wrong_and_break_no_promise(group: int):
    lives = [simulate(seed, DAYS) for seed in range(group * LIVES, (group + 1) * LIVES)]
    assert sum(life.options.days for life in lives) * GROUPS > 20 * 365
    assert sum(sum(life.tally.faults.values()) for life in lives) > 100_000 / GROUPS
    met = {what for life in lives for what in life.tally.faults}
    assert met >= KINDS, KINDS - met
    assert all(life.tally.done["therapies brought back"] for life in lives)
    assert _all(lives, "kill points at a write") > 50
    assert _all(lives, "kill points between writes") > 50
    assert _all(lives, "DoseAsked") > 30
    assert _all(lives, "Activated") > 10
    assert _all(lives, "ms of therapy") > 0.5 * LIVES * DAYS * DAY
    assert len({cell for life in lives for cell in life.tally.cells}) > 400


def _all(lives: list[Life], what: str) -> int:
    return sum(life.tally.done[what] for life in lives)


def test_a_seed_lives_the_same_life_to_the_byte_and_another_seed_another():
    first, again, other = simulate(7, 20), simulate(7, 20), simulate(8, 20)
    assert first.digest == again.digest
    assert first.tally.faults == again.tally.faults
    assert first.tally.done == again.tally.done
    assert first.digest != other.digest


def test_a_life_is_the_same_in_every_process_and_prints_its_options():
    command = [sys.executable, "-m", "tests.pump.simulator.run", "--seed", "9", "--days", "15"]
    said = [
        subprocess.run(
            command,
            env={**os.environ, "PYTHONHASHSEED": seed},
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    ]
    assert said[0] == said[1]
    assert "seed 9, days 15, stroke_nl" in said[0]
    assert "digest " in said[0]


@pytest.mark.parametrize("seed", range(5))
def test_the_disk_of_a_life_does_what_the_simulated_disk_does(seed: int):
    chosen = random.Random(seed)  # noqa: S311 - a seed repeats it
    disks = Disk(), Store()
    for _ in range(200):
        area, at, data = chosen.choice("ab"), chosen.randint(0, 60), chosen.randbytes(20)
        for disk in disks:
            disk.write(area, at, data)
        if chosen.random() < 0.4:
            for disk in disks:
                disk.sync(area)
        assert disks[0].read(area, 50) == disks[1].read(area, 50)
        assert disks[0].size(area) == disks[1].size(area)
        assert disks[0].kept == disks[1].images
        assert disks[0].waiting == disks[1].waiting


def test_a_disk_that_fails_keeps_what_it_kept():
    store = Store({"a0": b"old"})
    store.fails = lambda _, op: 1 if op.data else None
    with pytest.raises(StorageFull):
        store.write("a0", 0, b"new")
    assert store.images == {"a0": b"old"}
    assert store.read("a0", 9) == b"nld"
    assert store.waiting == [Op("a0", 0, b"n")]


@pytest.mark.parametrize("seed", range(20))
def test_the_heaviest_day_of_the_oracle_is_that_of_every_window(seed: int):
    chosen = random.Random(seed)  # noqa: S311 - a seed repeats it
    strokes = [(at, chosen.randint(1, 9)) for at in sorted(chosen.sample(range(4 * DAY), 60))]
    begun = chosen.randint(0, 4 * DAY)
    edges = [at for at, _ in strokes if at <= begun] + [begun]
    expected = max(sum(m for at, m in strokes if edge <= at < edge + DAY) for edge in edges)
    assert heaviest(strokes, begun) == expected
