"""Dispersion in oscillating flow between plates: a case of verification, never the physics.

The model of the canal takes its dispersion from the fitted profile; this closed form (Taylor 1953,
Aris 1960, Watson 1983; csf fact book §3.1) explains a thousandth of what tracers show, and stands
here so that the books' numbers can be checked. Nothing in Cisterna calls it.

Glossary (SI units here, unlike the rest of the room: m, s): a half the gap, y across it, ω angular
frequency, ν viscosity, κ molecular diffusivity, U amplitude of the section's mean velocity,
λ = a√(iω/ν), μ = a√(iω/κ), Sc = ν/κ, B = U/(1 − tanh λ/λ).

With velocity û(y) = B(1 − cosh(λy/a)/cosh λ), the concentration g per unit axial gradient obeys
iω·g − κ·g″ = −û, g′(±a) = 0, and the enhancement is R = −½Re⟨û*·g⟩/κ. Multiplied by g* and
averaged, the same equation gives R = ½⟨|g′|²⟩ with

    g′(y) = B·λ·tanh λ / (iω·a·(1 − 1/Sc)) · [sinh(λy/a)/sinh λ − sinh(μy/a)/sinh μ],

which cannot be below zero and keeps its digits for slow oscillation.
"""

import cmath
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cisterna.spine.network import Array

Complex = NDArray[np.complex128]
_NODES = 400
_LEAST_GAP = 1e-6


@dataclass(frozen=True, slots=True)
class Plates:
    """Two plates and the flow between them, in SI units.

    Raises `ValueError` where a value is not above zero, or ν = κ (the form divides by 1 − 1/Sc).
    """

    half_gap_m: float
    omega_per_s: float
    viscosity_m2_per_s: float
    diffusivity_m2_per_s: float
    speed_m_per_s: float

    def __post_init__(self) -> None:
        sizes = (self.half_gap_m, self.omega_per_s, self.viscosity_m2_per_s)
        if not all(x > 0.0 for x in (*sizes, self.diffusivity_m2_per_s, self.speed_m_per_s)):
            raise ValueError("gap, frequency, viscosity, diffusivity and speed are above zero")
        if abs(1.0 - self.diffusivity_m2_per_s / self.viscosity_m2_per_s) < _LEAST_GAP:
            raise ValueError("viscosity and diffusivity differ")

    def wave_number(self, spread_m2_per_s: float) -> complex:
        """a·√(iω/·): λ for the viscosity, μ for the diffusivity."""
        return self.half_gap_m * cmath.sqrt(1j * self.omega_per_s / spread_m2_per_s)

    def slope(self, eta: Array) -> Complex:
        """g′ at η = y/a: how fast the concentration amplitude changes across the gap."""
        lam = self.wave_number(self.viscosity_m2_per_s)
        mu = self.wave_number(self.diffusivity_m2_per_s)
        tanh = cmath.tanh(lam)
        b = self.speed_m_per_s / (1.0 - tanh / lam)
        rest = 1.0 - self.diffusivity_m2_per_s / self.viscosity_m2_per_s
        head = b * lam * tanh / (1j * self.omega_per_s * self.half_gap_m * rest)
        return np.asarray(head * (_sinh_share(lam, eta) - _sinh_share(mu, eta)))

    def enhancement(self) -> float:
        """R = D_eff/κ − 1, by Gauss–Legendre quadrature over half the gap."""
        points, weights = np.polynomial.legendre.leggauss(_NODES)
        squares = np.abs(self.slope((points + 1.0) / 2.0)) ** 2
        return float(0.5 * (weights / 2.0) @ squares)


def _sinh_share(p: complex, eta: Array) -> Complex:
    """sinh(pη)/sinh(p) for 0 ≤ η ≤ 1, without overflow."""
    up = np.exp(p * (eta - 1.0)) * -np.expm1(-2.0 * p * eta)
    return np.asarray(up / -np.expm1(-2.0 * p))
