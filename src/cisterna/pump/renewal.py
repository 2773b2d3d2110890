"""Certificates come to an end: which of a fleet do soon, and new ones in time.

A renewed certificate is for the same name and the same private key, so it is one file that is
replaced at once: nothing is half renewed, and a host at work takes it with the next connection.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cisterna.order.line import Refused
from cisterna.pump import certificates as tls
from cisterna.pump.fleet import Fleet

SOON = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Ending:
    """The certificate of a pump or a station, and when it ends."""

    name: str
    folder: Path
    until: datetime

    def soon(self, now: datetime | None = None) -> bool:
        """Whether it ends in less than a month, or has ended."""
        return self.until < (now or datetime.now(UTC)) + SOON


def endings(fleet: Fleet) -> list[Ending]:
    """Every certificate of a fleet, the one that ends first in front."""
    stations = sorted(p for p in (fleet.folder / "stations").iterdir() if p.is_dir())
    folders = [*stations, *(fleet.pump(serial) for serial in fleet.pumps)]
    found = [Ending(folder.name, folder, tls.expires(folder)) for folder in folders]
    return sorted(found, key=lambda row: row.until)


def renew(fleet: Fleet, rows: Iterable[Ending], now: datetime | None = None) -> list[Ending]:
    """New certificates for these. Raises `Refused` where the fleet's authority itself has ended."""
    authority, at = tls.Authority.read(fleet.folder), now or datetime.now(UTC)
    end = authority.certificate.not_valid_after_utc
    if end <= at:
        words = f"The fleet's own authority ended on {end:%Y-%m-%d}."
        raise Refused("authority-ended", words, "Make a new fleet.")
    made = []
    for row in rows:
        authority.renew(row.folder, now=at)
        made.append(Ending(row.name, row.folder, tls.expires(row.folder)))
    return made


def warning(fleet: Fleet, now: datetime | None = None) -> str | None:
    """What a person has to be told of the fleet's certificates, if anything."""
    at = now or datetime.now(UTC)
    due = [row for row in endings(fleet) if row.soon(at)]
    if not due:
        return None
    first, over = due[0], sum(row.until <= at for row in due)
    ended = f"{over} have ended and are refused; " if over else ""
    return (
        f"CERTIFICATES: {ended}{len(due)} end before {at + SOON:%Y-%m-%d}, "
        f"the first ({first.name}) on {first.until:%Y-%m-%d}. "
        f"Renew them: cisterna pumphost renew {fleet.folder}"
    )
