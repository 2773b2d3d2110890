"""Every row of the standard for web applications has tests that exist, or says what is open."""

import ast
import os
import tomllib
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "evidence" / "asvs.md"
ROWS: list[dict[str, Any]] = tomllib.loads((ROOT / "safety" / "asvs.toml").read_text("utf-8"))[
    "row"
]
BOOK = """2.2.2, 2.2.3 | 2.3.1, 2.3.3, 2.3.4 | 2.3.5 | 2.4.1, 2.4.2 | 3.3.1-4, 3.4.1-6, 3.5.1-3
| 4.1.5 | 6.2.1, 6.2.12 | 6.3.3 | 6.3.8, 6.5.1, 6.5.5 | 6.4.3, 6.4.4 | 7.2.3, 7.2.4
| 7.3.1-2, 7.4.1-3, 7.4.5 | 7.5.3 | 8.2.1-3 | 8.3.2 | 8.4.1 | 11.2.1, 11.2.3, 11.3.3-4
| 12.1.1-2, 12.3.x | 15.1.2, 15.2.1 | 15.4.1-2 | 16.2.1-2, 16.3.1-3, 16.4.1-3 | 16.5.3"""
"""The rows of safety §4.2(b), in its order."""


def test_each_row_of_the_safety_book_stands_here_once():
    assert [row["rows"] for row in ROWS] == [" ".join(r.split()) for r in BOOK.split("|")]


def names(file: Path) -> set[str]:
    tree = ast.parse(file.read_text("utf-8"))
    return {n.name for n in ast.walk(tree) if isinstance(n, ast.FunctionDef)}


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["rows"])
def test_the_tests_of_a_row_exist(row: dict[str, Any]):
    assert row["tests"]
    for test in row["tests"]:
        file, name = test.split("::")
        found = {n for n in names(ROOT / "tests" / file) if n.startswith("test_")}
        assert found if name == "*" else name in found, test


def page() -> str:
    lines = [
        "# Web application: rows of ASVS",
        "",
        "The rows of the Application Security Verification Standard 5.0.0 that the safety book "
        "takes over (§4.2(b)), the tests that hold each, and what is open. Written from "
        "`safety/asvs.toml`; a test sees that every test named here exists.",
        "",
        "| row | says | tests | open |",
        "|---|---|---|---|",
    ]
    for row in ROWS:
        tests = "; ".join(f"`{t}`" for t in row["tests"])
        lines.append(f"| {row['rows']} | {row['says']} | {tests} | {row.get('open', '')} |")
    return "\n".join([*lines, ""])


def test_the_page_says_what_the_table_says():
    if os.environ.get("CISTERNA_WRITE_EVIDENCE"):
        PAGE.write_text(page(), "utf-8")
    assert PAGE.read_text("utf-8") == page()
