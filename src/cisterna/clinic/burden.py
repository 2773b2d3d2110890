"""What the treatment takes of her: journeys, time and money, as she noted it (PW-033)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from cisterna.clinic.bodies.hers import BurdenLogged
from cisterna.clinic.course import Person

KINDS = ("refill", "visit", "test", "other")
"""What a day was for."""
YEAR = timedelta(days=365)


@dataclass(frozen=True, slots=True)
class Burden:
    """The last 365 days: how often she went out for it, how often it came to her, time and money.

    `paid` is what she paid herself, by currency.
    """

    journeys: int
    at_home: int
    minutes: int
    paid: Mapping[str, Decimal]

    @property
    def hours(self) -> int:
        """The time in whole hours, rounded."""
        return round(self.minutes / 60)


def burden(person: Person, today: date) -> Burden | None:
    """What she noted of the last 365 days; None where she noted nothing."""
    every = [said.body for said in person.every(BurdenLogged, None)]
    found = [b for b in every if today - YEAR < b.day <= today]
    if not found:
        return None
    home = sum(b.at_home for b in found)
    return Burden(len(found) - home, home, sum(b.minutes for b in found), _paid(found))


def _paid(days: list[BurdenLogged]) -> Mapping[str, Decimal]:
    paid = [b for b in days if b.cost]
    currencies = sorted({b.currency for b in paid})
    return {
        c: sum((Decimal(b.cost) for b in paid if b.currency == c), Decimal(0)) for c in currencies
    }
