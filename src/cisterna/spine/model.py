"""The level model of one drug, as a network, in persons side by side.

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
from cisterna.spine.network import Array, Network, Nodes
from cisterna.spine.person import Kinetics, Person

CRANIAL = ("basal cistern", "brainstem tissue", "cranial CSF", "brain tissue", "ventricles")
_CISTERN, _STEM, _CRANIUM, _BRAIN, _VENTRICLES = range(5)
_LEAST_CORE = 0.01


@dataclass(frozen=True, slots=True)
class Model:
    """A network with the meaning of its nodes: one of each kind for each cell, −1 for none."""

    network: Network
    canal: Canal
    csf: Nodes
    epidural: Nodes
    shell: Nodes
    core: Nodes
    cranial: dict[str, int]

    def level_rows(self) -> Array:
        """Rows that average the CSF of each level."""
        return self.canal.level_rows(self.csf, self.network.size)

    def cord_rows(self) -> Array:
        """Rows that average the cord's shell of each level; zero where there is no cord."""
        return self.canal.level_rows(self.shell, self.network.size)

    def site(self, level: str) -> Array:
        """The shares of the nodes in what a tip at this level delivers."""
        return self.canal.site(level, self.network.size)


class _Builder:
    """Collects nodes, links and losses, a block at a time; a block is (node, person)."""

    def __init__(self) -> None:
        self.size = 0
        self.volumes: list[Array] = []
        self.losses: list[Array] = []
        self.ends: list[tuple[Nodes, Nodes]] = []
        self.flows: list[tuple[Array, Array]] = []

    def nodes(self, volume: Array, loss: Array) -> Nodes:
        """A block of new nodes."""
        self.volumes.append(volume)
        self.losses.append(np.broadcast_to(loss, volume.shape))
        made = np.arange(self.size, self.size + len(volume))
        self.size += len(volume)
        return made

    def link(self, a: Nodes, b: Nodes, forward: Array, back: Array) -> None:
        """Two-way links of a block of nodes with another."""
        self.ends.append((a, b))
        self.flows.append((forward, back))

    def network(self) -> Network:
        """The network of all that was collected."""
        a, b = (np.concatenate(side) for side in zip(*self.ends, strict=True))
        forward, back = (np.concatenate(side) for side in zip(*self.flows, strict=True))
        volume, loss = np.concatenate(self.volumes), np.concatenate(self.losses)
        return Network(volume, a, b, forward, back, loss)


def model(canal: Canal, person: Person, kinetics: Kinetics) -> Model:
    """The network of one drug in these persons."""
    build = _Builder()
    csf = _along(build, canal, person)
    epidural = _epidural(build, canal, kinetics, csf)
    shell, core = _cord(build, canal, kinetics, csf)
    cranial = _cranial(build, canal, person, kinetics, csf[:1])
    return Model(build.network(), canal, csf, epidural, shell, core, cranial)


def fitted(conductance: Array, flow: Array) -> tuple[Array, Array]:
    """(forward, back) of links with dispersion `conductance` and a flow from a to b (mL/h).

    Exponential fitting (Scharfetter and Gummel 1969): exact for one-dimensional steady transport
    between the two centres, positive both ways for any flow.
    """
    x = flow / conductance
    small = np.abs(x) < 1e-8
    safe = np.where(small, 1.0, x)
    forward = np.where(small, conductance + flow / 2, conductance * -safe / np.expm1(-safe))
    back = np.where(small, conductance - flow / 2, conductance * safe / np.expm1(safe))
    return forward, back


def _along(build: _Builder, canal: Canal, person: Person) -> Nodes:
    """CSF: dispersion, and the slow caudal flow that is absorbed evenly along the canal."""
    absorbed = person.production_ml_per_h * person.spinal_share
    share = canal.dz_cm / canal.dz_cm.sum(axis=0)
    resistance = canal.dz_cm / (2 * canal.area_cm2 * canal.dispersion_cm2_per_h)
    flow = absorbed * np.maximum(1.0 - np.cumsum(share, axis=0)[:-1], 0.0)
    cells = build.nodes(canal.volume_ml, absorbed * share)
    build.link(cells[:-1], cells[1:], *fitted(1.0 / (resistance[:-1] + resistance[1:]), flow))
    return cells


def _epidural(build: _Builder, canal: Canal, kinetics: Kinetics, csf: Nodes) -> Nodes:
    """The epidural space outside each cell."""
    out = kinetics.k_dura_per_h * canal.volume_ml
    volume = canal.volume_ml * kinetics.epidural_ratio
    nodes = build.nodes(volume, kinetics.epidural_loss_per_h * volume)
    build.link(csf, nodes, out, out / kinetics.epidural_partition)
    return nodes


def _cord(build: _Builder, canal: Canal, kinetics: Kinetics, csf: Nodes) -> tuple[Nodes, Nodes]:
    """Shell and core of the cord inside each cell that has a cord; −1 for the others.

    The core is never less than a hundredth of the cord, so that every person has the same nodes.
    """
    there = canal.cord_cm2[:, 0] > 0.0
    cord, dz = canal.cord_cm2[there], canal.dz_cm[there]
    inner = np.maximum(0.0, np.sqrt(cord / np.pi) - kinetics.shell_cm)
    core_volume = np.maximum(np.pi * inner**2, _LEAST_CORE * cord) * dz
    shell_volume = cord * dz - core_volume
    shell = build.nodes(shell_volume, kinetics.cord_loss_per_h * shell_volume)
    core = build.nodes(core_volume, kinetics.cord_loss_per_h * core_volume)
    surface = canal.cord_perimeter_cm[there] / canal.area_cm2[there]
    uptake = canal.volume_ml[there] * kinetics.uptake_per_h(surface)
    exchange = kinetics.shell_core_per_h * shell_volume
    build.link(csf[there], shell, uptake, uptake / kinetics.partition)
    build.link(shell, core, exchange, exchange)
    shells, cores = np.full(len(csf), -1), np.full(len(csf), -1)
    shells[there], cores[there] = shell, core
    return shells, cores


def _cranial(
    build: _Builder, canal: Canal, person: Person, kinetics: Kinetics, top: Nodes
) -> dict[str, int]:
    """Cistern, cranial CSF and ventricles with their tissues, joined to the top of the canal."""
    absorbed = person.production_ml_per_h * person.spinal_share
    to_cranium = person.production_ml_per_h - absorbed
    volume = np.stack(
        [
            person.cistern_ml,
            person.cistern_ml * person.tissue_ratio,
            person.cranial_ml,
            person.cranial_ml * person.tissue_ratio,
            person.ventricles_ml,
        ]
    )
    loss = np.zeros_like(volume)
    loss[_CRANIUM] = to_cranium
    loss[[_STEM, _BRAIN]] = kinetics.cord_loss_per_h * volume[[_STEM, _BRAIN]]
    nodes = build.nodes(volume, loss)
    cistern = nodes[[_CISTERN]]
    gap = canal.dz_cm[:1] / 2
    conductance = canal.area_cm2[:1] * canal.dispersion_cm2_per_h[:1] / gap
    build.link(cistern, top, *fitted(conductance, absorbed[None]))
    exchange, reflux = person.exchange_ml_per_h[None], person.reflux_ml_per_h[None]
    build.link(cistern, nodes[[_CRANIUM]], exchange + to_cranium, exchange)
    made = person.production_ml_per_h[None] + reflux
    build.link(nodes[[_VENTRICLES]], cistern, made, reflux)
    csf, tissue = [_CISTERN, _CRANIUM], [_STEM, _BRAIN]
    uptake = volume[csf] * kinetics.uptake_per_h(canal.cord_perimeter_cm[0] / canal.area_cm2[0])
    build.link(nodes[csf], nodes[tissue], uptake, uptake / kinetics.partition)
    return dict(zip(CRANIAL, nodes.tolist(), strict=True))
