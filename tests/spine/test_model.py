"""The level model: conserved, positive, resolved, and equal to solvers that share no code."""

import numpy as np
import pytest
from scipy.integrate import solve_ivp
from scipy.linalg import expm

from cisterna.facts import Library
from cisterna.facts.spine import levels
from cisterna.spine.canal import CELL_CM, Canal, canal
from cisterna.spine.cohort import cohort, default_draw, mean_uptake_per_h
from cisterna.spine.model import Model, fitted, model
from cisterna.spine.modes import Modes

LIBRARY = Library()
DEFAULT = default_draw(LIBRARY)
PERSONS = cohort(LIBRARY, 7, 20)
DRUGS = ("morphine", "baclofen", "ziconotide", "fentanyl", "bupivacaine")


def built(drug: str, draw=DEFAULT, cell: float = CELL_CM) -> tuple[Canal, Model]:
    """Canal and model of one drug in one person."""
    body = canal(levels(), draw.person, cell)
    return body, model(body, draw.person, draw.kinetics[drug])


def settled(drug: str, tip: str, draw=DEFAULT, cell: float = CELL_CM) -> np.ndarray:
    """Settled concentrations of every node under 1 mg/h."""
    body, made = built(drug, draw, cell)
    modes = Modes.of(made.network)
    return modes.concentrations(modes.steady(body.site(tip, made.network.size)))


@pytest.mark.parametrize("drug", DRUGS)
@pytest.mark.parametrize("tip", ["C5", "T10", "L4"])
def test_what_is_infused_is_lost_when_it_has_settled(drug, tip):
    _, made = built(drug)
    c = settled(drug, tip)
    assert made.network.loss_ml_per_h[:, 0] @ c == pytest.approx(1.0, rel=1e-9)
    assert (c > 0.0).all()


@pytest.mark.parametrize("number", range(20))
def test_every_virtual_person_conserves_mass_and_stays_positive(number):
    draw = PERSONS.one(number)
    body, made = built("baclofen", draw)
    modes = Modes.of(made.network)
    unit = modes.drive(body.site("T10", made.network.size))
    zero = np.zeros(made.network.size)
    volume, loss = made.network.volume_ml[:, 0], made.network.loss_ml_per_h[:, 0]
    for hours in (0.1, 5.0, 100.0):
        c = modes.concentrations(modes.after(zero, unit, hours))
        lost = loss @ modes.concentrations(modes.integral(zero, unit, hours))
        assert volume @ c + lost == pytest.approx(hours, rel=1e-9)
        assert c.min() > -1e-12


def test_the_engine_equals_the_dense_exponential_on_the_whole_model():
    body, made = built("fentanyl")
    modes, a = Modes.of(made.network), made.network.rate_matrix()
    site = body.site("T10", made.network.size)
    unit = modes.drive(site)
    y = modes.after(np.zeros(made.network.size), unit, 6.0)
    size = made.network.size
    grown = expm(a * 6.0)
    want = np.linalg.solve(a, (grown - np.eye(size)) @ (site / made.network.volume_ml[:, 0]))
    assert modes.concentrations(y) == pytest.approx(want, rel=1e-7, abs=1e-12)


def test_the_engine_equals_a_stiff_integrator_on_the_whole_model():
    body, made = built("morphine")
    modes, a = Modes.of(made.network), made.network.rate_matrix()
    site = body.site("L1", made.network.size)
    pieces = [(2.0, 1.0), (1.0, 0.0), (3.0, 4.0)]
    y, c = np.zeros(made.network.size), np.zeros(made.network.size)
    for hours, rate in pieces:
        y = modes.after(y, modes.drive(site) * rate, hours)
        source = site * rate / made.network.volume_ml[:, 0]
        c = solve_ivp(
            lambda t, c, s=source: a @ c + s,
            (0.0, hours),
            c,
            method="LSODA",
            jac=lambda t, c: a,
            rtol=1e-9,
            atol=1e-14,
        ).y[:, -1]
    assert modes.concentrations(y) == pytest.approx(c, rel=1e-5, abs=1e-9)


def test_the_answer_is_linear_in_the_dose():
    body, made = built("baclofen")
    modes = Modes.of(made.network)
    unit = modes.drive(body.site("T8", made.network.size))
    zero = np.zeros(made.network.size)
    one, five = (modes.after(zero, unit * r, 7.0) for r in (1.0, 5.0))
    assert modes.concentrations(five) == pytest.approx(5 * modes.concentrations(one), rel=1e-10)


def test_a_higher_tip_gives_the_cistern_more_of_every_drug():
    for drug in DRUGS:
        _, made = built(drug)
        cistern = [settled(drug, tip)[made.cranial["basal cistern"]] for tip in ("L4", "T10", "T4")]
        assert cistern[0] < cistern[1] < cistern[2]


def test_the_prototype_of_the_fact_book_is_met():
    # csf §8: tip level per 1 mg/h L2 0.095 (0.05-0.17), T10 0.073 (0.04-0.14) mg/mL; L4 over
    # cistern for a tip at T10 2.8 (1.5-12), at L2 14 (3-160).
    names = tuple(x.name for x in levels())
    _, made = built("morphine")
    for tip, low, high, least, most in (("L2", 0.05, 0.17, 3, 160), ("T10", 0.04, 0.14, 1.5, 12)):
        c = settled("morphine", tip)
        level = made.level_rows() @ c
        assert low < level[names.index(tip)] < high
        ratio = level[names.index("L4")] / c[made.cranial["basal cistern"]]
        assert least < ratio < most


def test_losses_are_counted_once():
    # baclofen: 0.3 = √(0.2·0.45) in all; absorption is 21·0.25/93.7 = 0.0560.
    drug = DEFAULT.kinetics["baclofen"]
    whole = float((drug.k_dura_per_h + mean_uptake_per_h(drug))[0])
    assert whole == pytest.approx(0.3 - 0.0560, abs=2e-4)


def test_a_link_with_flow_stays_positive_and_conserves_a_uniform_level():
    for flow in (-500.0, -1.0, 0.0, 1e-9, 3.0, 500.0):
        forward, back = (float(x) for x in fitted(np.array(10.0), np.array(flow)))
        assert forward >= 0.0
        assert back >= 0.0
        assert forward - back == pytest.approx(flow, abs=1e-9)


def test_the_levels_add_up_to_the_fact_book():
    body, _ = built("morphine")
    assert body.dz_cm.sum() == pytest.approx(61.9)
    assert body.volume_ml.sum() == pytest.approx(93.7, abs=0.5)
