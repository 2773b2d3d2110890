"""The power goes at every write and sync of a first visit with a programme, and of a dose."""

import pytest

from tests.pump.simulator.sweep import cut, writes

SEED, PARTS, HEALED = 2, (0, 9, 1 << 20), 10


@pytest.mark.requirement("SR-28", "SR-45", "SR-46", "A05")
def test_a_power_loss_at_every_write_of_a_visit_and_a_dose_breaks_no_promise():
    number = writes(SEED)
    assert number > 200
    cuts = [cut(SEED, n, PARTS[n % 3], heals=n % HEALED == 0) for n in range(number)]
    stood = [world.tally.done["an entry stands that was cut"] for world in cuts]
    assert 0 < sum(stood) < number
    versions = {world.state.version for world in cuts}
    assert versions >= {0, 1}, "cut before the programme was activated, and after it"
    assert sum(world.tally.done["therapies brought back"] for world in cuts) > 20
