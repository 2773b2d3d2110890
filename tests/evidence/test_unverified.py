"""Every value that nobody has read in a source is published, and the page cannot fall behind."""

import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cisterna.facts import Library, cited, rows, table
from tests.facts.files import data_files, tables

PAGE = Path(__file__).parents[2] / "docs" / "evidence" / "unverified.md"
UNVERIFIED = ("recalled", "assumed")
# What stands in for a number, first come.
SAYS = ("value", "why", "meaning", "result", "cause", "scales", "guards")


@dataclass(frozen=True)
class Entry:
    """One value with its evidence, as a row of the page."""

    file: str
    path: str
    value: str
    certainty: str
    source: str
    note: str
    number: bool


def entries() -> list[Entry]:
    """Everything in the facts that says how sure it is."""
    paths = {id(row): path for path, row in rows()}
    titles = {key: row["title"] for key, row in Library().sources.items()}
    found = []
    for file, path, row in evidence_rows():
        name = paths.get(id(row))
        value = cited(name, row).text() if name else said(row)
        title = titles[row["source"]]
        note = row.get("note", "")
        shown = name or path.strip(".")
        found.append(Entry(file, shown, value, row["certainty"], title, note, bool(name)))
    return found


def evidence_rows() -> Iterator[tuple[str, str, dict[str, Any]]]:
    for file in data_files():
        if file != "sources":
            for path, row in tables(table(file)):
                if "certainty" in row:
                    yield file, path, row


def said(row: dict[str, Any]) -> str:
    """What a row without a number says: a code, a level, a reason."""
    if "low" in row and "high" in row:
        return f"{row['low']} to {row['high']}"
    text = next((row[key] for key in SAYS if key in row), row.get("name", ""))
    return ", ".join(text) if isinstance(text, list) else str(text)


def page() -> str:
    every = entries()
    numbers = [e for e in every if e.number]
    open_ones = [e for e in every if e.certainty in UNVERIFIED]
    return "\n".join(
        [
            "# Unverified values",
            "",
            "This page is written by the tests: every value in the facts that nobody has read in "
            "a source. *Recalled* is from memory, with the document believed to hold it; *assumed* "
            "is our own choice. A recalled clinical limit only warns; every result that rests on "
            "such a value says so. A pharmacist can confirm or narrow the numbers among them in "
            "the site's file.",
            "",
            *counts(numbers, every),
            *(
                line
                for file in sorted({e.file for e in open_ones})
                for line in section(file, open_ones)
            ),
        ]
    )


def counts(numbers: list[Entry], every: list[Entry]) -> list[str]:
    of_numbers = Counter(e.certainty for e in numbers)
    of_all = Counter(e.certainty for e in every)
    kinds = ("read", "derived", "recalled", "assumed")
    return [
        "| certainty | numbers | numbers and other statements |",
        "|---|---:|---:|",
        *(f"| {kind} | {of_numbers[kind]} | {of_all[kind]} |" for kind in kinds),
        f"| all | {len(numbers)} | {len(every)} |",
        f"| **unverified** | **{unverified(of_numbers)}** | **{unverified(of_all)}** |",
        "",
    ]


def unverified(counted: Counter[str]) -> int:
    return sum(counted[kind] for kind in UNVERIFIED)


def section(file: str, open_ones: list[Entry]) -> list[str]:
    here = [e for e in open_ones if e.file == file]
    return [
        f"## {file}.toml",
        "",
        f"{len(here)} unverified.",
        "",
        "| fact | value | certainty | source believed to hold it | note |",
        "|---|---|---|---|---|",
        *(
            f"| `{e.path}` | {cell(e.value)} | {e.certainty} | {cell(e.source)} | {cell(e.note)} |"
            for e in here
        ),
        "",
    ]


def cell(text: str) -> str:
    return text.replace("|", "\\|").replace("<", "&lt;")


def test_the_published_page_lists_every_value_that_nobody_has_read():
    written = page()
    if os.environ.get("CISTERNA_WRITE_EVIDENCE") == "1":
        PAGE.write_text(written, "utf-8")
    assert PAGE.read_text("utf-8") == written, "run again with CISTERNA_WRITE_EVIDENCE=1"


def test_every_unverified_number_of_the_library_is_on_the_page():
    text = page()
    missing = [
        path for path, row in rows() if row["certainty"] in UNVERIFIED and f"`{path}`" not in text
    ]
    assert missing == []


def test_nothing_that_was_read_is_on_the_page():
    text = page()
    read = [path for path, row in rows() if row["certainty"] in ("read", "derived")]
    assert [path for path in read if f"`{path}`" in text] == []


def test_the_counts_are_those_of_the_library():
    certainties = Counter(row["certainty"] for _, row in rows())
    numbers = unverified(certainties)
    assert f"| **unverified** | **{numbers}** |" in page()
    assert numbers > 0
