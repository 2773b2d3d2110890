"""The modes as small JSON, so that a page can redraw the spine while a value is dragged.

For one drug in the default person: for every tip level, how strongly 1 mg/h drives each slow mode;
for every output (26 levels of CSF, cistern, brainstem), how each mode is seen. Modes faster than
`FAST_PER_H`, and those that nowhere make up `SMALLEST` of a settled level, are taken to follow the
delivery at once: they are folded into one instant gain, exact in the steady state. The page needs
only multiplications:

    y_k(t + τ) = e^{λ_k τ} y_k(t) + (e^{λ_k τ} − 1)/λ_k · drive_k · rate
    c_out(t) = Σ_k see_{out,k} · y_k(t) + instant_{out,tip} · rate.

Units: h, mg, mL. `band` is the settled 5 and 95 % factor around the default person's level.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from cisterna.facts import Library
from cisterna.facts.spine import levels
from cisterna.spine.cohort import Draw, cohort, default_draw
from cisterna.spine.network import Array
from cisterna.spine.reading import SITES, default_modes, settled

FAST_PER_H = 60.0
SMALLEST = 1e-5
_DIGITS = 6


@dataclass(frozen=True, slots=True)
class Export:
    """Slow modes of one drug: see the module for the recurrence."""

    drug: str
    tips: tuple[str, ...]
    outputs: tuple[str, ...]
    rates_per_h: Array
    drive: Array
    see: Array
    instant: Array
    low: Array
    high: Array

    def settled(self, tip: str, rate_mg_per_h: float) -> Array:
        """Level of every output under a constant rate, from the exported numbers alone."""
        row = self.tips.index(tip)
        y = -self.drive[row] / self.rates_per_h
        return np.asarray((self.see @ y + self.instant[:, row]) * rate_mg_per_h)

    def json(self) -> dict[str, object]:
        """The export as JSON-ready values with six significant digits."""
        arrays = ("rates_per_h", "drive", "see", "instant", "low", "high")
        return {
            "schema": "cisterna/modes/1",
            "drug": self.drug,
            "units": {"time": "h", "rate": "mg/h", "concentration": "mg/mL"},
            "tips": list(self.tips),
            "outputs": list(self.outputs),
            **{name: _short(getattr(self, name)) for name in arrays},
        }


@lru_cache(maxsize=32)
def export(library: Library, drug: str, size: int = 200, seed: int = 1) -> Export:
    """The modes of a drug with the settled band of `size` virtual persons.

    Raises `KeyError` for a drug whose loss from the CSF is not known.
    """
    built, modes = default_modes(library, drug)
    names = built.canal.names
    rows = np.vstack([built.level_rows(), np.eye(built.network.size)[_nodes(built.cranial)]])
    drive = np.array([modes.drive(built.site(tip)) for tip in names])
    see = rows @ modes.shapes
    slow = _kept(modes.rates_per_h, drive, see)
    fast = ~slow
    instant = see[:, fast] @ (-drive[:, fast] / modes.rates_per_h[fast]).T
    middle, others = (
        _settled(draw, drug) for draw in (default_draw(library), cohort(library, seed, size))
    )
    low, high = np.percentile(others / middle, [5, 95], axis=2)
    return Export(
        drug,
        names,
        (*names, *SITES),
        modes.rates_per_h[slow],
        drive[:, slow],
        see[:, slow],
        instant,
        low,
        high,
    )


def _kept(rates_per_h: Array, drive: Array, see: Array) -> NDArray[np.bool_]:
    """Which modes are slow, and somewhere more than a trace of a settled level."""
    gain = -drive / rates_per_h
    level = (see @ gain.T)[:, :, None]
    share = np.abs(see[:, None, :] * gain / level).max(axis=(0, 1))
    return np.asarray((-rates_per_h < FAST_PER_H) & (share > SMALLEST))


def _nodes(cranial: dict[str, int]) -> list[int]:
    return [cranial[name] for name in SITES]


def _settled(draw: Draw, drug: str) -> Array:
    """Settled level per 1 mg/h of every output (rows) for every tip (columns) and person."""
    tips = [settled(draw, drug, level.name, 1.0) for level in levels()]
    return np.stack([np.vstack([one.csf, one.sites]) for one in tips], axis=1)


def _short(values: Array) -> object:
    """Nested lists with six significant digits."""
    if values.ndim == 1:
        return [float(f"{x:.{_DIGITS}g}") for x in values]
    return [_short(row) for row in values]
