"""The long simulation of the pump: lives of half a year, one seed after the other.

    python -m tests.campaigns.pump --minutes 60

A campaign that was stopped goes on with the next seed, and its counts add up, as long as the code
is the same. A life that breaks anything ends the campaign with its seed, which repeats it. Beside
the simulated power losses, writers of a journal on real files are killed.
"""

import argparse
import json
import platform
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.campaigns.model import code
from tests.pump.journal_kills import kills
from tests.pump.simulator.run import Life, Violation, simulate
from tests.pump.simulator.sweep import cut, writes

ROOT = Path(__file__).parents[2]
EVIDENCE = ROOT / "docs" / "evidence" / "pump-campaign.md"
KEPT = ROOT / "build" / "campaign" / "pump.json"
SOURCES = ("cisterna.pump.", "cisterna.quantity", "tests.pump.")
FIRST, DAYS, KILLS = 100_000, 183, 3
SWEPT, PARTS = 10, (0, 9, 1 << 20)
SWEEP = "kill points, one at each write of a visit and a dose"
AT_WRITES, BETWEEN = "kill points at a write", "kill points between writes"
GOALS = {"device-years": 10_000, "faults": 10_000_000, "kill points": 20_000, "real kills": 1_000}


@dataclass
class State:
    """How far a campaign is."""

    seed: int = FIRST
    days: int = 0
    seconds: float = 0.0
    faults: Counter[str] = field(default_factory=Counter)
    done: Counter[str] = field(default_factory=Counter)
    cells: set[tuple[str, ...]] = field(default_factory=set)
    killed: int = 0
    reported: int = 0
    findings: list[str] = field(default_factory=list)

    @classmethod
    def load(cls, path: Path) -> "State":
        """The counts of this very code, or the beginning."""
        if not path.is_file():
            return cls()
        row = json.loads(path.read_text("utf-8"))
        if row.pop("code") != code(SOURCES):
            return cls()
        counts = {name: Counter(row.pop(name)) for name in ("faults", "done")}
        return cls(**row | counts | {"cells": {tuple(cell) for cell in row["cells"]}})

    def save(self, path: Path) -> None:
        """Keep the counts so that a stopped campaign goes on here."""
        path.parent.mkdir(parents=True, exist_ok=True)
        row = {**vars(self), "cells": sorted(self.cells), "code": code(SOURCES)}
        path.write_text(json.dumps(row) + "\n", "utf-8")

    def add(self, life: Life) -> None:
        """One more life."""
        self.days += life.options.days
        self.faults += life.tally.faults
        self.done += life.tally.done
        self.cells |= life.tally.cells

    def reached(self) -> dict[str, int]:
        """What stands beside the goals."""
        points = self.done[AT_WRITES] + self.done[BETWEEN] + self.done[SWEEP] + self.killed
        total = sum(self.faults.values())
        reached = (self.days // 365, total, points, self.killed)
        return dict(zip(GOALS, reached, strict=True))

    def line(self) -> str:
        """The progress on one line."""
        reached = ", ".join(f"{n:,} {what}" for what, n in self.reached().items())
        return (
            f"seed {self.seed}: {reached}, {len(self.cells):,} cells, {self.seconds / 60:.1f} min"
        )


def campaign(state: State, minutes: float, kept: Path, say: Callable[[str], None] = print) -> bool:
    """Live lives until the time is up; False at a finding."""
    start, before = time.monotonic(), state.seconds
    while time.monotonic() - start < minutes * 60:
        try:
            state.add(simulate(state.seed, DAYS))
            _kill(state)
            if state.seed % SWEPT == 0:
                _sweep(state)
        except (Violation, AssertionError) as problem:
            state.findings.append(str(problem))
            say(str(problem))
        state.seed += 1
        state.seconds = before + time.monotonic() - start
        state.save(kept)
        if state.findings:
            return False
        if state.seed % 10 == 0:
            say(state.line())
    return True


def _kill(state: State) -> None:
    with tempfile.TemporaryDirectory() as folder:
        state.reported += kills(Path(folder) / "pump", state.seed, KILLS)
    state.killed += KILLS


def _sweep(state: State) -> None:
    """The power goes at every write of a visit and a dose."""
    for n in range(writes(state.seed)):
        cut(state.seed, n, PARTS[n % len(PARTS)], heals=n % 10 == 0)
        state.done[SWEEP] += 1


def page(state: State) -> str:
    """The counts as a page."""
    reached, last = state.reached(), state.seed - 1
    goals = [f"| {what} | {reached[what]:,} | {goal:,} |" for what, goal in GOALS.items()]
    faults = [f"| {what} | {n:,} |" for what, n in sorted(state.faults.items())]
    done = [f"| {what} | {n:,} |" for what, n in sorted(state.done.items()) if what in SHOWN]
    kinds = len({cell[:-1] for cell in state.cells})
    return "\n".join(
        [
            "# The pump under simulation",
            "",
            "Written by the campaign that this command repeats, for as long as you let it:",
            "",
            "```sh",
            "python -m tests.campaigns.pump --minutes 60",
            "```",
            "",
            f"Seeds {FIRST:,} to {last:,}, each a life of {DAYS} days; "
            f"{state.seconds / 60:.0f} min on Python {platform.python_version()} in one process, "
            "on a machine that did other work at the same time.",
            "",
            *(findings(state) or ["Nothing broke."]),
            "",
            "| | reached | aimed at |",
            "|---|---:|---:|",
            *goals,
            "",
            f"{len(state.cells):,} cells of (state of the pump × fault) were met: "
            f"{len(state.faults)} kinds of fault in {kinds:,} kinds of state "
            "(mode, session, what flows once, stopped or not, effect of the alarms, bridge, "
            "unknown dose).",
            "",
            f"In {state.done['ms of therapy'] / (state.days * 864e5 or 1):.0%} of the time the "
            "programme ran; in the rest the pump was stopped, held, or at its floor.",
            "",
            "| fault | times |",
            "|---|---:|",
            *faults,
            "",
            "| what happened | times |",
            "|---|---:|",
            *done,
            f"| writers on real files killed with SIGKILL | {state.killed:,} |",
            f"| records that they had reported, all kept | {state.reported:,} |",
            "",
            TEXT,
        ]
    )


def findings(state: State) -> list[str]:
    """What broke, to be repeated by its seed."""
    return [f"```\n{problem}\n```\n" for problem in state.findings]


SHOWN = (
    "Activated", "BolusOrdered", "BolusOrdered refused", "DoseAsked", "DoseAsked refused",
    "Primed", "Reconciled", "Refilled", "SessionOpened", "Stopped", "frames heard", "restarts",
    AT_WRITES, BETWEEN, SWEEP, "an entry stands that was cut", "a refused entry stands",
    "strokes counted that the motor did not make", "therapies brought back",
)  # fmt: skip

TEXT = """## What is simulated

One seed gives everything: `python -m tests.pump.simulator.run --seed 100000 --days 183` prints
its options, its counts and a digest over every record, frame and byte of the journal; the same
seed gives the same digest.
One scheduler owns time, chance, storage, power and network; no clock is read.
The unit under it is the production unit: controller, guard, journal, link, with real frames and
Ed25519 signatures.
Two programmers with their own keys hold sessions, take over, give up, walk away and err; a remote
asks too often; emergency readers come; an attacker replays, bends, cuts and forges.
The network loses, doubles, delays, reorders and bends frames.
The disk fails in one copy or both, fills up, tears and loses what was not synced; a byte flips in
one copy; the power goes at any time, in any write, and several times running.
The rotor stalls, the catheter occludes, the memory and the flow are in doubt, clocks are set and
are wrong, and measured volumes are wrong.

## What is checked at every event

A witness at the motor counts strokes where they are made, and an oracle
(`tests/pump/oracle.py`) that shares no code with controller and guard adds up what is ordered:
flow, rolling limits, lockout and count, what is unknown, conservation to the nanolitre.
After each power loss the journal gives what was confirmed, or that and the one entry whose write
was cut, and at most one stroke more is counted than was made.
Every effect needs the command of a person who may ask for it: authentic, in time, on the running
version, in her own session, once.
A frame that nobody signed changes nothing.
After each stretch the faults end; one programmer must then bring the therapy back, the motor must
make for two days what the steps of the programme ask for, and the patient must get her dose.

## What is not

- Both copies of the journal are never damaged at once, and one that runs alone is not damaged:
  the journal claims no more. What it does then is tested elsewhere.
- Where storage forbids a stroke's mark, the motor does not make the stroke and the books count
  it, as an unknown one. The oracle takes that as it is.
- Connections, pairing and the host's sockets are tested elsewhere.
"""


def main(arguments: Sequence[str] | None = None, kept: Path = KEPT, to: Path = EVIDENCE) -> int:
    """The command."""
    parser = argparse.ArgumentParser(description="Simulated lives of the pump.")
    parser.add_argument("--minutes", type=float, default=10, help="stop after so many minutes")
    given = parser.parse_args(arguments)
    state = State.load(kept)
    whole = campaign(state, given.minutes, kept)
    to.write_text(page(state), "utf-8")
    print(f"{state.line()}\nThe figures are in {to}.")
    return 0 if whole else 1


if __name__ == "__main__":
    sys.exit(main())
