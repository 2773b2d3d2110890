"""The chart of the day: the scheduled dose as steps on the pump's clock.

The charts take what the plan worked out and give a figure with the same numbers as a table. The
tip stands in `order.chart_tip`, the reservoir in `order.chart_reservoir`.
"""

from collections.abc import Iterator, Sequence
from fractions import Fraction

from cisterna.order.prescription import DAYS, Prescription
from cisterna.order.schedule import Schedule, schedule
from cisterna.order.sheet.figure import (
    Frame,
    Tick,
    chart,
    drawing,
    number,
    round_step,
    steps,
    ticks,
)
from cisterna.order.sheet.markup import Markup, table
from cisterna.order.words import days_words
from cisterna.quantity import Quantity, show

Span = tuple[Fraction, Fraction, Fraction]


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
        frame.axes(_day_ticks(pattern), _clock_words(rx, pattern), unit),
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
        return [(Fraction(n), name.capitalize()) for n, name in enumerate(DAYS)]
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
    return [(days_words(days), list(spans)) for spans, days in groups.items()]


def _clock(part_of_day: Fraction) -> str:
    seconds = int(part_of_day * 86_400)
    text = f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}"
    return f"{text}:{seconds % 60:02d}" if seconds % 60 else text
