"""The command line as a user runs it: a process of its own, its output and its exit code."""

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples"


@dataclass
class Run:
    """What one run printed and how it ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The one object that was printed."""
        return json.loads(self.out)


@pytest.fixture
def cisterna(tmp_path: Path) -> Callable[..., Run]:
    """Run `cisterna …` in an empty folder."""

    def run(*arguments: object, **env: str) -> Run:
        words = [sys.executable, "-m", "cisterna", *map(str, arguments)]
        environment = {"PYTHONPATH": str(ROOT / "src"), "PATH": "/usr/bin:/bin", **env}
        done = subprocess.run(
            words, cwd=tmp_path, capture_output=True, text=True, check=False, env=environment
        )
        return Run(done.returncode, done.stdout, done.stderr)

    return run


@pytest.fixture
def example() -> Callable[[str], Path]:
    """The path of an example."""
    return lambda name: EXAMPLES / f"{name}.toml"
