"""The forecast: what a delivery does along the canal, with a band over virtual persons.

An estimate from a one-dimensional model: level means, not concentrations at a point. It advises a
person and prefills no dose. The canal is drug-free at the start.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

import numpy as np

from cisterna.facts import Library
from cisterna.facts.spine import Level, levels
from cisterna.order.form import Problem, Unusable
from cisterna.order.plan import bridge_of
from cisterna.order.prescription import Prescription
from cisterna.order.tip import settled_trace, tip_trace
from cisterna.order.trace import TipTrace
from cisterna.quantity import Quantity, show
from cisterna.spine.canal import canal
from cisterna.spine.cohort import Draw, cohort, default_draw
from cisterna.spine.drive import cut, last, pieces_of
from cisterna.spine.model import CRANIAL, Model, model
from cisterna.spine.modes import Modes, Piece
from cisterna.spine.network import Array
from cisterna.spine.plasma import Plasma
from cisterna.spine.refusal import NoForecast, answered

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
    progress: Callable[[Iterable[int]], Iterable[int]] = iter,
) -> Forecast:
    """The forecast of an order from its fill on, through what its line holds and its bridge.

    Raises `Unusable` for a run that cannot be made, `Refused` where the line cannot be followed.
    """
    _refuse_run(days, size, every)
    trace = tip_trace(rx, bridge_of(rx, library), Quantity.of(days, "day"))
    settled = settled_trace(rx)
    cycles = {c.drug.id: pieces_of(settled, c.drug.id) for c in rx.solution.components}
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
    settled: dict[str, list[Piece]],
    size: int = 500,
    seed: int = 1,
    every: Quantity = HOUR,
    progress: Callable[[Iterable[int]], Iterable[int]] = iter,
) -> Forecast:
    """The forecast of one order from its trace at the tip.

    `settled` is one cycle of the schedule for each drug, for the periodic steady state. `progress`
    wraps the loop over virtual persons.
    """
    step = float(every.number("h"))
    drugs, refusals = answered(rx, library)
    table = levels()
    runs = {d: cut(pieces_of(trace, d), step) for d in drugs}
    answers: dict[str, list[_Answer]] = {d: [] for d in drugs}
    for number in progress(range(size + 1 if drugs else 0)):
        draw = default_draw(library) if number == 0 else cohort(library, seed, number)
        for drug in drugs:
            answers[drug].append(
                _answer(draw, drug, trace.tip, table, runs[drug], settled[drug], number == 0)
            )
    names = tuple(level.name for level in table)
    fields = {d: _field(answers[d][0], step, names) for d in drugs}
    return _gather(rx, trace, drugs, answers, tuple(refusals), size, fields)


def _field(answer: "_Answer", step: float, names: tuple[str, ...]) -> Field:
    """The default person at the multiples of the step and at the end."""
    hours = answer.hours
    kept = np.abs(hours / step - np.round(hours / step)) < 1e-6
    kept[-1] = True
    return Field(hours[kept], answer.csf[:, kept], names)


@dataclass(frozen=True, slots=True)
class _Answer:
    """One person's answer: means and peaks by level, and the other sites."""

    mean: Array
    peak: Array
    steady: Array
    steady_peak: Array
    cord: Array
    sites: Array
    plasma: float | None
    hours: Array
    csf: Array


def _answer(
    draw: Draw,
    drug: str,
    tip: str | None,
    table: tuple[Level, ...],
    run: Sequence[Piece],
    cycle: Sequence[Piece],
    whole: bool,
) -> _Answer:
    if tip is None:
        raise ValueError("a forecast needs the level of the tip")
    body = canal(table, draw.person)
    built = model(body, draw.person, draw.kinetics[drug])
    modes = Modes.of(built.network)
    unit = modes.drive(body.site(tip, built.network.size))
    rows = built.level_rows() @ modes.shapes
    zero = np.zeros(built.network.size)
    states = modes.run(unit, run, zero)
    csf = rows @ np.array(states).T
    early, late = last(run, DAY_H)
    before = modes.run(unit, early, zero)[-1]
    mean = modes.mean(unit, late, before)
    settled = modes.periodic(unit, cycle)
    settled_mean = modes.mean(unit, cycle, settled)
    settled_states = np.array(modes.run(unit, cycle, settled)).T
    nodes = [built.cranial[name] for name in CRANIAL[:2]]
    return _Answer(
        mean=rows @ mean,
        peak=csf.max(axis=1),
        steady=rows @ settled_mean,
        steady_peak=(rows @ settled_states).max(axis=1),
        cord=built.cord_rows() @ modes.concentrations(mean),
        sites=modes.concentrations(settled_mean)[nodes],
        plasma=_plasma(draw, drug, built, modes, settled_mean),
        hours=np.concatenate(([0.0], np.cumsum([h for h, _ in run]))) if whole else zero[:0],
        csf=csf if whole else np.zeros((0, 0)),
    )


def _plasma(draw: Draw, drug: str, built: Model, modes: Modes, y: Array) -> float | None:
    """Settled mean plasma level; None where no human clearance is known."""
    kinetics = draw.kinetics[drug]
    if kinetics.plasma_clearance_ml_per_h is None:
        return None
    lost = float(built.network.loss_ml_per_h @ modes.concentrations(y))
    return Plasma(kinetics.plasma_clearance_ml_per_h, kinetics.plasma_volume_ml or 1.0).steady(lost)


def _gather(
    rx: Prescription,
    trace: TipTrace,
    drugs: list[str],
    answers: dict[str, list[_Answer]],
    refusals: tuple[NoForecast, ...],
    size: int,
    fields: dict[str, Field],
) -> Forecast:
    names = tuple(level.name for level in levels())
    ratios = {d: _ratio(answers[d][0], names) for d in drugs}
    return Forecast(
        tip={c.drug.id: _tip(trace, c.drug.id, c.drug.unit) for c in rx.solution.components},
        levels=tuple(v for d in drugs for v in _levels(d, answers[d], names, "mean", "peak")),
        steady=tuple(
            v for d in drugs for v in _levels(d, answers[d], names, "steady", "steady_peak")
        ),
        cord=tuple(v for d in drugs for v in _levels(d, answers[d], names, "cord", "cord")),
        lumbar_cisternal_ratio=ratios.get(rx.primary.drug.id),
        lumbar_cisternal_ratios=ratios,
        cistern={d: _site([a.sites[0] for a in answers[d]]) for d in drugs},
        brainstem={d: _site([a.sites[1] for a in answers[d]]) for d in drugs},
        plasma={d: _maybe_site([a.plasma for a in answers[d]]) for d in drugs},
        refusals=refusals,
        cohort=size,
        days=trace.pieces[-1].end,
        assumptions=ASSUMPTIONS,
        fields=fields,
    )


def _ratio(answer: _Answer, names: tuple[str, ...]) -> Fraction:
    lumbar = np.mean([answer.steady[names.index(n)] for n in LUMBAR])
    return Fraction(float(lumbar / answer.sites[0])).limit_denominator(10**9)


def _tip(trace: TipTrace, drug: str, unit: str) -> TipSummary:
    end = trace.pieces[-1].end
    start = max(Quantity.of(0, "day"), end - Quantity.of(1, "day"))
    rates = [p.doses[drug] for p in trace.pieces if drug in p.doses]
    zero = Quantity.of(0, f"{unit}/day")
    peak = max(rates, key=lambda q: q.base, default=zero)
    daily = trace.mean_rate(drug, start, end)
    return TipSummary(daily.to(f"{unit}/day"), peak.to(f"{unit}/day"))


def _levels(
    drug: str, answers: list[_Answer], names: tuple[str, ...], mean: str, peak: str
) -> Iterable[LevelValue]:
    means = np.array([getattr(a, mean) for a in answers])
    peaks = getattr(answers[0], peak)
    others = means[1:] if len(means) > 1 else means
    low, high = np.percentile(others, [5, 95], axis=0)
    for n, name in enumerate(names):
        yield LevelValue(
            name,
            drug,
            *(concentration(x) for x in (means[0, n], peaks[n], low[n], high[n])),
        )


def _site(values: Sequence[float]) -> SiteValue:
    others = values[1:] if len(values) > 1 else values
    low, high = np.percentile(np.array(others), [5, 95])
    return SiteValue(*(concentration(float(x)) for x in (values[0], low, high)))


def _maybe_site(values: Sequence[float | None]) -> SiteValue | None:
    known = [v for v in values if v is not None]
    return _site(known) if known else None


def concentration(mg_per_ml: float) -> Quantity:
    """A model value as a quantity in ng/mL, to six significant digits (it is no more exact)."""
    rounded = float(f"{max(mg_per_ml, 0.0) * 1e6:.6g}")
    return Quantity.of(Fraction(str(rounded)), "ng/mL")
