"""The accident that the start page shows, and how it is put right: worked out, nothing drawn here.

A solution of half the strength is filled in and the dose stays. The line still holds the old one,
so at the new flow it gives twice the dose until it is clear: that is what a bridge is for. The page
is given what leaves the tip hour by hour and what it comes to along the spine, with the bridge and
without it.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cache

from cisterna.clinic.demo.cast import Cast, whole_cast
from cisterna.clinic.demo.orders import Patient, Therapy
from cisterna.facts import Library
from cisterna.facts.spine import levels
from cisterna.order.bridge import Bridge
from cisterna.order.plan import plan
from cisterna.order.prescription import Prescription
from cisterna.order.reading import prescription_from_text
from cisterna.order.tip import settled_trace, tip_trace
from cisterna.order.trace import TipTrace
from cisterna.quantity import Quantity, show
from cisterna.spine.drive import pieces_of
from cisterna.spine.forecast import concentration
from cisterna.spine.reading import default_modes

FORGOTTEN, BRIDGED = "forgotten", "bridged"
SHOWN_H = 48
"""Hours after the fill that are shown: the accident and the way back from it."""
_INDICATION = "failed-back-surgery-syndrome"


@dataclass(frozen=True, slots=True)
class Hour:
    """What leaves the tip in one hour, as a dose a day: meant, and in each case."""

    hour: int
    meant: Quantity
    given: Mapping[str, Quantity]


@dataclass(frozen=True, slots=True)
class Level:
    """The spinal fluid at one level, hour by hour, in each case (mean of the level, a model)."""

    level: str
    given: Mapping[str, tuple[Quantity, ...]]


@dataclass(frozen=True, slots=True)
class Door:
    """One way into the demonstration: who the visitor is there, and what is seen there first."""

    id: str
    title: str
    text: str
    sees: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Accident:
    """All that the page says and draws."""

    drug: str
    old: str
    new: str
    dose: str
    tip: str
    share: Fraction
    lasts: Quantity
    harm: str
    mended: str
    hours: tuple[Hour, ...]
    levels: tuple[Level, ...]
    model: str = "Model estimate, not measured: mean of each level in one average person."


DOORS = (
    Door(
        "follow",
        "Follow one person",
        "A physician opens the record of somebody with years behind her.",
        ("where she stands on her course", "every dose, with who and why", "refills and events"),
    ),
    Door(
        "nurse",
        "Be the nurse",
        "A morning in the clinic: today's list, by what is due first.",
        ("refills that fall due", "an alarm", "a change that waits for a second signature"),
    ),
    Door(
        "patient",
        "Be the patient on a phone",
        "Her remote is paired with her pump in one step; then the pump decides.",
        ("ask for a dose", "granted, or refused with the reason", "when the next is possible"),
    ),
)


@cache
def accident(library: Library) -> Accident:
    """The accident, worked out from the orders that the page shows."""
    old, new = _orders(library)
    found = plan(old, new, library)
    bridge = found.bridge
    if bridge is None or bridge.omitted.lasts is None:
        raise LookupError("the orders of the accident need a bridge")
    drug = new.infusion.primary
    traces = {
        FORGOTTEN: tip_trace(found.new, bridge, _shown(), programmed=False),
        BRIDGED: tip_trace(found.new, bridge, _shown()),
    }
    share = bridge.omitted.delivered_fraction or Fraction(0)
    return Accident(
        drug=new.primary.drug.name,
        old=_strength(old),
        new=_strength(new),
        dose=whole_cast().plans["accident"].doses[0],
        tip=_tip(new),
        share=share,
        lasts=bridge.omitted.lasts,
        harm=_harm(share, bridge.omitted.lasts),
        mended=_mended(bridge),
        hours=tuple(_hours(drug, traces)),
        levels=tuple(_levels(library, old, new, drug, traces)),
    )


def _shown() -> Quantity:
    return Quantity.of(SHOWN_H, "h")


def _orders(library: Library) -> tuple[Prescription, Prescription]:
    """The order before, and the same dose in a solution of half the strength."""
    cast = whole_cast()
    before, wanted = _therapy(cast), cast.plans["accident"].then
    old = prescription_from_text(before.text(), library)
    after = replace(before, drugs=wanted, filled_at=cast.end, previous=before.dose)
    return old, prescription_from_text(after.text(), library, previous=old)


def _therapy(cast: Cast) -> Therapy:
    device, shown = replace(cast.stock[0], serial="SHOWN-01"), cast.plans["accident"]
    one = next(p for p in cast.people if p.indication == _INDICATION)
    by, dose = cast.staff["physician"].who, shown.doses[0]
    who = Patient("Invented Person", "DEMO 00", one.born, _INDICATION, opioid_tolerant=True)
    return Therapy(
        *(by, "maintenance", who, device, shown.drugs, cast.zero, cast.fill, dose), previous=dose
    )


def _strength(rx: Prescription) -> str:
    return f"{rx.primary.drug.name} {show(rx.primary.concentration)}"


def _harm(share: Fraction, lasts: Quantity) -> str:
    times = show(Quantity.of(share, "1"), 3)
    return (
        f"Without the bridge the old solution in the line flows at the new rate: {times} times "
        f"the dose for {_hours_words(lasts)}."
    )


def _mended(bridge: Bridge) -> str:
    return (
        f"With the bridge the pump runs at {show(bridge.rate)} for "
        f"{_hours_words(bridge.duration)}, then at {show(bridge.then_rate)}: the dose stays."
    )


def _hours_words(span: Quantity) -> str:
    minutes = int(span.number("min"))
    return f"{minutes // 60} h {minutes % 60:02d} min"


def _hours(drug: str, traces: Mapping[str, TipTrace]) -> Iterator[Hour]:
    meant = Quantity.parse(whole_cast().plans["accident"].doses[0])
    for hour in range(SHOWN_H):
        begin, end = Quantity.of(hour, "h"), Quantity.of(hour + 1, "h")
        rates = {case: t.mean_rate(drug, begin, end).to("mg/day") for case, t in traces.items()}
        yield Hour(hour, meant, rates)


def _levels(
    library: Library,
    old: Prescription,
    new: Prescription,
    drug: str,
    traces: Mapping[str, TipTrace],
) -> Iterator[Level]:
    """Every level, from what the old order settles to on."""
    built, modes = default_modes(library, drug)
    rows, unit = built.level_rows(), modes.drive(built.site(_tip(new)))
    start = modes.periodic(unit, pieces_of(settled_trace(old), drug))
    found = {
        case: modes.sampled(rows, unit, pieces_of(trace, drug), start, 1.0)[1].tolist()
        for case, trace in traces.items()
    }
    for n, level in enumerate(levels()):
        given = {case: tuple(map(concentration, values[n])) for case, values in found.items()}
        yield Level(level.name, given)


def _tip(rx: Prescription) -> str:
    if rx.catheter is None or rx.catheter.tip is None:
        raise LookupError("the order of the accident names no tip")
    return rx.catheter.tip
