"""The engine against closed forms that share no code with it."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import solve_ivp
from scipy.linalg import expm

from cisterna.spine.modes import Modes
from cisterna.spine.network import Network
from cisterna.spine.plasma import Plasma
from tests.spine.trees import alone


def tube(length: float, cells: int, area: float, d: float, k: float, u: float = 0.0) -> Network:
    """A uniform tube without flow through its ends, exponentially fitted."""
    h = length / cells
    g, q = area * d / h, area * u
    x = q / g
    forward = g if x == 0 else g * (-x) / math.expm1(-x)
    back = g if x == 0 else g * x / math.expm1(x)
    volume = np.full(cells, area * h)
    links = [(i, i + 1, forward, back) for i in range(cells - 1)]
    return alone(volume, links, k * volume)


def at(length: float, cells: int, x: float) -> np.ndarray:
    """All of a source in the cell that holds x (on an edge: half in each neighbour)."""
    site = np.zeros(cells)
    position = x / length * cells
    low = math.ceil(position) - 1
    high = min(cells - 1, math.floor(position))
    site[low] += 0.5
    site[high] += 0.5
    return site


def read(c: np.ndarray, length: float, x: float) -> float:
    """Concentration at x between cell centres."""
    cells = len(c)
    centres = (np.arange(cells) + 0.5) * length / cells
    return float(np.interp(x, centres, c))


L, X0, D, K, A = 60.0, 20.0, 36.0, 0.2, 1.3


def test_a_finite_tube_settles_to_the_closed_form():
    # csf §6.4: c(0) 0.0647373, c(20) 0.1510150, c(60) 0.0152798 per mg/h.
    n = 1200
    modes = Modes.of(tube(L, n, A, D, K))
    c = modes.concentrations(modes.steady(at(L, n, X0)))
    assert c[0] == pytest.approx(0.0647373, rel=2e-5)
    assert read(c, L, 20.0) == pytest.approx(0.1510150, rel=2e-3)  # half a cell off the cusp
    assert c[-1] == pytest.approx(0.0152798, rel=2e-5)
    assert K * A * c.sum() * L / n == pytest.approx(1.0, rel=1e-9)


def test_the_order_of_convergence_away_from_the_source_is_two():
    errors = []
    for n in (60, 120, 240):
        modes = Modes.of(tube(L, n, A, D, K))
        c = modes.concentrations(modes.steady(at(L, n, X0)))
        alpha = math.sqrt(K / D)
        x = L - 0.5 * L / n
        head = 1 / (A * D * alpha * math.sinh(alpha * L))
        exact = head * math.cosh(alpha * X0) * math.cosh(alpha * (L - x))
        errors.append(abs(c[-1] - exact))
    assert math.log2(errors[0] / errors[1]) == pytest.approx(2.0, abs=0.1)
    assert math.log2(errors[1] / errors[2]) == pytest.approx(2.0, abs=0.1)


def test_an_infusion_into_an_infinite_line_follows_its_closed_form_in_time():
    # csf §6.3 at x = 10 cm: 0.00930425 (1 h), 0.0519214 (6 h), 0.0677510 (24 h).
    length, n = 240.0, 1920
    modes = Modes.of(tube(length, n, A, D, K))
    unit = modes.drive(at(length, n, 120.0))
    y = np.zeros(n)
    wanted = {1: 0.00930425, 6: 0.0519214, 24: 0.0677510}
    for hour in range(1, 25):
        y = modes.after(y, unit, 1.0)
        if hour in wanted:
            found = read(modes.concentrations(y), length, 130.0)
            assert found == pytest.approx(wanted[hour], rel=1e-3)


def test_a_bolus_peaks_when_and_where_the_closed_form_says():
    # csf §6.1: x 20 cm, t* 2.6808 h, c 4.5847e-3 per mg.
    length, n = 300.0, 1200
    network = tube(length, n, A, D, K)
    modes = Modes.of(network)
    start = at(length, n, 150.0) / network.volume_ml[:, 0]
    y0 = modes.amplitudes(start)
    times = np.linspace(2.5, 2.9, 81)
    values = [
        read(modes.concentrations(modes.after(y0, np.zeros(n), t)), length, 170.0) for t in times
    ]
    assert times[int(np.argmax(values))] == pytest.approx(2.6808, abs=0.01)
    assert max(values) == pytest.approx(4.5847e-3, rel=1e-3)


def test_a_slow_flow_tilts_the_steady_profile_as_it_should():
    # csf §6.2 with u = -0.5 cm/h: 0.142720, c(+10) 0.0629823, c(-10) 0.0723664.
    length, n = 300.0, 2400
    modes = Modes.of(tube(length, n, A, D, K, u=-0.5))
    c = modes.concentrations(modes.steady(at(length, n, 150.0)))
    assert read(c, length, 160.0) == pytest.approx(0.0629823, rel=1e-3)
    assert read(c, length, 140.0) == pytest.approx(0.0723664, rel=1e-3)


@st.composite
def networks(draw) -> Network:
    """Random trees with two-way flows; every node loses a little."""
    size = draw(st.integers(2, 9))
    positive = st.floats(0.05, 20.0)
    links = [
        (draw(st.integers(0, i - 1)), i, draw(positive), draw(positive)) for i in range(1, size)
    ]
    volumes = np.array([draw(positive) for _ in range(size)])
    losses = np.array([draw(st.floats(0.01, 5.0)) for _ in range(size)])
    return alone(volumes, links, losses)


@settings(max_examples=60, deadline=None)
@given(networks(), st.floats(0.01, 30.0), st.floats(0.0, 5.0))
def test_one_piece_equals_the_dense_exponential(network, hours, rate):
    modes, a = Modes.of(network), network.rate_matrix()
    source = np.zeros(network.size)
    source[-1] = rate
    c0 = np.linspace(0.0, 1.0, network.size)
    got = modes.concentrations(modes.after(modes.amplitudes(c0), modes.sources @ source, hours))
    grown = expm(a * hours)
    want = grown @ c0 + np.linalg.solve(
        a, (grown - np.eye(network.size)) @ (source / network.volume_ml[:, 0])
    )
    assert got == pytest.approx(want, rel=1e-7, abs=1e-9)
    assert (got > -1e-12).all()


@settings(max_examples=40, deadline=None)
@given(networks(), st.floats(0.1, 10.0))
def test_what_goes_in_is_stored_or_lost(network, hours):
    modes = Modes.of(network)
    site = np.zeros(network.size)
    site[0] = 1.0
    unit = modes.drive(site)
    zero = np.zeros(network.size)
    stored = network.volume_ml[:, 0] @ modes.concentrations(modes.after(zero, unit, hours))
    lost = network.loss_ml_per_h[:, 0] @ modes.concentrations(modes.integral(zero, unit, hours))
    assert stored + lost == pytest.approx(hours, rel=1e-9)


@settings(max_examples=30, deadline=None)
@given(networks())
def test_a_repeating_delivery_settles_to_its_periodic_state(network):
    modes = Modes.of(network)
    site = np.zeros(network.size)
    site[0] = 1.0
    unit = modes.drive(site)
    cycle = [(6.0, 0.5), (10.0, 2.0), (8.0, 0.0)]
    y = np.zeros(network.size)
    for _ in range(4000 if modes.rates_per_h.max() > -0.01 else 800):
        y = modes.run(unit, cycle, y)[-1]
    assert modes.periodic(unit, cycle) == pytest.approx(y, rel=1e-6, abs=1e-9)


def test_source_and_sensor_may_change_places_in_a_network_without_flow_through():
    network = tube(30.0, 30, 1.3, 20.0, 0.2)
    modes = Modes.of(network)
    one = modes.concentrations(modes.steady(np.eye(30)[5]))[21]
    other = modes.concentrations(modes.steady(np.eye(30)[21]))[5]
    assert one == pytest.approx(other, rel=1e-10)


def test_plasma_equals_an_independent_integrator():
    network = tube(20.0, 10, 1.0, 10.0, 0.3)
    modes, plasma = Modes.of(network), Plasma(16_000.0, 30_000.0)
    site = np.eye(10)[4]
    gain = network.loss_ml_per_h[:, 0] @ modes.shapes
    y, p = np.zeros(10), 0.0
    pieces = [(3.0, 1.0), (2.0, 0.0), (4.0, 5.0)]

    def slope(t, state, rate):
        c, conc = state[:-1], state[-1]
        dc = network.rate_matrix() @ c + site * rate / network.volume_ml[:, 0]
        lost = network.loss_ml_per_h[:, 0] @ c
        return [*dc, (lost - plasma.clearance_ml_per_h * conc) / plasma.volume_ml]

    state = np.zeros(11)
    for hours, rate in pieces:
        drive = modes.drive(site) * rate
        p = plasma.after(p, gain, modes, y, drive, hours)
        y = modes.after(y, drive, hours)
        solved = solve_ivp(
            slope, (0, hours), state, args=(rate,), method="LSODA", rtol=1e-10, atol=1e-14
        )
        state = solved.y[:, -1]
        assert p == pytest.approx(state[-1], rel=1e-7)
        assert modes.concentrations(y) == pytest.approx(state[:-1], rel=1e-6)
