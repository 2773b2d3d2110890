"""One process that starts the others of a demonstration, watches them, and ends them together.

A child that dies ends the whole with its name and its last words: none is restarted silently. Each
child's words go to a file of its own. Where this process is killed, its children end with it (Linux
tells them; elsewhere they have to be ended by hand).
"""

import ctypes
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp
from types import FrameType

LOCAL = "127.0.0.1"
READY_S, END_S, LOOK_S = 60.0, 10.0, 0.05
LAST_WORDS = 800
_PR_SET_PDEATHSIG = 1
_SETTINGS = "DJANGO_SETTINGS_MODULE"


class Died(RuntimeError):
    """A child ended though nobody asked it to, or never said that it is ready."""


@dataclass(frozen=True, slots=True)
class Child:
    """One process: its name, its words on the command line, and what it says when it is ready.

    With a `port` it is ready when somebody can connect there, too.
    """

    name: str
    words: Sequence[str]
    ready: str
    port: int | None = None


@dataclass(slots=True)
class Running:
    """A child at work, and the file with its words."""

    child: Child
    process: "subprocess.Popen[bytes]"
    log: Path

    def said(self) -> str:
        """All that it has said."""
        return self.log.read_text("utf-8", errors="replace")

    def ready(self) -> bool:
        """Whether it has said so, and listens."""
        if self.child.ready not in self.said():
            return False
        if self.child.port is None:
            return True
        try:
            socket.create_connection((LOCAL, self.child.port), 1).close()
        except OSError:
            return False
        return True

    def check(self) -> None:
        """Raise `Died` where it lives no more."""
        code = self.process.poll()
        if code is not None:
            words = self.said()[-LAST_WORDS:].strip() or "(it said nothing)"
            raise Died(f"{self.child.name} ended with {code}: {words}")

    def end(self) -> None:
        """Ask it to end, and kill it where it does not."""
        if self.process.poll() is None:
            self.process.terminate()
        try:
            self.process.wait(END_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


@dataclass(slots=True)
class Supervisor:
    """Children, begun in their order and ended in the other."""

    logs: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    running: list[Running] = field(default_factory=list)
    asked: bool = False

    def begin(self, children: Sequence[Child]) -> None:
        """Begin one after the other, each when the one before is ready. Raises `Died`."""
        for child in children:
            if self.asked:
                return
            self.running.append(self._started(child))
            self._wait_until_ready(self.running[-1])

    def watch(self) -> None:
        """Until somebody asks it to end (SIGINT, SIGTERM). Raises `Died`."""
        while not self.asked:
            for one in self.running:
                one.check()
            time.sleep(LOOK_S)

    def end(self) -> None:
        """End all of them."""
        for one in reversed(self.running):
            one.end()
        self.running.clear()

    def _started(self, child: Child) -> Running:
        self.logs.mkdir(parents=True, exist_ok=True)
        log = self.logs / f"{child.name}.log"
        with log.open("wb") as said:
            process = subprocess.Popen(  # noqa: S603  (our own words)
                [*child.words],
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=subprocess.STDOUT,
                env={**_outer(), **self.environment, "PYTHONUNBUFFERED": "1"},
                start_new_session=True,  # a Ctrl-C is for this process, which ends them in order
                preexec_fn=_end_with_parent,  # noqa: PLW1509  (no thread runs here)
            )
        return Running(child, process, log)

    def _wait_until_ready(self, one: Running) -> None:
        end = time.monotonic() + READY_S
        while not one.ready():
            one.check()
            if self.asked:
                return
            if time.monotonic() > end:
                raise Died(f"{one.child.name} is not ready after {READY_S:.0f} s: see {one.log}")
            time.sleep(LOOK_S)


@contextmanager
def supervised(logs: Path, environment: Mapping[str, str] | None = None) -> Iterator[Supervisor]:
    """A supervisor that hears SIGINT, SIGTERM and SIGHUP; whatever happens, its children end."""
    made = Supervisor(logs, environment or {})

    def asked(number: int, frame: FrameType | None) -> None:
        made.asked = True

    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = {number: signal.signal(number, asked) for number in numbers}
    try:
        yield made
    finally:
        made.end()
        for number, handler in before.items():
            signal.signal(number, handler)


def _outer() -> dict[str, str]:
    """The environment without Django's settings, which each process chooses for itself."""
    return {key: value for key, value in os.environ.items() if key != _SETTINGS}


def _end_with_parent() -> None:
    """In the child: be told to end when the supervisor is no more."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def free_port(wanted: int) -> int:
    """The wanted port if it is free, else one that the system gives."""
    for port in (wanted, 0):
        try:
            with socket.create_server((LOCAL, port)) as found:
                return int(found.getsockname()[1])
        except OSError:
            continue
    raise OSError("no port is free")


@contextmanager
def short_folder() -> Iterator[Path]:
    """A folder with a short name, for the signer's socket: such names have an end at 100 signs."""
    found = Path(mkdtemp(prefix="cisterna-"))
    try:
        yield found
    finally:
        rmtree(found, ignore_errors=True)


def cisterna(*words: str) -> tuple[str, ...]:
    """One of our own commands."""
    return (sys.executable, "-m", "cisterna", *words)
