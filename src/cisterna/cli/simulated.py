"""A simulation on the screen, in files, and along the spine."""

import csv
import io
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from fractions import Fraction
from typing import TYPE_CHECKING, TypeVar

from rich.table import Table

from cisterna.cli.show import DISCLAIMER, View, add, line, percent, table, when
from cisterna.facts import Library
from cisterna.order.wire import wire
from cisterna.pump.setting import EPOCH
from cisterna.pump.simulation import RefillMade, Simulation
from cisterna.quantity import Quantity, decimal_text, show

if TYPE_CHECKING:
    from cisterna.order.sheet.markup import Markup
    from cisterna.spine.forecast import Forecast

_Row = TypeVar("_Row")

_MOST_STEPS = 2_000
_SHOWN = 12


# On the screen ----------------------------------------------------------------------------------


def simulation_view(done: Simulation, library: Library, spine: "Forecast | None" = None) -> View:
    """What arrived of what was ordered, where it went, what alarmed and what was refused."""
    title = f"{done.scenario}: {show(done.length)} from {when(done.start)}"
    view: View = [line(title, "bold"), _doses(done, library), _volumes(done)]
    view += _boluses(done)
    view += [_alarms(done)] if done.alarms else [line("No alarm.")]
    if done.dry_at is not None:
        view.append(line(f"The reservoir was really empty at {when(done.dry_at)}.", "bold red"))
    view += [_programs(done), *_refills(done), *_readings(done)]
    view += [*_refusals(done), *_steadiness(done)]
    if spine is not None:
        from cisterna.cli.spine import forecast_view  # noqa: PLC0415

        view += forecast_view(spine)
    view += [line(f"- {words}", "dim") for words in done.assumptions]
    return [*view, line(DISCLAIMER, "dim")]


def _doses(done: Simulation, library: Library) -> Table:
    """What left the tip of what was ordered, in all and on the days with least and most of it."""
    found = next((e for e in done.extremes.values() if e), None)
    days = "" if found is None else f"; least and most: means of {show(found.over)}"
    heads = ("Drug", "Ordered", "At the tip", "Share", "Least", "Most")
    made = table(f"Dose{days}", *heads)
    for name, ordered in done.ordered.items():
        came, own = done.delivered[name], done.extremes[name]
        share = _percent((came / ordered).base) if ordered else "–"
        ends = ("–", "–") if own is None else map(_percent, (own.lowest, own.highest))
        add(made, library.drug(name).tall_man, show(ordered, 5), show(came, 5), share, *ends)
    return made


def _percent(share: Fraction) -> str:
    return show(Quantity.of(share * 100, "%"), 4)


def _volumes(done: Simulation) -> Table:
    v = done.volumes
    names = ("Filled", "Delivered", "Withdrawn", "In the reservoir", "Leaked", "The pump says")
    made = table("Volume", *names)
    add(made, v.filled, v.delivered, v.withdrawn, v.reservoir, v.leaked, done.pump_says)
    return made


def _boluses(done: Simulation) -> View:
    view: View = []
    for who, asked in (("patient", done.boluses.patient), ("clinician", done.boluses.clinician)):
        if asked.granted or asked.refused:
            why = ", ".join(f"{n} for {code}" for code, n in asked.refused.items()) or "none"
            view.append(line(f"Doses of the {who}: {asked.granted} granted; refused: {why}."))
    return view


def _alarms(done: Simulation) -> Table:
    made = table("Alarms", "Alarm", "Class", "From", "Until", "Cause")
    for alarm in done.alarms:
        until = "still there" if alarm.over is None else when(alarm.over)
        style = "bold red" if alarm.alarm_class == "critical" else "yellow"
        cells = (alarm.code, alarm.alarm_class, when(alarm.begins), until, alarm.cause)
        add(made, *cells, style=style)
    return made


def _programs(done: Simulation) -> Table:
    made = table("Programs", "From", "Version", "Order", "Bridge")
    for row in done.programs:
        add(made, row.at, row.version, row.order, "with its bridge" if row.bridged else "none")
    return made


def _refills(done: Simulation) -> View:
    if not done.refills:
        return []
    made = table("Refills", "When", "Expected", "Measured", "Came out", "Filled with")
    for row in _ends(done.refills):
        cells = ("…",) * 5 if row is None else _refill_cells(row)
        add(made, *cells)
    return [made]


def _refill_cells(row: RefillMade) -> tuple[object, ...]:
    return row.at, row.expected, row.measured, row.came_out, row.filled


def _ends(rows: Sequence[_Row]) -> Iterator[_Row | None]:
    """A long list as its two ends, with None between them."""
    if len(rows) <= _SHOWN:
        yield from rows
        return
    yield from rows[: _SHOWN // 2]
    yield None
    yield from rows[-_SHOWN // 2 :]


def _readings(done: Simulation) -> View:
    if not done.readings:
        return []
    made = table("Interrogated", "When", "Version", "The pump says", "Really there", "Alarms")
    for row in _ends(done.readings):
        cells: tuple[object, ...] = ("…",) * 5
        if row is not None:
            alarms = ", ".join(row.alarms) or "none"
            cells = (row.at, row.version, row.reservoir, row.really, alarms)
        add(made, *cells)
    return [made]


def _refusals(done: Simulation) -> View:
    return [
        line(f"REFUSED {r.what} at {when(r.at)} ({r.code}): {r.message}", "bold yellow")
        for r in done.refusals
    ]


def _steadiness(done: Simulation) -> View:
    found = done.flow_accuracy
    if found is None:
        return []
    made = table(
        f"Flow at {show(found.rate)} over the first {show(found.lasts)}",
        *("Any window of", "Highest error", "Lowest error", "One stroke alone"),
    )
    for row in found.trumpet:
        alone = "–" if row.floor is None else _percent(row.floor)
        add(made, row.window, _error(row.highest), _error(row.lowest), alone)
    return [made]


def _error(value: Fraction | None) -> str:
    return "–" if value is None else percent(value)


# In files ---------------------------------------------------------------------------------------


def files(done: Simulation, library: Library, spine: "Forecast | None" = None) -> dict[str, str]:
    """Everything that `--out` writes, by file name."""
    from cisterna.pump.page import page  # noqa: PLC0415

    body = {**wire(done), **({} if spine is None else {"spine": wire(spine)})}
    more = [] if spine is None else [_spine_section(spine)]
    return {
        "summary.json": json.dumps(body, ensure_ascii=False, indent=2) + "\n",
        "log.csv": _csv(_log_rows(done)),
        "trace.csv": _csv(_trace_rows(done, library)),
        "page.html": page(done, library, more),
    }


def _csv(rows: Iterable[Sequence[object]]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue()


def _log_rows(done: Simulation) -> Iterator[Sequence[object]]:
    yield "at_ms", "at", "pump_clock", "what", "details"
    for entry in done.log.entries:
        at = done.start + timedelta(milliseconds=entry.at_ms)
        clock = EPOCH + timedelta(milliseconds=entry.wall_ms)
        yield entry.at_ms, at.isoformat(), clock.isoformat(), entry.what, entry.why


def _trace_rows(done: Simulation, library: Library) -> Iterator[Sequence[object]]:
    """Constant pieces at the tip; times in days since the start, in 12 significant digits."""
    units = {name: f"{library.drug(name).unit}/day" for name in done.delivered}
    yield "start_day", "end_day", "flow_mL/day", *(f"{n}_{unit}" for n, unit in units.items())
    for piece in done.trace.pieces:
        doses = (
            decimal_text(piece.doses[name].number(unit)) if name in piece.doses else "0"
            for name, unit in units.items()
        )
        ends = (decimal_text(t.number("day")) for t in (piece.start, piece.end))
        yield *ends, decimal_text(piece.flow.number("mL/day")), *doses


# Along the spine --------------------------------------------------------------------------------


def along_the_spine(done: Simulation, library: Library, size: int) -> "Forecast":
    """The forecast of what really left the tip; what is settled is that of the last order."""
    from cisterna.cli.spine import progress_bar  # noqa: PLC0415
    from cisterna.order.tip import settled_trace  # noqa: PLC0415
    from cisterna.spine.drive import pieces_of  # noqa: PLC0415
    from cisterna.spine.forecast import HOUR, forecast  # noqa: PLC0415

    rx = done.programs[-1].rx
    cycle = settled_trace(rx)
    cycles = {c.drug.id: pieces_of(cycle, c.drug.id) for c in rx.solution.components}
    every = max(HOUR, done.length / _MOST_STEPS)
    found = forecast(rx, library, done.trace, cycles, size, every=every, progress=progress_bar)
    return replace(found, assumptions=(_FROM_PUMP, *found.assumptions[1:]))


_FROM_PUMP = (
    "The canal holds no drug at the start of the run; what left the tip of the virtual pump "
    "counts, patient doses included."
)


def _spine_section(found: "Forecast") -> "Markup":
    from cisterna.order.sheet.markup import section, tag  # noqa: PLC0415
    from cisterna.order.sheet.markup import table as drawn  # noqa: PLC0415

    rows = [
        (f"{v.level} {v.drug}", *(show(q, 3) for q in (v.mean, v.p5, v.p95, v.peak)))
        for v in found.levels
    ]
    heads = ("Level and drug", "Mean of the last 24 h", "5 %", "95 %", "Peak of the run")
    said = [tag("p", tag("strong", "Model estimate, not measured; it is no dose advice."))]
    said += [tag("p", f"No answer for {r.subject}: {r.reason}.") for r in found.refusals]
    caption = f"CSF by level; band of {found.cohort} virtual persons"
    notes = tag("ul", *(tag("li", words) for words in found.assumptions))
    return section("spine", "Along the spine", *said, drawn(caption, heads, rows), notes)
