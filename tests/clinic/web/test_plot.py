"""The small line of a trial's scores: whole hours below it, everything inside it."""

from fractions import Fraction

import pytest

from cisterna.clinic.trial_looks import Scores
from cisterna.clinic.web.plot import LEFT, WIDE, plot


def scores(*hours: float) -> Scores:
    points = tuple((Fraction(h), Fraction(4)) for h in hours)
    return Scores(points, Fraction(8), Fraction(4), Fraction(56, 10), 10, "Worst pain")


@pytest.mark.parametrize(
    ("last", "said"),
    [
        (0.0, ["0 h", "4 h", "8 h", "12 h", "16 h", "20 h", "24 h"]),
        (24.0, ["0 h", "4 h", "8 h", "12 h", "16 h", "20 h", "24 h"]),
        (24.01, ["0 h", "6 h", "12 h", "18 h", "24 h", "30 h", "36 h"]),
        (100.0, ["0 h", "24 h", "48 h", "72 h", "96 h", "120 h", "144 h"]),
        (145.0, ["0 h", "48 h", "96 h", "144 h", "192 h", "240 h", "288 h"]),
    ],
)
def test_the_hours_are_whole_and_the_last_look_lies_within_them(last: float, said: list[str]):
    drawn = plot(scores(0.5, last))
    assert [words for _, words in drawn.ticks] == said
    ends = [float(x) for x, _ in drawn.ticks]
    assert ends == sorted(ends)
    assert all(LEFT <= float(x) <= min(WIDE, ends[-1]) for x, _ in drawn.dots)
