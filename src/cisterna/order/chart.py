"""The charts of the sheet: the dose over the day, and each drug at the tip during a change.

Each takes what the plan worked out and gives a figure with the same numbers as a table.
The reservoir stands in `order.chart_reservoir`.
"""

from collections.abc import Iterator, Sequence
from fractions import Fraction

from cisterna.order.figure import (
    Frame,
    Tick,
    chart,
    drawing,
    merged,
    number,
    round_step,
    steps,
    ticks,
)
from cisterna.order.markup import Markup, moment_text, table
from cisterna.order.prescription import DAYS, Prescription
from cisterna.order.schedule import Schedule, schedule
from cisterna.order.tip import TipChange
from cisterna.quantity import Quantity, later, show

Span = tuple[Fraction, Fraction, Fraction]

_CASES = {
    "bridged": "bridged",
    "omitted": "not bridged",
    "bridged-other-line": "bridged, other line volume",
    "omitted-other-line": "not bridged, other line volume",
    "bridged-dispersed": "bridged, mixing in the line",
    "omitted-dispersed": "not bridged, mixing in the line",
}


# The dose over the day -------------------------------------------------------------------------


def dose_curve(rx: Prescription) -> Markup:
    """The scheduled dose of the primary drug as steps over a day, a week or a cycle."""
    pattern = schedule(rx)
    unit = _dose_unit(rx)
    spans = [(a, b, _dose(rx, flow, unit)) for a, b, flow in _spans(pattern)]
    frame = Frame(pattern.length, headroom(level for _, _, level in spans))
    name = rx.primary.drug.tall_man
    title = f"Scheduled dose of {name} over {_cycle_words(pattern)}"
    picture = drawing(
        "day",
        title,
        f"{_dose_words(spans, unit)} The steps are in the table below.",
        frame,
        frame.axes(_day_ticks(pattern), _clock_words(rx, pattern), f"{name}, {unit}"),
        frame.path(steps(spans), "ordered"),
    )
    legend = [("ordered", "scheduled dose, without patient doses")]
    return chart(title, picture, legend, _day_table(rx, pattern))


def headroom(levels: Iterator[Fraction]) -> Fraction:
    """A round upper end of an axis that leaves room for a word above the highest line."""
    most = max(levels, default=Fraction(0)) * Fraction(115, 100) or Fraction(1)
    step = round_step(most, 4)
    return step * (most / step).__ceil__()


def _dose_unit(rx: Prescription) -> str:
    per = "h" if rx.infusion.mode in ("flex", "periodic-bolus") else "day"
    return f"{rx.primary.drug.unit}/{per}"


def dose_rate(rx: Prescription, flow: Quantity) -> str:
    """The dose rate of the primary drug in a flow, in the unit of the order."""
    return show((flow * rx.primary.concentration).to(_dose_unit(rx)))


def _dose(rx: Prescription, flow: Fraction, unit: str) -> Fraction:
    return (Quantity.of(flow, "mL/day") * rx.primary.concentration).number(unit)


def _spans(pattern: Schedule) -> list[Span]:
    ends = [*(p.start for p in pattern.pieces[1:]), pattern.length]
    return [(p.start, end, p.flow) for p, end in zip(pattern.pieces, ends, strict=True)]


def _cycle_words(pattern: Schedule) -> str:
    if pattern.length in (1, 7):
        return "the day" if pattern.length == 1 else "the week"
    return f"a cycle of {show(Quantity.of(pattern.length * 24, 'h'))}"


def _clock_words(rx: Prescription, pattern: Schedule) -> str:
    if pattern.length not in (1, 7):
        return "hours since the start of the cycle"
    return f"time on the pump's clock ({offset_text(rx)})"


def offset_text(rx: Prescription) -> str:
    """The fixed offset of the pump's clock, such as `+00:00`."""
    return rx.solution.filled_at.astimezone(rx.pump_zone).isoformat()[-6:]


def _day_ticks(pattern: Schedule) -> list[Tick]:
    if pattern.length == 1:
        return [(Fraction(n, 4), f"{6 * n:02d}:00") for n in range(5)]
    if pattern.length == 7:
        return [(Fraction(n), name) for n, name in enumerate(DAYS)]
    return [(h / 24, number(h)) for h in ticks(pattern.length * 24)]


def _dose_words(spans: Sequence[Span], unit: str) -> str:
    levels = [level for _, _, level in spans]
    low, high = (show(Quantity.of(v, unit)) for v in (min(levels), max(levels)))
    return f"Always {low}." if low == high else f"Between {low} and {high}, in {len(spans)} steps."


def _day_table(rx: Prescription, pattern: Schedule) -> Markup:
    names = {c.drug.id: c.drug.tall_man for c in rx.solution.components}
    rows = [
        (f"{days} {_clock(a)} to {_clock(b)}", *_doses(rx, flow))
        for days, spans in _alike(pattern)
        for a, b, flow in spans
    ]
    return table("Scheduled dose and flow", ("When", *names.values(), "Flow"), rows)


def _doses(rx: Prescription, flow: Fraction) -> list[str]:
    rate = Quantity.of(flow, "mL/day")
    per = _dose_unit(rx).partition("/")[2]
    doses = (
        show((rate * c.concentration).to(f"{c.drug.unit}/{per}")) for c in rx.solution.components
    )
    return [*doses, show(rate)]


def _alike(pattern: Schedule) -> list[tuple[str, list[Span]]]:
    """Days with the same steps as one group: (their names, spans since midnight)."""
    if pattern.length != 7:
        return [("every day" if pattern.length == 1 else "each cycle", _spans(pattern))]
    groups: dict[tuple[Span, ...], list[str]] = {}
    for n, day in enumerate(DAYS):
        inside = (s for s in _spans(pattern) if n <= s[0] < n + 1)
        groups.setdefault(tuple((a - n, b - n, flow) for a, b, flow in inside), []).append(day)
    return [(" ".join(days), list(spans)) for spans, days in groups.items()]


def _clock(part_of_day: Fraction) -> str:
    seconds = int(part_of_day * 86_400)
    text = f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}"
    return f"{text}:{seconds % 60:02d}" if seconds % 60 else text


# The tip during a change -----------------------------------------------------------------------


def tip_drugs(new: Prescription, change: TipChange) -> list[str]:
    """Every drug that leaves the tip in some case, the primary one first."""
    rates = (r for hour in change.hours for r in hour.rates.values())
    return sorted({name for r in rates for name in r}, key=lambda n: (n != new.infusion.primary, n))


def tip_curve(new: Prescription, change: TipChange, drug: str, name: str) -> Markup:
    """One drug at the tip, hour by hour: bridged, not bridged, and the new order beside them."""
    levels = {case: _rates(change, case, drug) for case in change.traces}
    zero = Quantity.of(0, "mg/day")
    wanted = new.doses_of(schedule(new).mean).get(drug, zero)
    unit = _unit_of(change, drug)
    reference = wanted.number(unit)
    hours = Fraction(len(change.hours))
    most = headroom(v for rates in [*levels.values(), [reference]] for v in rates)
    frame = Frame(hours, most)
    title = f"{name} at the tip after the fill"
    x_title = f"hours after {moment_text(new.solution.filled_at)}"
    dotted = [(h, number(h)) for h in ticks(hours, 6)]
    picture = drawing(
        f"tip-{drug}",
        title,
        _tip_words(levels, reference, unit),
        frame,
        frame.axes(dotted, x_title, f"{name}, {unit}"),
        frame.path([(Fraction(0), reference), (hours, reference)], "reference"),
        *(frame.path(_hourly(rates), case) for case, rates in reversed(levels.items())),
        *_tip_labels(frame, levels, reference),
    )
    legend = [*((c, _CASES[c]) for c in levels), ("reference", "new order, daily mean")]
    return chart(title, picture, legend, _tip_table(new, change, drug, name))


def _rates(change: TipChange, case: str, drug: str) -> list[Fraction]:
    unit = _unit_of(change, drug)
    none = Quantity.of(0, "mg/day")
    return [hour.rates[case].get(drug, none).number(unit) for hour in change.hours]


def _unit_of(change: TipChange, drug: str) -> str:
    rates = (r[drug] for hour in change.hours for r in hour.rates.values() if drug in r)
    return next(rates).unit.name


def _hourly(rates: Sequence[Fraction]) -> list[tuple[Fraction, Fraction]]:
    return steps((Fraction(n), Fraction(n + 1), rate) for n, rate in enumerate(rates))


def _tip_words(levels: dict[str, list[Fraction]], reference: Fraction, unit: str) -> str:
    parts = [
        f"{_CASES[case]}: from {number(rates[0])} at the fill to {number(rates[-1])} {unit}, "
        f"lowest {number(min(rates))}, highest {number(max(rates))}"
        for case, rates in levels.items()
    ]
    return f"{'; '.join(parts)}; new order: {number(reference)} {unit}."


def _tip_labels(
    frame: Frame, levels: dict[str, list[Fraction]], reference: Fraction
) -> Iterator[Markup]:
    """The three main lines by name, each on the side where no other line runs."""
    bridged, omitted = levels["bridged"], levels["omitted"]
    width = len(bridged) // 4 + 1
    last, first = slice(-width, None), slice(0, width)
    down = frame.free_side(reference, [*bridged[last], *omitted[last]])
    yield frame.label("new order", (frame.x_max, reference), "end", down)
    down = frame.free_side(bridged[0], [*omitted[first], reference])
    yield frame.label("bridged", (frame.x_max / 50, bridged[0]), "start", down)
    middle = _farthest([abs(v - reference) for v in omitted])
    down = frame.free_side(omitted[middle], [bridged[middle], reference])
    yield frame.label("not bridged", (Fraction(middle), omitted[middle]), "middle", down)


def _farthest(distances: Sequence[Fraction]) -> int:
    """The middle of the hours in which a line is far from another."""
    far = [n for n, d in enumerate(distances) if d * 2 > max(distances)]
    return far[len(far) // 2] if far else len(distances) // 2


def _tip_table(new: Prescription, change: TipChange, drug: str, name: str) -> Markup:
    """Hours with the same doses as one row; the unit stands above."""
    unit, cases = _unit_of(change, drug), list(change.traces)
    columns = [[number(v) for v in _rates(change, case, drug)] for case in cases]
    rows = [
        (f"{a} to {b} h", _hour_text(new, a), *row)
        for a, b, row in merged(list(zip(*columns, strict=True)))
    ]
    heads = ("Hours", "From", *(_CASES[c] for c in cases))
    hours = len(change.hours)
    note = "" if change.complete else f" The change lasts longer than these {hours} hours."
    caption = f"{name} at the tip in {unit}, mean of each hour.{note}"
    return table(caption, heads, rows, stack=True)


def _hour_text(new: Prescription, hour: int) -> str:
    return moment_text(later(new.solution.filled_at, Quantity.of(hour, "h")))
