"""A host at work: pumps, door and a control line for whoever owns the fleet's folder.

`running.json` in the folder names the port and holds the control line's secret; only the owner can
read it. Over that line goes what happens in the room and not over the radio: somebody touches a
pump with the proximity token, somebody looks at the host.
"""

import asyncio
import fcntl
import hmac
import json
import os
import secrets
import signal
import socket
from collections.abc import Callable, Coroutine, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import timedelta
from fractions import Fraction
from pathlib import Path
from re import fullmatch
from typing import Any

from cisterna.order.form import Problem, Unusable
from cisterna.order.line import Refused
from cisterna.pump import bodies, hosted
from cisterna.pump.bounds import Bounds
from cisterna.pump.fleet import Fleet
from cisterna.pump.host import Host, Progress
from cisterna.pump.hosted import LOCAL, RUNNING, TIMEOUT_S
from cisterna.pump.listen import Door
from cisterna.pump.unit import Unit

MOST_LINE = 4096
ROWS = 100


async def serve(
    fleet: Fleet,
    address: tuple[str, int] = (LOCAL, 0),
    speed: int = 1,
    sync: bool = True,
    ready: Callable[[Host, int], None] = lambda host, port: None,
    progress: Progress = lambda work: work,
    bounds: Bounds | None = None,
) -> None:
    """Host a fleet until a signal asks it to end. Raises `Unusable` where it cannot begin."""
    with (
        _alone(fleet),
        _listening(address) as radio,
        _listening((LOCAL, 0)) as line,
        Host.restored(fleet, speed, sync, progress) as host,
    ):
        (where, port), token = radio.getsockname()[:2], secrets.token_hex(16)
        control = await asyncio.start_server(_control(host, token), sock=line, limit=MOST_LINE)
        row = {"pid": os.getpid(), "address": where, "port": port}
        secret = {"control": line.getsockname()[1], "token": token}
        with _announced(fleet, row | secret):
            ready(host, port)
            try:
                await _until_signal(host.live(), Door(host, bounds).serve(radio))
            finally:
                control.close()


def running(fleet: Fleet) -> dict[str, Any] | None:
    """What the host of a fleet says of itself; None where none is running."""
    return hosted.running(fleet.folder)


def control(fleet: Fleet, **asked: str) -> dict[str, Any]:
    """Ask the running host over its control line. Raises `Refused`."""
    if running(fleet) is None:
        raise Refused("not-running", "No host runs this fleet.", "Start `cisterna pumphost run`.")
    try:
        answer = hosted.ask(fleet.folder, asked)
    except hosted.NoHost as problem:
        raise Refused("no-answer", str(problem), "Look at it.") from None
    if "refused" in answer:
        way_out = answer.get("way_out", "See `cisterna pumphost status`.")
        raise Refused(answer["refused"], answer.get("message", ""), way_out)
    return answer


Answering = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Any]


def _control(host: Host, token: str) -> Answering:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError, ValueError, TimeoutError):
            async with asyncio.timeout(TIMEOUT_S):
                asked = json.loads(await reader.readline())
                known = isinstance(asked, dict) and hmac.compare_digest(
                    str(asked.get("token")).encode(), token.encode()
                )
                if known:
                    found = _asked(host, {key: str(value) for key, value in asked.items()})
                    writer.write(json.dumps(found).encode() + b"\n")
                    await writer.drain()
        writer.close()

    return answer


def _asked(host: Host, asked: Mapping[str, str]) -> dict[str, Any]:
    what, serial = asked.get("do", ""), asked.get("serial", "")
    if what in _OF_THE_HOST:
        return _OF_THE_HOST[what](host, asked)
    if serial not in host.units:
        why = host.failed.get(serial, "There is no such pump in the fleet.")
        return {"refused": "no-pump", "message": f"{serial}: {why}"}
    acts = {"touch": _touched, "report": _reported, "body": _embodied, "fault": _given}
    if what not in acts:
        return {"refused": "unknown", "message": "The host does not know this request."}
    return acts[what](host, serial, asked)


def _touched(host: Host, serial: str, _: Mapping[str, str]) -> dict[str, Any]:
    host.with_unit(serial, Unit.touched)
    return {"touched": serial}


def _reported(host: Host, serial: str, _: Mapping[str, str]) -> dict[str, Any]:
    return host.with_unit(serial, Unit.report) or {}


def _embodied(host: Host, serial: str, _: Mapping[str, str]) -> dict[str, Any]:
    return host.with_unit(serial, bodies.truth) or {}


def _given(host: Host, serial: str, asked: Mapping[str, str]) -> dict[str, Any]:
    """A fault for a pump's body: here, in the room, and not over the link."""
    kind, lasts = asked.get("kind", ""), asked.get("lasts_ms")
    amount = Fraction(asked.get("amount", "1"))
    length = None if lasts is None else int(lasts)
    try:
        bodies.possible(kind, length, amount)
    except Refused as refused:
        return {"refused": refused.code, "message": f"{refused.message} {refused.way_out}"}
    given = host.with_unit(serial, lambda u, now: bodies.give(u, now, kind, length, amount))
    return given or {}


def _status(host: Host, _: Mapping[str, str]) -> dict[str, Any]:
    first = sorted([*host.failed, *list(host.units)[:ROWS]])
    return {
        "now_ms": host.clock.now_ms(),
        "speed": host.clock.speed,
        "pace": host.clock.pace,
        "behind_ms": host.behind_ms,
        "pumps": len(host.units),
        "failed": len(host.failed),
        "rows": [host.row(serial) for serial in first],
    }


def _time(host: Host, _: Mapping[str, str]) -> dict[str, Any]:
    """The time, as others may write it down, and where it is being moved to."""
    now, zero = host.tell_ms(), host.fleet.zero
    wall = None if zero is None else (zero + timedelta(milliseconds=now)).isoformat()
    row = {"now_ms": now, "speed": host.clock.speed, "moving_to_ms": host.target_ms}
    return row | {"demonstration": zero is not None, "wall": wall}


def _moved(host: Host, asked: Mapping[str, str]) -> dict[str, Any]:
    try:
        return {"moving_to_ms": host.move(_whole(asked, "ms"))}
    except Refused as no:
        return {"refused": no.code, "message": no.message, "way_out": no.way_out}


def _sped(host: Host, asked: Mapping[str, str]) -> dict[str, Any]:
    speed = _whole(asked, "speed")
    if host.fleet.zero is None:
        words = "This fleet is no demonstration: its speed stays."
        return {"refused": "no-demonstration", "message": words}
    try:
        host.clock.change_speed(speed)
    except ValueError as problem:
        return {"refused": "bad-speed", "message": f"{problem}.".capitalize()}
    host.woken.set()
    return {"speed": host.clock.speed}


def _whole(asked: Mapping[str, str], name: str) -> int:
    """A whole number that was asked, 0 where it is none: 0 is refused."""
    found = asked.get(name, "")
    return int(found) if fullmatch(r"[0-9]{1,15}", found) else 0


_OF_THE_HOST: dict[str, Callable[[Host, Mapping[str, str]], dict[str, Any]]] = {
    "status": _status,
    "time": _time,
    "move": _moved,
    "speed": _sped,
}


async def _until_signal(*works: Coroutine[Any, Any, None]) -> None:
    """Let these work until somebody asks the host to end, or one of them fails."""
    asked, loop = asyncio.Event(), asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        with suppress(ValueError, RuntimeError, NotImplementedError):  # not the main thread
            loop.add_signal_handler(number, asked.set)
    tasks = [asyncio.create_task(work) for work in (*works, _ended(asked))]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    for task in done:
        task.result()


async def _ended(asked: asyncio.Event) -> None:
    await asked.wait()


@contextmanager
def _alone(fleet: Fleet) -> Iterator[None]:
    """One host for one fleet."""
    folder = os.open(fleet.folder, os.O_RDONLY)
    try:
        try:
            fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            problem = Problem("DIR", "another host runs this fleet", "a fleet that nobody hosts")
            raise Unusable(str(fleet.folder), [problem]) from None
        yield
    finally:
        os.close(folder)


@contextmanager
def _listening(address: tuple[str, int]) -> Iterator[socket.socket]:
    try:
        found = socket.create_server(address, backlog=512)
    except (OSError, OverflowError) as problem:
        wrong = [Problem("--port", str(problem), "an address and port that are free")]
        raise Unusable("command line", wrong) from None
    with found:
        yield found


@contextmanager
def _announced(fleet: Fleet, row: dict[str, Any]) -> Iterator[None]:
    path: Path = fleet.folder / RUNNING
    path.unlink(missing_ok=True)
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(file, "w", encoding="utf-8") as opened:
        json.dump(row, opened)
    try:
        yield
    finally:
        path.unlink(missing_ok=True)
