"""The trace at the tip in plug flow: first in, first out, exactly."""

from datetime import UTC, datetime
from fractions import Fraction
from itertools import pairwise
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from cisterna.order.trace import Slug, TipTrace, plug_trace, slug
from cisterna.quantity import Quantity
from tests.order.cases import MIXTURE, ordered, q

START = datetime(2026, 11, 23, 10, tzinfo=UTC)
DAY = Fraction(1)


def filled(volume: str, **strengths: str) -> Slug:
    return Slug(q(volume), {name: q(text) for name, text in strengths.items()})


def traced(runs: list[tuple[Any, Any, Any]], line: list[Slug], reservoir: Slug) -> TipTrace:
    exact = [(Fraction(a), Fraction(b), Fraction(flow)) for a, b, flow in runs]
    return plug_trace(START, "T10", exact, line, reservoir)


def rates(trace: TipTrace, drug: str = "morphine") -> Any:
    """(day, day, mg/day) of one drug."""
    return [
        (
            p.start.number("day"),
            p.end.number("day"),
            p.doses[drug].number("mg/day") if drug in p.doses else Fraction(0),
        )
        for p in trace.pieces
    ]


# hand-derived ------------------------------------------------------------------------------------


def test_the_old_solution_leaves_first():
    # 0.2 mL of 10 mg/mL at 0.4 mL/day are out after half a day.
    line = [filled("0.2 mL", morphine="10 mg/mL")]
    trace = traced([(0, 2, "0.4")], line, filled("20 mL", morphine="20 mg/mL"))

    half = Fraction(1, 2)
    assert rates(trace) == [(0, half, 4), (half, 2, 8)]
    assert trace.mass("morphine", q("0 day"), q("2 day")) == q("14 mg")
    assert (trace.start, trace.tip) == (START, "T10")


def test_csf_in_the_line_delays_the_drug():
    trace = traced([(0, 1, "0.4")], [Slug(q("0.1 mL"), {})], filled("20 mL", morphine="10 mg/mL"))

    assert rates(trace) == [(0, Fraction(1, 4), 0), (Fraction(1, 4), 1, 4)]


def test_slugs_leave_in_the_order_from_the_tip():
    line = [
        filled("0.1 mL", morphine="5 mg/mL"),
        filled("0.1 mL", morphine="10 mg/mL"),
    ]
    trace = traced([(0, 1, "0.4")], line, filled("20 mL", morphine="20 mg/mL"))

    quarter = Fraction(1, 4)
    assert rates(trace) == [(0, quarter, 2), (quarter, 2 * quarter, 4), (2 * quarter, 1, 8)]


def test_a_pause_holds_the_front_where_it_is():
    line = [filled("0.2 mL", morphine="10 mg/mL")]
    runs = [(0, "0.25", "0.4"), ("0.25", "0.75", 0), ("0.75", 2, "0.4")]
    trace = traced(runs, line, filled("20 mL", morphine="20 mg/mL"))

    assert rates(trace) == [
        (0, Fraction("0.25"), 4),
        (Fraction("0.25"), Fraction("0.75"), 0),
        (Fraction("0.75"), 1, 4),
        (1, 2, 8),
    ]


def test_an_empty_line_is_no_line():
    trace = traced([(0, 1, "0.4")], [filled("0 mL")], filled("20 mL", morphine="10 mg/mL"))

    assert rates(trace) == [(0, 1, 4)]


def test_equal_pieces_are_one_piece():
    trace = traced([(0, 1, "0.4"), (1, 2, "0.4")], [], filled("20 mL", morphine="10 mg/mL"))

    assert len(trace.pieces) == 1


def test_a_mean_rate_is_mass_over_time():
    line = [filled("0.2 mL", morphine="10 mg/mL")]
    trace = traced([(0, 1, "0.4")], line, filled("20 mL", morphine="20 mg/mL"))

    # Half a day at 4 and half at 8 mg/day; from 6 h to 18 h the same.
    assert trace.mean_rate("morphine", q("0 h"), q("24 h")) == q("6 mg/day")
    assert trace.mean_rate("morphine", q("6 h"), q("18 h")) == q("6 mg/day")
    assert trace.mean_rate("morphine", q("0 h"), q("12 h")) == q("4 mg/day")
    assert trace.mass("baclofen", q("0 h"), q("24 h")) == q("0 mg")


def test_a_slug_of_an_order_holds_all_its_drugs():
    held = slug(ordered(MIXTURE), q("0.3 mL"))

    assert held.concentrations == {"morphine": q("20 mg/mL"), "bupivacaine": q("10 mg/mL")}


# properties --------------------------------------------------------------------------------------

small = st.integers(0, 50).map(lambda n: Fraction(n, 100))


Passage = tuple[
    list[tuple[Fraction, Fraction, Fraction]], list[tuple[Fraction, Fraction]], Fraction
]


@st.composite
def passages(draw: st.DrawFn) -> Passage:
    """(runs, line of (mL, mg/mL), reservoir mg/mL)."""
    edges = sorted(draw(st.sets(st.integers(0, 96), min_size=2, max_size=8)))
    edges[0] = 0
    times = [Fraction(n, 24) for n in edges]
    runs = [(a, b, draw(small)) for a, b in pairwise(times)]
    line = draw(st.lists(st.tuples(small, small), max_size=4))
    return runs, line, draw(small)


def held(volume: Fraction, line: list[tuple[Fraction, Fraction]], reservoir: Fraction) -> Fraction:
    """Mass in the first `volume` mL to leave, slug by slug."""
    mass, left = Fraction(0), volume
    for size, strength in line:
        out = min(left, size)
        mass, left = mass + out * strength, left - out
    return mass + left * reservoir


def as_slug(volume: Fraction, strength: Fraction) -> Slug:
    return Slug(Quantity.of(volume, "mL"), {"morphine": Quantity.of(strength, "mg/mL")})


@given(passages())
def test_plug_flow_conserves_mass_exactly(passage):
    runs, line, reservoir = passage
    trace = plug_trace(
        START, None, runs, [as_slug(*part) for part in line], as_slug(Fraction(20), reservoir)
    )

    pumped = Fraction(0)
    for begin, end, flow in runs:
        after = pumped + (end - begin) * flow
        mass = trace.mass("morphine", Quantity.of(begin, "day"), Quantity.of(end, "day"))
        assert mass.number("mg") == held(after, line, reservoir) - held(pumped, line, reservoir)
        pumped = after


@given(passages())
def test_what_flows_in_flows_out_at_the_same_time(passage):
    runs, line, reservoir = passage
    trace = plug_trace(
        START, None, runs, [as_slug(*part) for part in line], as_slug(Fraction(20), reservoir)
    )

    edges = [p.start for p in trace.pieces] + [trace.pieces[-1].end]
    assert edges == sorted(edges)
    assert all(p.end == after.start for p, after in pairwise(trace.pieces))
    volume = sum(
        ((p.end - p.start).number("day") * p.flow.number("mL/day") for p in trace.pieces),
        Fraction(0),
    )
    assert volume == sum(((b - a) * flow for a, b, flow in runs), Fraction(0))


@given(passages(), st.integers(1, 10))
def test_twice_as_strong_is_twice_the_mass(passage, factor):
    runs, line, reservoir = passage
    day = Quantity.of(DAY * 5, "day")

    def total(times: int) -> Quantity:
        parts = [as_slug(volume, strength * times) for volume, strength in line]
        trace = plug_trace(START, None, runs, parts, as_slug(Fraction(20), reservoir * times))
        return trace.mass("morphine", day * 0, day)

    assert total(factor) == total(1) * factor
