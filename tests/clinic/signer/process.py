"""The signer as a process of its own, for tests with a real socket and a real kill."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

READY_S = 60


@contextmanager
def signer(folder: Path, socket: Path, *more: str) -> Iterator[subprocess.Popen[str]]:
    """A signer over a station's folder, ready; killed at the end if it still runs."""
    command = [sys.executable, "-m", "cisterna.clinic.signer", str(folder), str(socket), *more]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=os.environ) as child:
        try:
            assert child.stdout is not None
            assert child.stdout.readline() == "ready\n"
            yield child
        finally:
            child.send_signal(signal.SIGKILL)


def refused_to_begin(folder: Path, socket: Path, *more: str) -> str:
    """What a signer says that does not begin."""
    command = [sys.executable, "-m", "cisterna.clinic.signer", str(folder), str(socket), *more]
    found = subprocess.run(command, capture_output=True, text=True, timeout=READY_S, check=False)
    assert found.returncode == 2
    assert "Traceback" not in found.stderr
    return found.stderr
