"""The data files of the facts as plain tables, for tests that look at all of them."""

import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from cisterna.facts.library import FOLDER

Row = dict[str, Any]

# Published regimens and slips: evidence for tests, copied from the fact books, and no fact itself.
EVIDENCE_ONLY = ("regimens",)


def data_files() -> dict[str, Row]:
    """Every data file by its name below the folder, such as `drugs/morphine`."""
    paths = sorted(Path(FOLDER).rglob("*.toml"))
    names = {str(p.relative_to(FOLDER).with_suffix("")): p for p in paths}
    return {
        name: tomllib.loads(path.read_text("utf-8"))
        for name, path in names.items()
        if name not in EVIDENCE_ONLY
    }


def tables(row: Any, path: str = "") -> Iterator[tuple[str, Row]]:
    """Every table inside a table or list, with a path that finds it again."""
    if isinstance(row, dict):
        yield path, row
    items = row.items() if isinstance(row, dict) else enumerate(row)
    for key, item in items:
        if isinstance(item, dict | list):
            yield from tables(item, f"{path}.{key}")


def evidence() -> Iterator[tuple[str, Row]]:
    """Every table of every file that names its source."""
    for name, content in data_files().items():
        for path, row in tables(content):
            if isinstance(row.get("source"), str) and name != "sources":
                yield f"{name}{path}", row
