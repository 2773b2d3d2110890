"""The fields that only a scenario file has: times since the start, lengths in ms, exact ratios."""

import math
import re
from dataclasses import dataclass
from datetime import time
from fractions import Fraction
from typing import Any

from cisterna.order.form import Amount, Field, Unfit
from cisterna.quantity import DURATION, RATIO, Quantity, QuantityError, show

LONGEST_RUN = Quantity.of(20, "year")

_LARGEST_SEED = 2**63 - 1
_AT = re.compile("(?:(0|[1-9][0-9]{0,4}) days? )?([01][0-9]|2[0-3]):([0-5][0-9])(?::([0-5][0-9]))?")
_PLAIN = re.compile(r"[0-9]{1,9}(\.[0-9]{1,9})?")


@dataclass(frozen=True, slots=True)
class Since(Field):
    """A time since the start of the run, `[N day ]HH:MM[:SS]`, in milliseconds."""

    def read(self, value: object) -> int:
        """See `Field.read`."""
        if isinstance(value, time) and value.microsecond == 0:
            value = value.isoformat()
        match = _AT.fullmatch(value) if isinstance(value, str) else None
        if match is None:
            raise Unfit('a time since the start, such as "14:05" or "3 day 14:05:30"')
        days, hours, minutes, seconds = (int(part or 0) for part in match.groups())
        return (((days * 24 + hours) * 60 + minutes) * 60 + seconds) * 1000

    def schema(self) -> dict[str, Any]:
        """See `Field.schema`."""
        return {"type": "string", "pattern": f"^{_AT.pattern}$", "description": self.meaning}


@dataclass(frozen=True, slots=True)
class Lasting(Field):
    """A duration with its unit, read as whole milliseconds; nothing is rounded."""

    example: str = ""
    zero: bool = False

    def read(self, value: object) -> int:
        """See `Field.read`."""
        duration = self._amount().read(value)
        ms = duration.number("ms")
        if ms.denominator != 1:
            raise Unfit("a whole number of milliseconds")
        if duration > LONGEST_RUN:
            raise Unfit(f"at most {show(LONGEST_RUN)}")
        return ms.numerator

    def schema(self) -> dict[str, Any]:
        """See `Field.schema`."""
        return self._amount().schema()

    def _amount(self) -> Amount:
        return Amount(self.meaning, self.required, DURATION, self.example, self.zero)


@dataclass(frozen=True, slots=True)
class Factor(Field):
    """A plain number without a sign, above `above` and at most `most`."""

    above: int = 0
    most: int = 1

    def read(self, value: object) -> Fraction:
        """See `Field.read`."""
        number = _plain(value)
        if number is None or not self.above < number <= self.most:
            raise Unfit(f"a plain number above {self.above} and at most {self.most}, without %")
        return number

    def schema(self) -> dict[str, Any]:
        """See `Field.schema`."""
        bounds = {"exclusiveMinimum": self.above, "maximum": self.most}
        text = {"type": "string", "pattern": f"^{_PLAIN.pattern}$"}
        return {"anyOf": [{"type": "number", **bounds}, text], "description": self.meaning}


def _plain(value: object) -> Fraction | None:
    """The exact number that was written, also where TOML made it a float."""
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    if isinstance(value, float) and not math.isfinite(value):
        return None
    text = value if isinstance(value, str) else repr(value) if abs(value) < 10**9 else ""
    return Fraction(text) if _PLAIN.fullmatch(text) else None


@dataclass(frozen=True, slots=True)
class Deviation(Field):
    """A relative error in per cent, with its sign."""

    def read(self, value: object) -> Fraction:
        """See `Field.read`."""
        expected = 'a deviation in per cent from -50 to 100, such as "5 %" or "-3 %"'
        if not isinstance(value, str):
            raise Unfit(expected)
        try:
            ratio = Quantity.parse(value)
        except QuantityError as problem:
            raise Unfit(f"{expected} ({problem})") from None
        if (
            ratio.dimension != RATIO
            or ratio.unit.name != "%"
            or not -50 <= ratio.number("%") <= 100
        ):
            raise Unfit(expected)
        return ratio.base

    def schema(self) -> dict[str, Any]:
        """See `Field.schema`."""
        pattern = r"^\s*[+-]?[0-9]{1,3}(\.[0-9]{1,15})?\s*%\s*$"
        return {"type": "string", "pattern": pattern, "description": self.meaning}


@dataclass(frozen=True, slots=True)
class Seed(Field):
    """The number that all chance in a run follows from."""

    def read(self, value: object) -> int:
        """See `Field.read`."""
        if isinstance(value, bool) or not isinstance(value, int):
            raise Unfit("a whole number of zero or more")
        if not 0 <= value <= _LARGEST_SEED:
            raise Unfit(f"a whole number from 0 to {_LARGEST_SEED}")
        return value

    def schema(self) -> dict[str, Any]:
        """See `Field.schema`."""
        bounds = {"minimum": 0, "maximum": _LARGEST_SEED}
        return {"type": "integer", **bounds, "description": self.meaning}


@dataclass(frozen=True, slots=True)
class Anything(Field):
    """A key of an event whose kind is not known: nothing can be said of its value."""

    def read(self, value: object) -> object:
        """See `Field.read`."""
        return value
