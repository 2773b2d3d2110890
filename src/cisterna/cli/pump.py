"""The commands about the pump. Each reads its input, runs it, and shows or writes the result."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cisterna.cli.act import Json, Site, act, finish
from cisterna.facts import open_library

if TYPE_CHECKING:
    from cisterna.pump.run import Progress


def simulate(
    scenario: Annotated[Path, typer.Argument(metavar="SCENARIO", help="Scenario file (TOML).")],
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="DIR", help="A new folder for summary, log, trace and page."),
    ] = None,
    spine: Annotated[
        bool, typer.Option("--spine", help="Also follow what left the tip along the spine.")
    ] = False,
    cohort: Annotated[
        int, typer.Option(min=1, max=10_000, help="Virtual persons of --spine.")
    ] = 100,
    json: Json = False,
    site: Site = None,
) -> None:
    """The virtual pump through a scenario: what was ordered, and what really arrived."""
    with act(json):
        from cisterna.cli.folder import new_folder, refuse_folder  # noqa: PLC0415
        from cisterna.pump.scenario import read_scenario  # noqa: PLC0415
        from cisterna.pump.simulate import simulate as run  # noqa: PLC0415

        if out is not None:
            refuse_folder(out)
        facts = open_library(site)
        read = read_scenario(scenario, facts)
        with progress() as told:
            result = run(read, facts, told)
        levels = None
        if spine:
            from cisterna.cli.simulated import along_the_spine  # noqa: PLC0415

            levels = along_the_spine(result, facts, cohort)
        extra: dict[str, Any] = {} if levels is None else {"spine": levels}
        if out is not None:
            from cisterna.cli.simulated import files  # noqa: PLC0415

            new_folder(out, files(result, facts, levels))

        def show() -> None:
            from cisterna.cli.show import emit  # noqa: PLC0415
            from cisterna.cli.simulated import simulation_view  # noqa: PLC0415

            emit(simulation_view(result, facts, levels))
            if out is not None:
                typer.echo(f"Summary, log, trace and page: {out}")

        finish(result, json, show, levels is not None and not levels.fields, **extra)


@contextmanager
def progress() -> "Iterator[Progress | None]":
    """A bar over the days of a run, when a person is watching."""
    import sys  # noqa: PLC0415

    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console  # noqa: PLC0415
    from rich.progress import Progress as Bar  # noqa: PLC0415

    with Bar(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("virtual pump", total=None)
        yield lambda at, end: bar.update(task, completed=at, total=end)
