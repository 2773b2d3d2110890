"""`cisterna pumphost …`: a fleet of virtual pumps behind TLS, and what people do beside them."""

import json as text
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cisterna.cli.act import Json, Site, amount, finish, read_order
from cisterna.cli.pump_talk import (
    at_work,
    bar,
    fault_of,
    fleet_in,
    moved,
    new_key,
    programmer_of,
    read_back,
    refill_with,
    row_line,
    show_body,
    show_time,
)
from cisterna.order.line import Refused
from cisterna.quantity import DURATION

if TYPE_CHECKING:
    from cisterna.pump.host import Host
    from cisterna.pump.programme import Programme

PORT = 7425
Dir = Annotated[Path, typer.Argument(metavar="DIR", help="The fleet's folder.")]
Serial = Annotated[str, typer.Argument(metavar="SERIAL", help="The pump's serial number.")]
By = Annotated[
    str, typer.Option("--station", metavar="NAME", help="Who programs: a station of the fleet.")
]

pumphost = typer.Typer(
    no_args_is_help=True,
    help="Virtual pumps behind TLS 1.3: make a fleet, host it, touch, pair and program a pump. "
    "Simulation: no real pump is reached.",
)


@pumphost.command()
def init(
    folder: Dir,
    orders: Annotated[list[Path], typer.Argument(metavar="RX…", help="Orders, taken in turn.")],
    pumps: Annotated[int | None, typer.Option(help="How many; default one for each order.")] = None,
    blank: Annotated[
        bool, typer.Option("--blank", help="Filled, but without a programme.")
    ] = False,
    json: Json = False,
    site: Site = None,
) -> None:
    """Make a fleet: its authority, pumps with certificates and keys, stations, pairing codes."""
    with at_work(json):
        from cisterna.pump.certificates import DAYS  # noqa: PLC0415
        from cisterna.pump.fleet import PROGRAMMERS, RELAY, create  # noqa: PLC0415

        read = [read_order(path, site) for path in orders]
        facts, count = read[0][0], len(read) if pumps is None else pumps
        fleet = create(folder, [rx for _, rx in read], count, facts, blank, progress=bar)
        stations = [*PROGRAMMERS, RELAY]

        def show() -> None:
            first, *_, last = [*fleet.pumps, *fleet.pumps]
            typer.echo(f"{count} pumps in {folder}: {first} to {last}")
            typer.echo(f"Stations: {', '.join(stations)}. Certificates are good for {DAYS} days.")
            typer.echo(f"Pairing codes: {folder}/cards. Next: cisterna pumphost run {folder}")

        row = {"folder": str(folder), "pumps": list(fleet.pumps), "stations": stations}
        finish(row | {"certificate_days": DAYS}, json, show)


@pumphost.command()
def run(
    folder: Dir,
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes a free one.")] = PORT,
    bind: Annotated[str, typer.Option(help="The address to listen at.")] = "127.0.0.1",
    speed: Annotated[
        int, typer.Option(min=1, max=1_000_000, help="How many times as fast as the world.")
    ] = 1,
    sync: Annotated[
        bool,
        typer.Option(
            "--sync/--no-sync",
            help="Without it journals survive a killed host, not a power cut of the computer.",
        ),
    ] = True,
) -> None:
    """Host the pumps until Ctrl-C. Their time stands still while the host is off."""
    with at_work(as_json=False):
        import asyncio  # noqa: PLC0415
        import logging  # noqa: PLC0415

        from cisterna.pump import renewal  # noqa: PLC0415
        from cisterna.pump.serve import serve  # noqa: PLC0415

        logging.basicConfig(format="%(levelname)s %(message)s")
        fleet = fleet_in(folder)

        def ready(host: "Host", port: int) -> None:
            if warned := renewal.warning(fleet):
                typer.echo(warned, err=True)
            for serial, why in host.failed.items():
                typer.echo(f"NOT HOSTED {serial}: {why}", err=True)
            pace = f"×{speed}" + ("" if sync else ", journals not synced")
            typer.echo(f"{len(host.units)} pumps at {bind}:{port}, {pace}. Ctrl-C ends it.")

        asyncio.run(serve(fleet, (bind, port), speed, sync, ready, bar))


@pumphost.command()
def status(
    folder: Dir,
    serial: Annotated[str | None, typer.Argument(help="One pump, in full.")] = None,
    json: Json = False,
) -> None:
    """What the host and its pumps say of themselves."""
    with at_work(json):
        from cisterna.pump import renewal  # noqa: PLC0415
        from cisterna.pump.serve import control  # noqa: PLC0415

        fleet = fleet_in(folder)
        warned = renewal.warning(fleet)
        asked = {"do": "report", "serial": serial} if serial else {"do": "status"}
        found = control(fleet, **asked)

        def show() -> None:
            if serial:
                typer.echo(text.dumps(found, indent=2))
                return
            days = found["now_ms"] / 86_400_000
            typer.echo(f"{found['pumps']} pumps, day {days:.2f}, ×{found['pace']} now")
            for row in found["rows"]:
                typer.echo(row_line(row))
            if found["pumps"] + found["failed"] > len(found["rows"]):
                typer.echo("…")

        if warned:
            typer.echo(warned, err=True)
        finish(found, json, show)


@pumphost.command("time")
def tell(folder: Dir, json: Json = False) -> None:
    """The time at which the host's pumps live."""
    with at_work(json):
        from cisterna.pump.serve import control  # noqa: PLC0415

        found = control(fleet_in(folder), do="time")
        finish(found, json, lambda: show_time(found))


@pumphost.command()
def move(
    folder: Dir,
    length: Annotated[str, typer.Argument(metavar="TIME", help="How far, as 3 day or 6 h.")],
    json: Json = False,
) -> None:
    """Move the time of a demonstration on; its pumps live through all of it."""
    with at_work(json):
        fleet = fleet_in(folder)
        found = moved(fleet, amount("TIME", length, DURATION).number("ms").__floor__())
        finish(found, json, lambda: show_time(found))


@pumphost.command()
def renew(
    folder: Dir,
    everything: Annotated[
        bool, typer.Option("--all", help="Also those that are good for longer than a month.")
    ] = False,
    json: Json = False,
) -> None:
    """Renew the certificates of pumps and stations that end within a month, or have ended."""
    with at_work(json):
        from cisterna.pump import renewal  # noqa: PLC0415

        fleet = fleet_in(folder)
        due = [row for row in renewal.endings(fleet) if everything or row.soon()]
        made = renewal.renew(fleet, due)
        until = min((row.until for row in renewal.endings(fleet)), default=None)

        def show() -> None:
            typer.echo(f"{len(made)} renewed. All are good until {until:%Y-%m-%d}.")
            if any(row.folder.parent.name == "stations" for row in made):
                typer.echo("Copy certificate.pem to every station whose folder was moved away.")

        row = {"renewed": [row.name for row in made], "until": until}
        finish(row, json, show)


@pumphost.command()
def touch(folder: Dir, serial: Serial, json: Json = False) -> None:
    """Hold the proximity token to a pump: what pairing and emergency access ask for."""
    with at_work(json):
        from cisterna.pump.serve import control  # noqa: PLC0415

        found = control(fleet_in(folder), do="touch", serial=serial)
        finish(found, json, lambda: typer.echo(f"{serial} was touched; it counts for a minute."))


@pumphost.command()
def fault(
    folder: Dir,
    serial: Serial,
    kind: Annotated[
        str | None,
        typer.Argument(
            metavar="[FAULT]",
            help="stall, over-infusion, occlusion, leak, sensor or memory; "
            "over ends them; none shows the body.",
        ),
    ] = None,
    lasts: Annotated[
        str | None,
        typer.Option(metavar="TIME", help="As 2 h; without it until the pump is restarted."),
    ] = None,
    share: Annotated[
        str, typer.Option("--amount", help="Over-infusion: the factor; occlusion, leak: the share.")
    ] = "1",
    json: Json = False,
) -> None:
    """Let something go wrong with a pump's body (simulated), or see what is true of it."""
    with at_work(json):
        from cisterna.pump.serve import control  # noqa: PLC0415

        asked = {"do": "body"} if kind is None else fault_of(kind, lasts, share)
        found = control(fleet_in(folder), serial=serial, **asked)
        finish({"serial": serial} | found, json, lambda: show_body(serial, found))


@pumphost.command()
def pair(
    folder: Dir,
    serial: Serial,
    by: By = "programmer-1",
    minutes: Annotated[float, typer.Option(min=0.01, max=3, help="How long to wait.")] = 3,
    json: Json = False,
) -> None:
    """Open a pump to a new remote: prints the code to type there, and touches the pump."""
    with at_work(json):
        from cisterna.pump.fleet import new_code  # noqa: PLC0415
        from cisterna.pump.link.verbs import Role  # noqa: PLC0415
        from cisterna.pump.serve import control  # noqa: PLC0415

        fleet, code = fleet_in(folder), new_code()
        with programmer_of(fleet, serial, by, json) as programmer:
            before = {key["id"] for key in programmer.read()["keys"]}
            programmer.begin_pairing(Role.REMOTE, code)
            if not json:
                typer.echo(f"Type this into the remote: {code}")
            key = new_key(
                programmer, before, minutes, lambda: control(fleet, do="touch", serial=serial)
            )
        if key is None:
            words = "No remote has paired."
            raise Refused("nobody-paired", words, "Begin again: a code is good once.")
        finish({"serial": serial, "key": key}, json, lambda: typer.echo(f"Paired: {key[:16]}"))


@pumphost.command()
def program(
    folder: Dir,
    serial: Serial,
    rx: Annotated[Path, typer.Argument(metavar="RX", help="The order to run from now on.")],
    measured: Annotated[
        str | None,
        typer.Option(
            metavar="VOLUME",
            help="It was refilled with this order's solution; so much came out before.",
        ),
    ] = None,
    by: By = "programmer-1",
    yes: Annotated[
        bool, typer.Option("--yes", help="Confirm without a question (for scripts).")
    ] = False,
    json: Json = False,
    site: Site = None,
) -> None:
    """Program a pump as a programmer does: stage, read back, compare, confirm, activate."""
    with at_work(json):
        from cisterna.order.plan import bridge_of  # noqa: PLC0415
        from cisterna.pump.setting import programme  # noqa: PLC0415

        facts, order = read_order(rx, site)
        refill = None if measured is None else refill_with(order, measured)
        fleet, bridge = fleet_in(folder), bridge_of(order, facts)
        if order.pump.serial not in (None, serial):
            words = f"The order is for pump {order.pump.serial}, not {serial}."
            raise Refused("other-pump", words, "Take the order of this pump.")

        def wanted(version: int) -> "Programme":
            return replace(programme(order, facts, version, bridge), serial=serial)

        with programmer_of(fleet, serial, by, json) as programmer:
            done: list[Programme] = []

            def agrees(back: "Programme") -> bool:
                done[:] = [back]
                if yes:
                    return True
                read_back(back)
                return typer.confirm("Is this the programme that was ordered?", err=True)

            programmer.programme(wanted, agrees, refill)
            running = programmer.read()["digest"]
        if running != done[0].digest:
            words = "The programme was not activated; the one before runs on."
            raise Refused("not-confirmed", words, "Begin again.")
        result = {"serial": serial, "version": done[0].version, "digest": running}
        finish(result, json, lambda: typer.echo(f"Version {done[0].version} runs: {running}"))
