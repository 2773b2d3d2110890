"""Plain pieces of the terminal view: text, tables, findings.

Every text from an order goes through `Text`, so that nothing in it is taken for markup.
"""

from collections.abc import Iterable
from datetime import date, datetime
from fractions import Fraction

from rich import box
from rich.console import Console, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from cisterna.facts import Library
from cisterna.order.checks import Check, Finding
from cisterna.quantity import Quantity, show

console = Console(highlight=False)

View = list[RenderableType]
STYLE = {"block": "bold white on red", "warn": "bold yellow", "note": "dim"}
_WORD = {"block": "BLOCK", "warn": "WARN", "note": "note"}
DISCLAIMER = "Research and planning software, not a cleared medical device."


def emit(view: View) -> None:
    """Print a view."""
    for part in view:
        console.print(part)


def table(title: str, *columns: str) -> Table:
    """An empty table of the house style."""
    made = Table(
        title=title,
        title_justify="left",
        box=box.SIMPLE_HEAD,
        title_style="bold",
        show_header=any(columns),
    )
    for column in columns:
        made.add_column(column, overflow="fold")
    return made


def add(made: Table, *cells: object, style: str | None = None) -> None:
    """A row whose cells are plain text."""
    made.add_row(*(c if isinstance(c, Text) else Text(text(c)) for c in cells), style=style)


def text(value: object) -> str:
    """Any value of a result for a person."""
    if value is None:
        return "–"
    if isinstance(value, Quantity):
        return show(value)
    if isinstance(value, datetime):
        return when(value)
    if isinstance(value, date):
        return f"{value.day} {value:%b %Y}"
    if isinstance(value, Fraction):
        return show(Quantity.of(value, "1"), 5)
    return str(value)


def when(moment: datetime) -> str:
    """A time that nobody can misread, truncated to the minute."""
    return f"{moment.day} {moment:%b %Y %H:%M} {moment:%z}"


def percent(change: Fraction | None) -> str:
    """A change for the side-by-side view."""
    if change is None:
        return ""
    if change == 0:
        return "same"
    sign = "+" if change > 0 else "−"
    return f"{sign}{show(Quantity.of(abs(change) * 100, '%'), 3)}"


def line(words: str, style: str = "") -> Text:
    """One plain line."""
    return Text(words, style=style)


def counted(number: int, noun: str) -> str:
    """`1 warning`, `2 warnings`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def check_view(result: Check, library: Library) -> View:
    """The verdict and the findings."""
    return [verdict(result), *findings_view(result.findings, library), line(DISCLAIMER, "dim")]


def verdict(result: Check) -> Text:
    """One line: does anything block?"""
    blocks, warns = len(result.codes("block")), len(result.codes("warn"))
    if blocks:
        said = f"BLOCKED: {counted(blocks, 'finding')}; {counted(warns, 'warning')}."
        return line(said, STYLE["block"])
    return line(f"Nothing blocks; {counted(warns, 'warning')}.", "bold")


def findings_view(findings: Iterable[Finding], library: Library) -> View:
    """Findings with limit, authority, source and certainty."""
    view: View = []
    for finding in findings:
        word, style = _WORD[finding.severity], STYLE[finding.severity]
        view.append(Text.assemble((word, style), " ", (finding.code, "bold")))
        body = "dim" if finding.severity == "note" else ""
        view.append(_indented(finding.message, body))
        evidence = _evidence(finding, library)
        if evidence:
            view.append(_indented(evidence, "dim"))
    return view


def _indented(words: str, style: str) -> Padding:
    return Padding(Text(words, style=style), (0, 0, 0, 6), expand=False)


def _evidence(finding: Finding, library: Library) -> str:
    if finding.source is None:
        return ""
    limit = f"limit {text(finding.limit)}; " if finding.limit is not None else ""
    title = source_title(library, finding.source)
    return f"{limit}{finding.authority}: {title} ({finding.certainty})"


def source_title(library: Library, key: str) -> str:
    """The title of a source, or its key where it has none."""
    return str(library.sources.get(key, {}).get("title", key))
