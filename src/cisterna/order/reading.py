"""From a file to a `Prescription`, or a list of everything that is wrong with it."""

import re
import tomllib
from dataclasses import replace
from datetime import time, timedelta
from pathlib import Path
from typing import Any, Literal

from cisterna.facts import Library
from cisterna.order.agreement import OFFSET, at_fill_offset, disagreements
from cisterna.order.form import Problem, Unusable
from cisterna.order.prescription import (
    DAYS,
    CatheterRecord,
    Component,
    FlexStep,
    Infusion,
    OrderDetails,
    Patient,
    PeriodicBolus,
    Prescription,
    PumpRecord,
    Remote,
    Segment,
    Solution,
)
from cisterna.order.schema import prescription_form

_LARGEST_FILE = 200_000
_KEY = r"""(?:[\w-]+|"(?:[^"\\\n]|\\.)*"|'[^'\n]*')"""
_TOO_DEEP = re.compile(rf"[\[{{]{{40}}|(?:\.[ \t]*{_KEY}[ \t]*){{40}}")

Holds = Literal["this", "csf"] | Prescription


def read_prescription(path: str | Path, library: Library) -> Prescription:
    """Read a prescription file and the one it may name under `line.holds`.

    Raises `Unusable` with every problem; writes nothing and guesses nothing.
    """
    return _read(Path(path), library, follow=True)


def prescription_from_text(
    text: str,
    library: Library,
    name: str = "the order",
    previous: Prescription | None = None,
) -> Prescription:
    """Read a prescription from TOML text, where no folder is at hand.

    A path under `line.holds` then means `previous`; without one it is refused. Raises `Unusable`.
    """
    table = _parse(text, name)
    line = table.get("line")
    holds = line.get("holds", "this") if isinstance(line, dict) else "this"
    named = isinstance(holds, str) and holds not in ("this", "csf")
    if named and previous is None:
        expected = '"this", "csf", or the previous prescription given beside this one'
        raise Unusable(name, [Problem("line.holds", repr(holds[:80]), expected)])
    rx = _build(table, name, Path(), library, follow=False)
    return replace(rx, holds=previous) if named and previous is not None else rx


def _read(path: Path, library: Library, follow: bool) -> Prescription:
    return _build(load_toml(path), str(path), path.parent, library, follow)


def load_toml(path: Path) -> dict[str, Any]:
    """A TOML file a person wrote; raises `Unusable` for whatever is no such thing."""
    name = str(path)
    try:
        if not path.is_file():
            raise Unusable(name, [Problem("file", "nothing there", "a prescription file")])
        size = path.stat().st_size
        if size > _LARGEST_FILE:
            expected = f"at most {_LARGEST_FILE} bytes"
            raise Unusable(name, [Problem("file", f"{size} bytes", expected)])
        text = path.read_bytes().decode("utf-8")
    except UnicodeDecodeError:
        raise Unusable(name, [Problem("file", "bytes that are no UTF-8 text", "TOML")]) from None
    except (OSError, ValueError) as problem:
        if isinstance(problem, Unusable):
            raise
        raise Unusable(name[:200], [Problem("file", str(problem)[:200], "readable")]) from None
    return _parse(text, name)


def _parse(text: str, name: str) -> dict[str, Any]:
    if text.count("[") > 20_000 or _TOO_DEEP.search(text):
        raise Unusable(name, [Problem("file", "deeply nested brackets or keys", "a prescription")])
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as problem:
        raise Unusable(name, [Problem("file", f"no valid TOML: {problem}", "TOML")]) from None
    except (RecursionError, ValueError, OverflowError) as problem:
        found = f"no valid TOML: {str(problem)[:80]}"
        raise Unusable(name, [Problem("file", found, "TOML")]) from None


def _build(
    table: dict[str, Any], name: str, folder: Path, library: Library, follow: bool
) -> Prescription:
    problems: list[Problem] = []
    values = prescription_form(library).fill(table, "", problems)
    named = {p.key for p in problems}
    problems += [p for p in disagreements(values, library) if not _follows(p, named)]
    holds = _holds(values.get("line", {}).get("holds", "this"), name, folder, library, follow)
    if isinstance(holds, Unusable):
        problems += holds.problems
    if isinstance(holds, Unusable) or problems:
        raise Unusable(name, problems)
    return _prescription(values, name, library, holds)


def _follows(problem: Problem, named: set[str]) -> bool:
    """Whether a problem only follows from one that the form has named."""
    return any(key == problem.key or key.startswith(f"{problem.key}[") for key in named)


def _holds(holds: str, name: str, folder: Path, library: Library, follow: bool) -> Holds | Unusable:
    """What the line is full of; a previous prescription is read, but not what it followed."""
    if holds == "csf":
        return "csf"
    if holds == "this" or not follow:
        return "this"
    path = folder / holds
    if path == Path(name):
        expected = "the path of the previous prescription"
        return Unusable(name, [Problem("line.holds", "this very file", expected)])
    try:
        return _read(path, library, follow=False)
    except Unusable as unusable:
        key = f"line.holds ({holds[:80]})"
        found = [Problem(f"{key}: {p.key}", p.found, p.expected) for p in unusable.problems]
        return Unusable(name, found)


def _prescription(
    values: dict[str, Any], name: str, library: Library, holds: Holds
) -> Prescription:
    """Put the values together; the form and `disagreements` have nothing against them."""
    solution = _solution(values["solution"], library)
    return Prescription(
        file=name,
        order=_order(values.get("order", {}), solution),
        patient=_patient(values.get("patient", {}), library),
        pump=_pump(values["pump"], library),
        catheter=_catheter(values.get("catheter"), library),
        holds=holds,
        solution=solution,
        infusion=_infusion(values["infusion"]),
        remote=Remote(**values["remote"]) if "remote" in values else None,
        per_24h=values.get("limits", {}).get("per_24h"),
        floor=values.get("safe", {}).get("floor"),
        low_reservoir=values.get("alarm", {}).get("low_reservoir"),
    )


def _order(row: dict[str, Any], solution: Solution) -> OrderDetails:
    return OrderDetails(
        by=row.get("by"),
        stated_phase=row.get("phase"),
        jurisdiction=row.get("jurisdiction", "US"),
        previous_daily_dose=row.get("previous_daily_dose"),
        changed_at=at_fill_offset(row.get("changed_at"), solution.filled_at),
        screening_dose=row.get("screening_dose"),
        screening_effect=row.get("screening_effect"),
    )


def _patient(row: dict[str, Any], library: Library) -> Patient:
    indication = row.get("indication")
    return Patient(
        name=row.get("name"),
        id=row.get("id"),
        born=row.get("born"),
        stated_age=row.get("age"),
        sex=row.get("sex"),
        height=row.get("height"),
        weight=row.get("weight"),
        indication=None if not indication else library.term("indication", indication),
        opioid_tolerant=row.get("opioid_tolerant"),
        conditions=row.get("conditions"),
        medicines=row.get("medicines"),
        zone=row.get("zone"),
    )


def _pump(row: dict[str, Any], library: Library) -> PumpRecord:
    offset = row.get("offset")
    return PumpRecord(
        model=library.pump(row["model"]),
        serial=row.get("serial"),
        implanted=row.get("implanted"),
        eri=row.get("eri"),
        ziconotide_exposed=row.get("ziconotide_exposed"),
        tubing_volume=row.get("tubing_volume"),
        fixed_flow=row.get("fixed_flow"),
        stated_offset=None if offset is None else _offset(offset),
    )


def _catheter(row: dict[str, Any] | None, library: Library) -> CatheterRecord | None:
    if row is None:
        return None
    segments = tuple(
        Segment(library.catheter(s["model"]), s["supplied"], s["trimmed"], s.get("new", False))
        for s in row.get("segment", ())
    )
    return CatheterRecord(row.get("tip"), segments)


def _solution(row: dict[str, Any], library: Library) -> Solution:
    filled_at = row["filled_at"]
    prepared = at_fill_offset(row.get("prepared"), filled_at)
    components = tuple(_component(d, library) for d in row["drug"])
    return Solution(prepared, filled_at, row["fill_volume"], components)


def _component(row: dict[str, Any], library: Library) -> Component:
    drug, product = library.drug(row["name"]), row.get("product")
    return Component(
        drug,
        row["concentration"],
        None if product is None else drug.products[product],
        row.get("preservative_free"),
    )


def _infusion(row: dict[str, Any]) -> Infusion:
    mode, periodic = row["mode"], None
    if mode == "periodic-bolus":
        periodic = PeriodicBolus(
            row["dose"],
            row["duration"],
            row["interval"],
            row.get("first", time()),
            row["background"],
        )
    steps = tuple(
        FlexStep(s["from"], s["dose_rate"], s.get("days", DAYS)) for s in row.get("step", ())
    )
    return Infusion(row["primary"], mode, row.get("daily_dose"), steps, periodic)


def _offset(text: str) -> timedelta:
    match = OFFSET.fullmatch(text)
    if match is None or text == "Z":
        return timedelta(0)
    size = timedelta(hours=int(match[2]), minutes=int(match[3]))
    return -size if match[1] == "-" else size
