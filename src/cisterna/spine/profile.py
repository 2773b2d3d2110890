"""The settled profile: what a constant mean dose comes to along the spine, with its band.

A steady state needs no time stepping: one linear solve, for all virtual persons at once. For
schedules the mean dose is used; `cisterna.spine.forecast` follows them through time.
"""

from dataclasses import dataclass, field

import numpy as np

from cisterna.facts import Library
from cisterna.facts.spine import levels
from cisterna.order.prescription import Prescription
from cisterna.order.schedule import schedule
from cisterna.quantity import Quantity
from cisterna.spine.cohort import cohort, default_draw
from cisterna.spine.forecast import ASSUMPTIONS, Progress, concentration
from cisterna.spine.network import Array
from cisterna.spine.reading import SITES, Reading, groups, settled, together
from cisterna.spine.refusal import NoForecast, answered


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


def profile(
    rx: Prescription,
    library: Library,
    size: int = 500,
    seed: int = 1,
    progress: Progress = iter,
) -> Profile:
    """The settled profile of an order."""
    known, refusals = answered(rx, library)
    doses = rx.doses_of(schedule(rx).mean)
    drugs = [drug for drug in known if doses[drug]]
    tip = rx.catheter.tip if rx.catheter else None
    rates = {drug: float(doses[drug].number("mg/h")) for drug in drugs}
    others: dict[str, list[Reading]] = {drug: [] for drug in drugs}
    persons = cohort(library, seed, size) if drugs else None
    work = [(d, part) for part in (groups(persons, size) if persons else ()) for d in drugs]
    for drug, part in progress(work):
        others[drug].append(settled(part, drug, str(tip), rates[drug]))
    default = default_draw(library)
    found = tuple(
        _profile(d, doses[d], settled(default, d, str(tip), rates[d]), together(others[d]))
        for d in drugs
    )
    return Profile(tip, found, tuple(refusals), size)


def _profile(drug: str, dose: Quantity, one: Reading, others: Reading) -> DrugProfile:
    names = [level.name for level in levels()]
    corded = [n for n, level in enumerate(levels()) if level.cord_area.base > 0]
    return DrugProfile(
        drug,
        dose,
        {name: _band(one.csf[n], others.csf[n]) for n, name in enumerate(names)},
        {names[n]: _band(one.cord[n], others.cord[n]) for n in corded},
        {name: _band(one.sites[n], others.sites[n]) for n, name in enumerate(SITES)},
        None if one.plasma is None or others.plasma is None else _band(one.plasma, others.plasma),
    )


def _band(value: Array, others: Array) -> Band:
    """The default person's value, and the band of the others."""
    low, high = np.percentile(others, [5, 95])
    return Band(*(concentration(float(x)) for x in (value[0], low, high)))
