"""The commands about the spine. Each reads its input, runs the model, and shows the result."""

from pathlib import Path
from typing import Annotated

import typer

from cisterna.cli.act import Json, Order, Site, act, amount, finish, read_order
from cisterna.facts import open_library
from cisterna.quantity import DURATION


def forecast(
    rx: Order,
    days: Annotated[int, typer.Option(min=1, max=90, help="How long, from the fill.")] = 7,
    every: Annotated[str, typer.Option(metavar="TIME", help="Step of the field.")] = "1h",
    cohort: Annotated[int, typer.Option(min=1, max=10_000, help="Virtual persons.")] = 500,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out", metavar="FILE", help="The field, new, as .csv, .parquet, .nc or .zarr."
        ),
    ] = None,
    json: Json = False,
    site: Site = None,
) -> None:
    """Delivery at the tip and the model's answer along the spine, with a band."""
    with act(json):
        from cisterna.cli.spine import forecast_view, progress_bar  # noqa: PLC0415
        from cisterna.spine.field import refuse_place, write_field  # noqa: PLC0415
        from cisterna.spine.forecast import forecast_order  # noqa: PLC0415

        known, order = read_order(rx, site)
        step = amount("--every", every, DURATION)
        if out is not None:
            refuse_place(out)
        result = forecast_order(
            order, known, days=days, size=cohort, every=step, progress=progress_bar
        )
        if out is not None and result.fields:
            write_field(out, result, order, known)

        def show() -> None:
            from cisterna.cli.show import emit  # noqa: PLC0415

            emit(forecast_view(result))
            if out is not None:
                written = f"The field: {out}" if result.fields else f"Nothing written to {out}."
                typer.echo(written)

        finish(result, json, show, blocked=not result.fields)


def validate(
    cohort: Annotated[int, typer.Option(min=1, max=10_000, help="Virtual persons.")] = 200,
    json: Json = False,
    site: Site = None,
) -> None:
    """The spine model against published measurements, by rules written before the run."""
    with act(json):
        from cisterna.cli.spine import progress_bar, validation_view  # noqa: PLC0415
        from cisterna.spine.validation import validate as run  # noqa: PLC0415

        result = run(open_library(site), cohort, progress=progress_bar)

        def show() -> None:
            from cisterna.cli.show import emit  # noqa: PLC0415

            emit(validation_view(result))

        finish(result, json, show)
