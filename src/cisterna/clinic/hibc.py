"""The HIBC code of a device, for the makers that do not use GS1 (HIBC supplier labelling standard).

Primary data: `+`, four characters of the labeller, its product number, a unit-of-measure digit.
After `/` the production data: lot or serial with an expiry date in one of several spellings, and
parts with an identifier of their own. The last character of all is a check over the others.
"""

import re
from dataclasses import dataclass, replace
from datetime import date, datetime

CHARACTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ-. $/+%"

_PRIMARY = re.compile(r"[A-Z][A-Z0-9]{3}[A-Z0-9]{1,18}[0-9]")
_QUANTITY = re.compile(r"8[0-9]{2}|9[0-9]{5}")
# Digit of the spelling, how long the date is, how it reads; hours do not matter for an expiry.
_DATES = {"2": (6, "%m%d%y", 6), "3": (6, "%y%m%d", 6), "4": (8, "%y%m%d", 6)}
_DATES |= {"5": (5, "%y%j", 5), "6": (7, "%y%j", 5)}


class Unreadable(ValueError):
    """Text that is no HIBC code."""


@dataclass(frozen=True, slots=True)
class Hibc:
    """What the code says; empty or None where it says nothing."""

    di: str
    serial: str = ""
    lot: str = ""
    expires: date | None = None
    made: date | None = None


def read_hibc(text: str) -> Hibc:
    """Read a code with primary and production data. Raises `Unreadable`."""
    content = text.strip().strip("*").upper()
    if not content.startswith("+") or set(content) - set(CHARACTERS):
        raise Unreadable("an HIBC code begins with + and has only letters, digits and -. $/+%")
    body, check = content[:-1], content[-1]
    if check != check_character(body):
        raise Unreadable("the check character does not fit: scan again")
    primary, *rest = body[1:].split("/")
    if not _PRIMARY.fullmatch(primary):
        raise Unreadable("the labeller and the product are not where they belong")
    found = Hibc(primary)
    for part in rest:
        found = _part(found, part)
    return found


def check_character(body: str) -> str:
    """The check: the sum of the places of all characters, modulo 43."""
    return CHARACTERS[sum(CHARACTERS.index(c) for c in body) % len(CHARACTERS)]


def _part(found: Hibc, part: str) -> Hibc:
    if part.startswith("$$"):
        return _dated(found, part[2:])
    for start, serial in (("$+", True), ("$", False), ("S", True)):
        if part.startswith(start):
            return _numbered(found, part[len(start) :], serial)
    if part[:3] == "14D":
        return replace(found, expires=_date(part[3:], "%Y%m%d"))
    if part[:3] == "16D":
        return replace(found, made=_date(part[3:], "%Y%m%d"))
    if not re.fullmatch("Q[0-9]{1,5}", part):  # how many lie in the box does not matter
        raise Unreadable(f"nobody has said what /{part[:12]} means")
    return found


def _numbered(found: Hibc, number: str, serial: bool) -> Hibc:
    if not number:
        return found
    return replace(found, serial=number) if serial else replace(found, lot=number)


def _dated(found: Hibc, rest: str) -> Hibc:
    """A date, then a serial number where a plus stands before it, else a lot."""
    serial, rest = rest.startswith("+"), rest.removeprefix("+")
    if quantity := _QUANTITY.match(rest):
        rest = rest[quantity.end() :]
    expires = None
    if rest[:1] in _DATES:
        length, spelling, used = _DATES[rest[0]]
        expires, rest = _date(rest[1 : 1 + used], spelling), rest[1 + length :]
    elif rest[:1] == "7":
        rest = rest[1:]
    else:
        expires, rest = _month(rest[:4]), rest[4:]
    return _numbered(replace(found, expires=expires), rest, serial)


def _date(text: str, spelling: str) -> date:
    try:
        return datetime.strptime(text, spelling).date()  # noqa: DTZ007  (a day, no time)
    except ValueError:
        raise Unreadable(f"{text[:12]!r} is no date") from None


def _month(text: str) -> date:
    """Month and year: good until the last day of the month."""
    first = _date(text, "%m%y")
    after = date(first.year + first.month // 12, first.month % 12 + 1, 1)
    return date.fromordinal(after.toordinal() - 1)
