"""`Quantity`: an exact rational with a unit.

Arithmetic is exact and checks dimensions; the unit is only how the value is shown. Comparing or
adding unlike dimensions raises `DimensionMismatch`.
"""

import re
from dataclasses import dataclass, field
from fractions import Fraction

from cisterna.quantity.unit import (
    CONCENTRATION,
    DIFFUSIVITY,
    DOSE_RATE,
    DURATION,
    FLOW,
    LENGTH,
    LINE_VOLUME,
    MASS,
    RATIO,
    VOLUME,
    Dimension,
    QuantityError,
    Unit,
    UnknownUnit,
    unit,
)

__all__ = [
    "CONCENTRATION",
    "DIFFUSIVITY",
    "DOSE_RATE",
    "DURATION",
    "FLOW",
    "LENGTH",
    "LINE_VOLUME",
    "MASS",
    "RATIO",
    "VOLUME",
    "Dimension",
    "DimensionMismatch",
    "Quantity",
    "QuantityError",
    "UnknownUnit",
    "UnreadableQuantity",
]


class UnreadableQuantity(QuantityError):
    """Text that is not one plain decimal number followed by a unit."""


class DimensionMismatch(QuantityError):
    """Unlike quantities were added, compared, or used for one another."""


_NUMBER = re.compile(r"([+-]?)([0-9]{1,15})(?:\.([0-9]{1,15}))?")
_QUANTITY = re.compile(r"([+-]?[0-9][^\s%A-Za-z\u00b5\u03bc]*)\s*(?![eE][+-]?[0-9])(\S*)")
_LONGEST = 60


@dataclass(frozen=True, slots=True, order=False)
class Quantity:
    """An exact value. `base` counts mg, mL, day and cm to the powers of `dimension`."""

    base: Fraction
    dimension: Dimension
    unit: Unit = field(compare=False)

    @classmethod
    def of(cls, value: int | str | Fraction, unit_text: str) -> "Quantity":
        """A value in a unit: `Quantity.of("0.25", "mg/h")`.

        Raises `UnknownUnit` or `UnreadableQuantity`; a float is not accepted.
        """
        if isinstance(value, float):
            raise TypeError("a float is no exact value; write it as text, such as '0.25'")
        number = _decimal(value) if isinstance(value, str) else Fraction(value)
        u = unit(unit_text)
        return cls(number * u.size, u.dimension, u)

    @classmethod
    def parse(cls, text: str) -> "Quantity":
        """Read `"4.4 mg/day"`.

        Raises `UnreadableQuantity` for a missing unit, a decimal comma, a missing leading zero,
        an exponent or anything that is no number; `UnknownUnit` for a unit outside the list.
        """
        body = text.strip()
        if len(body) > _LONGEST:
            raise UnreadableQuantity(f"{body[:20]!r}… is too long for one value with a unit")
        match = _QUANTITY.fullmatch(body)
        if not match:
            raise UnreadableQuantity(_why_unreadable(body))
        number, unit_text = match.groups()
        if not unit_text:
            raise UnreadableQuantity(f"{body!r} has no unit")
        return cls.of(number, unit_text)

    def number(self, unit_text: str) -> Fraction:
        """The exact number of `unit_text` in this value; raises `DimensionMismatch`."""
        return self.base / self._like(unit(unit_text)).size

    def to(self, unit_text: str) -> "Quantity":
        """The same value, shown in another unit; raises `DimensionMismatch`."""
        return Quantity(self.base, self.dimension, self._like(unit(unit_text)))

    def expect(self, dimension: Dimension) -> "Quantity":
        """Itself if it is `dimension`, else `DimensionMismatch` with both kinds named."""
        if self.dimension != dimension:
            raise DimensionMismatch(f"expected {dimension}, found {self.dimension}")
        return self

    def _like(self, other: Unit) -> Unit:
        if other.dimension != self.dimension:
            raise DimensionMismatch(f"{self.dimension} cannot be shown in {other.name}")
        return other

    def _same(self, other: "Quantity") -> Fraction:
        if other.dimension != self.dimension:
            raise DimensionMismatch(f"{self.dimension} and {other.dimension} do not compare")
        return other.base

    def __add__(self, other: "Quantity") -> "Quantity":
        return Quantity(self.base + self._same(other), self.dimension, self.unit)

    def __sub__(self, other: "Quantity") -> "Quantity":
        return Quantity(self.base - self._same(other), self.dimension, self.unit)

    def __neg__(self) -> "Quantity":
        return Quantity(-self.base, self.dimension, self.unit)

    def __abs__(self) -> "Quantity":
        return Quantity(abs(self.base), self.dimension, self.unit)

    def __mul__(self, other: "Quantity | Fraction | int") -> "Quantity":
        if isinstance(other, (int, Fraction)):
            return Quantity(self.base * other, self.dimension, self.unit)
        return _coherent(self.base * other.base, self.dimension * other.dimension)

    def __rmul__(self, other: Fraction | int) -> "Quantity":
        return self * other

    def __truediv__(self, other: "Quantity | Fraction | int") -> "Quantity":
        if isinstance(other, (int, Fraction)):
            return Quantity(self.base / other, self.dimension, self.unit)
        return _coherent(self.base / other.base, self.dimension / other.dimension)

    def __lt__(self, other: "Quantity") -> bool:
        return self.base < self._same(other)

    def __le__(self, other: "Quantity") -> bool:
        return self.base <= self._same(other)

    def __gt__(self, other: "Quantity") -> bool:
        return self.base > self._same(other)

    def __ge__(self, other: "Quantity") -> bool:
        return self.base >= self._same(other)

    def __bool__(self) -> bool:
        return self.base != 0


_COHERENT_NAMES = {
    RATIO: "1",
    MASS: "mg",
    VOLUME: "mL",
    DURATION: "day",
    LENGTH: "cm",
    FLOW: "mL/day",
    DOSE_RATE: "mg/day",
    CONCENTRATION: "mg/mL",
    LINE_VOLUME: "mL/cm",
}


def _coherent(base: Fraction, dimension: Dimension) -> Quantity:
    """A product or quotient in mg, mL, day and cm, which are all of size one."""
    name = _COHERENT_NAMES.get(dimension, f"coherent {dimension}")
    return Quantity(base, dimension, Unit(name, Fraction(1), dimension))


def _decimal(text: str) -> Fraction:
    match = _NUMBER.fullmatch(text)
    if not match:
        raise UnreadableQuantity(_why_unreadable(text))
    sign, whole, part = match.groups()
    value = Fraction(int(whole + (part or "")), 10 ** len(part or ""))
    return -value if sign == "-" else value


def _why_unreadable(text: str) -> str:
    shown = repr(text[:40])
    if re.search(r"\d,\d", text):
        return f"{shown} has a comma; write the decimal point, and no thousands separator"
    if re.match(r"[+-]?\.\d", text):
        return f"{shown} lacks the leading zero; write 0{text.lstrip('+-')[:20]}"
    if re.match(r"[+-]?\d+(\.\d+)?[eE]", text):
        return f"{shown} has an exponent; write the number out"
    return f"{shown} is not a plain decimal number with a unit, such as 4.4 mg/day"
