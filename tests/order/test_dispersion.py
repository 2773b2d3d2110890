"""Dispersed flow to the tip: fronts blurred by Taylor–Aris dispersion in the line."""

import math
from collections.abc import Callable
from datetime import UTC, datetime
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cisterna.order.dispersion import Front, Tube, dispersed_trace
from cisterna.order.trace import Slug, TipTrace, plug_trace
from cisterna.quantity import Quantity
from tests.order.cases import LIBRARY, q

START = datetime(2026, 11, 23, 10, tzinfo=UTC)
LINE = "0.31908 mL"
TUBE = Tube.of(q("0.0022 mL/cm"))

means = st.floats(0.01, 2.0)
shapes = st.floats(0.05, 1e5)


def simpson(f: Callable[[float], float], low: float, high: float, parts: int) -> float:
    """∫ f from low to high."""
    step = (high - low) / parts
    inner = sum((4 if n % 2 else 2) * f(low + n * step) for n in range(1, parts))
    return (f(low) + inner + f(high)) * step / 3


def traced(
    days: int,
    flow: str = "0.22",
    diffusivity: str = "0.00000000073 m2/s",
    step: str = "1 h",
    before: str = "10 mg/mL",
) -> tuple[TipTrace, TipTrace]:
    runs = [(Fraction(0), Fraction(days), Fraction(flow))]
    line = [Slug(q(LINE), {"morphine": q(before)})]
    new = Slug(q("20 mL"), {"morphine": q("20 mg/mL")})
    blurred = dispersed_trace(
        START, None, runs, line, new, TUBE, {"morphine": q(diffusivity)}, q(step)
    )
    return blurred, plug_trace(START, None, runs, line, new)


def mass(trace: TipTrace, days: int) -> Fraction:
    return trace.mass("morphine", q("0 day"), Quantity.of(Fraction(days), "day")).base


# Taylor–Aris -------------------------------------------------------------------------------------


def test_the_dispersion_coefficient_is_that_of_the_hand():
    # 0.0022 mL/cm is a tube of a² = 0.0022 ÷ π = 7.00282e-4 cm². At 0.22 mL/day
    # u = 0.22 ÷ 86,400 ÷ 0.0022 = 1.157407e-3 cm/s; with D = 7.3e-6 cm²/s of morphine
    # Pe² = a² u² ÷ D² = 17.60353, so K = 7.3e-6 × (1 + 17.60353 ÷ 48) = 9.97720e-6 cm²/s.
    flow = 0.22 / 86_400

    assert TUBE.dispersion_cm2_per_s(flow, 7.3e-6) == pytest.approx(9.97720e-6, rel=2e-6)
    # The spread is 2 K A² = 2 × 9.97720e-6 × 4.84e-6 mL²/s.
    assert TUBE.spread_ml2_per_s(flow, 7.3e-6) == pytest.approx(9.65793e-11, rel=2e-6)


def test_at_rest_only_molecules_move():
    assert TUBE.dispersion_cm2_per_s(0.0, 7.3e-6) == 7.3e-6


@given(st.floats(1e-8, 1e-3), st.floats(1e-7, 1e-4))
def test_the_coefficient_is_d_times_one_plus_a_48th_of_the_peclet_number_squared(flow, d):
    radius = math.sqrt(0.0022 / math.pi)
    peclet = radius * (flow / 0.0022) / d

    expected = d * (1 + peclet**2 / 48)
    assert TUBE.dispersion_cm2_per_s(flow, d) == pytest.approx(expected, rel=1e-12)


# one front ---------------------------------------------------------------------------------------


@given(means, shapes, st.lists(st.floats(1e-4, 20.0), min_size=2, max_size=10))
def test_the_part_of_a_front_that_has_passed_is_a_distribution_function(mean, shape, volumes):
    front = Front(mean, shape)
    passed = [front.passed(v) for v in sorted(volumes)]

    assert front.passed(0.0) == front.passed(-1.0) == 0.0
    assert all(0.0 <= p <= 1.0 for p in passed)
    # Two terms of at most one are added: equal volumes may differ in the last bit.
    assert all(a <= b + 1e-15 for a, b in pairwise(passed))
    assert front.passed(1e9) == pytest.approx(1.0, abs=1e-12)


@given(means, st.floats(0.05, 100.0), st.floats(0.01, 5.0))
def test_it_is_that_of_the_inverse_gaussian(mean, shape, v):
    # Φ(√(λ/v)(v/μ − 1)) + exp(2λ/μ) Φ(−√(λ/v)(v/μ + 1)), as long as the exponential can be written.
    if 2 * shape / mean > 600:
        return

    def phi(x: float) -> float:
        return 0.5 * math.erfc(-x / math.sqrt(2))

    root = math.sqrt(shape / v)
    direct = phi(root * (v / mean - 1)) + math.exp(2 * shape / mean) * phi(-root * (v / mean + 1))
    assert Front(mean, shape).passed(v) == pytest.approx(direct, abs=1e-9)


@pytest.mark.parametrize(("mean", "shape"), [(0.319, 5.0), (1.0, 3.0), (0.05, 0.4)])
def test_mean_and_variance_of_a_front_are_those_of_the_inverse_gaussian(mean, shape):
    # Mean μ and variance μ³ ÷ λ, by quadrature of the part that has not passed.
    front = Front(mean, shape)
    far = mean * 60

    first = simpson(lambda v: 1 - front.passed(v), 0.0, far, 60_000)
    second = simpson(lambda v: 2 * v * (1 - front.passed(v)), 0.0, far, 60_000)
    assert first == pytest.approx(mean, rel=1e-8)
    assert second - first**2 == pytest.approx(mean**3 / shape, rel=1e-6)


@pytest.mark.parametrize(("mean", "shape"), [(0.319, 5.0), (0.319, 2700.0), (1.0, 0.5)])
@pytest.mark.parametrize("at", [0.5, 0.95, 1.0, 1.05, 3.0])
def test_the_integral_of_a_front_is_the_integral(mean, shape, at):
    front = Front(mean, shape)

    by_quadrature = simpson(front.passed, 0.0, at * mean, 20_000)
    assert front.passed_integral(at * mean) == pytest.approx(by_quadrature, rel=1e-7, abs=1e-10)
    assert front.passed_integral(0.0) == 0.0


@given(means, st.floats(0.5, 1e6))
def test_in_the_long_run_a_front_holds_back_exactly_the_line(mean, shape):
    # Whatever the spread, the new solution is late by the volume of the line.
    front = Front(mean, max(shape, mean))
    v = 1e4

    assert front.passed_integral(v) == pytest.approx(v - mean, rel=1e-12)


@pytest.mark.parametrize("spread", [1e-2, 1e-4, 1e-6, 1e-8])
def test_as_the_spread_goes_to_nothing_the_front_becomes_a_step(spread):
    # σ per mL → 0: λ = V² ÷ σ² → ∞. Five standard deviations from the front all or nothing is left.
    mean = 0.319
    front = Front(mean, mean**2 / spread**2)
    width = 5 * spread * math.sqrt(mean)

    assert front.passed(mean + width) == pytest.approx(1.0, abs=1e-4)
    if width < mean:
        assert front.passed(mean - width) == pytest.approx(0.0, abs=1e-4)
    assert front.passed_integral(2 * mean) == pytest.approx(mean, rel=0.01)


def test_a_front_of_no_width_does_not_overflow():
    front = Front(0.319, 1e15)

    assert (front.passed(0.318), front.passed(0.320)) == (0.0, 1.0)
    assert front.passed_integral(0.638) == pytest.approx(0.319, rel=1e-12)


@pytest.mark.parametrize("mean", [0.1, 0.3])
def test_the_tail_is_smooth_where_its_formula_changes(mean):
    # The scaled complement is worked out in two ways; they meet where (v/μ + 1) √(λ/v) = 5√2.
    def passed(shape: float) -> float:
        return Front(mean, shape).passed(mean)

    meeting = 12.5 * mean
    below, above = passed(meeting * (1 - 1e-9)), passed(meeting * (1 + 1e-9))
    assert below == pytest.approx(above, abs=1e-10)


# the trace ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("before", ["0 mg/mL", "10 mg/mL", "40 mg/mL"])
@pytest.mark.parametrize("flow", ["0.048", "0.22", "1"])
def test_in_the_long_run_mass_is_conserved(before, flow):
    blurred, plug = traced(60, flow=flow, before=before)

    assert abs(mass(blurred, 60) / mass(plug, 60) - 1) <= Fraction(1, 10**12)


def test_every_drug_of_a_mixture_is_conserved_by_its_own_diffusivity():
    runs = [
        (Fraction(0), Fraction(1), Fraction("0.4")),
        (Fraction(1), Fraction(40), Fraction("0.2")),
    ]
    line = [Slug(q(LINE), {"morphine": q("10 mg/mL"), "clonidine": q("100 mcg/mL")})]
    new = Slug(q("20 mL"), {"morphine": q("20 mg/mL"), "bupivacaine": q("5 mg/mL")})
    known = {
        name: LIBRARY.drug(name).diffusivity for name in ("morphine", "clonidine", "bupivacaine")
    }
    spread = {name: fact.value for name, fact in known.items() if fact is not None}

    blurred = dispersed_trace(START, None, runs, line, new, TUBE, spread, q("1 h"))
    plug = plug_trace(START, None, runs, line, new)
    end = q("40 day")
    for name in spread:
        lost = blurred.mass(name, q("0 day"), end) - plug.mass(name, q("0 day"), end)
        assert abs(lost.base) <= plug.mass(name, q("0 day"), end).base / 10**12


def test_near_the_front_the_tip_sees_a_mixture_and_far_from_it_none():
    # At 0.22 mL/day the front arrives after 1.45 days.
    blurred, _ = traced(4)

    def rate(day: str) -> float:
        at = Quantity.of(Fraction(day), "day")
        return float(blurred.mean_rate("morphine", at, at + q("1 h")).number("mg/day"))

    assert rate("0.5") == pytest.approx(2.2, rel=1e-9)
    assert 2.3 < rate("1.4375") < 4.3
    assert rate("3") == pytest.approx(4.4, rel=1e-9)


def test_dispersion_neither_makes_a_peak_nor_a_hole():
    blurred, _ = traced(4)
    rates = [float(p.doses["morphine"].number("mg/day")) for p in blurred.pieces]

    assert all(2.2 - 1e-9 <= r <= 4.4 + 1e-9 for r in rates)
    assert all(a <= b + 1e-9 for a, b in pairwise(rates))


def test_the_steps_of_the_trace_tile_the_time():
    blurred, _ = traced(2)

    assert blurred.pieces[0].start == q("0 day")
    assert blurred.pieces[-1].end == q("2 day")
    assert len(blurred.pieces) == 48
    assert all(a.end == b.start for a, b in pairwise(blurred.pieces))


def test_the_step_decides_the_detail_not_the_mass():
    coarse, _ = traced(3, step="6 h")
    fine, _ = traced(3, step="15 min")

    assert float(mass(coarse, 3)) == pytest.approx(float(mass(fine, 3)), rel=1e-12)


def test_a_slower_drug_spreads_by_its_own_measure():
    # At this flow K = D + a²u²/(48 D) is smallest near D = 4.4e-6: both ends spread more.
    def width(d: str) -> int:
        blurred, _ = traced(4, diffusivity=d)
        return sum(
            1 for p in blurred.pieces if 2.21 < float(p.doses["morphine"].number("mg/day")) < 4.39
        )

    least = width("0.00000000044 m2/s")
    assert width("0.00000001 m2/s") > least
    assert width("0.00000000001 m2/s") > least


def test_while_the_pump_stands_still_nothing_leaves():
    runs = [(Fraction(0), Fraction(1), Fraction(0)), (Fraction(1), Fraction(30), Fraction("0.22"))]
    line = [Slug(q(LINE), {"morphine": q("10 mg/mL")})]
    new = Slug(q("20 mL"), {"morphine": q("20 mg/mL")})
    diffusivities = {"morphine": q("0.00000000073 m2/s")}

    blurred = dispersed_trace(START, None, runs, line, new, TUBE, diffusivities, q("1 h"))
    plug = plug_trace(START, None, runs, line, new)
    assert mass(blurred, 1) == 0
    assert abs(mass(blurred, 30) / mass(plug, 30) - 1) <= Fraction(1, 10**12)


def test_a_line_that_holds_the_same_solution_has_no_front():
    blurred, plug = traced(3, before="20 mg/mL")

    rates = [float(p.doses["morphine"].number("mg/day")) for p in blurred.pieces]
    assert rates == pytest.approx([4.4] * len(rates), rel=1e-9)
    assert float(mass(blurred, 3)) == pytest.approx(float(mass(plug, 3)), rel=1e-12)


@pytest.mark.parametrize("drug", ["morphine", "baclofen", "fentanyl"])
def test_the_facts_give_a_diffusivity_for_each_drug(drug):
    # A small molecule in water at 37 °C: 5e-10 to 1e-9 m²/s.
    diffusivity = LIBRARY.drug(drug).diffusivity

    assert diffusivity is not None
    assert q("0.0000000005 m2/s") < diffusivity.value < q("0.000000001 m2/s")
