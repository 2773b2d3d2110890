"""The commands. Each reads its input, calls one function of `order`, and shows the result."""

from pathlib import Path
from typing import Annotated

import typer

from cisterna.cli.act import Json, Order, Site, act, amount, finish, moment, read_order, stock
from cisterna.cli.demo import demo
from cisterna.cli.people import people
from cisterna.cli.pump import simulate
from cisterna.cli.pumps import pumphost
from cisterna.cli.record import backup, restore, verify
from cisterna.cli.remote import remote
from cisterna.cli.serve import invite, reset, serve
from cisterna.cli.spinal import forecast, validate
from cisterna.facts import open_library
from cisterna.order.form import Problem, Unusable
from cisterna.order.reading import read_prescription
from cisterna.quantity import CONCENTRATION, DOSE_RATE, MASS, VOLUME

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="From a prescription file for an intrathecal pump to a checked, dated plan. "
    "Research and planning software, not a cleared medical device.",
)


@app.command()
def check(rx: Order, json: Json = False, site: Site = None) -> None:
    """Every guardrail: is this order inside every limit, and whose limit."""
    with act(json):
        from cisterna.order.checks import check as run  # noqa: PLC0415
        from cisterna.order.plan import line_change  # noqa: PLC0415

        facts, order = read_order(rx, site)
        result = run(order, facts, line_change(order.previous, order, facts)[0])

        def show() -> None:
            from cisterna.cli.show import check_view, emit  # noqa: PLC0415

            emit(check_view(result, facts))

        finish(result, json, show, not result.ok)


@app.command()
def program(rx: Order, json: Json = False, site: Site = None) -> None:
    """What goes into the pump, and when to come back."""
    with act(json):
        from cisterna.order.checks import check as run  # noqa: PLC0415
        from cisterna.order.plan import bridge_of  # noqa: PLC0415
        from cisterna.order.program import program as work_out  # noqa: PLC0415

        facts, order = read_order(rx, site)
        bridging = bridge_of(order, facts)
        result = work_out(order, facts, bridging)
        blocks = run(order, facts, bridging).codes("block")

        def show() -> None:
            from cisterna.cli.show import emit  # noqa: PLC0415
            from cisterna.cli.views import program_view  # noqa: PLC0415

            emit(program_view(order, result, blocks))

        finish(result, json, show, bool(blocks), blocked_by=blocks)


@app.command()
def plan(
    orders: Annotated[
        list[Path], typer.Argument(metavar="[OLD] NEW", help="The order, after the one before it.")
    ],
    html: Annotated[
        Path | None, typer.Option("--html", metavar="FILE", help="Also write it for paper.")
    ] = None,
    cohort: Annotated[
        int, typer.Option(min=0, max=10_000, help="Virtual persons for the spine; 0 leaves it out.")
    ] = 500,
    json: Json = False,
    site: Site = None,
) -> None:
    """What a nurse looks at first: all of it on one screen."""
    with act(json):
        from cisterna.order.plan import plan as work_out  # noqa: PLC0415

        if len(orders) > 2:
            found = f"{len(orders)} files"
            raise Unusable("command line", [Problem("plan", found, "NEW, or OLD and NEW")])
        facts, new = read_order(orders[-1], site)
        old = read_prescription(orders[0], facts) if len(orders) == 2 else None
        result = work_out(old, new, facts)
        spine = None
        if cohort:
            from cisterna.cli.spine import run_profile  # noqa: PLC0415

            spine = run_profile(new, facts, cohort)
        if html is not None:
            from cisterna.cli.paper import write_sheet  # noqa: PLC0415

            write_sheet(html, result, facts, spine)

        def show() -> None:
            from cisterna.cli.show import emit  # noqa: PLC0415
            from cisterna.cli.views import plan_view  # noqa: PLC0415

            emit(plan_view(result, facts))
            if spine is not None:
                from cisterna.cli.spine import profile_view  # noqa: PLC0415

                emit(profile_view(spine))
            if html is not None:
                typer.echo(f"The sheet for paper: {html}")

        finish(result, json, show, not result.ok, spine=spine)


@app.command()
def prime(
    rx: Order,
    case: Annotated[
        str,
        typer.Option(help="new-implant, unprimed, catheter-replaced, segment-replaced or refill."),
    ],
    json: Json = False,
    site: Site = None,
) -> None:
    """The prime bolus for a state of the line."""
    with act(json):
        from cisterna.order.prime import CASES  # noqa: PLC0415
        from cisterna.order.prime import prime as work_out  # noqa: PLC0415

        if case not in CASES:
            expected = f"one of {', '.join(CASES)}"
            raise Unusable("command line", [Problem("--case", repr(case[:40]), expected)])
        _, order = read_order(rx, site)
        result = work_out(order, case)

        def show() -> None:
            from cisterna.cli.show import emit  # noqa: PLC0415
            from cisterna.cli.views import prime_view  # noqa: PLC0415

            emit(prime_view(result))

        finish(result, json, show)


@app.command()
def bridge(
    old: Annotated[Path, typer.Argument(metavar="OLD", help="The prescription before.")],
    new: Annotated[Path, typer.Argument(metavar="NEW", help="The prescription that follows.")],
    hold: Annotated[
        str | None, typer.Option("--hold", metavar="DRUG", help="Hold this drug's dose.")
    ] = None,
    json: Json = False,
    site: Site = None,
) -> None:
    """The bridge for a change of concentration or drug."""
    with act(json):
        from cisterna.order.bridge import bridge as work_out  # noqa: PLC0415

        facts, after = read_order(new, site)
        before = read_prescription(old, facts)
        result = work_out(before, after, facts, hold)

        def show() -> None:
            from cisterna.cli.show import emit  # noqa: PLC0415
            from cisterna.cli.views import bridge_view  # noqa: PLC0415

            emit(bridge_view(result))

        finish(result, json, show)


@app.command()
def residual(
    rx: Order,
    measured: Annotated[str, typer.Option(metavar="VOLUME", help="Volume drawn out.")],
    at: Annotated[str, typer.Option(metavar="TIME", help="Time of this visit, with offset.")],
    boluses: Annotated[
        int | None, typer.Option(min=0, help="Patient doses since the fill.")
    ] = None,
    pump_says: Annotated[
        str | None, typer.Option("--pump-says", metavar="VOLUME", help="Volume the pump reports.")
    ] = None,
    json: Json = False,
    site: Site = None,
) -> None:
    """The volume check at a refill."""
    with act(json):
        from cisterna.order.plan import bridge_of  # noqa: PLC0415
        from cisterna.order.residual import residual as work_out  # noqa: PLC0415

        facts, order = read_order(rx, site)
        result = work_out(
            order,
            facts,
            amount("--measured", measured, VOLUME),
            moment("--at", at),
            boluses,
            None if pump_says is None else amount("--pump-says", pump_says, VOLUME),
            bridge_of(order, facts),
        )

        def show() -> None:
            from cisterna.cli.show import emit  # noqa: PLC0415
            from cisterna.cli.views import residual_view  # noqa: PLC0415

            emit(residual_view(result))

        finish(result, json, show)


@app.command()
def compound(
    rx: Order,
    stocks: Annotated[
        list[str], typer.Option("--stock", metavar="DRUG=CONCENTRATION", help="Once per drug.")
    ],
    json: Json = False,
    site: Site = None,
) -> None:
    """From stock to solution."""
    with act(json):
        from cisterna.order.compound import compound as work_out  # noqa: PLC0415

        _, order = read_order(rx, site)
        pairs = [stock(text) for text in stocks]
        if len({name for name, _ in pairs}) != len(pairs):
            raise Unusable("command line", [Problem("--stock", "a drug twice", "each drug once")])
        named = {n: amount(f"--stock {n}", v, CONCENTRATION) for n, v in pairs}
        result = work_out(order, named)

        def show() -> None:
            from cisterna.cli.show import emit  # noqa: PLC0415
            from cisterna.cli.views import compound_view  # noqa: PLC0415

            emit(compound_view(result))

        finish(result, json, show)


@app.command()
def convert(
    drug: Annotated[str, typer.Argument(help="Drug id, such as morphine.")],
    dose: Annotated[str, typer.Argument(help='Dose, such as "90 mg/day".')],
    start: Annotated[str, typer.Option("--from", help="oral, intravenous, epidural, intrathecal.")],
    end: Annotated[str, typer.Option("--to", help="oral, intravenous, epidural, intrathecal.")],
    json: Json = False,
    site: Site = None,
) -> None:
    """Published equivalence between routes: an interval, never one figure."""
    with act(json):
        from cisterna.order.convert import ROUTES  # noqa: PLC0415
        from cisterna.order.convert import convert as work_out  # noqa: PLC0415

        for option, route in (("--from", start), ("--to", end)):
            if route not in ROUTES:
                expected = f"one of {', '.join(ROUTES)}"
                raise Unusable("command line", [Problem(option, repr(route[:40]), expected)])
        dimension = DOSE_RATE if "/" in dose else MASS
        known = open_library(site)
        result = work_out(known, drug, amount("DOSE", dose, dimension), start, end)

        def show() -> None:
            from cisterna.cli.show import emit  # noqa: PLC0415
            from cisterna.cli.views import conversion_view  # noqa: PLC0415

            emit(conversion_view(result, start, end, known))

        finish(result, json, show)


app.command()(simulate)
app.add_typer(pumphost, name="pumphost")
app.command()(remote)
app.command()(demo)
app.command()(forecast)
app.command()(validate)
app.command()(verify)
app.command()(backup)
app.command()(restore)
app.command()(serve)
app.command()(invite)
app.command()(reset)
app.command()(people)


@app.command()
def facts(
    name: Annotated[
        str | None, typer.Argument(help="A drug, pump, catheter, group or path.")
    ] = None,
    json: Json = False,
    site: Site = None,
) -> None:
    """What is known, from where, and how sure: every number with its source."""
    with act(json):
        from cisterna.cli.data import facts_rows, facts_view  # noqa: PLC0415

        known = open_library(site)
        result = facts_rows(known, name)

        def show() -> None:
            from cisterna.cli.show import emit  # noqa: PLC0415

            emit(facts_view(result, known, name))

        finish(result, json, show)


@app.command()
def schema(
    name: Annotated[str, typer.Argument(help="prescription or site.")],
    json: Json = False,
) -> None:
    """The JSON Schema of a file that people write."""
    with act(json):
        from json import dumps  # noqa: PLC0415

        from cisterna.cli.data import schema_of  # noqa: PLC0415

        typer.echo(dumps(schema_of(name), ensure_ascii=False, indent=2))


@app.command()
def doctor(json: Json = False, site: Site = None) -> None:
    """Versions, data files, and how much of the data nobody has read in a source."""
    with act(json):
        from cisterna.cli.data import doctor_view, examine  # noqa: PLC0415

        result = examine(open_library(site))

        def show() -> None:
            from cisterna.cli.show import emit  # noqa: PLC0415

            emit(doctor_view(result))

        finish(result, json, show)


@app.command()
def bedside(
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="The page to write (HTML).")],
    runtime: Annotated[
        Path | None,
        typer.Option(
            "--runtime", metavar="DIR", help="The unpacked npm package pyodide (CISTERNA_PYODIDE)."
        ),
    ] = None,
    json: Json = False,
) -> None:
    """The order without an installation: one page that opens offline in any browser."""
    with act(json):
        from cisterna.bedside import bedside as write  # noqa: PLC0415

        path = write(out, runtime)
        size = path.stat().st_size

        def show() -> None:
            typer.echo(f"The page: {path} ({size / 1e6:.1f} MB). Open it in a browser.")

        finish({"file": str(path), "bytes": size}, json, show)


def main() -> None:
    """Run the command line."""
    app()
