"""Virtual persons: every value drawn around its fact with the spread that the facts give it.

Person `number` of a `seed` is always the same person, whatever else is drawn.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from cisterna.facts import BrokenFacts, Library
from cisterna.facts.spine import Parameter, dispersion_knots, kinetics, levels, parameter
from cisterna.spine.person import Kinetics, Person

_PERSON = {
    "dispersion_factor": ("csf.dispersion.factor", "1"),
    "tilt": ("csf.dispersion.tilt", "1"),
    "stroke_ml": ("csf.stroke_volume", "mL"),
    "stroke_exponent": ("csf.dispersion.stroke_exponent", "1"),
    "heart_per_min": ("csf.heart_rate", "1/min"),
    "production_ml_per_h": ("csf.production", "mL/h"),
    "spinal_share": ("csf.spinal_absorption_share", "1"),
    "csf_volume_factor": ("csf.csf_volume_factor", "1"),
    "cord_area_factor": ("csf.cord_area_factor", "1"),
    "length_factor": ("csf.canal_length_factor", "1"),
    "exchange_ml_per_h": ("csf.cranial.exchange", "mL/h"),
    "cistern_ml": ("csf.cranial.cistern", "mL"),
    "cranial_ml": ("csf.cranial.cranial_sas", "mL"),
    "ventricles_ml": ("csf.cranial.ventricles", "mL"),
    "tissue_ratio": ("csf.cranial.tissue_ratio", "1"),
    "reflux_ml_per_h": ("csf.cranial.reflux", "mL/h"),
}
_TISSUE = {
    "tissue_cm2_per_h": ("csf.cord.diffusivity", "cm2/h"),
    "cord_loss_per_h": ("csf.cord.loss", "1/h"),
    "shell_core_per_h": ("csf.cord.shell_core", "1/h"),
    "shell_cm": ("csf.cord.shell_thickness", "cm"),
    "uptake_factor": ("csf.cord.uptake_factor", "1"),
    "epidural_ratio": ("csf.epidural.volume_ratio", "1"),
    "epidural_partition": ("csf.epidural.partition", "1"),
    "epidural_loss_per_h": ("csf.epidural.loss", "1/h"),
}


@dataclass(frozen=True, slots=True)
class Draw:
    """One person and the kinetics of every drug that the model knows, in this person."""

    person: Person
    kinetics: Mapping[str, Kinetics]


@dataclass(frozen=True, slots=True)
class _Source:
    """Every parameter, read once from the library."""

    person: Mapping[str, tuple[Parameter, str]]
    tissue: Mapping[str, tuple[Parameter, str]]
    drugs: Mapping[str, Mapping[str, Parameter]]
    knots_cm: tuple[float, ...]
    knots_cm2_per_h: tuple[float, ...]
    floor: float
    absorption_per_h: float


@lru_cache(maxsize=4)
def _source(library: Library) -> _Source:
    def read(paths: Mapping[str, tuple[str, str]]) -> dict[str, tuple[Parameter, str]]:
        return {name: (parameter(library, path), unit) for name, (path, unit) in paths.items()}

    drugs = {name: kinetics(library, name) for name in library.drug_ids}
    knots, person = dispersion_knots(library), read(_PERSON)
    absorbed = middle(*person["production_ml_per_h"]) * middle(*person["spinal_share"])
    return _Source(
        person,
        read(_TISSUE),
        {n: p for n, p in drugs.items() if "k_d" in p or "k_total" in p},
        tuple(float(k.at.number("cm")) for k in knots if k.at is not None),
        tuple(float(k.fact.value.number("cm2/h")) for k in knots),
        float(parameter(library, "csf.dispersion.floor").fact.value.number("cm2/h")),
        absorbed / sum(float((x.length * x.csf_area).base) for x in levels()),
    )


def default_draw(library: Library) -> Draw:
    """The default person: every value at its fact, intervals at their geometric middle."""
    return _draw(_source(library), None)


def cohort(library: Library, seed: int, number: int) -> Draw:
    """Person `number` (from 1) of the cohort of a seed."""
    return _draw(_source(library), np.random.default_rng([seed, number]))


def _draw(source: _Source, rng: np.random.Generator | None) -> Draw:
    person = Person(
        source.knots_cm,
        source.knots_cm2_per_h,
        source.floor,
        **{name: drawn(p, unit, rng) for name, (p, unit) in source.person.items()},
    )
    tissue = {name: drawn(p, unit, rng) for name, (p, unit) in source.tissue.items()}
    default = {name: middle(p, unit) for name, (p, unit) in source.tissue.items()}
    absorbed = source.absorption_per_h
    drugs = {n: _kinetics(rows, tissue, default, absorbed, rng) for n, rows in source.drugs.items()}
    return Draw(person, drugs)


def _kinetics(
    rows: Mapping[str, Parameter],
    tissue: Mapping[str, float],
    default: Mapping[str, float],
    absorption_per_h: float,
    rng: np.random.Generator | None,
) -> Kinetics:
    def value(name: str, unit: str, without: float) -> float:
        return drawn(rows[name], unit, rng) if name in rows else without

    partition, theta = value("k_p", "1", 0.0), value("theta", "1", 0.0)
    found = Kinetics(
        k_dura_per_h=1.0,
        partition=partition or theta,
        theta=theta,
        uptake_extra_per_h=value("h_extra", "1/h", 0.0),
        **tissue,
        plasma_clearance_ml_per_h=_maybe(rows, "plasma_clearance", "mL/h", rng),
        plasma_volume_ml=_maybe(rows, "plasma_volume", "mL", rng),
    )
    if "k_d" in rows:
        return replace(found, k_dura_per_h=drawn(rows["k_d"], "1/h", rng))
    plain = replace(found, **default, theta=middle_of(rows, "theta"))
    return replace(found, k_dura_per_h=_dura(plain, rows["k_total"], absorption_per_h, rng))


def _dura(
    plain: Kinetics, total: Parameter, absorption_per_h: float, rng: np.random.Generator | None
) -> float:
    """The loss through the dura: the total less absorption and cord uptake, each counted once.

    The subtraction is made at the default person and the spread multiplies what is left, so that
    no person can have a negative loss. Raises `BrokenFacts` when nothing would be left.
    """
    whole = middle(total, "1/h")
    left = whole - absorption_per_h - mean_uptake_per_h(plain)
    if left <= 0.0:
        raise BrokenFacts(f"{total.fact.path} is below absorption and cord uptake together")
    return left * drawn(total, "1/h", rng) / whole


def middle_of(rows: Mapping[str, Parameter], name: str) -> float:
    """The middle of a pure number, zero where the facts have none."""
    return middle(rows[name], "1") if name in rows else 0.0


def mean_uptake_per_h(drug: Kinetics) -> float:
    """Settled loss into the cord over spinal CSF volume, at the default person."""
    lost = volume = 0.0
    for level in levels():
        csf = float((level.length * level.csf_area).base)
        volume += csf
        cord, area = float(level.cord_area.base), float(level.csf_area.base)
        if cord > 0.0:
            taken = drug.uptake_per_h(float(level.cord_perimeter.base) / area) * csf
            away = drug.cord_loss_per_h * cord * float(level.length.base)
            lost += taken * away / (away + taken / drug.partition)
    return lost / volume


def middle(p: Parameter, unit: str) -> float:
    """The value of a fact; an interval's geometric middle."""
    low, high = (float(end.number(unit)) for end in (p.fact.least, p.fact.most))
    return low if low == high else float(np.sqrt(low * high))


def drawn(p: Parameter, unit: str, rng: np.random.Generator | None) -> float:
    """A value for one person; the middle without a generator or without a spread."""
    value = middle(p, unit)
    if rng is None:
        return value
    if p.spread is None:
        low, high = (float(end.number(unit)) for end in (p.fact.least, p.fact.most))
        return float(np.exp(rng.uniform(np.log(low), np.log(high)))) if low < high else value
    numbers = {k: float(v) for k, v in p.spread.parameters.items()}
    if p.spread.kind == "lognormal":
        return value * float(np.exp(rng.normal(0.0, numbers["sigma"])))
    if p.spread.kind == "uniform":
        return float(rng.uniform(numbers["low"], numbers["high"]))
    return _normal(value, numbers, rng)


def _normal(value: float, numbers: Mapping[str, float], rng: np.random.Generator) -> float:
    """A normal value, drawn again outside its bounds (above zero where none are given)."""
    deviation = numbers.get("sd", value * numbers.get("cv", 0.0))
    low, high = numbers.get("low", 0.05 * value), numbers.get("high", np.inf)
    while True:
        found = float(rng.normal(value, deviation))
        if low <= found <= high:
            return found


def _maybe(
    rows: Mapping[str, Parameter], name: str, unit: str, rng: np.random.Generator | None
) -> float | None:
    return drawn(rows[name], unit, rng) if name in rows else None
