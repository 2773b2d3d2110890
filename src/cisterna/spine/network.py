"""A network of well-mixed volumes joined by two-way flows, with losses: the shape of every model.

One network holds the same nodes and links for many persons side by side: every volume and flow is
an array whose last axis is the person.

Glossary (units cm, h, mg, mL):

- `volume_ml` V (node, person): a node's content is V·c mg at concentration c mg/mL.
- link n joins `a[n]` and `b[n]` and carries `forward_ml_per_h`·c_a − `back_ml_per_h`·c_b to b.
- `loss_ml_per_h` q (node, person): flow that leaves a node for good (to plasma).

The links form a tree, so a diagonal scaling makes the rate matrix symmetric and its eigenvalues
real and negative (see `cisterna.spine.modes`), and a linear system is solved from the leaves to
the root and back, without a matrix.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Nodes = NDArray[np.intp]
_NO_TREE = "the links of a network form a tree that spans its nodes"


@dataclass(frozen=True, slots=True)
class Network:
    """Nodes, links and losses of one or more persons; both flows of a link are above zero."""

    volume_ml: Array
    a: Nodes
    b: Nodes
    forward_ml_per_h: Array
    back_ml_per_h: Array
    loss_ml_per_h: Array

    @property
    def size(self) -> int:
        """Number of nodes."""
        return len(self.volume_ml)

    @property
    def outflow_ml_per_h(self) -> Array:
        """All that leaves each node (node, person), to its neighbours or for good."""
        out = self.loss_ml_per_h.copy()
        np.add.at(out, self.a, self.forward_ml_per_h)
        np.add.at(out, self.b, self.back_ml_per_h)
        return out

    def rate_matrix(self, person: int = 0) -> Array:
        """A of dc/dt = A c + s/V (1/h) of one person, dense."""
        flows = np.zeros((self.size, self.size))
        flows[self.b, self.a] = self.forward_ml_per_h[:, person]
        flows[self.a, self.b] = self.back_ml_per_h[:, person]
        flows[np.diag_indices(self.size)] = -self.outflow_ml_per_h[:, person]
        return np.asarray(flows / self.volume_ml[:, person, None])

    def scaling(self, person: int = 0) -> Array:
        """t of the similarity diag(1/t) A diag(t) that makes A symmetric, for one person.

        Across a link (t_a/t_b)² = (back/V_a) / (forward/V_b). Raises `ValueError` when the links
        are no tree that spans the nodes.
        """
        v = self.volume_ml[:, person]
        squared = (self.back_ml_per_h[:, person] * v[self.b]) / (
            self.forward_ml_per_h[:, person] * v[self.a]
        )
        t = np.ones(self.size)
        for step in reversed(_sweep(self)):
            up = np.where(step.child_is_a, squared[step.link], 1.0 / squared[step.link])
            t[step.child] = t[step.parent] * np.sqrt(up)
        return t

    def solve(self, source: Array, shift: complex = 0.0) -> NDArray[np.generic]:
        """c (node, person) of (shift − A) c = source/V, for every person at once.

        `source` (mg/h) is (node,) or (node, person). The answer is complex for a complex shift.
        Raises `ValueError` when the links are no tree.
        """
        kind = np.complex128 if isinstance(shift, complex) else np.float64
        own = (shift * self.volume_ml + self.outflow_ml_per_h).astype(kind)
        c = np.empty(self.volume_ml.shape, dtype=kind)
        c[:] = source if source.ndim == 2 else source[:, None]
        steps = _sweep(self)
        for step in steps:
            rises, falls = self._flows(step)
            share = rises / own[step.child]
            own[step.parent] -= share * falls
            c[step.parent] += share * c[step.child]
        root = steps[-1].parent if steps else np.array([0])
        c[root] /= own[root]
        for step in reversed(steps):
            _, falls = self._flows(step)
            c[step.child] = (c[step.child] + falls * c[step.parent]) / own[step.child]
        return c

    def _flows(self, step: "_Step") -> tuple[Array, Array]:
        """(child to parent, parent to child) of a step's links."""
        forward, back = self.forward_ml_per_h[step.link], self.back_ml_per_h[step.link]
        turned = step.child_is_a[:, None]
        return np.where(turned, forward, back), np.where(turned, back, forward)


@dataclass(frozen=True, slots=True, eq=False)
class _Step:
    """Leaves that are taken off together: no two have the same parent."""

    child: Nodes
    parent: Nodes
    link: Nodes
    child_is_a: NDArray[np.bool_]


def _sweep(network: Network) -> tuple[_Step, ...]:
    return _steps(network.a.tobytes(), network.b.tobytes(), network.size)


@lru_cache(maxsize=16)
def _steps(a_bytes: bytes, b_bytes: bytes, size: int) -> tuple[_Step, ...]:
    """The order from the leaves to the root. Raises `ValueError` when there is none."""
    ends = np.stack([np.frombuffer(a_bytes, np.intp), np.frombuffer(b_bytes, np.intp)])
    if ends.shape[1] != size - 1:
        raise ValueError(_NO_TREE)
    left, steps = np.arange(size - 1), []
    while len(left):
        degree = np.bincount(ends[:, left].ravel(), minlength=size)
        leaf_a = degree[ends[0, left]] == 1
        leaf_b = (degree[ends[1, left]] == 1) & ~leaf_a
        parents = np.where(leaf_a, ends[1, left], ends[0, left])
        ready = np.flatnonzero(leaf_a | leaf_b)
        taken = ready[np.unique(parents[ready], return_index=True)[1]]
        if not len(taken):
            raise ValueError(_NO_TREE)
        links, turned = left[taken], leaf_a[taken]
        child = np.where(turned, ends[0, links], ends[1, links])
        steps.append(_Step(child, parents[taken], links, turned))
        left = np.delete(left, taken)
    return tuple(steps)
