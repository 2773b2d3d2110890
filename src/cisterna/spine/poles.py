"""A function of all modes at once, for many persons, without decomposing anyone.

What a delivery leaves on average over a day is h(A)·x, with x the settled levels of 1 mg/h and one
function h of the rate λ (in mg/h) that depends on the delivery alone. Written as a sum of poles,
h(λ) ≈ h₀ + Σ r_k/(λ − p_k), it needs one tree solve for each pole, for every person at once:
h(A)·x = h₀ x − Σ r_k (p_k − A)⁻¹ x.

The poles come from the AAA algorithm (Nakatsukasa, Sète and Trefethen 2018, SIAM J Sci Comput
40:A1494, in SciPy), which is quick and promises nothing. So its poles are thinned to those that two
samples cannot miss between them, the weights r_k are fitted again by least squares, and the sum is
held against the function at other rates. Where it fails, poles on two rays are taken: sixty,
enough for any delivery of months that starts and stops at any time.
Units: h, mg, mL.
"""

import warnings
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import AAA

from cisterna.spine.network import Array, Network

Complex = NDArray[np.complex128]
# No person's modes are slower than 0.016 or faster than 4e5 per hour (30,000 persons, every drug).
_SLOWEST_PER_H, _FASTEST_PER_H = 1e-3, 1e7
_SAMPLES = 400
_AIMS = tuple((every, aim) for every in (2, 3) for aim in (1e-9, 3e-10, 1e-10, 1e-11, 1e-12))
_WANTED, _ACCEPTED, _LARGEST = 2e-9, 3e-9, 1e-8
_MOST_TERMS = 60
_SHARPEST = 0.05
_RAYS = np.geomspace(3e-4, 3e6, 60) * np.exp(1.2j)
_CUT = 1e-13
_NOTHING = 1e-250  # mg/h: below, the quotients of double numbers mean nothing


@dataclass(frozen=True, slots=True)
class Poles:
    """Poles p_k (1/h, imaginary part not below zero) and weights r_k; a pair counts once."""

    at_per_h: Complex
    weight: Complex
    rest: float

    def __call__(self, rates: Array) -> Array:
        """The function at these rates (1/h)."""
        return np.asarray(self.rest + (_terms(rates, self.at_per_h) @ self.weight).real)

    def apply(self, network: Network, settled: Array) -> Array:
        """h(A)·x (node, person) for x, the settled concentrations of 1 mg/h."""
        total = self.rest * settled
        content = network.volume_ml * settled
        for pole, weight in zip(self.at_per_h.tolist(), self.weight.tolist(), strict=True):
            answer = network.solve(content, pole.real if pole.imag == 0.0 else pole)
            total -= (weight * answer).real
        return np.asarray(total)


def poles(function: Callable[[Array], Array]) -> Poles:
    """The poles of a function of negative rates, within 1e-8 of its largest value, mostly 2e-9.

    Raises `ArithmeticError` where no sum of poles comes that close; no delivery is known to.
    """
    rates = -np.geomspace(_SLOWEST_PER_H, _FASTEST_PER_H, 2 * _SAMPLES - 1)
    values = function(rates)
    largest = float(np.abs(values).max())
    if largest < _NOTHING:
        return Poles(np.zeros(0, complex), np.zeros(0, complex), 0.0)
    off, found = _best(rates, values / largest)
    if off > _LARGEST:
        raise ArithmeticError("no sum of poles follows this delivery")
    return Poles(found.at_per_h, found.weight * largest, found.rest * largest)


def _best(rates: Array, values: Array) -> tuple[float, Poles]:
    """(error, poles): by AAA the first that are good or the best, else the many on the rays."""
    tried: list[tuple[float, Poles]] = []
    for every, aim in _AIMS:
        at = _by_aaa(rates[::every], values[::every], aim)
        tried.append(_measured(at, rates, values))
        if tried[-1][0] <= _WANTED:
            return tried[-1]
    best = min(tried, key=_error)
    return best if best[0] <= _ACCEPTED else min(best, _measured(_RAYS, rates, values), key=_error)


def _error(measured: tuple[float, Poles]) -> float:
    return measured[0]


def _by_aaa(rates: Array, values: Array, aim: float) -> Complex:
    """Poles from samples; which samples they are shifts them a little, so another set may do."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # whoever asks measures the error
        found = AAA(rates, values, rtol=aim, max_terms=_MOST_TERMS).poles()
    return _thinned(found[np.isfinite(found)])


def _thinned(found: Complex) -> Complex:
    """Poles off the rates' half line by more than two samples are apart; of a pair the upper."""
    single = np.abs(found.imag) <= 1e-9 * np.abs(found)
    upper = (found.imag > 0.0) & ((found.real > 0.0) | (found.imag > _SHARPEST * -found.real))
    real = found[single & (found.real > 0.0)].real.astype(np.complex128)
    return np.concatenate([real, np.sort_complex(found[upper & ~single])])


def _measured(at: Complex, rates: Array, values: Array) -> tuple[float, Poles]:
    """These poles with the weights that fit every second value best, and the largest error."""
    size, paired = np.abs(at), at.imag > 0.0
    terms = _terms(rates[::2], at) * size
    basis = np.hstack([terms.real, -terms.imag[:, paired], np.ones((len(terms), 1))])
    parts = np.linalg.lstsq(basis, values[::2], rcond=_CUT)[0]
    weight = parts[: len(at)].astype(np.complex128)
    weight[paired] += 1j * parts[len(at) : -1]
    found = Poles(at, weight * size, float(parts[-1]))
    return float(np.abs(found(rates) - values).max()), found


def _terms(rates: Array, at: Complex) -> Complex:
    return np.asarray(1.0 / (rates[:, None] - at[None, :]))
