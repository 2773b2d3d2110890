"""From a person's record and what a clinician enters to the text of a prescription.

Who she is, what brings her here, her pump and catheter and the dose that she has now come from
the record and are never typed again; solution, infusion and limits are what is entered. The text
is read back by the one reader of prescriptions, which names every problem.
"""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from cisterna.clinic.bodies.planning import Referred, RiskAssessed, Screened
from cisterna.clinic.course import Person
from cisterna.clinic.therapy import Therapy
from cisterna.facts import Library, Pathway
from cisterna.order.form import Problem, Unusable
from cisterna.order.prescription import Prescription
from cisterna.order.reading import prescription_from_text
from cisterna.order.schedule import schedule
from cisterna.order.schema import PRESCRIPTION
from cisterna.order.writing import toml_text
from cisterna.quantity import Quantity, decimal_text

ENTERED: Mapping[str, frozenset[str] | None] = {
    "order": frozenset({
        "phase", "jurisdiction", "previous_daily_dose", "changed_at", "screening_dose",
        "screening_effect",
    }),
    "patient": frozenset({"height", "weight", "medicines"}),
    "pump": frozenset({"eri", "ziconotide_exposed", "tubing_volume", "fixed_flow", "offset"}),
    "solution": None,
    "infusion": None,
    "remote": None,
    "limits": None,
    "safe": None,
    "alarm": None,
}  # fmt: skip
"""What a clinician enters, by section; None is every key. All else comes from the record."""
BEFORE = "the order before"


@dataclass(frozen=True, slots=True)
class Identity:
    """Who she is, as she was registered."""

    name: str
    number: str
    born: date
    sex: str = ""
    zone: str = ""


@dataclass(frozen=True, slots=True)
class FittedSegment:
    """A segment of the catheter that she has."""

    model: str
    supplied: Quantity
    trimmed: Quantity


@dataclass(frozen=True, slots=True)
class Fitted:
    """The pump and the catheter that she has, segments from the pump outwards."""

    model: str
    serial: str
    implanted: date | None = None
    tip: str | None = None
    segments: tuple[FittedSegment, ...] = ()


@dataclass(frozen=True, slots=True)
class Chart:
    """What the record says of a person, as far as a prescription asks for it."""

    person: Person
    identity: Identity
    fitted: Fitted
    therapy: Therapy


def compose(
    chart: Chart, by: str, entered: Mapping[str, Any], rules: Pathway, library: Library
) -> str:
    """The text of a prescription by `by`. Raises `Unusable` with every problem of it."""
    _only_what_is_entered(entered)
    old = running(chart.therapy, library)
    tree = {
        "schema": PRESCRIPTION,
        "order": {"by": by, **entered.get("order", {}), **_before(chart.therapy, old, entered)},
        "patient": {**_patient(chart, rules, library), **entered.get("patient", {})},
        "pump": {**_pump(chart.fitted), **entered.get("pump", {})},
        "catheter": catheter_of(chart.fitted),
        "line": {"holds": BEFORE if old else "csf"},
        **{k: v for k, v in entered.items() if ENTERED[k] is None},
    }
    text = toml_text({k: v for k, v in tree.items() if v != {}})
    prescription_from_text(text, library, previous=old)
    return text


def running(therapy: Therapy, library: Library) -> Prescription | None:
    """The prescription that runs, as it is read; None where none is known to run.

    Its line holds its own solution: the order before it has left the line.
    """
    return None if therapy.text is None else own_line(therapy.text, library)


def own_line(text: str, library: Library) -> Prescription:
    """An order as it is read once the line holds its own solution. Raises `Unusable`."""
    tree = tomllib.loads(text) | {"line": {"holds": "this"}}
    return prescription_from_text(toml_text(tree), library)


def _only_what_is_entered(entered: Mapping[str, Any]) -> None:
    problems = list(_strange(entered))
    if problems:
        raise Unusable("the order", problems)


def _strange(entered: Mapping[str, Any]) -> Iterator[Problem]:
    for name, table in entered.items():
        if name not in ENTERED or not isinstance(table, Mapping):
            yield Problem(name[:60], "entered by hand", "a section that a clinician enters")
            continue
        allowed = ENTERED[name]
        if allowed is None:
            continue
        for key in table:
            if key not in allowed:
                yield Problem(f"{name}.{key}"[:60], "entered by hand", "what the record says")


def _before(
    therapy: Therapy, old: Prescription | None, entered: Mapping[str, Any]
) -> dict[str, Any]:
    """The dose before and since when, where the record knows that it really runs."""
    primary = entered.get("infusion", {}).get("primary")
    if old is None or therapy.state != "runs" or therapy.since is None:
        return {}
    dose = old.doses_of(schedule(old).mean).get(primary)
    if dose is None:
        return {}
    unit = dose.unit.name
    text = f"{decimal_text(dose.number(unit))} {unit}"
    filled = entered.get("solution", {}).get("filled_at")
    if isinstance(filled, datetime) and filled.utcoffset() is not None and therapy.since <= filled:
        return {"previous_daily_dose": text, "changed_at": therapy.since}
    # A dose that was changed since the fill: a prescription counts its steps up to the fill alone.
    return {"previous_daily_dose": text}


def _patient(chart: Chart, rules: Pathway, library: Library) -> dict[str, Any]:
    who = chart.identity
    row = {"name": who.name, "id": who.number, "born": who.born, "sex": who.sex, "zone": who.zone}
    found = {k: v for k, v in row.items() if v}
    if chart.person.last(Referred, None) is not None:
        found["indication"] = chart.person.indication(rules).term.id
    risk = chart.person.last(RiskAssessed, None)
    if risk is not None:
        found["opioid_tolerant"] = "opioid-naive" not in risk.body.at_risk
    screened = chart.person.last(Screened, None)
    if screened is not None:
        known = library.terms("condition")
        present = [c for c in screened.body.present if c.partition(":")[0] in known]
        found["conditions"] = present
    return found


def _pump(fitted: Fitted) -> dict[str, Any]:
    row = {"model": fitted.model, "serial": fitted.serial, "implanted": fitted.implanted}
    return {k: v for k, v in row.items() if v}


def catheter_of(fitted: Fitted) -> dict[str, Any]:
    """The catheter that she has, as the table of a prescription."""
    rows = [
        {"model": s.model, "supplied": _length(s.supplied), "trimmed": _length(s.trimmed)}
        for s in fitted.segments
    ]
    row = {"tip": fitted.tip, "segment": rows}
    return {k: v for k, v in row.items() if v}


def _length(value: Quantity) -> str:
    return f"{decimal_text(value.number('cm'))} cm"
