"""Plasma as a cascade behind the network: it gets what the network loses, and gives nothing back.

One compartment: V_p dp/dt = q·c(t) − CL p, with c(t) a sum of the network's modes; each piece has
a closed form. Units: h, mg, mL.
"""

from dataclasses import dataclass

import numpy as np

from cisterna.spine.modes import Modes
from cisterna.spine.network import Array
from cisterna.spine.person import Kinetics


@dataclass(frozen=True, slots=True)
class Plasma:
    """Clearance and volume of the systemic compartment."""

    clearance_ml_per_h: float
    volume_ml: float

    @classmethod
    def of(cls, kinetics: Kinetics) -> "Plasma":
        """The plasma of one person; raises `ValueError` where no clearance or volume is known."""
        clearance, volume = kinetics.plasma_clearance_ml_per_h, kinetics.plasma_volume_ml
        if clearance is None or volume is None:
            raise ValueError("the plasma of this drug is not known")
        return cls(float(clearance[0]), float(volume[0]))

    @property
    def rate_per_h(self) -> float:
        """Elimination rate."""
        return self.clearance_ml_per_h / self.volume_ml

    def after(
        self, p: float, gain: Array, modes: Modes, y: Array, drive: Array, hours: float
    ) -> float:
        """Concentration after a piece; `gain` is the losses seen by each mode (mL/h)."""
        k, lam = self.rate_per_h, modes.rates_per_h
        rest = -drive / lam
        moving = y - rest
        gap = lam + k
        near = np.abs(gap * hours) < 1e-9
        grown = np.where(near, hours, np.expm1(gap * hours) / np.where(near, 1.0, gap))
        decayed = float(np.exp(-k * hours))
        rising = -float(np.expm1(-k * hours)) / k
        fed = float(gain @ (moving * grown)) * decayed + float(gain @ rest) * rising
        return decayed * p + fed / self.volume_ml

    def steady(self, lost_mg_per_h: float) -> float:
        """Concentration under a constant inflow."""
        return lost_mg_per_h / self.clearance_ml_per_h
