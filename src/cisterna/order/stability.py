"""How long the solution may stay in the pump, by whom.

One drug: the shortest of the limits that apply. A mixture: what somebody measured for exactly
these drugs in a pump within the concentrations studied, and never longer than any part alone.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from cisterna.facts import Cited, Library, cited
from cisterna.order.prescription import Prescription
from cisterna.order.situation import situation
from cisterna.quantity import Quantity

_IN_A_PUMP = ("pump", "patient-pump")


@dataclass(frozen=True, slots=True)
class Stability:
    """`lasts` is None when nobody showed how long; `bound` then still limits by the parts."""

    lasts: Cited | None
    bound: Cited | None
    first_fill: Cited | None
    used: tuple[Cited, ...] = field(metadata={"wire": None})


def stability(rx: Prescription, library: Library) -> Stability:
    """The stability of the order's solution from the time it is filled."""
    parts: list[Cited] = []
    first_fills: list[Cited] = []
    for component in rx.solution.components:
        here = situation(rx, component)
        for limit in component.drug.of_kind("stability", here):
            once = ("first_fill", True) in limit.when
            (first_fills if once else parts).append(limit.fact)
    bound = _shortest(parts)
    whole = _mixture(rx, library) if rx.mixture else bound
    lasts = _shortest([f for f in (whole, bound) if f is not None]) if whole else None
    first = _shortest(first_fills)
    used = tuple(f for f in (lasts, bound, first) if f is not None)
    return Stability(lasts, bound, first, used)


def _shortest(facts: list[Cited]) -> Cited | None:
    return min(facts, key=lambda f: f.least.base, default=None)


def _mixture(rx: Prescription, library: Library) -> Cited | None:
    """The longest time shown by a study that covers this mixture; studies that were read first."""
    covering = [r for r in library.mixtures if "stable_for" in r and _covers(r, rx)]
    paths = {f"mixtures.mixture.{row['id']}.stable_for": row["stable_for"] for row in covering}
    found = [cited(path, library.site(path, row)) for path, row in paths.items()]
    read = [f for f in found if f.verified] or found
    return max(read, key=lambda f: f.least.base, default=None)


def _covers(row: Mapping[str, Any], rx: Prescription) -> bool:
    names = {c.drug.id for c in rx.solution.components}
    if set(row["drugs"]) != names or row["container"] not in _IN_A_PUMP:
        return False
    ranges = row.get("concentration", {})
    return all(
        _inside(ranges[c.drug.id], c.concentration)
        for c in rx.solution.components
        if c.drug.id in ranges
    )


def _inside(bounds: Mapping[str, str], concentration: Quantity) -> bool:
    low, high = bounds.get("low"), bounds.get("high")
    above = low is None or concentration >= Quantity.of(low, bounds["unit"])
    below = high is None or concentration <= Quantity.of(high, bounds["unit"])
    return above and below
