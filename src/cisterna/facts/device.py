"""Pumps and catheters: what each can do, as far as somebody has read it.

A value that the facts lack is None, and whatever needs it asks for it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from cisterna.facts.cited import Cited, cited

Confirm = Callable[[str, Mapping[str, Any]], Mapping[str, Any]]

_SHARED = (
    "flow_min",
    "flow_max",
    "minimum_rate",
    "accuracy",
    "tubing_prime",
    "tubing_bridge",
    "residual",
    "low_reservoir",
    "steps_per_day",
    "stroke",
    "rate_step",
    "service_life",
    "eri_to_end",
    "stop_limit",
)


@dataclass(frozen=True, slots=True)
class Pump:
    """One pump model."""

    id: str
    name: str
    maker: str
    family: str
    kind: str
    for_patients: bool
    modes: tuple[str, ...]
    remote: bool
    remote_drugs: tuple[str, ...] | None
    ages: Mapping[str, Cited]
    reservoir: Cited | None
    flow_min: Cited | None
    flow_max: Cited | None
    minimum_rate: Cited | None
    accuracy: Cited | None
    tubing_prime: Cited | None
    tubing_bridge: Cited | None
    residual: Cited | None
    low_reservoir: Cited | None
    steps_per_day: Cited | None
    stroke: Cited | None
    rate_step: Cited | None
    service_life: Cited | None
    eri_to_end: Cited | None
    stop_limit: Cited | None

    @property
    def implanted(self) -> bool:
        """Whether the pump lies under the skin."""
        return self.kind != "external"


@dataclass(frozen=True, slots=True)
class Catheter:
    """One catheter model; the lumen's bore follows from its volume per length."""

    id: str
    name: str
    maker: str
    volume_per_length: Cited | None
    length: Cited | None
    inner_diameter: Cited | None


def pump(row: Mapping[str, Any], model: str, confirm: Confirm) -> Pump:
    """Build one model from its family's file; raises `BrokenFacts` or a `QuantityError`."""
    family, own = row["family"], row["model"][model]

    def value(key: str) -> Cited | None:
        home, source = (model, own) if key in own else (family, row)
        found = source.get(key)
        path = f"{home}.{key}"
        return None if found is None else cited(path, confirm(path, found))

    def own_age(drug: str, found: Mapping[str, Any]) -> Cited:
        path = f"{family}.age.{drug}"
        return cited(path, confirm(path, found))

    return Pump(
        id=model,
        name=own["name"],
        maker=row["maker"],
        family=family,
        kind=row["kind"],
        for_patients=row["for_patients"],
        modes=tuple(row["modes"]),
        remote=row["remote"],
        remote_drugs=tuple(row["remote_drugs"]) if "remote_drugs" in row else None,
        ages={k: own_age(k, v) for k, v in row.get("age", {}).items()},
        reservoir=value("reservoir"),
        **{key: value(key) for key in _SHARED},
    )


def catheter(name: str, row: Mapping[str, Any], confirm: Confirm) -> Catheter:
    """Build one catheter; raises `BrokenFacts` or a `QuantityError`."""

    def value(key: str) -> Cited | None:
        path = f"{name}.{key}"
        return cited(path, confirm(path, row[key])) if key in row else None

    return Catheter(
        name,
        row["name"],
        row["maker"],
        value("volume_per_length"),
        value("length"),
        value("inner_diameter"),
    )
