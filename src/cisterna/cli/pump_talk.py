"""What the commands about a fleet share: its folder, a programmer at work, words on a screen."""

import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from re import fullmatch
from typing import TYPE_CHECKING, Any

import typer

from cisterna.cli.act import act, amount
from cisterna.order.form import Problem, Unusable
from cisterna.order.line import Refused
from cisterna.quantity import DAY_MS, DURATION, VOLUME

if TYPE_CHECKING:
    from cisterna.order.prescription import Prescription
    from cisterna.pump.client import Station
    from cisterna.pump.fleet import Fleet
    from cisterna.pump.link.answer import Answer
    from cisterna.pump.link.verbs import Refill
    from cisterna.pump.programme import Programme
    from cisterna.pump.programmer import Programmer

LOOK_S = 1.0
SHORT_S = 0.02


@contextmanager
def at_work(as_json: bool) -> Iterator[None]:
    """As every command; a missing extra is named."""
    with act(as_json):
        try:
            yield
        except ModuleNotFoundError as missing:
            if (missing.name or "").partition(".")[0] != "cryptography":
                raise
            expected = 'the extra pump: pip install "cisterna[pump]"'
            problem = Problem("cryptography", "not installed", expected)
            raise Unusable("this installation", [problem]) from None


@contextmanager
def programmer_of(fleet: "Fleet", serial: str, by: str, quiet: bool) -> Iterator["Programmer"]:
    """A programmer of the fleet in conversation with a pump; refusals in our own words."""
    from cisterna.pump.certificates import signing_key  # noqa: PLC0415
    from cisterna.pump.client import NoAnswer  # noqa: PLC0415
    from cisterna.pump.link.proof import key_id, public_of  # noqa: PLC0415
    from cisterna.pump.link.verbs import Role  # noqa: PLC0415
    from cisterna.pump.programmer import Programmer, PumpRefused, knock  # noqa: PLC0415

    station = _station(fleet, serial, by)
    key = signing_key(station.folder)
    wakes = knock(serial, Role.PROGRAMMER, key_id(public_of(key)), key.sign)

    def seen(step: str, answer: "Answer") -> None:
        if not quiet:
            why = answer.response.code or ""
            typer.echo(f"{step:<14} {answer.response.kind.value} {why}".rstrip(), err=True)

    try:
        with station.connect(serial, wakes) as line:
            yield Programmer.at(station, line, seen)
    except PumpRefused as no:
        words = f"{no.step}: {no.response.message or no.response.code}"
        raise Refused(no.response.code or "refused", words, "What ran before runs on.") from None
    except NoAnswer as problem:
        raise Refused("no-answer", str(problem), "See `cisterna pumphost status`.") from None


def _station(fleet: "Fleet", serial: str, by: str) -> "Station":
    from cisterna.pump.client import Station  # noqa: PLC0415
    from cisterna.pump.fleet import PROGRAMMERS  # noqa: PLC0415
    from cisterna.pump.serve import running  # noqa: PLC0415

    if by not in PROGRAMMERS:
        raise Unusable("command line", [Problem("--station", by, " or ".join(PROGRAMMERS))])
    if serial not in fleet.pumps:
        raise Unusable("command line", [Problem("SERIAL", serial, "a pump of this fleet")])
    found = running(fleet)
    if found is None:
        raise Refused("not-running", "No host runs this fleet.", "Start `cisterna pumphost run`.")
    return Station.read(fleet.station(by), found["address"], found["port"])


def new_key(
    programmer: "Programmer", before: set[str], minutes: float, touch: Callable[[], object]
) -> str | None:
    """Wait until a key is added; the token stays at the pump meanwhile."""
    end = time.monotonic() + minutes * 60
    while time.monotonic() < end:
        touch()
        keys = [key["id"] for key in programmer.read()["keys"] if key["id"] not in before]
        if keys:
            return str(keys[0])
        time.sleep(LOOK_S)
    return None


def refill_with(rx: "Prescription", measured: str) -> "Refill":
    """The refill with an order's solution, after so much was drawn out. Raises `Unusable`."""
    from cisterna.pump.link.verbs import Refill  # noqa: PLC0415
    from cisterna.pump.setting import ng_per_ml  # noqa: PLC0415

    out = amount("--measured", measured, VOLUME).number("nL").__floor__()
    fill = rx.solution.fill_volume.number("nL").__floor__()
    return Refill(out, fill, ng_per_ml(rx))


def fault_of(kind: str, lasts: str | None, share: str) -> dict[str, str]:
    """What a host is asked to let go wrong. Raises `Unusable`."""
    if not fullmatch(r"\d{1,3}(\.\d{1,9})?", share):
        raise Unusable("command line", [Problem("--amount", share[:40], "a number such as 0.5")])
    found = {"do": "fault", "kind": kind, "amount": share}
    if lasts is not None:
        found["lasts_ms"] = str(amount("--lasts", lasts, DURATION).number("ms").__floor__())
    return found


def show_body(serial: str, found: dict[str, Any]) -> None:
    """What is really in a pump, and what is wrong with its body."""
    typer.echo(f"{serial}  really {found['reservoir_nl'] / 1e6:.3f} mL in the reservoir")
    for row in found["faults"]:
        until = "until a restart or the end of the scan" if row["end_ms"] is None else "for a while"
        typer.echo(f"  {row['kind']} {row['amount']}, {until}")


def show_time(found: dict[str, Any]) -> None:
    """The host's time in one line."""
    wall = f", {found['wall']} in the demonstration" if found["wall"] else ""
    days = found["now_ms"] / 86_400_000
    typer.echo(f"Day {days:.3f} of the pumps{wall}, ×{found['speed']}")


def moved(fleet: "Fleet", ms: int) -> dict[str, Any]:
    """Move a demonstration's time on and wait until it is there, with a bar. Raises `Refused`."""
    from cisterna.pump.serve import control  # noqa: PLC0415

    begin = control(fleet, do="time")["now_ms"]
    end = control(fleet, do="move", ms=str(ms))["moving_to_ms"]
    days = -(-(end - begin) // DAY_MS)
    for day in bar([str(n) for n in range(1, days + 1)], "days"):
        _wait(fleet, min(end, begin + int(day) * DAY_MS))
    return _wait(fleet, end)


def _wait(fleet: "Fleet", until_ms: int) -> dict[str, Any]:
    """The host's time once it is that late."""
    from cisterna.pump.serve import control  # noqa: PLC0415

    while (found := control(fleet, do="time"))["now_ms"] < until_ms:
        time.sleep(SHORT_S)
    return found


def read_back(back: "Programme") -> None:
    """What the pump understood, in its own integers."""
    for name in ("serial", "version", "primary", "ng_per_ml", "mode", "steps", "per_24h_fg"):
        typer.echo(f"  {name:<12} {getattr(back, name)}", err=True)
    typer.echo(f"  {'patient':<12} {back.patient}", err=True)
    typer.echo(f"  {'floor':<12} {back.floor_nl_per_h}", err=True)
    typer.echo(f"  {'digest':<12} {back.digest}", err=True)


def row_line(row: dict[str, Any]) -> str:
    """A pump in one line."""
    if "failed" in row:
        return f"{row['serial']}  NOT HOSTED: {row['failed']}"
    alarms = ", ".join(row["alarms"]) or "no alarm"
    volume = f"{row['reservoir_nl'] / 1e6:.3f} mL"
    return f"{row['serial']}  version {row['version']}  {row['mode'] or '-'}  {volume}  {alarms}"


def fleet_in(folder: Path) -> "Fleet":
    """The fleet of a folder. Raises `Unusable`."""
    from cisterna.pump.fleet import Fleet  # noqa: PLC0415

    return Fleet.read(folder)


def bar(work: Iterable[str], what: str = "pumps") -> Iterable[str]:
    """The pumps, or other work, with a bar when a person is watching."""
    if not sys.stderr.isatty():
        return work
    from rich.console import Console  # noqa: PLC0415
    from rich.progress import track  # noqa: PLC0415

    return track(list(work), what, console=Console(stderr=True), transient=True)
