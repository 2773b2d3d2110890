"""Hypothesis for the whole run: a busy machine is no failure, and every run tries the same.

Examples follow from the test alone, so what passes here passes everywhere;
`CISTERNA_NEW_EXAMPLES=1 make test` draws new ones.
"""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from playwright.sync_api import Browser, sync_playwright

from tests.requirements import BOOKS, page

# The browser's tests leave an event loop in their process, in which Django refuses to work.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "1")

settings.register_profile(
    "house",
    deadline=None,
    print_blob=True,
    derandomize=not os.environ.get("CISTERNA_NEW_EXAMPLES"),
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("house")


RESULTS: dict[str, str] = {}


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Remember how each test ended, for the traces."""
    if report.when == "call" or report.outcome != "passed":
        RESULTS[report.nodeid] = report.outcome


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Write the traces after a run of everything that was asked to write evidence."""
    everything = not session.config.args or session.config.args == ["tests"]
    one_of_many = hasattr(session.config, "workerinput")
    if everything and not one_of_many and os.environ.get("CISTERNA_WRITE_EVIDENCE"):
        for book in BOOKS:
            book.page.write_text(page(RESULTS, book), "utf-8")


@pytest.fixture(scope="session")
def runtime() -> Path:
    """The folder of the pinned Pyodide; without it the tests fail, they are never skipped."""
    named = os.environ.get("CISTERNA_PYODIDE")
    folder = Path(named) if named else Path(__file__).parents[1] / "build" / "pyodide"
    if not folder.is_dir():
        pytest.fail(f"the tests of the page need Pyodide in {folder}: run scripts/need-pyodide")
    return folder


NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of the system's Chromium; without one the tests fail, they are never skipped."""
    named = os.environ.get("CISTERNA_CHROMIUM")
    found = [named] if named else [p for p in map(shutil.which, NAMES) if p]
    if not found:
        pytest.fail(f"the browser tests need one of {', '.join(NAMES)} on the PATH")
    return found[0]


@pytest.fixture(scope="session")
def browser(chromium: str) -> Iterator[Browser]:
    """One Chromium for the whole run."""
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        yield running
        running.close()
