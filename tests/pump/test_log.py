"""The log: bounded, in two times, and honest about what it has lost."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cisterna.pump import events as e
from cisterna.pump.log import MOST, Entry, Log
from cisterna.quantity import HOUR_MS
from tests.pump.pumps import new, running


def entries(count: int, first: int = 0) -> tuple[Entry, ...]:
    return tuple(Entry(n, n, f"event {n}") for n in range(first, first + count))


@pytest.mark.requirement("SR-34", "SR-35")
def test_the_oldest_go_first_and_the_first_entry_says_how_many():
    log = replace(Log(), most=20).add(entries(20))
    assert log.lost == 0
    log = log.add(entries(1, 20))
    assert log.lost == 4
    assert log.entries[0] == Entry(3, 3, "log-entries-lost", "4")
    assert [x.what for x in log.entries[1:]] == [f"event {n}" for n in range(4, 21)]


@pytest.mark.requirement("SR-35", "H19")
@given(st.lists(st.integers(0, 60), max_size=30), st.integers(2, 40))
def test_kept_and_lost_are_all_that_happened(batches: list[int], most: int):
    log, made = replace(Log(), most=most), 0
    for batch in batches:
        log, made = log.add(entries(batch, made)), made + batch
        assert len(log.entries) <= most
        kept = [x for x in log.entries if x.what != "log-entries-lost"]
        assert len(kept) + log.lost == made
        assert kept == list(entries(len(kept), made - len(kept)))
        notes = [x.why for x in log.entries if x.what == "log-entries-lost"]
        assert notes == ([str(log.lost)] if log.lost else [])


@pytest.mark.requirement("SR-35", "H19")
def test_years_of_entries_take_no_more_than_the_bound():
    log = Log()
    for n in range(200):
        log = log.add(entries(50, n * 50))
    assert len(log.entries) <= MOST


@pytest.mark.requirement("SR-36", "H08")
def test_an_entry_has_the_monotonic_time_and_that_of_the_clock():
    bench = running(at_ms=0, clock_ms=500)
    bench.do(e.Interrogated(HOUR_MS), e.ClockSet(2 * HOUR_MS, 0), e.Interrogated(3 * HOUR_MS))
    first, second = bench.said("interrogated")
    assert (first.at_ms, first.wall_ms) == (HOUR_MS, HOUR_MS + 500)
    assert (second.at_ms, second.wall_ms) == (3 * HOUR_MS, HOUR_MS)
    assert str(-2 * HOUR_MS - 500) in bench.said("clock-set")[0].why


@pytest.mark.requirement("SR-34", "A28")
def test_every_event_that_changes_something_or_is_refused_is_logged():
    bench = running()
    before = len(bench.log)
    acts = (
        e.Stopped(5),
        e.Restarted(5),
        e.MinimumOrdered(5),
        e.Restarted(5),
        e.DoseAsked(5, 1, 50),
        e.DoseStopped(5),
        e.Refilled(5, 0, 9_000_000, 5),
        e.LineSet(5, ()),
        e.Noticed(5, "stall"),
        e.AlarmSilenced(5, "stall"),
        e.ClockSet(5, 5),
        e.DoseAsked(5, 1, 50),
        e.Noticed(5, "no\n<b>such"),
    )
    for act in acts:
        bench.do(act)
        assert len(bench.log) > before, act
        before = len(bench.log)


@pytest.mark.requirement("SR-34")
def test_what_is_logged_does_not_depend_on_how_full_the_log_is():
    """The log is no part of the state: it cannot block or change delivery."""
    assert not hasattr(new(), "log")
