"""`cisterna verify`, `backup`, `restore`: the clinic's record as a file that can be trusted."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cisterna.cli.act import Json, act, finish
from cisterna.order.form import Problem, Unusable

if TYPE_CHECKING:
    from cisterna.clinic.verify import Anchor, Verdict

_EXTRA = ("django", "psycopg", "allauth", "axes", "csp", "ninja", "uvicorn", "whitenoise")
_HOLDS = "every event of the record"
_LEFT_OUT = "accounts, passwords, second factors, and the log of sign-ins"
Anchors = Annotated[
    list[Path] | None,
    typer.Option("--anchor", metavar="FILE", help="What was kept elsewhere; may be repeated."),
]


@contextmanager
def at_record(as_json: bool) -> Iterator[None]:
    """As every command; a missing extra and a database that refuses are named."""
    with act(as_json):
        try:
            from django.core.exceptions import ImproperlyConfigured  # noqa: PLC0415
            from django.db import Error  # noqa: PLC0415

            from cisterna.clinic.ledger.place import start  # noqa: PLC0415
        except ModuleNotFoundError as missing:
            _refuse_missing(missing)
        try:
            start()
            yield
        except ModuleNotFoundError as missing:
            _refuse_missing(missing)
        except (Error, ImproperlyConfigured, ValueError) as problem:
            if isinstance(problem, Unusable):
                raise
            raise unusable("CISTERNA_DATABASE", _first_line(problem), "a database") from None


def _refuse_missing(missing: ModuleNotFoundError) -> None:
    name = (missing.name or "").partition(".")[0]
    if name not in _EXTRA:
        raise missing
    expected = 'the extra clinic: pip install "cisterna[clinic]"'
    raise Unusable("this installation", [Problem(name, "not installed", expected)]) from None


@contextmanager
def _files(option: str) -> Iterator[None]:
    """What goes wrong with a file is a problem of its option."""
    from cisterna.clinic.verify import NoRecord  # noqa: PLC0415

    try:
        yield
    except NoRecord as problem:
        raise unusable(option, str(problem), "a whole file of a record") from None
    except OSError as problem:
        found = f"{problem.strerror or problem} ({problem.filename or ''})"
        raise unusable(option, found, "a file that can be read, a new one to write") from None


def unusable(option: str, found: str, expected: str) -> Unusable:
    """What is wrong with an option, and what is expected of it."""
    return Unusable("command line", [Problem(option, found, expected)])


def _first_line(problem: Exception) -> str:
    return (str(problem).splitlines() or [type(problem).__name__])[0][:200]


def verify(
    record: Annotated[
        Path, typer.Argument(metavar="RECORD", help="An export, or a database of SQLite.")
    ],
    anchor: Anchors = None,
    write_anchor: Annotated[
        Path | None,
        typer.Option("--write-anchor", metavar="FILE", help="Where it is whole, write its anchor."),
    ] = None,
    json: Json = False,
) -> None:
    """Is the record whole? Names the first event that was changed, removed, inserted or moved."""
    with act(json):
        from cisterna.clinic.verify import anchor_now  # noqa: PLC0415
        from cisterna.clinic.verify import verify as examine  # noqa: PLC0415

        anchors = _anchors(anchor)
        with _files("RECORD"):
            verdict = examine(record, anchors)
        if write_anchor is not None and verdict.ok:
            from cisterna.clinic.ledger.files import new_file  # noqa: PLC0415

            with _files("--write-anchor"), new_file(write_anchor) as part:
                part.write_text(anchor_now(verdict).text(), "ascii")
        row = _row(verdict) | {"anchors": len(anchors)}
        finish(row, json, lambda: _show(verdict, anchors), not verdict.ok)


def backup(
    place: Annotated[Path, typer.Argument(metavar="PLACE", help="A new file, or a folder for it.")],
    json: Json = False,
) -> None:
    """The record (CISTERNA_DATABASE) as a new file, verified, with its anchor beside it.

    Accounts and the log of sign-ins are not in it: they are secrets, and no events.
    """
    with at_record(json):
        from cisterna.clinic.ledger.backup import anchor_beside  # noqa: PLC0415
        from cisterna.clinic.ledger.backup import backup as write  # noqa: PLC0415
        from cisterna.clinic.ledger.record import Record  # noqa: PLC0415

        record = Record.open("default")
        with _files("PLACE"):
            file, verdict = write(record, place)
        kept = anchor_beside(file)

        def show() -> None:
            _show(verdict, [])
            typer.echo(f"The backup: {file}")
            typer.echo(f"Its anchor: {kept} (keep a copy where nobody who writes can write)")
            typer.echo(f"It holds {_HOLDS}. It does not hold {_LEFT_OUT}: dump the database too.")

        what = {"holds": _HOLDS, "left_out": _LEFT_OUT}
        finish(_row(verdict) | {"file": str(file), "anchor": str(kept)} | what, json, show)


def restore(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A backup.")],
    anchor: Anchors = None,
    json: Json = False,
) -> None:
    """A backup as the record of a new database (CISTERNA_DATABASE), verified before and after."""
    with at_record(json):
        from cisterna.clinic.ledger.backup import restore as make  # noqa: PLC0415
        from cisterna.clinic.ledger.place import address  # noqa: PLC0415

        anchors = _anchors(anchor)
        with _files("FILE"):
            _, verdict = make(file, address(), anchors)

        def show() -> None:
            _show(verdict, anchors)
            typer.echo("It is the record of CISTERNA_DATABASE now.")

        finish(_row(verdict) | {"anchors": len(anchors)}, json, show)


def _anchors(files: list[Path] | None) -> "list[Anchor]":
    from cisterna.clinic.verify import read_anchor  # noqa: PLC0415

    with _files("--anchor"):
        return [read_anchor(path) for path in files or []]


def _row(verdict: "Verdict") -> dict[str, object]:
    wrong = verdict.wrong
    return {
        "ok": verdict.ok,
        "clinic": verdict.clinic,
        "record": verdict.record,
        "events": verdict.whole.seq,
        "hash": verdict.whole.hash,
        "wrong": wrong and {"what": wrong.what, "seq": wrong.seq, "how": wrong.how},
    }


def _show(verdict: "Verdict", anchors: "list[Anchor]") -> None:
    if verdict.wrong is not None:
        wrong = verdict.wrong
        typer.echo(f"NOT WHOLE: {wrong.what} at event {wrong.seq}: {wrong.how}.")
        typer.echo(f"Whole before that: {verdict.whole.seq} events.")
        return
    agree = "1 anchor agrees" if len(anchors) == 1 else f"{len(anchors)} anchors agree"
    agree = agree if anchors else "held against no anchor"
    typer.echo(f"WHOLE: {verdict.whole.seq} events of a {verdict.clinic} clinic, {agree}.")
    typer.echo(f"Record {verdict.record}, hash {verdict.whole.hash}")
