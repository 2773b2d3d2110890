"""One person's level model as SBML (Level 3 Version 2 core), for simulators of other makers.

Each node of the network is a compartment (volume in mL) with one species (amount in mg); each link
is a reversible reaction, each loss a reaction without a product, and the delivery is a constant
infusion in mg/h. Units are declared: mL, mg, h. Every amount starts at zero. An estimate for a
person to weigh, never a dose.

Glossary: `node_i` and `drug_i` are compartment and species of node i of the network; in reaction
`link_n` of a and b the rate is forward·drug_a/node_a − back·drug_b/node_b (mg/h).
"""

from typing import TypeAlias
from xml.etree import ElementTree as ET

import numpy as np

from cisterna.spine.model import Model
from cisterna.spine.network import Array

NAMESPACE = "http://www.sbml.org/sbml/level3/version2/core"
MATHML = "http://www.w3.org/1998/Math/MathML"
_HEADER = '<?xml version="1.0" encoding="UTF-8"?>\n'
_LITRE = ("litre", "1", "-3", "1")
_GRAM = ("gram", "1", "-3", "1")
_PER_HOUR = ("second", "-1", "0", "3600")
_UNITS = {
    "mL": (_LITRE,),
    "mg": (_GRAM,),
    "h": (("second", "1", "0", "3600"),),
    "mL_per_h": (_LITRE, _PER_HOUR),
    "mg_per_h": (_GRAM, _PER_HOUR),
}
Term: TypeAlias = "str | tuple[Term, ...]"  # a symbol, or (operator, term, …)


def sbml(model: Model, site: Array, rate_mg_per_h: float) -> str:
    """The model under a constant infusion that enters the nodes in the shares of `site`.

    Raises `ValueError` for a site of another size, or a rate or share below zero or not finite.
    """
    network = model.network
    if site.shape != (network.size,):
        raise ValueError(f"a site has one share for each of the {network.size} nodes")
    if not (np.isfinite(site).all() and (site >= 0.0).all()):
        raise ValueError("the shares of a site are finite and not below zero")
    if not (np.isfinite(rate_mg_per_h) and rate_mg_per_h >= 0.0):
        raise ValueError("a rate is finite and not below zero")
    root = ET.Element("sbml", xmlns=NAMESPACE, level="3", version="2")
    units = {"substanceUnits": "mg", "extentUnits": "mg", "volumeUnits": "mL", "timeUnits": "h"}
    whole = ET.SubElement(root, "model", {"id": "spine", "name": "Cisterna, an estimate"} | units)
    _units(whole)
    _nodes(whole, model)
    _infusion_rate(whole, rate_mg_per_h)
    _reactions(whole, model, site)
    ET.indent(root)
    return _HEADER + ET.tostring(root, encoding="unicode") + "\n"


def node_names(model: Model) -> list[str]:
    """What each node is: `T10 CSF`, `T10 cord shell`, `basal cistern`, …"""
    names = [""] * model.network.size
    blocks = {
        "CSF": model.csf,
        "epidural": model.epidural,
        "cord shell": model.shell,
        "cord core": model.core,
    }
    for what, nodes in blocks.items():
        for level, node in zip(model.canal.level, nodes, strict=True):
            if node >= 0:
                names[node] = f"{model.canal.names[level]} {what}"
    for name, node in model.cranial.items():
        names[node] = name
    return names


def _units(whole: ET.Element) -> None:
    listed = ET.SubElement(whole, "listOfUnitDefinitions")
    for name, factors in _UNITS.items():
        units = ET.SubElement(ET.SubElement(listed, "unitDefinition", id=name), "listOfUnits")
        for factor in factors:
            keys = ("kind", "exponent", "scale", "multiplier")
            ET.SubElement(units, "unit", dict(zip(keys, factor, strict=True)))


def _nodes(whole: ET.Element, model: Model) -> None:
    compartments = ET.SubElement(whole, "listOfCompartments")
    species = ET.SubElement(whole, "listOfSpecies")
    for i, name in enumerate(node_names(model)):
        size = repr(float(model.network.volume_ml[i, 0]))
        shape = {"spatialDimensions": "3", "size": size, "units": "mL", "constant": "true"}
        ET.SubElement(compartments, "compartment", {"id": f"node_{i}", "name": name} | shape)
        amount = {"initialAmount": "0", "substanceUnits": "mg", "hasOnlySubstanceUnits": "true"}
        fixed = {"boundaryCondition": "false", "constant": "false"}
        kept = {"id": f"drug_{i}", "name": name, "compartment": f"node_{i}"}
        ET.SubElement(species, "species", kept | amount | fixed)


def _infusion_rate(whole: ET.Element, rate: float) -> None:
    listed = ET.SubElement(whole, "listOfParameters")
    value = {"value": repr(float(rate)), "units": "mg_per_h", "constant": "true"}
    ET.SubElement(listed, "parameter", {"id": "infusion"} | value)


def _reactions(whole: ET.Element, model: Model, site: Array) -> None:
    listed, network = ET.SubElement(whole, "listOfReactions"), model.network
    ends = zip(network.a.tolist(), network.b.tolist(), strict=True)
    for n, (a, b) in enumerate(ends):
        both = (network.forward_ml_per_h[n, 0], network.back_ml_per_h[n, 0])
        flows = dict(zip(("forward", "back"), map(float, both), strict=True))
        law = ("minus", _flux("forward", a), _flux("back", b))
        _reaction(listed, f"link_{n}", (a, b), law, flows, "mL_per_h")
    for i in np.flatnonzero(network.loss_ml_per_h[:, 0]).tolist():
        flow = {"loss": float(network.loss_ml_per_h[i, 0])}
        _reaction(listed, f"loss_{i}", (i, None), _flux("loss", i), flow, "mL_per_h")
    for i in np.flatnonzero(site).tolist():
        share = {"share": float(site[i])}
        law = ("times", "share", "infusion")
        _reaction(listed, f"infusion_{i}", (None, i), law, share, "dimensionless")


def _flux(flow: str, node: int) -> Term:
    return ("divide", ("times", flow, f"drug_{node}"), f"node_{node}")


def _reaction(
    listed: ET.Element,
    name: str,
    ends: tuple[int | None, int | None],
    law: Term,
    values: dict[str, float],
    unit: str,
) -> None:
    two_way = "false" if None in ends else "true"
    reaction = ET.SubElement(listed, "reaction", id=name, reversible=two_way)
    for side, node in zip(("listOfReactants", "listOfProducts"), ends, strict=True):
        if node is not None:
            taking = {"species": f"drug_{node}", "stoichiometry": "1", "constant": "true"}
            ET.SubElement(ET.SubElement(reaction, side), "speciesReference", taking)
    kinetic = ET.SubElement(reaction, "kineticLaw")
    _write(ET.SubElement(kinetic, "math", xmlns=MATHML), law)
    local = ET.SubElement(kinetic, "listOfLocalParameters")
    for key, value in values.items():
        ET.SubElement(local, "localParameter", id=key, value=repr(float(value)), units=unit)


def _write(into: ET.Element, term: Term) -> None:
    if isinstance(term, str):
        ET.SubElement(into, "ci").text = term
        return
    apply = ET.SubElement(into, "apply")
    ET.SubElement(apply, str(term[0]))
    for part in term[1:]:
        _write(apply, part)
