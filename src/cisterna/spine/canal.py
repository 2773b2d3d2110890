"""The canal as cells: levels cut into pieces of about a centimetre, with areas and dispersion.

Glossary (units cm, h, mg, mL): z is cm below the foramen magnum, A the CSF area (cm²), D the
effective dispersion (cm²/h), P_c and P_d the perimeters of cord and dura (cm).
"""

from dataclasses import dataclass

import numpy as np

from cisterna.facts.spine import Level
from cisterna.spine.network import Array
from cisterna.spine.person import Person


@dataclass(frozen=True, slots=True)
class Canal:
    """The cells of one person's canal, from C1 down; `level` is the level's index of each cell."""

    names: tuple[str, ...]
    level: np.ndarray
    z_cm: Array
    dz_cm: Array
    area_cm2: Array
    cord_cm2: Array
    cord_perimeter_cm: Array
    dispersion_cm2_per_h: Array

    @property
    def volume_ml(self) -> Array:
        """CSF volume of each cell."""
        return np.asarray(self.area_cm2 * self.dz_cm)

    @property
    def length_cm(self) -> float:
        """Length of the canal."""
        return float(self.dz_cm.sum())

    def site(self, level: str, size: int) -> Array:
        """Where a tip at the middle of a level delivers: the cell(s) that hold the middle."""
        cells = np.flatnonzero(self.level == self.names.index(level))
        middle = (len(cells) - 1) / 2.0
        shares = np.zeros(size)
        for index in {int(np.floor(middle)), int(np.ceil(middle))}:
            shares[cells[index]] = 1.0
        return np.asarray(shares / shares.sum())

    def spread(self, level: str, half_cm: float, size: int) -> Array:
        """A bolus spread evenly over `half_cm` each side of a level's middle (shares, sum 1)."""
        cells = np.flatnonzero(self.level == self.names.index(level))
        middle = float(self.z_cm[cells].mean())
        low, high = self.z_cm - self.dz_cm / 2, self.z_cm + self.dz_cm / 2
        overlap = np.minimum(high, middle + half_cm) - np.maximum(low, middle - half_cm)
        shares = np.zeros(size)
        shares[: len(self.z_cm)] = np.clip(overlap, 0.0, None) * self.area_cm2
        return np.asarray(shares / shares.sum())

    def level_rows(self, size: int) -> Array:
        """Rows that average the CSF of each level (weights are volumes)."""
        rows = np.zeros((len(self.names), size))
        volume = self.volume_ml
        for cell, level in enumerate(self.level):
            rows[level, cell] = volume[cell]
        return np.asarray(rows / rows.sum(axis=1, keepdims=True))


def canal(levels: tuple[Level, ...], person: Person, cell_cm: float = 1.0) -> Canal:
    """Cut the levels into cells of about `cell_cm`, scaled to the person."""
    table = np.array(
        [
            [
                float(x.length.number("cm")) * person.length_factor,
                float(x.csf_area.number("cm2")) * person.csf_area_factor,
                float(x.cord_area.number("cm2")) * person.cord_area_factor,
                float(x.cord_perimeter.number("cm")) * person.cord_area_factor**0.5,
            ]
            for x in levels
        ]
    )
    counts = np.maximum(1, np.round(table[:, 0] / cell_cm)).astype(int)
    level = np.repeat(np.arange(len(levels)), counts)
    dz = np.repeat(table[:, 0] / counts, counts)
    z = np.cumsum(dz) - dz / 2
    return Canal(
        names=tuple(x.name for x in levels),
        level=level,
        z_cm=z,
        dz_cm=dz,
        area_cm2=table[level, 1],
        cord_cm2=table[level, 2],
        cord_perimeter_cm=table[level, 3],
        dispersion_cm2_per_h=person.dispersion_cm2_per_h(z / person.length_factor),
    )
