"""The level model of one drug in one person, as a network.

For each cell of the canal: CSF, an outer shell and a core of the cord, and the epidural space;
above them the basal cistern with the tissue of the brainstem, the cranial CSF with a reservoir of
brain tissue, and the ventricles (csf fact book §3.3 and §8). Flow and dispersion between CSF
cells are exponentially fitted, which stays positive and second-order. Every loss goes to plasma.

Glossary (units cm, h, mg, mL): h uptake rate into the cord (1/h of CSF volume), K_p partition of
cord to CSF, g exchange of shell and core, k_v loss to blood, k_d loss through the dura, K_e
partition of the epidural space, k_e its loss to blood.
"""

from dataclasses import dataclass

import numpy as np

from cisterna.spine.canal import Canal
from cisterna.spine.network import Array, Edge, Network
from cisterna.spine.person import Kinetics, Person

CRANIAL = ("basal cistern", "brainstem tissue", "cranial CSF", "brain tissue", "ventricles")
_CISTERN, _STEM, _CRANIUM, _BRAIN, _VENTRICLES = range(5)
_LEAST_VOLUME = 1e-6


@dataclass(frozen=True, slots=True)
class Model:
    """A network with the meaning of its nodes: cells first, then `shell`, `cranial` by index."""

    network: Network
    canal: Canal
    shell: Array
    cranial: dict[str, int]

    def level_rows(self) -> Array:
        """Rows that average the CSF of each level."""
        return self.canal.level_rows(self.network.size)

    def cord_rows(self) -> Array:
        """Rows that average the cord's shell of each level; zero where there is no cord."""
        rows = np.zeros((len(self.canal.names), self.network.size))
        for cell, node in enumerate(self.shell.astype(int)):
            if node >= 0:
                rows[self.canal.level[cell], node] = self.network.volume_ml[node]
        total = rows.sum(axis=1, keepdims=True)
        return np.asarray(rows / np.where(total > 0.0, total, 1.0))


class _Builder:
    """Collects nodes, links and losses."""

    def __init__(self) -> None:
        self.volumes: list[float] = []
        self.edges: list[Edge] = []
        self.losses: dict[int, float] = {}

    def node(self, volume: float) -> int:
        """A new node."""
        self.volumes.append(volume)
        return len(self.volumes) - 1

    def link(self, a: int, b: int, forward: float, back: float) -> None:
        """A two-way link."""
        self.edges.append(Edge(a, b, forward, back))

    def lose(self, node: int, flow: float) -> None:
        """More loss from a node."""
        self.losses[node] = self.losses.get(node, 0.0) + flow

    def network(self) -> Network:
        """The network of all that was collected."""
        losses = np.zeros(len(self.volumes))
        for node, flow in self.losses.items():
            losses[node] = flow
        return Network(np.array(self.volumes), tuple(self.edges), losses)


def model(canal: Canal, person: Person, kinetics: Kinetics) -> Model:
    """The network of one drug in one person."""
    build = _Builder()
    cells = [build.node(v) for v in canal.volume_ml]
    absorbed = person.production_ml_per_h * person.spinal_share
    _along(build, canal, cells, absorbed)
    shell = np.array([_around(build, canal, kinetics, n, i) for n, i in enumerate(cells)])
    cranial = _cranial(build, canal, person, kinetics, cells[0])
    return Model(build.network(), canal, shell, cranial)


def fitted(conductance: float, flow: float) -> tuple[float, float]:
    """(forward, back) of a link with dispersion `conductance` and a flow from a to b (mL/h).

    Exponential fitting (Scharfetter and Gummel 1969): exact for one-dimensional steady transport
    between the two centres, positive both ways for any flow.
    """
    x = flow / conductance
    if abs(x) < 1e-8:
        return conductance + flow / 2, conductance - flow / 2
    return conductance * -x / float(np.expm1(-x)), conductance * x / float(np.expm1(x))


def _along(build: _Builder, canal: Canal, cells: list[int], absorbed: float) -> None:
    """Dispersion and the slow caudal flow that is absorbed evenly along the canal."""
    resistance = canal.dz_cm / (2 * canal.area_cm2 * canal.dispersion_cm2_per_h)
    share = canal.dz_cm / canal.length_cm
    flow = absorbed
    for n, node in enumerate(cells):
        build.lose(node, absorbed * float(share[n]))
        flow -= absorbed * float(share[n])
        if n + 1 < len(cells):
            conductance = 1.0 / float(resistance[n] + resistance[n + 1])
            build.link(node, cells[n + 1], *fitted(conductance, max(flow, 0.0)))


def _around(build: _Builder, canal: Canal, kinetics: Kinetics, n: int, node: int) -> int:
    """Epidural space and cord of one cell; the node of the shell, or −1 without a cord."""
    csf, dz = float(canal.volume_ml[n]), float(canal.dz_cm[n])
    epidural = build.node(csf * kinetics.epidural_ratio)
    out = kinetics.k_dura_per_h * csf
    build.link(node, epidural, out, out / kinetics.epidural_partition)
    build.lose(epidural, kinetics.epidural_loss_per_h * csf * kinetics.epidural_ratio)
    cord = float(canal.cord_cm2[n])
    if cord * dz < _LEAST_VOLUME:
        return -1
    radius = (cord / np.pi) ** 0.5
    core_area = np.pi * max(0.0, radius - kinetics.shell_cm) ** 2
    shell = build.node((cord - core_area) * dz)
    uptake = csf * kinetics.uptake_per_h(
        float(canal.cord_perimeter_cm[n]) / float(canal.area_cm2[n])
    )
    build.link(node, shell, uptake, uptake / kinetics.partition)
    build.lose(shell, kinetics.cord_loss_per_h * build.volumes[shell])
    if core_area * dz > _LEAST_VOLUME:
        core = build.node(core_area * dz)
        exchange = kinetics.shell_core_per_h * build.volumes[shell]
        build.link(shell, core, exchange, exchange)
        build.lose(core, kinetics.cord_loss_per_h * build.volumes[core])
    return shell


def _cranial(
    build: _Builder, canal: Canal, person: Person, kinetics: Kinetics, top: int
) -> dict[str, int]:
    """Cistern, cranial CSF and ventricles with their tissues, joined to the top of the canal."""
    sizes = (
        person.cistern_ml,
        person.cistern_ml * person.tissue_ratio,
        person.cranial_ml,
        person.cranial_ml * person.tissue_ratio,
        person.ventricles_ml,
    )
    nodes = [build.node(volume) for volume in sizes]
    absorbed = person.production_ml_per_h * person.spinal_share
    to_cranium = person.production_ml_per_h - absorbed
    gap = float(canal.dz_cm[0]) / 2
    conductance = float(canal.area_cm2[0] * canal.dispersion_cm2_per_h[0]) / gap
    build.link(nodes[_CISTERN], top, *fitted(conductance, absorbed))
    exchange = person.exchange_ml_per_h
    build.link(nodes[_CISTERN], nodes[_CRANIUM], exchange + to_cranium, exchange)
    build.lose(nodes[_CRANIUM], to_cranium)
    reflux = person.reflux_ml_per_h
    build.link(nodes[_VENTRICLES], nodes[_CISTERN], person.production_ml_per_h + reflux, reflux)
    surface = float(canal.cord_perimeter_cm[0] / canal.area_cm2[0])
    for csf, tissue in ((_CISTERN, _STEM), (_CRANIUM, _BRAIN)):
        uptake = sizes[csf] * kinetics.uptake_per_h(surface)
        build.link(nodes[csf], nodes[tissue], uptake, uptake / kinetics.partition)
        build.lose(nodes[tissue], kinetics.cord_loss_per_h * sizes[tissue])
    return dict(zip(CRANIAL, nodes, strict=True))
