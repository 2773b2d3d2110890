"""The scenario: a prescription in a virtual pump, how long, and what happens to it.

    scenario = read_scenario("mri-stall.toml", Library())
    scenario.events[0]        # Mri(at_ms=691200000, lasts_ms=2700000, recovery_ms=43200000)

A file with an error is refused like a prescription: `Unusable` names file, key, what was found
and what is expected, every problem in one go, those of the prescriptions that it names included.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from fractions import Fraction
from pathlib import Path
from typing import Any

from cisterna.facts import Library
from cisterna.order.form import Problem, Unusable
from cisterna.order.prescription import Prescription
from cisterna.order.reading import load_toml, read_prescription
from cisterna.pump.scenario_events import (
    AlarmSilence,
    ClinicianBolus,
    ClockSet,
    Event,
    Interrogate,
    Leak,
    Mri,
    Occlusion,
    OverInfusion,
    PowerLoss,
    Program,
    Refill,
    RemoteRequest,
    Restart,
    SensorStuck,
    Stall,
)
from cisterna.pump.scenario_schema import scenario_form
from cisterna.quantity import Quantity, show

_MRI_MS, _RECOVERY_MS = 30 * 60_000, 15 * 60_000

Values = dict[str, Any]
Orders = dict[str, Prescription]


@dataclass(frozen=True, slots=True)
class Scenario:
    """One run. Events are sorted by time; those of one time keep the order of the file.

    The first fill happens at `start`. `accuracy` is the constant relative error of the flow. An
    event at the very end (`at_ms` equal to `length_ms`) still happens.
    """

    prescription: Prescription
    start: datetime
    length_ms: int
    seed: int
    accuracy: Fraction
    events: tuple[Event, ...]
    file: str


def read_scenario(path: str | Path, library: Library) -> Scenario:
    """Read a scenario file and every prescription that it names.

    Raises `Unusable` with every problem; writes nothing and guesses nothing.
    """
    path = Path(path)
    table = _load(path)
    problems: list[Problem] = []
    values = scenario_form().fill(table, "", problems)
    orders = dict(_orders(values, path.parent, library, problems))
    named = {p.key for p in problems}
    problems += [p for p in _disagreements(values, orders) if p.key not in named]
    if problems:
        raise Unusable(str(path), problems)
    return _scenario(values, orders, str(path))


def _load(path: Path) -> dict[str, Any]:
    try:
        return load_toml(path)
    except Unusable as unusable:
        said = [
            replace(p, expected=p.expected.replace("a prescription", "a scenario"))
            for p in unusable.problems
        ]
        raise Unusable(unusable.file, said) from None


# The prescriptions that a file names -------------------------------------------------------------


def _named(values: Values) -> Iterator[tuple[str, str]]:
    """(key, path) of every prescription that could be read from the file's keys."""
    if "prescription" in values:
        yield "prescription", values["prescription"]
    for n, row in enumerate(values.get("event", ()), 1):
        if "what" in row and "prescription" in row:
            yield f"event[{n}].prescription", row["prescription"]


def _orders(
    values: Values, folder: Path, library: Library, problems: list[Problem]
) -> Iterator[tuple[str, Prescription]]:
    """Each named prescription, read once; one that is unusable adds its problems once."""
    seen: set[str] = set()
    for key, name in _named(values):
        if name in seen:
            continue
        seen.add(name)
        try:
            yield name, read_prescription(folder / name, library)
        except Unusable as unusable:
            at = f"{key} ({name[:80]})"
            problems += [Problem(f"{at}: {p.key}", p.found, p.expected) for p in unusable.problems]


# What the values of one file must say of each other ----------------------------------------------


def _disagreements(values: Values, orders: Orders) -> Iterator[Problem]:
    """Looks at whatever could be read, so that one error does not hide the others."""
    length = values.get("length")
    first = orders.get(values.get("prescription", ""))
    for n, row in enumerate(values.get("event", ()), 1):
        at = f"event[{n}]"
        if length is not None and row.get("at", 0) > length:
            expected = f"at most the length of the run, {_days(length)}"
            yield Problem(f"{at}.at", _days(row["at"]), expected)
        if row.get("what") == "stall" and {"lasts", "until"} <= set(row):
            yield Problem(f"{at}.until", "both lasts and until", "one of them")
        if row.get("what") == "refill":
            yield from _filled_with(row, at)
    for key, name in _named(values):
        if first is not None and name in orders:
            yield from _other_pump(first, orders[name], key)


def _filled_with(row: Values, at: str) -> Iterator[Problem]:
    given = {"prescription", "fill_volume"} & set(row)
    if len(given) != 1:
        found = "both prescription and fill_volume" if given else "nothing"
        yield Problem(f"{at}.fill_volume", found, "either a fill_volume or a prescription")


def _other_pump(first: Prescription, later: Prescription, at: str) -> Iterator[Problem]:
    """Another serial number is for the pump to refuse; another model cannot be in this person."""
    model, found = first.pump.model, later.pump.model
    if found.id != model.id:
        yield Problem(at, f"an order for the {found.name}", f"one for the {model.name}")


def _days(ms: int) -> str:
    return show(Quantity.of(ms, "ms").to("day"))


# Putting it together -----------------------------------------------------------------------------


def _scenario(values: Values, orders: Orders, file: str) -> Scenario:
    rx = orders[values["prescription"]]
    rows = sorted(values.get("event", ()), key=lambda row: int(row["at"]))
    return Scenario(
        prescription=rx,
        start=values.get("start", rx.solution.filled_at),
        length_ms=values["length"],
        seed=values.get("seed", 0),
        accuracy=values.get("accuracy", Fraction(0)),
        events=tuple(_MAKERS[row["what"]](row["at"], row, orders) for row in rows),
        file=file,
    )


def _refill(at: int, row: Values, orders: Orders) -> Refill:
    name = row.get("prescription")
    order = None if name is None else orders[name]
    return Refill(at, row["measured"], order, row.get("fill_volume"))


_MAKERS: dict[str, Callable[[int, Values, Orders], Event]] = {
    "remote-request": lambda at, _, __: RemoteRequest(at),
    "clinician-bolus": lambda at, row, _: ClinicianBolus(at, row["dose"], row["duration"]),
    "program": lambda at, row, orders: Program(
        at, orders[row["prescription"]], row.get("bridge", True)
    ),
    "refill": _refill,
    "interrogate": lambda at, _, __: Interrogate(at),
    "mri": lambda at, row, _: Mri(at, row.get("lasts", _MRI_MS), row.get("recovery", _RECOVERY_MS)),
    "stall": lambda at, row, _: Stall(at, row.get("lasts")),
    "sensor-stuck": lambda at, row, _: SensorStuck(at, row.get("lasts")),
    "restart": lambda at, _, __: Restart(at),
    "over-infusion": lambda at, row, _: OverInfusion(at, row["factor"], row["lasts"]),
    "occlusion": lambda at, row, _: Occlusion(at, row["lasts"], row.get("fraction", Fraction(1))),
    "leak": lambda at, row, _: Leak(at, row["lasts"], row.get("fraction", Fraction(1))),
    "power-loss": lambda at, row, _: PowerLoss(at, row.get("lasts", 0)),
    "clock-set": lambda at, row, _: ClockSet(at, row["to"]),
    "alarm-silence": lambda at, row, _: AlarmSilence(at, row["alarm"]),
}
