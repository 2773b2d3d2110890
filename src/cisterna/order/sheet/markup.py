"""HTML and SVG by construction: nothing from an order gets into a page unescaped."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from fractions import Fraction
from html import escape

from cisterna.quantity import Quantity, show

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_VOID = ("meta",)
_SHORT = 8


class Markup(str):
    """Text that is already HTML or SVG; any other text is escaped when it is put into a page."""

    __slots__ = ()


def safe(content: object) -> Markup:
    """`content` as markup: escaped, unless it already is."""
    return content if isinstance(content, Markup) else Markup(escape(str(content)))


def join(parts: Iterable[object], between: str = "") -> Markup:
    """Several pieces of content as one."""
    return Markup(between.join(safe(part) for part in parts))


def tag(name: str, /, *content: object, **attributes: object) -> Markup:
    """An element; `class_` and `aria_label` are written `class` and `aria-label`."""
    given = {k.rstrip("_").replace("_", "-"): v for k, v in attributes.items() if v is not None}
    text = "".join(f' {k}="{escape(str(v))}"' for k, v in given.items())
    return Markup(f"<{name}{text}>" if name in _VOID else f"<{name}{text}>{join(content)}</{name}>")


def section(key: str, title: str, *content: object) -> Markup:
    """A part of the sheet under its own heading."""
    heading = tag("h2", title, id=f"{key}-title")
    return tag("section", heading, *content, id=key, aria_labelledby=f"{key}-title")


def table(
    caption: str,
    heads: Sequence[str],
    rows: Iterable[Sequence[object]],
    kinds: Sequence[str] | None = None,
    shape: str = "stack",
) -> Markup:
    """A table; the first cell of a row is its heading, `kinds` are the rows' classes.

    On a phone the cells of a `stack` stand under one another, each with its column's name, and
    those of a `compact` table stay side by side. A short table is kept on one page of paper.
    """
    body = list(rows)
    classes = kinds or [""] * len(body)
    here = f"{shape} short" if len(body) <= _SHORT else shape
    top = tag("tr", *(tag("th", head, scope="col") for head in heads))
    lines = [_row(heads, row, kind) for row, kind in zip(body, classes, strict=True)]
    shown = tag("caption", caption)
    return tag("table", shown, tag("thead", top), tag("tbody", *lines), class_=here)


def _row(heads: Sequence[str], row: Sequence[object], kind: str) -> Markup:
    first = tag("th", row[0], scope="row")
    rest = (tag("td", tag("div", c), data_label=h) for h, c in zip(heads[1:], row[1:], strict=True))
    return tag("tr", first, *rest, class_=kind or None)


def pairs(rows: Iterable[tuple[str, object]], kind: str | None = None) -> Markup:
    """A list of terms and what they are here."""
    return tag("dl", *(tag("div", tag("dt", k), tag("dd", v)) for k, v in rows), class_=kind)


def anywhere(text: object) -> Markup:
    """Text of a person's own, which may be one endless word: it may break anywhere."""
    return tag("span", text, class_="any")


def day_text(day: date) -> str:
    """A date that no reader takes for another: `23 Nov 2026`."""
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"


def moment_text(moment: datetime) -> str:
    """A moment with its offset from UTC: `23 Nov 2026 10:00 +00:00`."""
    offset = moment.isoformat()[-6:]
    return f"{day_text(moment)} {moment:%H:%M} {offset}"


def any_text(value: object) -> str:
    """A quantity, a moment, a date or a text as a person reads it; nothing is a dash."""
    if value is None:
        return "–"
    if isinstance(value, Quantity):
        return show(value)
    if isinstance(value, datetime):
        return moment_text(value)
    return day_text(value) if isinstance(value, date) else str(value)


def percent(fraction: Fraction) -> str:
    """A share as per cent, to 3 digits."""
    return show(Quantity.of(fraction * 100, "%"), 3)


def change_text(change: Fraction | None) -> str:
    """A change in words: a plus sign is too easily read as a 4 (ISMP)."""
    if change is None:
        return "–"
    if change == 0:
        return "same"
    return f"{'up' if change > 0 else 'down'} {percent(abs(change))}"
