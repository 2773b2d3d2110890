"""All processes of a demonstration begin together, are watched, and end together."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from cisterna.clinic.demo.cast import whole_cast
from cisterna.clinic.demo.make import Demonstration, make
from cisterna.clinic.demo.processes import demonstration_clock
from cisterna.clinic.demo.supervise import Child, Died, free_port, supervised
from cisterna.clinic.refusal import Refused
from cisterna.pump.hosted import NoDemonstration, running
from cisterna.pump.serve import control

ROOT = Path(__file__).parents[3]
FOUND: list[str] = []
"""The address of the start page that the command printed last."""
SLEEPS = "import time; print('here', flush=True); time.sleep(600)"
STUBBORN = f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); {SLEEPS}"
DIES = "print('here', flush=True); import time; time.sleep(0.3); raise SystemExit('no more room')"
MUTE = "raise SystemExit('cannot begin')"


def child(name: str, program: str) -> Child:
    """A child that runs a line of Python."""
    return Child(name, (sys.executable, "-c", program), "here")


def lives(pid: int) -> bool:
    """Whether a process is at work (one that ended and was not fetched is not)."""
    with suppress(OSError):
        os.kill(pid, 0)
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        return state != "Z"
    return False


def gone(pid: int) -> bool:
    """Whether it is gone within a while."""
    end = time.monotonic() + 15
    while lives(pid) and time.monotonic() < end:
        time.sleep(0.05)
    return not lives(pid)


def run(logs: Path, *children: Child) -> list[int]:
    """Begin these and watch them; the process ids of those that began."""
    pids: list[int] = []
    with supervised(logs) as supervisor:
        try:
            supervisor.begin(children)
            supervisor.watch()
        finally:
            pids += [one.process.pid for one in supervisor.running]
            (logs / "pids").write_text(" ".join(map(str, pids)))
    return pids


def all_gone(logs: Path) -> bool:
    """Whether no child that began is left."""
    return all(gone(int(pid)) for pid in (logs / "pids").read_text().split())


def test_a_child_that_dies_ends_the_others_and_is_named_with_its_last_words(tmp_path: Path):
    with pytest.raises(Died, match=r"second ended with 1: here\nno more room"):
        run(tmp_path, child("first", SLEEPS), child("second", DIES))
    assert all_gone(tmp_path)


def test_a_child_that_never_begins_lets_none_go_on(tmp_path: Path):
    with pytest.raises(Died, match="second ended with 1: cannot begin"):
        run(tmp_path, child("first", SLEEPS), child("second", MUTE), child("third", SLEEPS))
    assert all_gone(tmp_path)
    assert not (tmp_path / "third.log").exists()


def test_one_that_will_not_end_is_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("cisterna.clinic.demo.supervise.END_S", 0.3)
    with supervised(tmp_path) as supervisor:
        supervisor.begin([child("stubborn", STUBBORN)])
        pid = supervisor.running[0].process.pid
    assert gone(pid)


def test_asked_to_end_it_ends_and_gives_the_signals_back(tmp_path: Path):
    before = signal.getsignal(signal.SIGTERM)
    with supervised(tmp_path) as supervisor:
        supervisor.begin([child("first", SLEEPS)])
        os.kill(os.getpid(), signal.SIGTERM)
        supervisor.watch()
    assert signal.getsignal(signal.SIGTERM) == before


def test_a_port_that_is_taken_gives_way_to_a_free_one():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert free_port(port) not in (port, 0)
    assert free_port(port) == port


# The command -------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Demonstration:
    """A demonstration of two, to be copied."""
    return make(tmp_path_factory.mktemp("made") / "demo", whole_cast().of("demo-01", "demo-40"))


@contextmanager
def commanded(folder: Path) -> Iterator[subprocess.Popen[str]]:
    """`cisterna demo` as a user runs it, up to the address that it prints."""
    words = [sys.executable, "-m", "cisterna", "demo", str(folder), "--no-browser"]
    environment = {"PYTHONPATH": str(ROOT / "src"), "PATH": "/usr/bin:/bin"}
    pipe = subprocess.PIPE
    process = subprocess.Popen(words, env=environment, text=True, stdout=pipe, stderr=pipe)
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert "The demonstration: http://127.0.0.1:" in line, process.communicate(timeout=5)
        FOUND[:] = [line.split()[2]]
        yield process
    finally:
        if process.poll() is None:
            process.terminate()
        process.communicate(timeout=60)


def children_of(pid: int) -> list[int]:
    """The processes that this one has started."""
    found = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [int(word) for word in found]


def remote_of(process: subprocess.Popen[str]) -> str:
    """The address of the patient's remote."""
    assert process.stdout is not None
    return process.stdout.readline().rpartition(" ")[2].strip()


def test_a_demonstration_runs_moves_its_time_and_ends_without_orphans(
    made: Demonstration, tmp_path: Path
):
    folder = tmp_path / "demo"
    shutil.copytree(made.folder, folder)
    own = Demonstration(folder)
    with commanded(folder) as process:
        pids = children_of(process.pid)
        assert len(pids) == 4
        for address in (remote_of(process), FOUND[0]):
            with urllib.request.urlopen(address, timeout=20) as page:  # noqa: S310
                assert page.status == 200
        clock = demonstration_clock(own.fleet.folder)
        first = clock()
        assert first >= whole_cast().end
        control(own.fleet, do="move", ms="3600000")
        end = time.monotonic() + 20
        while (clock() - first).total_seconds() < 3600:
            assert time.monotonic() < end
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 0
    assert all(gone(pid) for pid in pids)
    assert running(own.fleet.folder) is None
    with commanded(folder) as again:  # and goes on where it was
        assert (demonstration_clock(own.fleet.folder)() - first).total_seconds() >= 3600
        assert again.poll() is None


def test_killed_it_leaves_no_child_behind(made: Demonstration, tmp_path: Path):
    shutil.copytree(made.folder, tmp_path / "demo")
    with commanded(tmp_path / "demo") as process:
        pids = children_of(process.pid)
        process.kill()
        process.wait(10)
    assert all(gone(pid) for pid in pids)


def test_when_the_pumps_die_it_says_so_and_ends(made: Demonstration, tmp_path: Path):
    shutil.copytree(made.folder, tmp_path / "demo")
    own = Demonstration(tmp_path / "demo")
    with commanded(own.folder) as process:
        pids, host = children_of(process.pid), running(own.fleet.folder)
        assert host is not None
        os.kill(host["pid"], signal.SIGKILL)
        words = "".join(process.communicate(timeout=60))
        assert process.returncode == 1
        assert "pumps ended with -9" in words
        assert "Traceback" not in words
    assert all(gone(pid) for pid in pids)


def test_the_clock_of_a_demonstration_never_guesses(made: Demonstration, tmp_path: Path):
    clock = demonstration_clock(made.fleet.folder)
    with pytest.raises(Refused, match="tell no time"):
        clock()
    with pytest.raises(NoDemonstration):
        demonstration_clock(tmp_path)
