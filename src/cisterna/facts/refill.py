"""The refill visit as data: its steps in order, the words it asks for, its figures, the watches."""

from dataclasses import dataclass

from cisterna.facts.cited import Cited, cited
from cisterna.facts.library import Library, known, table


@dataclass(frozen=True, slots=True)
class Watch:
    """One thing that is watched: what was found, what to do, where that stands."""

    id: str
    name: str
    todo: str
    locator: str


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

    def watch(self, name: str) -> Watch:
        """One thing that is watched."""
        rows = self._rows["watch"]
        row = rows[known(name, rows, "watch")]
        return Watch(name, row["name"], row["todo"], row["locator"])
