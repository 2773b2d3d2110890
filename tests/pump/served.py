"""A fleet and its host on this computer's loopback, for tests with real sockets."""

import asyncio
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from cisterna.facts import Library
from cisterna.order.reading import read_prescription
from cisterna.pump import certificates as tls
from cisterna.pump.bounds import Bounds
from cisterna.pump.client import Station
from cisterna.pump.fleet import Fleet, create
from cisterna.pump.host import Host
from cisterna.pump.programme import Programme
from cisterna.pump.serve import serve
from cisterna.pump.setting import programme

EXAMPLES = Path(__file__).parents[2] / "examples"
LIBRARY = Library()
SMALL = 1 << 16
QUICK = Bounds(step_s=1.5)  # long enough for a handshake on a busy computer


def fleet_of(folder: Path, pumps: int = 2, *names: str) -> Fleet:
    """A fleet of pumps, CIS-00001 and so on; the first has a patient's dose."""
    read = [read_prescription(EXAMPLES / f"{n}.toml", LIBRARY) for n in ("cancer-mixture", *names)]
    return create(folder, read, pumps, LIBRARY, journal_bytes=SMALL)


def order(serial: str, version: int, name: str = "cancer-mixture") -> Programme:
    """The programme of an example, for one pump."""
    rx = read_prescription(EXAMPLES / f"{name}.toml", LIBRARY)
    return replace(programme(rx, LIBRARY, version), serial=serial)


@dataclass
class Served:
    """A host at work in a thread."""

    fleet: Fleet
    host: Host
    port: int

    def station(self, name: str = "programmer-1") -> Station:
        """One of the fleet's stations."""
        return Station.read(self.fleet.station(name), "127.0.0.1", self.port)

    def open(
        self, serial: str, station: str = "relay", context: ssl.SSLContext | None = None
    ) -> ssl.SSLSocket:
        """A TLS connection of one's own."""
        plain = socket.create_connection(("127.0.0.1", self.port), 5)
        context = context or self.station(station).tls()
        try:
            return context.wrap_socket(plain, server_hostname=tls.host_name(serial))
        except OSError:
            plain.close()
            raise

    def plain(self) -> socket.socket:
        """A connection without TLS."""
        return socket.create_connection(("127.0.0.1", self.port), 5)


@contextmanager
def served(
    fleet: Fleet, speed: int = 1, sync: bool = False, bounds: Bounds | None = QUICK
) -> Iterator[Served]:
    """Host a fleet in a thread."""
    loop, ready = asyncio.new_event_loop(), threading.Event()
    made: list[Served] = []
    problems: list[BaseException] = []

    def begun(host: Host, port: int) -> None:
        made.append(Served(fleet, host, port))
        ready.set()

    work = serve(fleet, ("127.0.0.1", 0), speed, sync, begun, bounds=bounds)
    task = loop.create_task(work)

    def run() -> None:
        try:
            loop.run_until_complete(task)
        except asyncio.CancelledError:
            pass
        except BaseException as problem:  # told to the test below
            problems.append(problem)
        finally:
            ready.set()
            loop.close()

    thread = threading.Thread(target=run)
    thread.start()
    try:
        assert ready.wait(60)
        if problems:
            raise problems[0]
        yield made[0]
    finally:
        if not loop.is_closed():
            loop.call_soon_threadsafe(task.cancel)
        thread.join(30)
    if problems:
        raise problems[0]
