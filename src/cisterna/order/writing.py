"""A tree of plain tables as the text of a prescription file: what `reading` reads back.

Tables of the first level become `[sections]`, lists of tables inside them `[[rows]]`.
"""

import json
from collections.abc import Iterator, Mapping
from datetime import date, datetime, time
from typing import Any


def toml_text(tree: Mapping[str, Any]) -> str:
    """The tree as TOML. Raises `TypeError` for a value that a prescription cannot hold."""
    plain = {k: v for k, v in tree.items() if not isinstance(v, Mapping)}
    parts = [list(_pairs(plain))]
    for name, table in tree.items():
        if isinstance(table, Mapping):
            parts += _section(name, table)
    return "\n\n".join("\n".join(lines) for lines in parts if lines) + "\n"


def _section(name: str, table: Mapping[str, Any]) -> Iterator[list[str]]:
    rows = {k: v for k, v in table.items() if _is_rows(v)}
    yield [f"[{name}]", *_pairs({k: v for k, v in table.items() if k not in rows})]
    for key, several in rows.items():
        for row in several:
            yield [f"[[{name}.{key}]]", *_pairs(row)]


def _is_rows(value: object) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(v, Mapping) for v in value)


def _pairs(table: Mapping[str, Any]) -> Iterator[str]:
    for key, value in table.items():
        yield f"{_text(key)} = {_value(value)}" if not _bare(key) else f"{key} = {_value(value)}"


def _bare(key: str) -> bool:
    return key.isascii() and key.replace("-", "").replace("_", "").isalnum()


def _value(value: object) -> str:
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, list | tuple):
        return f"[{', '.join(_value(v) for v in value)}]"
    raise TypeError(f"{type(value).__name__} has no place in a prescription")


def _text(text: str) -> str:
    """A JSON string is a basic string of TOML, but for one character."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
