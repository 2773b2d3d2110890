"""The worked examples as printed: computed values to the last digit of the source, and the page."""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Context, Decimal
from fractions import Fraction
from pathlib import Path

from cisterna.quantity import Quantity
from tests.worked.compute import Value, results

EXAMPLES = Path(__file__).parent / "examples.toml"

_NUMBER = re.compile(r"(?P<number>-?\d+(?:\.(?P<places>\d+))?)(?: (?P<unit>\S+))?")
_CLOCK = re.compile(r"\d+ h (?P<minutes>\d+\.(?P<places>\d+)) min")

HEAD = """\
# Worked examples

Each row was worked out by hand or printed in the fact books, and is computed here by the \
functions that the commands call.
Expected values stand to their last printed digit; clock times are cut to the minute.
The test run compares every row, and this page with itself; \
`CISTERNA_WRITE_EVIDENCE=1 pytest tests/evidence` writes it again.
"""


@dataclass(frozen=True, slots=True)
class Example:
    """One worked example, as it stands in the source and as it is computed."""

    id: str
    name: str
    source: str
    expected: str
    computed: str

    @property
    def agrees(self) -> bool:
        """Whether both print alike."""
        return self.expected == self.computed


@dataclass(frozen=True, slots=True)
class Group:
    """Examples with the same inputs."""

    title: str
    inputs: str
    examples: tuple[Example, ...]


def groups() -> tuple[Group, ...]:
    """Every worked example, computed and printed."""
    computed = results()
    rows = tomllib.loads(EXAMPLES.read_text("utf-8"))["group"]
    return tuple(
        Group(row["title"], row["inputs"], tuple(_examples(row, computed))) for row in rows
    )


def _examples(row: Mapping[str, object], computed: Mapping[str, Value]) -> list[Example]:
    expected = row["expected"]
    if not isinstance(expected, dict):
        raise TypeError("a group holds a table of expected values")
    return [
        Example(key, name, str(row["source"]), text, printed(computed[key], text))
        for key, (name, text) in expected.items()
    ]


def printed(value: Value, like: str) -> str:
    """A value to the same digits and in the same unit as `like`."""
    if isinstance(value, str):
        return value
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%d %H:%M")
    clock = _CLOCK.fullmatch(like)
    if clock and isinstance(value, Quantity):
        minutes = value.number("min")
        return f"{int(minutes // 60)} h {_rounded(minutes % 60, len(clock['places']))} min"
    match = _NUMBER.fullmatch(like)
    if match is None:
        raise ValueError(f"{like!r} is no value of a worked example")
    unit = match["unit"]
    number = value.number(unit or "1") if isinstance(value, Quantity) else Fraction(value)
    text = _rounded(number, len(match["places"] or ""))
    return f"{text} {unit}" if unit else text


def _rounded(number: Fraction, places: int) -> str:
    """Half away from zero, as one rounds by hand."""
    exact = Context(prec=60).divide(Decimal(number.numerator), Decimal(number.denominator))
    return f"{exact.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP):f}"


def page() -> str:
    """The page of docs/evidence."""
    found = groups()
    count = sum(len(group.examples) for group in found)
    agreeing = sum(e.agrees for group in found for e in group.examples)
    parts = [HEAD, f"\n**{agreeing} of {count} examples agree.**\n"]
    for group in found:
        parts.append(f"\n## {group.title}\n\n{group.inputs[0].upper()}{group.inputs[1:]}.\n\n")
        parts.append("| example | source | expected | computed | agrees |\n|---|---|---|---|---|\n")
        parts.extend(_row(e) for e in group.examples)
    return "".join(parts)


def _row(e: Example) -> str:
    agrees = "yes" if e.agrees else "**no**"
    return f"| {e.name} | {e.source} | {e.expected} | {e.computed} | {agrees} |\n"
