"""Real kills of a process that writes a journal: for the tests and for campaigns.

python -m tests.pump.journal_kills FOLDER --seed 1 --kills 1000
"""

import argparse
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

from cisterna.pump.files import FileStorage
from cisterna.pump.journal import Journal, Recovered
from tests.pump import journal_child
from tests.pump.journal_child import SERIAL

LONGEST_S = 0.08


def kills(folder: Path, seed: int, number: int) -> int:
    """Kill `number` writers with SIGKILL; how many records they reported, all of them kept.

    Raises `AssertionError` with the seed and the number of the kill.
    """
    chosen = random.Random(seed)  # noqa: S311 - a seed repeats it
    reported = 0
    for kill in range(number):
        lines = _killed(folder, chosen.random() * LONGEST_S)
        reported += len(lines)
        with FileStorage(folder) as storage:
            _, found = Journal.open(storage, SERIAL)
        _holds(found, lines, f"seed {seed}, kill {kill}")
    return reported


def _killed(folder: Path, after_s: float) -> list[str]:
    """The records that a writer reported until it was killed, some time after its first one."""
    command = [sys.executable, journal_child.__file__, str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        first = child.stdout.readline()
        time.sleep(after_s)
        child.send_signal(signal.SIGKILL)
        lines = [first, *child.stdout.read().splitlines(keepends=True)]
    return [line.strip() for line in lines if line.endswith("\n")]


def _holds(found: Recovered, lines: list[str], label: str) -> None:
    numbers = [int(found.snapshot), *map(int, found.entries)]
    assert not found.lost, label
    assert numbers == list(range(numbers[0], numbers[-1] + 1)), label
    last = int(lines[-1].split()[1])
    assert last <= numbers[-1] <= last + 1, f"{label}: {last} was reported, {numbers[-1]} found"
    states = [int(line.split()[1]) for line in lines if line.startswith("s")]
    assert not states or numbers[0] in (states[-1], last + 1), label


def main(argv: list[str]) -> None:
    """Kill so many and say how many records were reported and kept."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--kills", type=int, default=1000)
    asked = parser.parse_args(argv)
    reported = kills(asked.folder, asked.seed, asked.kills)
    print(f"seed {asked.seed}: {asked.kills} kills, {reported} reported records, all kept")


if __name__ == "__main__":
    main(sys.argv[1:])
