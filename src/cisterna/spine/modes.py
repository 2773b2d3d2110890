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

from cisterna.spine.drive import Piece, mass, merged, split
from cisterna.spine.network import Array, Network

_BLOCK = 64
_GONE = -40.0
_SAME_H = 13
_NEAR = 1e-6
_FIRST_H, _NEXT = 1.0 / 3600.0, 1.2


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
    ) -> tuple[Array, Array]:
        """What `rows` (output, node) read every `step` hours and at the end, from the start on.

        Returns the hours and the levels (output, hour). Exact: each piece is answered at its own
        times.
        """
        blocks = split(merged(pieces), _BLOCK * step)
        states, seen = self.run(unit, blocks, start), (rows @ self.shapes).T
        hours, levels = _between(self.rates_per_h, seen, unit, blocks, states, step)
        return hours, np.maximum(levels.T, 0.0)

    def peaks(self, rows: Array, unit: Array, pieces: Sequence[Piece], start: Array) -> Array:
        """The highest level of each of `rows` (output, node), whenever it comes.

        Levels at the ends of pieces are exact; a peak between is the top of a parabola through
        three times of its piece.
        """
        whole = merged(pieces)
        states, seen = self.run(unit, whole, start), (rows @ self.shapes).T
        inside = _tops(self.rates_per_h, seen, unit, whole, states[:-1])
        highest = np.maximum(inside, (states @ seen).max(axis=0))
        return np.asarray(np.maximum(highest, 0.0))

    def amplitudes(self, concentrations: Array) -> Array:
        """Modal amplitudes of given concentrations (for a bolus that starts spread out)."""
        return np.asarray(self.inverse @ concentrations)

    def concentrations(self, y: Array) -> Array:
        """Concentration of every node (mg/mL)."""
        return np.asarray(self.shapes @ y)


def run(rates: Array, unit: Array, pieces: Sequence[Piece], start: Array) -> Array:
    """Amplitudes (piece + 1, mode) of modes that decay at `rates` (1/h, negative)."""
    table = np.array(pieces, dtype=np.float64).reshape(-1, 2)
    lengths, kind = np.unique(np.round(table[:, 0], _SAME_H), return_inverse=True)
    exponents = np.outer(lengths, rates)
    kept = np.exp(exponents)
    states = np.empty((len(pieces) + 1, len(rates)))
    states[0] = start
    np.multiply((np.expm1(exponents) / rates * unit)[kind], table[:, 1:], out=states[1:])
    carried = np.empty(len(rates))
    for n, which in enumerate(kind.tolist()):
        np.multiply(states[n], kept[which], out=carried)
        states[n + 1] += carried
    return states


def mean(rates: Array, unit: Array, pieces: Sequence[Piece], start: Array) -> Array:
    """Mean amplitudes over the pieces: the balance Λ·∫y = y(end) − y(start) − drive."""
    end = run(rates, unit, pieces, start)[-1]
    length = sum(hours for hours, _ in pieces)
    return np.asarray((end - start - unit * mass(pieces)) / (rates * length))


def _parts(
    rates: Array, seen: Array, unit: Array, table: Array, states: Array
) -> tuple[Array, Array]:
    """Of every piece: amplitudes above the settled ones, and the settled levels."""
    rest = -unit / rates
    return states - np.outer(table[:, 1], rest), np.outer(table[:, 1], rest @ seen)


def _fading(rates: Array, seen: Array, hours: float) -> tuple[int, Array]:
    """Levels of a unit of each mode after these hours, from the first mode that is left (e^−40)."""
    alive = int(np.searchsorted(rates * hours, _GONE))
    return alive, seen[alive:] * np.exp(rates[alive:, None] * hours)


def _between(
    rates: Array,
    seen: Array,
    unit: Array,
    blocks: Sequence[Piece],
    states: Array,
    step: float,
) -> tuple[Array, Array]:
    """Levels (hour, output) at every multiple of the step and at the end; `seen` (mode, output).

    The n-th hour inside every block is answered at once.
    """
    table, ends = np.array(blocks), states @ seen
    starts = np.concatenate(([0.0], np.cumsum(table[:, 0])))
    first = np.ceil(starts / step - _NEAR).astype(int)
    last = int(np.floor(starts[-1] / step + _NEAR))
    count = np.diff(np.append(first[:-1], last + 1))
    delay = first[:-1] * step - starts[:-1]
    late = np.flatnonzero(delay > _NEAR * step)
    moving, settled = _parts(rates, seen, unit, table, states[:-1])
    moving[late] *= np.exp(np.outer(delay[late], rates))
    levels = np.empty((last + 1, seen.shape[1]))
    levels[first[:-1][count > 0]] = ends[:-1][count > 0]
    for n in range(int(count.max())):
        here = np.flatnonzero(count > n) if n else late[count[late] > 0]
        alive, fading = _fading(rates, seen, step * n)
        levels[first[here] + n] = moving[here, alive:] @ fading + settled[here]
    hours = np.asarray(np.arange(last + 1) * step)
    if starts[-1] - hours[-1] <= _NEAR * step:
        return hours, levels
    return np.append(hours, starts[-1]), np.vstack([levels, ends[-1]])


def _tops(rates: Array, seen: Array, unit: Array, pieces: Sequence[Piece], states: Array) -> Array:
    """The highest top inside any piece, by output; zero where no level turns inside one.

    After a change of rate a level moves ever more slowly: the times grow by a fixed factor from
    `_FIRST_H` on, and three of them around a top make a parabola in the logarithm of time. The
    longest piece comes first, so that those still running are the first ones.
    """
    table = np.array(pieces)
    order = np.argsort(-table[:, 0], kind="stable")
    table = table[order]
    moving, settled = _parts(rates, seen, unit, table, states[order])
    highest, hours, past = np.zeros(seen.shape[1]), _FIRST_H, list[Array]()
    while running := int(np.count_nonzero(table[:, 0] > hours / _NEXT**2)):
        alive, fading = _fading(rates, seen, hours)
        levels = moving[:running, alive:] @ fading + settled[:running]
        past = [level[:running] for level in past[-2:]] + [levels]
        if len(past) == 3:
            tops = _vertex(past, hours / _NEXT, table[:running, :1])
            highest = np.maximum(highest, tops.max(axis=0))
        hours *= _NEXT
    return highest


def _vertex(three: list[Array], hours: float, longest: Array) -> Array:
    """Top of the parabola through three levels around `hours`, where it lies inside its piece."""
    before, top, after = three
    bend = 2.0 * top - before - after
    turns = (top >= before) & (top >= after) & (bend > 0.0)
    bend = np.where(turns, bend, 1.0)
    turns &= hours * _NEXT ** ((after - before) / (2.0 * bend)) < longest
    return np.where(turns, top + (after - before) ** 2 / (8.0 * bend), 0.0)
