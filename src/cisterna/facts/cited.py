"""A number and where it comes from.

A `Cited` value keeps its interval, source, place in the source, certainty and authority. Values
that nobody has read in a source (`recalled`, `assumed`) are `unverified`: what uses them says so.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from cisterna.quantity import Quantity, show

Certainty = Literal["read", "recalled", "derived", "assumed"]
CERTAINTIES = ("read", "recalled", "derived", "assumed")
AUTHORITIES = ("label", "consensus", "agency", "device", "published", "site", "ours")


class FactsError(ValueError):
    """Facts that cannot be used.

    Family: `UnknownFact` (a name nobody has), `BrokenFacts` (a data file against its schema),
    `SiteRefused` (a site file that is unreadable or would loosen a limit).
    """


class BrokenFacts(FactsError):
    """A data file that does not keep its schema."""


@dataclass(frozen=True, slots=True)
class Cited:
    """One number, or an interval, with its evidence. `path` names it for the site file."""

    path: str
    low: Quantity | None
    high: Quantity | None
    source: str
    locator: str
    certainty: Certainty
    authority: str
    note: str = ""

    @property
    def value(self) -> Quantity:
        """The one value; raises `BrokenFacts` where the facts only know an interval."""
        if self.low is None or self.low != self.high:
            raise BrokenFacts(f"{self.path} is an interval, not one value")
        return self.low

    @property
    def least(self) -> Quantity:
        """The smallest value the facts allow."""
        return self._end(self.low, self.high)

    @property
    def most(self) -> Quantity:
        """The largest value the facts allow."""
        return self._end(self.high, self.low)

    @property
    def verified(self) -> bool:
        """Whether somebody read it in a source, or worked it out from what was read."""
        return self.certainty in ("read", "derived")

    def _end(self, first: Quantity | None, other: Quantity | None) -> Quantity:
        end = first if first is not None else other
        if end is None:
            raise BrokenFacts(f"{self.path} has no value")
        return end

    def text(self) -> str:
        """The value for a person, such as `0.2 to 1 mg/day`."""
        if self.low is not None and self.high is not None:
            return show(self.low) if self.low == self.high else self._interval()
        return show(self.least)

    def _interval(self) -> str:
        least, most = self.least, self.most
        return f"{show(least).rsplit(' ', 1)[0]} to {show(most)}"


def cited(path: str, row: Mapping[str, Any]) -> Cited:
    """Read one cited value from a data row; raises `BrokenFacts` or a `QuantityError`."""
    try:
        unit = row["unit"]
        value, low, high = (row.get(k) for k in ("value", "low", "high"))
        return Cited(
            path,
            _quantity(value if value is not None else low, unit),
            _quantity(value if value is not None else high, unit),
            row["source"],
            row["locator"],
            row["certainty"],
            row["authority"],
            row.get("note", ""),
        )
    except KeyError as missing:
        raise BrokenFacts(f"{path} lacks {missing}") from None


def _quantity(text: str | None, unit: str) -> Quantity | None:
    return None if text is None else Quantity.of(text, unit)
