"""From a delivery trace to what the model is driven with: (hours, mg/h) pieces of one drug."""

from collections.abc import Sequence
from itertools import pairwise
from math import ceil, floor

from cisterna.order.trace import TipTrace

Piece = tuple[float, float]
_NEAR = 1e-6


def pieces_of(trace: TipTrace, drug: str) -> list[Piece]:
    """The dose rate of one drug at the tip as constant pieces from the trace's start."""
    found: list[Piece] = []
    for piece in trace.pieces:
        hours = float((piece.end - piece.start).number("h"))
        rate = piece.doses.get(drug)
        value = 0.0 if rate is None else float(rate.number("mg/h"))
        if found and found[-1][1] == value:
            found[-1] = (found[-1][0] + hours, value)
        elif hours > 0.0:
            found.append((hours, value))
    return found


def mass(pieces: Sequence[Piece]) -> float:
    """All that the pieces deliver (mg)."""
    return sum(hours * rate for hours, rate in pieces)


def last(pieces: Sequence[Piece], hours: float) -> tuple[list[Piece], list[Piece]]:
    """(what comes before the last `hours`, the last `hours`)."""
    late: list[Piece] = []
    left = hours
    early = list(pieces)
    while early and left > 0.0:
        length, rate = early.pop()
        taken = min(length, left)
        late.insert(0, (taken, rate))
        left -= taken
        if length > taken:
            early.append((length - taken, rate))
    return early, late


def cut(pieces: Sequence[Piece], step: float) -> list[Piece]:
    """The same delivery in pieces that also end at every multiple of `step` hours."""
    out: list[Piece] = []
    at = 0.0
    for hours, rate in pieces:
        end = at + hours
        ticks = range(floor(at / step + _NEAR) + 1, ceil(end / step - _NEAR))
        edges = [at, *(n * step for n in ticks), end]
        out += [(later - sooner, rate) for sooner, later in pairwise(edges)]
        at = end
    return out
