"""The line from reservoir to tip: its volume, as exactly as the facts know it.

`V_c = Σ (supplied − trimmed) × volume per length`, `V_d = V_tubing + V_c` (dead-volume formula of
the device fact book §2). Where the facts give two tubing volumes the line volume is an interval.
"""

from dataclasses import dataclass
from typing import Literal

from cisterna.facts import Cited
from cisterna.order.prescription import CatheterRecord, Prescription, Segment
from cisterna.quantity import Quantity


class Refused(Exception):
    """An act that must not be done as asked: a code, why, and the way out."""

    def __init__(self, code: str, message: str, way_out: str) -> None:
        self.code = code
        self.message = message
        self.way_out = way_out
        super().__init__(f"{message} {way_out}")


@dataclass(frozen=True, slots=True)
class VolumeRange:
    """A volume between `least` and `most`, with the facts that it rests on."""

    least: Quantity
    most: Quantity
    facts: tuple[Cited, ...] = ()

    @property
    def certain(self) -> bool:
        """Whether both ends are the same."""
        return self.least == self.most

    def __add__(self, other: "VolumeRange") -> "VolumeRange":
        return VolumeRange(
            self.least + other.least, self.most + other.most, self.facts + other.facts
        )


def catheter_volume(rx: Prescription) -> VolumeRange:
    """Volume of all segments in the body; raises `Refused` when the order lacks them."""
    return segments_volume(_catheter(rx).segments)


def new_segments_volume(rx: Prescription) -> VolumeRange:
    """Volume of the segments marked as just replaced; raises `Refused` when there are none."""
    new = tuple(s for s in _catheter(rx).segments if s.new)
    if not new:
        raise Refused(
            "no-new-segment",
            "No segment of the catheter is marked as replaced.",
            "Write new = true in the [[catheter.segment]] that was just replaced.",
        )
    return segments_volume(new)


def segments_volume(segments: tuple[Segment, ...]) -> VolumeRange:
    """Volume of some segments; raises `Refused` when a model's volume per length is unknown."""
    total = VolumeRange(Quantity.of(0, "mL"), Quantity.of(0, "mL"))
    for segment in segments:
        fact = segment.model.volume_per_length
        if fact is None:
            raise Refused(
                "missing-for-check",
                f"The volume per length of {segment.model.name} is not known.",
                "Use a catheter model whose volume per length is known.",
            )
        length = segment.implanted
        total += VolumeRange(fact.least * length, fact.most * length, (fact,))
    return total


def tubing(rx: Prescription, use: Literal["prime", "bridge"]) -> VolumeRange:
    """Internal tubing of the pump: the order's override, else the datasheet for this use.

    Raises `Refused` when neither is there.
    """
    own = rx.pump.tubing_volume
    if own is not None:
        return VolumeRange(own, own)
    model = rx.pump.model
    fact = model.tubing_prime if use == "prime" else model.tubing_bridge
    if fact is None:
        raise Refused(
            "missing-for-check",
            f"The internal tubing volume of {model.name} is not known.",
            'Write it as tubing_volume = "… mL" under [pump], from the pump\'s own papers.',
        )
    return VolumeRange(fact.least, fact.most, (fact,))


def line_volume(rx: Prescription, use: Literal["prime", "bridge"]) -> VolumeRange:
    """Tubing and catheter together; raises `Refused` when a part is not known."""
    return tubing(rx, use) + catheter_volume(rx)


def longest_line(rx: Prescription) -> Quantity:
    """The most that the line may hold, by whichever figure; raises `Refused` as `line_volume`.

    A pump's record of its line is this. Where the facts give more than one tubing volume, a bridge
    to a weaker solution empties the largest, and a line that was recorded for its prime, with the
    smallest, would refuse it.
    """
    return max(line_volume(rx, "prime").most, line_volume(rx, "bridge").most)


def _catheter(rx: Prescription) -> CatheterRecord:
    if rx.catheter is None or not rx.catheter.segments:
        raise Refused(
            "missing-for-check",
            "The order does not say which catheter is implanted.",
            "Write its segments as [[catheter.segment]] with model, supplied and trimmed.",
        )
    return rx.catheter
