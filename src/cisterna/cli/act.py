"""How every command ends: one object or one table, an exit code, and never a traceback.

0 done and nothing blocks; 1 a finding blocks or the act is refused; 2 the input is unusable.
"""

import json
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer

from cisterna.facts import FactsError, Library, open_library
from cisterna.order.form import Problem, Unusable
from cisterna.order.line import Refused
from cisterna.order.prescription import Prescription
from cisterna.order.reading import read_prescription
from cisterna.order.wire import wire
from cisterna.quantity import Dimension, Quantity, QuantityError

DONE, BLOCKED, UNUSABLE = 0, 1, 2


Order = Annotated[Path, typer.Argument(metavar="RX", help="Prescription file (TOML).")]
Json = Annotated[bool, typer.Option("--json", help="Print exactly one JSON object.")]
Site = Annotated[
    Path | None,
    typer.Option("--site", help="The site's confirmed values (or CISTERNA_SITE)."),
]


def read_order(path: Path, site: Path | None) -> tuple[Library, Prescription]:
    """The facts with the site's overlay, and the order read against them."""
    facts = open_library(site)
    return facts, read_prescription(path, facts)


@contextmanager
def act(as_json: bool) -> Iterator[None]:
    """Turn what goes wrong into a message and an exit code."""
    try:
        try:
            yield
        except (Unusable, FactsError, QuantityError) as problem:
            _stop(str(problem))
        except Refused as refused:
            _refuse(refused, as_json)
    except BrokenPipeError:
        _no_output()
        raise typer.Exit(DONE) from None
    except OSError as problem:
        _no_output()
        named = f" ({problem.filename})" if problem.filename else ""
        _stop(f"the system refuses: {problem.strerror or problem}{named}")


def _no_output() -> None:
    """Write no more to an output that takes nothing, not even at the end of the process."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _stop(message: str) -> NoReturn:
    typer.echo(message, err=True)
    raise typer.Exit(UNUSABLE)


def _refuse(refused: Refused, as_json: bool) -> NoReturn:
    if as_json:
        row = {"code": refused.code, "message": refused.message, "way_out": refused.way_out}
        typer.echo(json.dumps({"refused": row}, ensure_ascii=False, indent=2))
    else:
        typer.echo(f"REFUSED ({refused.code}): {refused.message}\n{refused.way_out}")
    sys.stdout.flush()
    raise typer.Exit(BLOCKED)


def finish(
    result: Any, as_json: bool, show: Callable[[], None], blocked: bool = False, **extra: Any
) -> None:
    """Print the one object, or the human view; exit 1 when blocked."""
    if as_json:
        row = wire(result)
        body = {**row, **wire(extra)} if isinstance(row, Mapping) else row
        typer.echo(json.dumps(body, ensure_ascii=False, indent=2))
    else:
        show()
    sys.stdout.flush()
    if blocked:
        raise typer.Exit(BLOCKED)


def amount(name: str, text: str, dimension: Dimension) -> Quantity:
    """A quantity typed on the command line; raises `Unusable`."""
    try:
        value = Quantity.parse(text).expect(dimension)
    except QuantityError as problem:
        raise Unusable(
            "command line", [Problem(name, repr(text[:60]), f"{dimension} ({problem})")]
        ) from None
    if value.base < 0:
        raise Unusable("command line", [Problem(name, repr(text[:60]), "zero or more")])
    return value


def moment(name: str, text: str) -> datetime:
    """A time with its offset typed on the command line; raises `Unusable`."""
    try:
        value = datetime.fromisoformat(text)
    except ValueError:
        value = None
    if value is None or value.utcoffset() is None:
        expected = "a time with its offset, such as 2027-02-01T09:30:00+00:00"
        raise Unusable("command line", [Problem(name, repr(text[:60]), expected)])
    return value


def stock(text: str) -> tuple[str, str]:
    """`DRUG=CONCENTRATION`; raises `Unusable`."""
    name, equals, value = text.partition("=")
    if not equals or not name or not value:
        expected = 'DRUG=CONCENTRATION, such as "morphine=25 mg/mL"'
        raise Unusable("command line", [Problem("--stock", repr(text[:60]), expected)])
    return name.strip(), value.strip()
