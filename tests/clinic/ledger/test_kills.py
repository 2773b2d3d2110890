"""Server, signer, pump host and a clinician's program are killed: nothing told is lost or guessed."""

from pathlib import Path

import pytest

from tests.campaigns.clinic_kills import TARGETS, Tally, kill

KILLS = {"sqlite": 6, "postgresql": 4}


@pytest.mark.timeout(240)
def test_a_killed_clinic_loses_nothing_that_it_told_and_changes_no_dose_by_itself(
    place: str, engine: str, tmp_path: Path
):
    tally = Tally()
    kill(place, tmp_path, KILLS[engine], tally, seed=20261130)
    assert set(tally.kills) == set(TARGETS)
    assert tally.told > 0
