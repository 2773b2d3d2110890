"""What flows: one sum of rates, strokes through a line, and never more than the reservoir has."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cisterna.pump.flow import Flow, Once, ahead, pour, rate_now, wanted
from cisterna.pump.programme import Slug
from cisterna.quantity import DAY_MS, HOUR_MS, Pace, TipRun
from tests.pump.pumps import MINUTE, STROKE, at_tip

DAYS = Pace(0, DAY_MS, ((0, 60_000), (6 * HOUR_MS, 20_000)))
FLOW = Flow(0, STROKE, 20_000_000, 10, (), DAYS)


def run(flow: Flow, until_ms: int) -> tuple[list[tuple[int, int]], Flow]:
    """Strokes (ms, fg) until a time, and the flow then, piece by piece as the pump does."""
    strokes: list[tuple[int, int]] = []
    while flow.now_ms < until_ms:
        tip, flow = pour(flow, min(until_ms, wanted(flow)[1]))
        strokes += at_tip(tip)
    return strokes, flow


# Precedence: the only place that decides who flows --------------------------------------------


DOSE = Once("patient", 1, 0, 10 * MINUTE, 10_000)
ALONE = Once("bridge", 1, 0, 10 * HOUR_MS, 200_000)


@pytest.mark.requirement("SR-10", "SR-31")
@pytest.mark.parametrize(
    ("flow", "nl_per_h", "until"),
    [
        (FLOW, 60_000, DAY_MS),
        (replace(FLOW, now_ms=6 * HOUR_MS), 20_000, 30 * HOUR_MS),
        (replace(FLOW, once=DOSE), 120_000, 10 * MINUTE),
        (replace(FLOW, once=replace(DOSE, kind="clinician")), 120_000, 10 * MINUTE),
        (replace(FLOW, once=ALONE), 20_000, 10 * HOUR_MS),
        (replace(FLOW, once=replace(ALONE, kind="prime")), 20_000, 10 * HOUR_MS),
        (replace(FLOW, floor_nl_per_h=6_000, once=DOSE), 6_000, DAY_MS),
        (replace(FLOW, floor_nl_per_h=6_000, once=ALONE), 6_000, DAY_MS),
        (replace(FLOW, floor_nl_per_h=0), 0, DAY_MS),
        (replace(FLOW, held=True, floor_nl_per_h=6_000, once=ALONE), 0, DAY_MS),
        (replace(FLOW, schedule=None), 0, DAY_MS),
    ],
)
def test_one_precedence_decides_what_flows(flow: Flow, nl_per_h: int, until: int):
    assert rate_now(flow) == nl_per_h
    assert wanted(flow)[1] == until


@pytest.mark.requirement("SR-12")
def test_a_dose_over_a_step_of_the_schedule_flows_beside_each_of_its_rates():
    begin = 6 * HOUR_MS - 4 * MINUTE
    flow = replace(FLOW, now_ms=begin, once=replace(DOSE, start_ms=begin))
    assert (rate_now(flow), wanted(flow)[1]) == (120_000, 6 * HOUR_MS)
    _, later = pour(flow, 6 * HOUR_MS)
    assert (rate_now(later), wanted(later)[1]) == (80_000, begin + 10 * MINUTE)


@pytest.mark.requirement("SR-66", "SR-68")
@pytest.mark.parametrize(
    ("at", "rate", "change"),
    [
        (-1, 20_000, 0),
        (0, 60_000, 6 * HOUR_MS),
        (6 * HOUR_MS - 1, 60_000, 6 * HOUR_MS),
        (6 * HOUR_MS, 20_000, DAY_MS),
        (1000 * DAY_MS - 1, 20_000, 1000 * DAY_MS),
        (1000 * DAY_MS, 60_000, 1000 * DAY_MS + 6 * HOUR_MS),
    ],
)
def test_a_cycle_has_no_gap_and_no_overlap(at: int, rate: int, change: int):
    assert DAYS.at(at) == (rate, change)


# Strokes ---------------------------------------------------------------------------------------


@pytest.mark.requirement("SR-01")
def test_a_day_of_the_schedule_is_worked_out_by_hand():
    """24 strokes an hour for six hours, then 8 an hour for eighteen: 288, the last at midnight."""
    strokes, after = run(FLOW, DAY_MS)
    assert [at for at, _ in strokes[:3]] == [150_000, 300_000, 450_000]
    assert len([at for at, _ in strokes if at <= 6 * HOUR_MS]) == 144
    assert len(strokes) == 287
    assert after.owed == STROKE * HOUR_MS
    assert run(FLOW, DAY_MS + 1)[0][-1][0] == DAY_MS


@pytest.mark.requirement("SR-04")
def test_a_dose_flows_on_top_of_the_schedule_and_all_of_it():
    """10,000 nL in 10 min beside 60,000 nL/h: 20,000 nL are asked for in these 10 minutes."""
    strokes, after = run(replace(FLOW, once=DOSE), 10 * MINUTE + 1)
    assert len(strokes) == 8
    assert after.once is None


@pytest.mark.requirement("SR-12")
def test_after_a_dose_the_schedule_of_that_time_goes_on():
    """A dose over 06:00 ends in the slow step, not in the fast one it began in."""
    begin = 6 * HOUR_MS - 5 * MINUTE
    flow = replace(FLOW, now_ms=begin, once=replace(DOSE, start_ms=begin))
    _, after = run(flow, begin + 10 * MINUTE)
    assert after.once is None
    assert rate_now(after) == 20_000


def test_what_the_rounded_rate_of_a_dose_leaves_flows_at_its_end():
    odd = Once("patient", 1, 0, 7 * MINUTE + 1, 10_000)
    assert odd.rate_nl_per_h * odd.duration_ms + odd.rest == 10_000 * HOUR_MS
    _, after = run(replace(FLOW, schedule=None, once=odd), odd.end_ms)
    assert after.owed == STROKE * HOUR_MS  # three strokes, and the fourth is due now


@pytest.mark.requirement("SR-21", "A19")
def test_the_reservoir_empties_to_the_last_stroke_and_never_below():
    strokes, after = run(replace(FLOW, reservoir_nl=4 * STROKE + 1), DAY_MS)
    assert len(strokes) == 4
    assert after.reservoir_nl == 1
    assert after.owed < STROKE * HOUR_MS


@pytest.mark.requirement("SR-20")
def test_what_was_asked_for_of_an_empty_reservoir_is_lost_and_not_caught_up():
    _, empty = run(replace(FLOW, reservoir_nl=0), 10 * DAY_MS)
    refilled = replace(empty, reservoir_nl=20_000_000)
    strokes, _ = run(refilled, refilled.now_ms + HOUR_MS + 1)
    assert len(strokes) in (24, 25)
    assert strokes[1][0] - strokes[0][0] == 150_000


cycles = st.lists(
    st.tuples(st.integers(MINUTE, 40 * HOUR_MS), st.integers(0, 200_000)), min_size=1, max_size=5
)


def schedule_of(pieces: list[tuple[int, int]], anchor: int = 0) -> Pace:
    """A cycle of (how long, nL/h) pieces."""
    at, steps = 0, list[tuple[int, int]]()
    for lasts, rate in pieces:
        steps.append((at, rate))
        at += lasts
    return Pace(anchor, at, tuple(steps))


def asked_by(pieces: list[tuple[int, int]], at: int) -> int:
    """nL·ms/h that a cycle from 0 asks for until `at`: whole cycles, then piece by piece."""
    length = sum(lasts for lasts, _ in pieces)
    cycles_done, left = divmod(at, length)
    total = cycles_done * sum(lasts * rate for lasts, rate in pieces)
    for lasts, rate in pieces:
        total += rate * min(lasts, left)
        left -= min(lasts, left)
    return total


@pytest.mark.requirement("SR-01", "SR-02", "H25")
@given(cycles, st.integers(1, 30 * DAY_MS), st.lists(st.integers(1, 100), max_size=4))
def test_flow_is_never_ahead_of_the_schedule_and_never_a_stroke_behind(
    pieces: list[tuple[int, int]], until: int, cuts: list[int]
):
    """However often time is cut, what flowed by any moment is the closed form, floored."""
    flow = replace(FLOW, reservoir_nl=1 << 60, schedule=schedule_of(pieces))
    strokes: list[tuple[int, int]] = []
    for cut in [*sorted(cuts), 100]:
        more, flow = run(flow, max(flow.now_ms, until * cut // 100))
        strokes += more
    asked = asked_by(pieces, until - 1)
    assert len(strokes) == asked // (STROKE * HOUR_MS)
    for n, (at, _) in list(enumerate(strokes))[:: max(1, len(strokes) // 20)]:
        assert asked_by(pieces, at) >= (n + 1) * STROKE * HOUR_MS
        assert at == 0 or asked_by(pieces, at - 1) < (n + 1) * STROKE * HOUR_MS


@pytest.mark.requirement("SR-02", "H25")
def test_ten_years_of_a_flex_schedule_are_within_one_stroke():
    pieces = [(HOUR_MS, 20_833), (7 * HOUR_MS, 1), (16 * HOUR_MS - 1, 33_333)]
    flow = replace(FLOW, reservoir_nl=1 << 60, schedule=schedule_of(pieces))
    until, count = 3652 * DAY_MS, 0
    while flow.now_ms < until:
        tip, flow = pour(flow, min(until, wanted(flow)[1]))
        count += tip.run.count if tip else 0
        behind = asked_by(pieces, flow.now_ms) - count * STROKE * HOUR_MS
        assert 0 <= behind < STROKE * HOUR_MS + 33_333
    assert count == asked_by(pieces, until - 1) // (STROKE * HOUR_MS)


def test_what_time_does_not_change_stays():
    """The flow after a while is put together field by field: none is forgotten."""
    odd = replace(FLOW, once=ALONE, floor_nl_per_h=7, line=(Slug(9, 1),), owed=5)
    for flow in (odd, replace(odd, held=True)):
        _, after = pour(flow, 1)
        assert after == replace(flow, now_ms=1, owed=after.owed)


# The line --------------------------------------------------------------------------------------


@pytest.mark.requirement("SR-58", "H06")
def test_a_line_is_emptied_from_the_tip_and_filled_from_the_reservoir():
    """Two strokes of the first slug, one mixed stroke, then the second slug, then the reservoir."""
    line = (Slug(6_000, 100), Slug(5_000, 1))
    flow = replace(FLOW, ng_per_ml=10, line=line)
    strokes, after = run(flow, 6 * 150_000 + 1)
    masses = [250_000, 250_000, 1_000 * 100 + 1_500, 2_500, 1_000 + 15_000, 25_000]
    assert [mass for _, mass in strokes] == masses
    assert after.line == (Slug(11_000, 10),)


slugs = st.lists(st.builds(Slug, st.integers(0, 9_000), st.integers(0, 99)), max_size=5)


@pytest.mark.requirement("SR-58", "H06")
@given(slugs, st.integers(0, 99), st.integers(0, 12 * HOUR_MS))
def test_the_tip_sees_what_a_queue_of_nanolitres_sees(line: list[Slug], strength: int, until: int):
    flow = replace(FLOW, ng_per_ml=strength, line=tuple(line))
    strokes, after = run(flow, until)
    queue = [s.ng_per_ml for s in line for _ in range(s.volume_nl)]
    queue += [strength] * (len(strokes) * STROKE)
    assert [m for _, m in strokes] == [
        sum(queue[n * STROKE : (n + 1) * STROKE]) for n in range(len(strokes))
    ]
    left = queue[len(strokes) * STROKE :]
    assert [s.ng_per_ml for s in after.line for _ in range(s.volume_nl)] == left


@given(slugs, st.integers(1, 99), st.integers(0, 3 * DAY_MS))
def test_what_is_ahead_is_what_then_flows(line: list[Slug], strength: int, until: int):
    flow = replace(FLOW, ng_per_ml=strength, line=tuple(line), once=DOSE)
    foreseen = [s for tip in ahead(flow, until) for s in at_tip(tip)]
    assert foreseen == run(flow, until)[0]


def test_nothing_is_ahead_of_a_held_flow():
    assert list[TipRun](ahead(replace(FLOW, held=True), 9 * DAY_MS)) == []
