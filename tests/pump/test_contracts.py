"""CrossHair runs the guard itself on symbols and finds no argument that breaks its contracts."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

CONTRACTS = Path(__file__).with_name("contracts.py")
SRC = Path(__file__).parents[2] / "src"


def crosshair(file: Path, seconds: int) -> subprocess.CompletedProcess[str]:
    """What CrossHair says of the contracts in a file."""
    command = [sys.executable, "-m", "crosshair", "check", "--analysis_kind=asserts"]
    command += [f"--per_condition_timeout={seconds}", "--report_all", str(file)]
    paths = os.pathsep.join([str(SRC), os.environ.get("PYTHONPATH", "")])
    environment = os.environ | {"PYTHONPATH": paths}
    return subprocess.run(command, capture_output=True, text=True, check=False, env=environment)


@pytest.mark.requirement("SR-07", "SR-08", "H18")
def test_no_argument_breaks_a_contract_of_the_guard():
    found = crosshair(CONTRACTS, 3)
    assert found.returncode == 0, found.stdout + found.stderr
    assert "error" not in found.stdout
    assert found.stdout.count("Confirmed over all paths") >= 2


def test_a_contract_that_does_not_hold_is_found(tmp_path: Path):
    """The check can fail: a window that is closed at its end holds one stroke too many."""
    wrong = CONTRACTS.read_text("utf-8").replace("at < begin + DAY_MS)", "at <= begin + DAY_MS)")
    file = tmp_path / "contracts.py"
    file.write_text(wrong, "utf-8")
    found = crosshair(file, 4)
    assert found.returncode == 1
    assert "a day is heavier than the heaviest" in found.stdout
