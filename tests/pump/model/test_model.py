"""Model checking of the pump with its link: the production steps, every interleaving, to closure.

What is searched stands in `presets`, what must hold in `properties`, `world` and `heal`. The
second half plants bugs (most of them stand in `tests/drill/checked.py`) and sees each of them
found.
"""

from dataclasses import replace
from random import Random
from typing import Any

import pytest

from cisterna.pump import controller
from cisterna.pump import events as e
from cisterna.quantity import DAY_MS, HOUR_MS
from tests.drill import checked
from tests.drill.planting import Patch, Plant, planted
from tests.pump.model import bench, canon, core, presets, properties, world
from tests.pump.model.agree import Pair
from tests.pump.model.canon import NOW
from tests.pump.model.checker import Broken, Found, Search, check

ENOUGH = 100_000


def search(bounds: core.Bounds | world.Bounds) -> Found:
    with bench.remembered():
        if isinstance(bounds, core.Bounds):
            return check(core.Core(bounds))
        return check(world.World(bounds))


def test_every_state_within_the_bounds_holds_what_must_hold():
    total = 0
    every: list[tuple[str, core.Bounds | world.Bounds]] = [
        *presets.CORES.items(),
        *presets.WORLDS.items(),
    ]
    for name, bounds in every:
        found = search(bounds)
        assert found.broken is None, f"{name}: {found.words()}"
        assert found.closed, name
        total += found.states
    assert total >= ENOUGH


# Is what the checker leaves out, left out rightly? ------------------------------------------------


def some_pairs(model: core.Core | world.World, every: int) -> list[tuple[Any, Any]]:
    return model.body.numbers.all[::every]


def test_a_pump_behaves_the_same_at_another_time():
    model = core.Core(presets.WIDER_CORES["pump alone: faults"])
    Search(model).run(states=4_000)
    for pump, _ in some_pairs(model, 9):
        for by in (bench.SHORT_MS, 7 * bench.QUARTER_MS, -bench.QUARTER_MS + 1):
            there = canon.moved(pump, by)
            for event in some_events(NOW):
                here, said = controller.step(pump, event)
                after, told = controller.step(there, shifted(event, by))
                assert canon.moved(here, by) == after
                assert code(told) == code(said)
                assert told.closed == said.closed


def test_what_is_forgotten_decides_nothing():
    """The canonical pump and the one that it stands for answer alike, and stay alike."""
    past = canon.Past(2 * DAY_MS)
    state = bench.new_pump()
    for event in bench.programming(state, "slow"):
        state, _ = controller.step(state, event)
    short = canon.pump(state, past)
    for quarter in range(48):
        wait = bench.QUARTER_MS - (quarter % 3) * 977
        event = some_events(NOW)[quarter % 7]
        state, _ = controller.step(state, e.TimePasses(state.now_ms + wait))
        short, _ = controller.step(short, e.TimePasses(short.now_ms + wait))
        short = canon.pump(short, past)
        state, said = controller.step(state, shifted(event, state.now_ms - NOW))
        short, told = controller.step(short, event)
        assert canon.pump(short, past) == canon.pump(state, past)
        assert code(told) == code(said)
        short = canon.pump(short, past)


def code(out: e.Outcome) -> str | None:
    return out.refused.code if out.refused else None


def some_events(now: int) -> list[e.Event]:
    return [
        e.Reconciled(now),
        e.DoseAsked(now, 1, now + 15_000),
        e.BolusOrdered(now, 2, *bench.BOLUS_FIGURES),
        e.Stopped(now),
        e.Restarted(now),
        e.Noticed(now, "stall"),
        e.Noticed(now, "stall", over=True),
        e.PowerReturned(now + 1_000, now),
        e.TimePasses(now + bench.QUARTER_MS),
    ]


def shifted(event: e.Event, by: int) -> e.Event:
    if isinstance(event, e.DoseAsked):
        return replace(event, at_ms=event.at_ms + by, expires_ms=event.expires_ms + by)
    if isinstance(event, e.PowerReturned):
        return replace(event, at_ms=event.at_ms + by, known_ms=event.known_ms + by)
    return replace(event, at_ms=event.at_ms + by)


def test_the_onlooker_counts_a_stroke_without_drug_once():
    """The last thing before a power loss may be a stroke of a line that holds none."""
    pump = bench.new_pump()
    for event in bench.programming(pump, "slow"):
        pump, _ = controller.step(pump, event)
    now, one = pump.now_ms, pump.device.stroke_nl
    assert properties.flowed(properties.Seen(now), pump, now + 1, ((now, 0),)).rise <= one * HOUR_MS
    with pytest.raises(Broken, match="nL more than is granted"):
        properties.flowed(properties.Seen(now), pump, now + 1, ((now, 0), (now, 0)))


def test_a_search_that_stops_at_a_bound_does_not_say_that_it_is_closed():
    model = core.Core(presets.CORES["pump alone: doses"])
    some = Search(model)
    assert not some.run(states=100).closed
    whole = some.run()
    assert whole.closed
    assert whole.states == check(core.Core(presets.CORES["pump alone: doses"])).states


def test_unit_agrees_with_what_the_checker_steps():
    people = world.Bounds(
        (
            ("A", (*presets.PROGRAMMING, "clinician_bolus", "stop", "restart", "close_session")),
            ("B", (*presets.TAKING_OVER, "reconcile")),
            ("remote", ("ask_dose", "stop_dose", "ask_dose", "ask_dose")),
            ("reader", ("minimum_rate",)),
        )
    )
    for seed in range(20):
        chance, both = Random(seed), Pair(people)  # noqa: S311 - repeatable, not secret
        for _ in range(60):
            both.move(chance)
            both.agree()


# Planted bugs -------------------------------------------------------------------------------------


@planted("pump.unit.Unit.resumed")
def restart_keeps_the_session(monkeypatch: Patch) -> None:
    monkeypatch.setattr(world.World, "_dropped", lambda _, pair: pair)


SMALL = world.Bounds(
    (("A", ("open_session", "stop")), ("B", ("open_session",)), ("remote", ("ask_dose",))),
    longs=1,
    losses=1,
)
LATE = core.Bounds((("ask", 0), ("ask too late", 0)))
BUGS: list[tuple[Plant, core.Bounds | world.Bounds, str]] = [
    (checked.no_confirmation, presets.CORES["pump alone: programming"], "confirmed"),
    (checked.any_digest, presets.CORES["pump alone: programming"], "confirmed"),
    (checked.any_base, presets.CORES["pump alone: programming"], "base"),
    (checked.stage_activates, presets.WORLDS["two programmers at one moment"], "programme"),
    (checked.dose_in_a_session, SMALL, "dose-now"),
    (checked.lockout_from_the_end, presets.CORES["pump alone: doses"], "ready"),
    (
        checked.a_stopped_dose_is_free,
        presets.CORES["pump alone: doses that are stopped"],
        "lockout",
    ),
    (checked.limit_of_the_past_only, presets.CORES["pump alone: doses"], "limit"),
    (checked.bolus_goes_on_after_a_power_loss, SMALL, "replay"),
    (
        checked.unknown_is_forgotten,
        presets.WIDER_CORES["pump alone: doses and power losses"],
        "dose-now",
    ),
    (checked.lost_session_stops, SMALL, "stopped"),
    (checked.stop_only_in_a_session, SMALL, "stop"),
    (checked.dose_twice_as_large, presets.CORES["pump alone: doses"], "inhibited"),
    (checked.a_command_again, SMALL, "once"),
    (checked.two_leases, SMALL, "lease"),
    (restart_keeps_the_session, SMALL, "one-session"),
    (checked.never_reconciled, SMALL, "liveness"),
    (checked.late_request, LATE, "expired"),
    (checked.dose_after_prime, presets.CORES["pump alone: doses"], "dose-now"),
]


@pytest.mark.parametrize(("plant", "bounds", "name"), BUGS, ids=[b[2] for b in BUGS])
def test_a_planted_bug_is_found(
    monkeypatch: Patch,
    plant: Plant,
    bounds: core.Bounds | world.Bounds,
    name: str,
):
    plant(monkeypatch)
    found = search(bounds)
    assert isinstance(found.broken, Broken), found.words()
    assert found.broken.name == name, found.words()
    assert 0 < len(found.trace) <= 12
    print(found.words())
