"""The library: every fact by name, loaded when asked for, with the site's overlay.

A check of one order reads only the files of its drugs and its pump, so it starts in a blink.
"""

import difflib
import hashlib
import os
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any

from cisterna.facts.cited import Cited, FactsError, cited
from cisterna.facts.device import Catheter, Pump, catheter, pump
from cisterna.facts.drug import Drug, drug
from cisterna.facts.site import Site, SiteRefused, read_site

FOLDER = Path(__file__).parent


class UnknownFact(FactsError):
    """A name that the library does not have; the message suggests the nearest."""


@dataclass(frozen=True, slots=True)
class Rule:
    """Where a rule without a number comes from."""

    authority: str
    source: str
    locator: str
    certainty: str


@dataclass(frozen=True, slots=True)
class Severity:
    """How loudly a code speaks: its severity, and the one it has outside its main case."""

    code: str
    severity: str
    otherwise: str
    meaning: str
    evidence: Rule | None = None


@dataclass(frozen=True, slots=True)
class Term:
    """A coded word of the clinic: an indication, a condition or a medicine."""

    id: str
    name: str
    row: Mapping[str, Any]

    @property
    def purpose(self) -> str:
        """`pain` or `spasticity`, for an indication."""
        return str(self.row.get("purpose", ""))

    @property
    def origin(self) -> str | None:
        """`spinal` or `cerebral`, for an indication of spasticity."""
        return self.row.get("origin")

    @property
    def cancer(self) -> bool:
        """Whether the indication is cancer pain."""
        return bool(self.row.get("cancer", False))


@cache
def table(name: str) -> Mapping[str, Any]:
    """One data file of this room as plain tables, such as `drugs/morphine`."""
    return tomllib.loads((FOLDER / f"{name}.toml").read_text("utf-8"))


@cache
def _index(folder: str) -> Mapping[str, str]:
    """Id to file name; for pumps every model of every family."""
    files = sorted(p.stem for p in (FOLDER / folder).glob("*.toml"))
    if folder != "pumps":
        return {name: name for name in files}
    return {model: name for name in files for model in table(f"pumps/{name}")["model"]}


class Library:
    """All facts, with one site's confirmed values laid over them.

    Raises `UnknownFact` for names, `SiteRefused` when the site file names no known fact.
    """

    def __init__(self, site: Site | None = None) -> None:
        self.site = site or Site()
        self._drugs: dict[str, Drug] = {}
        self._pumps: dict[str, Pump] = {}

    # names -----------------------------------------------------------------

    @property
    def drug_ids(self) -> tuple[str, ...]:
        """Every drug."""
        return tuple(_index("drugs"))

    @property
    def pump_ids(self) -> tuple[str, ...]:
        """Every pump model."""
        return tuple(_index("pumps"))

    @property
    def catheter_ids(self) -> tuple[str, ...]:
        """Every catheter model."""
        return tuple(table("catheters")["catheter"])

    # things ----------------------------------------------------------------

    def drug(self, name: str) -> Drug:
        """A drug by its id."""
        if name not in self._drugs:
            known(name, self.drug_ids, "drug")
            row = table(f"drugs/{name}")
            shared = table(f"classes/{row['class']}")
            self._drugs[name] = drug(row, shared, table("general"), self.site)
        return self._drugs[name]

    def pump(self, model: str) -> Pump:
        """A pump by its model id."""
        if model not in self._pumps:
            family = known(model, _index("pumps"), "pump")
            row = table(f"pumps/{_index('pumps')[family]}")
            self._pumps[model] = pump(row, model, self.site)
        return self._pumps[model]

    def catheter(self, model: str) -> Catheter:
        """A catheter by its model id."""
        rows = table("catheters")["catheter"]
        return catheter(model, rows[known(model, rows, "catheter")], self.site)

    def rule(self, name: str) -> Cited:
        """A number of the guidance file, such as `refill_lead`."""
        rows = table("guidance")
        return cited(f"guidance.{name}", self.site(f"guidance.{name}", rows[name]))

    def term(self, kind: str, name: str) -> Term:
        """An `indication`, `condition` or `medicine` by its id."""
        rows = table("terms")[kind]
        return Term(name, rows[known(name, rows, kind)]["name"], rows[name])

    def terms(self, kind: str) -> tuple[str, ...]:
        """Every id of a kind of term."""
        return tuple(table("terms")[kind])

    @cached_property
    def severities(self) -> Mapping[str, Severity]:
        """How loudly each code of a check speaks."""
        rows = table("findings")["code"]
        return {k: _severity(k, v) for k, v in rows.items()}

    @property
    def mixtures(self) -> list[Mapping[str, Any]]:
        """The mixtures whose stability somebody measured."""
        return list(table("mixtures")["mixture"])

    @property
    def sources(self) -> Mapping[str, Any]:
        """Every source by its key."""
        return {k: v for k, v in table("sources").items() if k != "schema"}

    def refuse_unknown_site_facts(self) -> None:
        """Raise `SiteRefused` when the site confirms a value that does not exist."""
        paths = {path for path, _ in rows()}
        for name in self.site.confirmations:
            if name not in paths:
                near = _nearest(name, paths)
                raise SiteRefused(f"site file: no fact is called {name}{near}")


def open_library(site: str | Path | None = None) -> Library:
    """The facts with the overlay of a site file: the one given, or that of CISTERNA_SITE."""
    named = site or os.environ.get("CISTERNA_SITE")
    if not named:
        return Library()
    found = Library(read_site(Path(named)))
    found.refuse_unknown_site_facts()
    return found


def digest() -> str:
    """One SHA-256 over every data file of this room, by name: which facts an answer rests on."""
    whole = hashlib.sha256()
    for path in sorted(p for p in FOLDER.rglob("*") if p.suffix in (".toml", ".csv")):
        own = hashlib.sha256(path.read_bytes()).hexdigest()
        whole.update(f"{path.relative_to(FOLDER).as_posix()} {own}\n".encode())
    return whole.hexdigest()


def _severity(code: str, row: Mapping[str, Any]) -> Severity:
    rule = None
    if "source" in row:
        rule = Rule(*(row[k] for k in Rule.__slots__))
    severity = row["severity"]
    return Severity(code, severity, row.get("otherwise", severity), row["meaning"], rule)


def rows() -> Iterable[tuple[str, Mapping[str, Any]]]:
    """Every cited value of every file as (path, row): for listings, tests and the site file."""
    for name in _index("drugs"):
        yield from _walk(name, table(f"drugs/{name}"))
    for path in sorted((FOLDER / "classes").glob("*.toml")):
        yield from _walk(path.stem, table(f"classes/{path.stem}"))
    for path in sorted((FOLDER / "pumps").glob("*.toml")):
        row = dict(table(f"pumps/{path.stem}"))
        models = row.pop("model")
        yield from _walk(path.stem, row)
        for model, own in models.items():
            yield from _walk(model, own)
    for name, own in table("catheters")["catheter"].items():
        yield from _walk(name, own)
    yield from _walk("guidance", table("guidance"))
    yield from _walk("mixtures", table("mixtures"))
    yield from _walk("conversions", table("conversions"))
    yield from _walk("alarms", table("alarms"))
    yield from _walk("signing", table("signing"))
    yield from _walk("access", table("access"))
    yield from _walk("pathway", table("pathway"))
    yield from _walk("refill", table("refill"))
    yield from _walk("follow", table("follow"))
    yield from _walk("cards", table("cards"))
    yield from _walk("options", table("options"))
    yield from _walk("csf", table("anatomy/csf"))
    yield from _walk("kinetics", table("kinetics"))
    yield from _walk("validation", table("validation"))


def _walk(path: str, row: Any) -> Iterable[tuple[str, Mapping[str, Any]]]:
    if isinstance(row, list):
        for number, item in enumerate(row):
            name = item.get("id", number) if isinstance(item, dict) else number
            yield from _walk(f"{path}.{name}", item)
    elif isinstance(row, dict):
        if "certainty" in row and ({"value", "low", "high"} & set(row)) and "unit" in row:
            yield path, row
        for key, item in row.items():
            yield from _walk(f"{path}.{key}", item)


def known(name: str, names: Iterable[str], kind: str) -> str:
    """`name` if it is one of `names`, else `UnknownFact` with the nearest one."""
    choices = list(names)
    if name in choices:
        return name
    raise UnknownFact(f"unknown {kind} {name[:40]!r}{_nearest(name, choices)}")


def _nearest(name: str, choices: Iterable[str]) -> str:
    options = sorted(choices)
    near = difflib.get_close_matches(name.lower(), options, n=1, cutoff=0.5)
    if near:
        return f"; did you mean {near[0]}?"
    return f"; known are {', '.join(options)}" if len(options) <= 40 else ""
