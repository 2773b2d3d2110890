"""The trace at the tip: from a start, piecewise-constant volume rate and mass rate of each drug.

A pump writes one, the spine reads one. Here it is worked out for a plan: the line is a queue of
slugs, first in first out (plug flow, exact). Dispersed flow stands in `order.dispersion`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction

from cisterna.order.delivery import Run
from cisterna.order.prescription import Prescription
from cisterna.quantity import Quantity


@dataclass(frozen=True, slots=True)
class Slug:
    """Some volume of the line and what it holds; `csf` holds nothing."""

    volume: Quantity
    concentrations: Mapping[str, Quantity]


@dataclass(frozen=True, slots=True)
class TipPiece:
    """From `start` to `end` after the trace's start: flow and dose rate of each drug."""

    start: Quantity
    end: Quantity
    flow: Quantity
    doses: Mapping[str, Quantity]


@dataclass(frozen=True, slots=True)
class TipTrace:
    """What leaves the tip, at which vertebral level."""

    start: datetime
    tip: str | None
    pieces: tuple[TipPiece, ...]

    def mass(self, drug: str, begin: Quantity, end: Quantity) -> Quantity:
        """Mass of one drug that leaves the tip between two times after the start."""
        total = Quantity.of(0, "mg")
        for piece in self.pieces:
            overlap = min(piece.end, end) - max(piece.start, begin)
            if overlap.base > 0 and drug in piece.doses:
                total += piece.doses[drug] * overlap
        return total

    def mean_rate(self, drug: str, begin: Quantity, end: Quantity) -> Quantity:
        """Mean dose rate of one drug between two times after the start."""
        return self.mass(drug, begin, end) / (end - begin)


def slug(rx: Prescription, volume: Quantity) -> Slug:
    """Some volume of an order's solution."""
    return Slug(volume, {c.drug.id: c.concentration for c in rx.solution.components})


def plug_trace(
    start: datetime,
    tip: str | None,
    runs: Iterable[Run],
    line: Iterable[Slug],
    reservoir: Slug,
) -> TipTrace:
    """The exact trace of plug flow.

    `runs` are (start, end, mL/day) in days; `line` lists the slugs from the tip to the pump.
    """
    queue = [(s.volume.number("mL"), s) for s in line]
    pieces: list[TipPiece] = []
    for begin, end, flow in runs:
        at = begin
        while at < end:
            while queue and queue[0][0] == 0:
                queue.pop(0)
            leaving = queue[0][1] if queue else reservoir
            stop = end
            if queue and flow:
                stop = min(end, at + queue[0][0] / flow)
                queue[0] = (queue[0][0] - (stop - at) * flow, queue[0][1])
            pieces.append(_piece(at, stop, flow, leaving))
            at = stop
    return TipTrace(start, tip, tuple(_merged(pieces)))


def _piece(start: Fraction, end: Fraction, flow: Fraction, leaving: Slug) -> TipPiece:
    rate = Quantity.of(flow, "mL/day")
    doses = {name: rate * c for name, c in leaving.concentrations.items()}
    return TipPiece(Quantity.of(start, "day"), Quantity.of(end, "day"), rate, doses)


def _merged(pieces: list[TipPiece]) -> list[TipPiece]:
    merged: list[TipPiece] = []
    for piece in pieces:
        last = merged[-1] if merged else None
        if last and last.flow == piece.flow and last.doses == piece.doses:
            merged[-1] = TipPiece(last.start, piece.end, piece.flow, piece.doses)
        else:
            merged.append(piece)
    return merged
