"""`cisterna remote`: the patient's handheld as a page, and the relay between it and the pumps."""

import ssl
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cisterna.cli.pump_talk import at_work
from cisterna.order.form import Problem, Unusable
from cisterna.order.line import Refused

if TYPE_CHECKING:
    from cisterna.pump.client import Station

PORT = 7430
_File = Annotated[Path | None, typer.Option(metavar="FILE", help="PEM; the page over HTTPS.")]


def remote(
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", help="The fleet's folder, or one of its stations.")
    ],
    pumps: Annotated[
        str | None,
        typer.Option(metavar="HOST:PORT", help="Where the pumps are; default: as the fleet says."),
    ] = None,
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes a free one.")] = PORT,
    bind: Annotated[str, typer.Option(help="The address to listen at.")] = "127.0.0.1",
    name: Annotated[
        list[str] | None, typer.Option(help="A further host name by which phones call it.")
    ] = None,
    tls_certificate: _File = None,
    tls_key: _File = None,
) -> None:
    """The patient's remote: serve its page, carry its frames, sign nothing. Ctrl-C ends it."""
    with at_work(as_json=False):
        from cisterna.patient.remote.lines import Lines  # noqa: PLC0415
        from cisterna.patient.remote.relay import Relay  # noqa: PLC0415

        tls = _tls(tls_certificate, tls_key)
        lines = Lines(_station(folder, pumps))
        try:
            relay = Relay(lines.exchange, bind, port, name or (), tls)
        except OSError as problem:
            expected = "an address and port that are free"
            found = f"{bind}:{port} ({problem.strerror})"
            raise Unusable("command line", [Problem("--port", found, expected)]) from None
        typer.echo(f"The remote: {relay.address} Ctrl-C ends it.")
        try:
            relay.serve_forever()
        except KeyboardInterrupt:
            pass
        finally:
            relay.server_close()
            lines.close()


def _station(folder: Path, pumps: str | None) -> "Station":
    """The relay's station, and where its pumps are. Raises `Unusable` and `Refused`."""
    from cisterna.pump.client import Station  # noqa: PLC0415
    from cisterna.pump.fleet import RELAY, Fleet  # noqa: PLC0415
    from cisterna.pump.serve import running  # noqa: PLC0415

    is_fleet = (folder / "fleet.json").exists()
    host, port = _address(pumps) if pumps else ("", 0)
    if is_fleet and not pumps:
        found = running(Fleet.read(folder))
        if found is None:
            words = "No host runs this fleet."
            raise Refused("not-running", words, "Start `cisterna pumphost run`.")
        host, port = found["address"], found["port"]
    if not host:
        expected = "HOST:PORT of the pumps, beside a station's folder"
        raise Unusable("command line", [Problem("--pumps", "nothing", expected)])
    try:
        return Station.read(folder / "stations" / RELAY if is_fleet else folder, host, port)
    except (OSError, ValueError) as problem:
        expected = "a folder made by `cisterna pumphost init`"
        raise Unusable(str(folder), [Problem("DIR", str(problem), expected)]) from None


def _address(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    if not host or not (port.isascii() and port.isdigit() and 0 < int(port) < 65536):
        raise Unusable("command line", [Problem("--pumps", repr(text[:60]), "HOST:PORT")])
    return host.strip("[]"), int(port)


def _tls(certificate: Path | None, key: Path | None) -> ssl.SSLContext | None:
    if certificate is None and key is None:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_cert_chain(certificate or "", key)
    except OSError as problem:
        expected = "a certificate and its key as PEM files"
        raise Unusable(
            "command line", [Problem("--tls-certificate", str(problem), expected)]
        ) from None
    return context
