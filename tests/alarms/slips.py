"""The published slips as wrong orders, wrong programmes and wrong volumes, and who sees them."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from cisterna.facts import Library, table
from cisterna.order.checks import check
from cisterna.order.prescription import Prescription
from cisterna.order.prime import prime
from cisterna.order.program import program
from cisterna.order.reading import prescription_from_text
from cisterna.order.residual import residual
from cisterna.quantity import Quantity
from tests.alarms.regimens import completions

NOT_OURS = {
    "pharmacy": "seen only by an assay or a label scan",
    "device": "seen only by telemetry",
    "none": "no check can, or must not, catch it",
}


@dataclass
class Slip:
    """One slip: where it could be seen, what saw it (empty: nothing), and what was completed."""

    id: str
    visible_at: str
    seen_by: tuple[str, ...]
    scored: bool
    remark: str


def slips(library: Library) -> Iterator[Slip]:
    """Every slip of the list."""
    for row in table("regimens")["slip"]:
        yield _slip(row, completions()["slip"].get(row["id"]), library)


def _slip(row: dict[str, Any], entry: dict[str, Any] | None, library: Library) -> Slip:
    where = row["visible_at"]
    if where in NOT_OURS:
        return Slip(row["id"], where, (), False, NOT_OURS[where])
    if entry is None:
        scored = where == "refill"
        why = "no volume before the fill: needs the checklist at the refill"
        return Slip(row["id"], where, (), scored, why if scored else "prints no figures")
    remark = "; ".join(entry.get("completed", ()))
    return Slip(row["id"], where, _seen_by(entry, library), True, remark)


def _seen_by(entry: dict[str, Any], library: Library) -> tuple[str, ...]:
    if "order" in entry:
        return _codes(_order(entry["order"], library), library)
    if "programmed" in entry:
        return _programming(entry, library)
    if "prime" in entry:
        return _prime(entry["prime"], library)
    return _refill(entry["refill"], library)


def _codes(rx: Prescription, library: Library) -> tuple[str, ...]:
    found = check(rx, library).findings
    return tuple(dict.fromkeys(f.code for f in found if f.severity in ("block", "warn")))


def _programming(entry: dict[str, Any], library: Library) -> tuple[str, ...]:
    """The digest of the sheet against that of what was entered, and the codes that appear."""
    ordered = _order(entry["ordered"], library)
    programmed = _order(entry["programmed"], library)
    before = set(_codes(ordered, library))
    new = tuple(c for c in _codes(programmed, library) if c not in before)
    differs = program(ordered, library).digest != program(programmed, library).digest
    return (("digest",) if differs else ()) + new


def _prime(entry: dict[str, Any], library: Library) -> tuple[str, ...]:
    rx = _order(
        {"drug": "baclofen", "concentration": "2000 mcg/mL", "daily_dose": "300 mcg/day"}, library
    )
    right, wrong = (
        replace(rx, pump=replace(rx.pump, tubing_volume=Quantity.parse(entry[k])))
        for k in ("right", "wrong")
    )
    differs = prime(right, "unprimed").volume != prime(wrong, "unprimed").volume
    return ("prime volume on the sheet",) if differs else ()


def _refill(entry: dict[str, Any], library: Library) -> tuple[str, ...]:
    dose = Quantity.parse(entry["flow"]) * Quantity.of(10, "mg/mL")
    order = {
        "drug": "morphine",
        "concentration": "10 mg/mL",
        "daily_dose": f"{float(dose.number('mg/day'))} mg/day",
        "fill": entry["fill"],
    }
    rx = _order(order, library)
    at = rx.solution.filled_at + timedelta(days=entry["days"])
    says = entry.get("pump_says")
    result = residual(
        rx,
        library,
        Quantity.parse(entry["measured"]),
        at,
        pump_says=None if says is None else Quantity.parse(says),
    )
    return ("residual check",) if result.verdict == "evaluate" else ()


def _order(row: dict[str, Any], library: Library) -> Prescription:
    lines = ['schema = "cisterna/prescription/1"', "[order]"]
    lines.append(f'phase = "{row.get("phase", "maintenance")}"')
    if "previous" in row:
        lines.append(f'previous_daily_dose = "{row["previous"]}"')
    lines += ["[patient]", 'id = "SLIP"', "conditions = []", "medicines = []"]
    lines += [f'{k} = "{row[k]}"' for k in ("age", "indication") if k in row]
    pump = row.get("pump", "synchromed-ii-40")
    lines += ["[pump]", f'model = "{pump}"', "ziconotide_exposed = true"]
    lines += ["[catheter]", 'tip = "L2"', "[[catheter.segment]]", 'model = "ascenda-8780"']
    lines += ['supplied = "100 cm"', 'trimmed = "18.6 cm"']
    lines += ["[solution]", "filled_at = 2026-11-23T10:00:00+00:00"]
    lines += [f'fill_volume = "{row.get("fill", "40 mL")}"', "[[solution.drug]]"]
    lines += [f'name = "{row["drug"]}"', f'concentration = "{row["concentration"]}"']
    lines += ["preservative_free = true", "[infusion]", f'primary = "{row["drug"]}"']
    lines += _infusion(row)
    if library.drug(row["drug"]).stopping_harms:
        lines += ["[safe]", 'floor = "0.048 mL/day"']
    lines += ["[alarm]", 'low_reservoir = "10 mL"']
    return prescription_from_text("\n".join(lines), library, row["drug"])


def _infusion(row: dict[str, Any]) -> list[str]:
    if row.get("mode") == "stopped":
        return ['mode = "stopped"']
    if "bolus" in row:
        return [
            'mode = "periodic-bolus"',
            f'dose = "{row["bolus"]}"',
            f'duration = "{row.get("duration", "10 min")}"',
            f'interval = "{row["interval"]}"',
            f'background = "{row["background"]}"',
        ]
    return ['mode = "continuous"', f'daily_dose = "{row["daily_dose"]}"']
