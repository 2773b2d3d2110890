"""Cisterna: open planning of intrathecal drug delivery. Research and planning, not a device.

`cisterna.read`, `check`, `plan` and `forecast` are loaded when they are first asked for.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cisterna.api import check, forecast, plan, read
else:

    def __getattr__(name: str) -> object:
        if name in __all__:
            return getattr(import_module("cisterna.api"), name)
        raise AttributeError(f"module 'cisterna' has no attribute {name!r}")


__all__ = ["check", "forecast", "plan", "read"]


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
