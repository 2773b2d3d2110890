"""SR-30: the pump tests itself while it runs, and finds what nothing else would notice."""

import json
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest

from cisterna.pump import alarms as a
from cisterna.pump.alarms import wrong_now
from cisterna.pump.bodies import give
from cisterna.pump.codec import Unreadable, read_state, state_bytes
from cisterna.pump.flow import rate_now
from cisterna.pump.keeper import recall
from cisterna.pump.link.verbs import AlarmAcknowledge, AskDose, CloseSession, OpenSession, Restart
from cisterna.pump.state import State
from cisterna.pump.virtual import SENSOR
from cisterna.quantity import DAY_MS, HOUR_MS
from tests.pump.disk import Disk
from tests.pump.hosted import MINUTE, PROGRAMME, Bench, bench, strokes
from tests.pump.link.people import ADA, PATIENT, PUMP

EVERY = a.self_test_ms()


def said(made: Bench) -> list[str]:
    """What the log says that a test of the memory found."""
    return [x.why for x in made.unit.log.entries if x.what == "self-test-failed"]


def leaves(value: Any, at: tuple[int, ...] = ()) -> Iterator[tuple[int, ...]]:
    """Where the integers of a state lie in what is kept of it."""
    if isinstance(value, list):
        for n, part in enumerate(value):
            yield from leaves(part, (*at, n))
    elif type(value) is int:
        yield at


def flipped(state: State, at: tuple[int, ...], bit: int) -> State | None:
    """The state with one bit of one integer another; None where no such state can be."""
    plain = json.loads(state_bytes(state))
    part = plain
    for n in at[:-1]:
        part = part[n]
    part[at[-1]] ^= 1 << bit
    try:
        return read_state(json.dumps(plain).encode())
    except Unreadable:
        return None


@pytest.mark.requirement("SR-30")
def test_a_sound_pump_tests_itself_every_day_and_nothing_comes_of_it():
    made, before = bench(), strokes(bench())
    for _ in range(3):
        made.passes(EVERY)
        assert made.unit.keeper.tested_ms == made.now
        assert made.unit.next_ms() <= made.now + EVERY
    assert said(made) == []
    assert made.unit.state.alarms == ()
    assert strokes(made) - before == 3 * 720


@pytest.mark.requirement("SR-30", "SR-32", "H11")
def test_a_flipped_bit_anywhere_in_the_live_state_is_found():
    """Each integer of the state, one bit of it: the test says so, and the record counts."""
    made = bench()
    made.ask(PATIENT, AskDose())
    made.passes(5 * HOUR_MS)
    live, tried = made.unit.keeper, 0
    for n, at in enumerate(leaves(json.loads(state_bytes(live.state)))):
        bad = flipped(live.state, at, n % 40)
        if bad is None:
            continue
        kept = recall(Disk(dict(made.disk.kept)), PUMP).keeper
        kept.state, kept.struck, tried = bad, live.struck, tried + 1
        log = kept.self_test(made.now + 1).log
        assert [x.what for x in log[:2]] == ["self-test-failed", "alarm"], (at, n % 40)
        assert wrong_now(kept.state.alarms) == ("memory",)
        assert kept.state.programme == PROGRAMME
        assert rate_now(kept.state.flow) == PROGRAMME.floor_nl_per_h
    assert tried > 60


@pytest.mark.requirement("SR-30", "SR-33", "H11")
@pytest.mark.parametrize("floor", [None, 6_000])
def test_after_a_flipped_bit_the_pump_falls_to_its_floor_or_stops_where_none_is_prescribed(
    floor: int | None,
):
    """Until the next test it does what the flipped state says; then the record counts."""
    made = bench(programme=replace(PROGRAMME, floor_nl_per_h=floor))
    made.passes(HOUR_MS)
    give(made.unit, made.now, "memory", None, Fraction(1))
    made.passes(EVERY - HOUR_MS - 1_000)
    assert made.unit.state.alarms == ()
    made.passes(1_000)
    assert said(made) == ["the live state is not what the record says"]
    assert wrong_now(made.unit.state.alarms) == ("memory",)
    assert rate_now(made.unit.state.flow) == (floor or 0)
    refused = made.ask(PATIENT, AskDose())
    assert refused.code == "memory"
    made.power_cut()
    assert wrong_now(made.unit.state.alarms) == ("memory",)


@pytest.mark.requirement("SR-30", "SR-32")
def test_a_count_of_strokes_that_does_not_fit_its_mark_is_found():
    for wrong in (-1, 1, 5):
        made = bench()
        made.passes(HOUR_MS)
        made.unit.keeper.struck += wrong
        out = made.unit.keeper.self_test(made.now + 1)
        at, civil = out.log[0].at_ms, out.log[0].wall_ms
        assert (at, civil) == (made.now + 1, made.unit.state.wall_ms(made.now + 1))
        assert out.log[0].what == "self-test-failed"
        assert [alarm.code for alarm in out.alarms] == ["memory"]
    made = bench()
    made.passes(HOUR_MS)
    assert made.unit.keeper.struck > 0
    made.unit.keeper.struck = 0
    assert made.unit.keeper.self_test(made.now + 1).log[0].what == "self-test-failed"


@pytest.mark.requirement("SR-30")
def test_a_sound_pump_is_found_sound_at_every_moment():
    """Each minute, through strokes and doses, whenever a test may be."""
    made = bench()
    keeper = made.unit.keeper
    for minute in range(200):
        if minute in (20, 90):
            made.ask(PATIENT, AskDose())
        made.passes(MINUTE)
        if keeper.next_test_ms() is not None:
            assert keeper.self_test(made.now).log == (), minute
    assert keeper.state.alarms == ()


@pytest.mark.requirement("SR-30", "SR-32", "H11")
def test_what_one_copy_lost_is_put_right_and_logged_and_the_programme_runs_on():
    made = bench()
    made.passes(HOUR_MS)
    area = next(name for name, held in made.disk.kept.items() if held.strip(b"\0"))
    held = bytearray(made.disk.kept[area])
    held[200] ^= 1
    made.disk.kept[area] = bytes(held)
    made.passes(EVERY)
    assert said(made) == ["copy-repaired"]
    assert [(x.code, x.over) for x in made.unit.state.alarms] == [("memory", True)]
    assert rate_now(made.unit.state.flow) > (PROGRAMME.floor_nl_per_h or 0)
    made.passes(EVERY)
    assert len(said(made)) == 1, "it was put right"


@pytest.mark.requirement("SR-30", "SR-33", "H11")
def test_a_record_that_cannot_be_read_any_more_is_found_and_written_again():
    made = bench()
    made.passes(HOUR_MS)
    for area, held in made.disk.kept.items():
        made.disk.kept[area] = bytes(len(held))
    made.passes(EVERY)
    assert said(made) == ["the record cannot be read"]
    assert wrong_now(made.unit.state.alarms) == ("memory",)
    made.power_cut()
    assert made.unit.state.programme == PROGRAMME
    assert wrong_now(made.unit.state.alarms) == ("memory",)


@pytest.mark.requirement("SR-30", "SR-31")
def test_the_test_of_the_memory_waits_for_a_dose_to_end():
    made = bench()
    made.passes(EVERY - MINUTE)
    made.ask(PATIENT, AskDose())
    made.passes(5 * MINUTE)
    assert made.unit.keeper.tested_ms == 0
    assert made.unit.next_ms() > made.now, "the host does not spin"
    made.passes(10 * MINUTE)
    assert made.unit.keeper.tested_ms == made.now
    assert said(made) == []


@pytest.mark.requirement("SR-30", "H19")
def test_where_storage_fails_at_the_test_it_is_the_storage_that_alarms():
    made = bench()
    made.passes(HOUR_MS)
    made.disk.fails = lambda _, __: 0
    made.passes(EVERY)
    assert said(made) == []
    assert wrong_now(made.unit.state.alarms) == ("memory",)


# The rotor's sensor ------------------------------------------------------------------------------


@pytest.mark.requirement("SR-30", "SR-17", "H16")
def test_a_stuck_sensor_hides_a_stall_until_the_self_test_finds_it_and_stops_the_pump():
    made = bench()
    made.passes(HOUR_MS)
    body = made.unit.embodied(made.now)
    body.fails("sensor")
    body.fails("stall", 2 * DAY_MS)
    made.passes(EVERY - HOUR_MS - MINUTE)
    assert made.unit.state.alarms == ()
    made.passes(MINUTE)
    assert wrong_now(made.unit.state.alarms) == (SENSOR,)
    assert made.unit.state.stopped_ms == EVERY
    made.ask(ADA, OpenSession())
    assert made.ask(ADA, Restart()).code == SENSOR
    assert made.ask(ADA, AlarmAcknowledge(SENSOR)).code is None
    made.ask(ADA, Restart())
    made.ask(ADA, CloseSession())
    made.passes(HOUR_MS)
    assert wrong_now(made.unit.state.alarms) == ("stall",), "the restart freed the sensor"


@pytest.mark.requirement("SR-30")
def test_a_sensor_that_is_well_again_by_itself_ends_its_alarm_at_the_next_test():
    made = bench()
    made.passes(HOUR_MS)
    made.unit.embodied(made.now).fails("sensor", DAY_MS)
    made.passes(EVERY)
    assert wrong_now(made.unit.state.alarms) == (SENSOR,)
    made.passes(EVERY)
    assert wrong_now(made.unit.state.alarms) == ()
    assert [x.code for x in made.unit.state.alarms] == [SENSOR], "until a person has seen it"
    assert made.unit.state.stopped_ms == EVERY
