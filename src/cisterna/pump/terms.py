"""A programme as it travels: the same integers under the same names, each inside its bounds.

Its canonical bytes are the text that `Programme.digest` is taken of. So what the programmer shows,
what the pump read and what a person confirms are one digest.
"""

from dataclasses import asdict, dataclass
from typing import Annotated, cast

from cisterna.pump.link.canonical import Json, Unfit
from cisterna.pump.link.record import Count, Name, Positive, Signed, Text, Whole, build, plain
from cisterna.pump.programme import BridgeRule, Mode, PatientRule, Programme

MOST_STEPS = 1024
"""Steps in one cycle: 48 a day for three weeks."""

Steps = tuple[tuple[Count, ...], ...]
Span = Annotated[int, Whole(low=1, high=1 << 45)]
"""A time in ms; added to a pump's time it still fits into a frame."""
ModeText = Annotated[str, Text("continuous|flex|periodic-bolus|minimum-rate|stopped")]
Digest = Annotated[str, Text("[ -~]{0,64}")]


@dataclass(frozen=True, slots=True)
class PatientTerms:
    """As `PatientRule`."""

    volume_nl: Positive
    duration_ms: Span
    lockout_ms: Span
    most_per_day: Positive


@dataclass(frozen=True, slots=True)
class BridgeTerms:
    """As `BridgeRule`."""

    volume_nl: Positive
    rate_nl_per_h: Positive


@dataclass(frozen=True, slots=True)
class Terms:
    """As `Programme`."""

    serial: Name
    version: Positive
    primary: Name
    ng_per_ml: Positive
    mode: ModeText
    cycle_ms: Span
    zero_ms: Signed
    steps: Steps
    per_24h_fg: Count
    patient: PatientTerms | None
    bridge: BridgeTerms | None
    floor_nl_per_h: Count | None
    low_reservoir_nl: Count
    words: Digest


def programme_terms(programme: Programme) -> dict[str, Json]:
    """A programme for the link. Raises `Unfit` where a value is outside what can travel."""
    found = cast("dict[str, Json]", plain(programme))
    build(Terms, found)
    return found


def read_terms(terms: dict[str, Json]) -> Programme:
    """The programme of what came in over the link. Raises `Unfit` for anything else."""
    found = build(Terms, terms)
    if not 1 <= len(found.steps) <= MOST_STEPS or any(len(pair) != 2 for pair in found.steps):
        raise Unfit("a step is a time and a rate, and there are not too many")
    values = {name: getattr(found, name) for name in Terms.__dataclass_fields__}
    values["steps"] = tuple((at, rate) for at, rate in found.steps)
    values["mode"] = cast("Mode", found.mode)
    values["patient"] = PatientRule(**asdict(found.patient)) if found.patient else None
    values["bridge"] = BridgeRule(**asdict(found.bridge)) if found.bridge else None
    return Programme(**values)
