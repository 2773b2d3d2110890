"""The engine against CVODE (SUNDIALS through scikit-sundae) on the whole model."""

import numpy as np
import pytest
from scipy.sparse import csr_array
from scipy.sparse.csgraph import reverse_cuthill_mckee
from sksundae.cvode import CVODE  # type: ignore[import-untyped]

from cisterna.facts import Library
from cisterna.facts.spine import levels
from cisterna.spine.canal import canal
from cisterna.spine.cohort import cohort, default_draw
from cisterna.spine.model import model
from cisterna.spine.modes import Modes
from tests.variants import variants

LIBRARY = Library()
PIECES = [(1.5, 2.0), (0.25, 0.0), (6.0, 0.3), (2.0, 0.0), (0.1, 40.0), (24.0, 0.1)]


def integrated(a: np.ndarray, source: np.ndarray, start: np.ndarray, hours: float, **linear):
    """dc/dt = A·c + source over one piece."""

    def slope(t, c, out):
        out[:] = a @ c + source

    solver = CVODE(slope, rtol=1e-10, atol=1e-18, max_num_steps=200_000, **linear)
    found = solver.solve([0.0, hours], start)
    assert found.success
    return found.y[-1]


def banded(a: np.ndarray) -> tuple[np.ndarray, int]:
    """An order of the nodes that keeps the links close to the diagonal, and the half-width."""
    order = reverse_cuthill_mckee(csr_array(a != 0.0), symmetric_mode=True)
    rows, columns = np.nonzero(a[np.ix_(order, order)])
    return order, int(np.abs(rows - columns).max())


@pytest.mark.parametrize("solver", ["dense", "band"])
@pytest.mark.parametrize(
    ("drug", "tip"), variants([("morphine", "L2"), ("fentanyl", "T6")], [("morphine", "L2")])
)
@pytest.mark.parametrize(
    "draw", [default_draw(LIBRARY), cohort(LIBRARY, 5, 2).one(1)], ids=["mid", "one"]
)
def test_cvode_and_the_engine_agree_after_every_piece(draw, drug, tip, solver):
    body = canal(levels(), draw.person)
    network = model(body, draw.person, draw.kinetics[drug]).network
    site, a = body.site(tip, network.size), network.rate_matrix()
    order, width = banded(a)
    assert width < 12
    linear = {"linsolver": solver}
    if solver == "band":
        linear |= {"lband": width, "uband": width}
    modes = Modes.of(network)
    c = y = np.zeros(network.size)
    for hours, rate in PIECES:
        source = (site * rate / network.volume_ml[:, 0])[order]
        c = integrated(a[np.ix_(order, order)], source, c, hours, **linear)
        y = modes.after(y, modes.drive(site) * rate, hours)
        found = modes.concentrations(y)[order]
        assert found == pytest.approx(c, rel=1e-6, abs=1e-12 * c.max()), (hours, rate)
