"""What a pump can do: rates in whole nL/h, doses in whole strokes, never upward.

Rounding happens once, here. Where a maker's figure is missing it is borrowed from the reference
pump, which is ours, and said so.
"""

from fractions import Fraction

from cisterna.facts import Cited, Library, Pump
from cisterna.quantity import Quantity

REFERENCE = "cisterna-reference"


def rate_step(pump: Pump, library: Library) -> Cited:
    """The smallest change of rate of this pump, else of the reference pump."""
    return _own_or_reference(pump, library, "rate_step")


def stroke(pump: Pump, library: Library) -> Cited:
    """The volume of one stroke of this pump, else of the reference pump."""
    return _own_or_reference(pump, library, "stroke")


def achieved_rate(flow: Quantity, step: Cited) -> Quantity:
    """The largest programmable rate that is not above `flow`, in nL/h."""
    steps = (flow.base / step.value.base).__floor__()
    return Quantity.of(steps * step.value.number("nL/h"), "nL/h")


def achieved_volume(volume: Quantity, one_stroke: Cited) -> Quantity:
    """The largest number of whole strokes that is not above `volume`."""
    strokes = Fraction((volume.base / one_stroke.value.base).__floor__())
    return (one_stroke.value * strokes).to("mL")


def _own_or_reference(pump: Pump, library: Library, key: str) -> Cited:
    own: Cited | None = getattr(pump, key)
    if own is not None:
        return own
    borrowed: Cited | None = getattr(library.pump(REFERENCE), key)
    if borrowed is None:
        raise LookupError(f"the reference pump lacks {key}")
    return borrowed
