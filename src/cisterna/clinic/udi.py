"""The unique identifier of a device as a scanner reads it: GS1 (by `biip`) or HIBC."""

from dataclasses import dataclass
from datetime import date

import biip
from biip.gs1_messages import GS1Message

from cisterna.clinic.hibc import Unreadable, read_hibc
from cisterna.clinic.refusal import Refused

_LONGEST = 200
_SOURCE = "pathway §4, row Identity"


@dataclass(frozen=True, slots=True)
class Udi:
    """Device identifier, and what was produced: empty or None where the code does not say."""

    issuer: str
    di: str
    serial: str
    lot: str
    expires: date | None
    made: date | None


def read_udi(code: str) -> Udi:
    """Read a scanned or printed identifier. Raises `Refused` for one that cannot be read."""
    text = code.strip()
    try:
        if not text or len(text) > _LONGEST:
            raise Unreadable("nothing, or far too much")
        return _hibc(text) if text.lstrip("*").startswith("+") else _gs1(text)
    except (Unreadable, biip.ParseError) as why:
        raise Refused(
            "udi-unreadable",
            f"This is no identifier of a device: {why}.",
            "Scan the two-dimensional code again, or type what is printed, with its brackets.",
            source=_SOURCE,
        ) from None


def _hibc(text: str) -> Udi:
    found = read_hibc(text)
    return Udi("hibc", found.di, found.serial, found.lot, found.expires, found.made)


def _gs1(text: str) -> Udi:
    message = GS1Message.parse_hri(text) if text.startswith("(") else _scanned(text)
    by = {e.ai.ai: e for e in message.element_strings}
    if len(by) != len(message.element_strings):
        raise Unreadable("the same thing is said twice")
    if "01" not in by or by["01"].gtin is None:
        raise Unreadable("no device identifier, or its check digit does not fit")

    def value(ai: str) -> str:
        return by[ai].value if ai in by else ""

    def day(ai: str) -> date | None:
        return by[ai].date if ai in by else None

    return Udi("gs1", value("01"), value("21"), value("10"), day("17"), day("11"))


def _scanned(text: str) -> GS1Message:
    found = biip.parse(text)
    if found.gs1_message is None:
        raise Unreadable(found.gs1_message_error or "no GS1 code")
    return found.gs1_message
