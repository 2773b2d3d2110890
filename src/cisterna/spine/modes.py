"""The engine: one symmetric eigendecomposition, then everything exactly in time.

With A = T·M·T⁻¹ (T diagonal, M symmetric) and M = Q Λ Qᵀ, a source vector s (mg/h) held constant
for τ hours takes the modal amplitudes y = Qᵀ T⁻¹ c from y₀ to

    y(τ) = e^{Λτ} y₀ + (e^{Λτ} − 1)/Λ · Qᵀ T⁻¹ V⁻¹ s,

so any piecewise-constant delivery is answered exactly at every event. Under a repeating delivery
the periodic steady state is y = (1 − e^{ΛL})⁻¹ · (response of one cycle from zero).
Units: cm, h, mg, mL.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.linalg import eigh

from cisterna.spine.network import Array, Network

Piece = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Modes:
    """A decomposed network: `rates_per_h` Λ (all negative), `shapes` T·Q, `sources` Qᵀ T⁻¹ V⁻¹."""

    rates_per_h: Array
    shapes: Array
    sources: Array
    inverse: Array

    @classmethod
    def of(cls, network: Network) -> "Modes":
        """Decompose a network; its losses must drain every node in the long run."""
        t = network.scaling()
        symmetric = network.rate_matrix() * t[None, :] / t[:, None]
        rates, q = eigh(0.5 * (symmetric + symmetric.T), driver="evd", check_finite=False)
        inverse = q.T / t[None, :]
        return cls(rates, t[:, None] * q, inverse / network.volume_ml[None, :], inverse)

    # one piece ---------------------------------------------------------------------

    def after(self, y: Array, drive: Array, hours: float) -> Array:
        """Amplitudes after `hours` under the constant modal drive `drive` (sources @ s)."""
        decay = np.expm1(self.rates_per_h * hours)
        return np.asarray(y + decay * y + decay / self.rates_per_h * drive)

    def integral(self, y: Array, drive: Array, hours: float) -> Array:
        """∫ y dt over the piece."""
        k = self.rates_per_h
        grown = np.expm1(k * hours) / k
        return np.asarray(grown * y + (grown - hours) / k * drive)

    # deliveries ----------------------------------------------------------------------

    def drive(self, site: Array) -> Array:
        """Modal drive of 1 mg/h that enters the nodes in the shares of `site` (sum 1)."""
        return np.asarray(self.sources @ site)

    def steady(self, site: Array) -> Array:
        """Amplitudes under 1 mg/h for ever."""
        return np.asarray(-self.drive(site) / self.rates_per_h)

    def run(self, unit: Array, pieces: Iterable[Piece], start: Array) -> list[Array]:
        """Amplitudes at the start and after each piece of (hours, mg/h)."""
        states = [start]
        for hours, rate in pieces:
            states.append(self.after(states[-1], unit * rate, hours))
        return states

    def periodic(self, unit: Array, cycle: Sequence[Piece]) -> Array:
        """Amplitudes at the start of each cycle once the repeating delivery has settled."""
        zero = np.zeros_like(self.rates_per_h)
        response = self.run(unit, cycle, zero)[-1]
        length = sum(hours for hours, _ in cycle)
        return np.asarray(-response / np.expm1(self.rates_per_h * length))

    def mean(self, unit: Array, pieces: Sequence[Piece], start: Array) -> Array:
        """Mean amplitudes over the pieces."""
        total, y, length = np.zeros_like(start), start, 0.0
        for hours, rate in pieces:
            total = total + self.integral(y, unit * rate, hours)
            y = self.after(y, unit * rate, hours)
            length += hours
        return np.asarray(total / length)

    def amplitudes(self, concentrations: Array) -> Array:
        """Modal amplitudes of given concentrations (for a bolus that starts spread out)."""
        return np.asarray(self.inverse @ concentrations)

    def concentrations(self, y: Array) -> Array:
        """Concentration of every node (mg/mL)."""
        return np.asarray(self.shapes @ y)
