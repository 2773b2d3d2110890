"""Is every command shown in the documents real? Run it and hold its output against the page.

    .venv/bin/python scripts/shown_output.py          # say which pages differ, exit 1 if any does
    .venv/bin/python scripts/shown_output.py --write  # put the real output into the pages

A `console` block starts with `$ cisterna …`; what follows is the output. A line `…` stands for
lines left out, and the parts around it keep their number of lines. A `toml` block with
title="NAME" is written as NAME before the commands after it run; with title="NAME, changed" its
lines replace the lines of NAME with the same keys. Everything runs in a folder of its own, with
the repository's examples beside it.
"""

import os
import re
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGES = (ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md")))
FENCE = re.compile(
    r'^```(console|toml title="([\w.-]+)(, changed)?")\n(.*?)^```$', re.DOTALL | re.MULTILINE
)
WIDTH = "88"
GAP = "…"


def main(write: bool) -> int:
    """Check or rewrite every page; the exit code."""
    wrong = [name for page in PAGES for name in check_page(page, write)]
    for name in wrong:
        print(name)
    return 1 if wrong else 0


def check_page(page: Path, write: bool) -> list[str]:
    """The blocks of a page whose output is not the shown one, as `page:line: command`."""
    text, wrong, pieces, at = page.read_text("utf-8"), [], [], 0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "examples").symlink_to(ROOT / "examples")
        for block in FENCE.finditer(text):
            file, changed, body = block[2], block[3], block[4]
            if file:
                place = folder / file
                place.write_text(edited(place.read_text("utf-8"), body) if changed else body)
                continue
            real = shortened(as_shown(body, folder), body)
            if body == real:
                continue
            line = text.count("\n", 0, block.start()) + 1
            wrong.append(f"{page.relative_to(ROOT)}:{line}: {body.splitlines()[0]}")
            pieces += [text[at : block.start(4)], real]
            at = block.end(4)
    if write and pieces:
        page.write_text("".join([*pieces, text[at:]]), "utf-8")
    return wrong


def edited(text: str, changes: str) -> str:
    """The file with each line of `changes` in place of the one line with the same key."""
    lines = text.splitlines()
    for change in changes.splitlines():
        key = change.partition("=")[0]
        (place,) = (n for n, line in enumerate(lines) if line.partition("=")[0] == key)
        lines[place] = change
    return "\n".join(lines) + "\n"


def as_shown(body: str, folder: Path) -> str:
    """The block as it really comes out: each `$ ` line with its output."""
    commands = [line for line in body.splitlines() if line.startswith("$ ")]
    return "".join(f"{line}\n{run(line[2:], folder)}" for line in commands)


def run(command: str, folder: Path) -> str:
    """What a `cisterna` command prints, errors included."""
    words = shlex.split(command)
    if words[0] != "cisterna":
        raise SystemExit(f"only cisterna commands can be shown, not {command}")
    words[0] = str(Path(sys.executable).with_name("cisterna"))
    clean = {k: v for k, v in os.environ.items() if k not in ("CISTERNA_SITE", "FORCE_COLOR")}
    env = {**clean, "COLUMNS": WIDTH, "NO_COLOR": "1", "TERM": "dumb", "LC_ALL": "C.UTF-8"}
    done = subprocess.run(  # noqa: S603 - the commands stand in our own pages
        words, cwd=folder, env=env, capture_output=True, text=True, check=False, timeout=120
    )
    lines = [line.rstrip() for line in (done.stdout + done.stderr).splitlines()]
    return "\n".join(lines).strip("\n") + "\n"


def shortened(real: str, shown: str) -> str:
    """The real output with as many lines left out as the shown block leaves out."""
    lines, shape = real.splitlines(), shown.splitlines()
    if GAP not in shape:
        return real
    head = shape.index(GAP)
    tail = len(shape) - head - 1
    return "\n".join([*lines[:head], GAP, *lines[len(lines) - tail :]]) + "\n"


if __name__ == "__main__":
    raise SystemExit(main("--write" in sys.argv[1:]))
