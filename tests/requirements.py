"""The rows of a fact book and the tests that name them, read from the source of the tests.

A book makes one page, requirement → control → tests → result: docs/evidence/safety-trace.md and
docs/evidence/pathway-trace.md. The result is that of the run that wrote it (see tests/conftest.py).
"""

import ast
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
COMMAND = "CISTERNA_WRITE_EVIDENCE=1 pytest"


@dataclass(frozen=True)
class Book:
    """The rows of one fact book: their file, the mark of a test that holds one, the page."""

    title: str
    file: str
    mark: str
    page: Path
    titles: Mapping[str, str]


SAFETY = Book(
    "Safety trace",
    "safety/requirements.toml",
    "requirement",
    ROOT / "docs" / "evidence" / "safety-trace.md",
    {
        "SR-": "Requirements of the dose controller (SR)",
        "ST-": "Requirements of the link (ST)",
        "H": "Hazards (H)",
        "A": "Attacks and scenarios (A)",
    },
)
PATHWAY = Book(
    "Pathway trace",
    "safety/pathway.toml",
    "pathway",
    ROOT / "docs" / "evidence" / "pathway-trace.md",
    {
        "PW-00": "What the therapy is",
        "PW-01": "Conditions",
        "PW-02": "Benefits to be measured",
        "PW-03": "Risks to be tracked",
        "PW-04": "The five criteria of candidacy",
        "PW-05": "Team and pathway",
        "PW-06": "Alternatives",
        "PW-07": "Preferences, candidacy, consultation",
    },
)
BOOKS = (SAFETY, PATHWAY)


def rows(book: Book = SAFETY) -> dict[str, dict[str, Any]]:
    """Every row by its id."""
    found = tomllib.loads((ROOT / book.file).read_text("utf-8"))
    found.pop("schema")
    return found


def marked(book: Book = SAFETY) -> dict[str, list[str]]:
    """`path::test` of every test that names a row, by row."""
    found: dict[str, list[str]] = {}
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        for row, test in _in(path, book.mark):
            found.setdefault(row, []).append(test)
    return found


def _in(path: Path, mark: str) -> Iterator[tuple[str, str]]:
    tree = ast.parse(path.read_text("utf-8"))
    name = path.relative_to(ROOT).as_posix()
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            for decorator in node.decorator_list:
                yield from ((row, f"{name}::{node.name}") for row in _named(decorator, mark))
        elif isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "pytestmark":
            marks = node.value.elts if isinstance(node.value, ast.List) else [node.value]
            yield from ((row, name) for one in marks for row in _named(one, mark))


def _named(node: ast.expr, mark: str) -> list[str]:
    """The rows of a `pytest.mark.requirement(…)`, or of the mark of another book."""
    if isinstance(node, ast.Call) and ast.unparse(node.func) == f"pytest.mark.{mark}":
        return [str(a.value) for a in node.args if isinstance(a, ast.Constant)]
    return []


def page(results: Mapping[str, str] | None = None, book: Book = SAFETY) -> str:
    """The page; `results` gives the outcome of each test, absent outside a full run."""
    tests, every = marked(book), rows(book)
    held = [row for row in every if tests.get(row)]
    lines = [
        f"# {book.title}",
        "",
        f"Requirement → control → tests → result, made from `{book.file}` and the",
        f"tests themselves by `{COMMAND}`. A row that no test holds says why.",
        "",
        f"{len(held)} of {len(every)} rows are held by tests.",
    ]
    for kind, title in book.titles.items():
        lines += ["", f"## {title}", "", "| Row | What | Control | Tests | Result |"]
        lines += ["|---|---|---|---|---|"]
        lines += [
            _line(row, found, tests, results) for row, found in every.items() if _is(row, kind)
        ]
    return "\n".join(lines) + "\n"


def _is(row: str, kind: str) -> bool:
    return row.startswith(kind)


def _line(
    row: str,
    found: Mapping[str, Any],
    tests: Mapping[str, list[str]],
    results: Mapping[str, str] | None,
) -> str:
    names = tests.get(row, [])
    control = found.get("control", "–").replace("src/cisterna/", "")
    shown = "<br>".join(f"`{n.removeprefix('tests/')}`" for n in names) or found.get("open", "–")
    result = "–" if not names else _outcome(names, results)
    text = found["text"].replace("|", "\\|")
    return f"| {row} | {text} | {control} | {shown} | {result} |"


def _outcome(names: list[str], results: Mapping[str, str] | None) -> str:
    """Passed if every test passed, with all of its parameters."""
    if results is None:
        return "see the last run"
    outcomes = {outcome for name in names for test, outcome in results.items() if _of(test, name)}
    if not outcomes:
        return "not run"
    return "passed" if outcomes == {"passed"} else ", ".join(sorted(outcomes))


def _of(test: str, name: str) -> bool:
    """Whether a test that ran is the one named: itself, its parameters, or a part of it."""
    return test == name or test.startswith((f"{name}[", f"{name}::"))
