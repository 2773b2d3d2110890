"""The prime bolus: filling the part of the line that holds no drug.

`V_prime = volume of line not holding drug`, `dose = V_prime × C`, `T_min = V_prime ÷ rate_max`
(device fact book §3.1). No drug is meant to leave the tip.
"""

from collections.abc import Callable
from dataclasses import dataclass

from cisterna.order.line import (
    Refused,
    VolumeRange,
    catheter_volume,
    line_volume,
    new_segments_volume,
)
from cisterna.order.prescription import Prescription
from cisterna.quantity import Quantity

CASES: dict[str, str] = {
    "new-implant": "new implant, pump purged on the table: only the catheter is empty",
    "unprimed": "pump not primed: tubing and catheter are empty",
    "catheter-replaced": "whole catheter replaced or aspirated: it holds CSF",
    "segment-replaced": "one segment replaced, the rest still full",
    "refill": "refill without a change of the line: the line is full",
}

_VOLUMES: dict[str, Callable[[Prescription], VolumeRange]] = {
    "new-implant": catheter_volume,
    "unprimed": lambda rx: line_volume(rx, "prime"),
    "catheter-replaced": catheter_volume,
    "segment-replaced": new_segments_volume,
}


@dataclass(frozen=True, slots=True)
class Prime:
    """A prime bolus. `dose` is what the pump shows for it; `min_duration` is at maximum flow."""

    case: str
    volume: Quantity
    dose: dict[str, Quantity]
    min_duration: Quantity | None


def prime(rx: Prescription, case: str) -> Prime:
    """The prime bolus for a line state; raises `Refused` where the line is full or unknown."""
    if case not in _VOLUMES:
        raise Refused(
            "line-is-full",
            "A refill leaves the line full: a prime bolus would be given to the patient.",
            "Do not prime. After a change of drug or concentration, bridge instead.",
        )
    volume = _VOLUMES[case](rx).most.to("mL")
    fastest = rx.pump.model.flow_max
    return Prime(
        case,
        volume,
        rx.doses_of(volume),
        None if fastest is None else (volume / fastest.most).to("min"),
    )
