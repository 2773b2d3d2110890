"""Persons side by side, and one drug in them, as plain numbers of the model.

Every value is an array with one entry for each person. `cisterna.spine.cohort` makes them: the
default person has every value at its fact. Units: cm, h, mg, mL.
"""

from dataclasses import dataclass

import numpy as np

from cisterna.spine.network import Array

_REFERENCE_STROKE_ML = 0.6
_REFERENCE_HEART_PER_MIN = 68.0


@dataclass(frozen=True, slots=True)
class Person:
    """What differs between persons and not between drugs.

    `knots_cm` and `knots_cm2_per_h` are the fitted dispersion profile, piecewise linear in z and
    constant beyond its ends (csf fact book §3.2); profile and floor are the same for all.
    """

    knots_cm: tuple[float, ...]
    knots_cm2_per_h: tuple[float, ...]
    floor_cm2_per_h: float
    dispersion_factor: Array
    tilt: Array
    stroke_ml: Array
    stroke_exponent: Array
    heart_per_min: Array
    production_ml_per_h: Array
    spinal_share: Array
    csf_volume_factor: Array
    cord_area_factor: Array
    length_factor: Array
    exchange_ml_per_h: Array
    cistern_ml: Array
    cranial_ml: Array
    ventricles_ml: Array
    tissue_ratio: Array
    reflux_ml_per_h: Array

    @property
    def csf_area_factor(self) -> Array:
        """Area factor that gives the volume factor at this length."""
        return self.csf_volume_factor / self.length_factor

    def dispersion_cm2_per_h(self, z_cm: Array, length_cm: float) -> Array:
        """Effective dispersion (place, person) at z of the reference canal of this length.

        The profile, scaled with stroke volume and heart rate, tilted about the middle.
        """
        profile = np.interp(z_cm, self.knots_cm, self.knots_cm2_per_h)
        stroke = (self.stroke_ml / _REFERENCE_STROKE_ML) ** self.stroke_exponent
        beats = self.heart_per_min / _REFERENCE_HEART_PER_MIN
        tilted = 1.0 + self.tilt * (2.0 * z_cm[:, None] / length_cm - 1.0)
        scaled = profile[:, None] * self.dispersion_factor * stroke * beats * tilted
        return np.asarray(np.maximum(scaled, self.floor_cm2_per_h))


@dataclass(frozen=True, slots=True)
class Kinetics:
    """How one drug leaves the CSF of each person."""

    k_dura_per_h: Array
    partition: Array
    theta: Array
    uptake_extra_per_h: Array
    tissue_cm2_per_h: Array
    cord_loss_per_h: Array
    shell_core_per_h: Array
    shell_cm: Array
    uptake_factor: Array
    epidural_ratio: Array
    epidural_partition: Array
    epidural_loss_per_h: Array
    plasma_clearance_ml_per_h: Array | None = None
    plasma_volume_ml: Array | None = None

    def uptake_per_h(self, surface_per_cm: Array) -> Array:
        """h: uptake into the tissue behind a surface, per CSF volume (`surface` = P/A, 1/cm).

        h = (P_c/A)·θ·√(D_t k_v) plus an extra for lipophilic drugs (csf fact book §4.3, §8).
        """
        slow = self.theta * np.sqrt(self.tissue_cm2_per_h * self.cord_loss_per_h)
        return np.asarray(self.uptake_factor * (surface_per_cm * slow + self.uptake_extra_per_h))
