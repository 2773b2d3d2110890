"""The prescription of an invented person, as a value that changes and as the text of an order."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

PREPARED_BEFORE = timedelta(hours=18)


@dataclass(frozen=True, slots=True)
class Patient:
    """Who she is, as an order says it."""

    name: str
    number: str
    born: date
    indication: str
    opioid_tolerant: bool
    conditions: tuple[str, ...] = ()
    medicines: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Drug:
    """One drug of the solution; without a product it is compounded without preservative."""

    name: str
    concentration: str
    product: str = ""


@dataclass(frozen=True, slots=True)
class Device:
    """The pump and its catheter."""

    model: str
    serial: str
    catheter: str
    supplied: str
    trimmed: str
    tip: str
    tubing: str = ""


@dataclass(frozen=True, slots=True)
class Therapy:
    """What is ordered.

    `steps` are (time of day, rate) of a flex day; `remote` and `infusion` hold further keys of
    these tables as they stand in an order's file. `fresh` says that the line holds no drug yet.
    """

    by: str
    phase: str
    patient: Patient
    device: Device
    drugs: tuple[Drug, ...]
    filled_at: datetime
    fill: str
    dose: str = ""
    steps: tuple[tuple[str, str], ...] = ()
    infusion: Mapping[str, str] = field(default_factory=dict)
    remote: Mapping[str, Any] = field(default_factory=dict)
    per_24h: str = ""
    floor: str = ""
    alarm: str = ""
    previous: str = ""
    implanted: date | None = None
    fresh: bool = False

    def text(self) -> str:
        """The order's text."""
        return "\n".join(_lines(self)) + "\n"


def _lines(t: Therapy) -> list[str]:
    p, d = t.patient, t.device
    return [
        'schema = "cisterna/prescription/1"',
        *_table("order", by=t.by, phase=t.phase, previous_daily_dose=t.previous),
        *_table("patient", name=p.name, id=p.number, born=p.born, indication=p.indication),
        f"opioid_tolerant = {_value(p.opioid_tolerant)}",
        f"conditions = {_value(p.conditions)}",
        f"medicines = {_value(p.medicines)}",
        *_table("pump", model=d.model, serial=d.serial, implanted=t.implanted),
        *_rows(tubing_volume=d.tubing),
        *_exposed(t),
        *_table("catheter", tip=d.tip),
        "[[catheter.segment]]",
        *_rows(model=d.catheter, supplied=d.supplied, trimmed=d.trimmed),
        *(_table("line", holds="csf") if t.fresh else []),
        *_solution(t),
        *_infusion(t),
        *(_table("remote", **t.remote) if t.remote else []),
        *(_table("limits", per_24h=t.per_24h) if t.per_24h else []),
        *(_table("safe", floor=t.floor) if t.floor else []),
        *(_table("alarm", low_reservoir=t.alarm) if t.alarm else []),
    ]


def _exposed(t: Therapy) -> list[str]:
    """An order of ziconotide says whether the pump has held it before."""
    return (
        [f"ziconotide_exposed = {_value(not t.fresh)}"] if t.drugs[0].name == "ziconotide" else []
    )


def _solution(t: Therapy) -> list[str]:
    prepared = t.filled_at - PREPARED_BEFORE
    found = _table("solution", prepared=prepared, filled_at=t.filled_at, fill_volume=t.fill)
    for drug in t.drugs:
        found += ["[[solution.drug]]", *_rows(name=drug.name, concentration=drug.concentration)]
        own = f"product = {_value(drug.product)}" if drug.product else "preservative_free = true"
        found.append(own)
    return found


def _infusion(t: Therapy) -> list[str]:
    first = t.drugs[0].name
    if t.infusion:
        return _table("infusion", primary=first, **t.infusion)
    if not t.steps:
        return _table("infusion", primary=first, mode="continuous", daily_dose=t.dose)
    found = _table("infusion", primary=first, mode="flex")
    for begin, rate in t.steps:
        found += ["[[infusion.step]]", *_rows(**{"from": begin, "dose_rate": rate})]
    return found


def _table(name: str, /, **rows: Any) -> list[str]:
    return [f"[{name}]", *_rows(**rows)]


def _rows(**rows: Any) -> list[str]:
    return [f"{key} = {_value(value)}" for key, value in rows.items() if value not in ("", None)]


def _value(value: Any) -> str:
    """A value as TOML writes it."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (int, datetime, date)):
        return value.isoformat() if isinstance(value, date) else str(value)
    if isinstance(value, tuple):
        return f"[{', '.join(_value(v) for v in value)}]"
    return '"{}"'.format(str(value).replace("\\", "\\\\").replace('"', '\\"'))
