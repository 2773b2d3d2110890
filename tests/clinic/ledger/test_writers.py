"""Several processes write one record, and some are killed: one chain, and nothing told is lost."""

import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from cisterna.clinic.ledger.record import Record
from cisterna.clinic.verify import verify
from tests.clinic.ledger.judged import whole
from tests.clinic.ledger.writer import PER_ACT

ACTS = 40
KILLS = 10
LONGEST_S = 0.15


def writer(place: str, name: str, count: int) -> "subprocess.Popen[str]":
    words = [sys.executable, "-m", "tests.clinic.ledger.writer", place, name, str(count)]
    pipe = subprocess.PIPE
    return subprocess.Popen(words, stdin=pipe, stdout=pipe, text=True)


def begin(process: "subprocess.Popen[str]") -> None:
    assert process.stdout is not None
    assert process.stdin is not None
    assert process.stdout.readline() == "ready\n"
    process.stdin.write("\n")
    process.stdin.flush()


def told(process: "subprocess.Popen[str]") -> list[list[str]]:
    assert process.stdout is not None
    with process:
        lines = process.stdout.read().splitlines(keepends=True)
    return [line.split() for line in lines if line.endswith("\n")]


def test_two_processes_that_write_at_once_make_one_chain(record, place):
    both = [writer(place, name, ACTS) for name in ("a", "b")]
    for process in both:
        begin(process)
    acts = [act for process in both for act in told(process)]
    ids = [entry.event.id for entry in record.entries()]
    assert len(acts) == 2 * ACTS
    assert sorted(ids) == sorted(name for act in acts for name in act)
    assert all(ids.index(act[1]) == ids.index(act[0]) + 1 for act in acts)
    assert whole(record)


def test_two_processes_that_write_the_same_write_it_once(record, place):
    both = [writer(place, "same", ACTS) for _ in range(2)]
    for process in both:
        begin(process)
    first, second = (told(process) for process in both)
    assert first == second
    assert record.head().seq == ACTS * PER_ACT
    assert whole(record)


@pytest.mark.timeout(300)
def test_a_killed_writer_leaves_a_whole_record_with_all_that_it_told(record, place, engine):
    chosen = random.Random(16)  # noqa: S311 - a seed repeats it
    kept: list[str] = []
    for kill in range(KILLS):
        process = writer(place, f"k{kill}", 10_000)
        begin(process)
        time.sleep(chosen.random() * LONGEST_S)
        process.send_signal(signal.SIGKILL)
        kept += [name for act in told(process) for name in act]
        assert process.returncode == -signal.SIGKILL, "it was done before it was killed"
        ids = [entry.event.id for entry in record.entries()]
        assert set(kept) <= set(ids), f"kill {kill}: told and lost"
        assert len(ids) % PER_ACT == 0, f"kill {kill}: half an act"
        assert whole(record), f"kill {kill}"
        assert Record.open(record.database) == record
        assert engine == "postgresql" or verify(Path(place)).ok
    assert kept
