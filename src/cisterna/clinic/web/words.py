"""The words of the pages: `words.toml`, and `guided.toml` for what the guided procedures add.

What they lack is made from the name.
So a new act, body or place has a readable page before anybody has written words for it.
"""

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

_FILES = ("words.toml", "guided.toml")


@cache
def _rows() -> Mapping[str, Any]:
    found: dict[str, Any] = {}
    for name in _FILES:
        text = (Path(__file__).parent / name).read_text("utf-8")
        found = _laid_over(found, tomllib.loads(text))
    return found


def _laid_over(under: dict[str, Any], over: dict[str, Any]) -> dict[str, Any]:
    """Both, table by table; the later file says what both say."""
    found = dict(under)
    for name, value in over.items():
        both = isinstance(value, dict) and isinstance(found.get(name), dict)
        found[name] = _laid_over(found[name], value) if both else value
    return found


def words(kind: str, name: str) -> Mapping[str, Any]:
    """What the file says of one thing, such as the act `refer`; empty where it says nothing."""
    row: Any = _rows().get(kind, {}).get(name, {})
    return {"title": row} if isinstance(row, str) else dict(row)


def title(kind: str, name: str) -> str:
    """The name of one thing as a reader sees it."""
    return str(words(kind, name).get("title") or plain(name))


def plain(name: str) -> str:
    """`daily_opioid` is `Daily opioid`."""
    text = name.replace("_", " ").replace("-", " ").strip()
    return text[:1].upper() + text[1:]


def known() -> Mapping[str, Any]:
    """The whole file."""
    return _rows()
