"""What happened in a simulation and what alarmed, on one line of time, with the log below."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from fractions import Fraction
from itertools import groupby

from cisterna.order.sheet.figure import WIDTH, Frame, chart, drawing
from cisterna.order.sheet.markup import Markup, join, moment_text, table, tag
from cisterna.pump.alarms import kinds
from cisterna.pump.charts import time_axis, unit_ms
from cisterna.pump.simulation import AlarmSpan, Simulation
from cisterna.quantity import DAY_MS

MOST_ENTRIES = 200
_LEFT, _RIGHT, _LANE, _TOP, _FOOT = 138, 14, 24, 6, 50


def timeline(done: Simulation) -> Markup:
    """Alarms as bars from beginning to end, one lane each; events as ticks above them."""
    codes = sorted({a.code for a in done.alarms}, key=lambda code: kinds()[code].priority)
    length, x_ticks, x_title = time_axis(done)
    lanes = len(codes) + 1
    frame = Frame(length, Fraction(1), _TOP + lanes * _LANE + _FOOT, _TOP)
    bottom = _TOP + lanes * _LANE
    said = "; ".join(_words(a) for a in done.alarms[:20]) or "No alarm."
    picture = drawing(
        "alarms",
        "Events and alarms over time",
        said,
        frame,
        *(_tick(length, at, label, bottom) for at, label in x_ticks),
        tag("path", d=f"M{_LEFT} {_TOP}V{bottom}H{WIDTH - _RIGHT}", class_="axis"),
        tag("text", x_title, x=(_LEFT + WIDTH - _RIGHT) / 2, y=bottom + 42, text_anchor="middle"),
        *_events(done, length),
        *(_lane(done, code, n + 1, length) for n, code in enumerate(codes)),
    )
    legend = [("critical", "critical alarm"), ("non-critical", "other alarm")]
    legend = [(kind, words) for kind, words in legend if kind in _classes(done)]
    below = join([_alarm_table(done), _event_table(done)])
    return chart("Events, and alarms until their cause was over", picture, legend, below)


def _classes(done: Simulation) -> set[str]:
    return {a.alarm_class for a in done.alarms}


def _words(alarm: AlarmSpan) -> str:
    end = "the end" if alarm.over is None else moment_text(alarm.over)
    return f"{alarm.code} from {moment_text(alarm.begins)} to {end}"


def _x(at: Fraction, length: Fraction) -> float:
    return round(_LEFT + float(at / length) * (WIDTH - _RIGHT - _LEFT), 1)


def _tick(length: Fraction, at: Fraction, label: str, bottom: int) -> Markup:
    x = _x(at, length)
    line = tag("line", x1=x, x2=x, y1=_TOP, y2=bottom, class_="grid")
    return join([line, tag("text", label, x=x, y=bottom + 19, text_anchor="middle")])


def _name(text: str, lane: int) -> Markup:
    return tag("text", text, x=_LEFT - 8, y=_TOP + lane * _LANE + 17, text_anchor="end")


def _events(done: Simulation, length: Fraction) -> Iterator[Markup]:
    one, _ = unit_ms(done)
    yield _name("events", 0)
    for at in sorted({_x(Fraction(event.at_ms, one), length) for event in done.source.events}):
        yield tag("path", d=f"M{at} {_TOP + 4}V{_TOP + _LANE - 4}", class_="event")


def _lane(done: Simulation, code: str, lane: int, length: Fraction) -> Markup:
    return join([_name(code, lane), *_bars(done, code, lane, length)])


def _bars(done: Simulation, code: str, lane: int, length: Fraction) -> Iterator[Markup]:
    one, _ = unit_ms(done)
    for alarm in (a for a in done.alarms if a.code == code):
        end = done.end if alarm.over is None else alarm.over
        first, last = (_since(done, t) * DAY_MS / one for t in (alarm.begins, end))
        x = _x(first, length)
        width = max(2.0, round(_x(last, length) - x, 1))
        y = _TOP + lane * _LANE + 5
        kind = f"bar {alarm.alarm_class}"
        yield tag("rect", x=x, y=y, width=width, height=_LANE - 10, class_=kind)


def _since(done: Simulation, moment: datetime) -> Fraction:
    """Days from the start to a moment of the run."""
    return Fraction((moment - done.start) // timedelta(milliseconds=1), DAY_MS)


def _alarm_table(done: Simulation) -> Markup:
    if not done.alarms:
        return tag("p", "No alarm.")
    rows = [
        (
            a.code,
            a.alarm_class,
            moment_text(a.begins),
            "still there at the end" if a.over is None else moment_text(a.over),
            a.cause,
        )
        for a in done.alarms
    ]
    return table("Alarms", ("Alarm", "Class", "From", "Until", "Cause"), rows)


def _event_table(done: Simulation) -> Markup:
    """Neighbours of one kind as one row."""
    if not done.source.events:
        return tag("p", "Nothing happens in this scenario.")
    rows = []
    for what, group in groupby(done.source.events, key=lambda event: event.what):
        found = list(group)
        last = "–" if len(found) == 1 else moment_text(_at(done, found[-1].at_ms))
        rows.append((moment_text(_at(done, found[0].at_ms)), what, str(len(found)), last))
    return table("Events of the scenario", ("From", "What", "How often", "To"), rows)


def _at(done: Simulation, ms: int) -> datetime:
    return done.start + timedelta(milliseconds=ms)


def log_table(done: Simulation) -> Markup:
    """The pump's own log; equal neighbours as one row."""
    rows = []
    for (what, why), group in groupby(done.log.entries, key=lambda entry: (entry.what, entry.why)):
        found = list(group)
        times = f"{len(found)} times" if len(found) > 1 else "once"
        rows.append((moment_text(_at(done, found[0].at_ms)), what, why, times))
    shown = rows[:MOST_ENTRIES]
    heads = ("When", "What", "Details", "How often")
    more = f"{len(rows) - len(shown)} more rows stand in log.csv."
    parts = [table("The pump's log", heads, shown, shape="compact")]
    return join([*parts, tag("p", more)] if len(rows) > len(shown) else parts)
