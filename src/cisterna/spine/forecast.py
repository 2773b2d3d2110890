"""The forecast: what a delivery does along the canal, with a band over virtual persons.

An estimate from a one-dimensional model: level means, not concentrations at a point. It advises a
person and prefills no dose. The canal is drug-free at the start.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

import numpy as np

from cisterna.facts import Library
from cisterna.facts.spine import levels
from cisterna.order.form import Problem, Unusable
from cisterna.order.plan import bridge_of
from cisterna.order.prescription import Prescription
from cisterna.order.tip import settled_trace, tip_trace
from cisterna.order.trace import TipTrace
from cisterna.quantity import Quantity, show
from cisterna.spine.cohort import Draw, cohort, default_draw
from cisterna.spine.drive import Piece, last, mass, pieces_of
from cisterna.spine.model import Model
from cisterna.spine.modes import Modes
from cisterna.spine.modes import mean as mean_amplitudes
from cisterna.spine.modes import run as amplitudes
from cisterna.spine.network import Array
from cisterna.spine.person import Kinetics
from cisterna.spine.poles import Poles, poles
from cisterna.spine.reading import (
    Reading,
    default_modes,
    groups,
    model_of,
    reading,
    together,
)
from cisterna.spine.refusal import NoForecast, answered

Progress = Callable[[Iterable[tuple[str, Draw]]], Iterable[tuple[str, Draw]]]
DAY_H = 24.0
LUMBAR = ("L3", "L4", "L5")
MOST_DAYS, MOST_PERSONS, MOST_STEPS = 90, 10_000, 20_000
HOUR = Quantity.of(1, "h")


@dataclass(frozen=True, slots=True)
class TipSummary:
    """What leaves the tip: the last 24 hours of the run, and the highest rate of all."""

    daily_dose: Quantity
    peak_rate: Quantity


@dataclass(frozen=True, slots=True)
class LevelValue:
    """CSF of one level: mean of the last 24 h (or a settled cycle), peak, band of the means."""

    level: str
    drug: str
    mean: Quantity
    peak: Quantity
    p5: Quantity
    p95: Quantity


@dataclass(frozen=True, slots=True)
class SiteValue:
    """A mean with its band outside the canal: cistern, brainstem tissue, plasma."""

    mean: Quantity
    p5: Quantity
    p95: Quantity


@dataclass(frozen=True, slots=True)
class Forecast:
    """The model's answer, its assumptions, and what it refused."""

    tip: dict[str, TipSummary]
    levels: tuple[LevelValue, ...]
    steady: tuple[LevelValue, ...]
    cord: tuple[LevelValue, ...]
    lumbar_cisternal_ratio: Fraction | None
    lumbar_cisternal_ratios: dict[str, Fraction]
    cistern: dict[str, SiteValue]
    brainstem: dict[str, SiteValue]
    plasma: dict[str, SiteValue | None]
    refusals: tuple[NoForecast, ...]
    cohort: int
    days: Quantity
    assumptions: tuple[str, ...]
    fields: "dict[str, Field]" = field(metadata={"wire": None})


@dataclass(frozen=True, slots=True)
class Field:
    """Concentration of one drug by level and time (h after the start) in mg/mL, default person.

    The times are the multiples of the step and the end, the same for every drug.
    """

    hours: Array
    csf: Array
    levels: tuple[str, ...]


ASSUMPTIONS = (
    "The canal holds no drug at the start; patient doses are not included.",
    "Level means only: within about 2 cm of the tip the true concentration can be several times "
    "higher, and the model does not see which side of the cord the tip lies on.",
    "It does not apply with a blocked or narrowed canal, deformity, leak, shunt or drain, in "
    "infants, or to fast injections.",
    "Model estimate, not measured. The band is 5 to 95 % of virtual persons.",
)


def forecast_order(
    rx: Prescription,
    library: Library,
    days: int = 7,
    size: int = 500,
    seed: int = 1,
    every: Quantity = HOUR,
    progress: Progress = iter,
) -> Forecast:
    """The forecast of an order from its fill on, through what its line holds and its bridge.

    Raises `Unusable` for a run that cannot be made, `Refused` where the line cannot be followed.
    """
    _refuse_run(days, size, every)
    trace = tip_trace(rx, bridge_of(rx, library), Quantity.of(days, "day"))
    cycle = settled_trace(rx)
    cycles = {c.drug.id: pieces_of(cycle, c.drug.id) for c in rx.solution.components}
    return forecast(rx, library, trace, cycles, size, seed, every, progress)


def _refuse_run(days: int, size: int, every: Quantity) -> None:
    problems = []
    if not 1 <= days <= MOST_DAYS:
        problems.append(Problem("days", str(days), f"1 to {MOST_DAYS}"))
    elif every <= Quantity.of(0, "h") or Quantity.of(days, "day") > every * MOST_STEPS:
        least = show(Quantity.of(Fraction(days, MOST_STEPS), "day").to("s"), 3)
        problems.append(Problem("every", show(every), f"at least {least} for {days} days"))
    elif every > Quantity.of(days, "day"):
        problems.append(Problem("every", show(every), f"at most the run of {days} days"))
    if not 1 <= size <= MOST_PERSONS:
        problems.append(Problem("cohort", str(size), f"1 to {MOST_PERSONS} virtual persons"))
    if problems:
        raise Unusable("forecast", problems)


def forecast(
    rx: Prescription,
    library: Library,
    trace: TipTrace,
    cycles: dict[str, list[Piece]],
    size: int = 500,
    seed: int = 1,
    every: Quantity = HOUR,
    progress: Progress = iter,
) -> Forecast:
    """The forecast of one order from its trace at the tip.

    `cycles` is one cycle of the schedule for each drug, for the periodic steady state. `progress`
    wraps the loop over groups of virtual persons.
    """
    step = float(every.number("h"))
    drugs, refusals = answered(rx, library)
    tip = _tip_level(trace) if drugs else ""
    runs = {d: pieces_of(trace, d) for d in drugs}
    means = {d: mean_of(runs[d]) for d in drugs}
    bands: dict[str, list[tuple[Reading, Reading]]] = {d: [] for d in drugs}
    persons = cohort(library, seed, size) if drugs else None
    work = [(d, part) for part in (groups(persons, size) if persons else ()) for d in drugs]
    for d, part in progress(work):
        bands[d].append(_persons(part, d, tip, means[d], _rate(cycles[d])))
    answers = {d: _answer(library, d, tip, runs[d], cycles[d], step, bands[d]) for d in drugs}
    return _gather(rx, trace, answers, tuple(refusals), size)


def _tip_level(trace: TipTrace) -> str:
    if trace.tip is None:
        raise ValueError("a forecast needs the level of the tip")
    return trace.tip


@dataclass(frozen=True, slots=True)
class _Answer:
    """One drug: the default person's means and peaks, everyone's means, and the field."""

    mean: Reading
    steady: Reading
    peak: Array
    steady_peak: Array
    means: Reading
    steadies: Reading
    field: Field


def _answer(
    library: Library,
    drug: str,
    tip: str,
    run: Sequence[Piece],
    cycle: Sequence[Piece],
    step: float,
    band: list[tuple[Reading, Reading]],
) -> _Answer:
    built, modes = default_modes(library, drug)
    kinetics, rows = default_draw(library).kinetics[drug], built.level_rows()
    unit, zero = modes.drive(built.site(tip)), np.zeros(built.network.size)
    early, late = last(run, DAY_H)
    mean = modes.mean(unit, late, modes.run(unit, early, zero)[-1])
    start = modes.periodic(unit, cycle)
    hours, csf = modes.sampled(rows, unit, run, zero, step)
    return _Answer(
        mean=_read(built, modes, kinetics, mean),
        steady=_read(built, modes, kinetics, modes.mean(unit, cycle, start)),
        peak=modes.peaks(rows, unit, run, zero),
        steady_peak=modes.peaks(rows, unit, cycle, start),
        means=together([mean for mean, _ in band]),
        steadies=together([steady for _, steady in band]),
        field=Field(hours, csf, tuple(level.name for level in levels())),
    )


def _read(built: Model, modes: Modes, kinetics: Kinetics, y: Array) -> Reading:
    return reading(built, kinetics, modes.concentrations(y)[:, None])


def mean_of(run: Sequence[Piece]) -> Poles:
    """What a delivery leaves on average on its last day, from a drug-free start, for all modes.

    As a share of what 1 mg/h leaves for ever.
    """
    early, late = last(run, DAY_H)

    def function(rates: Array) -> Array:
        unit = np.ones_like(rates)
        before = amplitudes(rates, unit, early, np.zeros_like(rates))[-1]
        return np.asarray(-rates * mean_amplitudes(rates, unit, late, before))

    return poles(function)


def _rate(cycle: Sequence[Piece]) -> float:
    return mass(cycle) / sum(hours for hours, _ in cycle)


def _persons(draw: Draw, drug: str, tip: str, mean: Poles, rate: float) -> tuple[Reading, Reading]:
    """Mean of the last day and settled mean of these persons."""
    built, kinetics = model_of(draw, drug), draw.kinetics[drug]
    rest = np.asarray(built.network.solve(built.site(tip)), dtype=np.float64)
    late = mean.apply(built.network, rest)
    return reading(built, kinetics, late), reading(built, kinetics, rest * rate)


def persons_mean(draw: Draw, drug: str, tip: str, mean: Poles) -> Reading:
    """What these persons have on average, by a mean that `mean_of` gave."""
    return _persons(draw, drug, tip, mean, 0.0)[0]


def _gather(
    rx: Prescription,
    trace: TipTrace,
    answers: dict[str, _Answer],
    refusals: tuple[NoForecast, ...],
    size: int,
) -> Forecast:
    ratios = {d: _ratio(a) for d, a in answers.items()}
    values = answers.items()
    return Forecast(
        tip={c.drug.id: _tip(trace, c.drug.id, c.drug.unit) for c in rx.solution.components},
        levels=tuple(v for d, a in values for v in _levels(d, a.mean.csf, a.peak, a.means.csf)),
        steady=tuple(
            v for d, a in values for v in _levels(d, a.steady.csf, a.steady_peak, a.steadies.csf)
        ),
        cord=tuple(
            v for d, a in values for v in _levels(d, a.mean.cord, a.mean.cord[:, 0], a.means.cord)
        ),
        lumbar_cisternal_ratio=ratios.get(rx.primary.drug.id),
        lumbar_cisternal_ratios=ratios,
        cistern={d: _site(a.steady.sites[0], a.steadies.sites[0]) for d, a in values},
        brainstem={d: _site(a.steady.sites[1], a.steadies.sites[1]) for d, a in values},
        plasma={d: _maybe_site(a.steady.plasma, a.steadies.plasma) for d, a in values},
        refusals=refusals,
        cohort=size,
        days=trace.pieces[-1].end,
        assumptions=ASSUMPTIONS,
        fields={d: a.field for d, a in values},
    )


def _ratio(answer: _Answer) -> Fraction:
    names = answer.field.levels
    lumbar = np.mean([answer.steady.csf[names.index(n), 0] for n in LUMBAR])
    return Fraction(float(lumbar / answer.steady.sites[0, 0])).limit_denominator(10**9)


def _tip(trace: TipTrace, drug: str, unit: str) -> TipSummary:
    end = trace.pieces[-1].end
    start = max(Quantity.of(0, "day"), end - Quantity.of(1, "day"))
    rates = [p.doses[drug] for p in trace.pieces if drug in p.doses]
    zero = Quantity.of(0, f"{unit}/day")
    peak = max(rates, key=lambda q: q.base, default=zero)
    daily = trace.mean_rate(drug, start, end)
    return TipSummary(daily.to(f"{unit}/day"), peak.to(f"{unit}/day"))


def _levels(drug: str, means: Array, peaks: Array, others: Array) -> Iterable[LevelValue]:
    """One value for each level: the default person's mean and peak, the others' band."""
    low, high = np.percentile(others, [5, 95], axis=1)
    for n, level in enumerate(levels()):
        four = (means[n, 0], peaks[n], low[n], high[n])
        yield LevelValue(level.name, drug, *(concentration(float(x)) for x in four))


def _site(value: Array, others: Array) -> SiteValue:
    low, high = np.percentile(others, [5, 95])
    return SiteValue(*(concentration(float(x)) for x in (value[0], low, high)))


def _maybe_site(value: Array | None, others: Array | None) -> SiteValue | None:
    return None if value is None or others is None else _site(value, others)


def concentration(mg_per_ml: float) -> Quantity:
    """A model value as a quantity in ng/mL, to six significant digits (it is no more exact)."""
    rounded = float(f"{max(mg_per_ml, 0.0) * 1e6:.6g}")
    return Quantity.of(Fraction(str(rounded)), "ng/mL")
