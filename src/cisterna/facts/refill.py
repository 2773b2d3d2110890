"""The refill visit as data: its steps in order, the words it asks for, its figures, the watches."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cisterna.facts.cited import Cited, cited
from cisterna.facts.library import Library, known, table


@dataclass(frozen=True, slots=True)
class Watch:
    """One thing that is watched: what was found, what to do, where that stands."""

    id: str
    name: str
    todo: str
    locator: str


@dataclass(frozen=True, slots=True)
class Rung:
    """A step before a refill: how long before it, what is done, by whom."""

    id: str
    before: Cited
    what: str
    role: str


class RefillRules:
    """The rules of the refill, with one site's values laid over them.

    Raises `UnknownFact` for a name that nobody has.
    """

    def __init__(self, library: Library) -> None:
        self.library = library
        self._rows = table("refill")

    @property
    def steps(self) -> tuple[str, ...]:
        """The steps of the visit in their order."""
        return tuple(self._rows["steps"]["order"])

    def figure(self, name: str) -> Cited:
        """A number by its name, such as `first_part`."""
        row = self._rows[known(name, self._rows, "fact of the refill")]
        path = f"refill.{name}"
        return cited(path, self.library.site(path, row))

    def count(self, name: str) -> int:
        """A figure that counts."""
        return int(self.figure(name).value.number("1"))

    def words(self, kind: str) -> tuple[str, ...]:
        """The answers that a question knows, such as those on the skin."""
        return tuple(self._rows[kind]["known"])

    def stops(self, skin: str) -> bool:
        """Whether no needle goes through such skin."""
        return skin in self._rows["skin"]["stops"]

    def ladder(self) -> tuple[Rung, ...]:
        """The steps before a refill, the first one first."""
        rows = self._rows["ladder"]
        return tuple(self._rung(name, rows[name]) for name in rows["order"])

    def _rung(self, name: str, row: Mapping[str, Any]) -> Rung:
        path = f"refill.ladder.{name}"
        fact = cited(path, self.library.site(path, row))
        return Rung(name, fact, row["what"], row["role"])

    def ladder_earlier(self) -> tuple[str, ...]:
        """The drugs for which each step comes one step earlier."""
        return tuple(self._rows["ladder_earlier"]["drugs"])

    def watch(self, name: str) -> Watch:
        """One thing that is watched."""
        rows = self._rows["watch"]
        row = rows[known(name, rows, "watch")]
        return Watch(name, row["name"], row["todo"], row["locator"])
