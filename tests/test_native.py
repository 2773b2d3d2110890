"""What the benchmark compiles is the source with its constructors written out, and nothing else."""

import sys
from types import ModuleType
from typing import Any

import pytest
from benchmarks.native import written_out

SOURCE = '''"""Two values."""
from dataclasses import dataclass, field

@dataclass(frozen=True, slots=True)
class Base:
    at: int

@dataclass(frozen=True, slots=True)
class Sum(Base):
    more: int = 2
    whole: int = field(init=False, compare=False)

    def __post_init__(self) -> None:
        if self.more < 0:
            raise ValueError("below zero")
        object.__setattr__(self, "whole", self.at + self.more)

@dataclass(frozen=True, slots=True)
class Pair:
    one: int
    two: int = 2

def doubled(pair: Pair) -> Pair:
    return changed(pair, two=2 * pair.two)
'''


def test_written_out_values_are_made_checked_compared_and_changed_as_before(
    monkeypatch: pytest.MonkeyPatch,
):
    kept = ModuleType("cisterna.quantity.kept")
    kept.Kept = type("Kept", (), {})  # type: ignore[attr-defined]
    kept.KEPT = kept.Kept()  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, kept.__name__, kept)
    made: dict[str, Any] = {"__name__": "written"}
    exec(written_out(SOURCE), made)  # noqa: S102  (our own text)
    assert made["Sum"](1).whole == 3
    assert made["Sum"](1, 2) == made["Sum"](1)
    assert hash(made["Pair"](1)) == hash(made["Pair"](1, 2))
    assert made["doubled"](made["Pair"](1)) == made["Pair"](1, 4)
    with pytest.raises(ValueError, match="below zero"):
        made["Sum"](1, -1)
