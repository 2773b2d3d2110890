"""The data commands: facts with their sources, schemas, and the state of the installation."""

import hashlib
import platform
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any

from cisterna.facts import SITE_SCHEMA, Cited, Library, UnknownFact, cited, digest, rows
from cisterna.facts.library import FOLDER, known
from cisterna.order.schema import json_schema

if TYPE_CHECKING:
    from cisterna.cli.show import View

SCHEMAS = ("prescription", "scenario", "site")


@dataclass(frozen=True, slots=True)
class Facts:
    """Cited values of one name, or of everything."""

    facts: tuple[Cited, ...]


def facts_rows(library: Library, name: str | None) -> Facts:
    """The cited values whose path is `name` or lies under it; raises `UnknownFact`."""
    every = [cited(path, library.site(path, _whole(row))) for path, row in rows()]
    if name is None:
        return Facts(tuple(every))
    families = {name}
    if name in library.pump_ids:
        families.add(library.pump(name).family)
    if name in library.drug_ids:
        families.add(library.drug(name).drug_class)
    found = [f for f in every if any(f.path == n or f.path.startswith(f"{n}.") for n in families)]
    if not found:
        known(name, {f.path.split(".")[0] for f in every}, "fact")
        raise UnknownFact(f"no number is known of {name}")
    return Facts(tuple(found))


def _whole(row: Mapping[str, Any]) -> Mapping[str, Any]:
    return {"authority": "published", **row}


def facts_view(result: Facts, library: Library, name: str | None) -> "View":
    """The values as a table; without a name, what there is to name."""
    from cisterna.cli.show import add, line, source_title, table  # noqa: PLC0415

    if name is None:
        groups = ", ".join(sorted({f.path.split(".")[0] for f in result.facts}))
        return [
            line(f"Drugs: {', '.join(library.drug_ids)}"),
            line(f"Pumps: {', '.join(library.pump_ids)}"),
            line(f"Catheters: {', '.join(library.catheter_ids)}"),
            line(f"{len(result.facts)} numbers. To see those of one group, name it: {groups}"),
        ]
    made = table(name, "Fact", "Value", "Whose", "How sure", "Source")
    for fact in result.facts:
        note = f" Note: {fact.note}." if fact.note else ""
        source = f"{source_title(library, fact.source)} ({fact.locator}).{note}"
        add(made, fact.path, fact.text(), fact.authority, fact.certainty, source)
    return [made]


def schema_of(name: str) -> dict[str, Any]:
    """The JSON Schema of a file; raises `UnknownFact` for another name."""
    known(name, SCHEMAS, "schema")
    if name == "scenario":
        from cisterna.pump.scenario_schema import json_schema as scenario_schema  # noqa: PLC0415

        return scenario_schema()
    return SITE_SCHEMA if name == "site" else json_schema(Library())


@dataclass(frozen=True, slots=True)
class Doctor:
    """Versions, data files with their digests, and how sure the data are."""

    version: str
    python: str
    packages: Mapping[str, str]
    files: Mapping[str, str]
    digest: str
    certainty: Mapping[str, int]
    unverified: int
    site: int
    disclaimer: str = field(default="Research and planning software, not a cleared medical device.")


def examine(library: Library) -> Doctor:
    """The state of this installation."""
    counts = Counter[str](f.certainty for f in facts_rows(library, None).facts)
    files = {
        str(path.relative_to(FOLDER)): hashlib.sha256(path.read_bytes()).hexdigest()[:16]
        for path in sorted(FOLDER.rglob("*.toml"))
    }
    return Doctor(
        version=_version("cisterna"),
        python=platform.python_version(),
        packages={name: _version(name) for name in ("typer", "rich", "numpy", "scipy")},
        files=files,
        digest=digest(),
        certainty=dict(counts),
        unverified=counts["recalled"] + counts["assumed"],
        site=len(library.site.confirmations),
    )


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "not installed"


def doctor_view(result: Doctor) -> "View":
    """The state as a table."""
    from cisterna.cli.show import add, line, table  # noqa: PLC0415

    made = table("Data files", "File", "SHA-256, first 16")
    for name, own in result.files.items():
        add(made, name, own)
    total = sum(result.certainty.values())
    kinds = ", ".join(f"{n} {kind}" for kind, n in sorted(result.certainty.items()))
    sure = f"{result.unverified} nobody has read in a source; the site confirmed {result.site}."
    return [
        line(f"Cisterna {result.version} on Python {result.python}", "bold"),
        made,
        line(f"All data files, names included: SHA-256 {result.digest}"),
        line(f"{total} numbers: {kinds}."),
        line(sure),
        line(result.disclaimer, "dim"),
    ]
