"""Emergency cards and the rules of triage, from `cards.toml`: words with their sources."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from cisterna.facts.cited import Cited, cited
from cisterna.facts.library import Library, Rule, known, table
from cisterna.facts.pathway import rule_of


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a card and where it comes from; `es` is our Spanish, which no clinician read."""

    text: str
    evidence: Rule
    es: str


@dataclass(frozen=True, slots=True)
class Card:
    """One emergency card: for which drugs or classes (none is all), its signs, what to do."""

    id: str
    title: str
    title_es: str
    drugs: tuple[str, ...]
    recognise: tuple[Line, ...]
    do: tuple[Line, ...]
    version: str


@dataclass(frozen=True, slots=True)
class TriageRule:
    """All of these findings together mean this level; under these drugs, if it names any."""

    level: str
    all: tuple[str, ...]
    cards: tuple[str, ...]
    drugs: tuple[str, ...]
    evidence: Rule


class Cards:
    """Every card and rule of triage. Raises `UnknownFact` for a name that nobody has."""

    def __init__(self, library: Library | None = None) -> None:
        self._site = (library or Library()).site
        self._rows = table("cards")

    @property
    def version(self) -> str:
        """The version of cards and rules; what was decided by them names it."""
        return str(self._rows["version"])

    @property
    def breaths(self) -> Cited:
        """Breaths a minute at which breathing is slow: the upper end counts."""
        row = self._site("cards.breaths", self._rows["breaths"])
        return cited("cards.breaths", row)

    def ids(self) -> tuple[str, ...]:
        """The letters of the cards."""
        return tuple(self._rows["card"])

    def card(self, name: str) -> Card:
        """A card by its letter."""
        rows = self._rows["card"]
        row = rows[known(name, rows, "emergency card")]
        signs, do = _lines(row["recognise"]), _lines(row["do"])
        return Card(
            name, row["title"], row["title_es"], tuple(row["drugs"]), signs, do, self.version
        )

    def fallback(self) -> Card:
        """The card for a drug that nobody knows: the maker's line."""
        row = self._rows["fallback"]
        pairs = zip(row["lines"], row["lines_es"], strict=True)
        lines = tuple(Line(text, rule_of(row), es) for text, es in pairs)
        return Card("unknown-drug", row["title"], row["title_es"], (), (), lines, self.version)

    def head(self, spanish: bool = False) -> tuple[str, ...]:
        """What every card says first."""
        return tuple(self._rows["head"]["lines_es" if spanish else "lines"])

    def findings(self) -> Mapping[str, str]:
        """What somebody may report, by its name, in words."""
        return dict(self._rows["finding"])

    def act(self, level: str) -> str:
        """What a level asks for."""
        return str(self._rows["level"][level]["act"])

    def rules(self) -> tuple[TriageRule, ...]:
        """The rules of triage."""
        return tuple(_rule(row) for row in self._rows["rule"])

    def graded(self, symptom: str, grade: str, grades: tuple[str, ...]) -> str:
        """The finding that a symptom of this grade counts as when she grades it at home, or none.

        `grades` are all grades, the least first.
        """
        for row in self._rows["graded"]:
            if row["symptom"] == symptom and grades.index(grade) >= grades.index(row["least"]):
                return str(row["finding"])
        return ""

    def unmatched(self) -> TriageRule:
        """The rule for what no rule knows."""
        row = self._rows["unmatched"]
        return TriageRule(row["level"], (), (), (), rule_of(row))


def _rule(row: Mapping[str, Any]) -> TriageRule:
    told, cards, drugs = (tuple(row[key]) for key in ("all", "cards", "drugs"))
    return TriageRule(row["level"], told, cards, drugs, rule_of(row))


def _lines(rows: Iterable[Mapping[str, Any]]) -> tuple[Line, ...]:
    return tuple(Line(row["text"], rule_of(row), row["es"]) for row in rows)
