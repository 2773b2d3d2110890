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
from fractions import Fraction
from pathlib import Path
from typing import Any

from cisterna.order.form import Problem, Unusable
from cisterna.order.line import Refused
from cisterna.pump import bodies
from cisterna.pump.bounds import Bounds
from cisterna.pump.fleet import Fleet
from cisterna.pump.host import Host, Progress
from cisterna.pump.listen import Door
from cisterna.pump.unit import Unit

RUNNING = "running.json"
MOST_LINE = 4096
ROWS = 100
TIMEOUT_S = 10.0
LOCAL = "127.0.0.1"


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
    try:
        found: dict[str, Any] = json.loads((fleet.folder / RUNNING).read_bytes())
        os.kill(int(found["pid"]), 0)
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return found


def control(fleet: Fleet, **asked: str) -> dict[str, Any]:
    """Ask the running host over its control line. Raises `Refused`."""
    found = running(fleet)
    if found is None:
        raise Refused("not-running", "No host runs this fleet.", "Start `cisterna pumphost run`.")
    try:
        with socket.create_connection((LOCAL, found["control"]), TIMEOUT_S) as line:
            line.sendall(json.dumps({**asked, "token": found["token"]}).encode() + b"\n")
            with line.makefile("rb") as answers:
                answer: dict[str, Any] = json.loads(answers.readline() or b"{}")
    except (OSError, ValueError) as problem:
        raise Refused("no-answer", f"The host does not answer: {problem}.", "Look at it.") from None
    if "refused" in answer or not answer:
        code = answer.get("refused", "no-answer")
        words = answer.get("message", "The host did not answer.")
        raise Refused(code, words, "See `cisterna pumphost status`.")
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
    if what == "status":
        return _status(host)
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


def _status(host: Host) -> dict[str, Any]:
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
