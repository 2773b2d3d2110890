"""The options that a person weighs, with published figures; her values; the questions she answers.

All of it stands in `options.toml`, each row with its source. The words that she reads stand with
the pages, in her language; the figures are filled into them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Any

from cisterna.facts.cited import BrokenFacts, Cited, cited
from cisterna.facts.library import Library, Rule, known, table
from cisterna.facts.pathway import rule_of

OUT_OF = 100
"""The one denominator of every picture and every figure, for benefit and for harm alike."""


@dataclass(frozen=True, slots=True)
class Figure:
    """A share of people to whom something happened; `others` had something else instead.

    `people` is how many were counted, 0 where the source that was read does not say; `span` is
    how long, a word or a time.
    """

    name: str
    effect: str
    share: Cited
    others: Cited | None
    people: int
    span: str

    @property
    def rare(self) -> bool:
        """Fewer than 1 of 100."""
        return self.share.value.number("%") < 1

    @property
    def of_100(self) -> int:
        """How many out of 100, to the nearest whole person."""
        return _whole(self.share)

    @property
    def others_of_100(self) -> int | None:
        """How many out of 100 of those who had something else."""
        return None if self.others is None else _whole(self.others)


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found in words, where no share of people was read; `says` are its numbers."""

    name: str
    effect: str
    says: Mapping[str, str]
    rule: Rule


@dataclass(frozen=True, slots=True)
class Option:
    """One option: the treatments of a record that are it, whom it is for, how sure, its figures.

    `stands` says for what may matter to somebody whether it is so by its nature: yes, partly, no,
    or `ask` where it is another thing for each; what is not in it, only figures can say.
    """

    id: str
    treatments: tuple[str, ...]
    first_for: tuple[str, ...]
    fits: tuple[str, ...]
    undo: str
    evidence: str
    stands: Mapping[str, str]
    figures: tuple[Figure, ...]
    findings: tuple[Finding, ...]
    rule: Rule


@dataclass(frozen=True, slots=True)
class Question:
    """A question of the teach-back: the answers to choose from, and the right one."""

    id: str
    answers: tuple[str, ...]
    right: str
    rule: Rule


class Options:
    """Options, values and questions of one version. Raises `UnknownFact` for an unknown name."""

    def __init__(self, library: Library | None = None) -> None:
        self._site = (library or Library()).site
        self._rows = table("options")

    @property
    def version(self) -> str:
        """The version of options and decision aid; what was decided by them names it."""
        return str(self._rows["version"])

    @property
    def written(self) -> date:
        """When it was written."""
        return date.fromisoformat(self._rows["date"])

    @property
    def look_again(self) -> date:
        """By when its figures are looked up again."""
        return date.fromisoformat(self._rows["look_again"])

    @property
    def most_weight(self) -> int:
        """The weight of what matters most; 0 does not matter."""
        return int(self._rows["most_weight"])

    def ids(self) -> tuple[str, ...]:
        """The options in the order in which they are shown to everybody."""
        return tuple(self._rows["option"])

    def option(self, name: str) -> Option:
        """An option by its id."""
        row = self._rows["option"][known(name, self._rows["option"], "option")]
        treatments, first, fits = (tuple(row[k]) for k in ("treatments", "first_for", "fits"))
        figures = tuple(self._figure(name, k, f) for k, f in row.get("figure", {}).items())
        said = row.get("said", {}).items()
        findings = tuple(Finding(k, f["effect"], f.get("says", {}), rule_of(f)) for k, f in said)
        undo, sure = str(row["undo"]), str(row["evidence"])
        said_of = (undo, sure, dict(row["stands"]), figures, findings, rule_of(row))
        return Option(name, treatments, first, fits, *said_of)

    def options(self, group: str = "") -> tuple[Option, ...]:
        """Every option; for a group of indications one that belongs first for it stands first."""
        found = [self.option(name) for name in self.ids()]
        return tuple(sorted(found, key=lambda o: group not in o.first_for))

    def values(self) -> tuple[str, ...]:
        """What may matter to somebody."""
        return tuple(self._rows["value"])

    def questions(self) -> Mapping[str, Question]:
        """The questions of the teach-back by their ids."""
        rows = self._rows["question"].items()
        return {k: Question(k, tuple(r["answers"]), r["right"], rule_of(r)) for k, r in rows}

    def figure(self, path: str) -> Cited:
        """A number by its path, such as `example.left` or `state.battery`."""
        kind, _, name = path.partition(".")
        rows = self._rows[known(kind, ("example", "state"), "fact of the options")]
        return cited(
            f"options.{path}", self._site(f"options.{path}", rows[known(name, rows, "fact")])
        )

    def _figure(self, option: str, name: str, row: Mapping[str, Any]) -> Figure:
        path = f"options.option.{option}.figure.{name}"
        share, others = (self._cited(f"{path}.{k}", row.get(k)) for k in ("share", "others"))
        if share is None:
            raise BrokenFacts(f"{path} has no share")
        return Figure(name, row["effect"], share, others, int(row["people"]), row["span"])

    def _cited(self, path: str, row: Mapping[str, Any] | None) -> Cited | None:
        return None if row is None else cited(path, self._site(path, row))


def _whole(share: Cited) -> int:
    return int(share.value.number("%") + Fraction(1, 2))
