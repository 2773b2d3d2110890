"""A change entered by hand into a maker's programmer, and what a second person then read there."""

from dataclasses import dataclass
from enum import StrEnum

from cisterna.clinic.event import event


class Verdict(StrEnum):
    """What became of one field when what was read was held against the order."""

    SAME = "same"
    OTHER_UNIT = "other-unit"
    DIFFERS = "differs"
    SLIP = "slip"
    MISSING = "missing"
    NOT_ORDERED = "not-ordered"


@dataclass(frozen=True, slots=True)
class ScreenRead:
    """What the maker's screen shows, typed to the letter; empty where it shows nothing.

    `steps` has a line for each step, such as `00:00 0.25 mg/h`; `alarm_date` is written 2027-02-01.
    """

    drug: str
    concentration: str
    mode: str
    daily_dose: str = ""
    steps: tuple[str, ...] = ()
    bolus_dose: str = ""
    bolus_duration: str = ""
    lockout: str = ""
    max_per_day: str = ""
    reservoir: str = ""
    alarm_date: str = ""
    bridge_volume: str = ""
    bridge_duration: str = ""


@dataclass(frozen=True, slots=True)
class Compared:
    """One field: as ordered, as typed, and the verdict."""

    field: str
    ordered: str
    typed: str
    verdict: Verdict

    @property
    def right(self) -> bool:
        """Whether it is what was ordered, be it in another unit."""
        return self.verdict in (Verdict.SAME, Verdict.OTHER_UNIT)


@event
@dataclass(frozen=True, slots=True)
class SheetPrinted:
    """The sheet of a signed change was printed, to be entered by hand: SHA-256 of the page."""

    intent: str
    sheet: str


@event
@dataclass(frozen=True, slots=True)
class ScreenTypedBack:
    """A second person has read the screen without seeing the order: what she read, field by field.

    `runs` is `new`, `old` where it is still the order before, else `other`.
    """

    intent: str
    read: ScreenRead
    compared: tuple[Compared, ...]
    runs: str
