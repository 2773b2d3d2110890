"""The reservoir from a fill until it is empty, with every date that may call the patient back."""

from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction

from cisterna.order.bridge import Bridge
from cisterna.order.dates import RefillDates, low_reservoir
from cisterna.order.delivery import Delivery, delivery
from cisterna.order.prescription import Prescription
from cisterna.order.sheet.figure import Frame, Point, chart, drawing, lanes, number, ticks
from cisterna.order.sheet.markup import Markup, any_text, day_text, join, moment_text, table, tag
from cisterna.quantity import Quantity, between, later, show

_SAMPLES = 96
_WITHOUT_DATES = Fraction(30)


@dataclass(frozen=True, slots=True)
class Mark:
    """A date on the chart: days after the fill, its words and its line's class."""

    day: Fraction
    words: str
    kind: str


@dataclass(frozen=True, slots=True)
class Fall:
    """One way in which the reservoir may fall."""

    label: str
    words: str
    kind: str
    delivered: Delivery
    factor: Fraction = Fraction(1)

    def left(self, fill: Fraction, day: Fraction) -> Fraction:
        """mL of the fill that are left some days after it."""
        return max(Fraction(0), fill - self.delivered.volume(day) * self.factor)


def reservoir_curve(rx: Prescription, dates: RefillDates, bridge: Bridge | None) -> Markup:
    """The volume left over time, the alarm level, and the dates with their causes."""
    falls, every = _falls(rx, bridge), marks(rx, dates)
    days = _horizon(rx, dates, every)
    shown = _in_lanes([m for m in every if m.day <= days], days)
    fill = rx.solution.fill_volume.number("mL")
    room = lanes(len(shown))
    frame = Frame(days, fill, 216 + room, room)
    start = moment_text(rx.solution.filled_at)
    picture = drawing(
        "reservoir",
        "Volume left in the reservoir",
        "; ".join(f"{m.words} {_date(rx, m)}" for m in every) or "No date is known.",
        frame,
        frame.axes([(d, number(d)) for d in ticks(days, 6)], f"days after {start}", "volume, mL"),
        *_alarm(frame, rx),
        *(frame.path(_points(f, fill, days), f.kind) for f in reversed(falls)),
        *_fall_labels(frame, falls, fill),
        *(frame.dated(n, m.day, f"{m.words} {_date(rx, m)}", m.kind) for n, m in enumerate(shown)),
    )
    legend = [(f.kind, f.words) for f in falls]
    legend += [(m.kind, m.words) for m in shown]
    later_marks = [m for m in every if m.day > days]
    below = join([_table(rx, falls, every), *(_beyond(rx, m) for m in later_marks)])
    return chart("Volume left in the reservoir", picture, legend, below)


def marks(rx: Prescription, dates: RefillDates) -> list[Mark]:
    """Every known date of the fill, in days after it."""
    rows = [
        ("come back by", dates.refill_by, "refill"),
        ("low-reservoir alarm", dates.low_reservoir_at, "low"),
        ("earliest empty", dates.earliest_empty_at, "empty"),
        ("stable until", dates.stable_until, "stable"),
    ]
    return [Mark(_days_to(rx, at), words, kind) for words, at, kind in rows if at]


def _days_to(rx: Prescription, at: datetime) -> Fraction:
    return between(rx.solution.filled_at, at).number("day")


def _at(rx: Prescription, mark: Mark) -> datetime:
    return later(rx.solution.filled_at, Quantity.of(mark.day, "day"))


def _date(rx: Prescription, mark: Mark) -> str:
    return day_text(_at(rx, mark))


def _falls(rx: Prescription, bridge: Bridge | None) -> list[Fall]:
    setting = bridge.setting if bridge else None
    worst = delivery(rx, setting)
    words = "all patient doses used" if rx.remote else "as ordered"
    falls = [Fall(words, words, "worst", worst)]
    if rx.remote:
        basal = delivery(rx, setting, all_patient_doses=False)
        falls.append(Fall("no patient dose", "no patient dose", "basal", basal))
    accuracy = rx.pump.model.accuracy
    if accuracy is not None:
        factor = 1 + accuracy.most.base
        too_fast = f"{words}, pump {accuracy.text()} too fast"
        falls.append(Fall("fast pump", too_fast, "fast", worst, factor))
    return falls


def _horizon(rx: Prescription, dates: RefillDates, every: list[Mark]) -> Fraction:
    """Days to draw: to the last date that is not far beyond the first."""
    days = [m.day for m in every]
    days += [_days_to(rx, at) for at in (dates.empty_at,) if at]
    days = [d for d in days if d > 0]
    first = min(days, default=_WITHOUT_DATES)
    last = max((d for d in days if d <= 3 * first), default=first)
    return last * Fraction(104, 100)


def _in_lanes(shown: list[Mark], days: Fraction) -> list[Mark]:
    """Top to bottom so that no upright line crosses the words of another."""
    early = sorted((m for m in shown if m.day * 2 <= days), key=lambda m: m.day)
    late = sorted((m for m in shown if m.day * 2 > days), key=lambda m: -m.day)
    return [*early, *late]


def _points(fall: Fall, fill: Fraction, days: Fraction) -> list[Point]:
    places = {days * n / _SAMPLES for n in range(_SAMPLES + 1)}
    empty = fall.delivered.time_of(fill / fall.factor)
    places |= {d for d in (fall.delivered.bridge_days, empty) if d is not None and d <= days}
    return [(d, fall.left(fill, d)) for d in sorted(places)]


def _fall_labels(frame: Frame, falls: list[Fall], fill: Fraction) -> list[Markup]:
    """The highest line is named above it, the lowest below it."""
    day = frame.x_max / 4  # early, where the lines are far above the alarm
    high = max(falls, key=lambda f: f.left(fill, day))
    low = min(falls, key=lambda f: f.left(fill, day))
    labels = [frame.label(high.label, (day, high.left(fill, day)), "start")]
    if low is not high:
        labels.append(frame.label(low.label, (day, low.left(fill, day)), "end", 16))
    return labels


def _alarm(frame: Frame, rx: Prescription) -> list[Markup]:
    level = low_reservoir(rx)
    if level is None:
        return []
    at = level.number("mL")
    line = frame.path([(Fraction(0), at), (frame.x_max, at)], "alarm")
    return [line, frame.label(f"alarm at {show(level)}", (frame.x_max / 50, at))]


def _table(rx: Prescription, falls: list[Fall], every: list[Mark]) -> Markup:
    fill = rx.solution.fill_volume.number("mL")
    drawn = [f for f in falls if f.factor == 1]
    heads = ("Date", "When", "Days after the fill", *(f"Left, {f.words}" for f in drawn))
    rows = [
        (
            mark.words,
            any_text(_at(rx, mark)),
            show(Quantity.of(mark.day, "1"), 4),
            *(_hundredths(f.left(fill, mark.day)) for f in drawn),
        )
        for mark in sorted(every, key=lambda m: m.day)
    ]
    return table("Volume left on each date", heads, rows)


def _hundredths(volume: Fraction) -> str:
    return show(Quantity.of(round(volume, 2), "mL"))


def _beyond(rx: Prescription, mark: Mark) -> Markup:
    return tag("p", f"Beyond this chart: {mark.words} {_date(rx, mark)}.")
