"""What is read from the model: levels of CSF and cord, the sites above, plasma; for many persons.

Units: h, mg, mL; arrays are (level or site, person).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from cisterna.facts import Library
from cisterna.facts.spine import levels
from cisterna.spine.canal import canal
from cisterna.spine.cohort import Draw, default_draw
from cisterna.spine.model import Model, model
from cisterna.spine.modes import Modes
from cisterna.spine.network import Array
from cisterna.spine.person import Kinetics

SITES = ("basal cistern", "brainstem tissue")
_TOGETHER = 500


@dataclass(frozen=True, slots=True)
class Reading:
    """Mean concentrations; `plasma` (person) is None where no human clearance is known."""

    csf: Array
    cord: Array
    sites: Array
    plasma: Array | None


def reading(built: Model, kinetics: Kinetics, c: Array) -> Reading:
    """Read concentrations of the nodes (node, person).

    The plasma level is the settled one: what is lost over the clearance.
    """
    lost = (built.network.loss_ml_per_h * c).sum(axis=0)
    clearance = kinetics.plasma_clearance_ml_per_h
    return Reading(
        csf=built.level_rows() @ c,
        cord=built.cord_rows() @ c,
        sites=c[[built.cranial[name] for name in SITES]],
        plasma=None if clearance is None else np.asarray(lost / clearance),
    )


def together(readings: list[Reading]) -> Reading:
    """The persons of several readings, side by side."""
    plasma = [r.plasma for r in readings if r.plasma is not None]
    return Reading(
        np.hstack([r.csf for r in readings]),
        np.hstack([r.cord for r in readings]),
        np.hstack([r.sites for r in readings]),
        np.hstack(plasma) if plasma else None,
    )


def model_of(draw: Draw, drug: str) -> Model:
    """The model of a drug in these persons."""
    return model(canal(levels(), draw.person), draw.person, draw.kinetics[drug])


@lru_cache(maxsize=32)
def default_modes(library: Library, drug: str) -> tuple[Model, Modes]:
    """The default person, decomposed: it depends on nothing that an order says."""
    built = model_of(default_draw(library), drug)
    return built, Modes.of(built.network)


def settled(draw: Draw, drug: str, tip: str, rate_mg_per_h: float) -> Reading:
    """The levels under a constant delivery for ever; a schedule's means under its mean."""
    built = model_of(draw, drug)
    c = built.network.solve(built.site(tip) * rate_mg_per_h)
    return reading(built, draw.kinetics[drug], np.asarray(c, dtype=np.float64))


def groups(draw: Draw, size: int) -> Iterator[Draw]:
    """The persons in groups that fit in memory."""
    for first in range(0, size, _TOGETHER):
        yield draw.part(slice(first, min(size, first + _TOGETHER)))
