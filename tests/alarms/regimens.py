"""The accepted regimens as orders: parsed from their own words, completed where they are silent.

A regimen that names no pump gets the reference pump; one that names no concentration gets a 1-2-5
concentration that gives 0.2–0.5 mL/day. What was completed is marked.
"""

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

from cisterna.facts import Library, table
from cisterna.order.prescription import Prescription
from cisterna.order.reading import prescription_from_text
from cisterna.quantity import Quantity, decimal_text

_DOSE = re.compile(r"([a-z]+ )?([0-9.]+)(?:-([0-9.]+))? (mg|mcg)")
_PARTS = re.compile(r";\s*")
_INDICATIONS = (
    ("cancer|tumour|head and neck", "cancer-pain"),
    ("cerebral origin|cerebral palsy", "cerebral-palsy"),
    ("stroke|brain injury", "brain-injury"),
    ("spinal cord injury|spinal origin|spinal spasticity", "spinal-cord-injury"),
    ("multiple sclerosis", "multiple-sclerosis"),
    ("failed back|postlaminectomy", "failed-back-surgery-syndrome"),
    ("CRPS", "complex-regional-pain-syndrome"),
    ("pain", "failed-back-surgery-syndrome"),
)


@dataclass
class Case:
    """One order of one regimen; `completed` says what is ours."""

    id: str
    end: str
    rx: Prescription
    completed: list[str] = field(default_factory=list)


@dataclass
class Left:
    """A regimen that gives no order, and why."""

    id: str
    why: str


@cache
def completions() -> dict[str, Any]:
    """The hand-written completions."""
    return tomllib.loads((Path(__file__).parent / "completions.toml").read_text("utf-8"))


def cases(library: Library) -> Iterator[Case | Left]:
    """Every regimen as one or two orders (both ends of a range)."""
    for row in table("regimens")["regimen"]:
        unknown = [d for d in _drugs(row) if d not in library.drug_ids]
        if unknown:
            yield Left(row["id"], f"not in the formulary: {', '.join(unknown)}")
            continue
        ends = list(_ends(row))
        if not ends:
            yield Left(row["id"], "prints no dose")
        for end, doses, bolus in ends:
            yield _case(row, end, doses, bolus, library)


def _drugs(row: dict[str, Any]) -> list[str]:
    return _PARTS.split(row["drugs"])


def _ends(row: dict[str, Any]) -> Iterator[tuple[str, dict[str, Quantity], bool]]:
    """(which end, dose of each drug, whether these are boluses)."""
    if row["daily_dose"]:
        yield (
            "as printed",
            {n: low for n, (low, _) in _doses(row, row["daily_dose"]).items()},
            False,
        )
        return
    text, bolus = (row["dose_range"], False) if row["dose_range"] else (row["bolus"], True)
    found = _doses(row, text)
    if not found:
        return
    low = {n: a for n, (a, _) in found.items()}
    high = {n: b for n, (_, b) in found.items()}
    if low == high:
        yield "bound", high, bolus
    else:
        yield "low end", low, bolus
        yield "high end", high, bolus


def _doses(row: dict[str, Any], text: str) -> dict[str, tuple[Quantity, Quantity]]:
    """Smallest and largest printed dose of each drug."""
    bolus = text == row["bolus"]
    text = re.sub(r"\(.*?\)", "", text)
    stepped = re.match(r"([a-z]+) ([0-9., then]+) (mg|mcg)", text)
    if stepped and not row["dose_range"]:
        numbers = re.findall(r"[0-9.]+", stepped[2])
        values = sorted((Quantity.of(n, stepped[3]) for n in numbers), key=lambda q: q.base)
        if len(values) > 1:
            return {stepped[1]: (values[0], values[-1])}
    found: dict[str, tuple[Quantity, Quantity]] = {}
    for part in _PARTS.split(text):
        match = _DOSE.search(part)
        if not match:
            continue
        name = (match[1] or "").strip()
        drug = name if name in _drugs(row) else next((d for d in _drugs(row) if d in part), None)
        drug = drug or _drugs(row)[0]
        unit = match[4] if bolus else f"{match[4]}/day"
        low, high = match[2].rstrip("."), (match[3] or match[2]).rstrip(".")
        if re.search(r"to [0-9.]+ (mg|mcg)", part) and "above" in part:
            high = re.search(r"to ([0-9.]+)", part)[1]  # type: ignore[index]
        found[drug] = (Quantity.of(low, unit), Quantity.of(high, unit))
    return {n: pair for n, pair in found.items() if pair[1]}


def _case(
    row: dict[str, Any], end: str, doses: dict[str, Quantity], bolus: bool, library: Library
) -> Case:
    extra = completions()["regimen"].get(row["id"], {})
    completed = list(extra.get("completed", ()))
    doses = {n: d for n, d in doses.items() if d} or doses
    if set(doses) != set(_drugs(row)):
        left_out = ", ".join(sorted(set(_drugs(row)) - set(doses)))
        completed.append(f"ordered without {left_out}, whose dose is not printed")
    pump = _pump(row, bolus, completed)
    concentrations = _concentrations(row, doses, bolus, end, pump, completed)
    text = _toml(row, extra, doses, bolus, pump, concentrations, completed, library)
    return Case(row["id"], end, prescription_from_text(text, library, row["id"]), completed)


def _pump(row: dict[str, Any], bolus: bool, completed: list[str]) -> str:
    if "external" in row["pump"] or (bolus and not row["pump"]) or row["phase"] == "trial":
        return "external-reference"
    if "SynchroMed II 40" in row["pump"]:
        return "synchromed-ii-40"
    completed.append("pump")
    return "cisterna-reference"


def _concentrations(
    row: dict[str, Any],
    doses: dict[str, Quantity],
    bolus: bool,
    end: str,
    pump: str,
    completed: list[str],
) -> dict[str, Quantity]:
    printed = _printed_concentrations(row, end)
    primary = next(iter(doses))
    if set(doses) <= set(printed):
        return {n: printed[n] for n in doses}
    completed.append("concentration")
    if bolus:
        return {n: _one_two_five(d, "0.5", "1", "mL") for n, d in doses.items()}
    flow = Quantity.of("4.8", "mL/day") if pump == "external-reference" else None
    known = [doses[n] / printed[n] for n in doses if n in printed]
    flow = known[0] if known else flow
    first = printed.get(primary) or _one_two_five(doses[primary], "0.2", "0.5", "mL/day")
    flow = flow or doses[primary] / first
    return {n: printed.get(n) or d / flow for n, d in doses.items()}


def _printed_concentrations(row: dict[str, Any], end: str) -> dict[str, Quantity]:
    found = {}
    for part in _PARTS.split(row["concentration"]):
        match = re.search(r"([a-z]+)[a-z ]* ([0-9.]+)(?:-([0-9.]+))? (mg/mL|mcg/mL)", part)
        name = next((d for d in _drugs(row) if d in part), None)
        if match and name and "mostly" not in part and " or " not in part:
            value = match[3] if match[3] and end == "high end" else match[2]
            found[name] = Quantity.of(value, match[4])
    return found


def _one_two_five(dose: Quantity, low: str, high: str, unit: str) -> Quantity:
    """The 1-2-5 concentration for which the dose flows between `low` and `high`."""
    least, most = dose / Quantity.of(high, unit), dose / Quantity.of(low, unit)
    for power in range(-6, 5):
        for digit in (1, 2, 5):
            value = Quantity.of(digit * Fraction(10) ** power, "mg/mL")
            if least <= value <= most:
                return value
    raise ValueError(str(dose))


def _toml(
    row: dict[str, Any],
    extra: dict[str, Any],
    doses: dict[str, Quantity],
    bolus: bool,
    pump: str,
    concentrations: dict[str, Quantity],
    completed: list[str],
    library: Library,
) -> str:
    primary = next(iter(doses))
    fill = {"external-reference": "100 mL", "synchromed-ii-40": "40 mL"}.get(pump, "20 mL")
    lines = ['schema = "cisterna/prescription/1"', "[order]", f'phase = "{row["phase"]}"']
    screening = (key for key in ("screening_dose", "screening_effect") if key in extra)
    lines += [f'{key} = "{extra[key]}"' for key in screening]
    if "previous" in extra:
        lines.append(f'previous_daily_dose = "{extra["previous"]}"')
    lines += ["[patient]", "conditions = []", "medicines = []"]
    lines += _patient(row, extra)
    lines += ["[pump]", f'model = "{pump}"']
    if "tip" in extra:
        lines += ["[catheter]", f'tip = "{extra["tip"]}"']
    lines += ["[solution]", "filled_at = 2026-11-23T10:00:00+00:00", f'fill_volume = "{fill}"']
    lines.append("prepared = 2026-11-23T08:00:00+00:00")
    for name in doses:
        lines += ["[[solution.drug]]", f'name = "{name}"', "preservative_free = true"]
        lines.append(f'concentration = "{_text(concentrations[name], "mg/mL")}"')
    lines += ["[infusion]", f'primary = "{primary}"']
    if bolus:
        lines += ['mode = "periodic-bolus"', f'dose = "{_text(doses[primary], "mg")}"']
        lines += ['duration = "10 min"', 'interval = "24 h"', 'background = "0 mg/day"']
        completed.append("one bolus a day over 10 min")
    else:
        lines += ['mode = "continuous"', f'daily_dose = "{_text(doses[primary], "mg/day")}"']
    lines += _remote(extra)
    if any(library.drug(n).stopping_harms for n in doses):
        completed.append("safe floor")
        low = library.pump(pump).flow_min
        lines += ["[safe]", f'floor = "{_text(low.most, "mL/day")}"' if low else ""]
    return "\n".join(lines)


def _patient(row: dict[str, Any], extra: dict[str, Any]) -> Iterator[str]:
    age = re.search(r"([0-9]+)", row["age"])
    if age and "under" not in row["age"]:
        yield f'age = "{age[1]} year"'
    for pattern, indication in _INDICATIONS:
        if re.search(pattern, row["indication"]):
            yield f'indication = "{indication}"'
            break
    if "opioid_tolerant" in extra:
        yield f"opioid_tolerant = {str(extra['opioid_tolerant']).lower()}"


def _remote(extra: dict[str, Any]) -> Iterator[str]:
    if "remote" in extra:
        yield "[remote]"
        for key, value in extra["remote"].items():
            yield f'{key} = "{value}"' if isinstance(value, str) else f"{key} = {value}"


def _text(value: Quantity, unit: str) -> str:
    return f"{decimal_text(value.number(unit))} {unit}"
