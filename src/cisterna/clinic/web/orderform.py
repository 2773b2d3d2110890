"""The form of an order: its fields are those that the reader of prescriptions knows.

Each field's name is its path in the file, `infusion.daily_dose` or `solution.drug.0.name`. What
comes back is the tree that `clinic.prescribing.compose` takes; an empty field is an absent one.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cache
from typing import Any

from django.http import QueryDict

from cisterna.clinic.prescribing import ENTERED
from cisterna.facts import Library
from cisterna.order.form import (
    Amount,
    Choice,
    Day,
    Field,
    Flag,
    Form,
    Moment,
    Several,
    Whole,
)
from cisterna.order.schema import prescription_form

_ROW = re.compile(r"(?P<table>[a-z_0-9]+\.[a-z_0-9]+)\.(?P<row>[0-9]{1,3})\.(?P<key>[a-z_0-9]+)")
MOST_ROWS = 60
SELDOM = ("order", "patient", "pump")
"""Sections that stand last, folded: a change of dose needs none of them."""
_LABELS = {
    "eri": "Replacement indicator (ERI)",
    "per_24h": "Most in 24 h",
    "max_per_day": "Most doses a day",
    "filled_at": "Filled at",
    "floor": "Least flow",
    "low_reservoir": "Low-reservoir alarm at",
    "from": "From",
}


@dataclass(frozen=True, slots=True)
class Input:
    """One field of the page."""

    name: str
    label: str
    help: str
    value: str
    words: tuple[tuple[str, str], ...] = ()
    many: bool = False
    chosen: tuple[str, ...] = ()
    required: bool = False
    moment: bool = False


@dataclass(frozen=True, slots=True)
class Group:
    """A section of the form, or one row of a list in it."""

    key: str
    label: str
    inputs: tuple[Input, ...]
    rows: tuple["Group", ...] = field(default=())

    @property
    def seldom(self) -> bool:
        """Whether it is folded."""
        return self.key in SELDOM


@cache
def _form() -> Form:
    return prescription_form(Library())


def groups(tree: Mapping[str, Any]) -> list[Group]:
    """The form for the values of a tree, with one empty row after those of each list."""
    found = {n: _group(n, keys, tree.get(n, {})) for n, keys in ENTERED.items()}
    return [found[name] for name in sorted(found, key=lambda n: n in SELDOM)]


def _group(name: str, keys: frozenset[str] | None, table: Mapping[str, Any]) -> Group:
    form = _form().fields[name]
    assert isinstance(form, Form)  # noqa: S101  (each section of a prescription is one)
    wanted = {k: f for k, f in form.fields.items() if keys is None or k in keys}
    inputs = [_input(f"{name}.{k}", k, f, table) for k, f in wanted.items() if not _lists(f)]
    lists = {k: f for k, f in wanted.items() if _lists(f)}
    rows = [row for k, f in lists.items() for row in _rows(f"{name}.{k}", k, f, table)]
    return Group(name, name.capitalize(), tuple(inputs), tuple(rows))


def _lists(field: Field) -> bool:
    return isinstance(field, Form) and field.many


def _rows(path: str, key: str, form: Field, table: Mapping[str, Any]) -> Iterator[Group]:
    assert isinstance(form, Form)  # noqa: S101
    given = list(table.get(key, ()))[:MOST_ROWS]
    for n, row in enumerate([*given, {}]):
        inputs = tuple(_input(f"{path}.{n}.{k}", k, f, row) for k, f in form.fields.items())
        yield Group(f"{path}.{n}", f"{key.capitalize()} {n + 1}", inputs)


def _input(path: str, key: str, field: Field, table: Mapping[str, Any]) -> Input:
    value = table.get(key, "")
    label = _LABELS.get(key) or key.replace("_", " ").capitalize()
    choice = field.item if isinstance(field, Several) else field
    several = choice is not field
    words: tuple[tuple[str, str], ...] = ()
    if isinstance(choice, Choice):
        words = tuple((w, w.replace("-", " ")) for w in choice.words)
    if isinstance(field, Flag):
        words = (("true", "yes"), ("false", "no"))
    example = f", such as {field.example}" if isinstance(field, Amount) else ""
    help_text = f"{field.meaning}{example}"
    chosen = tuple(value) if several and isinstance(value, (list, tuple)) else ()
    moment = isinstance(field, Moment)
    shown = _shown(value)
    return Input(path, label, help_text, shown, words, several, chosen, field.required, moment)


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (date, datetime)):
        return value.isoformat()
    return "" if isinstance(value, (list, tuple)) else str(value)


# What came back ----------------------------------------------------------------------------------


def entered(data: QueryDict) -> dict[str, Any]:
    """The tree of what was entered; a value that is none of its kind stays text, for the reader."""
    tree: dict[str, Any] = {}
    rows: dict[str, dict[int, dict[str, Any]]] = {}
    for path in data:
        parts = tuple(path.split("."))
        if parts[0] not in ENTERED:
            continue
        if match := _ROW.fullmatch(path):
            row = rows.setdefault(match["table"], {}).setdefault(int(match["row"]), {})
            spec = _field((*match["table"].split("."), match["key"]))
            _put(row, match["key"], spec, data.getlist(path))
        elif len(parts) == 2:
            _put(tree.setdefault(parts[0], {}), parts[1], _field(parts), data.getlist(path))
    for table, found in rows.items():
        section, key = table.split(".")
        if kept := [row for _, row in sorted(found.items()) if row]:
            tree.setdefault(section, {})[key] = kept
    return {k: v for k, v in tree.items() if v}


def _put(table: dict[str, Any], key: str, field: Field | None, given: list[str]) -> None:
    texts = [text.strip() for text in given if text.strip()]
    if not texts:
        return
    table[key] = texts if isinstance(field, Several) else _value(field, texts[-1])


def _field(path: tuple[str, ...]) -> Field | None:
    at: Field | None = _form()
    for key in path:
        at = at.fields.get(key) if isinstance(at, Form) else None
    return at


def _value(field: Field | None, text: str) -> Any:
    if isinstance(field, Flag):
        return {"true": True, "false": False}.get(text, text)
    if isinstance(field, Whole):
        return int(text) if text.isascii() and text.isdigit() and len(text) < 7 else text
    try:
        if isinstance(field, Day):
            return date.fromisoformat(text)
        if isinstance(field, Moment):
            whole = datetime.fromisoformat(text)
            return whole.date() if field.bare and len(text) == 10 else whole
    except ValueError:
        return text
    return text


__all__ = ["Group", "Input", "entered", "groups"]
