"""What a pump holds: the constants of its model, and the programme, in whole nL, ms, nL/h and fg.

`cisterna.pump.setting` makes both from an order. Concentrations are of the primary drug, in ng/mL
(a nanolitre at 1 ng/mL holds 1 fg), rounded up where they are not whole: a limit sees more, never
less. Wall times are milliseconds since Monday 2024-01-01 00:00 on the pump's own fixed offset.
"""

import hashlib
import json
from dataclasses import asdict, dataclass
from typing import Literal

SHORTEST_CYCLE_MS = 60_000
"""Bound of ours: a cycle of milliseconds would keep a pump busy; no order has such a one."""
Mode = Literal["continuous", "flex", "periodic-bolus", "minimum-rate", "stopped"]


@dataclass(frozen=True, slots=True)
class Device:
    """The constants of one pump: its model's figures and its serial number.

    `mri` says what a scanner does: `stall` stops the rotor until it is over, `valve` may open the
    valves, so the pump is emptied and set to zero before.
    """

    serial: str
    stroke_nl: int
    fastest_nl_per_h: int
    capacity_nl: int
    stop_limit_ms: int
    life_ms: int
    warning_ms: int
    mri: Literal["stall", "valve", "none"] = "stall"


@dataclass(frozen=True, slots=True)
class Slug:
    """Some volume in the line and what it holds."""

    volume_nl: int
    ng_per_ml: int


def held_nl(line: tuple[Slug, ...]) -> int:
    """The volume of a line: tubing and catheter, full; 0 where it is not known."""
    return sum(slug.volume_nl for slug in line)


@dataclass(frozen=True, slots=True)
class PatientRule:
    """The patient-activated dose; the lockout runs from start to start, the count in 24 h."""

    volume_nl: int
    duration_ms: int
    lockout_ms: int
    most_per_day: int


@dataclass(frozen=True, slots=True)
class BridgeRule:
    """The old solution in the line, pumped out at the old rate before the schedule begins."""

    volume_nl: int
    rate_nl_per_h: int


@dataclass(frozen=True, slots=True)
class Programme:
    """One programme. The cycle of `steps` (ms in the cycle, nL/h) begins at wall time `zero_ms`."""

    serial: str
    version: int
    primary: str
    ng_per_ml: int
    mode: Mode
    cycle_ms: int
    zero_ms: int
    steps: tuple[tuple[int, int], ...]
    per_24h_fg: int
    patient: PatientRule | None = None
    bridge: BridgeRule | None = None
    floor_nl_per_h: int | None = None
    low_reservoir_nl: int = 0
    words: str = ""

    @property
    def highest_nl_per_h(self) -> int:
        """The fastest step."""
        return max(rate for _, rate in self.steps)

    @property
    def cycle(self) -> int:
        """What a whole cycle asks for (nL·ms/h)."""
        ends = [*(at for at, _ in self.steps[1:]), self.cycle_ms]
        return sum(r * (end - at) for (at, r), end in zip(self.steps, ends, strict=True))

    @property
    def digest(self) -> str:
        """SHA-256 of everything in it, in one fixed form."""
        text = json.dumps(asdict(self), sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()


def faults(programme: Programme, device: Device) -> list[str]:
    """Why this programme cannot run in this pump; empty if it can."""
    p, found = programme, []
    if p.serial != device.serial:
        found.append(f"it is for pump {p.serial}, not {device.serial}")
    if p.ng_per_ml < 1 or p.per_24h_fg < 0:
        found.append("its concentration or limit is not above zero")
    if p.bridge and not 0 < p.bridge.rate_nl_per_h <= device.fastest_nl_per_h:
        found.append("its bridge is outside the pump's range")
    if p.bridge and p.bridge.volume_nl < 1:
        found.append("its bridge has no volume")
    return found + _cycle_faults(p, device) + _floor_faults(p, device) + _patient_faults(p, device)


def _cycle_faults(p: Programme, device: Device) -> list[str]:
    """The steps tile a cycle of some length, at rates that the pump can make."""
    found, starts = [], [at for at, _ in p.steps]
    if not starts or starts[0] != 0 or starts != sorted(set(starts)) or starts[-1] >= p.cycle_ms:
        found.append("its steps do not tile the cycle")
    if p.cycle_ms < SHORTEST_CYCLE_MS:
        found.append(f"its cycle of {p.cycle_ms} ms is below {SHORTEST_CYCLE_MS} ms")
    if any(rate < 0 for _, rate in p.steps):
        found.append("a rate is below zero")
    elif starts and p.highest_nl_per_h > device.fastest_nl_per_h:
        found.append(f"{p.highest_nl_per_h} nL/h is above the pump's {device.fastest_nl_per_h}")
    return found


def _floor_faults(p: Programme, device: Device) -> list[str]:
    """A safe floor is a flow that the pump can make, and less than the therapy."""
    if p.floor_nl_per_h is None:
        return []
    if not 0 < p.floor_nl_per_h <= device.fastest_nl_per_h:
        return ["its safe floor is outside the pump's range"]
    if p.steps and p.mode != "stopped" and p.floor_nl_per_h * p.cycle_ms > p.cycle:
        return ["its safe floor is above its mean flow: doubt would raise the dose"]
    return []


def _patient_faults(p: Programme, device: Device) -> list[str]:
    rule = p.patient
    if rule is None:
        return []
    if min(rule.volume_nl, rule.duration_ms, rule.lockout_ms, rule.most_per_day) < 1:
        return ["a value of the patient's dose is not above zero"]
    if rule.volume_nl % device.stroke_nl or rule.duration_ms > rule.lockout_ms:
        return ["the patient's dose is not in whole strokes, or outlasts its lockout"]
    return []
