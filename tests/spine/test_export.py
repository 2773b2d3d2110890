"""The exported modes answer as the model does, and are small."""

import json

import numpy as np
import pytest

from cisterna.facts import Library
from cisterna.facts.spine import levels
from cisterna.spine.canal import canal
from cisterna.spine.cohort import default_draw
from cisterna.spine.export import Export, export
from cisterna.spine.model import model
from cisterna.spine.modes import Modes

LIBRARY = Library()
DRAW = default_draw(LIBRARY)


@pytest.fixture(scope="module")
def morphine() -> Export:
    """The export of morphine with a small band."""
    return export(LIBRARY, "morphine", size=10)


def full(tip: str, pieces: list[tuple[float, float]]) -> np.ndarray:
    """Level of every level of the whole model after the pieces."""
    body = canal(levels(), DRAW.person)
    built = model(body, DRAW.person, DRAW.kinetics["morphine"])
    modes = Modes.of(built.network)
    unit = modes.drive(body.site(tip, built.network.size))
    y = modes.run(unit, pieces, np.zeros(built.network.size))[-1]
    return built.level_rows() @ modes.concentrations(y)


def replayed(found: Export, tip: str, pieces: list[tuple[float, float]]) -> np.ndarray:
    """The same from the printed numbers, as a page would."""
    body = json.loads(json.dumps(found.json()))
    rates, row = np.array(body["rates_per_h"]), body["tips"].index(tip)
    drive, y, rate = np.array(body["drive"])[row], np.zeros(len(rates)), 0.0
    for hours, rate in pieces:
        grown = np.exp(rates * hours)
        y = grown * y + (grown - 1) / rates * drive * rate
    return (np.array(body["see"]) @ y + np.array(body["instant"])[:, row] * rate)[:26]


@pytest.mark.parametrize("tip", ["C5", "T10", "L4"])
def test_a_page_redraws_what_the_model_says_within_one_per_cent(morphine, tip):
    pieces = [(6.0, 0.2), (2.0, 0.5), (4.0, 0.1)]
    want, got = full(tip, pieces), replayed(morphine, tip, pieces)
    assert got == pytest.approx(want, rel=0.01, abs=1e-3 * want.max())


@pytest.mark.parametrize("tip", ["C5", "T10", "L4"])
def test_the_settled_level_is_exact(morphine, tip):
    want = full(tip, [(2000.0, 0.3)])
    assert morphine.settled(tip, 0.3)[:26] == pytest.approx(want, rel=1e-4)


def test_the_band_holds_the_default_person_between_its_ends(morphine):
    assert (morphine.low <= morphine.high).all()
    assert np.median(morphine.low) < 1.0 < np.median(morphine.high)


def test_the_export_is_small(morphine):
    assert len(json.dumps(morphine.json())) < 150_000


def test_a_drug_without_a_known_loss_has_no_modes():
    with pytest.raises(KeyError):
        export(LIBRARY, "clonidine", size=1)
