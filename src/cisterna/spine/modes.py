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

from cisterna.spine.drive import Piece, mass, split
from cisterna.spine.network import Array, Network

_BLOCK = 64
_GONE = -40.0
_SAME_H = 9
_NEAR = 1e-6


@dataclass(frozen=True, slots=True)
class Modes:
    """A decomposed network.

    `rates_per_h` Λ (negative, fastest first), `shapes` T·Q, `sources` Qᵀ T⁻¹ V⁻¹, `inverse`
    Qᵀ T⁻¹.
    """

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
        blocks = split(pieces, _BLOCK * step)
        states, seen = self.run(unit, blocks, start), (rows @ self.shapes).T
        ends = states @ seen
        hours, levels = _between(self.rates_per_h, seen, unit, blocks, states, ends, step)
        levels = np.maximum(levels.T, 0.0)
        return hours, levels, np.maximum(levels.max(axis=1), ends.max(axis=0))

    def amplitudes(self, concentrations: Array) -> Array:
        """Modal amplitudes of given concentrations (for a bolus that starts spread out)."""
        return np.asarray(self.inverse @ concentrations)

    def concentrations(self, y: Array) -> Array:
        """Concentration of every node (mg/mL)."""
        return np.asarray(self.shapes @ y)


def run(rates: Array, unit: Array, pieces: Sequence[Piece], start: Array) -> Array:
    """Amplitudes (piece + 1, mode) of modes that decay at `rates` (1/h, negative)."""
    table = np.array(pieces, dtype=np.float64).reshape(-1, 2)
    table[:, 0] = np.round(table[:, 0], _SAME_H)
    kinds, kind = np.unique(table, axis=0, return_inverse=True)
    exponents = np.outer(kinds[:, 0], rates)
    kept = np.exp(exponents)
    added = np.expm1(exponents) / rates * unit * kinds[:, 1:]
    states = np.empty((len(pieces) + 1, len(rates)))
    states[0] = start
    for n, which in enumerate(kind.ravel().tolist()):
        after = states[n + 1]
        np.multiply(states[n], kept[which], out=after)
        after += added[which]
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
    ends: Array,
    step: float,
) -> tuple[Array, Array]:
    """Levels (hour, output) at every multiple of the step and at the end.

    `seen` is (mode, output); `ends` holds the levels at the ends of the blocks. The n-th hour
    inside every block is answered at once; a mode that has died out since the start of its block
    (e^−40) is left out.
    """
    table = np.array(blocks)
    starts = np.concatenate(([0.0], np.cumsum(table[:, 0])))
    first = np.ceil(starts / step - _NEAR).astype(int)
    last = int(np.floor(starts[-1] / step + _NEAR))
    count = np.diff(np.append(first[:-1], last + 1))
    delay = first[:-1] * step - starts[:-1]
    late = np.flatnonzero(delay > _NEAR * step)
    rest = -unit / rates
    moving = states[:-1] - np.outer(table[:, 1], rest)
    moving[late] *= np.exp(np.outer(delay[late], rates))
    settled = np.outer(table[:, 1], rest @ seen)
    levels = np.empty((last + 1, seen.shape[1]))
    levels[first[:-1][count > 0]] = ends[:-1][count > 0]
    for n in range(int(count.max())):
        here = np.flatnonzero(count > n) if n else late[count[late] > 0]
        alive = int(np.searchsorted(rates * step * n, _GONE))
        fading = seen[alive:] * np.exp(rates[alive:, None] * step * n)
        levels[first[here] + n] = moving[here, alive:] @ fading + settled[here]
    hours = np.asarray(np.arange(last + 1) * step)
    if starts[-1] - hours[-1] <= _NEAR * step:
        return hours, levels
    return np.append(hours, starts[-1]), np.vstack([levels, ends[-1]])
