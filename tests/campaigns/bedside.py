"""Does the page at the bedside give the answers of the command line, order after order?

    python -m tests.campaigns.bedside --orders 1000 --minutes 10

Half of the orders are sound ones with a change before them, half are bent at one key or another.
The page and `cisterna plan --json` get the same orders; the first difference ends the campaign.
"""

import argparse
import json
import math
import os
import random
import shutil
import sys
import tempfile
import time
import tomllib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, sync_playwright
from typer.testing import CliRunner

from cisterna.bedside import bedside
from cisterna.cli.app import app
from tests.campaigns.inputs import INFUSIONS, bent_order
from tests.conftest import ARGUMENTS, NAMES
from tests.orders import Tree, order, toml

READY = "body[data-ready=true]"
PROGRESS_EVERY = 100
_MIXED = {"name": "bupivacaine", "concentration": "7.5 mg/mL", "preservative_free": True}

Ask = Callable[[str | None, str], dict[str, Any]]


@dataclass(frozen=True)
class Answer:
    """The exit code and, for 0 and 1, the object; for 2 the problems as lines of text."""

    code: int
    body: Any


def pairs(seed: int) -> Iterator[tuple[str | None, str]]:
    """Endless (old, new): the texts of an order and of the one before it, or None."""
    for number in count():
        chance = random.Random(f"{seed}:{number}")  # noqa: S311 - repeatable, not secret
        yield _change(chance) if number % 2 else _bent(chance)


def _change(chance: random.Random) -> tuple[str, str]:
    old, new = _sound(chance), _sound(chance)
    same = {key: old[key] for key in ("pump", "catheter", "patient")}
    return toml(old), toml({**new, **same, "line": {"holds": "old.toml"}})


def _sound(chance: random.Random) -> Tree:
    mode = chance.choice(tuple(INFUSIONS)[:3])
    infusion = {"primary": "morphine", "mode": mode, **INFUSIONS[mode]}
    if mode == "continuous":
        infusion["daily_dose"] = f"{chance.randint(5, 120) / 10} mg/day"
    made = order(
        infusion=infusion,
        limits=None,
        remote=chance.choice((None, {**order()["remote"]})),
        pump__tubing_volume=chance.choice((None, "0.140 mL")),
        patient__zone=chance.choice((None, "America/New_York", "Asia/Kathmandu")),
        catheter__segment__0__trimmed=f"{chance.randint(0, 600) / 10} cm",
        solution__fill_volume=f"{chance.randint(8, 20)} mL",
        solution__drug__0__concentration=f"{chance.choice((2, 5, 10, 12.5, 20, 25))} mg/mL",
    )
    if chance.random() < 0.3:
        made["solution"]["drug"].append(_MIXED)
    return made


def _bent(chance: random.Random) -> tuple[str | None, str]:
    """A bent order alone; one that names another file is drawn again: the page has no folder."""
    while True:
        text = bent_order(chance)
        try:
            line = tomllib.loads(text).get("line")
        except ValueError:
            return None, text
        holds = line.get("holds") if isinstance(line, dict) else None
        if not isinstance(holds, str) or holds in ("this", "csf"):
            return None, text


def command_line(old: str | None, new: str) -> Answer:
    """What `cisterna plan --json` says of these orders, without the spine: that is no order."""
    with tempfile.TemporaryDirectory() as folder:
        texts = {"old.toml": old, "new.toml": new}
        files = {str(Path(folder) / name): text for name, text in texts.items() if text is not None}
        for path, text in files.items():
            Path(path).write_text(text, "utf-8")
        done = CliRunner().invoke(app, ["plan", *files, "--json", "--cohort", "0"])
        if done.exit_code == 2:
            return Answer(2, done.stderr.replace(f"{folder}/", "").strip())
    if done.exception and not isinstance(done.exception, SystemExit):
        raise done.exception
    body = json.loads(done.stdout)
    body.pop("spine", None)
    return Answer(done.exit_code, body)


def in_page(page: Page, old: str | None, new: str) -> Answer:
    """What the page says of them; of two unusable orders it is compared on the one read first."""
    found = page.evaluate("given => cisterna.ask('answer', ...given)", [old, new, True, {}])
    if found["code"] != 2:
        return Answer(found["code"], found["plan"])
    problems = found["problems"]
    first = "new" if any(p["pane"] == "new" for p in problems) else "old"
    lines = [
        f"{first}.toml: {p['key']}: found {p['found']}, expected {p['expected']}"
        for p in problems
        if p["pane"] == first
    ]
    return Answer(2, "\n".join(lines).strip())


def alike(one: Answer, other: Answer) -> bool:
    """Whether two answers are the same, digit by digit.

    Only mixing in the line is worked out in floats, whose last digits are the mathematical
    library's own: there 9 digits are compared.
    """
    return one.code == other.code and _alike(one.body, other.body)


def _alike(one: Any, other: Any, mixing: bool = False) -> bool:
    if isinstance(one, dict) and isinstance(other, dict):
        if mixing and set(one) == set(other) == {"value", "unit"}:
            a, b = float(one["value"]), float(other["value"])
            return one["unit"] == other["unit"] and math.isclose(a, b, rel_tol=1e-9, abs_tol=1e-12)
        return set(one) == set(other) and all(
            _alike(one[k], other[k], mixing or k.endswith("-dispersed")) for k in one
        )
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_alike, one, other))
    return bool(one == other)


@contextmanager
def opened(file: Path) -> Iterator[Page]:
    """The page in the system's Chromium, when its Python is ready."""
    named = os.environ.get("CISTERNA_CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), "")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=named, args=ARGUMENTS)
        page = browser.new_page()
        page.goto(file.resolve().as_uri())
        page.wait_for_selector(READY, timeout=120_000)
        yield page
        browser.close()


def campaign(page: Page, seed: int, orders: int, minutes: float) -> tuple[int, str]:
    """(how many agreed, the first difference or nothing)."""
    until = time.monotonic() + minutes * 60
    for number, (old, new) in enumerate(pairs(seed)):
        if number == orders or time.monotonic() > until:
            return number, ""
        wanted, given = command_line(old, new), in_page(page, old, new)
        if not alike(wanted, given):
            return number, f"{old}\n---\n{new}\n---\n{wanted}\n---\n{given}"
        if number % PROGRESS_EVERY == PROGRESS_EVERY - 1:
            print(f"seed {seed}: {number + 1} orders agree", flush=True)
    raise AssertionError("the orders are endless")


def main(arguments: Sequence[str] | None = None) -> int:
    """The command."""
    parser = argparse.ArgumentParser(description="Compare the page with the command line.")
    parser.add_argument("--orders", type=int, default=1000, help="stop after so many orders")
    parser.add_argument("--minutes", type=float, default=10, help="stop after so many minutes")
    parser.add_argument("--seed", type=int, default=1, help="which orders")
    given = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        file = bedside(Path(folder) / "bedside.html")
        with opened(file) as page:
            agreed, difference = campaign(page, given.seed, given.orders, given.minutes)
    print(f"seed {given.seed}: the page and the command line agree on {agreed} orders")
    if difference:
        print(f"They differ on order {agreed}:\n{difference}", file=sys.stderr)
    return 1 if difference else 0


if __name__ == "__main__":
    sys.exit(main())
