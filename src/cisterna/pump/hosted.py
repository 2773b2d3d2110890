"""How others on this computer find the host of a fleet, and in a demonstration its time.

The standard library alone, so that a process which shares no code with orders can ask too.
A demonstration's fleet says at which time of the world its device time was zero; every other fleet
says nothing of the kind, and nobody takes its host for a clock.
"""

import json
import os
import socket
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

FLEET, RUNNING = "fleet.json", "running.json"
LOCAL = "127.0.0.1"
TIMEOUT_S = 10.0


class NoHost(OSError):
    """No host runs the fleet of this folder, or it does not answer."""


class NoDemonstration(ValueError):
    """The folder holds no fleet of a demonstration: its host is nobody's clock."""


def running(folder: Path) -> dict[str, Any] | None:
    """What the host of a fleet says of itself; None where none is running."""
    try:
        found: dict[str, Any] = json.loads((folder / RUNNING).read_bytes())
        os.kill(int(found["pid"]), 0)
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return found


def ask(folder: Path, asked: dict[str, str]) -> dict[str, Any]:
    """The running host's answer over its control line. Raises `NoHost`."""
    found = running(folder)
    if found is None:
        raise NoHost("No host runs this fleet.")
    try:
        with socket.create_connection((LOCAL, found["control"]), TIMEOUT_S) as line:
            line.sendall(json.dumps({**asked, "token": found["token"]}).encode() + b"\n")
            with line.makefile("rb") as answers:
                answer: dict[str, Any] = json.loads(answers.readline() or b"{}")
    except (OSError, ValueError, KeyError) as problem:
        raise NoHost(f"The host does not answer: {problem}.") from None
    if not answer:
        raise NoHost("The host did not answer.")
    return answer


def zero_of(row: dict[str, Any]) -> datetime | None:
    """When device time was zero, in the row of a fleet; None where it is no demonstration.

    Raises `ValueError` for a time that is none, or that has no offset.
    """
    if "demonstration" not in row:
        return None
    found = datetime.fromisoformat(str(row["demonstration"]))
    if found.utcoffset() is None:
        raise ValueError("a time has its offset")
    return found


@dataclass(frozen=True, slots=True)
class DemonstrationTime:
    """The time of a demonstration, which its pumps' host owns."""

    folder: Path
    zero: datetime
    pumps: frozenset[str] = frozenset()

    @classmethod
    def of(cls, folder: Path) -> "DemonstrationTime":
        """From a fleet's folder. Raises `NoDemonstration`."""
        try:
            row = json.loads((folder / FLEET).read_bytes())
            zero, pumps = zero_of(row), frozenset(str(p["serial"]) for p in row["pumps"])
        except (OSError, ValueError, KeyError, TypeError):
            zero, pumps = None, frozenset()
        if zero is None:
            raise NoDemonstration(f"{folder} holds no fleet of a demonstration")
        return cls(folder, zero, pumps)

    def has(self, serial: str) -> bool:
        """Whether this pump is one of the demonstration."""
        return serial in self.pumps

    def now(self) -> datetime:
        """The host's time now. Raises `NoHost`."""
        answer = ask(self.folder, {"do": "time"})
        if "now_ms" not in answer:
            raise NoHost(f"The host tells no time: {answer.get('message', '')}")
        return self.at(int(answer["now_ms"]))

    def at(self, device_ms: int) -> datetime:
        """The time of the demonstration at a device time."""
        return self.zero + timedelta(milliseconds=device_ms)

    def ms(self, at: datetime) -> int:
        """The device time of a time of the demonstration."""
        return (at - self.zero) // timedelta(milliseconds=1)
