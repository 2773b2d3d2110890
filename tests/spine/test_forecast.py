"""The forecast: what it says, where it refuses, and that its verdict rule is the written one."""

import json
from fractions import Fraction

import pytest

from cisterna.facts import Library
from cisterna.order.reading import prescription_from_text, read_prescription
from cisterna.order.tip import settled_trace, tip_trace
from cisterna.order.wire import wire
from cisterna.quantity import Quantity
from cisterna.spine.drive import last, pieces_of, split
from cisterna.spine.forecast import Forecast, forecast
from cisterna.spine.validation import validate, verdict
from tests.test_examples import EXAMPLES

LIBRARY = Library()


def run(text_or_name: str, size: int = 8) -> Forecast:
    """The forecast of an example or of a text."""
    if text_or_name.endswith(".toml"):
        rx = read_prescription(EXAMPLES / text_or_name, LIBRARY)
    else:
        rx = prescription_from_text(text_or_name, LIBRARY)
    settled = settled_trace(rx)
    cycles = {c.drug.id: pieces_of(settled, c.drug.id) for c in rx.solution.components}
    trace = tip_trace(rx, None, Quantity.of(7, "day"))
    return forecast(rx, LIBRARY, trace, cycles, size)


@pytest.fixture(scope="module")
def morphine() -> Forecast:
    """Simple morphine at T10."""
    return run("simple-morphine.toml")


def test_the_tip_gives_the_ordered_dose(morphine):
    assert morphine.tip["morphine"].daily_dose == Quantity.of("4.4", "mg/day")
    assert morphine.tip["morphine"].peak_rate == Quantity.of("4.4", "mg/day")


def test_every_level_has_a_mean_inside_its_band_and_below_its_peak(morphine):
    assert [v.level for v in morphine.levels][:2] == ["C1", "C2"]
    assert len(morphine.levels) == len(morphine.steady) == 26
    for value in morphine.levels:
        assert value.p5 <= value.p95
        assert value.mean <= value.peak * Fraction(100001, 100000)


def test_a_week_of_constant_dose_has_settled(morphine):
    for week, settled in zip(morphine.levels, morphine.steady, strict=True):
        assert float(week.mean.base) == pytest.approx(float(settled.mean.base), rel=0.05)


def test_the_level_of_the_tip_is_the_highest(morphine):
    highest = max(morphine.levels, key=lambda v: v.mean.base)
    assert highest.level == "T10"


def test_the_lumbar_cisternal_ratio_is_that_of_the_settled_default_person(morphine):
    means = {v.level: float(v.mean.base) for v in morphine.steady}
    lumbar = sum(means[x] for x in ("L3", "L4", "L5")) / 3
    cistern = float(morphine.cistern["morphine"].mean.base)
    assert morphine.lumbar_cisternal_ratio is not None
    assert float(morphine.lumbar_cisternal_ratio) == pytest.approx(lumbar / cistern, rel=1e-4)


def test_a_drug_without_a_known_loss_is_refused_while_the_others_are_shown():
    mixture = run("cancer-mixture.toml", 3)
    assert {r.subject for r in mixture.refusals} == {"clonidine"}
    assert {v.drug for v in mixture.levels} == {"morphine", "bupivacaine"}
    assert set(mixture.tip) == {"morphine", "bupivacaine", "clonidine"}


def test_a_blocked_canal_is_refused_with_the_reason():
    text = (EXAMPLES / "simple-morphine.toml").read_text("utf-8")
    refused = run(text.replace("conditions = []", 'conditions = ["csf-obstruction"]'))
    assert refused.levels == ()
    assert "one-dimensional" in refused.refusals[0].reason


def test_an_order_without_a_tip_level_is_refused():
    text = (EXAMPLES / "simple-morphine.toml").read_text("utf-8")
    refused = run(text.replace('tip = "T10"\n', ""))
    assert [r.subject for r in refused.refusals] == ["catheter.tip"]


def test_a_seed_gives_the_same_forecast(morphine):
    assert json.dumps(wire(morphine)) == json.dumps(wire(run("simple-morphine.toml")))


def test_pieces_can_be_parted_and_split_without_losing_dose():
    pieces = [(5.0, 1.0), (3.0, 0.0), (4.0, 2.0)]
    early, late = last(pieces, 6.0)
    assert sum(h for h, _ in late) == 6.0
    assert [*early, *late] != []
    dose = sum(h * r for h, r in pieces)
    assert sum(h * r for h, r in [*early, *late]) == pytest.approx(dose)
    assert sum(h * r for h, r in split(pieces, 0.7)) == pytest.approx(dose)


@pytest.mark.parametrize(
    ("low", "high", "p5", "median", "p95", "expected"),
    [
        (2, 8, 1, 4, 12, "pass"),
        (2, 8, 1, 9, 12, "weak"),
        (2, 8, 9, 10, 12, "fail"),
        (2, 8, 0.1, 4, 12, "weak"),
        (2, 8, 0.4, 4, 12, "pass"),
    ],
)
def test_the_verdict_follows_the_written_rule(low, high, p5, median, p95, expected):
    assert verdict(low, high, p5, median, p95) == expected


def test_validation_runs_every_case_that_applies_and_names_the_others():
    found = validate(LIBRARY, size=6)
    assert len({row.case for row in found.rows}) >= 14
    assert {"cv3", "cv4", "cv14"} <= set(found.not_applicable)
    assert all(found.not_applicable.values())
    shares = [row for row in found.rows if row.case in ("cv17", "fv19")]
    assert {row.verdict for row in shares} == {"pass"}
