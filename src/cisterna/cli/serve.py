"""`cisterna serve`, `cisterna invite`: the clinic's pages, and who may sign in."""

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from cisterna.cli.act import Json, act, finish
from cisterna.cli.record import at_record, unusable

SETTINGS = "cisterna.patient.web.settings"
_LOOPBACK = ("localhost", "127.0.0.1", "::1")
_PORTS = 65535
_GRACE_S = 20  # a transmission that is under way ends, or its outcome is unknown


def serve(
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "localhost",
    port: Annotated[int, typer.Option(help="The port.", min=1, max=_PORTS)] = 8000,
    clinic: Annotated[
        str | None, typer.Option(help="real or demonstration; needed where no record is yet.")
    ] = None,
    certificate: Annotated[Path | None, typer.Option(help="A TLS certificate (PEM).")] = None,
    key: Annotated[Path | None, typer.Option(help="Its private key (PEM).")] = None,
) -> None:
    """The clinic's pages on the record of CISTERNA_DATABASE; --clinic makes one where none is."""
    with act(as_json=False):
        _choose(host, certificate)
    with at_record(False):
        from cisterna.clinic.ledger.entry import ClinicKind  # noqa: PLC0415
        from cisterna.clinic.web.house import first_account, ready  # noqa: PLC0415

        if clinic not in (None, *ClinicKind):
            raise unusable("--clinic", str(clinic), "real or demonstration")
        kind = ready(ClinicKind(clinic) if clinic else None).clinic
        _tell_time(kind is ClinicKind.DEMONSTRATION)
        # Where no person looks the words go to a log, and a password has no place there.
        shown = kind is ClinicKind.REAL and sys.stdout.isatty()
        if first := first_account("main") if shown else "":
            typer.echo(f"The first account: admin, with the password {first} (shown once)")
        typer.echo(f"The clinic: {'https' if certificate else 'http'}://{host}:{port}")
        _run(host, port, certificate, key)


def invite(
    who: Annotated[str, typer.Argument(help="The name to sign in with.")],
    role: Annotated[str, typer.Argument(help="physician, nurse, auditor, admin, …")],
    clinic: Annotated[str, typer.Option(help="The clinic that she belongs to.")] = "main",
    person: Annotated[str, typer.Option(help="For a patient or a caregiver: the person.")] = "",
    json: Json = False,
) -> None:
    """Make an account; its first password is shown once. An administrator sees no clinical data."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", SETTINGS)
    with at_record(json):
        from cisterna.clinic.event import Role  # noqa: PLC0415
        from cisterna.clinic.web.members import invite as make  # noqa: PLC0415

        if role not in list(Role):
            raise unusable("ROLE", role, "one of " + ", ".join(Role))
        made, first = make(who, Role(role), clinic, person=person)
        row = {"who": made.who, "role": made.role, "clinic": made.clinic, "password": first}
        words = f"{made.who}, {made.role} of {made.clinic}: the first password is {first}"
        finish(row, json, lambda: typer.echo(words))


def reset(
    who: Annotated[str, typer.Argument(help="The administrator's name.")],
    how: Annotated[str, typer.Option(help="How you made sure who she is; it is written down.")],
    origin: Annotated[str, typer.Option(help="The clinic's address, https://clinic.example")] = "",
    json: Json = False,
) -> None:
    """An administrator who lost password or factor begins anew; run at the server's own machine.

    Gives a link, good once and for some hours. Password and every factor are taken away at once.
    """
    with act(json):
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", SETTINGS)
        _keep_secret()
    with at_record(json):
        from cisterna.clinic.web.members import reset_administrator  # noqa: PLC0415
        from cisterna.facts.access import span  # noqa: PLC0415

        found, place = reset_administrator(who, how)
        hours = int(span("invitation").total_seconds()) // 3600
        row = {"who": found.who, "link": f"{origin.rstrip('/')}{place}", "hours": hours}
        words = f"{found.who} begins anew, once and within {hours} h, at {row['link']}"
        finish(row, json, lambda: typer.echo(words))


def _choose(host: str, certificate: Path | None) -> None:
    """The settings of this place. Without TLS the pages are for this machine alone."""
    named = bool(os.environ.get("CISTERNA_HOSTS"))
    if certificate is None and not named and host not in _LOOPBACK:
        words = "Give --certificate and --key, or name CISTERNA_HOSTS behind a server with TLS."
        typer.echo(f"Without TLS the clinic is served to this machine alone. {words}", err=True)
        raise typer.Exit(2)
    if certificate is None and not named:
        os.environ["CISTERNA_PLAIN"] = "1"
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", SETTINGS)
    _keep_secret()


def _tell_time(demonstration: bool) -> None:
    """A demonstration goes by its pumps' host; a real clinic goes by the world alone."""
    from cisterna.clinic.demo.processes import VARIABLE, demonstration_clock  # noqa: PLC0415
    from cisterna.clinic.web import clock  # noqa: PLC0415

    folder = os.environ.get(VARIABLE)
    if folder and not demonstration:
        raise unusable(VARIABLE, folder, "nothing: a real clinic goes by the world's time")
    if folder:
        clock.use(demonstration_clock(Path(folder)))


def _keep_secret() -> None:
    """See that there is a secret that outlives a start: it signs the sessions.

    Beside a database of SQLite it is made, for its owner alone. Raises `Unusable` without one.
    """
    from cisterna.clinic.ledger.place import address  # noqa: PLC0415

    if os.environ.get("CISTERNA_SECRET") or os.environ.get("CISTERNA_SECRET_FILE"):
        return
    if "://" in address():
        expected = "CISTERNA_SECRET_FILE, a file with 50 signs or more: openssl rand -hex 48"
        raise unusable("CISTERNA_SECRET", "not set", expected)
    file = Path(f"{address()}.secret")
    if not file.exists():
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as written:
            written.write(os.urandom(48).hex())
    os.environ["CISTERNA_SECRET_FILE"] = str(file)


def _run(host: str, port: int, certificate: Path | None, key: Path | None) -> None:
    import uvicorn  # noqa: PLC0415

    uvicorn.run(
        "cisterna.clinic.web.asgi:application",
        host=host,
        port=port,
        log_level="warning",
        server_header=False,
        # Scheme and address of who asks are believed from a server with TLS on this machine, or at
        # CISTERNA_PROXY; where there is none before us nobody may say them.
        proxy_headers=certificate is None and bool(os.environ.get("CISTERNA_HOSTS")),
        forwarded_allow_ips=os.environ.get("CISTERNA_PROXY", "127.0.0.1"),
        timeout_graceful_shutdown=_GRACE_S,
        ssl_certfile=certificate,
        ssl_keyfile=key,
    )
