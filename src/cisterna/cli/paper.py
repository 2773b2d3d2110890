"""The sheet for paper as a file: there whole or not at all, and never over what is not its own.

An earlier sheet of the same person is replaced; any other file that stands there is kept.
"""

import re
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from cisterna.order.form import Problem, Unusable

if TYPE_CHECKING:
    from cisterna.facts import Library
    from cisterna.order.plan import Plan
    from cisterna.spine.profile import Profile

_HEAD = 8192
_TITLE = re.compile("<title>Plan of a [a-z ]+ · (.*?)</title>", re.DOTALL)


def write_sheet(path: Path, plan: "Plan", facts: "Library", spine: "Profile | None") -> None:
    """Write beside the place, then into it; raises `Unusable`, and then leaves nothing behind."""
    from cisterna.order.sheet import sheet  # noqa: PLC0415

    more = []
    if spine is not None:
        from cisterna.spine.drawing import spine_section  # noqa: PLC0415

        more = [spine_section(spine)]
    text = sheet(plan, facts, more)
    try:
        _refuse_other(path, text)
        path.parent.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(dir=path.parent, prefix=".cisterna-") as folder:
            part = Path(folder) / path.name
            part.write_text(text, "utf-8")
            part.replace(path)
    except OSError as problem:
        raise _unusable(str(problem)[:200], "a place that can be written") from None


def _refuse_other(path: Path, text: str) -> None:
    """Raise `Unusable` for anything there but an earlier sheet of the same person."""
    if not (path.exists() or path.is_symlink()):
        return
    own = path.is_file() and not path.is_symlink()
    if not own or _whose(_start(path)) != _whose(text[:_HEAD]):
        expected = "a new file, or an earlier sheet of the same person to replace"
        raise _unusable(f"something else at {path}", expected)


def _start(path: Path) -> str:
    with path.open(encoding="utf-8", errors="replace") as file:
        return file.read(_HEAD)


def _whose(start: str) -> str | None:
    found = _TITLE.search(start)
    return found[1] if found else None


def _unusable(found: str, expected: str) -> Unusable:
    return Unusable("command line", [Problem("--html", found, expected)])
