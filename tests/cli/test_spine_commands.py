"""`forecast` and `validate` as a user runs them: keys, units, refusals, and the field in a file."""

import csv
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.variants import variants

ROOT = Path(__file__).parents[2]
KEYS = {"tip", "levels", "steady", "lumbar_cisternal_ratio", "brainstem", "plasma", "refusals"}
UNIT = r"(ng|mcg|mg|nL|mL|ms|s|min|h|day|cm)"
QUICK = ("--cohort", "3", "--json")


def quantities(value: Any) -> Iterator[dict[str, str]]:
    """Every quantity of a result, however deep."""
    if isinstance(value, dict) and set(value) == {"value", "unit"}:
        yield value
    elif isinstance(value, dict):
        for item in value.values():
            yield from quantities(item)
    elif isinstance(value, list):
        for item in value:
            yield from quantities(item)


def changed(example, tmp_path: Path, before: str, after: str) -> Path:
    """The simple example with one change."""
    text = example("simple-morphine").read_text("utf-8")
    assert before in text
    order = tmp_path / "order.toml"
    order.write_text(text.replace(before, after), "utf-8")
    return order


@pytest.fixture(scope="module")
def cohort_of_three(tmp_path_factory) -> dict[str, Any]:
    """The forecast of the mixture for two days, once."""
    words = ("forecast", str(ROOT / "examples" / "cancer-mixture.toml"), "--days", "2", *QUICK)
    done = subprocess.run(
        [sys.executable, "-m", "cisterna", *words],
        cwd=tmp_path_factory.mktemp("once"),
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONPATH": str(ROOT / "src"), "PATH": "/usr/bin:/bin"},
    )
    made: dict[str, Any] = json.loads(done.stdout)
    return made


def test_a_forecast_gives_the_keys_that_others_rely_on(cohort_of_three):
    assert set(cohort_of_three) >= KEYS
    assert set(cohort_of_three["tip"]["morphine"]) == {"daily_dose", "peak_rate"}
    for name in ("levels", "steady"):
        rows = cohort_of_three[name]
        assert len(rows) == 2 * 26
        for row in rows:
            assert set(row) == {"level", "drug", "mean", "peak", "p5", "p95"}
    assert isinstance(cohort_of_three["lumbar_cisternal_ratio"], float)
    assert cohort_of_three["lumbar_cisternal_ratio"] > 0
    for site in ("brainstem", "plasma"):
        assert set(cohort_of_three[site]["morphine"]) == {"mean", "p5", "p95"}
    assert cohort_of_three["cohort"] == 3


def test_every_unit_of_a_forecast_is_one_of_the_design(cohort_of_three):
    found = list(quantities(cohort_of_three))
    assert len(found) > 2 * 2 * 26 * 4
    for quantity in found:
        assert re.fullmatch(rf"{UNIT}(/{UNIT})?", quantity["unit"]), quantity
        assert re.fullmatch(r"\d+(\.\d+)?", quantity["value"]), quantity


def test_a_drug_without_a_known_loss_is_refused_and_the_others_are_shown(cohort_of_three):
    assert [r["subject"] for r in cohort_of_three["refusals"]] == ["clonidine"]
    assert {row["drug"] for row in cohort_of_three["levels"]} == {"morphine", "bupivacaine"}
    assert "clonidine" in cohort_of_three["tip"]


def test_an_order_that_cannot_be_forecast_ends_with_one_and_writes_no_field(
    cisterna, example, tmp_path
):
    order = changed(example, tmp_path, 'tip = "T10"\n', "")
    done = cisterna("forecast", order, "--out", "field.csv", *QUICK)
    assert done.code == 1
    assert done.json["levels"] == []
    assert done.json["lumbar_cisternal_ratio"] is None
    assert [r["subject"] for r in done.json["refusals"]] == ["catheter.tip"]
    assert done.json["tip"]["morphine"]["daily_dose"] == {"value": "4.4", "unit": "mg/day"}
    assert not (tmp_path / "field.csv").exists()


def test_a_tip_outside_the_canal_is_no_order(cisterna, example, tmp_path):
    order = changed(example, tmp_path, 'tip = "T10"', 'tip = "L9"')
    done = cisterna("forecast", order, *QUICK)
    assert (done.code, done.out) == (2, "")
    assert "catheter.tip" in done.err


def test_the_human_view_says_that_it_is_an_estimate_with_a_band(cisterna, example):
    done = cisterna("forecast", example("simple-morphine"), "--cohort", "3", "--days", "1")
    assert done.code == 0
    assert "Model estimate, not measured" in done.out
    assert "5 %" in done.out
    assert "95 %" in done.out
    assert "Band of 3 virtual persons" in done.out


@pytest.mark.parametrize("ending", variants(["csv", "parquet", "nc", "zarr"], ["csv", "nc"]))
def test_the_field_is_written_in_each_format_and_never_written_over(
    cisterna, example, tmp_path, ending
):
    words = ("forecast", example("simple-morphine"), "--out", f"field.{ending}", "--days", "1")
    first = cisterna(*words, *QUICK)
    assert first.code == 0, first.err
    assert [p.name for p in tmp_path.iterdir()] == [f"field.{ending}"]
    second = cisterna(*words, *QUICK)
    assert (second.code, second.out) == (2, "")
    assert "nothing is written over" in second.err


def test_the_field_has_a_row_for_each_step_and_level(cisterna, example, tmp_path):
    words = ("--out", "f.csv", "--days", "1", "--every", "6h")
    assert cisterna("forecast", example("change/new"), *words, *QUICK).code == 0
    with (tmp_path / "f.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == ["hour", "level", "drug", "csf_mg_per_ml"]
    assert sorted({float(row["hour"]) for row in rows}) == [0, 6, 12, 18, 24]
    assert len(rows) == 2 * 5 * 26


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--every", "0 h"), "found 0 h, expected at least"),
        (("--every", "1 ms"), "expected at least"),
        (("--every", "8 day"), "at most the run of 7 days"),
        (("--every", "1000 year"), "at most the run of 7 days"),
        (("--every", "-1 h"), "--every"),
        (("--every", "10"), "no unit"),
        (("--every", "10 mL"), "expected a time"),
        (("--out", "field.xlsx"), ".csv, .parquet, .nc, .zarr"),
        (("--out", "field"), ".csv, .parquet, .nc, .zarr"),
        (("--out", "nowhere/field.csv"), "no folder nowhere"),
        (("--out", "/proc/field.csv"), "a place that can be written"),
        (("--cohort", "0"), "--cohort"),
        (("--cohort", "1000000000000"), "--cohort"),
        (("--days", "0"), "--days"),
        (("--days", "365000"), "--days"),
    ],
)
def test_what_cannot_be_run_is_refused_and_nothing_is_written(
    cisterna, example, tmp_path, words, message
):
    extra = () if "--cohort" in words else ("--cohort", "3")
    done = cisterna("forecast", example("simple-morphine"), "--json", *words, *extra)
    assert (done.code, done.out) == (2, "")
    assert message in done.err
    assert "Traceback" not in done.err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("ending", "package"), [("nc", "xarray"), ("zarr", "zarr"), ("parquet", "pyarrow")]
)
def test_without_the_extra_the_way_to_install_it_is_named(
    cisterna, example, tmp_path, ending, package
):
    hidden = tmp_path / "hidden"
    hidden.mkdir()
    (hidden / "sitecustomize.py").write_text(f"import sys\nsys.modules[{package!r}] = None\n")
    words = ("forecast", example("simple-morphine"), "--out", f"field.{ending}", *QUICK)
    done = cisterna(*words, PYTHONPATH=f"{hidden}:{ROOT / 'src'}")
    assert (done.code, done.out) == (2, "")
    assert package in done.err
    assert 'pip install "cisterna[study]"' in done.err
    assert not (tmp_path / f"field.{ending}").exists()


def test_validate_gives_every_case_with_its_verdict(cisterna):
    found = cisterna("validate", *QUICK)
    assert found.code == 0
    assert set(found.json) == {"rows", "not_applicable", "counts", "cohort", "rule"}
    assert found.json["cohort"] == 3
    keys = {"case", "title", "role", "expectation", "measured", "modelled", "verdict", "source"}
    assert all(set(row) == keys for row in found.json["rows"])
    assert {row["verdict"] for row in found.json["rows"]} <= {"pass", "weak", "fail"}
    assert {row["role"] for row in found.json["rows"]} == {"calibration", "validation"}
    assert sum(found.json["counts"].values()) == len(found.json["rows"])
    assert all(found.json["not_applicable"].values())
