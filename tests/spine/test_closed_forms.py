"""The closed forms of the csf fact book §6, to the digits that it prints.

The mesh's error is removed by Richardson extrapolation over meshes with nodes at source and
sensor, so that what is compared is the engine and the discretisation in the limit.
"""

import math
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from scipy.linalg import solve_banded

from cisterna.facts import Library
from cisterna.facts.spine import levels
from cisterna.spine.canal import Canal, canal
from cisterna.spine.cohort import cohort, default_draw
from cisterna.spine.model import _along, _Builder, fitted, model
from cisterna.spine.modes import Modes
from cisterna.spine.network import Network
from cisterna.spine.oscillation import Plates
from tests.spine.trees import alone

D, K, A = 36.0, 0.2, 1.3
# A decomposition rounds at 2e-16 times the scaling's range, some thousand; of the highest level.
ROUNDING = 4e-12
LIBRARY = Library()
DEFAULT = default_draw(LIBRARY)
PERSONS = cohort(LIBRARY, 11, 3)
DRUGS = ("morphine", "baclofen", "ziconotide", "fentanyl", "bupivacaine")


def line(length: float, step: float, u: float = 0.0) -> Network:
    """A uniform tube with nodes at 0, step, …, length and half cells at its closed ends."""
    count = round(length / step)
    volume = np.full(count + 1, A * step)
    volume[[0, -1]] /= 2
    forward, back = (float(x) for x in fitted(np.array(A * D / step), np.array(A * u)))
    links = [(i, i + 1, forward, back) for i in range(count)]
    return alone(volume, links, K * volume)


def richardson(values: list[np.ndarray]) -> np.ndarray:
    """The limit of values on meshes that halve, with an error in even powers of the step."""
    power = 4.0
    while len(values) > 1:
        values = [fine + (fine - coarse) / (power - 1) for coarse, fine in pairwise(values)]
        power *= 4
    return values[0]


def settled(length: float, source: float, sensors: list[float], u: float = 0.0) -> np.ndarray:
    """Settled concentration at the sensors under 1 mg/h, in the limit of a fine mesh."""
    found = []
    for step in (1.0, 0.5, 0.25):
        network = line(length, step, u)
        modes = Modes.of(network)
        site = np.eye(network.size)[round(source / step)]
        c = modes.concentrations(modes.steady(site))
        found.append(c[[round(x / step) for x in sensors]])
    return richardson(found)


def printed(text: str):
    """A number as the book prints it: equal to half a unit of its last digit."""
    mantissa, _, exponent = text.partition("e")
    places = len(mantissa.partition(".")[2])
    return pytest.approx(float(text), abs=0.505 * 10.0 ** (int(exponent or 0) - places), rel=0)


def test_a_bolus_on_a_line_peaks_at_the_printed_time_and_height():
    # §6.1, x 20 cm: the slope of the level vanishes at t*.
    level, slope = [], []
    for step in (1.0, 0.5, 0.25):
        network = line(240.0, step)
        modes, here = Modes.of(network), round(120.0 / step)
        y = modes.amplitudes(np.eye(network.size)[here] / network.volume_ml[:, 0])
        row = modes.shapes[here + round(20.0 / step)]
        times = 2.6808 + np.array([-5e-5, 0.0, 5e-5])
        grown = np.exp(modes.rates_per_h[:, None] * times) * y[:, None]
        level.append(row @ grown)
        slope.append((row * modes.rates_per_h) @ grown)
    assert richardson(level)[1] == printed("4.5847e-3")
    rising, _, falling = richardson(slope)
    assert rising > 0.0 > falling


def test_a_settled_infusion_into_a_line_has_the_printed_levels():
    # §6.2: u = 0 and −0.5 cm/h; 300 cm is a line without ends.
    still = settled(300.0, 150.0, [150.0, 160.0])
    assert still[0] == printed("0.143338")
    assert still[1] == printed("0.0680231")
    moving = settled(300.0, 150.0, [150.0, 160.0, 140.0], u=-0.5)
    assert moving[0] == printed("0.142720")
    assert moving[1] == printed("0.0629823")
    assert moving[2] == printed("0.0723664")


def test_an_infusion_into_a_line_grows_through_the_printed_levels():
    # §6.3 at the source and at 10 cm after 1, 6 and 24 h.
    hours, found = (1.0, 6.0, 24.0), []
    for step in (1.0, 0.5, 0.25):
        network = line(240.0, step)
        modes, here = Modes.of(network), round(120.0 / step)
        unit, y = modes.drive(np.eye(network.size)[here]), np.zeros(network.size)
        states = modes.run(unit, [(1.0, 1.0), (5.0, 1.0), (18.0, 1.0)], y)[1:]
        c = np.array([modes.concentrations(y) for y in states])
        found.append(c[:, [here, here + round(10.0 / step)]])
    limit = richardson(found)
    book = {
        0: ("0.0677859", "0.1259458", "0.1430588"),
        1: ("0.00930425", "0.0519214", "0.0677510"),
    }
    for column, texts in book.items():
        for row, text in enumerate(texts):
            assert limit[row, column] == printed(text), (hours[row], column)


def test_a_closed_tube_settles_to_the_printed_levels_and_loses_what_it_gets():
    # §6.4: ends and source.
    found = settled(60.0, 20.0, [0.0, 20.0, 60.0])
    for value, text in zip(found, ("0.0647373", "0.1510150", "0.0152798"), strict=True):
        assert value == printed(text)
    network = line(60.0, 0.5)
    modes = Modes.of(network)
    c = modes.concentrations(modes.steady(np.eye(network.size)[40]))
    assert network.loss_ml_per_h[:, 0] @ c == pytest.approx(1.0, rel=1e-9)


# §6.5 a manufactured solution: c = e^(−t)·(1 + ½cos(2πz/L)) ---------------------------------

LENGTH = 60.0
WAVE = 2 * math.pi / LENGTH


def area(z: np.ndarray) -> np.ndarray:
    """A smooth canal."""
    return 1.4 + 0.4 * np.sin(3 * WAVE * z / 2 + 0.3)


def dispersion(z: np.ndarray) -> np.ndarray:
    """From 360 cm²/h at the top to 43 at the bottom, as the fitted profile."""
    return np.asarray(43.0 + 317.0 * np.exp(-((z / 25.0) ** 2)))


def shape(z: np.ndarray) -> np.ndarray:
    """The solution at t = 0."""
    return 1.0 + 0.5 * np.cos(WAVE * z)


def flux(z: np.ndarray, absorbed: float) -> np.ndarray:
    """Q·c − A·D·∂c/∂z at t = 0, with Q = absorbed·(1 − z/L)."""
    slope = -0.5 * WAVE * np.sin(WAVE * z)
    return np.asarray(absorbed * (1 - z / LENGTH) * shape(z) - area(z) * dispersion(z) * slope)


def manufactured(count: int, absorbed: float) -> tuple[Network, np.ndarray, np.ndarray]:
    """The canal as the model builds it, the source at t = 0 (mg/h), and the solution at t = 0.

    The residual of each cell is integrated by quadrature, not taken from the discretisation.
    What flows in at the top is part of the source, since the cells' own top is closed.
    """
    dz = np.full(count, LENGTH / count)
    z = np.cumsum(dz) - dz / 2
    none = np.zeros((count, 1))
    level = np.arange(count)
    at, long, wide, spread = (x[:, None] for x in (z, dz, area(z), dispersion(z)))
    body = Canal(tuple(map(str, level)), level, at, long, wide, none, none, spread)
    build = _Builder()
    share = np.array([0.25])
    person = replace(DEFAULT.person, production_ml_per_h=absorbed / share, spinal_share=share)
    _along(build, body, person)
    plain = build.network()
    network = replace(plain, loss_ml_per_h=plain.loss_ml_per_h + K * plain.volume_ml)
    points, weights = np.polynomial.legendre.leggauss(8)
    inside = z[:, None] + dz[:, None] / 2 * points
    lost = (K - 1.0) * area(inside) + absorbed / LENGTH
    source = (lost * shape(inside)) @ (weights / 2) * dz
    source += flux(z + dz / 2, absorbed) - flux(z - dz / 2, absorbed)
    source[0] += flux(np.zeros(1), absorbed)[0]
    return network, source, shape(z)


@pytest.mark.parametrize("absorbed", [0.0, 5.25, 60.0])
def test_the_canal_is_of_second_order_on_a_manufactured_solution(absorbed):
    errors, steps, end = [], 4000, 1.0
    for count in (30, 60, 120, 240):
        network, source, start = manufactured(count, absorbed)
        modes = Modes.of(network)
        drive, y = modes.sources @ source, modes.amplitudes(start)
        tau = end / steps
        mean = -math.expm1(-tau) / tau
        for n in range(steps):
            y = modes.after(y, drive * math.exp(-n * tau) * mean, tau)
        c = modes.concentrations(y)
        errors.append(float(np.abs(c - math.exp(-end) * start).max()))
    orders = [math.log2(a / b) for a, b in pairwise(errors)]
    assert orders[-2:] == pytest.approx([2.0, 2.0], abs=0.05), (errors, orders)
    assert errors[2] < 0.001  # cells of half a centimetre; the model takes finer ones


@pytest.mark.parametrize("absorbed", [0.0, 60.0])
def test_a_smooth_delivery_cut_into_constant_pieces_is_of_second_order_in_time(absorbed):
    network, source, start = manufactured(60, absorbed)
    modes = Modes.of(network)
    drive, y0 = modes.sources @ source, modes.amplitudes(start)
    k, errors = modes.rates_per_h, []
    exact = np.exp(k) * y0 + drive * (np.exp(k) - math.exp(-1.0)) / (1.0 + k)
    for steps in (400, 800, 1600):
        tau, y = 1.0 / steps, y0
        for n in range(steps):
            mean = math.exp(-n * tau) * -math.expm1(-tau) / tau
            y = modes.after(y, drive * mean, tau)
        errors.append(float(np.abs(modes.concentrations(y - exact)).max()))
    orders = [math.log2(a / b) for a, b in pairwise(errors)]
    assert orders == pytest.approx([2.0, 2.0], abs=0.05), (errors, orders)


# §6.6 the whole model --------------------------------------------------------------------------


@pytest.mark.parametrize("drug", DRUGS)
@pytest.mark.parametrize("number", [None, 0, 1, 2])
def test_what_has_run_for_long_is_the_steady_state(drug, number):
    draw = DEFAULT if number is None else PERSONS.one(number)
    body = canal(levels(), draw.person)
    network = model(body, draw.person, draw.kinetics[drug]).network
    modes, site = Modes.of(network), body.site("T10", network.size)
    assert modes.rates_per_h.max() < 0.0
    y, unit = np.zeros(network.size), modes.drive(site)
    for _ in range(100):
        y = modes.after(y, unit, 40.0 / -modes.rates_per_h.max() / 100)
    solved = np.linalg.solve(network.rate_matrix(), -site / network.volume_ml[:, 0])
    assert modes.concentrations(y) == pytest.approx(solved, rel=1e-6)
    assert modes.concentrations(modes.steady(site)) == pytest.approx(solved, rel=1e-6)


@pytest.mark.parametrize("drug", DRUGS)
@pytest.mark.parametrize("tip", ["C2", "T6", "L2", "S2"])
def test_every_step_keeps_the_dose_and_nothing_falls_below_zero(drug, tip):
    body = canal(levels(), DEFAULT.person)
    made = model(body, DEFAULT.person, DEFAULT.kinetics[drug])
    network, rows = made.network, made.level_rows()
    modes, site = Modes.of(network), body.site(tip, network.size)
    unit, given, lost = modes.drive(site), 1.0, 0.0
    y = modes.amplitudes(site / network.volume_ml[:, 0])  # 1 mg at once, then a delivery with gaps
    for hours, rate in [(1e-4, 0.0), (1e-2, 5.0), (0.5, 0.0), (2.0, 0.3), (9.0, 0.0)] * 6:
        exposure = modes.concentrations(modes.integral(y, unit * rate, hours))
        lost += float(network.loss_ml_per_h[:, 0] @ exposure)
        y = modes.after(y, unit * rate, hours)
        given += hours * rate
        c = modes.concentrations(y)
        assert network.volume_ml[:, 0] @ c + lost == pytest.approx(given, rel=1e-9)
        assert c.min() > -ROUNDING * c.max()
        assert (rows @ c).min() > -1e-13 * c.max()


# §6.7 oscillating flow between plates -------------------------------------------------------------

BOOK = Plates(1e-3, 7.0, 0.7e-6, 5e-10, 0.01)


def finite_differences(plates: Plates, count: int) -> float:
    """R from a solve of momentum and concentration that shares nothing with the closed form."""
    h = plates.half_gap_m / count
    iw = 1j * plates.omega_per_s

    def solved(spread: float, right: np.ndarray, wall: float) -> np.ndarray:
        # iω·f − spread·f″ = right; even at the middle; at the wall f = 0 (wall 2) or f′ = 0 (0).
        off = -spread / h**2
        bands = np.zeros((3, count), complex)
        bands[0, 1:] = bands[2, :-1] = off
        bands[1] = iw - 2 * off
        bands[1, 0] += off
        bands[1, -1] += off - wall * off
        return np.asarray(solve_banded((1, 1), bands, right.astype(complex)))

    u = solved(plates.viscosity_m2_per_s, np.ones(count), 2.0)
    u *= plates.speed_m_per_s / u.mean()
    g = solved(plates.diffusivity_m2_per_s, -u, 0.0)
    return float(-0.5 * (u.conj() * g).mean().real / plates.diffusivity_m2_per_s)


def test_oscillating_plates_enhance_dispersion_as_printed():
    assert BOOK.enhancement() == printed("3.4508")


@pytest.mark.parametrize(
    "plates",
    [
        BOOK,
        Plates(3e-3, 7.0, 0.7e-6, 5e-10, 0.01),
        Plates(1.25e-3, 1.57, 0.7e-6, 5e-10, 0.03),
        Plates(1e-3, 1.0, 0.7e-6, 3e-6, 0.01),
    ],
    ids=["book", "wide", "breathing", "mixed"],
)
def test_oscillating_plates_equal_a_finite_difference_solve(plates):
    assert plates.enhancement() == pytest.approx(finite_differences(plates, 20_000), rel=2e-5)


@pytest.mark.parametrize("schmidt", [0.5, 2.0, 1400.0])
def test_slow_oscillation_gives_taylors_limit_to_five_digits(schmidt):
    a, kappa, speed = 1e-3, 5e-10, 0.01
    slow = Plates(a, 1e-3 * kappa / a**2, schmidt * kappa, kappa, speed)
    limit = (speed * a / kappa) ** 2 / 105
    assert slow.enhancement() / limit == pytest.approx(1.0, abs=5e-6)


def test_plates_that_the_form_cannot_answer_are_refused():
    with pytest.raises(ValueError, match="above zero"):
        replace(BOOK, omega_per_s=0.0)
    with pytest.raises(ValueError, match="differ"):
        replace(BOOK, viscosity_m2_per_s=5e-10)
