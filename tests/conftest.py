"""One Hypothesis profile for the whole run: a busy machine is no failure, and failures repeat."""

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile(
    "house", deadline=None, print_blob=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("house")


@pytest.fixture(scope="session")
def runtime() -> Path:
    """The folder of the pinned Pyodide; without it the tests fail, they are never skipped."""
    named = os.environ.get("CISTERNA_PYODIDE")
    folder = Path(named) if named else Path(__file__).parents[1] / "build" / "pyodide"
    if not folder.is_dir():
        pytest.fail(f"the tests of the page need Pyodide in {folder}: run scripts/need-pyodide")
    return folder
