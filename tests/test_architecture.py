"""The house keeps its shape: small modules, and rooms that need nothing but Python."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

from tests.variants import for_every

SRC = Path(__file__).parent.parent / "src"
MODULES = sorted(SRC.rglob("*.py"))
BARE_ROOMS = ("quantity", "facts", "order")
MEANINGLESS = {"utils", "util", "helpers", "helper", "misc", "common", "manager", "core"}


def imported(path: Path) -> Iterator[str]:
    """Every module that a file imports, wherever in the file it does."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path.name} imports relatively"
            yield node.module or ""


def room(path: Path) -> str:
    return path.relative_to(SRC / "cisterna").parts[0].removesuffix(".py")


def test_there_are_modules_to_look_at():
    assert {room(path) for path in MODULES} >= {*BARE_ROOMS, "__init__"}


@for_every(MODULES)
def test_quantity_facts_and_order_need_only_the_standard_library(path: Path):
    foreign = {name.split(".")[0] for name in imported(path)} - sys.stdlib_module_names
    if room(path) in BARE_ROOMS:
        assert foreign <= {"cisterna"}


@for_every(MODULES)
def test_nothing_imports_the_package_root(path: Path):
    assert "cisterna" not in set(imported(path))


@for_every(MODULES)
def test_no_module_is_longer_than_400_lines(path: Path):
    assert len(path.read_text("utf-8").splitlines()) <= 400


@for_every(MODULES)
def test_every_module_is_named_after_what_it_is_about(path: Path):
    assert not MEANINGLESS & {part.removesuffix(".py") for part in path.relative_to(SRC).parts}
