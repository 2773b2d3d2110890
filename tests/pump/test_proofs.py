"""Proofs, for all integers, of the arithmetic that a pump's safety stands on.

Each rule is written down once more in whole numbers (a transcription), with division as it is
defined: q is the floor of a ÷ b where q·b ≤ a < q·b + b. z3 proves what is claimed of it for every
integer: it looks for a counterexample and finds that there is none. A property test in the same
section (`test_tie_…`) holds the same transcription against the code that runs in the pump.
"""

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from typing import Any

import pytest
import z3
from hypothesis import given
from hypothesis import strategies as st

from cisterna.order.quantise import achieved_rate
from cisterna.pump import events as e
from cisterna.pump.flow import Flow, Once, pour
from cisterna.pump.guard import Guard, heaviest_day
from cisterna.pump.programme import BridgeRule
from cisterna.pump.setting import ng_per_ml
from cisterna.pump.upkeep import next_watch
from cisterna.quantity import DAY_MS, HOUR_MS, DeviceTime, Pace, Quantity, StrokeRun
from tests.orders import LIBRARY, order, read
from tests.pump.pumps import FLEX, LINE, STROKE, programming, running


def prove(claim: z3.BoolRef, *given_that: z3.BoolRef) -> None:
    """Fails with the counterexample, or where z3 does not know."""
    solver = z3.Solver()
    solver.set("timeout", 60_000)
    solver.add(*given_that, z3.Not(claim))
    found = solver.check()
    assert found == z3.unsat, solver.model() if found == z3.sat else solver.reason_unknown()


def counterexample(claim: z3.BoolRef, *given_that: z3.BoolRef) -> z3.ModelRef:
    """What breaks a claim; fails if nothing does."""
    solver = z3.Solver()
    solver.add(*given_that, z3.Not(claim))
    assert solver.check() == z3.sat
    return solver.model()


def floor(a: int, b: int) -> int:
    """What `quotient` defines: a ÷ b rounded down; b is above zero."""
    return a // b


def ceil(a: int, b: int) -> int:
    """a ÷ b rounded up; b is above zero. In the proofs: one more than the floor of (a − 1) ÷ b."""
    return floor(a - 1, b) + 1


def quotient(name: str, a: Any, b: Any) -> tuple[z3.ArithRef, z3.BoolRef]:
    """(q, what makes q the floor of a ÷ b): as division is defined, which z3 reasons about best."""
    q = z3.Int(name)
    return q, z3.And(q * b <= a, a < q * b + b)


I = z3.Ints  # noqa: E741 - as in mathematics


# Strokes: delivered ≤ programmed < delivered + a stroke + a millisecond, for ever ---------------


def strokes_by(owed: int, rate: int, elapsed: int, one: int) -> int:
    """Strokes by the millisecond `elapsed` after the start, inclusive (`one` is a stroke)."""
    return floor(owed + rate * elapsed, one)


def stroke_at(owed: int, rate: int, number: int, one: int) -> int:
    """Milliseconds after the start in which stroke `number` (from 1) happens."""
    return max(0, ceil(number * one - owed, rate))


@pytest.mark.requirement("SR-01", "SR-02", "H25")
def test_proof_delivered_is_never_ahead_and_never_a_stroke_and_a_millisecond_behind():
    """At every millisecond of every run; `made` counts the strokes before it."""
    owed, rate, elapsed, one = I("owed rate elapsed one")
    made, divides = quotient("made", owed + rate * (elapsed - 1), one)
    asked = owed + rate * elapsed
    prove(
        z3.And(made * one <= asked, asked < made * one + one + rate),
        divides, owed >= 0, rate >= 1, elapsed >= 1, one >= 1,
    )  # fmt: skip


@pytest.mark.requirement("SR-02", "H25")
def test_proof_what_a_piece_leaves_over_is_all_that_is_missing():
    """Induction over any number of pieces: delivered + owed = asked, before as after a piece.

    So ten years, or any other time, are within one stroke: what is owed never grows.
    """
    delivered, asked, owed, rate, lasts, one = I("delivered asked owed rate lasts one")
    made, divides = quotient("made", owed + rate * (lasts - 1), one)
    left = owed + rate * lasts - made * one
    before = delivered + owed == asked
    after = delivered + made * one + left == asked + rate * lasts
    prove(
        z3.And(after, left >= 0, left < one + rate),
        before, divides, owed >= 0, rate >= 0, lasts >= 1, one >= 1,
    )  # fmt: skip


@pytest.mark.requirement("SR-02")
def test_proof_the_time_of_a_stroke_and_the_count_of_strokes_say_the_same():
    """Stroke n happens by a millisecond exactly when n strokes were asked for by then."""
    missing, rate, elapsed = I("missing rate elapsed")
    waits, divides = quotient("waits", missing - 1, rate)  # ceil(missing ÷ rate) = waits + 1
    prove(
        (waits + 1 <= elapsed) == (rate * elapsed >= missing),
        divides, rate >= 1, elapsed >= 0, missing >= 1,
    )  # fmt: skip


whole = st.integers(1, 10**6)


@given(whole, st.integers(1, 500), st.integers(0, 10**12), st.integers(0, 10**9), st.data())
def test_tie_strokes(rate: int, stroke: int, owed: int, elapsed: int, data: st.DataObject):
    run = StrokeRun(DeviceTime(77), Pace.steady(rate), stroke, 10**9, owed)
    one = stroke * HOUR_MS
    made = strokes_by(owed, rate, elapsed, one)
    assert run.strokes_before(DeviceTime(77 + elapsed + 1)) == min(10**9, made)
    number = data.draw(st.integers(1, 10**6))
    assert run.at(number - 1).ms == 77 + stroke_at(owed, rate, number, one)


@given(whole, st.integers(0, STROKE * HOUR_MS), st.integers(1, DAY_MS))
def test_tie_pieces(rate: int, owed: int, lasts: int):
    flow = Flow(0, STROKE, 1 << 60, 1, (), Pace(0, DAY_MS, ((0, rate),)), owed=owed)
    tip, after = pour(flow, lasts)
    made = strokes_by(owed, rate, lasts - 1, STROKE * HOUR_MS)
    assert (tip.run.count if tip else 0) == made
    assert after.owed == owed + rate * lasts - made * STROKE * HOUR_MS


# The guard: a line bounds the balance at every stroke -------------------------------------------


def rises(balances: list[Any], pick: Callable[[Any, Any, Any], Any]) -> Any:
    """The largest rise of a balance above its lowest point so far, as the guard follows it."""
    lowest, most = balances[0], balances[0] - balances[0]
    for balance in balances:
        lowest = pick(balance < lowest, balance, lowest)
        most = pick(balance - lowest > most, balance - lowest, most)
    return most


@pytest.mark.requirement("SR-01", "H18")
def test_proof_the_rise_above_the_lowest_point_is_the_worst_of_all_windows():
    balances = [z3.Int(f"b{n}") for n in range(6)]
    windows = [j - i for n, i in enumerate(balances) for j in balances[n:]]
    rise = rises(balances, z3.If)
    prove(z3.And(*(w <= rise for w in windows), z3.Or(*(w == rise for w in windows))))


@pytest.mark.requirement("SR-01", "H18")
def test_proof_strokes_stay_between_the_line_and_a_stroke_and_a_millisecond_below_it():
    """After a stroke: at most what was asked for; before it: above that by a stroke and a ms."""
    owed, rate, at, one = I("owed rate at one")
    after, first = quotient("after", owed + rate * at, one)
    before, second = quotient("before", owed + rate * (at - 1), one)
    asked = owed + rate * at
    prove(
        z3.And(after * one <= asked, before * one > asked - rate - one),
        first, second, rate >= 1, one >= 1,
    )  # fmt: skip


@pytest.mark.requirement("SR-01", "H18")
def test_proof_a_straight_line_is_bounded_by_its_ends():
    slope, low, at, high = I("slope low at high")
    most = z3.If(slope * low > slope * high, slope * low, slope * high)
    least = z3.If(slope * low > slope * high, slope * high, slope * low)
    prove(z3.And(slope * at <= most, slope * at >= least), low <= at, at <= high)


@given(st.lists(st.integers(-50, 50), min_size=1, max_size=12))
def test_tie_rise(balances: list[int]):
    """`Guard.lowest` after each piece is the lowest point, counted from the balance now."""
    worst = max(b - a for n, a in enumerate(balances) for b in balances[n:])
    assert rises(balances, lambda first, a, b: a if first else b) == worst
    kept, now = 0, balances[0]
    for balance in balances:
        kept = min(kept + now - balance, 0)
        now = balance
    assert kept == min(balances) - balances[-1]
    assert Guard(1, 1, 1, 0, lowest=kept).lowest <= 0


# The rolling limit -------------------------------------------------------------------------------


@pytest.mark.requirement("SR-07", "H01")
def test_proof_every_window_that_holds_a_dose_keeps_the_limit():
    """M(t) is the mass at the tip before t: what flowed, then what was foreseen at admission.

    Until the next admission no more flows than was foreseen (stops and cut doses flow less). The
    check looked at every window that holds the admission; so none of them is heavier than the
    limit, whenever it ends before the next admission, which looks again at all that hold it.
    """
    real = z3.Function("real", z3.IntSort(), z3.IntSort())
    foreseen = z3.Function("foreseen", z3.IntSort(), z3.IntSort())
    t, at, day, limit, begin, following = I("t at day limit begin following")
    known = z3.ForAll(t, z3.Implies(t <= at, real(t) == foreseen(t)))
    less = z3.ForAll(t, z3.Implies(z3.And(at < t, t <= following), real(t) <= foreseen(t)))
    window = foreseen(t + day) - foreseen(t) <= limit
    checked = z3.ForAll(t, z3.Implies(z3.And(at - day < t, t <= at), window))
    prove(
        real(begin + day) - real(begin) <= limit,
        known, less, checked, day >= 1, at - day < begin, begin <= at, begin + day <= following,
    )  # fmt: skip


@pytest.mark.requirement("SR-07", "SR-08")
@pytest.mark.parametrize("strokes", [1, 2, 3, 4])
def test_proof_the_heaviest_window_begins_with_a_stroke_or_last(strokes: int):
    """For any times and masses of so many strokes, windows of any length, any last beginning."""
    times = [z3.Int(f"t{n}") for n in range(strokes)]
    masses = [z3.Int(f"m{n}") for n in range(strokes)]
    day, last, begin = I("day last begin")

    def mass(start: z3.ArithRef) -> z3.ArithRef:
        inside = (z3.And(start <= t, t < start + day) for t in times)
        return z3.Sum(*(z3.If(i, m, 0) for i, m in zip(inside, masses, strict=True)), z3.IntVal(0))

    looked_at = [z3.And(t <= last, mass(begin) <= mass(t)) for t in times]
    prove(
        z3.Or(*looked_at, mass(begin) <= mass(last)),
        *(a <= b for a, b in pairwise(times)), *(m >= 0 for m in masses),
        day >= 1, begin <= last,
    )  # fmt: skip


@pytest.mark.requirement("SR-08", "H01")
def test_counterexample_calendar_buckets_let_twice_the_limit_through():
    """Four quarters to a bucket, each bucket at most 10: two full ones lie side by side."""
    doses = [z3.Int(f"d{n}") for n in range(8)]
    buckets = [z3.Sum(*doses[:4]) <= 10, z3.Sum(*doses[4:]) <= 10]
    rolling = z3.And(*(z3.Sum(*doses[n : n + 4]) <= 10 for n in range(5)))
    some = (d >= 0 for d in doses)
    model = counterexample(rolling, *buckets, *some)
    found = [model.eval(d).as_long() for d in doses]
    assert max(sum(found[n : n + 4]) for n in range(5)) > 10
    twice = z3.And(*(z3.Sum(*doses[n : n + 4]) < 20 for n in range(5)))
    counterexample(twice, *buckets, *(d >= 0 for d in doses))


@pytest.mark.requirement("SR-07", "H01")
def test_counterexample_counting_only_the_past_lets_the_limit_be_broken():
    """The published rule of Open PCA: past and dose are within the limit, the basal flow is not."""
    past, dose, coming, limit = I("past dose coming limit")
    model = counterexample(
        dose + coming <= limit, past + dose <= limit, coming <= limit, past >= 0, dose >= 1
    )
    assert model.eval(dose + coming - limit).as_long() > 0


@pytest.mark.requirement("SR-05", "SR-08")
@pytest.mark.parametrize("most", [1, 2, 3, 4, 5, 6])
def test_proof_a_dose_that_finds_room_keeps_the_count_of_every_window(most: int):
    """Each dose was given with fewer than `most` in the 24 hours up to it: none holds more."""
    times = [z3.Int(f"t{n}") for n in range(most + 1)]
    day, begin = I("day begin")
    recent = [z3.If(t > times[-1] - day, 1, 0) for t in times[:-1]]
    prove(
        z3.Not(z3.And(*(z3.And(begin <= t, t < begin + day) for t in times))),
        z3.Sum(*recent, z3.IntVal(0)) < most, *(a <= b for a, b in pairwise(times)), day >= 1,
    )  # fmt: skip


@given(
    st.lists(st.tuples(st.integers(0, 3 * DAY_MS), st.integers(0, 9)), max_size=5).map(sorted),
    st.integers(0, 3 * DAY_MS),
    st.integers(-DAY_MS, 3 * DAY_MS),
)
def test_tie_heaviest_day(strokes: list[tuple[int, int]], last: int, begin: int):
    def mass(start: int) -> int:
        return sum(m for t, m in strokes if start <= t < start + DAY_MS)

    looked_at = [mass(t) for t, _ in strokes if t <= last] + [mass(last)]
    assert heaviest_day(strokes, last) == max(looked_at)
    assert mass(min(begin, last)) <= max(looked_at)


# The bridge --------------------------------------------------------------------------------------


def bridge_lasts(volume: int, rate: int) -> int:
    """Milliseconds of a bridge of so many nL at so many nL/h."""
    return ceil(volume * HOUR_MS, rate)


@pytest.mark.requirement("SR-58", "H06")
def test_proof_a_bridge_is_never_faster_pumps_all_of_it_and_ends_within_a_millisecond():
    volume, rate = I("volume rate")
    waits, first = quotient("waits", volume * HOUR_MS - 1, rate)
    lasts = waits + 1  # ceil(volume · hour ÷ rate)
    flows, second = quotient("flows", volume * HOUR_MS, lasts)
    rest = volume * HOUR_MS - flows * lasts
    facts = (first, second, volume >= 1, rate >= 1, lasts >= 1)
    prove(z3.And(rest >= 0, rest < lasts, flows * lasts + rest == volume * HOUR_MS), *facts)
    prove(flows <= rate, *facts)
    prove(z3.And((lasts - 1) * rate < volume * HOUR_MS, volume * HOUR_MS <= lasts * rate), *facts)


@pytest.mark.requirement("SR-58", "A17")
def test_proof_what_is_left_of_an_interrupted_bridge_is_what_was_not_asked_for():
    """To less than a nanolitre, and never more than there was."""
    volume, flows, elapsed, lasts = I("volume flows elapsed lasts")
    asked = flows * elapsed
    given, divides = quotient("given", asked, z3.IntVal(HOUR_MS))
    left = volume - given
    prove(
        z3.And(left >= 0, left <= volume, (volume - left) * HOUR_MS <= asked,
               asked < (volume - left + 1) * HOUR_MS),
        divides, flows >= 0, elapsed >= 0, elapsed <= lasts, flows * lasts <= volume * HOUR_MS,
        flows * elapsed <= flows * lasts,
    )  # fmt: skip


@given(st.integers(1, LINE), st.integers(1_000, 60_000), st.data())
def test_tie_bridge(volume: int, rate: int, data: st.DataObject):
    p = replace(FLEX, version=2, bridge=BridgeRule(volume, rate))
    bench = running()
    bench.do(*programming(p, 5))
    once = bench.state.flow.once
    assert once is not None
    assert once.duration_ms == bridge_lasts(volume, rate)
    assert once.rate_nl_per_h == floor(volume * HOUR_MS, once.duration_ms) <= rate
    elapsed = data.draw(st.integers(0, once.duration_ms - 1))
    bench.do(e.Stopped(5 + elapsed))
    assert bench.state.bridge_left_nl == volume - once.rate_nl_per_h * elapsed // HOUR_MS


# Time to empty -----------------------------------------------------------------------------------


def strokes_until_below(reservoir: int, mark: int, stroke: int) -> int:
    """Strokes until the reservoir holds less than `mark`."""
    return ceil(reservoir - mark + 1, stroke)


@pytest.mark.requirement("SR-19", "SR-20", "SR-21", "H03")
def test_proof_a_mark_is_passed_with_exactly_this_stroke_and_no_stroke_is_borrowed():
    reservoir, mark, stroke, made = I("reservoir mark stroke made")
    fewer, divides = quotient("fewer", reservoir - mark, stroke)
    strokes = fewer + 1  # ceil((reservoir − mark + 1) ÷ stroke)
    prove(
        z3.And(reservoir - strokes * stroke < mark, reservoir - fewer * stroke >= mark),
        divides, stroke >= 1,
    )  # fmt: skip
    held, whole_strokes = quotient("held", reservoir, stroke)
    count = z3.If(made < held, made, held)
    prove(reservoir - count * stroke >= 0, whole_strokes, stroke >= 1, made >= 0, reservoir >= 0)


@given(st.integers(STROKE, 300_000), st.integers(0, 300_000))
def test_tie_time_to_empty(reservoir: int, low: int):
    p = replace(FLEX, low_reservoir_nl=low)
    bench = running(p, reservoir_nl=reservoir)
    s = bench.state
    marks = [strokes_until_below(reservoir, m, STROKE) for m in (low + 1, STROKE)]
    assert s.tip is not None
    passed = [s.tip.run.at(n - 1).ms + 1 for n in marks if 0 < n <= s.tip.run.count]
    service = [s.device.life_ms, s.device.life_ms - s.device.warning_ms]
    assert next_watch(s, s.flow, s.tip, 10**12) == min([*passed, *service, 10**12])


# Units -------------------------------------------------------------------------------------------


def strength_of(p: int, q: int) -> int:
    """p/q mg/mL in whole ng/mL, rounded up."""
    return ceil(p * 10**6, q)


def rate_of(p: int, q: int) -> int:
    """p/q mL/day in whole nL/h, rounded down."""
    return floor(p * 10**6, 24 * q)


@pytest.mark.requirement("SR-57", "H02")
def test_proof_a_strength_is_never_too_little_and_a_rate_never_too_much():
    p, q = I("p q")
    strength, first = quotient("strength", p * 10**6 - 1, q)
    strength += 1
    prove(z3.And(strength * q >= p * 10**6, (strength - 1) * q < p * 10**6), first, q >= 1)
    rate, second = quotient("rate", p * 10**6, 24 * q)
    prove(z3.And(rate * 24 * q <= p * 10**6, (rate + 1) * 24 * q > p * 10**6), second, q >= 1)


@pytest.mark.requirement("SR-57", "SR-07", "H02")
def test_proof_a_limit_in_femtograms_sees_at_least_the_mass_that_flows():
    """V nL of p/q mg/mL hold V·p/q·10⁶ fg: ng/mL times nL are fg."""
    volume, p, q, strength = I("volume p q strength")
    prove(
        volume * strength * q >= volume * p * 10**6,
        strength * q >= p * 10**6, volume >= 0, q >= 1, p >= 0,
    )  # fmt: skip


@given(st.integers(1, 10**6), st.integers(1, 10**6))
def test_tie_units(p: int, q: int):
    c = Fraction(p, q)
    assert Quantity.of(c, "mg/mL").number("ng/mL") == c * 10**6
    assert Quantity.of(c, "mL/day").number("nL/h") == c * 10**6 / 24
    mass = Quantity.of(1, "nL") * Quantity.of(1, "ng/mL")
    assert mass.number("ng") * 10**6 == 1  # a femtogram
    step = LIBRARY.pump("cisterna-reference").rate_step
    assert step is not None
    assert achieved_rate(Quantity.of(c, "mL/day"), step).number("nL/h") == rate_of(p, q)


@given(st.integers(1, 10**7))
def test_tie_strength(nanograms: int):
    text = f"{nanograms / 10**3} mcg/mL"
    rx = read(order(solution__drug__0__concentration=text, limits=None, remote=None))
    assert ng_per_ml(rx) == strength_of(nanograms, 10**6)


# A dose's bounds ---------------------------------------------------------------------------------


@pytest.mark.requirement("SR-45", "SR-46", "H10")
def test_proof_a_dose_that_is_cut_lies_between_its_bounds():
    """Asked for by the cut: `given`, rounded down; delivered: at most a stroke less."""
    volume, flows, elapsed, lasts, stroke, behind = I("volume flows elapsed lasts stroke behind")
    given, divides = quotient("given", flows * elapsed, z3.IntVal(HOUR_MS))
    least = z3.If(given - stroke > 0, given - stroke, 0)
    delivered = z3.If(given - behind > 0, given - behind, 0)
    prove(
        z3.And(least >= 0, least <= delivered, delivered <= given, given <= volume),
        divides, flows >= 0, elapsed >= 0, flows * elapsed <= flows * lasts, stroke >= 1,
        flows * lasts <= volume * HOUR_MS, volume >= 0, behind >= 0, behind <= stroke,
    )  # fmt: skip


@given(st.integers(1, 10**6), st.integers(1, 10**7), st.data())
def test_tie_given(volume: int, lasts: int, data: st.DataObject):
    once = Once("patient", 1, 9, lasts, volume)
    elapsed = data.draw(st.integers(0, 2 * lasts))
    flows = floor(volume * HOUR_MS, lasts)
    expected = volume if elapsed >= lasts else floor(flows * elapsed, HOUR_MS)
    assert once.given(9 + elapsed) == expected <= volume
    assert once.rest == volume * HOUR_MS - flows * lasts


# The proofs are proofs ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "claim",
    [
        lambda: prove(z3.Int("x") < 5),
        lambda: counterexample(z3.Int("x") == z3.Int("x")),
    ],
)
def test_a_wrong_claim_is_not_proved_and_a_right_one_has_no_counterexample(
    claim: Callable[[], object],
):
    with pytest.raises(AssertionError):
        claim()


def test_facts_of_a_proof_are_not_empty():
    """What is assumed of a quotient can be true: nothing is proved from a contradiction."""
    q, divides = quotient("q", z3.Int("a"), z3.Int("b"))
    solver = z3.Solver()
    solver.add(divides, z3.Int("b") >= 1, z3.Int("a") == 17, q == 3)
    assert solver.check() == z3.sat
