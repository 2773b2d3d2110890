"""From a delivery trace to what the model is driven with: (hours, mg/h) pieces of one drug."""

from collections.abc import Sequence
from math import ceil

from cisterna.order.trace import TipTrace

Piece = tuple[float, float]


def pieces_of(trace: TipTrace, drug: str) -> list[Piece]:
    """The dose rate of one drug at the tip as constant pieces from the trace's start."""
    found: list[Piece] = []
    for piece in trace.pieces:
        hours = float((piece.end - piece.start).number("h"))
        rate = piece.doses.get(drug)
        found.append((hours, 0.0 if rate is None else float(rate.number("mg/h"))))
    return merged(found)


def merged(pieces: Sequence[Piece]) -> list[Piece]:
    """The same delivery, neighbours of the same rate joined and pieces without length left out."""
    found: list[Piece] = []
    for hours, rate in pieces:
        if found and found[-1][1] == rate:
            found[-1] = (found[-1][0] + hours, rate)
        elif hours > 0.0:
            found.append((hours, rate))
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


def split(pieces: Sequence[Piece], longest: float) -> list[Piece]:
    """The same delivery in pieces of at most `longest` hours."""
    out: list[Piece] = []
    for hours, rate in pieces:
        parts = max(1, ceil(hours / longest))
        out += [(hours / parts, rate)] * parts
    return out
