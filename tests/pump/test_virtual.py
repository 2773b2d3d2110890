"""The body of the virtual pump: worked by hand, and conserved whatever goes wrong."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cisterna.pump.faults import JAMS, End, Fault, Kind, effect, ended
from cisterna.pump.mechanics import (
    Accuracy,
    Amount,
    Body,
    Commanded,
    Fluid,
    filled_body,
    flow,
    refilled,
)
from cisterna.quantity import DAY_MS, HOUR_MS, DeviceTime, Pace, StrokeRun

STROKE = 1_000
RATE = 10_000  # nL/h: ten strokes an hour
OLD, NEW, NONE = (Fraction(20), Fraction(0)), (Fraction(10), Fraction(3)), (Fraction(0),) * 2


def body(
    nl: int = 1_000_000, residual: int = 0, line: tuple[Fluid, ...] = (), **more: Accuracy
) -> Body:
    return filled_body(0, Fluid(nl, NEW), Fluid(residual, OLD), line, **more)


def hours(n: int, rate: int = RATE, start: int = 0) -> Commanded:
    """Some hours at one rate; a stroke every six minutes at 10,000 nL/h."""
    end = start + n * HOUR_MS
    count = rate * n // STROKE
    run = StrokeRun(DeviceTime(start), Pace.steady(rate), STROKE, count) if count else None
    return Commanded(end + 1, rate, run)


def conserved(b: Body) -> None:
    parts = (b.delivered, b.withdrawn, b.leaked)
    assert b.filled.nl == sum(p.nl for p in parts) + b.reservoir.nl
    for drug in range(len(b.reservoir.mix)):
        inside = b.left.fg[drug]
        assert b.at_start.fg[drug] + b.filled.fg[drug] == inside + sum(p.fg[drug] for p in parts)


# By hand ----------------------------------------------------------------------------------------


def test_ten_strokes_an_hour_for_a_day_are_240_strokes():
    made, _ = flow(body(), (), hours(24))
    assert made.delivered == Amount(240_000, (Fraction(2_400_000), Fraction(720_000)))
    assert made.reservoir.nl == 760_000
    conserved(made)


def test_what_goes_in_at_the_pump_pushes_the_oldest_out_of_the_tip():
    made, parts = flow(body(line=(Fluid(15_500, OLD), Fluid(4_500, NONE))), (), hours(3))
    assert [p.nl for part in parts for p in part.parts] == [15_500, 4_500, 10_000]
    assert list(made.delivered.fg) == [15_500 * 20 + 10_000 * 10, 10_000 * 3]
    assert made.line == (Fluid(20_000, NEW),)
    conserved(made)


def test_a_fill_lies_on_the_undrained_residual_and_mixes_with_it():
    made = body(nl=9_000_000, residual=1_000_000)
    assert made.reservoir.mix == (Fraction(11), Fraction("2.7"))
    again = refilled(made, Fluid(4_000_000, OLD))
    assert again.withdrawn == Amount(9_000_000, (Fraction(99_000_000), Fraction(24_300_000)))
    assert again.reservoir == Fluid(4_000_000, (Fraction("18.2"), Fraction("0.54")))
    conserved(again)


def test_a_stroke_that_gives_a_third_more_is_carried_until_it_is_a_nanolitre():
    made, _ = flow(body(accuracy=Accuracy(Fraction(1, 3))), (), hours(1))
    assert made.delivered.nl == 13_333
    assert made.carried.stroke == Fraction(1, 3)
    twice, _ = flow(made, (), hours(2, start=made.now_ms))
    assert twice.delivered.nl == 40_000
    conserved(twice)


def test_a_drift_grows_by_the_day_and_an_error_of_a_fill_ends_with_it():
    drifting = Accuracy(per_day=Fraction(1, 100), per_fill=(Fraction(1, 10),))
    assert drifting.factor(0, 0) == Fraction("1.1")
    assert drifting.factor(2 * DAY_MS + 5, 0) == Fraction("1.12")
    assert drifting.factor(2 * DAY_MS, 1) == Fraction("1.02")
    made, _ = flow(body(accuracy=Accuracy(per_day=Fraction(1, 100))), (), hours(72))
    strokes_a_day = [239, 240, 240, 1]  # the stroke at midnight counts to the next day
    by_hand = sum(n * 1_000 * Fraction(100 + d, 100) for d, n in enumerate(strokes_a_day))
    assert made.delivered.nl == int(by_hand)


def test_a_pump_that_runs_dry_gives_what_it_has_and_no_more():
    made, parts = flow(body(nl=25_500), (), hours(24))
    assert made.delivered.nl == 25_500
    assert made.reservoir.nl == 0
    assert [p.left_nl for p in parts] == [0, 0]
    assert parts[0].end_ms == 26 * HOUR_MS // 10 + 1  # just after the 26th stroke
    conserved(made)


def test_a_stall_loses_the_strokes_of_its_time_and_no_other():
    stall = Fault("stall", 6 * HOUR_MS + 1, 18 * HOUR_MS + 1)
    made, _ = flow(body(), (stall,), hours(24))
    assert made.delivered.nl == (240 - 120) * STROKE
    conserved(made)


@pytest.mark.requirement("H20")
def test_a_leak_takes_its_share_at_the_pump_s_end_and_an_occlusion_holds_it_back():
    leak = Fault("leak", 0, None, Fraction(3, 5))
    made, _ = flow(body(line=(Fluid(5_000, OLD),)), (leak,), hours(1))
    assert (made.delivered.nl, made.leaked.nl, made.reservoir.nl) == (4_000, 6_000, 990_000)
    assert list(made.leaked.fg) == [6_000 * 10, 6_000 * 3]
    assert list(made.delivered.fg) == [4_000 * 20, 0]
    conserved(made)
    blocked = Fault("occlusion", 0, None, Fraction(3, 5))
    made, _ = flow(body(), (blocked,), hours(1))
    assert (made.delivered.nl, made.leaked.nl, made.reservoir.nl) == (4_000, 0, 996_000)
    conserved(made)


def test_a_disconnected_catheter_gives_nothing_at_the_tip():
    made, _ = flow(body(line=(Fluid(5_000, OLD),)), (Fault("leak", 0),), hours(24))
    assert made.delivered.nl == 0
    assert made.leaked.nl == 240_000
    assert made.line == (Fluid(5_000, OLD),)


def test_a_septum_leak_goes_on_without_a_stroke():
    leak = Fault("septum-leak", 0, 10 * HOUR_MS, Fraction(2_500))
    made, _ = flow(body(), (leak,), Commanded(DAY_MS))
    assert (made.leaked.nl, made.pumped.nl, made.reservoir.nl) == (25_000, 0, 975_000)
    conserved(made)


def test_an_open_valve_discharges_through_the_line_though_the_rotor_rests():
    valve = (Fault("discharge", 0, 60_000, Fraction(600_000)), Fault("valve-shut", 0))
    made, _ = flow(body(line=(Fluid(4_000, OLD),)), valve, hours(24))
    assert made.delivered == Amount(10_000, (Fraction(4_000 * 20 + 6_000 * 10), Fraction(18_000)))
    conserved(made)


def test_a_pocket_fill_is_filled_and_not_in_the_reservoir():
    made = refilled(body(nl=500_000), Fluid(900_000, NEW), pocket_nl=700_000)
    assert made.reservoir.nl == 200_000
    assert made.leaked.nl == 700_000
    conserved(made)


def test_shares_of_several_faults_leave_over_the_product_of_what_each_leaves():
    two = (Fault("leak", 0, 10, Fraction(1, 2)), Fault("leak", 5, 10, Fraction(1, 2)))
    assert effect(two, 4).leaking == Fraction(1, 2)
    assert effect(two, 5).leaking == Fraction(3, 4)
    assert effect(two, 10).leaking == 0
    fast = (Fault("over-infusion", 0, 10, Fraction(2)), Fault("over-infusion", 0, 9, Fraction(3)))
    assert effect(fast, 8).factor == 6


@pytest.mark.parametrize("kind", JAMS)
def test_no_stroke_gets_through_a_jam_until_somebody_ends_it(kind):
    ends: End = "interrogate" if kind == "telemetry" else "restart"
    jam = (Fault(kind, 0, None, ends_with=ends),)
    made, _ = flow(body(), jam, hours(24))
    assert made.delivered.nl == 0
    freed = ended(jam, ends, made.now_ms)
    made, _ = flow(made, freed, hours(24, start=made.now_ms))
    assert made.delivered.nl == 240_000


# Whatever happens -------------------------------------------------------------------------------

SHARES = st.fractions(0, 1, max_denominator=7)
TIMES = st.integers(0, 3 * DAY_MS)


@st.composite
def any_fault(draw: st.DrawFn) -> Fault:
    kinds: tuple[Kind, ...] = (
        "stall",
        "over-infusion",
        "occlusion",
        "leak",
        "septum-leak",
        "discharge",
        "sensor",
    )
    kind = draw(st.sampled_from(kinds))
    amount = draw(SHARES)
    if kind == "over-infusion":
        amount += 1
    elif kind in ("septum-leak", "discharge"):
        amount *= 50_000
    start = draw(TIMES)
    end = draw(st.none() | st.integers(start, start + 2 * DAY_MS))
    return Fault(kind, start, end, amount)


@st.composite
def any_flow(draw: st.DrawFn) -> tuple[str, int, int]:
    return (draw(st.sampled_from(("flow", "flow", "refill"))), *draw(st.tuples(*_AMOUNTS)))


_AMOUNTS = (st.integers(1, 30), st.integers(0, 100_000))


@given(
    st.lists(any_fault(), max_size=4),
    st.lists(any_flow(), min_size=1, max_size=6),
    st.fractions(Fraction(-1, 2), 1, max_denominator=50),
    st.integers(0, 3_000_000),
)
def test_volume_and_every_drug_are_conserved_at_every_event(faults, acts, error, fill):
    made = body(fill, 140_000, (Fluid(123_457, OLD),), accuracy=Accuracy(error, Fraction(1, 300)))
    conserved(made)
    for what, n, nl in acts:
        if what == "flow":
            made, parts = flow(made, tuple(faults), hours(n, nl, made.now_ms))
            assert sum(p.nl for p in parts) <= made.delivered.nl
            assert parts[-1].end_ms == made.now_ms
        else:
            made = refilled(made, Fluid(nl, (Fraction(n), Fraction(1, n))), nl // 3)
        conserved(made)
        assert made.reservoir.nl >= 0
        assert sum(slug.nl for slug in made.line) == 123_457
