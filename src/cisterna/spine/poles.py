"""A function of all modes at once, for many persons, without decomposing anyone.

What a delivery leaves on average over a day is f(A)·V⁻¹ s, with one function f of the rate λ that
depends on the delivery alone. Written as a sum of poles, f(λ) ≈ Σ r_k/(λ − p_k), it needs one tree
solve for each pole, for every person at once:  f(A)·V⁻¹ s = −Σ r_k (p_k − A)⁻¹ V⁻¹ s.

The poles come from the AAA algorithm (Nakatsukasa, Sète and Trefethen 2018, SIAM J Sci Comput
40:A1494, in SciPy); the weights r_k are fitted again by least squares.
Units: h, mg, mL.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import AAA

from cisterna.spine.network import Array, Network

_SLOWEST_PER_H, _FASTEST_PER_H = 1e-5, 1e7
_SAMPLES = 400
_WANTED, _ACCEPTED = 1e-9, 1e-6
_MOST_TERMS = 60


@dataclass(frozen=True, slots=True)
class Poles:
    """Poles p_k (1/h, imaginary part not below zero) and weights r_k; a pair counts once."""

    at_per_h: NDArray[np.complex128]
    weight: NDArray[np.complex128]

    def __call__(self, rates: Array) -> Array:
        """The function at these rates (1/h)."""
        return np.asarray((_terms(rates, self.at_per_h) @ self.weight).real)

    def apply(self, network: Network, source: Array) -> Array:
        """f(A)·V⁻¹ s (node, person) for a source s in mg/h."""
        total = np.zeros(network.volume_ml.shape)
        for pole, weight in zip(self.at_per_h.tolist(), self.weight.tolist(), strict=True):
            real = pole.imag == 0.0
            answer = network.solve(source, pole.real if real else pole)
            total -= (weight * answer).real
        return total


def poles(function: Callable[[Array], Array]) -> Poles:
    """The poles of a function of negative rates.

    Raises `ArithmeticError` when no sum of poles comes within a millionth of its largest value.
    """
    rates = -np.geomspace(_SLOWEST_PER_H, _FASTEST_PER_H, _SAMPLES)
    values = function(rates)
    largest = float(np.abs(values).max())
    if largest == 0.0:
        return Poles(np.zeros(0, complex), np.zeros(0, complex))
    between = -np.geomspace(_SLOWEST_PER_H, _FASTEST_PER_H, 2 * _SAMPLES - 1)
    wanted = function(between)
    for aim in (_WANTED, 10 * _WANTED, 100 * _WANTED):
        found = _fitted(rates, values, aim)
        if np.abs(found(between) - wanted).max() <= _ACCEPTED * largest:
            return found
    raise ArithmeticError("no sum of poles follows this delivery")


def _fitted(rates: Array, values: Array, aim: float) -> Poles:
    """Poles off the rates' own half line, with weights by least squares."""
    found = AAA(rates, values, rtol=aim, max_terms=_MOST_TERMS).poles()
    single = np.abs(found.imag) <= 1e-9 * np.abs(found)
    upper = np.sort_complex(found[(found.imag > 0.0) & ~single])
    at = np.concatenate([found[single & (found.real > 0.0)].real, upper]).astype(np.complex128)
    terms = _terms(rates, at)
    basis = np.hstack([terms.real, -terms.imag])
    parts = np.linalg.lstsq(basis, values, rcond=None)[0]
    return Poles(at, parts[: len(at)] + 1j * parts[len(at) :])


def _terms(rates: Array, at: NDArray[np.complex128]) -> NDArray[np.complex128]:
    return np.asarray(1.0 / (rates[:, None] - at[None, :]))
