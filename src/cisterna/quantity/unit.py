"""The closed list of units, their spellings and their dimensions.

A unit outside the list is refused with the nearest known spelling. Clinical spellings of the
microgram (`mcg`, `ug`, both `µg` characters) are read; only `mcg` is ever written (ISMP).
"""

import difflib
import re
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import Self


class QuantityError(ValueError):
    """A value that cannot be read or used.

    Family: `UnreadableQuantity` (text is no number with a unit), `UnknownUnit` (unit outside the
    list), `DimensionMismatch` (a volume where a dose is needed, a sum of unlike things).
    """


class UnknownUnit(QuantityError):
    """A unit that is not in the closed list."""


@dataclass(frozen=True, slots=True)
class Dimension:
    """Exponents of mass, volume, time and length; all zero is a pure ratio."""

    mass: int = 0
    volume: int = 0
    time: int = 0
    length: int = 0

    def __mul__(self, other: "Dimension") -> "Dimension":
        return Dimension(
            self.mass + other.mass,
            self.volume + other.volume,
            self.time + other.time,
            self.length + other.length,
        )

    def __truediv__(self, other: "Dimension") -> "Dimension":
        return self * Dimension(-other.mass, -other.volume, -other.time, -other.length)

    def __str__(self) -> str:
        return DIMENSION_NAMES.get(self, "another kind of quantity")


RATIO = Dimension()
MASS = Dimension(mass=1)
VOLUME = Dimension(volume=1)
DURATION = Dimension(time=1)
LENGTH = Dimension(length=1)
FLOW = VOLUME / DURATION
DOSE_RATE = MASS / DURATION
CONCENTRATION = MASS / VOLUME
LINE_VOLUME = VOLUME / LENGTH
DIFFUSIVITY = LENGTH * LENGTH / DURATION

DIMENSION_NAMES = {
    RATIO: "a ratio",
    MASS: "an amount of drug (such as mg)",
    VOLUME: "a volume (such as mL)",
    DURATION: "a time (such as h)",
    LENGTH: "a length (such as cm)",
    FLOW: "a flow (such as mL/day)",
    DOSE_RATE: "a dose rate (such as mg/day)",
    CONCENTRATION: "a concentration (such as mg/mL)",
    LINE_VOLUME: "a volume per length (such as mL/cm)",
    DIFFUSIVITY: "a diffusivity (such as cm2/s)",
}


@dataclass(frozen=True, slots=True)
class Unit:
    """A named unit: how many base units (mg, mL, day, cm) it is worth."""

    name: str
    size: Fraction
    dimension: Dimension

    def per(self, other: Self) -> "Unit":
        """The quotient unit, such as mg/day."""
        return Unit(
            f"{self.name}/{other.name}",
            self.size / other.size,
            self.dimension / other.dimension,
        )


_DAY_MS = 86_400_000

_SIMPLE: dict[str, tuple[Fraction, Dimension]] = {
    "1": (Fraction(1), RATIO),
    "%": (Fraction(1, 100), RATIO),
    "ng": (Fraction(1, 10**6), MASS),
    "mcg": (Fraction(1, 10**3), MASS),
    "mg": (Fraction(1), MASS),
    "g": (Fraction(10**3), MASS),
    "kg": (Fraction(10**6), MASS),
    "nL": (Fraction(1, 10**6), VOLUME),
    "mcL": (Fraction(1, 10**3), VOLUME),
    "mL": (Fraction(1), VOLUME),
    "L": (Fraction(10**3), VOLUME),
    "ms": (Fraction(1, _DAY_MS), DURATION),
    "s": (Fraction(1000, _DAY_MS), DURATION),
    "min": (Fraction(60_000, _DAY_MS), DURATION),
    "h": (Fraction(1, 24), DURATION),
    "day": (Fraction(1), DURATION),
    "week": (Fraction(7), DURATION),
    "month": (Fraction(36525, 1200), DURATION),
    "year": (Fraction(36525, 100), DURATION),
    "mm": (Fraction(1, 10), LENGTH),
    "cm": (Fraction(1), LENGTH),
    "m": (Fraction(100), LENGTH),
    "cm2": (Fraction(1), LENGTH * LENGTH),
    "m2": (Fraction(10**4), LENGTH * LENGTH),
}

_SPELLINGS = {
    "ug": "mcg",
    "\u00b5g": "mcg",
    "\u03bcg": "mcg",
    "uL": "mcL",
    "\u00b5L": "mcL",
    "\u03bcL": "mcL",
    "ml": "mL",
    "l": "L",
    "d": "day",
    "days": "day",
    "hr": "h",
    "hour": "h",
    "hours": "h",
    "minute": "min",
    "minutes": "min",
    "sec": "s",
    "second": "s",
    "seconds": "s",
    "weeks": "week",
    "months": "month",
    "y": "year",
    "years": "year",
    "yr": "year",
}

_UNIT_TEXT = re.compile(r"[A-Za-z0-9%\u00b5\u03bc]+(/[A-Za-z][A-Za-z0-9]*)?")


def _simple(text: str) -> Unit:
    name = _SPELLINGS.get(text, text)
    if name not in _SIMPLE:
        known = [*_SIMPLE, *_SPELLINGS]
        near = [k for k in known if k.lower() == text.lower()]
        near = near or difflib.get_close_matches(text, known, n=1, cutoff=0.5)
        hint = f"; did you mean {_SPELLINGS.get(near[0], near[0])}?" if near else ""
        raise UnknownUnit(f"unknown unit {text[:30]!r}{hint}")
    size, dimension = _SIMPLE[name]
    return Unit(name, size, dimension)


@lru_cache(maxsize=256)
def unit(text: str) -> Unit:
    """Read a unit such as `mcg/day`.

    Raises `UnknownUnit` for anything outside the closed list.
    """
    if not _UNIT_TEXT.fullmatch(text):
        raise UnknownUnit(f"unknown unit {text[:30]!r}")
    top, _, bottom = text.partition("/")
    if not bottom:
        return _simple(top)
    return _simple(top).per(_simple(bottom))
