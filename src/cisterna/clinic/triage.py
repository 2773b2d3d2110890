"""How urgent a report is, by rules that are data: never a guess (pathway §6.4)."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from cisterna.clinic.since import kinds_of
from cisterna.facts import Card, Cards, Library
from cisterna.facts.cards import TriageRule
from cisterna.facts.library import known


class Level(StrEnum):
    """How soon somebody acts."""

    RED = "red"
    AMBER = "amber"
    GREEN = "green"


_ORDER = (Level.GREEN, Level.AMBER, Level.RED)


@dataclass(frozen=True, slots=True)
class Triage:
    """The most urgent level that a rule gives, what it asks for, its cards, and why."""

    findings: tuple[str, ...]
    level: Level
    act: str
    cards: tuple[str, ...]
    because: tuple[str, ...]
    version: str


def fits(card: Card, drugs: Iterable[str], library: Library) -> bool:
    """Whether a card is for one of these drugs; a card without drugs is for everybody."""
    return not card.drugs or bool(kinds_of(drugs, library) & set(card.drugs))


def triage(
    findings: Iterable[str],
    drugs: Iterable[str],
    library: Library | None = None,
    breaths: int | None = None,
) -> Triage:
    """What these findings mean under these intrathecal drugs; no drugs is "not known".

    `breaths` a minute at the figure of the facts or below count as slow breathing. What no rule
    knows is looked at the same day. Raises `UnknownFact` for a finding that nobody has and
    `ValueError` without any.
    """
    library = library or Library()
    facts = Cards(library)
    told = {known(name, facts.findings(), "finding") for name in findings}
    if breaths is not None and breaths <= facts.breaths.most.number("1/min"):
        told.add("slow-breathing")
    if not told:
        raise ValueError("nothing was reported")
    names = tuple(drugs)
    fired = _fired(told, names, facts, library)
    level = max((Level(rule.level) for rule in fired), key=_ORDER.index)
    cards, because = _cards(fired, names, facts, library), _why(fired)
    return Triage(tuple(sorted(told)), level, facts.act(level), cards, because, facts.version)


def _fired(
    told: set[str], drugs: tuple[str, ...], facts: Cards, library: Library
) -> list[TriageRule]:
    """The rules that fire; one more for findings of which no rule knows anything."""
    kinds = kinds_of(drugs, library)
    strange = not drugs or bool(set(drugs) - set(library.drug_ids))
    fired = [
        rule
        for rule in facts.rules()
        if told.issuperset(rule.all) and (not rule.drugs or strange or kinds & set(rule.drugs))
    ]
    covered = {name for rule in fired for name in rule.all}
    return fired if covered == told else [*fired, facts.unmatched()]


def _cards(
    fired: list[TriageRule], drugs: tuple[str, ...], facts: Cards, library: Library
) -> tuple[str, ...]:
    urgent = sorted(fired, key=lambda rule: -_ORDER.index(Level(rule.level)))
    names = dict.fromkeys(name for rule in urgent for name in rule.cards)
    return tuple(name for name in names if fits(facts.card(name), drugs, library))


def _why(fired: list[TriageRule]) -> tuple[str, ...]:
    texts = (f"{' and '.join(r.all) or 'no rule'} ({r.evidence.locator})" for r in fired)
    return tuple(texts)
