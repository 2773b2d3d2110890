"""Pint as the oracle of unit sizes: one registry for the whole run, for it is slow to build."""

from typing import Any

import pint
import pytest


@pytest.fixture(scope="session")
def registry() -> "pint.UnitRegistry[Any]":
    return pint.UnitRegistry()
