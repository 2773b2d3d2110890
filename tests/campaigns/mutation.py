"""Mutants of guard, limits, record and link: does a test fail when the code is another?

    python -m tests.campaigns.mutation --minutes 60 --module guard

Each part is copied to a folder of its own below build/mutation, and mutmut changes the copy: one
small change at a time, and the tests of that part run. What was tried stays there, so a campaign
that was stopped goes on where it was, and a function that has changed is tried again. The figures
and the survivors stand in docs/evidence/mutation.md; the survivors of the guard are explained in
tests/campaigns/survivors.toml.
"""

import argparse
import json
import platform
import re
import shutil
import subprocess
import sys
import time
import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parents[2]
EVIDENCE = ROOT / "docs" / "evidence" / "mutation.md"
EXPLAINED = ROOT / "tests" / "campaigns" / "survivors.toml"
WORK = ROOT / "build" / "mutation"
COPIED = ("src", "tests", "examples", "docs", "safety", "requirements")
PUMP = "src/cisterna/pump"
ENDS = {0: "survived", 1: "killed", 3: "killed", 5: "untested", 33: "untested"}
TIMEOUTS = {36, 24, -24, 152, 255}
SLOW = (
    "tests/pump/link/test_frame.py::test_bent_frames_raise_nothing_and_move_nothing",
    "tests/pump/link/test_frame.py::test_any_bytes_raise_nothing_and_move_nothing",
)


@dataclass(frozen=True)
class Part:
    """Files to change, below the pump's room, and the quick tests that hold them."""

    files: tuple[str, ...]
    tests: tuple[str, ...]


PARTS: Mapping[str, Part] = {
    "guard": Part(
        ("guard.py",),
        ("test_guard.py", "test_guard_edges.py", "test_guard_flow.py", "test_doses.py"),
    ),
    "doses": Part(("doses.py",), ("test_doses.py", "test_controller.py", "test_session.py")),
    "session": Part(
        ("session.py",),
        ("test_session.py", "test_controller.py", "test_alarms.py", "test_keeper.py"),
    ),
    "keeper": Part(("keeper.py",), ("test_keeper.py", "test_self_test.py", "test_unit.py")),
    "journal": Part(("journal.py", "records.py", "recovery.py"), ("test_journal.py",)),
    "link": Part(("link/*",), ("link",)),
}


@dataclass
class Tally:
    """What became of the mutants of one file."""

    ends: Counter[str] = field(default_factory=Counter)
    survivors: list[str] = field(default_factory=list)

    @property
    def tried(self) -> int:
        """Mutants that were tried."""
        return sum(n for end, n in self.ends.items() if end != "left")

    @property
    def rate(self) -> str:
        """The share of those tried that a test (or its time) noticed."""
        caught = self.ends["killed"] + self.ends["timeout"]
        return f"{100 * caught / self.tried:.1f} %" if self.tried else "–"


def prepared(name: str, part: Part) -> Path:
    """The folder of a part, with the code, the data and the tests of today."""
    folder = WORK / name
    if (folder / "mutants").is_dir():  # mutmut brings only changed modules up to date
        data = shutil.ignore_patterns("__pycache__", "*.py", "*.meta")
        shutil.copytree(ROOT / "src", folder / "mutants" / "src", dirs_exist_ok=True, ignore=data)
    for room in COPIED:
        shutil.copytree(
            ROOT / room,
            folder / room,
            dirs_exist_ok=True,
            ignore=shutil.ignore_patterns("__pycache__"),
        )
    files = [f"{PUMP}/{file}" for file in part.files]
    tests = [f"tests/pump/{test}" for test in part.tests]
    left_out = [word for slow in SLOW for word in ("--deselect", slow)]
    own = f"only_mutate = {json.dumps(files)}\n"
    own += f"pytest_add_cli_args_test_selection = {json.dumps(tests + left_out)}\n"
    whole = (ROOT / "pyproject.toml").read_text("utf-8")
    mark = "[tool.mutmut]\n"
    (folder / "pyproject.toml").write_text(whole.replace(mark, mark + own), "utf-8")
    return folder


def tried(folder: Path, seconds: float) -> bool:
    """Try mutants for so long; whether all of them were tried."""
    command = ["nice", "-n", "10", sys.executable, "-m", "mutmut", "run", "--max-children", "1"]
    with (folder / "mutmut.log").open("w") as log:
        running = subprocess.Popen(command, cwd=folder, stdout=log, stderr=log)
        try:
            return running.wait(seconds) == 0
        except subprocess.TimeoutExpired:
            running.terminate()
            running.wait()
            return False


def tallies(folder: Path) -> Iterator[tuple[str, Tally]]:
    """(file, what became of its mutants) of a part, as mutmut has written it down."""
    for meta in sorted((folder / "mutants").glob("src/**/*.py.meta")):
        tally = Tally()
        for name, code in json.loads(meta.read_text("utf-8"))["exit_code_by_key"].items():
            end = "left" if code is None else "timeout" if code in TIMEOUTS else ENDS.get(code)
            tally.ends[end or "suspicious"] += 1
            if end in ("survived", "untested"):
                tally.survivors.append(name)
        if tally.ends:
            yield str(meta.relative_to(folder / "mutants" / "src")).removesuffix(".meta"), tally


def change(folder: Path, mutant: str) -> str:
    """The lines that a mutant takes away and puts in place."""
    command = [sys.executable, "-m", "mutmut", "show", mutant]
    said = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False).stdout
    lines = [line for line in said.splitlines() if line[:1] in "+-" and line[:3] not in _HEADS]
    return "\n".join(lines)


_HEADS = ("+++", "---")


def explained() -> dict[str, str]:
    """Why a survivor is none to fear, by the change that it is."""
    with suppress(FileNotFoundError):
        rows = tomllib.loads(EXPLAINED.read_text("utf-8"))["survivor"]
        return {row["change"].strip(): row["why"] for row in rows}
    return {}


def page(names: Sequence[str]) -> str:
    """The figures of all parts as a page."""
    found = {name: dict(tallies(WORK / name)) for name in names}
    rows = [_row(file, tally) for files in found.values() for file, tally in files.items()]
    survivors = [
        line
        for name, files in found.items()
        for f, t in files.items()
        for line in _lived(name, f, t)
    ]
    version = platform.python_version()
    return "\n".join([HEAD, TABLE, *rows, "", TAIL.format(version=version), *survivors, ""])


HEAD = """# Mutants

Written by the campaign that this command repeats, for as long as you let it:

```sh
python -m tests.campaigns.mutation --minutes 600
```
"""
TABLE = """| file | mutants | tried | killed | timeout | survived | untested | caught |
|---|---:|---:|---:|---:|---:|---:|---:|"""
TAIL = """A mutant is the code with one small change. *Killed*: a test failed. *Timeout*: it ran for
so long that it was ended, which a test run notices too. *Untested*: none of the chosen tests runs
the function. *Caught* is the share of those tried. Only the quick tests of each part run, so a
survivor here may still be found by the model checker, the campaigns or the rest of the suite.
Texts for people are changed too; most of them no test compares word for word, and need not. Ran
with mutmut on Python {version}.
"""


def _row(file: str, t: Tally) -> str:
    ends = t.ends
    return (
        f"| `{file}` | {sum(ends.values()):,} | {t.tried:,} | {ends['killed']:,} | "
        f"{ends['timeout']:,} | {ends['survived']:,} | {ends['untested']:,} | {t.rate} |"
    )


def _lived(name: str, file: str, tally: Tally) -> Iterator[str]:
    """The survivors of one file; those of the guard each with its explanation."""
    if not tally.survivors:
        return
    yield f"## Survivors of `{file}`\n"
    why = explained()
    for mutant in tally.survivors:
        lines = change(WORK / name, mutant)
        yield f"`{mutant.rsplit('.', 1)[1]}`: {why.get(lines.strip()) or _plain(lines)}"
        yield f"\n```diff\n{lines}\n```\n"


def _plain(lines: str) -> str:
    """What can be said of a change without looking further than at it."""
    taken = "".join(line[1:].strip() for line in lines.splitlines() if line.startswith("-"))
    put = "".join(line[1:].strip() for line in lines.splitlines() if line.startswith("+"))
    if _CAST.sub("cast(", taken) == _CAST.sub("cast(", put):
        return "the same: a cast is for the type checker alone."
    if _TEXT.sub('""', taken) == _TEXT.sub('""', put):
        return "words alone."
    return "not explained yet"


_CAST = re.compile(r"cast\([^,]*,")
_TEXT = re.compile(r'"(?:[^"\\]|\\.)*"')


def main(arguments: Sequence[str] | None = None) -> int:
    """The command."""
    parser = argparse.ArgumentParser(description="Try mutants of the pump.")
    parser.add_argument("--minutes", type=float, default=10, help="stop after so many minutes")
    parser.add_argument("--module", choices=PARTS, help="only this part")
    given = parser.parse_args(arguments)
    end = time.monotonic() + 60 * given.minutes
    for name in [given.module] if given.module else PARTS:
        whole = tried(prepared(name, PARTS[name]), max(1.0, end - time.monotonic()))
        for file, tally in tallies(WORK / name):
            print(f"{file}: {tally.tried} of {sum(tally.ends.values())} tried, {tally.rate} caught")
        print(f"{name}: {'all tried' if whole else 'goes on with the next command'}")
    EVIDENCE.write_text(
        page([name for name in PARTS if (WORK / name / "mutants").is_dir()]), "utf-8"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
