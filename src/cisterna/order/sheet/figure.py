"""A chart by hand: a frame with two labelled axes, lines of steps, and direct labels.

Charts are drawn as SVG in units of about a pixel on paper. Every line has a class of its own in
`sheet.css`, which gives it its dash pattern: no chart depends on colour.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

from cisterna.order.sheet.markup import Markup, join, tag
from cisterna.quantity import Quantity, show

WIDTH = 480
_LEFT, _RIGHT, _BOTTOM = 62, 14, 50
_LINE = 18

Point = tuple[Fraction, Fraction]
Tick = tuple[Fraction, str]


@dataclass(frozen=True, slots=True)
class Frame:
    """The plot: what its right and upper ends stand for, its height, and room above it."""

    x_max: Fraction
    y_max: Fraction
    height: int = 230
    top: int = 12

    @property
    def bottom(self) -> int:
        """Where the horizontal axis lies."""
        return self.height - _BOTTOM

    @property
    def right(self) -> int:
        """Where the plot ends."""
        return WIDTH - _RIGHT

    def x(self, value: Fraction) -> float:
        """Place of a value along the horizontal axis."""
        return round(_LEFT + float(value / self.x_max) * (self.right - _LEFT), 1)

    def y(self, value: Fraction) -> float:
        """Place of a value up the vertical axis."""
        return round(self.bottom - float(value / self.y_max) * (self.bottom - self.top), 1)

    def axes(self, x_ticks: Iterable[Tick], x_title: str, y_title: str) -> Markup:
        """Both axes with their ticks, numbers and titles; the titles carry the units."""
        lines = [self._y_tick(v) for v in ticks(self.y_max)]
        lines += [self._x_tick(v, label) for v, label in x_ticks]
        base = tag("path", d=f"M{_LEFT} {self.top}V{self.bottom}H{self.right}", class_="axis")
        middle = (self.top + self.bottom) / 2
        side = {"x": 0, "y": 0, "transform": f"translate(14 {middle}) rotate(-90)"}
        across = {"x": (_LEFT + self.right) / 2, "y": self.height - 8}
        titles = [
            tag("text", y_title, text_anchor="middle", **side),
            tag("text", x_title, text_anchor="middle", **across),
        ]
        return join([*lines, base, *titles])

    def _y_tick(self, value: Fraction) -> Markup:
        at = self.y(value)
        line = tag("line", x1=_LEFT, x2=self.right, y1=at, y2=at, class_="grid")
        label = tag("text", number(value), x=_LEFT - 6, y=at + 5, text_anchor="end")
        return join([line, label])

    def _x_tick(self, value: Fraction, label: str) -> Markup:
        at = self.x(value)
        anchor = "end" if value >= self.x_max else "middle"
        line = tag("line", x1=at, x2=at, y1=self.bottom, y2=self.bottom + 5, class_="axis")
        place = {"x": self.right + 10 if anchor == "end" else at, "y": self.bottom + 19}
        return join([line, tag("text", label, text_anchor=anchor, **place)])

    def path(self, points: Sequence[Point], kind: str) -> Markup:
        """A line through points; for steps, see `steps`."""
        d = "L".join(f"{self.x(x)} {self.y(y)}" for x, y in points)
        return tag("path", d=f"M{d}", class_=f"line {kind}")

    def label(self, text: str, at: Point, anchor: str = "start", down: int = -6) -> Markup:
        """A word beside a line, `down` units below the point."""
        x, y = self.x(at[0]), self.y(at[1]) + down
        if anchor == "middle":
            half = 5 * len(text)
            x = min(max(x, _LEFT + half), self.right - half)
        return tag("text", text, x=x, y=round(y, 1), text_anchor=anchor, class_="label")

    def free_side(self, level: Fraction, others: Iterable[Fraction]) -> int:
        """Where a word beside a line has room: above it, or below if only that side is free."""
        near = list(others)
        return 18 if not self.is_free(level, near, -6) and self.is_free(level, near, 18) else -6

    def is_free(self, level: Fraction, others: Iterable[Fraction], down: int) -> bool:
        """Whether a word on that side of a line lies on no other line, nor on the axis."""
        band = self.y_max * _LINE / (self.bottom - self.top)
        if down > 0:
            return level >= band and not any(level - band < v < level for v in others)
        return not any(level < v < level + band for v in others)

    def dated(self, lane: int, at: Fraction, text: str, kind: str) -> Markup:
        """A moment as an upright line, its words in a lane of their own above the plot."""
        x, y = self.x(at), (lane + 1) * _LINE - 4
        late = at * 2 > self.x_max
        anchor, shift = ("end", -5) if late else ("start", 5)
        line = tag("path", d=f"M{x} {y - 12}V{self.bottom}", class_=f"line {kind}")
        words = tag("text", text, x=round(x + shift, 1), y=y, text_anchor=anchor, class_="label")
        return join([line, words])


def lanes(count: int) -> int:
    """Room above a plot for so many dated lines."""
    return count * _LINE + 8


def steps(spans: Iterable[tuple[Fraction, Fraction, Fraction]]) -> list[Point]:
    """The corners of a line of steps from (start, end, level)."""
    return [point for start, end, level in spans for point in ((start, level), (end, level))]


def ticks(most: Fraction, about: int = 4) -> list[Fraction]:
    """Round numbers from 0 to `most`."""
    step = round_step(most, about)
    return [step * n for n in range(int(most / step) + 1)]


def round_step(most: Fraction, about: int) -> Fraction:
    """The smallest of 1, 2, 2.5 and 5 times a power of ten with at most `about` steps."""
    power = Fraction(1)
    while power * about > most:
        power /= 10
    while power * 10 * about <= most:
        power *= 10
    sizes = (power * Fraction(n) for n in ("1", "2", "2.5", "5", "10"))
    return next(size for size in sizes if size * about >= most)


def number(value: Fraction) -> str:
    """A bare number beside an axis."""
    return show(Quantity.of(value, "1"), 4)


def drawing(key: str, title: str, text: str, frame: Frame, *content: Markup) -> Markup:
    """The SVG with its title and description for a reader who does not see it."""
    names = {"id": f"{key}-svg-title"}, {"id": f"{key}-svg-text"}
    return tag(
        "svg",
        tag("title", title, **names[0]),
        tag("desc", text, **names[1]),
        *content,
        role="img",
        viewBox=f"0 0 {WIDTH} {frame.height}",
        aria_labelledby=f"{key}-svg-title",
        aria_describedby=f"{key}-svg-text",
    )


def chart(title: str, picture: Markup, legend: Iterable[tuple[str, str]], below: Markup) -> Markup:
    """A figure: caption, picture, what each line means, and the same numbers as a table."""
    keys = [tag("li", _sample(kind), tag("span", text)) for kind, text in legend]
    drawn = tag("figure", tag("figcaption", title), picture, tag("ul", *keys, class_="legend"))
    return join([drawn, tag("details", tag("summary", "The same as a table"), below, open="")])


def _sample(kind: str) -> Markup:
    line = tag("path", d="M0 7H40", class_=f"line {kind}")
    return tag("svg", line, viewBox="0 0 40 14", class_="sample", aria_hidden="true")


def merged(rows: Iterable[Sequence[str]]) -> list[tuple[int, int, Sequence[str]]]:
    """Equal neighbours as one: (first, one past the last, row)."""
    found = list(rows)
    cuts = [0, *(n for n in range(1, len(found)) if found[n] != found[n - 1]), len(found)]
    return [(a, b, found[a]) for a, b in pairwise(cuts) if b > a]
