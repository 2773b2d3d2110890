"""A small line of scores over hours, with the levels to be reached; the table stands beside it."""

from dataclasses import dataclass
from fractions import Fraction
from itertools import chain, count

from cisterna.clinic.trial_looks import Scores

WIDE, HIGH, LEFT, TOP = 640, 200, 46, 12
_INNER_WIDE, _INNER_HIGH = WIDE - LEFT - 8, HIGH - TOP - 30
_DAY = 24
_TICKS = 7


@dataclass(frozen=True, slots=True)
class Plot:
    """Where each thing lies in the picture, in its own units."""

    run: str
    dots: tuple[tuple[str, str], ...]
    lines: tuple[tuple[str, str, str], ...]
    ticks: tuple[tuple[str, str], ...]
    steps: tuple[tuple[str, str], ...]
    says: str


def plot(found: Scores) -> Plot:
    """The picture of these scores."""
    every = _every(max([Fraction(_DAY), *(x for x, _ in found.points)]))
    hours = every * (_TICKS - 1)

    def across(x: Fraction) -> str:
        return _text(LEFT + _INNER_WIDE * max(x, Fraction(0)) / hours)

    def down(y: Fraction) -> str:
        return _text(TOP + _INNER_HIGH * (1 - y / found.most))

    dots = tuple((across(x), down(y)) for x, y in found.points)
    levels = (("base", found.baseline), ("limit", found.success), ("least", found.fail))
    lines = tuple((kind, down(y), _text(y)) for kind, y in levels if y is not None)
    ticks = tuple((across(Fraction(every * n)), f"{every * n} h") for n in range(_TICKS))
    steps = tuple((down(Fraction(y)), str(y)) for y in range(0, found.most + 1, 2))
    run = " ".join(f"{x},{y}" for x, y in dots)
    says = f"{found.name} from {_text(found.baseline)} to {_text(found.points[-1][1])}"
    return Plot(run, dots, lines, ticks, steps, says)


def _every(hours: Fraction) -> int:
    """Whole hours between two ticks, so that the last tick is at or after so many hours."""
    steps = chain((4, 6, 12), count(_DAY, _DAY))
    return next(step for step in steps if step * (_TICKS - 1) >= hours)


def _text(value: Fraction) -> str:
    return f"{float(value):.4g}"
