"""The suite finds every planted bug, and the drill itself can fail."""

import subprocess
import sys
from pathlib import Path

import pytest

from cisterna.pump import doses
from cisterna.pump.upkeep import watched
from tests.drill.bugs import BUGS
from tests.drill.planting import Moved, Patch, edit, everywhere

ROOT = Path(__file__).parents[2]
LEAST = 50
EVERY = 6


def test_the_suite_finds_each_sixth_of_the_planted_bugs():
    """All of them are drilled by `make campaign`."""
    drilled = len(BUGS[::EVERY])
    done = subprocess.run(
        [sys.executable, "-m", "tests.campaigns.drill", "--quick", "--every", str(EVERY)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    assert f"{drilled} of {drilled} planted bugs found" in done.stdout


def test_every_bug_has_its_place_in_the_code_of_today():
    """Where the code has moved on, a bug that nobody can plant finds nothing and says nothing."""
    for bug in BUGS:
        with pytest.MonkeyPatch.context() as patch:
            bug.plant(patch)


def test_there_are_enough_bugs_and_each_has_a_name_a_source_and_a_test():
    assert len(BUGS) >= LEAST
    assert len({bug.name for bug in BUGS}) == len(BUGS)
    for bug in BUGS:
        assert bug.like, bug.name
        assert bug.source, bug.name
        assert bug.found_by, bug.name


def test_a_planted_bug_is_in_the_function_that_everybody_has_and_goes_with_its_patch():
    plant, before = edit("pump.upkeep.watched", ("s.now_ms >= s.device.life_ms:", "True:")), watched
    code = watched.__code__
    with pytest.MonkeyPatch.context() as patch:
        plant(patch)
        assert watched is before
        assert watched.__code__ is not code
    assert watched.__code__ is code


@pytest.mark.parametrize(
    ("where", "old"),
    [
        ("pump.upkeep.watched", "words that are not there"),
        ("pump.upkeep.watched", "made"),
        ("pump.upkeep.gone", "made"),
        ("pump.gone.watched", "made"),
        ("pump.state.State", "flow"),
    ],
)
def test_a_place_that_has_moved_is_told(where: str, old: str, monkeypatch: Patch):
    with pytest.raises(Moved):
        edit(where, (old, "new"))(monkeypatch)


def test_a_function_is_replaced_in_every_module_that_has_it(monkeypatch: Patch):
    real = doses.interrupt

    def other(made):
        return made

    everywhere(monkeypatch, real, other)
    assert doses.interrupt is other
    with pytest.raises(Moved):
        everywhere(monkeypatch, real, other)
