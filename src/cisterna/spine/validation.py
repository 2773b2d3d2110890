"""The model against published measurements, each by a rule written before the run.

pass: the median of the virtual persons lies in the measured range. weak: only the 5 to 95 % band
reaches it, or the band is wider than 30 times. fail: neither. Failures stand as plainly as passes.
An inert tracer leaves with the CSF only: neither dura nor tissue takes any.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Any

import numpy as np

from cisterna.facts import Library
from cisterna.facts.spine import Expectation, ValidationCase, levels, validation_cases
from cisterna.quantity import Quantity, show
from cisterna.spine.canal import canal
from cisterna.spine.cohort import Draw, cohort
from cisterna.spine.model import Model, model
from cisterna.spine.modes import Modes
from cisterna.spine.network import Array
from cisterna.spine.person import Kinetics
from cisterna.spine.plasma import Plasma

RULE = (
    "pass: median inside the measured range; weak: only the 5 to 95 % band reaches it, or the band "
    "is wider than 30 times; fail: neither. A calibration case set a default of the model."
)
_WIDEST = 30.0
_JET_CM = 2.0
_TRACER = "tracer"
_PLASMA = "plasma"
_Course = tuple[Array, Array, float, Array]
_NOTHING = 1e-9
_SITES = {"cistern": "basal cistern", "cranial-sas": "cranial CSF"}
_STEP_H = 1.0 / 30.0


@dataclass(frozen=True, slots=True)
class Row:
    """One expectation of one case: what was measured, what the model says, and the verdict."""

    case: str
    title: str
    role: str
    expectation: str
    measured: str
    modelled: str
    verdict: str
    source: str


@dataclass(frozen=True, slots=True)
class Validation:
    """Every row, with the cases that do not apply and why."""

    rows: tuple[Row, ...]
    not_applicable: dict[str, str]
    counts: dict[str, int]
    cohort: int
    rule: str = RULE


@dataclass(frozen=True, slots=True)
class Run:
    """One drug of one case in one person: levels over time at every site."""

    times_h: Array
    at: Mapping[str, Array]
    steady: Mapping[str, float]
    dose_mg: float
    lost_mg: float
    end_h: float


def validate(
    library: Library,
    size: int = 200,
    seed: int = 1,
    progress: Callable[[Iterable[int]], Iterable[int]] = iter,
) -> Validation:
    """Run every case that can be run, person by person; `progress` wraps their numbers."""
    cases = validation_cases(library)
    persons, asked = cohort(library, seed, size), [c for c in cases if c.role != "not-applicable"]
    values: dict[tuple[str, str], list[float]] = {(c.id, e.id): [] for c in asked for e in c.expect}
    for number in progress(range(size)):
        body = Body(persons.one(number))
        for case in asked:
            runs = {drug: simulate(case, drug, body) for drug in case.drugs}
            for e in case.expect:
                values[case.id, e.id].append(measure(e, case, runs))
    rows = [_row(c, e, np.array(values[c.id, e.id])) for c in asked for e in c.expect]
    left = {c.id: c.reason for c in cases if c.role == "not-applicable"}
    counts = Counter(row.verdict for row in rows)
    return Validation(tuple(rows), left, dict(sorted(counts.items())), size)


@dataclass(slots=True)
class Body:
    """One person, decomposed once for each drug that is asked for."""

    draw: Draw
    made: dict[str, tuple[Model, Modes, Kinetics]] = field(default_factory=dict)

    def drug(self, name: str) -> tuple[Model, Modes, Kinetics]:
        """Model, modes and kinetics of a drug or of the tracer."""
        if name not in self.made:
            draw = self.draw
            kinetics = _tracer(draw) if name == _TRACER else draw.kinetics[name]
            built = model(canal(levels(), draw.person), draw.person, kinetics)
            self.made[name] = (built, Modes.of(built.network), kinetics)
        return self.made[name]


def simulate(case: ValidationCase, drug: str, person: Body) -> Run:
    """One drug of one case in one person."""
    do = case.do
    built, modes, kinetics = person.drug(drug)
    body, size = built.canal, built.network.size
    sites = _rows(built, [*do["sample"], *(_named(e) for e in case.expect)])
    dose, rate, given, watch = _delivery(do, drug)
    shares = body.spread(do["tip"], _JET_CM, size) if given == 0.0 else built.site(do["tip"])
    unit = modes.drive(shares)
    start = np.zeros(size)
    if given == 0.0:
        start = modes.amplitudes(dose * shares / built.network.volume_ml[:, 0])
    elif given == np.inf:
        start, given = modes.steady(shares) * rate, 0.0
    times, states = _course(modes, start, unit * rate, given, watch)
    levels_at = {name: row @ modes.shapes @ states for name, row in sites.items()}
    steady = {
        n: float(row @ modes.concentrations(modes.steady(shares))) for n, row in sites.items()
    }
    course = (start, unit * rate, given, times)
    lost = _lost(built, modes, course)
    if any(_PLASMA in e.where.values() for e in case.expect):
        levels_at[_PLASMA] = _plasma(built, modes, kinetics, course)
    return Run(times, levels_at, steady, dose, lost, given)


def _tracer(draw: Draw) -> Kinetics:
    """Kinetics of a tracer: the losses through dura and into tissue next to nothing."""
    any_drug = next(iter(draw.kinetics.values()))
    nothing = np.array([_NOTHING])
    return replace(
        any_drug,
        k_dura_per_h=nothing,
        theta=nothing,
        uptake_extra_per_h=np.zeros(1),
        plasma_clearance_ml_per_h=None,
    )


def _delivery(do: Mapping[str, Any], drug: str) -> tuple[float, float, float, float]:
    """(dose mg, rate mg/h, hours of delivery, hours to watch); a bolus lasts 0, steady inf."""
    if do["route"] == "bolus":
        return _mg(do["dose"][drug]), 0.0, 0.0, _hours(do["duration"])
    if do["duration"] == "steady":
        rate = float(Quantity.parse(do["rate"][drug]).number("mg/h"))
        return 0.0, rate, np.inf, _hours(do.get("watch", "1 h"))
    hours = _hours(do["duration"])
    watch = hours + (_hours(do["watch"]) if "watch" in do else 0.0)
    if "dose" in do:
        dose = _mg(do["dose"][drug])
        return dose, dose / hours, hours, watch
    rate = float(Quantity.parse(do["rate"][drug]).number("mg/h"))
    return rate * hours, rate, hours, watch


def _mg(text: str) -> float:
    return float(Quantity.parse(text).number("mg"))


def _hours(text: str) -> float:
    return float(Quantity.parse(text).number("h"))


def _named(expectation: Expectation) -> str:
    where = expectation.where
    return where.get("at", where.get("of", "")) or where.get("over", "")


def _rows(built: Model, names: Iterable[str]) -> dict[str, Array]:
    """The row that reads each sampled site."""
    table = built.level_rows()
    rows: dict[str, Array] = {}
    for name in names:
        if name in built.canal.names:
            rows[name] = table[built.canal.names.index(name)]
        elif name in _SITES:
            rows[name] = np.eye(built.network.size)[built.cranial[_SITES[name]]]
    return rows


def _course(
    modes: Modes, start: Array, drive: Array, given: float, watch: float
) -> tuple[Array, Array]:
    """Modal amplitudes on an even grid: exact for each piece, one column for each time."""
    step = min(_STEP_H, watch / 60.0) if watch <= 72.0 else watch / 3000.0
    times = np.arange(0.0, watch + step / 2, step)
    k = modes.rates_per_h[:, None]
    on = np.minimum(times, given)[None, :]
    off = np.maximum(times - given, 0.0)[None, :]
    grown = np.expm1(k * on)
    during = start[:, None] * (1.0 + grown) + grown / k * drive[:, None]
    return times, during * np.exp(k * off)


def _plasma(
    built: Model,
    modes: Modes,
    kinetics: Kinetics,
    course: _Course,
) -> Array:
    """Plasma level over time (nan without a clearance)."""
    start, drive, given, times = course
    gain, zero = built.network.loss_ml_per_h[:, 0] @ modes.shapes, np.zeros_like(start)
    levels_at = np.full(len(times), np.nan)
    if kinetics.plasma_clearance_ml_per_h is not None:
        plasma = Plasma.of(kinetics)
        y, p = start, 0.0
        levels_at[0] = 0.0
        for n in range(1, len(times)):
            now = drive if times[n] <= given + 1e-9 else zero
            hours = float(times[n] - times[n - 1])
            p = plasma.after(p, gain, modes, y, now, hours)
            y = modes.after(y, now, hours)
            levels_at[n] = p
    return levels_at


def _lost(built: Model, modes: Modes, course: _Course) -> float:
    """What reached plasma by the end (mg)."""
    start, drive, given, times = course
    off = max(0.0, float(times[-1]) - given)
    middle, zero = modes.after(start, drive, given), np.zeros_like(start)
    passed = modes.integral(start, drive, given) + modes.integral(middle, zero, off)
    return float(built.network.loss_ml_per_h[:, 0] @ modes.shapes @ passed)


# what a case measures ------------------------------------------------------------------


def measure(expectation: Expectation, case: ValidationCase, runs: Mapping[str, Run]) -> float:
    """The value that an expectation asks of one person, in the unit of its fact."""
    where = expectation.where
    run = runs[where.get("drug", case.drugs[0])] if where.get("of") not in runs else None
    if expectation.quantity == "slope":
        samples = [next(iter(runs.values())).steady[s] for s in case.do["sample"]]
        return float(max(b / a for a, b in pairwise(samples)))
    if expectation.quantity == "ratio":
        return _ratio(expectation, runs, run)
    if run is None:
        raise ValueError(f"{case.id}: {expectation.quantity} of two drugs")
    site = where.get("at") or case.do["sample"][0]
    return _single(expectation, run, site)


def _single(expectation: Expectation, run: Run, site: str) -> float:
    unit = expectation.fact.most.unit.name if expectation.fact else "1"
    level = run.at[site]
    peak = int(np.argmax(level))
    scale = _dose_scale(expectation, run)
    match expectation.quantity:
        case "peak-time":
            return _in(run.times_h[peak], "h", unit)
        case "half-peak-time":
            reached = np.flatnonzero(level >= level[peak] / 2)[0]
            return _in(run.times_h[reached], "h", unit)
        case "half-life":
            return _in(_half_life(run, level), "h", unit)
        case "share":
            return run.lost_mg / run.dose_mg
        case "peak-level" | "level":
            return _in(float(level[peak]) * scale, "mg/mL", unit)
        case "dose-over-exposure":
            return _in(1.0 / run.steady[site], "mL/h", unit)
    raise ValueError(expectation.quantity)


def _dose_scale(expectation: Expectation, run: Run) -> float:
    asked = expectation.where.get("dose")
    return _mg(asked) / run.dose_mg if asked else 1.0


def _ratio(expectation: Expectation, runs: Mapping[str, Run], run: Run | None) -> float:
    where = expectation.where
    if where.get("of") in runs:
        values = [_at_time(runs[where[k]], where["at"], where["time"]) for k in ("of", "over")]
        return values[0] / values[1]
    one = run or next(iter(runs.values()))
    if where["over"] in ("peak", "steady"):
        level = one.at[where["at"]]
        top = float(level.max()) if where["over"] == "peak" else float(level[0])
        return _at_time(one, where["at"], where["time"]) / top
    if "time" in where:
        return _at_time(one, where["of"], where["time"]) / _at_time(
            one, where["over"], where["time"]
        )
    return one.steady[where["of"]] / one.steady[where["over"]]


def _at_time(run: Run, site: str, text: str) -> float:
    return float(np.interp(_hours(text), run.times_h, run.at[site]))


def _half_life(run: Run, level: Array) -> float:
    """From the slope of the logarithm, from an hour after the delivery until 5 % of the peak."""
    late = run.times_h >= run.end_h + 1.0
    high = level >= 0.05 * level.max()
    use = late & high
    slope = np.polyfit(run.times_h[use], np.log(level[use]), 1)[0]
    return float(-np.log(2.0) / slope)


def _in(value: float, unit: str, wanted: str) -> float:
    one = Quantity.of(1, unit)
    return float(value) * float(one.number(wanted))


# verdicts ---------------------------------------------------------------------------------


def _row(case: ValidationCase, expectation: Expectation, values: Array) -> Row:
    p5, median, p95 = (float(x) for x in np.percentile(values, [5, 50, 95]))
    fact = expectation.fact
    if fact is None:
        low, high, unit = -np.inf, 1.0, "1"
        measured = "falls with distance"
    else:
        unit = fact.most.unit.name
        low = float(fact.low.number(unit)) if fact.low is not None else -np.inf
        high = float(fact.high.number(unit)) if fact.high is not None else np.inf
        measured = _range_words(fact.low, fact.high)
    return Row(
        case=case.id,
        title=case.title,
        role=case.role,
        expectation=expectation.id,
        measured=measured,
        modelled=f"{median:.3g} ({p5:.3g} to {p95:.3g}) {unit if unit != '1' else ''}".strip(),
        verdict=verdict(low, high, p5, median, p95),
        source=case.source,
    )


def _range_words(low: Quantity | None, high: Quantity | None) -> str:
    if low is None and high is not None:
        return f"at most {show(high)}"
    if high is None and low is not None:
        return f"at least {show(low)}"
    return f"{show(low).split(' ')[0]} to {show(high)}" if low and high else "–"


def verdict(low: float, high: float, p5: float, median: float, p95: float) -> str:
    """pass, weak or fail by the rule."""
    wide = p5 > 0.0 and p95 / p5 > _WIDEST
    if low <= median <= high:
        return "weak" if wide else "pass"
    return "weak" if p5 <= high and p95 >= low else "fail"
