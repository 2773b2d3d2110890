"""Programmes as clinicians make them, by chance: most can run, some cannot, some are mistakes."""

import random
from dataclasses import replace

from cisterna.pump.programme import BridgeRule, Mode, PatientRule, Programme
from cisterna.pump.state import State
from cisterna.quantity import DAY_MS, HOUR_MS
from tests.pump.link.people import PUMP

MINUTE = 60_000


def drawn(chosen: random.Random, state: State) -> Programme:
    """The next programme for this pump."""
    modes: tuple[Mode, ...] = ("continuous", "flex", "flex", "periodic-bolus", "minimum-rate")
    mode = chosen.choice(modes)
    if chosen.random() < 0.04:
        mode = "stopped"
    p = Programme(
        serial=PUMP,
        version=state.version + 1,
        primary="morphine",
        ng_per_ml=state.flow.ng_per_ml,
        mode=mode,
        cycle_ms=DAY_MS,
        zero_ms=chosen.choice((0, 6 * HOUR_MS, state.wall_ms(state.now_ms))),
        steps=_steps(chosen, mode),
        per_24h_fg=0,
        patient=_patient(chosen, state.device.stroke_nl) if mode != "stopped" else None,
        low_reservoir_nl=2_000_000,
    )
    return replace(_limited(chosen, p, state), bridge=_bridge(chosen, state, p))


def _steps(chosen: random.Random, mode: Mode) -> tuple[tuple[int, int], ...]:
    low, high = 8_000, 30_000
    if mode == "stopped":
        return ((0, 0),)
    if mode == "minimum-rate":
        return ((0, 6_000),)
    if mode == "continuous":
        return ((0, chosen.randint(low, high)),)
    if mode == "periodic-bolus":
        rate, dose = chosen.randint(3_000, 8_000), chosen.randint(40_000, 120_000)
        at = 12 * HOUR_MS
        return ((0, dose), (20 * MINUTE, rate), (at, dose), (at + 20 * MINUTE, rate))
    others = sorted(chosen.sample(range(1, 48), chosen.randint(1, 3)))
    return tuple((n * 30 * MINUTE, chosen.randint(low, high)) for n in (0, *others))


def _patient(chosen: random.Random, stroke_nl: int) -> PatientRule | None:
    if chosen.random() < 0.1:
        return None
    lasts = chosen.randint(5, 30) * MINUTE
    lockout = chosen.randint(30, 360) * MINUTE
    return PatientRule(chosen.randint(1, 6) * stroke_nl, lasts, lockout, chosen.randint(1, 6))


def _limited(chosen: random.Random, p: Programme, state: State) -> Programme:
    """A limit with room for some of the patient's doses, and a floor below the mean flow."""
    doses = chosen.randint(1, p.patient.most_per_day) * p.patient.volume_nl if p.patient else 0
    daily = p.cycle // HOUR_MS + doses + 2 * state.device.stroke_nl
    floor = min(rate for _, rate in p.steps) // 2
    wanted = floor if floor and chosen.random() < 0.6 else None
    return replace(p, per_24h_fg=daily * p.ng_per_ml, floor_nl_per_h=wanted)


def _bridge(chosen: random.Random, state: State, p: Programme) -> BridgeRule | None:
    """What the line holds, at a rate that gives no more drug than what runs."""
    mixed = any(slug.ng_per_ml != state.flow.ng_per_ml for slug in state.flow.line)
    if not (mixed or state.bridge_left_nl) and chosen.random() < 0.95:
        return None
    most, line = _fastest(state, p), sum(slug.volume_nl for slug in state.flow.line)
    rate = max(1, most if state.bridge_left_nl else chosen.randint(most // 2, most))
    return BridgeRule(chosen.randint(min(20_000, line), min(300_000, line)), rate)


def _fastest(state: State, p: Programme) -> int:
    old, strongest = state.programme, max(slug.ng_per_ml for slug in state.flow.line)
    if old and old.bridge and state.bridge_left_nl:
        return old.bridge.rate_nl_per_h
    if old is None or not strongest:
        return 40_000
    ran = p if old.mode == "stopped" else old
    return max(rate for _, rate in ran.steps) * ran.ng_per_ml // strongest


def mistaken(chosen: random.Random, p: Programme) -> Programme:
    """The programme with a mistake that the pump has to refuse."""
    return chosen.choice(
        (
            replace(p, serial="CIS-0002"),
            replace(p, version=p.version + 1),
            replace(p, steps=((0, 2_000_000),)),
            replace(p, per_24h_fg=p.ng_per_ml),
            replace(p, floor_nl_per_h=900_000),
            replace(p, bridge=BridgeRule(10**9, 1_000)),
            replace(p, patient=PatientRule(1_001, MINUTE, HOUR_MS, 3)),
        )
    )
