"""The timeline as charts for the page: what a script draws, and the same as tables.

Every chart has the same time axis. Numbers go to the script as floats to be drawn; the tables
have them as a person reads them.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any
from zoneinfo import ZoneInfo

from cisterna.clinic.timeline import Asked, Mark, Scored, Timeline
from cisterna.clinic.web.words import plain
from cisterna.quantity import show

_ROWS = 400
_PAIN_MOST = 10
_TONE = ("0", "1", "1+", "2", "3", "4")


@dataclass(frozen=True, slots=True)
class Table:
    """A table beside a chart: its heads, its rows, the latest first, and how many are left out."""

    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    left: int = 0


@dataclass(frozen=True, slots=True)
class Chart:
    """One chart: its key and title, what the script draws, and its table."""

    key: str
    title: str
    note: str
    table: Table
    spec: dict[str, Any]


def charts(found: Timeline, zone: ZoneInfo, now: datetime) -> tuple[Chart, ...]:
    """The charts that have something to show, on one axis from the first value to now."""
    made = [
        *_doses(found, zone, now),
        *_scores(found, zone),
        *_tone(found, zone),
        *_asked(found, zone),
        *_refills(found, zone),
        *_marks(found.marks, zone),
    ]
    return tuple(made)


def axis(found: Timeline, now: datetime) -> dict[str, Any]:
    """From when to when all charts go, and what stands as marks on each of them."""
    times = [v.at for v in _every(found)]
    first = min(times, default=now - timedelta(days=30))
    marks = [{"at": m.at.timestamp(), "kind": m.kind, "what": m.what} for m in found.marks]
    return {"from": first.timestamp(), "to": now.timestamp(), "marks": marks}


def _every(found: Timeline) -> list[Any]:
    values = [v for row in found.doses.values() for v in row]
    values += [p for s in found.scores for p in s.points]
    return [*values, *found.tone, *found.asked, *found.told, *found.refills, *found.marks]


# Each chart --------------------------------------------------------------------------------------


def _doses(found: Timeline, zone: ZoneInfo, now: datetime) -> list[Chart]:
    if not found.doses:
        return []
    unit = list(found.doses.values())[-1][-1].value.unit.name
    series = [
        {
            "name": plain(drug),
            "steps": True,
            "points": [[v.at.timestamp(), float(v.value.number(unit))] for v in values]
            + [[now.timestamp(), float(values[-1].value.number(unit))]],
        }
        for drug, values in found.doses.items()
    ]
    every = [(v, drug) for drug, values in found.doses.items() for v in values]
    rows = [
        (_when(v.at, zone), plain(drug), show(v.value), v.words)
        for v, drug in sorted(every, key=lambda row: row[0].at, reverse=True)
    ]
    table = _table(("Since", "Drug", "Daily dose", "How"), rows)
    note = "As the pump confirmed each change; a stop is a dose of zero."
    spec = {"unit": unit, "series": series, "low": 0}
    return [Chart("dose", f"Daily dose, {unit}", note, table, spec)]


def _scores(found: Timeline, zone: ZoneInfo) -> list[Chart]:
    made = [_score(s, zone) for s in found.scores if s.points]
    return [_together(found.scores, zone)] if len(made) > 1 else made


def _together(scores: tuple[Scored, ...], zone: ZoneInfo) -> Chart:
    """Pain and function in one: the band and the lines are those of the average, if it is there."""
    shown = [s for s in scores if s.points]
    lead = next((s for s in shown if s.name.endswith("average")), shown[0])
    rows = [
        (_when(p.at, zone), s.name, show(p.value, 3), plain(p.words) if p.words else "")
        for s in shown
        for p in s.points
    ]
    table = _table(("Seen", "Score", "0 to 10", "Reached"), sorted(rows, reverse=True))
    names = {s.name: [[p.at.timestamp(), float(p.value.number("1"))] for p in s.points]
             for s in shown}  # fmt: skip
    spec = {
        "unit": "0 to 10",
        "series": [{"name": name, "points": points} for name, points in names.items()],
        "low": 0,
        "high": _PAIN_MOST,
    } | _baseline(lead)
    return Chart("pain", "Pain and function, 0 to 10", _says(lead), table, spec)


def _score(one: Scored, zone: ZoneInfo) -> Chart:
    return _together((one,), zone)


def _baseline(lead: Scored) -> dict[str, Any]:
    if lead.low is None or lead.high is None:
        return {}
    lines = [{"name": line.name, "at": float(line.value.number("1"))} for line in lead.lines]
    band = [float(lead.low.number("1")), float(lead.high.number("1"))]
    return {"band": band, "lines": lines}


def _says(lead: Scored) -> str:
    if lead.low is None or lead.high is None:
        return "There is no baseline before the implant to hold these against."
    low, high = show(lead.low), show(lead.high)
    band = low if low == high else f"{low} to {high}"
    lines = ", ".join(f"{line.name} is {show(line.value, 3)}" for line in lead.lines)
    return f"Baseline of {lead.name[:1].lower()}{lead.name[1:]}: {band}. {lines}."


def _tone(found: Timeline, zone: ZoneInfo) -> list[Chart]:
    if not found.tone:
        return []
    points = [[v.at.timestamp(), float(v.value.number("1"))] for v in found.tone]
    rows = [(_when(v.at, zone), v.words) for v in reversed(found.tone)]
    spec = {"unit": "Ashworth", "series": [{"name": "Modified Ashworth", "points": points}],
            "low": 0, "high": len(_TONE) - 1, "ticks": list(_TONE)}  # fmt: skip
    note = "Modified Ashworth scale; 1+ lies between 1 and 2."
    return [Chart("tone", "Tone", note, _table(("Seen", "Ashworth"), rows), spec)]


def _asked(found: Timeline, zone: ZoneInfo) -> list[Chart]:
    """Doses by the day of her own zone."""
    if not found.asked and not found.told:
        return []
    days = [(a.at.astimezone(zone).date(), a) for a in found.asked]
    by_day = [(day, [a for _, a in rows]) for day, rows in groupby(days, key=lambda r: r[0])]
    noon = {day: datetime(day.year, day.month, day.day, 12, tzinfo=zone) for day, _ in by_day}
    counts = {
        True: [[noon[d].timestamp(), _count(rows, granted=True)] for d, rows in by_day],
        False: [[noon[d].timestamp(), _count(rows, granted=False)] for d, rows in by_day],
    }
    rows = [
        (d.isoformat(), str(_count(asked, granted=True)), _refused(asked))
        for d, asked in reversed(by_day)
    ]
    rows += [(_when(t.at, zone), f"{t.doses} since the fill", "") for t in reversed(found.told)]
    spec = {
        "unit": "doses a day",
        "series": [
            {"name": "Granted", "bars": True, "points": counts[True]},
            {"name": "Refused", "bars": True, "points": counts[False]},
        ],
        "low": 0,
        "whole": True,
    }
    note = "From the pump's own log at each interrogation; days in between may be missing."
    table = _table(("Day", "Granted", "Refused"), rows)
    return [Chart("asked", "Patient doses", note, table, spec)]


def _refused(rows: list[Asked]) -> str:
    """How many were refused, and why: `3 (2 lockout, 1 limit)`."""
    whys = Counter(a.why for a in rows if not a.granted)
    if not whys:
        return "0"
    return f"{whys.total()} ({', '.join(f'{n} {why}' for why, n in sorted(whys.items()))})"


def _count(rows: list[Asked], *, granted: bool) -> int:
    return sum(a.granted is granted for a in rows)


def _refills(found: Timeline, zone: ZoneInfo) -> list[Chart]:
    if not found.refills:
        return []
    points = [[v.at.timestamp(), float(v.value.number("1"))] for v in found.refills]
    rows = [(_when(v.at, zone), show(v.value, 3), plain(v.words)) for v in reversed(found.refills)]
    spec = {"unit": "ratio", "series": [{"name": "Delivered / programmed", "points": points}],
            "lines": [{"name": "as programmed", "at": 1.0}]}  # fmt: skip
    table = _table(("Refill", "Delivered over programmed", "Volume check"), rows)
    note = "What left the reservoir over what was programmed, fill by fill."
    return [Chart("refills", "Residual ratio at refills", note, table, spec)]


def _marks(marks: tuple[Mark, ...], zone: ZoneInfo) -> list[Chart]:
    """No curve of its own: the marks stand on all charts, and their table here."""
    if not marks:
        return []
    latest = sorted(marks, key=lambda m: m.at, reverse=True)
    rows = [(_when(m.at, zone), plain(m.kind), m.what) for m in latest]
    note = "Upright lines on the charts above."
    return [Chart("marks", "What happened", note, _table(("When", "Kind", "What"), rows), {})]


def _table(heads: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> Table:
    return Table(heads, tuple(rows[:_ROWS]), max(0, len(rows) - _ROWS))


def _when(at: datetime, zone: ZoneInfo) -> str:
    return f"{at.astimezone(zone):%Y-%m-%d %H:%M}"
