"""What can happen to a pump in a scenario: one frozen type for each kind of event.

`at_ms` counts milliseconds of the pump's own time since the start of the run. Every length is in
whole milliseconds, every ratio an exact fraction. An event says what somebody does or what goes
wrong; how the pump answers is not written here.
"""

from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from typing import ClassVar

from cisterna.order.prescription import Prescription
from cisterna.quantity import Quantity


@dataclass(frozen=True, slots=True)
class RemoteRequest:
    """The patient presses her remote once."""

    what: ClassVar[str] = "remote-request"
    at_ms: int


@dataclass(frozen=True, slots=True)
class ClinicianBolus:
    """A clinician orders one dose of the primary drug over a duration."""

    what: ClassVar[str] = "clinician-bolus"
    at_ms: int
    dose: Quantity
    duration_ms: int


@dataclass(frozen=True, slots=True)
class Program:
    """A session that programs a new order, with the bridge that it needs or without one."""

    what: ClassVar[str] = "program"
    at_ms: int
    prescription: Prescription
    bridge: bool


@dataclass(frozen=True, slots=True)
class Refill:
    """The reservoir is emptied, what came out is measured, and it is filled again.

    With `prescription` that order's solution goes in, as much as it says; with `fill_volume` more
    of the solution that is in use. Exactly one of the two is set. A change of the program is an
    event of its own.
    """

    what: ClassVar[str] = "refill"
    at_ms: int
    measured: Quantity
    prescription: Prescription | None
    fill_volume: Quantity | None


@dataclass(frozen=True, slots=True)
class Interrogate:
    """A session that only reads."""

    what: ClassVar[str] = "interrogate"
    at_ms: int


@dataclass(frozen=True, slots=True)
class Mri:
    """A scan, and how long after it the pump takes to run again."""

    what: ClassVar[str] = "mri"
    at_ms: int
    lasts_ms: int
    recovery_ms: int


@dataclass(frozen=True, slots=True)
class Stall:
    """The motor stands still; without a length until the next restart, or for good."""

    what: ClassVar[str] = "stall"
    at_ms: int
    lasts_ms: int | None


@dataclass(frozen=True, slots=True)
class SensorStuck:
    """The rotor's sensor shows turns, whatever the rotor does; without an end for good."""

    what: ClassVar[str] = "sensor-stuck"
    at_ms: int
    lasts_ms: int | None


@dataclass(frozen=True, slots=True)
class Restart:
    """A motor that stood still runs again."""

    what: ClassVar[str] = "restart"
    at_ms: int


@dataclass(frozen=True, slots=True)
class OverInfusion:
    """Every stroke gives `factor` times its volume."""

    what: ClassVar[str] = "over-infusion"
    at_ms: int
    factor: Fraction
    lasts_ms: int


@dataclass(frozen=True, slots=True)
class Occlusion:
    """A fraction of the flow is held back in the line."""

    what: ClassVar[str] = "occlusion"
    at_ms: int
    lasts_ms: int
    fraction: Fraction


@dataclass(frozen=True, slots=True)
class Leak:
    """A fraction of the flow leaves the line before the tip."""

    what: ClassVar[str] = "leak"
    at_ms: int
    lasts_ms: int
    fraction: Fraction


@dataclass(frozen=True, slots=True)
class PowerLoss:
    """The pump has no power; afterwards it restarts by itself."""

    what: ClassVar[str] = "power-loss"
    at_ms: int
    lasts_ms: int


@dataclass(frozen=True, slots=True)
class ClockSet:
    """Somebody sets the pump's clock; `to` is what it shows from then on, with its offset."""

    what: ClassVar[str] = "clock-set"
    at_ms: int
    to: datetime


@dataclass(frozen=True, slots=True)
class AlarmSilence:
    """Somebody silences one alarm, named by its code."""

    what: ClassVar[str] = "alarm-silence"
    at_ms: int
    alarm: str


Event = (
    RemoteRequest
    | ClinicianBolus
    | Program
    | Refill
    | Interrogate
    | Mri
    | Stall
    | SensorStuck
    | Restart
    | OverInfusion
    | Occlusion
    | Leak
    | PowerLoss
    | ClockSet
    | AlarmSilence
)
