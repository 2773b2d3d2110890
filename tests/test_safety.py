"""Every hazard names its controls, every control its code and its tests, and they exist."""

import ast
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
HAZARDS = tomllib.loads((ROOT / "safety" / "hazards.toml").read_text("utf-8"))
CONTROLS = [
    (name, control)
    for name, row in HAZARDS.items()
    if name != "schema"
    for control in row["control"]
]


def functions(path: Path) -> set[str]:
    """The names of every function of a module, at any depth."""
    tree = ast.parse(path.read_text("utf-8"))
    return {n.name for n in ast.walk(tree) if isinstance(n, ast.FunctionDef)}


def exists(reference: str) -> bool:
    """Whether `path::name` (or a path alone) is in the tree."""
    path, _, name = reference.partition("::")
    file = ROOT / path
    return file.is_file() and (not name or name in functions(file))


def test_every_hazard_has_a_harm_and_at_least_one_control():
    rows = [row for name, row in HAZARDS.items() if name != "schema"]
    assert all(row["hazard"] and row["harm"] and row["control"] for row in rows)


@pytest.mark.parametrize(("hazard", "control"), CONTROLS)
def test_a_control_stands_in_the_code_and_has_tests(hazard, control):
    assert exists(control["code"]), hazard
    assert control["tests"], hazard
    assert [t for t in control["tests"] if not exists(t)] == []
