"""A station's end of the link: a connection to one pump, and bytes over it.

    station = Station.read(Path("fleet/stations/programmer-1"), "127.0.0.1", 7425)
    with station.connect("CIS-00001") as line:
        answer = line.ask(frame_bytes)

A relay needs nothing more: it carries frames that somebody else has signed, and cannot make one.
What a programmer says is in `cisterna.pump.programmer`.
"""

import asyncio
import json
import socket
import ssl
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from cisterna.pump import certificates as tls
from cisterna.pump.link.canonical import MOST_BYTES
from cisterna.pump.link.frame import LENGTH_BYTES

TIMEOUT_S = 10.0
EXPIRED = 10
"""What OpenSSL calls a certificate that has ended (X509_V_ERR_CERT_HAS_EXPIRED)."""


class NoAnswer(OSError):
    """The pump cannot be reached, ended the conversation, or what came is not its answer.

    Whether a command that was under way has been carried out is not known then: send the very same
    bytes again, which never does it twice, or read the state.
    """


@dataclass(frozen=True, slots=True)
class Station:
    """A station's folder, and where the host is."""

    folder: Path
    host: str
    port: int
    pumps: dict[str, str]

    @classmethod
    def read(cls, folder: Path, host: str, port: int) -> "Station":
        """From the folder that `cisterna pumphost init` made."""
        pumps: dict[str, str] = json.loads((folder / "pumps.json").read_bytes())
        return cls(folder, host, port, pumps)

    def tls(self) -> ssl.SSLContext:
        """TLS 1.3 with the station's certificate, for the pumps of its fleet only.

        Raises `NoAnswer` where that certificate has ended: no pump would listen.
        """
        if end := tls.ended(self.folder):
            raise NoAnswer(_ended(self.folder.name, f" on {end:%Y-%m-%d}"))
        return tls.station_side(self.folder / tls.AUTHORITY, self.folder)

    def connect(self, serial: str, knock: bytes | None = None) -> "Line":
        """A connection to a pump; with a knock it is let in however many strangers have called.

        Raises `NoAnswer`.
        """
        return Line(self, serial, knock)

    async def ask_once(self, serial: str, content: bytes) -> bytes:
        """One frame in a connection of its own, for an asynchronous relay. Raises `NoAnswer`."""
        try:
            async with asyncio.timeout(TIMEOUT_S):
                reader, writer = await asyncio.open_connection(
                    self.host, self.port, ssl=self.tls(), server_hostname=tls.host_name(serial)
                )
                try:
                    writer.write(_sized(content))
                    await writer.drain()
                    length = int.from_bytes(await reader.readexactly(LENGTH_BYTES))
                    return await reader.readexactly(_bounded(length))
                finally:
                    writer.close()
                    with suppress(OSError):
                        await writer.wait_closed()
        except (OSError, EOFError) as problem:
            raise NoAnswer(f"no answer from {serial}: {problem}") from problem


class Line:
    """A blocking connection to one pump."""

    def __init__(self, station: Station, serial: str, knock: bytes | None = None) -> None:
        self.serial = serial
        try:
            plain = socket.create_connection((station.host, station.port), TIMEOUT_S)
            try:
                plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                if knock is not None:
                    plain.sendall(_sized(knock))
                    if plain.recv(1) != b"\x01":
                        raise NoAnswer("the pump did not wake for the knock")
                name = tls.host_name(serial)
                self._socket = station.tls().wrap_socket(plain, server_hostname=name)
            except BaseException:
                plain.close()
                raise
        except ssl.SSLCertVerificationError as problem:
            why = _ended(serial) if problem.verify_code == EXPIRED else str(problem)
            raise NoAnswer(f"no connection to {serial}: {why}") from problem
        except OSError as problem:
            raise NoAnswer(f"no connection to {serial}: {problem}") from problem

    def __enter__(self) -> "Line":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        problem: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Hang up."""
        self._socket.close()

    def ask(self, content: bytes) -> bytes:
        """Send a frame's bytes and wait for those of the answer. Raises `NoAnswer`."""
        try:
            self._socket.sendall(_sized(content))
            return self._exactly(_bounded(int.from_bytes(self._exactly(LENGTH_BYTES))))
        except OSError as problem:
            raise NoAnswer(f"no answer from {self.serial}: {problem}") from problem

    def _exactly(self, length: int) -> bytes:
        found = b""
        while len(found) < length:
            part = self._socket.recv(length - len(found))
            if not part:
                raise NoAnswer("the pump ended the conversation")
            found += part
        return found


def _ended(name: str, when: str = "") -> str:
    return f"the certificate of {name} ended{when}: renew it with cisterna pumphost renew"


def _sized(content: bytes) -> bytes:
    return len(content).to_bytes(LENGTH_BYTES) + content


def _bounded(length: int) -> int:
    if not 0 < length <= MOST_BYTES:
        raise NoAnswer("what came is no frame")
    return length
