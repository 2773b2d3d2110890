"""The long verification of the reader: does it read or refuse, whatever it is given?

    python -m tests.campaigns.run --minutes 10 --inputs 100000

Every input is read; what reads is checked and programmed too. Anything but a reading or a
refusal, and anything that takes longer than a person waits, ends the campaign with that input
saved. A campaign that was stopped goes on where it was; a finished one starts anew with the next
seed, and its figures stand in docs/evidence/reader-fuzz.md.
"""

import argparse
import json
import platform
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from cisterna.facts import Library
from cisterna.order.checks import check
from cisterna.order.form import Unusable
from cisterna.order.program import program
from cisterna.order.reading import read_prescription
from tests.campaigns.inputs import make

ROOT = Path(__file__).parents[2]
EVIDENCE = ROOT / "docs" / "evidence" / "reader-fuzz.md"
FOLDER = ROOT / "build" / "campaign"
LONGEST_S = 10.0
PROGRESS_EVERY = 1000


@dataclass
class State:
    """How far a campaign is."""

    seed: int = 1
    done: int = 0
    seconds: float = 0.0
    slowest_s: float = 0.0
    made: Counter[str] = field(default_factory=Counter)
    read: Counter[str] = field(default_factory=Counter)
    blocked: int = 0
    problems: int = 0

    @classmethod
    def load(cls, path: Path) -> "State":
        """The state that was saved, or the beginning."""
        if not path.is_file():
            return cls()
        row = json.loads(path.read_text("utf-8"))
        return cls(**{**row, "made": Counter(row["made"]), "read": Counter(row["read"])})

    def save(self, path: Path) -> None:
        """Keep the state so that a stopped campaign goes on here."""
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(vars(self), indent=1) + "\n", "utf-8")

    def line(self) -> str:
        """The progress on one line."""
        read = sum(self.read.values())
        return (
            f"seed {self.seed}: {self.done:,} inputs, {read:,} read and checked "
            f"({self.blocked:,} blocked), {self.done - read:,} refused, "
            f"slowest {self.slowest_s:.2f} s, {self.seconds / 60:.1f} min"
        )


class TooSlow(Exception):
    """An input that took longer than a person waits."""


def attempt(path: Path, library: Library, kind: str, state: State) -> None:
    """Read one file; check and programme it if it reads. Raises what nobody expects."""
    start = time.process_time()
    try:
        rx = read_prescription(path, library)
    except Unusable as unusable:
        state.problems += len(unusable.problems)
    else:
        state.read[kind] += 1
        state.blocked += not check(rx, library).ok
        program(rx, library)
    took = time.process_time() - start
    state.slowest_s = max(state.slowest_s, took)
    if took > LONGEST_S:
        raise TooSlow(f"{took:.1f} s")


def campaign(
    state: State, minutes: float, inputs: int, folder: Path, say: Callable[[str], None] = print
) -> Path | None:
    """Run until time or count is up; the path of an input that broke the reader, if any."""
    library, start, before = Library(), time.monotonic(), state.seconds
    with tempfile.TemporaryDirectory() as temporary:
        path = Path(temporary) / "order.toml"
        while state.done < inputs and time.monotonic() - start < minutes * 60:
            kind, content = make(state.seed, state.done)
            path.write_bytes(content)
            try:
                attempt(path, library, kind, state)
            except Exception:  # whatever it is, it is the find
                return _saved(folder, state, content)
            state.made[kind] += 1
            state.done += 1
            state.seconds = before + time.monotonic() - start
            if state.done % PROGRESS_EVERY == 0:
                say(state.line())
                state.save(folder / "reader.json")
    return None


def _saved(folder: Path, state: State, content: bytes) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"broke-the-reader-{state.seed}-{state.done}.toml"
    path.write_bytes(content)
    path.with_suffix(".txt").write_text(traceback.format_exc(), "utf-8")
    return path


def page(state: State) -> str:
    """The figures of a finished campaign as a page."""
    rows = [
        f"| {kind} | {count:,} | {state.read[kind]:,} | {count - state.read[kind]:,} |"
        for kind, count in sorted(state.made.items())
    ]
    read = sum(state.read.values())
    return "\n".join(
        [
            "# Reader under fuzz",
            "",
            "Written by the campaign that this command repeats:",
            "",
            "```sh",
            f"python -m tests.campaigns.run --minutes 60 --inputs {state.done} --seed {state.seed}",
            "```",
            "",
            f"Every one of {state.done:,} inputs was read or refused with its problems; none ended "
            "in another error, in a traceback, or in a wait of more than "
            f"{LONGEST_S:.0f} s. What was read was also checked and programmed.",
            "",
            "| input | made | read | refused |",
            "|---|---:|---:|---:|",
            *rows,
            f"| all | {state.done:,} | {read:,} | {state.done - read:,} |",
            "",
            f"- Orders that the checks blocked: {state.blocked:,} of the {read:,} that were read.",
            f"- Problems named in the refusals: {state.problems:,}.",
            f"- Slowest input: {state.slowest_s:.2f} s; all of them: {state.seconds / 60:.1f} min "
            f"on Python {platform.python_version()}.",
            "",
        ]
    )


def main(arguments: Sequence[str] | None = None, folder: Path = FOLDER, to: Path = EVIDENCE) -> int:
    """The command."""
    parser = argparse.ArgumentParser(description="Fuzz the reader of prescriptions.")
    parser.add_argument("--minutes", type=float, default=10, help="stop after so many minutes")
    parser.add_argument("--inputs", type=int, default=100_000, help="finish after so many inputs")
    parser.add_argument("--seed", type=int, help="begin this seed instead of going on")
    given = parser.parse_args(arguments)
    state = State.load(folder / "reader.json") if given.seed is None else State(seed=given.seed)
    broken = campaign(state, given.minutes, given.inputs, folder)
    print(state.line())
    if broken:
        print(f"{broken} is neither read nor refused:", file=sys.stderr)
        print(broken.with_suffix(".txt").read_text("utf-8"), file=sys.stderr)
        return 1
    if state.done >= given.inputs:
        to.write_text(page(state), "utf-8")
        print(f"Finished; the figures are in {to}.")
        state = State(seed=state.seed + 1)
    state.save(folder / "reader.json")
    return 0


if __name__ == "__main__":
    sys.exit(main())
