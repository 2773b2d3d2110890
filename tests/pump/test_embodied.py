"""A hosted pump with a body that can fail: what it notices is on record, no more."""

import json
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from cisterna.pump import bodies, embodied
from cisterna.pump.alarms import wrong_now
from cisterna.pump.link.verbs import CloseSession, MriBegin, MriEnd, OpenSession, Refill, Restart
from cisterna.quantity import DAY_MS, HOUR_MS
from tests.pump.hosted import MINUTE, Bench, bench, strokes
from tests.pump.link.people import ADA


def state(made: Bench) -> dict[str, Any]:
    """What the patient could read."""
    return made.unit.report(made.now)


@pytest.mark.requirement("SR-64", "H16", "A17")
def test_in_a_scan_the_rotor_stands_still_alarms_and_turns_again_when_the_scan_is_over():
    made = bench()
    made.passes(DAY_MS // 2)
    made.ask(ADA, OpenSession())
    made.ask(ADA, MriBegin())
    made.ask(ADA, CloseSession())
    before = strokes(made)
    made.passes(45 * MINUTE)
    told = state(made)
    assert [a["code"] for a in told["alarms"]] == ["stall"]
    assert told["flows"]["held"] is True
    assert strokes(made) == before + 1, "the stroke that failed counts as made"
    made.ask(ADA, OpenSession())
    made.ask(ADA, MriEnd())
    made.ask(ADA, CloseSession())
    assert state(made)["alarms"] == []
    made.passes(HOUR_MS)
    assert strokes(made) == before + 1 + 20


@pytest.mark.requirement("SR-64", "H16")
def test_a_scan_goes_on_over_a_power_loss_and_no_restart_ends_it():
    made = bench()
    made.ask(ADA, OpenSession())
    made.ask(ADA, MriBegin())
    made.passes(HOUR_MS)
    made.power_cut()
    made.used |= {"ada": 500}
    before = strokes(made)
    made.ask(ADA, OpenSession())
    made.ask(ADA, Restart())
    made.passes(HOUR_MS)
    assert "stall" in wrong_now(made.unit.state.alarms)
    assert strokes(made) <= before + 1


@pytest.mark.requirement("SR-17", "SR-34")
def test_a_stall_is_on_record_with_the_first_stroke_that_fails_and_so_is_its_end():
    made, plain = bench(), bench()
    for each in (made, plain):
        each.passes(HOUR_MS)
    given = made.now
    made.unit.embodied(given).fails("stall", 2 * HOUR_MS)
    for each in (made, plain):
        each.passes(4 * HOUR_MS)
    said = [(x.what, x.at_ms) for x in made.unit.log.entries if x.why == "stall"]
    assert [what for what, _ in said] == ["alarm", "alarm-over"]
    assert 0 < said[0][1] - given <= MINUTE + 1
    assert said[1][1] == given + 2 * HOUR_MS
    assert 118 <= strokes(plain) - strokes(made) <= 120
    made.power_cut()
    assert strokes(made) <= strokes(plain) - 118


@pytest.mark.requirement("SR-17", "H20")
def test_what_no_sensor_sees_the_pump_does_not_notice():
    """An over-infusion of 20 %, a blocked catheter: the reckoning goes on, the truth is another."""
    fast, blocked = bench(), bench()
    fast.unit.embodied(fast.now).fails("over-infusion", None, Fraction(6, 5))
    blocked.unit.embodied(blocked.now).fails("occlusion", None, Fraction(1))
    for each in (fast, blocked):
        each.passes(DAY_MS)
        assert state(each)["alarms"] == []
    made = 20_000_000 - state(fast)["reservoir_nl"]
    assert fast.unit.body is not None
    assert fast.unit.body.body.delivered.nl == pytest.approx(1.2 * made, abs=1_200)
    assert blocked.unit.body is not None
    assert blocked.unit.body.body.delivered.nl == 0


@pytest.mark.requirement("SR-17")
def test_a_rotor_that_stands_still_until_a_restart_turns_after_it():
    made = bench()
    made.passes(HOUR_MS)
    made.unit.embodied(made.now).fails("stall")
    made.passes(DAY_MS)
    assert "stall" in wrong_now(made.unit.state.alarms)
    made.ask(ADA, OpenSession())
    assert made.ask(ADA, Restart()).code is None
    made.ask(ADA, CloseSession())
    assert state(made)["alarms"] == []
    before = strokes(made)
    made.passes(HOUR_MS)
    assert strokes(made) > before


@pytest.mark.requirement("SR-18")
def test_a_refill_fills_the_body_too():
    made = bench()
    body = made.unit.embodied(made.now)
    body.fails("occlusion", None, Fraction(1))
    made.passes(DAY_MS)
    made.ask(ADA, OpenSession())
    assert made.ask(ADA, Refill(20_000_000, 18_000_000, 10_000_000)).code is None
    assert body.body.reservoir.nl == 18_000_000
    assert body.body.withdrawn.nl == 20_000_000


@pytest.mark.requirement("SR-64")
def test_a_scan_that_the_body_s_file_does_not_know_yet_goes_on_and_ends_once(tmp_path: Path):
    made = bench()
    made.unit.embodied(made.now)
    bodies.keep(tmp_path, made.unit)
    made.ask(ADA, OpenSession())
    made.ask(ADA, MriBegin())
    made.power_cut()
    made.used |= {"ada": 500}
    made.unit.body = bodies.restored(tmp_path, made.unit, made.now)
    made.passes(HOUR_MS)
    assert "stall" in wrong_now(made.unit.state.alarms)
    made.ask(ADA, OpenSession())
    assert made.ask(ADA, MriEnd()).code is None
    assert wrong_now(made.unit.state.alarms) == ()


def test_a_body_comes_back_from_its_file_with_its_faults_and_what_the_pump_did_meanwhile():
    made = bench()
    made.unit.embodied(made.now).fails("leak", None, Fraction(1, 3))
    made.passes(DAY_MS)
    body = made.unit.body
    assert body is not None
    row = json.loads(json.dumps(embodied.saved(body, made.unit.state)))
    again = embodied.read(row, made.unit.state, made.now)
    assert again.row() == body.row()
    assert again.body.carried == body.body.carried
    made.passes(HOUR_MS)
    later = embodied.read(row, made.unit.state, made.now)
    assert later.body.reservoir.nl == body.body.reservoir.nl
    total = later.body.delivered.nl + later.body.leaked.nl + later.body.reservoir.nl
    assert total == later.body.filled.nl
