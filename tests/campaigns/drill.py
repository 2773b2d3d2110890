"""The drill: plant each bug that a pump has had, and see the suite find it.

    python -m tests.campaigns.drill

Each bug is planted in a process of its own, and the tests that stand for it run there. First they
run with nothing planted: a test that fails anyhow finds nothing. `--only lockout` drills the bugs
with these letters in their name. `--quick` trusts the tests and stops at the first that finds a
bug, `--every 3` takes each third; the default run does both. A whole drill writes
docs/evidence/drill.md.
"""

import argparse
import platform
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from tests.drill.bugs import BUGS, PARTS
from tests.drill.planting import Bug
from tests.drill.running import Found, drilled, healthy, imported

EVIDENCE = Path(__file__).parents[2] / "docs" / "evidence" / "drill.md"


def drill(
    bugs: Sequence[Bug], quick: bool, say: Callable[[str], None] = print
) -> dict[str, Found] | None:
    """What became of each bug; None if the tests do not pass with nothing planted."""
    well = imported(bugs) if quick else healthy(bugs)
    if well.moved or well.tests:
        say(f"With nothing planted: {well.moved or ', '.join(well.tests)}")
        return None
    results: dict[str, Found] = {}
    for found in drilled(bugs, quick):
        results[found.bug] = found
        if not found.ok:
            say(f"NOT FOUND: {found.bug} {found.moved}")
    return results


def page(results: Mapping[str, Found]) -> str:
    """The drill as a page."""
    found = [r for r in results.values() if r.ok]
    tests = {name.split("[")[0] for r in found for name in r.tests}
    return "\n".join(
        [
            "# Planted bugs",
            "",
            "Written by the drill that this command repeats:",
            "",
            "```sh",
            "python -m tests.campaigns.drill",
            "```",
            "",
            f"{len(results)} bugs were planted, one at a time; {len(found)} were found, "
            f"by {len(tests)} tests of the suite.",
            "",
            TEXT.format(version=platform.python_version()),
            *(line for name, bugs in PARTS.items() for line in _part(name, bugs, results)),
            "",
        ]
    )


TEXT = """Each is a bug that an insulin or infusion pump has had, that a recall or an advisory
names, or that the safety book warns of; the source names its rows there. The tests shown are those
named for the bug: they pass with nothing planted and fail with the bug. Others may find it too.

A bug is planted by changing the production code in memory, in a process of its own. Where the code
has moved, the drill fails until the bug is planted again. Every `make test` plants all of them, and
runs the tests of each sixth to the first that finds it; `make campaign` runs those of all.

What the drill does not show: that the suite finds a bug that nobody thought of. That is asked by
the mutants of the same modules, the model checker and the proofs. Ran on Python {version}."""


def _part(name: str, bugs: Sequence[Bug], results: Mapping[str, Found]) -> list[str]:
    head = ["", f"## {name}", "", "| bug | as in | source | planted in | found by |"]
    rows = [
        f"| {b.name} | {b.like} | {b.source} | `{b.plant.where}` | {_by(results[b.name])} |"
        for b in bugs
    ]
    return [*head, "|---|---|---|---|---|", *rows]


def _by(found: Found) -> str:
    names = dict.fromkeys(t.split("::", 1)[1].split("[")[0] for t in found.tests)
    return "<br>".join(f"`{name}`" for name in names) or "**not found**"


def main(arguments: Sequence[str] | None = None, to: Path = EVIDENCE) -> int:
    """The command."""
    parser = argparse.ArgumentParser(description="Plant bugs and see them found.")
    parser.add_argument("--only", default="", help="bugs with these letters in their name")
    parser.add_argument("--quick", action="store_true", help="only the first test that finds it")
    parser.add_argument("--every", type=int, default=1, help="each so-manieth bug only")
    given = parser.parse_args(arguments)
    bugs = [bug for bug in BUGS if given.only in bug.name][:: max(1, given.every)]
    results = drill(bugs, given.quick)
    if results is None:
        return 1
    missed = [r.bug for r in results.values() if not r.ok]
    seconds = sum(r.seconds for r in results.values())
    print(f"{len(results) - len(missed)} of {len(results)} planted bugs found in {seconds:.0f} s")
    if not missed and not given.quick and len(bugs) == len(BUGS):
        to.write_text(page(results), "utf-8")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
