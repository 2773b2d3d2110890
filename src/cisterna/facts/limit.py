"""A limit on a drug, and when it applies.

Limits of label, consensus, agency and published practice stay apart. What the order leaves
unsaid does not exclude a limit: the tighter one binds and the question is asked.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cisterna.facts.cited import BrokenFacts, Cited, cited
from cisterna.quantity import Quantity

LIMIT_KINDS = (
    "start",
    "ceiling",
    "trial-bolus",
    "step",
    "step-interval",
    "drop",
    "concentration",
    "prepared",
    "age",
    "stability",
    "published-range",
)


@dataclass(frozen=True, slots=True)
class Situation:
    """What is known about the order that decides which limits apply; None is unsaid."""

    jurisdiction: str
    phase: str
    opioid_tolerant: bool | None = None
    cancer: bool | None = None
    origin: str | None = None
    age: Quantity | None = None
    pump_kind: str | None = None
    pump_family: str | None = None
    product: str | None = None
    diluted: bool | None = None
    first_fill: bool | None = None

    def meets(self, condition: str, wanted: object) -> bool | None:
        """Whether one `when` condition holds; None when the order does not say."""
        if condition in ("age_below", "age_from"):
            if self.age is None:
                return None
            bound = Quantity.parse(str(wanted))
            return self.age < bound if condition == "age_below" else self.age >= bound
        held = getattr(self, condition)
        return None if held is None else held == wanted


CONDITIONS = (
    "phase",
    "opioid_tolerant",
    "cancer",
    "origin",
    "age_below",
    "age_from",
    "pump_kind",
    "pump_family",
    "product",
    "diluted",
    "first_fill",
)


@dataclass(frozen=True, slots=True)
class Limit:
    """One limit: its kind, the cited value, the label's jurisdiction and its conditions."""

    kind: str
    fact: Cited
    jurisdiction: str | None
    when: tuple[tuple[str, object], ...]

    def applies(self, situation: Situation) -> bool:
        """Whether no stated fact excludes this limit."""
        if self.jurisdiction not in (None, situation.jurisdiction):
            return False
        return all(situation.meets(name, wanted) is not False for name, wanted in self.when)

    def unsaid(self, situation: Situation) -> tuple[str, ...]:
        """The conditions that the order leaves open."""
        return tuple(n for n, wanted in self.when if situation.meets(n, wanted) is None)


def limit(path: str, row: Mapping[str, Any]) -> Limit:
    """Read one limit row; raises `BrokenFacts` for an unknown kind or condition."""
    kind, when = row.get("kind"), row.get("when", {})
    if kind not in LIMIT_KINDS:
        raise BrokenFacts(f"{path} has the unknown kind {kind!r}")
    for name in when:
        if name not in CONDITIONS:
            raise BrokenFacts(f"{path} has the unknown condition {name!r}")
    return Limit(str(kind), cited(path, row), row.get("jurisdiction"), tuple(when.items()))
