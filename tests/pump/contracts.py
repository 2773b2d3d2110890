"""Contracts of the guard for CrossHair, which runs the guard itself on symbols.

Each function states what must hold as assertions; CrossHair looks for arguments that reach and
break one. `tests/pump/test_contracts.py` runs it for a few seconds:

    crosshair check --analysis_kind=asserts tests/pump/contracts.py
"""

# ruff: noqa: PT018 - what is assumed, in one line
from cisterna.pump.guard import Admitted, Granted, heaviest_day
from cisterna.quantity import DAY_MS, HOUR_MS


def the_heaviest_day_is_at_least_every_day(
    first: tuple[int, int], gap: int, second: int, last: int, begin: int
) -> None:
    """Of two strokes, with windows that begin by `last`."""
    assert first[1] >= 0 and second >= 0 and gap >= 0 and begin <= last
    strokes = [first, (first[0] + gap, second)]
    inside = sum(m for at, m in strokes if begin <= at < begin + DAY_MS)
    if heaviest_day(strokes, last) < inside:
        raise ValueError("a day is heavier than the heaviest")


def a_dose_grants_no_more_than_its_volume(start: int, lasts: int, volume: int, at: int) -> None:
    """In every millisecond its rate, rounded down, and only while it lasts."""
    assert lasts >= 1 and volume >= 0
    rate = Admitted(start, lasts, volume).between(at, at + 1)
    if rate < 0:
        raise ValueError("it takes back what it granted")
    if at < start + lasts and rate * lasts > volume * HOUR_MS:
        raise ValueError("it grants more than its volume")
    if at > start + lasts and rate != 0:
        raise ValueError("it grants after its end")


def a_schedule_grants_one_of_its_steps(
    anchor: int, edge: int, more: int, first: int, second: int, at: int
) -> None:
    """In every millisecond."""
    assert edge >= 1 and more >= 1 and first >= 0 and second >= 0
    schedule = Granted(anchor, edge + more, ((0, first), (edge, second)))
    within = (at - anchor) % (edge + more)
    if schedule.between(at, at + 1) != (first if within < edge else second):
        raise ValueError("it grants another step")
