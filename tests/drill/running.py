"""Run the tests that stand for each bug, each bug in a process of its own that has it planted.

The tests are imported once; a process is forked for each bug, so nothing of it is left behind. What
Hypothesis draws is the same in every drill, and a failing example is not made smaller.
"""

import json
import os
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from io import StringIO
from pathlib import Path

import pytest
from hypothesis import Phase, settings

from tests.drill.planting import Bug, Moved

ROOT = Path(__file__).parents[2]
PUMP = "tests/pump"
QUIET = (
    "-q",
    "-W",
    "ignore::pytest.PytestAssertRewriteWarning",
    "-p",
    "no:cacheprovider",
    "--tb=no",
    "--no-header",
    "--rootdir",
    str(ROOT),
)


@dataclass(frozen=True)
class Found:
    """What became of a bug: the tests that failed, or why it could not be planted."""

    bug: str
    tests: tuple[str, ...] = ()
    moved: str = ""
    seconds: float = 0.0

    @property
    def ok(self) -> bool:
        """Whether the suite found it."""
        return bool(self.tests) and not self.moved


class _Failures:
    """Which tests failed and how many ran, as a plugin of pytest.

    `crashed` are failures that show a plant which does not fit, and no bug: nothing is found by it.
    """

    def __init__(self) -> None:
        self.failed: list[str] = []
        self.crashed: list[str] = []
        self.ran = 0

    def pytest_exception_interact(self, call: pytest.CallInfo[None]) -> None:
        """How a test failed."""
        if call.excinfo and call.excinfo.errisinstance((TypeError, NameError, AttributeError)):
            self.crashed.append(str(call.excinfo.value))

    def pytest_collection(self) -> None:
        """What Hypothesis does from here on, in place of what `tests.conftest` has said."""
        settings.register_profile(
            "drill",
            settings.get_profile("house"),
            derandomize=True,
            database=None,
            phases=(Phase.explicit, Phase.generate),
        )
        settings.load_profile("drill")

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self.ran += report.when == "call"
        if report.failed and report.nodeid not in self.failed:
            self.failed.append(report.nodeid)


def healthy(bugs: Iterable[Bug]) -> Found:
    """The tests of all bugs with nothing planted, in this process: none may fail or be missing."""
    names = tuple(dict.fromkeys(name for bug in bugs for name in bug.found_by))
    return _tests(names, first=False)


def imported(bugs: Iterable[Bug]) -> Found:
    """The tests of all bugs only imported, so that no bug has to do it again."""
    files = dict.fromkeys(name.split("::", 1)[0] for bug in bugs for name in bug.found_by)
    return _tests(files, first=False, more=("--collect-only",))


def drilled(bugs: Iterable[Bug], first: bool) -> Iterator[Found]:
    """Plant each bug and run its tests; with `first`, only until one finds it."""
    for bug in bugs:
        yield _forked(bug.name, lambda bug=bug: _planted(bug, first))  # type: ignore[misc]


def _planted(bug: Bug, first: bool) -> Found:
    patch = pytest.MonkeyPatch()
    try:
        bug.plant(patch)
    except Moved as moved:
        return Found(bug.name, moved=str(moved))
    return _tests(bug.found_by, first, bug.name)


def _tests(names: Iterable[str], first: bool, bug: str = "", more: tuple[str, ...] = ()) -> Found:
    """Run these tests here and now; the ones that failed."""
    seen, began, said = _Failures(), time.monotonic(), StringIO()
    arguments = [*QUIET, *more, *(["-x"] if first else []), *(f"{ROOT}/{PUMP}/{n}" for n in names)]
    with redirect_stdout(said), redirect_stderr(said):
        ended = pytest.main(arguments, plugins=[seen])
    took = round(time.monotonic() - began, 2)
    if ended not in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED) or not (seen.ran or more):
        return Found(bug, moved=said.getvalue()[-2000:], seconds=took)
    return Found(bug, tuple(seen.failed), "; ".join(seen.crashed), took)


def _forked(bug: str, work: Callable[[], Found]) -> Found:
    """Do it in a process of its own; a process that dies is told as such."""
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(read)
        try:
            found = work()
            with os.fdopen(write, "w") as out:
                json.dump([found.tests, found.moved, found.seconds], out)
        finally:
            sys.stdout.flush()
            os._exit(0)
    os.close(write)
    with os.fdopen(read) as said:
        text = said.read()
    os.waitpid(child, 0)
    if not text:
        return Found(bug, moved="the process ended before it had an answer")
    tests, moved, seconds = json.loads(text)
    return Found(bug, tuple(tests), moved, seconds)
