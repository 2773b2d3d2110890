"""`cisterna demo`: the demonstration clinic, made where it is absent, with all its processes."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cisterna.cli.act import Json, finish
from cisterna.cli.pump_talk import at_work
from cisterna.order.form import Problem, Unusable
from cisterna.order.line import Refused

if TYPE_CHECKING:
    from cisterna.clinic.demo.make import Demonstration
    from cisterna.clinic.demo.processes import Places


def demo(
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", help="Where it is kept; made where nothing is there.")
    ] = Path("demonstration"),
    browser: Annotated[
        bool, typer.Option("--browser/--no-browser", help="Show it in the browser.")
    ] = True,
    make_only: Annotated[
        bool, typer.Option("--make-only", help="Make the clinic and end there.")
    ] = False,
    json: Json = False,
) -> None:
    """The demonstration clinic: invented people, virtual pumps, their own time. Ctrl-C ends it."""
    with at_work(json), _with_clinic():
        made = _demonstration(folder)
        if not make_only:
            _run(made, browser)
        row = {"folder": str(folder), "pumps": len(made.fleet.pumps)}
        finish(row, json, lambda: typer.echo(f"The demonstration is kept in {folder}."))


@contextmanager
def _with_clinic() -> Iterator[None]:
    try:
        yield
    except ModuleNotFoundError as missing:
        name = (missing.name or "").partition(".")[0]
        if name != "django":
            raise
        expected = 'the extra clinic: pip install "cisterna[clinic]"'
        problem = Problem(name, "not installed", expected)
        raise Unusable("this installation", [problem]) from None


def _demonstration(folder: Path) -> "Demonstration":
    """The one that stands there, or a new one, with a bar."""
    from cisterna.clinic.demo.make import Demonstration, make  # noqa: PLC0415

    found = Demonstration.opened(folder)
    if found is not None:
        return found
    typer.echo("Making the demonstration clinic: two years of invented lives.", err=True)
    with _share() as share:
        return make(folder, share=share)


@contextmanager
def _share() -> Iterator[Callable[[float], None]]:
    """A bar when a person is watching."""
    if not sys.stderr.isatty():
        yield lambda done: None
        return
    from rich.console import Console  # noqa: PLC0415
    from rich.progress import Progress  # noqa: PLC0415

    with Progress(console=Console(stderr=True), transient=True) as shown:
        task = shown.add_task("histories", total=1.0)
        yield lambda done: shown.update(task, completed=done)


def _run(made: "Demonstration", browser: bool) -> None:
    """All processes, until somebody asks them to end or one of them dies. Raises `Refused`."""
    from cisterna.clinic.demo import processes, supervise  # noqa: PLC0415

    with supervise.short_folder() as short:
        ports = (
            supervise.free_port(processes.REMOTE_PORT),
            supervise.free_port(processes.PAGES_PORT),
            supervise.free_port(processes.PUMPS_PORT),
        )
        places = processes.Places(made, short / "signer", *ports)
        wanted = [*processes.children(places), processes.pages(places)]
        logs = made.folder / "logs"
        try:
            with supervise.supervised(logs, places.environment()) as supervisor:
                supervisor.begin(wanted)
                if not supervisor.asked:
                    _say(places, browser)
                supervisor.watch()
        except supervise.Died as died:
            words = f"{died} The others were ended too."
            raise Refused("died", words, f"Look at {logs}, then begin again.") from None


def _say(places: "Places", browser: bool) -> None:
    from cisterna.bedside.opening import open_address  # noqa: PLC0415

    start = f"{places.pages}start/"
    shown = browser and open_address(start)
    typer.echo(f"The demonstration: {start}{' is open in your browser' if shown else ''}")
    typer.echo(f"The patient's remote: {places.remote}")
    typer.echo("Everybody in it is invented. Ctrl-C ends it.")
