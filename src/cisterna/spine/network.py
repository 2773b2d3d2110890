"""A network of well-mixed volumes joined by two-way flows, with losses: the shape of every model.

Glossary (units cm, h, mg, mL):

- `volume_ml` V: volume of a node; a node's content is V·c mg at concentration c mg/mL.
- an edge a–b carries `forward_ml_per_h`·c_a − `back_ml_per_h`·c_b from a to b.
- `loss_ml_per_h` q: flow that leaves a node for good (to plasma).

The edges form a tree, so a diagonal scaling makes the rate matrix symmetric and its eigenvalues
real and negative: see `cisterna.spine.modes`.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Edge:
    """A two-way link; both flows are above zero."""

    a: int
    b: int
    forward_ml_per_h: float
    back_ml_per_h: float


@dataclass(frozen=True, slots=True)
class Network:
    """Nodes, links and losses. `plasma_ml_per_h` is the part of the losses that plasma gets."""

    volume_ml: Array
    edges: tuple[Edge, ...]
    loss_ml_per_h: Array

    @property
    def size(self) -> int:
        """Number of nodes."""
        return len(self.volume_ml)

    def rate_matrix(self) -> Array:
        """A of dc/dt = A c + s/V (1/h), dense."""
        a = np.zeros((self.size, self.size))
        for e in self.edges:
            a[e.a, e.a] -= e.forward_ml_per_h
            a[e.a, e.b] += e.back_ml_per_h
            a[e.b, e.b] -= e.back_ml_per_h
            a[e.b, e.a] += e.forward_ml_per_h
        a[np.diag_indices(self.size)] -= self.loss_ml_per_h
        return np.asarray(a / self.volume_ml[:, None])

    def scaling(self) -> Array:
        """t of the similarity diag(1/t) A diag(t) that makes A symmetric.

        Across an edge (t_a/t_b)² = (back/V_a) / (forward/V_b). Raises `ValueError` when the edges
        are no tree that spans the nodes.
        """
        neighbours: list[list[tuple[int, float]]] = [[] for _ in range(self.size)]
        for e in self.edges:
            ratio = (e.forward_ml_per_h * self.volume_ml[e.a]) / (
                e.back_ml_per_h * self.volume_ml[e.b]
            )
            neighbours[e.a].append((e.b, float(np.sqrt(ratio))))
            neighbours[e.b].append((e.a, float(np.sqrt(1.0 / ratio))))
        if len(self.edges) != self.size - 1:
            raise ValueError("the links of a network form a tree that spans its nodes")
        t = np.zeros(self.size)
        t[0], todo = 1.0, [0]
        while todo:
            here = todo.pop()
            for there, factor in neighbours[here]:
                if t[there] == 0.0:
                    t[there] = t[here] * factor
                    todo.append(there)
        if not t.all():
            raise ValueError("the links of a network form a tree that spans its nodes")
        return t
