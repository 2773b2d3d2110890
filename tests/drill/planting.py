"""How a bug is planted: in this process, at one named place, and loudly where that place has moved.

Two ways. `edit` changes the words of one function and puts the new code into the very same function
object, so whoever imported it has the bug. `planted` names a plant that is written out as Python;
`everywhere` puts a function in the place of another wherever that one is known by name or stands
in a table. A plant lasts as long as its `MonkeyPatch`.
"""

import inspect
import sys
import textwrap
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from types import CodeType, FunctionType
from typing import Any

import pytest

Patch = pytest.MonkeyPatch
ROOMS = ("cisterna.", "tests.")


class Moved(Exception):
    """The place where a bug is planted is not there any more: plant it where it went."""


@dataclass(frozen=True)
class Plant:
    """Where a bug is planted, and how."""

    where: str
    do: Callable[[Patch], None]

    def __call__(self, patch: Patch) -> None:
        """Plant it. Raises `Moved`."""
        try:
            self.do(patch)
        except (AttributeError, ImportError, KeyError) as gone:
            raise Moved(f"{self.where}: {gone}") from gone


@dataclass(frozen=True)
class Bug:
    """A planted bug: its name, what it stands for and from where, the plant, the tests for it.

    `source` names rows of the safety fact book (its sections, H, A, SR, ST, CVE); `found_by` are
    tests of `tests/pump`, the cheapest first.
    """

    name: str
    like: str
    source: str
    plant: Plant
    found_by: tuple[str, ...]


def by(file: str, *names: str) -> tuple[str, ...]:
    """Tests of one file of `tests/pump`; `test_` stands before each name."""
    return tuple(f"{file}::test_{name}" for name in names)


def planted(where: str) -> Callable[[Callable[[Patch], None]], Plant]:
    """A plant that is written out."""
    return lambda do: Plant(where, do)


def edit(where: str, *changes: tuple[str, str]) -> Plant:
    """A plant that changes words (old, new) of the function `where`, below `cisterna`."""

    def do(patch: Patch) -> None:
        function = _function(where)
        source = textwrap.dedent(inspect.getsource(function))
        for old, new in changes:
            if source.count(old) != 1:
                raise Moved(f"{where} has {source.count(old)} times {old!r}")
            source = source.replace(old, new)
        patch.setattr(function, "__code__", _code(source, function))

    return Plant(where, do)


def together(*plants: Plant) -> Plant:
    """One bug that has several places."""

    def do(patch: Patch) -> None:
        for plant in plants:
            plant(patch)

    return Plant(", ".join(p.where for p in plants), do)


def everywhere(patch: Patch, old: Any, new: Any) -> None:
    """Put `new` where `old` is, in every module and every table of a module. Raises `Moved`."""
    found = 0
    for name, module in list(sys.modules.items()):
        if not name.startswith(ROOMS) or module is sys.modules[__name__]:
            continue
        for key, value in list(vars(module).items()):
            if value is old:
                patch.setattr(module, key, new)
                found += 1
            elif isinstance(value, dict) and not key.startswith("__"):
                for entry in [k for k, v in value.items() if v is old]:
                    patch.setitem(value, entry, new)
                    found += 1
    if not found:
        raise Moved(f"{old} is nowhere")


def _function(where: str) -> FunctionType:
    """The function of a dotted name below `cisterna`; a method by its class."""
    module, names = where, list[str]()
    while True:
        module, _, last = module.rpartition(".")
        names.insert(0, last)
        try:
            found: Any = import_module(f"cisterna.{module}")
            break
        except ModuleNotFoundError:
            if not module:
                raise
    for name in names:
        found = inspect.getattr_static(found, name)
    for inside in ("__func__", "fget", "func"):  # a class method, a property, a cached one
        found = getattr(found, inside, found)
    if not isinstance(found, FunctionType):
        raise Moved(f"{where} is no plain function")
    return found


def _code(source: str, function: FunctionType) -> CodeType:
    """The code of a function from its changed source, with the line numbers that it had."""
    lines = "\n" * (function.__code__.co_firstlineno - 1) + source
    whole = compile(lines, function.__code__.co_filename, "exec", dont_inherit=True)
    made = [
        c for c in whole.co_consts if isinstance(c, CodeType) and c.co_name == function.__name__
    ]
    if len(made) != 1 or made[0].co_freevars != function.__code__.co_freevars:
        raise Moved(f"{function.__qualname__} cannot be compiled alone")
    return made[0]
