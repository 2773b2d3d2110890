"""Forms: reading a file that a person wrote, every problem in one go.

A form is a tree of fields. Each field says what it expects; reading a table against a form gives
typed values and a list of problems, never a default for something clinical. The same tree is
published as JSON Schema.
"""

import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Any, TypeVar

from cisterna.quantity import Dimension, Quantity, QuantityError

LEVELS = (
    *(f"C{n}" for n in range(1, 8)),
    *(f"T{n}" for n in range(1, 13)),
    *(f"L{n}" for n in range(1, 6)),
    *(f"S{n}" for n in range(1, 3)),
)


_Date = TypeVar("_Date", bound=date)
_YEARS = range(1900, 2200)
_MOST_ROWS = 500
_MOST_ITEMS = 100
_CLOCK = re.compile("([01][0-9]|2[0-3]):[0-5][0-9]")


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that makes a file unusable."""

    key: str
    found: str
    expected: str

    def __str__(self) -> str:
        return f"{self.key}: found {self.found}, expected {self.expected}"


class Unusable(ValueError):
    """A file that cannot be used; `problems` names everything that is wrong with it."""

    def __init__(self, file: str, problems: list[Problem]) -> None:
        self.file = file
        self.problems = problems
        super().__init__("\n".join(f"{file}: {p}" for p in problems))


class Unfit(ValueError):
    """A single value that its field does not accept; the text is what is expected."""


def shown(value: object) -> str:
    """A found value for a message, short and on one line."""
    try:
        text = value.isoformat() if isinstance(value, (date, datetime, time)) else repr(value)
    except (ValueError, RecursionError):
        return "a value too large to show"
    return text if len(text) <= 60 else f"{text[:57]}…"


@dataclass(frozen=True, slots=True)
class Field:
    """What one key holds. Subclasses read a value or raise `Unfit`."""

    meaning: str
    required: bool = False

    def read(self, value: object) -> object:
        """The typed value; raises `Unfit`."""
        raise Unfit("nothing")

    def schema(self) -> dict[str, Any]:
        """The field as JSON Schema."""
        return {"description": self.meaning}


@dataclass(frozen=True, slots=True)
class Text(Field):
    """A line of text, not empty."""

    def read(self, value: object) -> str:
        """See `Field.read`."""
        if not isinstance(value, str) or not value.strip() or len(value) > 200:
            raise Unfit("a text of 1 to 200 characters")
        if any(ord(c) < 32 for c in value):
            raise Unfit("a text on one line")
        return value.strip()

    def schema(self) -> dict[str, Any]:
        """See `Field.schema`."""
        return {"type": "string", "minLength": 1, "maxLength": 200, "description": self.meaning}


@dataclass(frozen=True, slots=True)
class Choice(Field):
    """One word of a closed list."""

    words: tuple[str, ...] = ()
    prefixes: tuple[str, ...] = ()

    def read(self, value: object) -> str:
        """See `Field.read`."""
        if isinstance(value, str):
            head, colon, tail = value.partition(":")
            if value in self.words or (colon and head in self.prefixes and tail):
                return value
        raise Unfit(self._expected(value))

    def _expected(self, value: object) -> str:
        text = value[:60].lower() if isinstance(value, str) else ""
        choices = (*self.words, *(f"{prefix}:…" for prefix in self.prefixes))
        spelt = {choice.lower(): choice for choice in choices}
        near = difflib.get_close_matches(text, spelt, n=1, cutoff=0.5)
        if near:
            return f"a known name; did you mean {spelt[near[0]]}?"
        return f"one of {', '.join(choices)}"

    def schema(self) -> dict[str, Any]:
        """See `Field.schema`."""
        words: dict[str, Any] = {"enum": list(self.words)}
        if self.prefixes:
            pattern = f"^({'|'.join(self.prefixes)}):.+$"
            words = {"anyOf": [words, {"type": "string", "pattern": pattern}]}
        return {**words, "description": self.meaning}


@dataclass(frozen=True, slots=True)
class Amount(Field):
    """A value with its unit, such as `4.4 mg/day`."""

    dimension: Dimension = field(default_factory=Dimension)
    example: str = ""
    zero: bool = False

    def read(self, value: object) -> Quantity:
        """See `Field.read`."""
        if not isinstance(value, str):
            raise Unfit(f'a value with its unit in quotes, such as "{self.example}"')
        try:
            quantity = Quantity.parse(value)
        except QuantityError as problem:
            raise Unfit(f'{self.dimension}, such as "{self.example}" ({problem})') from None
        if quantity.dimension != self.dimension:
            raise Unfit(f'{self.dimension}, such as "{self.example}"')
        if quantity.base < 0 or (quantity.base == 0 and not self.zero):
            raise Unfit("a value of zero or more" if self.zero else "a value above zero")
        return quantity

    def schema(self) -> dict[str, Any]:
        """See `Field.schema`."""
        pattern = r"^\s*\+?[0-9]{1,15}(\.[0-9]{1,15})?\s*\S+\s*$"
        about = f"{self.meaning}: {self.dimension}"
        return {
            "type": "string",
            "pattern": pattern,
            "description": about,
            "examples": [self.example],
        }


@dataclass(frozen=True, slots=True)
class Flag(Field):
    """true or false."""

    def read(self, value: object) -> bool:
        """See `Field.read`."""
        if not isinstance(value, bool):
            raise Unfit("true or false")
        return value

    def schema(self) -> dict[str, Any]:
        """See `Field.schema`."""
        return {"type": "boolean", "description": self.meaning}


@dataclass(frozen=True, slots=True)
class Whole(Field):
    """A whole number of at least one."""

    most: int = 1000

    def read(self, value: object) -> int:
        """See `Field.read`."""
        if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= self.most:
            raise Unfit(f"a whole number from 1 to {self.most}")
        return value

    def schema(self) -> dict[str, Any]:
        """See `Field.schema`."""
        bounds = {"minimum": 1, "maximum": self.most}
        return {"type": "integer", **bounds, "description": self.meaning}


@dataclass(frozen=True, slots=True)
class Day(Field):
    """A calendar date."""

    def read(self, value: object) -> date:
        """See `Field.read`."""
        if isinstance(value, datetime) or not isinstance(value, date):
            raise Unfit("a date without quotes, such as 2026-11-23")
        return _in_our_time(value)

    def schema(self) -> dict[str, Any]:
        """See `Field.schema`."""
        return {"type": "string", "format": "date", "description": self.meaning}


@dataclass(frozen=True, slots=True)
class Moment(Field):
    """An instant with its offset from UTC; where `bare` is allowed, also a date."""

    bare: bool = False

    def read(self, value: object) -> datetime | date:
        """See `Field.read`."""
        if isinstance(value, datetime) and value.utcoffset() is not None:
            return _in_our_time(value)
        if self.bare and isinstance(value, date) and not isinstance(value, datetime):
            return _in_our_time(value)
        extra = " or a date" if self.bare else ""
        raise Unfit(f"a time with its offset, such as 2026-11-23T10:00:00+00:00{extra}")

    def schema(self) -> dict[str, Any]:
        """See `Field.schema`."""
        either = [{"type": "string", "format": "date-time"}]
        if self.bare:
            either.append({"type": "string", "format": "date"})
        return {"anyOf": either, "description": self.meaning}


@dataclass(frozen=True, slots=True)
class Clock(Field):
    """A time of day on the pump's clock, `HH:MM`."""

    def read(self, value: object) -> time:
        """See `Field.read`."""
        if isinstance(value, time) and value == value.replace(second=0, microsecond=0):
            return value
        if isinstance(value, str) and _CLOCK.fullmatch(value):
            return time.fromisoformat(value)
        raise Unfit('a time of day from "00:00" to "23:59"')

    def schema(self) -> dict[str, Any]:
        """See `Field.schema`."""
        return {"type": "string", "pattern": f"^{_CLOCK.pattern}$", "description": self.meaning}


@dataclass(frozen=True, slots=True)
class Several(Field):
    """A list whose items are all of one field, none twice."""

    item: Field = field(default_factory=lambda: Text(""))

    def read(self, value: object) -> tuple[object, ...]:
        """See `Field.read`."""
        if not isinstance(value, list) or len(value) > _MOST_ITEMS:
            raise Unfit("a list in square brackets")
        items = tuple(self.item.read(v) for v in value)
        if len(set(items)) != len(items):
            raise Unfit("a list without repetition")
        return items

    def schema(self) -> dict[str, Any]:
        """See `Field.schema`."""
        about = {"description": self.meaning, "uniqueItems": True, "maxItems": _MOST_ITEMS}
        return {"type": "array", "items": self.item.schema(), **about}


@dataclass(frozen=True, slots=True)
class Form(Field):
    """A table of named fields; `many` means an array of such tables."""

    fields: Mapping[str, Field] = field(default_factory=dict)
    many: bool = False

    def schema(self) -> dict[str, Any]:
        """See `Field.schema`."""
        one = {
            "type": "object",
            "properties": {k: f.schema() for k, f in self.fields.items()},
            "required": [k for k, f in self.fields.items() if f.required],
            "additionalProperties": False,
        }
        if self.many:
            length = {"minItems": 1, "maxItems": _MOST_ROWS}
            return {"type": "array", "items": one, **length, "description": self.meaning}
        return {**one, "description": self.meaning}

    def fill(self, table: object, at: str, problems: list[Problem]) -> Any:
        """Typed values of a table (a list of them for `many`); problems are appended."""
        if self.many:
            return self._fill_many(table, at, problems)
        if not isinstance(table, dict):
            problems.append(Problem(at or "the file", shown(table), "a table"))
            return {}
        values: dict[str, Any] = {}
        problems.extend(self._unknown(_join(at, k), k) for k in table if k not in self.fields)
        for key, spec in self.fields.items():
            self._fill_key(table, key, spec, at, problems, values)
        return values

    def _fill_key(
        self,
        table: dict[str, Any],
        key: str,
        spec: Field,
        at: str,
        problems: list[Problem],
        values: dict[str, Any],
    ) -> None:
        path = _join(at, key)
        if key not in table:
            if spec.required:
                problems.append(Problem(path, "nothing", spec.meaning))
            return
        if isinstance(spec, Form):
            values[key] = spec.fill(table[key], path, problems)
            return
        try:
            values[key] = spec.read(table[key])
        except Unfit as unfit:
            problems.append(Problem(path, shown(table[key]), str(unfit)))

    def _fill_many(self, rows: object, at: str, problems: list[Problem]) -> list[Any]:
        if not isinstance(rows, list) or not rows or len(rows) > _MOST_ROWS:
            problems.append(Problem(at, shown(rows), f"one or more [[{at}]] tables"))
            return []
        one = Form(self.meaning, self.required, self.fields)
        return [one.fill(row, f"{at}[{n}]", problems) for n, row in enumerate(rows, 1)]

    def _unknown(self, path: str, key: str) -> Problem:
        near = difflib.get_close_matches(key[:60], self.fields, n=1, cutoff=0.5)
        hint = f"; did you mean {near[0]}?" if near else ""
        shown_path = path[:120] if path.isprintable() else shown(path)
        return Problem(shown_path, "an unknown key", f"one of {', '.join(self.fields)}{hint}")


def _join(at: str, key: str) -> str:
    return f"{at}.{key}" if at else key


def _in_our_time(value: _Date) -> _Date:
    """The same date, or `Unfit` for a year that no pump has seen or will see."""
    if value.year not in _YEARS:
        raise Unfit(f"a year from {_YEARS[0]} to {_YEARS[-1]}")
    return value
