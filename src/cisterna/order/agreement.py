"""What the values of one file must say of each other.

Looks at whatever could be read, so that a file with an unreadable value still has all its other
problems named in one go. A key that is missing or unreadable is the form's to name, not ours.
"""

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from cisterna.facts import Library, UnknownFact, known
from cisterna.order.form import Problem, shown
from cisterna.order.prescription import DAYS
from cisterna.quantity import Quantity, show

OFFSET = re.compile(r"([+-])([01][0-9]):([0-5][0-9])|Z")

# A schedule is worked out piece by piece; beyond these it is no schedule that a pump could hold.
MOST_STEPS_A_DAY = 96
SHORTEST_INTERVAL = Quantity.of(5, "min")

KEYS_OF_MODE = {
    "continuous": ("daily_dose",),
    "flex": ("step",),
    "periodic-bolus": ("dose", "duration", "interval", "first", "background"),
    "minimum-rate": (),
    "stopped": (),
}

Values = dict[str, Any]


def disagreements(values: Values, library: Library) -> Iterator[Problem]:
    """Every problem between the values of a file that was read against its form."""
    solution, infusion = values.get("solution", {}), values.get("infusion", {})
    yield from _times(values)
    yield from _person(values.get("patient", {}), library)
    yield from _pump(values.get("pump", {}), library)
    yield from _catheter(values.get("catheter", {}))
    yield from _drugs(solution.get("drug", []), library)
    yield from _primary(infusion, solution.get("drug", []))
    yield from _mode(infusion)
    yield from _steps(infusion.get("step", []))
    if infusion.get("mode") == "stopped" and "remote" in values:
        yield Problem("remote", "a patient dose on a stopped pump", "no [remote] table")


def at_fill_offset(value: datetime | date | None, filled_at: datetime) -> datetime | None:
    """A bare date counts from 00:00 at the offset of the fill time."""
    if value is None or isinstance(value, datetime):
        return value
    return datetime.combine(value, time(), filled_at.tzinfo or UTC)


def _times(values: Values) -> Iterator[Problem]:
    filled_at = values.get("solution", {}).get("filled_at")
    if filled_at is None:
        return
    prepared = at_fill_offset(values["solution"].get("prepared"), filled_at)
    if prepared is not None and prepared > filled_at:
        yield Problem("solution.prepared", "a time after filled_at", "one before it")
    changed = at_fill_offset(values.get("order", {}).get("changed_at"), filled_at)
    if changed is not None and changed > filled_at:
        expected = "the last change before this order"
        yield Problem("order.changed_at", "a time after filled_at", expected)
    born = values.get("patient", {}).get("born")
    if born is not None and born > filled_at.date():
        yield Problem("patient.born", "a date after filled_at", "a birth date before it")


def _person(row: Values, library: Library) -> Iterator[Problem]:
    if "born" in row and "age" in row:
        yield Problem("patient.age", "both born and age", "one of them")
    zone = row.get("zone")
    if zone is not None and not _zone_exists(zone):
        yield Problem("patient.zone", shown(zone), "an IANA zone such as America/New_York")
    for condition in row.get("conditions", ()):
        _, colon, name = condition.partition(":")
        try:
            known(name if colon else library.drug_ids[0], library.drug_ids, "drug")
        except UnknownFact as problem:
            expected = f"hypersensitivity:DRUG; {problem}"
            yield Problem("patient.conditions", shown(condition), expected)


def _zone_exists(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (OSError, ValueError, LookupError):
        return False
    return True


def _pump(row: Values, library: Library) -> Iterator[Problem]:
    offset = row.get("offset")
    if offset is not None and not OFFSET.fullmatch(offset):
        yield Problem("pump.offset", shown(offset), 'an offset such as "-05:00"')
    if "model" not in row:
        return
    model = library.pump(row["model"])
    constant = model.kind == "constant-flow"
    if constant and "fixed_flow" not in row:
        yield Problem("pump.fixed_flow", "nothing", "the flow of this constant-flow pump")
    if "fixed_flow" in row and not constant:
        yield Problem("pump.fixed_flow", "a fixed flow", f"none: {model.name} is programmable")


def _catheter(row: Values) -> Iterator[Problem]:
    for number, segment in enumerate(row.get("segment", ()), 1):
        if {"trimmed", "supplied"} <= set(segment) and segment["trimmed"] >= segment["supplied"]:
            found = "as much as was supplied, or more"
            yield Problem(f"catheter.segment[{number}].trimmed", found, "less than supplied")


def _drugs(rows: list[Values], library: Library) -> Iterator[Problem]:
    names: set[str] = set()
    for number, row in enumerate(rows, 1):
        name, product = row.get("name"), row.get("product")
        if name is None:
            continue
        key = f"solution.drug[{number}]"
        if name in names:
            yield Problem(f"{key}.name", f"{name} more than once", "each drug once")
        names.add(name)
        products = library.drug(name).products
        if product is not None and product not in products:
            expected = f"a product of {name}: {', '.join(products) or 'none is known'}"
            yield Problem(f"{key}.product", shown(product), expected)


def _primary(infusion: Values, drugs: list[Values]) -> Iterator[Problem]:
    names = [row.get("name") for row in drugs]
    primary = infusion.get("primary")
    if primary is None or not names or None in names or primary in names:
        return
    expected = f"a drug of the solution: {', '.join(map(str, names))}"
    yield Problem("infusion.primary", shown(primary), expected)


def _mode(row: Values) -> Iterator[Problem]:
    mode = row.get("mode")
    if mode is None:
        return
    allowed = KEYS_OF_MODE[mode]
    takes = f"which takes {', '.join(allowed)}" if allowed else "which takes none"
    for key in sorted(set(row) - {"mode", "primary", *allowed}):
        yield Problem(f"infusion.{key}", "a value", f"no such key in mode {mode}, {takes}")
    for key in allowed:
        if key not in row and key != "first":
            yield Problem(f"infusion.{key}", "nothing", f"a value: mode {mode} needs it")
    duration, interval = row.get("duration"), row.get("interval")
    if interval is not None and interval < SHORTEST_INTERVAL:
        expected = f"at least {show(SHORTEST_INTERVAL)} from start to start"
        yield Problem("infusion.interval", show(interval), expected)
    if interval is not None and duration is not None and duration > interval:
        yield Problem("infusion.duration", "longer than the interval", "at most as long")


def _steps(rows: list[Values]) -> Iterator[Problem]:
    if not rows or any("from" not in row for row in rows):
        return
    starts = {day: [r["from"] for r in rows if day in r.get("days", DAYS)] for day in DAYS}
    for day, times in starts.items():
        for at in sorted({t for t in times if times.count(t) > 1}):
            found = f"two steps on {day} at {at:%H:%M}"
            yield Problem("infusion.step", found, "one step at a time")
        if time() not in times:
            expected = "a first step at 00:00 on each day"
            yield Problem("infusion.step", f"no step on {day} at 00:00", expected)
        if len(times) > MOST_STEPS_A_DAY:
            found = f"{len(times)} steps on {day}"
            yield Problem("infusion.step", found, f"at most {MOST_STEPS_A_DAY} in a day")
