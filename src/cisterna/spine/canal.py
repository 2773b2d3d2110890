"""The canal as cells: levels cut into pieces of about 4 mm, for persons side by side.

Glossary (units cm, h, mg, mL): z is cm below the foramen magnum, A the CSF area (cm²), D the
effective dispersion (cm²/h), P_c the perimeter of the cord (cm).
"""

from dataclasses import dataclass

import numpy as np

from cisterna.facts.spine import Level
from cisterna.spine.network import Array, Nodes
from cisterna.spine.person import Person

CELL_CM = 0.4


@dataclass(frozen=True, slots=True)
class Canal:
    """The cells from C1 down; arrays are (cell, person), `level` is each cell's level by index."""

    names: tuple[str, ...]
    level: Nodes
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

    def site(self, level: str, size: int) -> Array:
        """Where a tip at the middle of a level delivers: the cell(s) that hold the middle."""
        cells = np.flatnonzero(self.level == self.names.index(level))
        middle = (len(cells) - 1) / 2.0
        shares = np.zeros(size)
        for index in {int(np.floor(middle)), int(np.ceil(middle))}:
            shares[cells[index]] = 1.0
        return np.asarray(shares / shares.sum())

    def spread(self, level: str, half_cm: float, size: int, person: int = 0) -> Array:
        """A bolus spread evenly over `half_cm` each side of a level's middle (shares, sum 1)."""
        z, dz = self.z_cm[:, person], self.dz_cm[:, person]
        middle = float(z[self.level == self.names.index(level)].mean())
        low, high = z - dz / 2, z + dz / 2
        overlap = np.minimum(high, middle + half_cm) - np.maximum(low, middle - half_cm)
        shares = np.zeros(size)
        shares[: len(z)] = np.clip(overlap, 0.0, None) * self.area_cm2[:, person]
        return np.asarray(shares / shares.sum())

    def level_rows(self, nodes: Nodes, size: int) -> Array:
        """Rows (level, node) that average one node of each cell over its level; −1 is no node.

        The cells of a level have the same volume. A level without nodes has a row of zeros.
        """
        rows = np.zeros((len(self.names), size))
        there = nodes >= 0
        rows[self.level[there], nodes[there]] = 1.0
        return np.asarray(rows / np.maximum(rows.sum(axis=1, keepdims=True), 1.0))


def canal(levels: tuple[Level, ...], person: Person, cell_cm: float = CELL_CM) -> Canal:
    """Cut the levels into cells of about `cell_cm`, scaled to each person."""
    length, area, cord, perimeter = (
        np.array([float(value.number(unit)) for value in column])
        for column, unit in (
            ([x.length for x in levels], "cm"),
            ([x.csf_area for x in levels], "cm2"),
            ([x.cord_area for x in levels], "cm2"),
            ([x.cord_perimeter for x in levels], "cm"),
        )
    )
    counts = np.maximum(1, np.round(length / cell_cm)).astype(int)
    level = np.repeat(np.arange(len(levels)), counts)
    dz = (length / counts)[level]
    z = np.cumsum(dz) - dz / 2
    return Canal(
        names=tuple(x.name for x in levels),
        level=level,
        z_cm=np.outer(z, person.length_factor),
        dz_cm=np.outer(dz, person.length_factor),
        area_cm2=np.outer(area[level], person.csf_area_factor),
        cord_cm2=np.outer(cord[level], person.cord_area_factor),
        cord_perimeter_cm=np.outer(perimeter[level], np.sqrt(person.cord_area_factor)),
        dispersion_cm2_per_h=person.dispersion_cm2_per_h(z, float(length.sum())),
    )
