"""Dispersed flow to the tip: fronts blurred by Taylor–Aris dispersion in the line.

A solute in laminar flow through a tube spreads with K = D (1 + Pe²/48), Pe = a·u/D (Aris 1956,
doi:10.1098/rspa.1956.0065). In pumped volume v the front of a new slug, entering a line of volume
V, leaves the tip with the inverse Gaussian distribution of mean V and shape λ = V²/σ², σ² being
the spread per pumped volume (flux-averaged concentrations: Kreft and Zuber 1978,
doi:10.1016/0009-2509(78)85196-3). Its integral has a closed form, so mass is conserved to rounding.
With several flows σ² is the mean over the passage of the front. The pump's internal tubing is
taken as more catheter of the same bore. Floats: mL, s and cm inside this module.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction

from cisterna.order.delivery import Run
from cisterna.order.trace import Slug, TipPiece, TipTrace
from cisterna.quantity import Quantity

_DAY_S = 86_400.0


@dataclass(frozen=True, slots=True)
class Tube:
    """The line as a tube: cross-section `area_cm2` follows from volume per length."""

    area_cm2: float

    @classmethod
    def of(cls, volume_per_length: Quantity) -> "Tube":
        """A round tube of this volume per length."""
        return cls(float(volume_per_length.number("mL/cm")))

    def dispersion_cm2_per_s(self, flow_ml_per_s: float, diffusivity_cm2_per_s: float) -> float:
        """Taylor–Aris dispersion coefficient at this flow."""
        radius_squared = self.area_cm2 / math.pi
        u = flow_ml_per_s / self.area_cm2
        d = diffusivity_cm2_per_s
        return d + radius_squared * u * u / (48.0 * d)

    def spread_ml2_per_s(self, flow_ml_per_s: float, diffusivity_cm2_per_s: float) -> float:
        """Growth of the variance of a front, in pumped volume squared per time."""
        k = self.dispersion_cm2_per_s(flow_ml_per_s, diffusivity_cm2_per_s)
        return 2.0 * k * self.area_cm2**2


@dataclass(frozen=True, slots=True)
class Front:
    """A front at distance `mean_ml` (in line volume) from the tip, with its shape λ."""

    mean_ml: float
    shape_ml: float

    def passed(self, v: float) -> float:
        """Fraction of the front that has left the tip when `v` mL have been pumped."""
        if v <= 0.0:
            return 0.0
        root = math.sqrt(self.shape_ml / v)
        a = root * (v / self.mean_ml - 1.0)
        b = root * (v / self.mean_ml + 1.0)
        return min(1.0, _normal(a) + _mirror(a, b))

    def passed_integral(self, v: float) -> float:
        """∫₀ᵛ passed: mL of the new slug (as if undiluted) that have left the tip."""
        if v <= 0.0:
            return 0.0
        root = math.sqrt(self.shape_ml / v)
        a = root * (v / self.mean_ml - 1.0)
        b = root * (v / self.mean_ml + 1.0)
        # E[min(X, v)] of the inverse Gaussian: v (1 − F) + mean (Φ(a) − mirrored tail).
        kept = v * (1.0 - _normal(a) - _mirror(a, b))
        partial = self.mean_ml * (_normal(a) - _mirror(a, b))
        return v - (kept + partial)


def _normal(x: float) -> float:
    return 0.5 * math.erfc(-x / math.sqrt(2.0))


def _mirror(a: float, b: float) -> float:
    """exp(2λ/μ)·Φ(−b), written with the scaled complement so that nothing overflows."""
    return 0.5 * math.exp(-0.5 * a * a) * _erfcx(b / math.sqrt(2.0))


def _erfcx(x: float) -> float:
    """exp(x²)·erfc(x) for x ≥ 0, by Lentz's continued fraction beyond where the product is safe."""
    if x < 5.0:
        return math.exp(x * x) * math.erfc(x)
    tail = 0.0
    for k in range(60, 0, -1):
        tail = 0.5 * k / (x + tail)
    return 1.0 / ((x + tail) * math.sqrt(math.pi))


def dispersed_trace(
    start: datetime,
    tip: str | None,
    runs: Iterable[Run],
    line: Sequence[Slug],
    reservoir: Slug,
    tube: Tube,
    diffusivities: dict[str, Quantity],
    step: Quantity,
) -> TipTrace:
    """The trace with dispersion, as means over steps of `step` (and over every change of flow).

    The total of each drug over the run equals what plug flow gives once the line has been passed.
    """
    cut = list(_cut(list(runs), step.number("day")))
    slugs = [*line, reservoir]
    names = sorted({name for s in slugs for name in s.concentrations})
    curves = {
        name: _Curve.of(slugs, name, cut, tube, _cm2_per_s(diffusivities[name])) for name in names
    }
    pieces, v = [], 0.0
    for begin, end, flow in cut:
        after = v + float((end - begin) * flow)
        span = float(end - begin)
        doses = {n: _rate((c.mass_mg(after) - c.mass_mg(v)) / span) for n, c in curves.items()}
        rate = Quantity.of(flow, "mL/day")
        pieces.append(TipPiece(Quantity.of(begin, "day"), Quantity.of(end, "day"), rate, doses))
        v = after
    return TipTrace(start, tip, tuple(pieces))


@dataclass(frozen=True, slots=True)
class _Curve:
    """Cumulative mass of one drug at the tip as a sum over fronts of concentration steps."""

    first_mg_per_ml: float
    steps: tuple[tuple[Front, float], ...]

    @classmethod
    def of(
        cls, slugs: Sequence[Slug], name: str, runs: list[Run], tube: Tube, diffusivity: float
    ) -> "_Curve":
        levels = [_mg_per_ml(s, name) for s in slugs]
        steps, distance = [], 0.0
        for s, before, after in zip(slugs, levels, levels[1:], strict=False):
            distance += float(s.volume.number("mL"))
            if distance > 0.0 and before != after:
                shape = _shape(distance, runs, tube, diffusivity)
                steps.append((Front(distance, shape), after - before))
            elif before != after:
                levels[0] = after
        return cls(levels[0], tuple(steps))

    def mass_mg(self, v: float) -> float:
        return self.first_mg_per_ml * v + sum(f.passed_integral(v) * c for f, c in self.steps)


def _shape(distance_ml: float, runs: list[Run], tube: Tube, diffusivity: float) -> float:
    """λ of a front from the spread gathered until its mean arrives (last flow goes on for ever)."""
    left, variance = distance_ml, 0.0
    for begin, end, flow in runs:
        if not flow:
            variance += float(end - begin) * _DAY_S * tube.spread_ml2_per_s(0.0, diffusivity)
            continue
        rate = float(flow) / _DAY_S
        seconds = min(left / rate, float(end - begin) * _DAY_S)
        variance += seconds * tube.spread_ml2_per_s(rate, diffusivity)
        left -= seconds * rate
        if left <= 1e-12:
            break
    travelled = distance_ml - left
    per_ml = variance / travelled if travelled > 0.0 else 1e-12
    return distance_ml**2 / per_ml


def _cut(runs: list[Run], step: Fraction) -> Iterable[Run]:
    for begin, end, flow in runs:
        at = begin
        while at < end:
            stop = min(end, (at // step + 1) * step)
            yield at, stop, flow
            at = stop


def _mg_per_ml(part: Slug, name: str) -> float:
    found = part.concentrations.get(name)
    return 0.0 if found is None else float(found.number("mg/mL"))


def _cm2_per_s(value: Quantity) -> float:
    return float(value.number("cm2/s"))


def _rate(mg_per_day: float) -> Quantity:
    return Quantity.of(Fraction(mg_per_day), "mg/day")
