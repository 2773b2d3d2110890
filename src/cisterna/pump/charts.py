"""The curves of a simulation: dose as ordered and as delivered, and the reservoir.

Drawn with the sheet's own pieces, so that they look like the order's; beside each the same
numbers stand as a table.
"""

from collections.abc import Iterable, Sequence
from fractions import Fraction

from cisterna.order.dates import low_reservoir
from cisterna.order.sheet.chart_day import headroom
from cisterna.order.sheet.figure import Frame, Point, Tick, chart, drawing, merged, number, ticks
from cisterna.order.sheet.figure import steps as stepped
from cisterna.order.sheet.markup import Markup, moment_text, table
from cisterna.pump.simulation import Bin, Simulation
from cisterna.pump.virtual import Level
from cisterna.quantity import DAY_MS, HOUR_MS, Quantity, show

MOST_ROWS, _MOST_POINTS = 60, 600
_SHORT_MS = 3 * DAY_MS


def unit_ms(done: Simulation) -> tuple[int, str]:
    """What a run is counted in: hours up to three days, then days."""
    return (HOUR_MS, "hours") if done.source.length_ms <= _SHORT_MS else (DAY_MS, "days")


def time_axis(done: Simulation) -> tuple[Fraction, list[Tick], str]:
    """(length, ticks, title) of the horizontal axis."""
    one, words = unit_ms(done)
    length = Fraction(done.source.length_ms, one)
    return length, [(t, number(t)) for t in ticks(length, 6)], f"{words} after {_start(done)}"


def _start(done: Simulation) -> str:
    return moment_text(done.start)


# Dose -------------------------------------------------------------------------------------------


def dose_chart(done: Simulation, drug: str, name: str, unit: str) -> Markup:
    """One drug: what was ordered, and what left the tip."""
    one, _ = unit_ms(done)
    length, x_ticks, x_title = time_axis(done)
    asked = [b.ordered[drug].number(unit) for b in done.series]
    came = [b.delivered[drug].number(unit) for b in done.series]
    frame = Frame(length, headroom(iter([*asked, *came])))
    picture = drawing(
        f"dose-{drug}",
        f"{name}: ordered and delivered",
        f"Ordered {_range(asked, unit)}; at the tip {_range(came, unit)}.",
        frame,
        frame.axes(x_ticks, x_title, unit),
        frame.path(_curve(done.series, asked, one), "asked"),
        frame.path(_curve(done.series, came, one), "came"),
    )
    legend = [("asked", "ordered, with the doses that were granted"), ("came", "left the tip")]
    below = _dose_table(done, drug, name, unit)
    return chart(f"{name} as ordered and as it left the tip", picture, legend, below)


def _range(values: Sequence[Fraction], unit: str) -> str:
    low, high = (show(Quantity.of(v, unit), 4) for v in (min(values), max(values)))
    return f"always {low}" if low == high else f"between {low} and {high}"


def _curve(bins: Iterable[Bin], values: Iterable[Fraction], one: int) -> list[Point]:
    spans = (
        (Fraction(b.start_ms, one), Fraction(b.end_ms, one), value)
        for b, value in zip(bins, values, strict=True)
    )
    return stepped(spans)


def _dose_table(done: Simulation, drug: str, name: str, unit: str) -> Markup:
    """Neighbours alike as one row; where that is still too long, means of longer times."""
    size = 1
    rows = _rows(done.series, drug, unit, size)
    while len(rows) > MOST_ROWS:
        size *= 2
        rows = _rows(done.series, drug, unit, size)
    bins = done.series
    cells = [
        (f"{clock(bins[a * size].start_ms)} to {clock(_end(bins, b * size))}", *row)
        for a, b, row in rows
    ]
    length = Quantity.of(bins[0].end_ms * size, "ms").to("h")
    words = show(length.to("day") if length.number("h") > 24 else length, 4)
    caption = f"{name} in {unit}, means of {words}, times after {_start(done)}"
    return table(caption, ("When", "Ordered", "Left the tip"), cells, shape="compact")


def _end(bins: Sequence[Bin], count: int) -> int:
    return bins[min(count, len(bins)) - 1].end_ms


def clock(ms: int) -> str:
    """A time since the start as a scenario writes it: `3 day 14:05`."""
    days, minutes = divmod(ms // 60_000, 24 * 60)
    text = f"{minutes // 60:02d}:{minutes % 60:02d}"
    return f"{days} day {text}" if days else text


def _rows(
    bins: Sequence[Bin], drug: str, unit: str, size: int
) -> list[tuple[int, int, Sequence[str]]]:
    groups = [bins[n : n + size] for n in range(0, len(bins), size)]
    return merged([_means(group, drug, unit) for group in groups])


def _means(group: Sequence[Bin], drug: str, unit: str) -> tuple[str, str]:
    length = group[-1].end_ms - group[0].start_ms
    asked = came = Fraction(0)
    for b in group:
        share = Fraction(b.end_ms - b.start_ms, length)
        asked += b.ordered[drug].number(unit) * share
        came += b.delivered[drug].number(unit) * share
    return _three(asked), _three(came)


def _three(value: Fraction) -> str:
    return show(Quantity.of(value, "1"), 3)


# Reservoir --------------------------------------------------------------------------------------


def reservoir_chart(done: Simulation) -> Markup:
    """What is in the reservoir, what the pump reckons, the alarm's mark, and when it is dry."""
    one, _ = unit_ms(done)
    length, x_ticks, x_title = time_axis(done)
    levels = _thinned(done.levels)
    really = [(Fraction(p.at_ms, one), Fraction(p.nl, 10**6)) for p in levels]
    says = [(Fraction(p.at_ms, one), Fraction(p.reckoned_nl, 10**6)) for p in levels]
    top = max(v for _, v in (*really, *says, (0, Fraction(1)))) * Fraction(104, 100)
    frame = Frame(length, top)
    mark = low_reservoir(done.programs[-1].rx)
    dry = "" if done.dry_at is None else f" It was dry at {moment_text(done.dry_at)}."
    said = f"At the end {show(done.volumes.reservoir)}; the pump says {show(done.pump_says)}.{dry}"
    picture = drawing(
        "reservoir",
        "Volume in the reservoir",
        said,
        frame,
        frame.axes(x_ticks, x_title, "volume, mL"),
        *_mark(frame, mark, top),
        *_dry(frame, done, one),
        frame.path(says, "reckoned"),
        frame.path(really, "really"),
    )
    legend = [("really", "really there"), ("reckoned", "as the pump reckons")]
    legend += [("alarm", f"low-reservoir alarm at {show(mark)}")] if mark else []
    legend += [("empty", "empty")] if done.dry_at is not None else []
    title = "Volume in the reservoir that can be pumped"
    return chart(title, picture, legend, _reservoir_table(done))


def _mark(frame: Frame, mark: Quantity | None, top: Fraction) -> list[Markup]:
    if mark is None or mark.number("mL") > top:
        return []
    at = mark.number("mL")
    return [frame.path([(Fraction(0), at), (frame.x_max, at)], "alarm")]


def _dry(frame: Frame, done: Simulation, one: int) -> list[Markup]:
    if done.dry_at is None:
        return []
    at = next(Fraction(p.at_ms, one) for p in done.levels if p.nl == 0)
    return [frame.path([(at, Fraction(0)), (at, frame.y_max)], "empty")]


def _thinned(levels: Sequence[Level]) -> list[Level]:
    """As many points as a picture can show; every jump and both ends stay."""
    stride = max(1, len(levels) // _MOST_POINTS)
    last = len(levels) - 1
    jumps = {n for n in range(1, len(levels)) if levels[n].nl > levels[n - 1].nl}
    kept = {0, last, *range(0, last, stride), *jumps, *(n - 1 for n in jumps)}
    return [levels[n] for n in sorted(kept)]


def _reservoir_table(done: Simulation) -> Markup:
    first = done.levels[0]
    rows = [(done.start, "filled", _ml(first.nl), _ml(first.reckoned_nl))]
    for refill in done.refills:
        said = f"before a refill (measured {show(refill.measured)}, then {show(refill.filled)})"
        rows.append((refill.at, said, show(refill.came_out), show(refill.expected)))
    rows += [(r.at, "interrogated", show(r.really), show(r.reservoir)) for r in done.readings]
    if done.dry_at is not None:
        level = next(p for p in done.levels if p.nl == 0)
        rows.append((done.dry_at, "dry", _ml(0), _ml(level.reckoned_nl)))
    rows.sort(key=lambda row: row[0])
    rows.append((done.end, "end", show(done.volumes.reservoir), show(done.pump_says)))
    heads = ("When", "What", "Really there", "The pump says")
    cells = [(moment_text(at), *rest) for at, *rest in rows]
    return table("The reservoir at what happened to it", heads, cells)


def _ml(nl: int) -> str:
    return show(Quantity.of(nl, "nL").to("mL"))
