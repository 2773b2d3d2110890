"""The SBML export: what libRoadRunner makes of it equals the engine."""

import warnings
from xml.etree import ElementTree as ET

import numpy as np
import pytest

from cisterna.facts import Library
from cisterna.facts.spine import levels
from cisterna.spine.canal import canal
from cisterna.spine.cohort import default_draw
from cisterna.spine.model import CRANIAL, Model, model
from cisterna.spine.modes import Modes
from cisterna.spine.sbml import NAMESPACE, node_names, sbml
from tests.variants import variants

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # its generated wrapper warns on import
    import roadrunner  # type: ignore[import-untyped]

DRAW = default_draw(Library())
BODY = canal(levels(), DRAW.person)
TIMES = [0.0, 0.5, 2.0, 6.0, 24.0]
SBML = f"{{{NAMESPACE}}}"


def built(drug: str) -> Model:
    """The default person's model of one drug."""
    return model(BODY, DRAW.person, DRAW.kinetics[drug])


@pytest.fixture(scope="module")
def text() -> str:
    """Morphine at T10, 0.2 mg/h."""
    made = built("morphine")
    return sbml(made, BODY.site("T10", made.network.size), 0.2)


@pytest.mark.parametrize(
    ("drug", "tip", "rate"),
    variants([("morphine", "T10", 0.2), ("fentanyl", "L2", 3)], [("morphine", "T10", 0.2)]),
)
def test_another_simulator_reads_the_export_and_agrees_at_every_node(drug, tip, rate):
    made = built(drug)
    size, site = made.network.size, BODY.site(tip, made.network.size)
    runner = roadrunner.RoadRunner(sbml(made, site, rate))
    runner.integrator.relative_tolerance = 1e-11
    runner.integrator.absolute_tolerance = 1e-20
    runner.integrator.maximum_num_steps = 200_000
    runner.timeCourseSelections = [f"drug_{i}" for i in range(size)]
    found = np.array(runner.simulate(times=TIMES))
    modes = Modes.of(made.network)
    drive = modes.drive(site) * rate
    for hours, amounts in zip(TIMES[1:], found[1:], strict=True):
        c = modes.concentrations(modes.after(np.zeros(size), drive, hours))
        # 4e-12 of the highest: a decomposition rounds at 2e-16 times its scaling, some thousand
        wanted = c * made.network.volume_ml[:, 0]
        assert amounts == pytest.approx(wanted, rel=1e-6, abs=4e-12 * wanted.max()), hours


def complaints(text: str) -> str:
    """What libSBML has to say, units and mathematics included; empty for a sound file."""
    checks = (
        roadrunner.VALIDATE_GENERAL
        | roadrunner.VALIDATE_IDENTIFIER
        | roadrunner.VALIDATE_MATHML
        | roadrunner.VALIDATE_OVERDETERMINED
        | roadrunner.VALIDATE_UNITS
    )
    return str(roadrunner.validateSBML(text, checks)).strip()


def test_nothing_is_wrong_in_the_syntax_the_mathematics_or_the_units(text):
    assert complaints(text) == ""


@pytest.mark.parametrize(
    ("right", "wrong", "words"),
    [
        ("<ci>infusion</ci>", "<ci>nothing</ci>", "nothing"),
        ('value="0.2" units="mg_per_h"', 'value="0.2" units="mg"', "units"),
        ("</sbml>", "", "well-formed"),
    ],
)
def test_a_fault_in_the_export_would_be_noticed(text, right, wrong, words):
    assert right in text
    assert words in complaints(text.replace(right, wrong))


def test_every_quantity_of_the_export_names_its_unit(text):
    root = ET.fromstring(text)  # noqa: S314 - our own text
    assert (root.tag, root.get("level"), root.get("version")) == (f"{SBML}sbml", "3", "2")
    whole = root[0]
    assert [whole.get(f"{x}Units") for x in ("substance", "extent", "volume", "time")] == [
        *("mg", "mg", "mL", "h")
    ]
    declared = {x.get("id") for x in root.iter(f"{SBML}unitDefinition")}
    assert declared == {"mL", "mg", "h", "mL_per_h", "mg_per_h"}
    assert {x.get("units") for x in root.iter(f"{SBML}compartment")} == {"mL"}
    assert {x.get("substanceUnits") for x in root.iter(f"{SBML}species")} == {"mg"}
    assert {x.get("units") for x in root.iter(f"{SBML}parameter")} == {"mg_per_h"}
    local = {x.get("units") for x in root.iter(f"{SBML}localParameter")}
    assert local == {"mL_per_h", "dimensionless"}


def test_every_node_link_and_loss_is_exported_once(text):
    root, network = ET.fromstring(text), built("morphine").network  # noqa: S314 - our own text
    ids = [x.get("id") or "" for x in root.iter(f"{SBML}reaction")]
    assert len(list(root.iter(f"{SBML}compartment"))) == network.size
    assert sum(x.startswith("link_") for x in ids) == len(network.a)
    assert sum(x.startswith("loss_") for x in ids) == np.count_nonzero(network.loss_ml_per_h)
    assert len(ids) == len(set(ids))


def test_every_node_has_a_name_that_a_reader_knows():
    names = node_names(built("morphine"))
    assert all(names)
    kinds = {name.split(" ", 1)[1] for name in names if name not in CRANIAL}
    assert kinds == {"CSF", "epidural", "cord shell", "cord core"}
    assert set(CRANIAL) <= set(names)


@pytest.mark.parametrize("rate", [-1.0, float("nan"), float("inf")])
def test_an_impossible_rate_is_refused(rate):
    made = built("morphine")
    with pytest.raises(ValueError, match="rate"):
        sbml(made, BODY.site("T10", made.network.size), rate)


def test_a_site_of_another_model_is_refused():
    with pytest.raises(ValueError, match="share"):
        sbml(built("morphine"), np.ones(3) / 3, 1.0)
    made = built("morphine")
    with pytest.raises(ValueError, match="shares"):
        sbml(made, -BODY.site("T10", made.network.size), 1.0)
