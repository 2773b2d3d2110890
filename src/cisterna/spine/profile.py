"""The settled profile: what a constant mean dose comes to along the spine, with its band.

A steady state needs no time stepping: one linear solve for each virtual person. For schedules the
mean dose is used; `cisterna.spine.forecast` follows them through time.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import numpy as np

from cisterna.facts import Library
from cisterna.facts.spine import levels
from cisterna.order.prescription import Prescription
from cisterna.order.schedule import schedule
from cisterna.quantity import Quantity
from cisterna.spine.canal import canal
from cisterna.spine.cohort import Draw, cohort, default_draw
from cisterna.spine.forecast import ASSUMPTIONS, concentration
from cisterna.spine.model import model
from cisterna.spine.network import Array
from cisterna.spine.refusal import NoForecast, answered

SITES = ("basal cistern", "brainstem tissue")


@dataclass(frozen=True, slots=True)
class Band:
    """A value of the default person with the 5 to 95 % band of virtual persons."""

    value: Quantity
    p5: Quantity
    p95: Quantity


@dataclass(frozen=True, slots=True)
class DrugProfile:
    """One drug, settled: CSF and cord by level, cistern and brainstem, plasma if known."""

    drug: str
    daily_dose: Quantity
    csf: dict[str, Band]
    cord: dict[str, Band]
    sites: dict[str, Band]
    plasma: Band | None


@dataclass(frozen=True, slots=True)
class Profile:
    """The settled profile of every drug that the model answers for."""

    tip: str | None
    drugs: tuple[DrugProfile, ...]
    refusals: tuple[NoForecast, ...]
    cohort: int
    assumptions: tuple[str, ...] = field(default=ASSUMPTIONS)


@dataclass(frozen=True, slots=True)
class _One:
    csf: Array
    cord: Array
    sites: Array
    plasma: float


def profile(
    rx: Prescription,
    library: Library,
    size: int = 500,
    seed: int = 1,
    progress: Callable[[Iterable[int]], Iterable[int]] = iter,
) -> Profile:
    """The settled profile of an order."""
    known, refusals = answered(rx, library)
    doses = rx.doses_of(schedule(rx).mean)
    drugs = [drug for drug in known if doses[drug]]
    tip = rx.catheter.tip if rx.catheter else None
    answers: dict[str, list[_One]] = {d: [] for d in drugs}
    for number in progress(range(size + 1 if drugs else 0)):
        draw = default_draw(library) if number == 0 else cohort(library, seed, number)
        for drug in drugs:
            rate = float(doses[drug].number("mg/h"))
            answers[drug].append(_settled(draw, drug, str(tip), rate))
    found = tuple(_profile(d, doses[d], answers[d]) for d in drugs)
    return Profile(tip, found, tuple(refusals), size)


def _settled(draw: Draw, drug: str, tip: str, rate_mg_per_h: float) -> _One:
    body = canal(levels(), draw.person)
    kinetics = draw.kinetics[drug]
    built = model(body, draw.person, kinetics)
    network = built.network
    source = body.site(tip, network.size) * rate_mg_per_h / network.volume_ml
    c: Array = np.asarray(np.linalg.solve(-network.rate_matrix(), source), dtype=np.float64)
    clearance = kinetics.plasma_clearance_ml_per_h
    return _One(
        built.level_rows() @ c,
        built.cord_rows() @ c,
        c[[built.cranial[name] for name in SITES]],
        np.nan if clearance is None else float(network.loss_ml_per_h @ c) / clearance,
    )


def _profile(drug: str, dose: Quantity, answers: list[_One]) -> DrugProfile:
    names = [level.name for level in levels()]
    csf = np.array([a.csf for a in answers])
    cord = np.array([a.cord for a in answers])
    sites = np.array([a.sites for a in answers])
    plasma = np.array([a.plasma for a in answers])
    corded = [n for n, level in enumerate(levels()) if level.cord_area.base > 0]
    return DrugProfile(
        drug,
        dose,
        {name: _band(csf[:, n]) for n, name in enumerate(names)},
        {names[n]: _band(cord[:, n]) for n in corded},
        {name: _band(sites[:, n]) for n, name in enumerate(SITES)},
        None if np.isnan(plasma).any() else _band(plasma),
    )


def _band(values: Array) -> Band:
    """The first value is the default person's; the band is that of the others."""
    others = values[1:] if len(values) > 1 else values
    low, high = np.percentile(others, [5, 95])
    return Band(*(concentration(float(x)) for x in (values[0], low, high)))
