"""Who plays in the demonstration: invented people, invented staff, and what they are treated with.

All of it is data (`cast.toml`); nothing in it is a rule, and no dose in it is advice.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any

from cisterna.clinic.demo.orders import Device, Drug, Patient
from cisterna.clinic.event import Actor
from cisterna.clinic.event import Role as ActorRole

FILE = Path(__file__).with_name("cast.toml")


@dataclass(frozen=True, slots=True)
class Plan:
    """A treatment: the solution, the first dose, the doses of the titration, what else is ordered.

    `trial` names its type, drug and dose; `then` is a weaker or stronger solution for a change.
    """

    drugs: tuple[Drug, ...]
    doses: tuple[str, ...]
    trial: Mapping[str, str]
    then: tuple[Drug, ...]
    steps: tuple[tuple[str, str], ...]
    infusion: Mapping[str, str]
    remote: Mapping[str, Any]
    floor: str


@dataclass(frozen=True, slots=True)
class Role:
    """One invented person: who she is, her story, and where it leaves her (`place`)."""

    id: str
    name: str
    born: date
    sex: str
    indication: str
    story: str
    place: str
    arrives: datetime
    goal: str
    tail: str = "steady"
    plan: str = ""
    device: Device | None = None
    number: str = ""
    conditions: tuple[str, ...] = ()
    medicines: tuple[str, ...] = ()

    @property
    def patient(self) -> Patient:
        """She as her orders name her."""
        tolerant = self.plan not in ("ziconotide", "baclofen", "baclofen-strong")
        who = (self.name, self.number, self.born, self.indication)
        return Patient(*who, tolerant, self.conditions, self.medicines)


@dataclass(frozen=True, slots=True)
class Cast:
    """Everybody, and the times between which their stories are played."""

    zero: datetime
    end: datetime
    staff: Mapping[str, Actor]
    plans: Mapping[str, Plan]
    people: tuple[Role, ...]
    stock: tuple[Device, ...]
    fill: str
    fill_large: str
    alarm: str

    def of(self, *ids: str) -> "Cast":
        """The same with these people only, for a quick look."""
        people = tuple(p for p in self.people if p.id in ids)
        return Cast(
            *(self.zero, self.end, self.staff, self.plans, people, self.stock),
            *(self.fill, self.fill_large, self.alarm),
        )


@cache
def whole_cast(file: Path = FILE) -> Cast:
    """The cast of the file."""
    row = tomllib.loads(file.read_text("utf-8"))
    models = {name: dict(m) for name, m in row["device"].items()}
    people = [_role(n, p, models) for n, p in enumerate(row["person"], 1)]
    stock = (_device(m, f"STOCK-{n:02d}", models) for n, m in enumerate(row["stock"], 1))
    staff = {name: Actor(s["who"], ActorRole(s["role"])) for name, s in row["staff"].items()}
    plans = {name: _plan(p) for name, p in row["plan"].items()}
    order = row["order"]
    return Cast(
        *(row["zero"], row["end"], staff, plans, tuple(people), tuple(stock)),
        *(order["fill"], order["fill_large"], order["alarm"]),
    )


def _plan(row: Mapping[str, Any]) -> Plan:
    return Plan(
        drugs=tuple(Drug(*d) for d in row["drugs"]),
        doses=tuple(row["doses"]),
        trial=row.get("trial", {}),
        then=tuple(Drug(*d) for d in row.get("then", ())),
        steps=tuple((a, b) for a, b in row.get("steps", ())),
        infusion=row.get("infusion", {}),
        remote=row.get("remote", {}),
        floor=row.get("floor", ""),
    )


def _role(number: int, row: Mapping[str, Any], models: Mapping[str, Any]) -> Role:
    found, name = dict(row), f"{number:02d}"
    model = found.pop("pump", None)
    device = None if model is None else _device(model, f"DEMO-{name}", models)
    lists: dict[str, Any] = {
        k: tuple(found.pop(k)) for k in ("conditions", "medicines") if k in found
    }
    return Role(id=f"demo-{name}", number=f"DEMO {name}", device=device, **lists, **found)


def _device(model: str, serial: str, models: Mapping[str, Any]) -> Device:
    return Device(model=model, serial=serial, **models[model])
