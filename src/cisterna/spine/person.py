"""One person and one drug in this person, as plain numbers of the model.

The default person has every value at its fact; `cisterna.spine.cohort` draws others.
Units: cm, h, mg, mL.
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
    constant beyond its ends (csf fact book §3.2).
    """

    knots_cm: tuple[float, ...]
    knots_cm2_per_h: tuple[float, ...]
    floor_cm2_per_h: float
    dispersion_factor: float = 1.0
    tilt: float = 0.0
    stroke_ml: float = _REFERENCE_STROKE_ML
    stroke_exponent: float = 1.5
    heart_per_min: float = _REFERENCE_HEART_PER_MIN
    production_ml_per_h: float = 21.0
    spinal_share: float = 0.25
    csf_volume_factor: float = 1.0
    cord_area_factor: float = 1.0
    length_factor: float = 1.0
    exchange_ml_per_h: float = 60.0
    cistern_ml: float = 30.0
    cranial_ml: float = 130.0
    ventricles_ml: float = 25.0
    tissue_ratio: float = 1.0
    reflux_ml_per_h: float = 1.0

    @property
    def csf_area_factor(self) -> float:
        """Area factor that gives the volume factor at this length."""
        return self.csf_volume_factor / self.length_factor

    def dispersion_cm2_per_h(self, z_cm: Array) -> Array:
        """Effective dispersion at z: the profile, scaled with stroke volume and heart rate."""
        profile = np.interp(z_cm, self.knots_cm, self.knots_cm2_per_h)
        stroke = (self.stroke_ml / _REFERENCE_STROKE_ML) ** self.stroke_exponent
        beats = self.heart_per_min / _REFERENCE_HEART_PER_MIN
        middle = z_cm.max() / 2
        tilted = 1.0 + self.tilt * (z_cm - middle) / middle
        scaled = profile * self.dispersion_factor * stroke * beats * tilted
        return np.asarray(np.maximum(scaled, self.floor_cm2_per_h))


@dataclass(frozen=True, slots=True)
class Kinetics:
    """How one drug leaves the CSF of one person."""

    k_dura_per_h: float
    partition: float
    theta: float
    uptake_extra_per_h: float
    tissue_cm2_per_h: float
    cord_loss_per_h: float
    shell_core_per_h: float
    shell_cm: float
    epidural_ratio: float
    epidural_partition: float
    epidural_loss_per_h: float
    uptake_factor: float = 1.0
    plasma_clearance_ml_per_h: float | None = None
    plasma_volume_ml: float | None = None

    def uptake_per_h(self, surface_per_cm: float) -> float:
        """h: uptake into the tissue behind a surface, per CSF volume (`surface` = P/A, 1/cm).

        h = (P_c/A)·θ·√(D_t k_v) plus an extra for lipophilic drugs (csf fact book §4.3, §8).
        """
        slow = self.theta * float(np.sqrt(self.tissue_cm2_per_h * self.cord_loss_per_h))
        return self.uptake_factor * (surface_per_cm * slow + self.uptake_extra_per_h)
