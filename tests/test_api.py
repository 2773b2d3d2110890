"""`import cisterna`: light to import, typed, and the same answers as the commands."""

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest

import cisterna
from cisterna.order.form import Unusable
from cisterna.order.line import Refused
from cisterna.order.prescription import Prescription
from cisterna.order.wire import wire
from cisterna.quantity import Quantity

ROOT = Path(__file__).parents[1]
EXAMPLES = ROOT / "examples"
SIMPLE = EXAMPLES / "simple-morphine.toml"
OLD, NEW = EXAMPLES / "change" / "old.toml", EXAMPLES / "change" / "new.toml"
HEAVY = {"numpy", "scipy", "typer", "rich", "xarray", "cisterna.api"}


def fresh(code: str) -> str:
    """What a fresh process prints."""
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONPATH": str(ROOT / "src"), "PATH": "/usr/bin:/bin"},
    )
    return done.stdout


def command(*words: object) -> dict[str, object]:
    """The object that a command prints."""
    done = subprocess.run(
        [sys.executable, "-m", "cisterna", *map(str, words), "--json"],
        capture_output=True,
        text=True,
        check=False,
        env={"PYTHONPATH": str(ROOT / "src"), "PATH": "/usr/bin:/bin"},
    )
    made: dict[str, object] = json.loads(done.stdout)
    return made


def test_the_import_loads_nothing_heavy_and_the_functions_come_when_asked_for():
    loaded = fresh("import sys, cisterna; print(sorted(sys.modules))")
    assert HEAVY & set(ast.literal_eval(loaded)) == set()
    after = fresh("import sys, cisterna; cisterna.plan; print(sorted(sys.modules))")
    assert "cisterna.api" in ast.literal_eval(after)
    assert "typer" not in ast.literal_eval(after)


def test_the_root_names_what_it_gives_and_nothing_else():
    assert cisterna.__all__ == ["check", "forecast", "plan", "read"]
    assert set(cisterna.__all__) <= set(dir(cisterna))
    assert all(callable(getattr(cisterna, name)) for name in cisterna.__all__)
    with pytest.raises(AttributeError, match="no attribute 'programme'"):
        cisterna.programme  # type: ignore[attr-defined] # noqa: B018


def test_an_order_is_a_path_a_text_or_what_was_read():
    rx = cisterna.read(SIMPLE)
    assert isinstance(rx, Prescription)
    assert cisterna.check(SIMPLE) == cisterna.check(str(SIMPLE)) == cisterna.check(rx)


@pytest.mark.parametrize("name", ["simple-morphine", "unit-slip", "change/new", "cancer-mixture"])
def test_a_check_equals_that_of_the_command(name):
    path = EXAMPLES / f"{name}.toml"
    assert wire(cisterna.check(path)) == command("check", path)


def test_a_plan_equals_that_of_the_command():
    shown = command("plan", OLD, NEW)
    mine = wire(cisterna.plan(NEW, OLD))
    assert mine == {key: shown[key] for key in mine}
    assert cisterna.plan(cisterna.read(NEW), cisterna.read(OLD)) == cisterna.plan(NEW, OLD)


def test_a_forecast_equals_that_of_the_command():
    shown = command("forecast", NEW, "--days", 2, "--cohort", 3, "--every", "6h")
    assert wire(cisterna.forecast(NEW, days=2, cohort=3, every="6 h")) == shown
    six = cisterna.forecast(NEW, days=2, cohort=3, every=Quantity.of(6, "h"))
    assert wire(six) == shown


def test_another_seed_is_another_cohort_around_the_same_default_person():
    one, two = (cisterna.forecast(SIMPLE, days=1, cohort=3, seed=n) for n in (1, 2))
    assert [v.mean for v in one.levels] == [v.mean for v in two.levels]
    assert [v.p95 for v in one.levels] != [v.p95 for v in two.levels]


@pytest.mark.parametrize(
    ("more", "problems"),
    [
        ({"days": 0}, ["days"]),
        ({"days": 400_000}, ["days"]),
        ({"cohort": 0}, ["cohort"]),
        ({"cohort": 10**12, "days": -1}, ["days", "cohort"]),
        ({"every": "0 h"}, ["every"]),
        ({"every": "1 mL"}, ["every"]),
        ({"every": "soon"}, ["every"]),
    ],
)
def test_a_run_that_cannot_be_made_is_refused_with_every_problem(more, problems):
    with pytest.raises(Unusable) as refused:
        cisterna.forecast(SIMPLE, **more)
    assert [p.key for p in refused.value.problems] == problems


def test_a_site_file_counts(tmp_path):
    with pytest.raises(Exception, match="nowhere"):
        cisterna.check(SIMPLE, site=tmp_path / "nowhere.toml")


def test_a_line_that_cannot_be_followed_is_refused_with_the_way_out(tmp_path):
    text = NEW.read_text("utf-8").replace("synchromed-ii-40", "synchromed-ii-20")
    order = tmp_path / "new.toml"
    order.write_text(text.replace('"40 mL"', '"20 mL"'), "utf-8")
    (tmp_path / "old.toml").write_text(OLD.read_text("utf-8"), "utf-8")
    with pytest.raises(Refused) as refused:
        cisterna.forecast(order)
    assert refused.value.way_out
