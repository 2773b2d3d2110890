"""The same test for many values: variants that may wait for a campaign, and rows of a table."""

from collections.abc import Callable, Collection, Iterable
from typing import Any

import pytest


def variants(rows: Iterable[Any], always: Collection[Any]) -> list[Any]:
    """The rows of a parametrised test; those that are not among `always` wait for a campaign.

    Raises `ValueError` where one of `always` is no row.
    """
    every = list(rows)
    if lost := [row for row in always if row not in every]:
        raise ValueError(f"no variant of this test: {lost}")
    return [row if row in always else _later(row) for row in every]


def _later(row: Any) -> Any:
    values = row if isinstance(row, tuple) else (row,)
    return pytest.param(*values, marks=pytest.mark.campaign)


def for_every(values: Iterable[Any]) -> Callable[[Callable[[Any], None]], Callable[[], None]]:
    """One test of a statement about every value (a decorator); it names all that break it.

    For thousands of rows: a test of its own for each takes longer to begin than to run.
    """

    def made(statement: Callable[[Any], None]) -> Callable[[], None]:
        def whole() -> None:
            broken = [found for value in values if (found := _broken(statement, value))]
            assert not broken, "\n".join(broken)

        whole.__name__, whole.__doc__ = statement.__name__, statement.__doc__
        whole.__module__, whole.__qualname__ = statement.__module__, statement.__qualname__
        return whole

    return made


def _broken(statement: Callable[[Any], None], value: Any) -> str:
    try:
        statement(value)
    except Exception as why:
        return f"{value}: {type(why).__name__}: {why}"
    return ""
