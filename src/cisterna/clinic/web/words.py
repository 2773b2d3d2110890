"""The words of the pages, in one file for each language; what it lacks is made from the name.

So a new act, body or place has a readable page before anybody has written words for it.
"""

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

_FILE = Path(__file__).parent / "words.toml"


@cache
def _rows() -> Mapping[str, Any]:
    return tomllib.loads(_FILE.read_text("utf-8"))


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
