"""The engine: one symmetric eigendecomposition, then everything exactly in time.

With A = T·M·T⁻¹ (T diagonal, M symmetric) and M = Q Λ Qᵀ, a source vector s (mg/h) held constant
for τ hours takes the modal amplitudes y = Qᵀ T⁻¹ c from y₀ to

    y(τ) = e^{Λτ} y₀ + (e^{Λτ} − 1)/Λ · Qᵀ T⁻¹ V⁻¹ s,

so any piecewise-constant delivery is answered exactly at every event. Under a repeating delivery
the periodic steady state is y = (1 − e^{ΛL})⁻¹ · (response of one cycle from zero).
Units: cm, h, mg, mL.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.linalg import eigh

from cisterna.spine.drive import Piece, cut, mass
from cisterna.spine.network import Array, Network

_BLOCK = 64
_GONE = -40.0
_SAME_H = 9


@dataclass(frozen=True, slots=True)
class Modes:
    """A decomposed network: `rates_per_h` Λ (negative, fastest first), `shapes` T·Q,
    `sources` Qᵀ T⁻¹ V⁻¹, `inverse` Qᵀ T⁻¹."""

    rates_per_h: Array
    shapes: Array
    sources: Array
    inverse: Array

    @classmethod
    def of(cls, network: Network, person: int = 0) -> "Modes":
        """Decompose one person's network; its losses must drain every node in the long run."""
        t = network.scaling(person)
        symmetric = network.rate_matrix(person) * t[None, :] / t[:, None]
        rates, q = eigh(0.5 * (symmetric + symmetric.T), driver="evd", check_finite=False)
        inverse = q.T / t[None, :]
        volume = network.volume_ml[:, person]
        return cls(rates, t[:, None] * q, inverse / volume[None, :], inverse)

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

    def run(self, unit: Array, pieces: Sequence[Piece], start: Array) -> Array:
        """Amplitudes (piece + 1, mode) at the start and after each piece of (hours, mg/h)."""
        return run(self.rates_per_h, unit, pieces, start)

    def periodic(self, unit: Array, cycle: Sequence[Piece]) -> Array:
        """Amplitudes at the start of each cycle once the repeating delivery has settled."""
        response = self.run(unit, cycle, np.zeros_like(self.rates_per_h))[-1]
        length = sum(hours for hours, _ in cycle)
        return np.asarray(-response / np.expm1(self.rates_per_h * length))

    def mean(self, unit: Array, pieces: Sequence[Piece], start: Array) -> Array:
        """Mean amplitudes over the pieces."""
        return mean(self.rates_per_h, unit, pieces, start)

    def sampled(
        self, rows: Array, unit: Array, pieces: Sequence[Piece], start: Array, step: float
    ) -> tuple[Array, Array, Array]:
        """What `rows` (output, node) read every `step` hours and at the end, from the start on.

        Returns the hours, the levels (output, hour), and the highest level of each output at any
        of these hours or at the end of a piece. Exact: each piece is answered at its own times.
        """
        blocks = cut(pieces, _BLOCK * step)
        states, seen = self.run(unit, blocks, start), rows @ self.shapes
        ends = seen @ states.T
        hours, levels = _between(self.rates_per_h, seen, unit, blocks, states, step)
        if hours[-1] < sum(length for length, _ in blocks) - 10.0**-_SAME_H:
            hours = np.append(hours, sum(length for length, _ in blocks))
            levels = np.column_stack([levels, ends[:, -1]])
        levels = np.maximum(levels, 0.0)
        return hours, levels, np.maximum(levels.max(axis=1), ends.max(axis=1))

    def amplitudes(self, concentrations: Array) -> Array:
        """Modal amplitudes of given concentrations (for a bolus that starts spread out)."""
        return np.asarray(self.inverse @ concentrations)

    def concentrations(self, y: Array) -> Array:
        """Concentration of every node (mg/mL)."""
        return np.asarray(self.shapes @ y)


def run(rates: Array, unit: Array, pieces: Sequence[Piece], start: Array) -> Array:
    """Amplitudes (piece + 1, mode) of modes that decay at `rates` (1/h, negative)."""
    lengths = np.round([hours for hours, _ in pieces], _SAME_H)
    _, first, kind = np.unique(lengths, return_index=True, return_inverse=True)
    exponents = np.outer(np.array([pieces[n][0] for n in first]), rates)
    kept, grown = np.exp(exponents), np.expm1(exponents) / rates * unit
    states = np.empty((len(pieces) + 1, len(rates)))
    states[0] = start
    added = np.empty_like(start)
    for n, which in enumerate(kind.tolist()):
        np.multiply(states[n], kept[which], out=states[n + 1])
        if rate := pieces[n][1]:
            np.multiply(grown[which], rate, out=added)
            states[n + 1] += added
    return states


def mean(rates: Array, unit: Array, pieces: Sequence[Piece], start: Array) -> Array:
    """Mean amplitudes over the pieces: the balance Λ·∫y = y(end) − y(start) − drive."""
    end = run(rates, unit, pieces, start)[-1]
    length = sum(hours for hours, _ in pieces)
    return np.asarray((end - start - unit * mass(pieces)) / (rates * length))


def _between(
    rates: Array,
    seen: Array,
    unit: Array,
    blocks: Sequence[Piece],
    states: Array,
    step: float,
) -> tuple[Array, Array]:
    """Levels at every multiple of the step: the i-th hour inside every block at once.

    A mode that has died out since the start of its block (e^−40) is left out.
    """
    lengths = np.array([hours for hours, _ in blocks])
    doses = np.array([rate for _, rate in blocks])
    starts = np.concatenate(([0.0], np.cumsum(lengths)))
    number = np.ceil(starts / step - 1e-6).astype(int)
    number[-1] = int(np.floor(starts[-1] / step + 1e-6)) + 1
    count = np.diff(number)
    delay = np.maximum(number[:-1] * step - starts[:-1], 0.0)
    rest = -unit / rates
    moving = (states[:-1] - np.outer(doses, rest)) * np.exp(np.outer(delay, rates))
    settled = seen @ rest
    levels = np.empty((len(seen), int(number[-1])))
    for n in range(int(count.max())):
        here = np.flatnonzero(count > n)
        alive = int(np.searchsorted(rates * step * n, _GONE))
        fading = seen[:, alive:] * np.exp(rates[alive:] * step * n)
        levels[:, number[:-1][here] + n] = (
            fading @ moving[here, alive:].T + settled[:, None] * doses[here]
        )
    return np.arange(number[-1]) * step, levels
