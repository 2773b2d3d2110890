"""The processes of a demonstration: pump host, signer, the patient's remote, the clinic's pages.

What they have to know of each other they read from the environment:

- `CISTERNA_DATABASE`: the record.
- `CISTERNA_DEMONSTRATION`: the folder of the fleet, whose host owns the time.
- `CISTERNA_STATION`, `CISTERNA_PUMPS`: the programmer's station, and where its pumps answer.
- `CISTERNA_SIGNER`: the signer's socket; the key of that station is in its hands alone.
- `CISTERNA_REMOTE`: the address of the remote's page.
"""

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from cisterna.clinic.demo.make import FLEET, Demonstration
from cisterna.clinic.demo.supervise import LOCAL, Child, cisterna
from cisterna.clinic.refusal import Refused
from cisterna.pump.fleet import PROGRAMMERS
from cisterna.pump.hosted import DemonstrationTime, NoHost

PAGES_PORT, REMOTE_PORT, PUMPS_PORT = 7440, 7430, 7425
VARIABLE = "CISTERNA_DEMONSTRATION"


@dataclass(frozen=True, slots=True)
class Places:
    """Where the parts of a running demonstration are found."""

    made: Demonstration
    socket: Path
    remote_port: int
    pages_port: int
    pumps_port: int

    @property
    def station(self) -> Path:
        """The folder of the clinic's programmer."""
        return (self.made.folder / FLEET / "stations" / PROGRAMMERS[0]).absolute()

    @property
    def remote(self) -> str:
        """The address of the patient's remote."""
        return f"http://{LOCAL}:{self.remote_port}/"

    @property
    def pages(self) -> str:
        """The address of the clinic."""
        return f"http://{LOCAL}:{self.pages_port}/"

    def environment(self) -> Mapping[str, str]:
        """What every process of the demonstration may read."""
        return {
            "CISTERNA_DATABASE": self.made.database,
            VARIABLE: str((self.made.folder / FLEET).absolute()),
            "CISTERNA_STATION": str(self.station),
            "CISTERNA_PUMPS": f"{LOCAL}:{self.pumps_port}",
            "CISTERNA_SIGNER": str(self.socket),
            "CISTERNA_REMOTE": self.remote,
        }


def children(places: Places) -> list[Child]:
    """Pump host, signer and remote, in the order in which they begin."""
    fleet = places.made.folder / FLEET
    desk = ("-m", "cisterna.clinic.signer", str(places.station), str(places.socket))
    signer = (sys.executable, *desk)
    host = cisterna("pumphost", "run", str(fleet), "--port", str(places.pumps_port), "--no-sync")
    remote = cisterna("remote", str(fleet), "--port", str(places.remote_port))
    return [
        Child("pumps", host, f"pumps at {LOCAL}:"),
        Child("signer", (*signer, "--demonstration", str(fleet)), "ready"),
        Child("remote", remote, "The remote:"),
    ]


def pages(places: Places) -> Child:
    """The clinic's pages, which need all the others."""
    port = places.pages_port
    words = cisterna("serve", "--host", LOCAL, "--port", str(port), "--clinic", "demonstration")
    return Child("pages", words, places.pages.rstrip("/"), port)


def demonstration_clock(fleet: Path) -> Callable[[], datetime]:
    """The clock of a demonstration for whoever records acts. Raises `NoDemonstration`.

    Where the host tells no time the clock raises `Refused`: nothing is recorded at a guess.
    """
    clock = DemonstrationTime.of(fleet)

    def now() -> datetime:
        try:
            return clock.now()
        except NoHost as problem:
            words = f"The demonstration's pumps tell no time: {problem}"
            raise Refused("no-time", words, "Start the demonstration again.") from None

    return now
