"""The self-check for the public: its questions, and which lines an answer leads to.

All of it stands in `selfcheck.toml`. A line is words about what to talk about; none of them says
who is a candidate.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from cisterna.facts.library import table

NOTHING = "-"
"""The answer to a question with many, where none was ticked."""


@dataclass(frozen=True, slots=True)
class Ask:
    """One question: its answers, and whether several may be given."""

    id: str
    answers: tuple[str, ...]
    many: bool


class SelfCheck:
    """Questions and lines of the file."""

    def __init__(self) -> None:
        self._rows = table("selfcheck")

    def questions(self) -> tuple[Ask, ...]:
        """The questions in their order."""
        rows = self._rows["ask"].items()
        return tuple(Ask(name, tuple(r["answers"]), r["many"]) for name, r in rows)

    def findings(self) -> tuple[str, ...]:
        """What cannot wait, whatever else is answered."""
        return tuple(self._rows["now"]["findings"])

    def lines(self, given: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
        """The lines of the result for answers by question, in their order."""
        asked = {q.id: tuple(given.get(q.id, ())) or (NOTHING,) for q in self.questions()}
        rows = self._rows["line"].items()
        return tuple(name for name, row in rows if _fits(row["when"], asked))


def _fits(when: Mapping[str, Sequence[str]], given: Mapping[str, Sequence[str]]) -> bool:
    return all(set(answers) & set(given[name]) for name, answers in when.items())
