"""A finding: what is wrong, the limit, whose limit it is, and how sure we are of it."""

from dataclasses import dataclass
from datetime import datetime

from cisterna.facts import Cited, Remark, Rule
from cisterna.quantity import Quantity

SEVERITIES = ("block", "warn", "note")


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding of a check. `code` is stable; `severity` is block, warn or note."""

    code: str
    severity: str
    message: str
    found: Quantity | str | datetime | None
    limit: Quantity | str | datetime | None
    authority: str | None
    source: str | None
    locator: str | None
    certainty: str | None


def evidence_of(fact: Cited) -> Rule:
    """Where a cited value comes from, as the evidence of a finding."""
    return Rule(fact.authority, fact.source, fact.locator, fact.certainty)


def evidence_of_remark(remark: Remark) -> Rule:
    """Where a contraindication, an interaction or a caution comes from."""
    return Rule(remark.authority, remark.source, remark.locator, remark.certainty)
