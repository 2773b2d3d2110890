"""The charts of the tip: each drug hour by hour during a change, bridged and not."""

from collections.abc import Iterator, Sequence
from fractions import Fraction

from cisterna.order.prescription import Prescription
from cisterna.order.schedule import schedule
from cisterna.order.sheet.chart_day import headroom
from cisterna.order.sheet.figure import Frame, Point, chart, drawing, merged, number, steps, ticks
from cisterna.order.sheet.markup import Markup, moment_text, table
from cisterna.order.tip import TipChange
from cisterna.quantity import Quantity

_CASES = {
    "bridged": "bridged",
    "omitted": "not bridged",
    "bridged-other-line": "bridged, other line volume",
    "omitted-other-line": "not bridged, other line volume",
    "bridged-dispersed": "bridged, mixing in the line",
    "omitted-dispersed": "not bridged, mixing in the line",
}


def tip_drugs(new: Prescription, change: TipChange) -> list[str]:
    """Every drug that leaves the tip in some case, the primary one first."""
    rates = (r for hour in change.hours for r in hour.rates.values())
    return sorted({name for r in rates for name in r}, key=lambda n: (n != new.infusion.primary, n))


def tip_curve(new: Prescription, change: TipChange, drug: str, name: str) -> Markup:
    """One drug at the tip, hour by hour: bridged, not bridged, and the new order beside them."""
    levels = {case: _rates(change, case, drug) for case in _cases(change)}
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
        frame.axes(dotted, x_title, unit),
        frame.path([(Fraction(0), reference), (hours, reference)], "reference"),
        *(frame.path(_hourly(rates), case) for case, rates in reversed(levels.items())),
        *_tip_labels(frame, levels, reference),
    )
    legend = [*((c, _CASES[c]) for c in levels), ("reference", "new order, daily mean")]
    return chart(title, picture, legend, _tip_table(new, change, drug, name))


def _cases(change: TipChange) -> list[str]:
    """The cases that were worked out, the two main ones first."""
    return [case for case in _CASES if case in change.traces]


def _rates(change: TipChange, case: str, drug: str) -> list[Fraction]:
    unit = _unit_of(change, drug)
    none = Quantity.of(0, "mg/day")
    return [hour.rates[case].get(drug, none).number(unit) for hour in change.hours]


def _unit_of(change: TipChange, drug: str) -> str:
    rates = (r[drug] for hour in change.hours for r in hour.rates.values() if drug in r)
    return next(rates).unit.name


def _hourly(rates: Sequence[Fraction]) -> list[Point]:
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
    end, down = _free_place(frame, reference, [bridged, omitted], width)
    yield frame.label("new order", (Fraction(end), reference), "end", down)
    down = frame.free_side(bridged[0], [*omitted[:width], reference])
    yield frame.label("bridged", (frame.x_max / 50, bridged[0]), "start", down)
    middle = _farthest([abs(v - reference) for v in omitted])
    down = frame.free_side(omitted[middle], [bridged[middle], reference])
    yield frame.label("not bridged", (Fraction(middle), omitted[middle]), "middle", down)


def _free_place(
    frame: Frame, level: Fraction, lines: Sequence[Sequence[Fraction]], width: int
) -> tuple[int, int]:
    """The last hour at which a word beside a level line ends clear of the others, and its side."""
    last = len(lines[0])
    for end in range(last, width - 1, -1):
        near = [v for line in lines for v in line[end - width : end]]
        down = frame.free_side(level, near)
        if frame.is_free(level, near, down):
            return end, down
    return last, -6


def _farthest(distances: Sequence[Fraction]) -> int:
    """The middle of the hours in which a line is far from another."""
    far = [n for n, d in enumerate(distances) if d * 2 > max(distances)]
    return far[len(far) // 2] if far else len(distances) // 2


def _tip_table(new: Prescription, change: TipChange, drug: str, name: str) -> Markup:
    """Hours with the same doses as one row; the unit stands above."""
    unit, cases = _unit_of(change, drug), _cases(change)
    columns = [[number(v) for v in _rates(change, case, drug)] for case in cases]
    rows = [(f"{a} to {b}", *row) for a, b, row in merged(list(zip(*columns, strict=True)))]
    heads = ("Hours", *(_CASES[c] for c in cases))
    hours = len(change.hours)
    start = moment_text(new.solution.filled_at)
    note = "" if change.complete else f" The change lasts longer than these {hours} hours."
    caption = f"{name} at the tip in {unit}, mean of each hour after {start}.{note}"
    return table(caption, heads, rows, shape="compact")
