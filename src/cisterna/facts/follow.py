"""What the years after the implant go by: scores, schedule, scans, the search for a fault, the end.

All of it stands in `follow.toml`, each row with its source.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cisterna.facts.cited import Cited, cited
from cisterna.facts.library import Library, Rule, known, table
from cisterna.facts.pathway import rule_of


@dataclass(frozen=True, slots=True)
class Scoring:
    """How a visit scores a scale: its items, whether it must, and whether a clinician has to."""

    scale: str
    items: tuple[str, ...]
    mandatory: bool
    by_clinician: bool
    evidence: Rule


@dataclass(frozen=True, slots=True)
class Schedule:
    """Something that falls due: after the start of therapy, and then every so often.

    `met_by` is the kind of event or study that meets it; `drugs` are drugs or classes, none is all.
    """

    id: str
    what: str
    role: str
    drugs: tuple[str, ...]
    met_by: str
    after: tuple[Cited, ...]
    every: Cited
    source: str


@dataclass(frozen=True, slots=True)
class ScanRule:
    """What a scan asks of one family of pumps: field, before, after, how many interrogations."""

    family: str
    fields: tuple[str, ...]
    prepare: tuple[str, ...]
    after: tuple[str, ...]
    empty_first: bool
    interrogations: int
    evidence: Rule


@dataclass(frozen=True, slots=True)
class TreeStep:
    """A step of the search for a fault: results, whether it is needed, whether it gives drug."""

    id: str
    what: str
    results: tuple[str, ...]
    needed: bool
    gives_drug: bool
    role: str
    found_in: Cited | None
    evidence: Rule


class Follow:
    """The rules of `follow.toml`, with one site's values laid over them.

    Raises `UnknownFact` for a name that nobody has.
    """

    def __init__(self, library: Library | None = None) -> None:
        self._site = (library or Library()).site
        self._rows = table("follow")

    def figure(self, path: str) -> Cited:
        """A number by its path below the file, such as `scan_overdue.amber`."""
        row: Any = self._rows
        for part in path.split("."):
            row = row[known(part, row, "fact of the follow-up")]
        return self._cited(path, row)

    def words(self, path: str) -> tuple[str, ...]:
        """A list to choose from, such as `adverse.term`."""
        kind, name = path.split(".")
        return tuple(self._rows[kind][name]["known"])

    def studies(self) -> tuple[str, ...]:
        """The kinds of study that can be ordered."""
        return tuple(self._rows["study"]["known"])

    def panel(self) -> tuple[str, ...]:
        """What an endocrine panel measures."""
        return tuple(self._rows["panel"]["endocrine"]["items"])

    def scoring(self, scale: str) -> Scoring:
        """How a visit scores a scale."""
        row = self._row("score", scale)
        clinician = row["rater"] == "clinician"
        return Scoring(scale, tuple(row["items"]), row["mandatory"], clinician, rule_of(row))

    def scales(self) -> tuple[str, ...]:
        """Every scale that a visit knows."""
        return tuple(self._rows["score"])

    def grades(self) -> tuple[str, ...]:
        """The grades of a symptom or adverse event; the place of each is its CTCAE number."""
        return tuple(self._rows["grade"]["steps"])

    def symptoms_asked(self, drugs: frozenset[str]) -> tuple[str, ...]:
        """The symptoms that no visit leaves blank under these drugs and classes."""
        rows = self._rows["symptom"].values()
        return tuple(s for row in rows if _for(row["drugs"], drugs) for s in row["asked"])

    def schedule(self, drugs: frozenset[str]) -> tuple[Schedule, ...]:
        """What falls due under these drugs and classes."""
        rows = self._rows["schedule"].items()
        return tuple(self._scheduled(k, row) for k, row in rows if _for(row["drugs"], drugs))

    def scan(self, family: str) -> ScanRule:
        """What a scan asks of a family of pumps."""
        row = self._row("scan", family)
        looks = int(self.figure(f"scan.{family}.interrogations").value.number("1"))
        lists = tuple(row["fields"]), tuple(row["prepare"]), tuple(row["after"])
        return ScanRule(family, *lists, row["empty_first"], looks, rule_of(row))

    def scan_families(self) -> tuple[str, ...]:
        """The families whose scans are known."""
        return tuple(self._rows["scan"])

    def scan_word(self, item: str) -> str:
        """An item of a scan's list in words."""
        return str(self._rows["scan_word"][item])

    def tree(self) -> tuple[TreeStep, ...]:
        """The steps of the search for a fault, in their order."""
        return tuple(self._step(name, row) for name, row in self._rows["tree"].items())

    def cover(self, withdrawal: str) -> tuple[str, str, Rule] | None:
        """Why a drug with this withdrawal does not stop abruptly, and its card; None if it may."""
        row = self._rows["cover"].get(withdrawal)
        return None if row is None else (row["what"], row["card"], rule_of(row))

    def replacement_marks(self) -> tuple[Cited, ...]:
        """How long before the replacement indicator somebody has to act, first to last."""
        return tuple(self.figure(f"replacement.{k}.before") for k in self._rows["replacement"])

    def mme_marks(self) -> tuple[Cited, ...]:
        """When the systemic opioid is looked at after the start of therapy."""
        return tuple(self.figure(f"mme_mark.{k}") for k in self._rows["mme_mark"])

    def rule(self, kind: str, name: str) -> Rule:
        """Where a rule comes from."""
        return rule_of(self._row(kind, name))

    def _scheduled(self, name: str, row: Mapping[str, Any]) -> Schedule:
        path = f"schedule.{name}"
        after = (self._cited(f"{path}.after.{n}", r) for n, r in enumerate(row.get("after", ())))
        every = self.figure(f"{path}.every")
        about = row["what"], row["role"], tuple(row["drugs"]), row["met_by"]
        return Schedule(name, *about, tuple(after), every, every.locator)

    def _step(self, name: str, row: Mapping[str, Any]) -> TreeStep:
        found = self.figure(f"tree.{name}.yield") if "yield" in row else None
        about = row["what"], tuple(row["results"]), row["needed"], row["gives_drug"], row["role"]
        return TreeStep(name, *about, found, rule_of(row))

    def _row(self, kind: str, name: str) -> Mapping[str, Any]:
        rows = self._rows[kind]
        return dict(rows[known(name, rows, kind)])

    def _cited(self, path: str, row: Mapping[str, Any]) -> Cited:
        return cited(f"follow.{path}", self._site(f"follow.{path}", row))


def _for(wanted: list[str], drugs: frozenset[str]) -> bool:
    return not wanted or bool(drugs & set(wanted))
