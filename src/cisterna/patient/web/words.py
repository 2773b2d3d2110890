"""The words of the patient's pages: `words/AREA.LANGUAGE.toml`, every area in every language.

A key is `area.table.name`, such as `base.menu.home`. Words hold `{names}` that the page fills in; a
key that nobody wrote, or a name that is not given, is a fault of ours and raises at once.
"""

import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from django.utils.html import conditional_escape
from django.utils.safestring import SafeString, mark_safe

from cisterna.patient.web.language import LANGUAGES, spoken

FOLDER = Path(__file__).parent / "words"


@cache
def words(language: str) -> Mapping[str, str]:
    """Every line of a language by its key."""
    found: dict[str, str] = {}
    for file in sorted(FOLDER.glob(f"*.{language}.toml")):
        area = file.name.partition(".")[0]
        found |= dict(_flat(area, tomllib.loads(file.read_text("utf-8"))))
    return found


def areas() -> tuple[str, ...]:
    """The areas that there are files of."""
    return tuple(sorted({file.name.partition(".")[0] for file in FOLDER.glob("*.toml")}))


def say(key: str, language: str = "", /, **given: Any) -> str:
    """One line in a language, or in that of the page. Raises `KeyError`."""
    return words(language or spoken())[key].format_map(given)


def say_html(key: str, /, **given: Any) -> SafeString:
    """One line for a template, what is filled in escaped unless it is safe."""
    line = conditional_escape(words(spoken())[key])
    return mark_safe(line.format_map({k: conditional_escape(v) for k, v in given.items()}))  # noqa: S308


def lines(prefix: str, language: str = "") -> tuple[str, ...]:
    """The lines of a list of the file, such as `base.help.steps.0` and on, in their order."""
    found = words(language or spoken())
    made: list[str] = []
    while (key := f"{prefix}.{len(made)}") in found:
        made.append(found[key])
    return tuple(made)


def _flat(prefix: str, value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield prefix, value
        return
    pairs = enumerate(value) if isinstance(value, list) else value.items()
    for name, below in pairs:
        yield from _flat(f"{prefix}.{name}", below)


__all__ = ["LANGUAGES", "areas", "lines", "say", "say_html", "words"]
