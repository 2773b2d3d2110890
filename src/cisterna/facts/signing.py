"""Who may change a dose, when a second person signs, how long a signature is good."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from typing import Any, Literal

from cisterna.facts.cited import cited
from cisterna.facts.library import table
from cisterna.facts.site import Site

Leave = Literal["yes", "privilege", "order"]


@dataclass(frozen=True, slots=True)
class TwoPersonRule:
    """A rule that asks for a second person, for findings with `codes` and for deeds of `verbs`."""

    name: str
    codes: tuple[str, ...]
    meaning: str
    verbs: tuple[str, ...] = ()


class Signing:
    """The rules of signing, from the facts, with one site's values laid over them."""

    def __init__(self, site: Site | None = None) -> None:
        self._rows: Mapping[str, Any] = table("signing")
        self._site = site or Site()

    @cached_property
    def fresh(self) -> timedelta:
        """How long a re-authentication is good."""
        return self._span("fresh")

    @cached_property
    def second_signer(self) -> timedelta:
        """How long after the proposal a second person may sign."""
        return self._span("second_signer")

    @cached_property
    def review(self) -> timedelta:
        """By when what was done by break-glass is looked at."""
        return self._span("review")

    @cached_property
    def overridable(self) -> tuple[str, ...]:
        """The blocks that a second person may lift by typing the dose again."""
        return tuple(self._rows["override"]["codes"])

    @cached_property
    def rules(self) -> tuple[TwoPersonRule, ...]:
        """Every two-person rule about a dose."""
        rows = self._rows["rule"]
        return tuple(
            TwoPersonRule(k, tuple(v["codes"]), v["meaning"], tuple(v.get("verbs", ())))
            for k, v in rows.items()
        )

    def called_by(self, codes: Iterable[str]) -> tuple[str, ...]:
        """The rules that these findings call for."""
        found = frozenset(codes)
        return tuple(rule.name for rule in self.rules if found & frozenset(rule.codes))

    def called_by_verb(self, verb: str) -> tuple[str, ...]:
        """The rules that a deed by hand calls for."""
        return tuple(rule.name for rule in self.rules if verb in rule.verbs)

    def leave(self, act: str, role: str) -> Leave | None:
        """Whether a role may do something, and on what; None if it may not."""
        found: Leave | None = self._rows["act"][act].get(role)
        return found if found in ("yes", "privilege", "order") else None

    def _span(self, name: str) -> timedelta:
        path = f"signing.{name}"
        ms = cited(path, self._site(path, self._rows[name])).most.number("ms")
        return timedelta(milliseconds=int(ms))
