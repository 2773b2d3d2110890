"""The band by poles against the decomposition of each person."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from cisterna.facts import Library
from cisterna.facts.spine import levels
from cisterna.order.reading import read_prescription
from cisterna.order.tip import settled_trace, tip_trace
from cisterna.quantity import Quantity
from cisterna.spine import poles as module
from cisterna.spine.cohort import Draw, cohort, default_draw
from cisterna.spine.drive import Piece, last, pieces_of
from cisterna.spine.forecast import forecast, mean_of, persons_mean
from cisterna.spine.modes import Modes
from cisterna.spine.network import Array
from cisterna.spine.poles import poles
from cisterna.spine.reading import Reading, model_of, reading, together
from tests.test_examples import EXAMPLES

LIBRARY = Library()
NAMES = [level.name for level in levels()]
MANY = cohort(LIBRARY, 3, 2000)
DRUGS = ("morphine", "fentanyl", "ziconotide")
EXTREMES = [
    MANY.one(int(pick(values)))
    for values in (
        MANY.person.dispersion_factor,
        MANY.person.csf_volume_factor,
        MANY.kinetics["fentanyl"].k_dura_per_h,
        MANY.kinetics["fentanyl"].cord_loss_per_h,
        MANY.kinetics["fentanyl"].shell_core_per_h,
    )
    for pick in (np.argmin, np.argmax)
]
PERSONS = [default_draw(LIBRARY), *EXTREMES]
MODES = {
    (drug, n): Modes.of(model_of(person, drug).network)
    for drug in DRUGS
    for n, person in enumerate(PERSONS)
}


def decomposed(person: Draw, modes: Modes, drug: str, tip: str, run: list[Piece]) -> Reading:
    """The mean of the last day of one person by its own modes."""
    built = model_of(person, drug)
    unit, zero = modes.drive(built.site(tip)), np.zeros(built.network.size)
    early, late = last(run, 24.0)
    y = modes.mean(unit, late, modes.run(unit, early, zero)[-1])
    return reading(built, person.kinetics[drug], modes.concentrations(y)[:, None])


def flat(found: Reading) -> Array:
    """Everything that is read, (value, person), plasma at its own scale left out."""
    return np.vstack([found.csf, found.cord, found.sites])


DAY = 24.0
BOLUS = 5.0 / 60.0
RATES = st.floats(0.0, 2.0)


def boluses(days: int, every: float, between: float) -> list[Piece]:
    """Boluses of five minutes."""
    return [(every - BOLUS, between), (BOLUS, 20.0)] * int(days * DAY / every)


def late(hours: float, left: float, before: float, after: float) -> list[Piece]:
    """A bolus of about a minute that ends `left` hours before the end."""
    return [(hours - left - 0.02, before), (0.02, 50.0), (left, after)]


def cut(hours: float, shares: list[float], rates: list[float]) -> list[Piece]:
    """Pieces of any length."""
    cuts = sorted({0.0, hours, *(hours * share for share in shares)})
    return [(b - a, rate) for (a, b), rate in zip(pairwise(cuts), rates, strict=False)]


# What pumps and orders make: constant, boluses, a late bolus, an end, an empty line, an odd cut,
# a flex schedule of 48 steps.
HOURS = st.integers(1, 90).map(lambda days: DAY * days)
SHARES = st.lists(st.floats(1e-6, 1.0), max_size=8)
DELIVERIES: st.SearchStrategy[list[Piece]] = st.one_of(
    st.builds(lambda hours, rate: [(hours, rate)], HOURS, st.floats(0.01, 2.0)),
    st.builds(boluses, st.integers(1, 30), st.sampled_from([1.0, 4.0, 6.0, 24.0]), RATES),
    st.builds(late, HOURS, st.floats(1e-3, 0.5), RATES, RATES),
    st.builds(lambda hours, after: [(hours, 0.75), (after, 0.0)], HOURS, st.floats(0.1, 72.0)),
    st.builds(lambda empty, hours: [(empty, 0.0), (hours, 0.75)], st.floats(0.1, 72.0), HOURS),
    st.builds(cut, HOURS, SHARES, st.lists(RATES, min_size=9, max_size=9)),
    st.builds(
        lambda days, rates: [(0.5, rate) for rate in rates] * days,
        st.integers(1, 30),
        st.lists(RATES, min_size=48, max_size=48),
    ),
)


@settings(max_examples=15)
@given(DELIVERIES, st.sampled_from(DRUGS), st.sampled_from(NAMES))
@example([(24.0, 0.0)], "morphine", "T10")
@example([(6 * DAY - 1 / 60, 0.0), (2 / 60, 1.0), (DAY - 1 / 60, 0.0)], "fentanyl", "S2")
@example([(100.0, 1e-6), (1 / 60, 1e6), (68 - 1 / 60, 1e-6)], "fentanyl", "C1")
@example([(1 / 60, 1.0), (90 * DAY - 1 / 60, 0.0)], "morphine", "T10")
@example([(DAY - 1e-3, 0.0), (1e-3, 1000.0)], "ziconotide", "L2")
def test_the_mean_by_poles_is_each_persons_mean_by_its_own_modes(run, drug, tip):
    mean = mean_of(run)
    highest = max(rate for _, rate in run)
    for n, person in enumerate(PERSONS):
        found = flat(persons_mean(person, drug, tip, mean))
        wanted = flat(decomposed(person, MODES[drug, n], drug, tip, run))
        # After an end the error is that of the level before: 1e-7 of what the rate would leave.
        noise = 1e-8 * highest
        assert np.abs(found - wanted).max() <= 1e-6 * wanted.max() + noise


@given(DELIVERIES)
@example([(24.0, 5e-324)])
def test_poles_follow_any_delivery_between_their_samples(run):
    mean = mean_of(run)
    assert len(mean.at_per_h) <= 60
    assert (mean.at_per_h.imag >= 0.0).all()
    rates = -np.geomspace(1.1e-3, 9e6, 5000)
    size = max(rate for _, rate in run)
    assert np.abs(mean(rates)).max() <= 1.001 * size
    assert mean(np.array([-1e9]))[0] == pytest.approx(
        sum(h * r for h, r in last(run, DAY)[1]) / min(DAY, sum(h for h, _ in run)),
        abs=max(1e-6 * size, 1e-250),
    )


def test_a_delivery_of_nothing_leaves_nothing():
    mean = mean_of([(48.0, 0.0)])
    assert len(mean.at_per_h) == 0
    found = persons_mean(MANY.part(slice(0, 3)), "morphine", "T10", mean)
    assert not flat(found).any()


class _Lost:
    """An AAA that finds nothing of use."""

    def __init__(self, rates, values, **_):
        self.rates = rates

    def poles(self) -> np.ndarray:
        return np.array([np.inf, np.nan, -1.0, -2.0 + 1e-9j], complex)


@settings(max_examples=20)
@given(DELIVERIES)
def test_without_aaa_the_poles_on_two_rays_do(run):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "AAA", _Lost)
        rays = mean_of(run)
    usual = mean_of(run)
    rates = -np.geomspace(2e-3, 1e6, 3000)
    size = np.abs(usual(rates)).max()
    assert np.abs(rays(rates) - usual(rates)).max() <= 2e-7 * max(size, 1e-6)


def test_what_no_sum_of_poles_follows_is_said():
    with pytest.raises(ArithmeticError, match="no sum of poles"):
        poles(lambda rates: np.sign(rates + 3.0))


def test_aaa_warns_of_nothing_on_the_way(monkeypatch, recwarn):
    monkeypatch.setattr(module, "_MOST_TERMS", 3)
    mean_of([(20.0, 1.0), (0.1, 7.0), (30.0, 0.0)])
    assert not recwarn.list


@pytest.mark.parametrize("name", ["simple-morphine", "cancer-mixture"])
def test_the_band_of_a_forecast_is_the_band_of_decomposed_persons(name):
    rx = read_prescription(EXAMPLES / f"{name}.toml", LIBRARY)
    trace = tip_trace(rx, None, Quantity.of(3, "day"))
    cycles = {c.drug.id: pieces_of(settled_trace(rx), c.drug.id) for c in rx.solution.components}
    size, persons = 20, cohort(LIBRARY, 1, 20)
    found = forecast(rx, LIBRARY, trace, cycles, size)
    for drug in found.fields:
        run = pieces_of(trace, drug)
        each = [persons.one(n) for n in range(size)]
        own = [Modes.of(model_of(p, drug).network) for p in each]
        means = together(
            [decomposed(p, m, drug, str(trace.tip), run) for p, m in zip(each, own, strict=True)]
        )
        low, high = np.percentile(means.csf, [5, 95], axis=1) * 1e6
        rows = [v for v in found.levels if v.drug == drug]
        assert [float(v.p5.number("ng/mL")) for v in rows] == pytest.approx(low, rel=5e-6)
        assert [float(v.p95.number("ng/mL")) for v in rows] == pytest.approx(high, rel=5e-6)
