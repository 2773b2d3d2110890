"""How the clinic reaches its pumps: the station's folder, the host, and the signer's socket.

A deployment names them in the environment (`CISTERNA_STATION`, `CISTERNA_PUMPS` as host:port,
`CISTERNA_SIGNER`); a demonstration and the tests hand them over with `use`. The server holds no
programmer's key: the signer signs, also the knock that wakes a pump.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from cisterna.clinic.refusal import Refused
from cisterna.clinic.signer.call import SigningDesk
from cisterna.clinic.transmit import Way
from cisterna.clinic.web import site
from cisterna.pump.client import Line, Station
from cisterna.pump.link.proof import key_id
from cisterna.pump.link.verbs import Role
from cisterna.pump.programmer import Seen, knock


@dataclass(frozen=True, slots=True)
class Link:
    """A station and the signer that has its key; `spoil` lets a test cut the line."""

    station: Station
    signer: Path
    spoil: Callable[[Line], Line] = lambda line: line

    def way(self, serial: str, seen: Seen) -> Way:
        """The way to one pump."""
        desk = SigningDesk(self.signer)
        desk.site = site.for_signer()

        @contextmanager
        def connect() -> Iterator[Line]:
            woken = knock(serial, Role.PROGRAMMER, key_id(desk.public()), desk.sign)
            with self.station.connect(serial, woken) as line:
                yield self.spoil(line)

        return Way(connect, self.station.pumps[serial], desk, seen)


_link: Link | None = None


def use(link: Link | None) -> None:
    """Reach the pumps through this link from here on; None is as the environment says."""
    global _link  # noqa: PLW0603  (one clinic in a process, one link)
    _link = link


def linked(serial: str) -> bool:
    """Whether this pump can be reached from here; another one is programmed by hand."""
    found = _found()
    return found is not None and serial in found.station.pumps


def way(serial: str, seen: Seen = lambda step, answer: None) -> Way:
    """The way to a pump. Raises `Refused` where none is known."""
    found = _found()
    if found is None or serial not in found.station.pumps:
        words = f"Pump {serial} cannot be reached from here."
        raise Refused("no-link", words, "Print the sheet, and have it read back.")
    return found.way(serial, seen)


def _found() -> Link | None:
    names = ("CISTERNA_STATION", "CISTERNA_PUMPS", "CISTERNA_SIGNER")
    folder, place, socket = (os.environ.get(name, "") for name in names)
    if _link is not None or not (folder and place and socket):
        return _link
    host, _, port = place.rpartition(":")
    try:
        return Link(Station.read(Path(folder), host, int(port)), Path(socket))
    except (OSError, ValueError) as problem:
        words = f"The station cannot be read: {problem}"
        raise Refused("no-link", words, "Ask whoever runs the clinic's server.") from None
