"""Virtual persons: every value drawn around its fact with the spread that the facts give it."""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from functools import cache, lru_cache
from typing import Any, TypeVar
from zlib import crc32

import numpy as np
from scipy.special import ndtr, ndtri

from cisterna.facts import BrokenFacts, Library
from cisterna.facts.spine import Parameter, dispersion_knots, kinetics, levels, parameter
from cisterna.spine.network import Array
from cisterna.spine.person import Kinetics, Person

_Values = TypeVar("_Values", Person, Kinetics)
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
    """Persons side by side, and the kinetics of every drug that the model knows in them."""

    person: Person
    kinetics: Mapping[str, Kinetics]

    def part(self, persons: slice) -> "Draw":
        """Some of the persons."""
        drugs = {name: _part(found, persons) for name, found in self.kinetics.items()}
        return Draw(_part(self.person, persons), drugs)

    def one(self, number: int) -> "Draw":
        """Person `number` (from 0) alone."""
        return self.part(slice(number, number + 1))


def _part(values: _Values, persons: slice) -> _Values:
    found: dict[str, Any] = {f.name: getattr(values, f.name) for f in fields(values)}
    own = {n: v[persons] for n, v in found.items() if isinstance(v, np.ndarray)}
    return type(values)(**(found | own))


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


class _Persons:
    """Draws values for `size` persons of a seed; without a seed, the default person's.

    Each parameter has a stream of its own, so person n stays the same whatever else is drawn.
    """

    def __init__(self, seed: int | None, size: int) -> None:
        self.seed, self.size = seed, size

    def all(self, value: float) -> Array:
        """The same value for everyone."""
        return np.full(self.size, value)

    def drawn(self, p: Parameter, unit: str) -> Array:
        """A value for each person; the middle without a seed or without a spread."""
        value = middle(p, unit)
        low, high = (float(end.number(unit)) for end in (p.fact.least, p.fact.most))
        if self.seed is None or (p.spread is None and low == high):
            return self.all(value)
        key = crc32(p.fact.path.encode())
        uniform = 1.0 - np.random.default_rng([self.seed, key]).random(self.size)
        if p.spread is None:
            return np.asarray(low * (high / low) ** uniform)
        numbers = {k: float(v) for k, v in p.spread.parameters.items()}
        if p.spread.kind == "lognormal":
            return np.asarray(value * np.exp(numbers["sigma"] * ndtri(uniform)))
        if p.spread.kind == "uniform":
            return np.asarray(numbers["low"] + (numbers["high"] - numbers["low"]) * uniform)
        return _normal(value, numbers, uniform)


def _normal(value: float, numbers: Mapping[str, float], uniform: Array) -> Array:
    """Normal values cut off at their bounds (above zero where none are given)."""
    deviation = numbers.get("sd", value * numbers.get("cv", 0.0))
    bounds = numbers.get("low", 0.05 * value), numbers.get("high", np.inf)
    low, high = (ndtr((bound - value) / deviation) for bound in bounds)
    return np.asarray(value + deviation * ndtri(low + (high - low) * uniform))


def default_draw(library: Library) -> Draw:
    """The default person: every value at its fact, intervals at their geometric middle."""
    return _draw(_source(library), _Persons(None, 1))


def cohort(library: Library, seed: int, size: int) -> Draw:
    """The persons of a seed; a larger cohort begins with the same persons."""
    return _draw(_source(library), _Persons(seed, size))


def _draw(source: _Source, persons: _Persons) -> Draw:
    person = Person(
        source.knots_cm,
        source.knots_cm2_per_h,
        source.floor,
        **{name: persons.drawn(p, unit) for name, (p, unit) in source.person.items()},
    )
    tissue = {name: persons.drawn(p, unit) for name, (p, unit) in source.tissue.items()}
    default = {name: persons.all(middle(p, unit)) for name, (p, unit) in source.tissue.items()}
    absorbed = source.absorption_per_h
    drugs = {
        n: _kinetics(rows, tissue, default, absorbed, persons) for n, rows in source.drugs.items()
    }
    return Draw(person, drugs)


def _kinetics(
    rows: Mapping[str, Parameter],
    tissue: Mapping[str, Array],
    default: Mapping[str, Array],
    absorption_per_h: float,
    persons: _Persons,
) -> Kinetics:
    def value(name: str, unit: str) -> Array:
        return persons.drawn(rows[name], unit) if name in rows else persons.all(0.0)

    theta = value("theta", "1")
    found = Kinetics(
        k_dura_per_h=persons.all(1.0),
        partition=value("k_p", "1") if "k_p" in rows else theta,
        theta=theta,
        uptake_extra_per_h=value("h_extra", "1/h"),
        **tissue,
        plasma_clearance_ml_per_h=_maybe(rows, "plasma_clearance", "mL/h", persons),
        plasma_volume_ml=_maybe(rows, "plasma_volume", "mL", persons),
    )
    if "k_d" in rows:
        return replace(found, k_dura_per_h=persons.drawn(rows["k_d"], "1/h"))
    plain = replace(found, **default, theta=persons.all(middle_of(rows, "theta")))
    return replace(found, k_dura_per_h=_dura(plain, rows["k_total"], absorption_per_h, persons))


def _dura(plain: Kinetics, total: Parameter, absorption_per_h: float, persons: _Persons) -> Array:
    """The loss through the dura: the total less absorption and cord uptake, each counted once.

    The subtraction is made at the default person and the spread multiplies what is left, so that
    no person can have a negative loss. Raises `BrokenFacts` when nothing would be left.
    """
    whole = middle(total, "1/h")
    left = whole - absorption_per_h - mean_uptake_per_h(plain)
    if (left <= 0.0).any():
        raise BrokenFacts(f"{total.fact.path} is below absorption and cord uptake together")
    return np.asarray(left * persons.drawn(total, "1/h") / whole)


def middle_of(rows: Mapping[str, Parameter], name: str) -> float:
    """The middle of a pure number, zero where the facts have none."""
    return middle(rows[name], "1") if name in rows else 0.0


def mean_uptake_per_h(drug: Kinetics) -> Array:
    """Settled loss into the cord over spinal CSF volume, at the default anatomy."""
    csf, cord, surface = _anatomy()
    corded = cord > 0.0
    taken = drug.uptake_per_h(surface[corded, None]) * csf[corded, None]
    away = drug.cord_loss_per_h * cord[corded, None]
    lost = taken * away / (away + taken / drug.partition)
    return np.asarray(lost.sum(axis=0) / csf.sum())


@cache
def _anatomy() -> tuple[Array, Array, Array]:
    """By level: CSF volume, cord volume (mL), cord surface over CSF volume (1/cm)."""
    columns = ("length", "csf_area", "cord_area", "cord_perimeter")
    table = [[float(getattr(level, name).base) for name in columns] for level in levels()]
    length, area, cord, perimeter = np.array(table).T
    return length * area, length * cord, perimeter / area


def middle(p: Parameter, unit: str) -> float:
    """The value of a fact; an interval's geometric middle."""
    low, high = (float(end.number(unit)) for end in (p.fact.least, p.fact.most))
    return low if low == high else float(np.sqrt(low * high))


def _maybe(rows: Mapping[str, Parameter], name: str, unit: str, persons: _Persons) -> Array | None:
    return persons.drawn(rows[name], unit) if name in rows else None
