"""What the spine model starts from: levels, parameters, kinetics, and cases of validation.

The numbers stand in `anatomy/`, `kinetics.toml` and `validation.toml`. A spread says how a value
differs between persons; what the fact books lack is not there.
"""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from typing import Any, Literal

from cisterna.facts.cited import BrokenFacts, Cited, cited
from cisterna.facts.library import FOLDER, Library, UnknownFact, known, table
from cisterna.facts.site import Site
from cisterna.quantity import Quantity

SpreadKind = Literal["lognormal", "normal", "uniform"]
SPREAD_MEASURES: Mapping[str, tuple[str, ...]] = {
    "lognormal": ("sigma",),
    "normal": ("cv", "sd"),
    "uniform": ("range", "half-width"),
}
QUANTITIES = (
    *("peak-time", "half-peak-time", "half-life", "ratio", "share", "level", "peak-level"),
    "dose-over-exposure",
)
RUNS = (
    *("bolus-peak-time", "bolus-ratio-over-time", "bolus-half-life", "infusion-cmax-auc"),
    *("steady-lumbar-cisternal", "steady-profile-slope", "washout", "mass-to-plasma"),
    *("tracer-two-level-ratio", "tracer-cranial-peak", "none"),
)
ROLES = ("calibration", "validation", "not-applicable")
_FILES = {"csf": "anatomy/csf", "kinetics": "kinetics"}


@dataclass(frozen=True, slots=True)
class Level:
    """One vertebral level of the adult lying on the back; no cord below its end."""

    name: str
    length: Quantity
    csf_area: Quantity
    cord_area: Quantity
    cord_perimeter: Quantity
    dura_perimeter: Quantity


@dataclass(frozen=True, slots=True)
class Spread:
    """How a value differs between persons.

    `parameters`: `sigma` of the logarithm (lognormal); `cv` or `sd`, and `low` and `high` where
    it is cut off (normal); `low` and `high` (uniform).
    """

    kind: SpreadKind
    parameters: Mapping[str, Fraction]
    fact: Cited


@dataclass(frozen=True, slots=True)
class Parameter:
    """A value with its spread; None means that everybody has the same, or that nobody knows.

    `at` is the place of a knot; `calibration`: set from data that are also a validation case.
    """

    fact: Cited
    spread: Spread | None = None
    at: Quantity | None = None
    calibration: bool = False


@dataclass(frozen=True, slots=True)
class Expectation:
    """What a case measured: a quantity with its range, or only a `sign`.

    `where` keeps the rest of the row: `drug`, `at`, `of`, `over`, `time`, `dose`.
    """

    id: str
    quantity: str
    fact: Cited | None
    sign: str
    where: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class ValidationCase:
    """One measurement: what to do, what was seen, and the rule written before the run."""

    id: str
    title: str
    drugs: tuple[str, ...]
    role: str
    reason: str
    run: str
    rule: str
    do: Mapping[str, Any]
    expect: tuple[Expectation, ...]
    result: str
    source: str
    locator: str
    certainty: str
    note: str


@cache
def levels() -> tuple[Level, ...]:
    """The 26 levels from C1 to S2."""
    text = (FOLDER / "anatomy" / "levels.csv").read_text("utf-8")
    return tuple(_level(row) for row in csv.DictReader(text.splitlines()))


def _level(row: Mapping[str, str]) -> Level:
    return Level(
        row["level"],
        Quantity.of(row["length_cm"], "cm"),
        Quantity.of(row["csf_area_cm2"], "cm2"),
        Quantity.of(Fraction(row["cord_area_mm2"]) / 100, "cm2"),
        Quantity.of(row["cord_perimeter_cm"], "cm"),
        Quantity.of(row["dura_perimeter_cm"], "cm"),
    )


def parameter(library: Library, path: str) -> Parameter:
    """The parameter of a path such as `csf.heart_rate`; raises `UnknownFact`."""
    first, *rest = path.split(".")
    row: Any = table(_FILES[known(first, _FILES, "group of the spine")])
    for name in rest:
        row = row[known(name, row, f"{first} parameter")] if isinstance(row, dict) else row
    if not isinstance(row, dict) or "unit" not in row:
        raise UnknownFact(f"{path[:60]} is no single parameter")
    at = Quantity.parse(row["at"]) if "at" in row else None
    fact = cited(path, library.site(path, row))
    return Parameter(fact, _spread(library, path, row), at, row.get("role") == "calibration")


def _spread(library: Library, path: str, row: Mapping[str, Any]) -> Spread | None:
    if "spread" not in row:
        return None
    own, bounds = row["spread"], row.get("bounds")
    kind = own["kind"]
    fact = cited(f"{path}.spread", library.site(f"{path}.spread", own))
    measure = own.get("measure", "range")
    if measure not in SPREAD_MEASURES.get(kind, ()):
        raise BrokenFacts(f"{path}.spread: {kind} has no measure {measure!r}")
    numbers = _ends(fact) if measure == "range" else {measure: fact.value.number("1")}
    if measure == "half-width":
        middle = cited(path, library.site(path, row)).value.number("1")
        numbers = {"low": middle - numbers[measure], "high": middle + numbers[measure]}
    if bounds:
        numbers |= _ends(cited(f"{path}.bounds", library.site(f"{path}.bounds", bounds)))
    return Spread(kind, numbers, fact)


def _ends(fact: Cited) -> dict[str, Fraction]:
    return {"low": fact.least.number("1"), "high": fact.most.number("1")}


def dispersion_knots(library: Library) -> tuple[Parameter, ...]:
    """The knots of the dispersion profile from above to below; each has its `at`."""
    rows = table(_FILES["csf"])["dispersion"]
    return tuple(parameter(library, f"csf.dispersion.{k}") for k, v in rows.items() if "at" in v)


def kinetics(library: Library, drug_id: str) -> Mapping[str, Parameter]:
    """Every kinetic parameter of a drug that the fact books have; raises `UnknownFact`."""
    rows = table(_FILES["kinetics"])
    names = rows[known(drug_id, [k for k in rows if k != "schema"], "drug with kinetics")]
    return {name: parameter(library, f"kinetics.{drug_id}.{name}") for name in names}


def validation_cases(library: Library | None = None) -> tuple[ValidationCase, ...]:
    """Every case, also those that do not apply, in the order of the fact books."""
    site = (library or Library()).site
    return tuple(_case(row, site) for row in table("validation")["case"])


_PLAIN = ("id", "title", "role", "reason", "run", "result", "source", "locator", "certainty")


def _case(row: Mapping[str, Any], site: Site) -> ValidationCase:
    path = f"validation.case.{row['id']}.expect"
    return ValidationCase(
        **{name: row[name] for name in _PLAIN},
        **{name: row.get(name, "") for name in ("rule", "note")},
        drugs=tuple(row["drugs"]),
        do=row.get("do", {}),
        expect=tuple(_expectation(f"{path}.{e['id']}", e, site) for e in row.get("expect", ())),
    )


def _expectation(path: str, row: Mapping[str, Any], site: Site) -> Expectation:
    name = next((q for q in QUANTITIES if q in row), "")
    fact = cited(f"{path}.{name}", site(f"{path}.{name}", row[name])) if name else None
    where = {k: v for k, v in row.items() if k not in ("id", "sign", name)}
    return Expectation(row["id"], name or "slope", fact, row.get("sign", ""), where)
