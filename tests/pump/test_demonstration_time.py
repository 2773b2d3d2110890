"""The host of a demonstration owns its time: it is told, moved on, never back, nobody else's."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from cisterna.order.line import Refused
from cisterna.order.reading import read_prescription
from cisterna.pump import certificates as tls
from cisterna.pump.client import Station
from cisterna.pump.clock import Clock
from cisterna.pump.fleet import Fleet, create
from cisterna.pump.hosted import DemonstrationTime, NoDemonstration, NoHost
from cisterna.pump.link.proof import key_id, public_of
from cisterna.pump.link.verbs import Role
from cisterna.pump.programmer import Programmer, knock
from cisterna.pump.serve import control, running
from cisterna.quantity import DAY_MS, HOUR_MS
from tests.pump.served import EXAMPLES, LIBRARY, SMALL
from tests.variants import variants

ZERO = datetime(2026, 11, 23, 13, tzinfo=UTC)
ROOT = Path(__file__).parents[2]
ENV = {"PYTHONPATH": str(ROOT / "src"), "PATH": "/usr/bin:/bin"}
ONE = "CIS-00001"


def fleet_of(folder: Path, zero: datetime | None = ZERO, pumps: int = 2) -> Fleet:
    """Two pumps; with `zero` of a demonstration, in stock."""
    rx = read_prescription(EXAMPLES / "simple-morphine.toml", LIBRARY)
    return create(
        folder, [rx], pumps, LIBRARY, journal_bytes=SMALL, blank=bool(zero), demonstration=zero
    )


@contextmanager
def hosting(fleet: Fleet, *options: str) -> Iterator[subprocess.Popen[str]]:
    """The host as a process of its own."""
    words = [sys.executable, "-m", "cisterna", "pumphost", "run", str(fleet.folder), "--port", "0"]
    process = subprocess.Popen([*words, *options], env=ENV, text=True, stdout=subprocess.PIPE)
    try:
        assert process.stdout is not None
        assert "pumps at" in process.stdout.readline()
        yield process
    finally:
        if process.poll() is None:
            process.terminate()
        process.communicate(timeout=20)


def command(*words: str) -> tuple[int, dict[str, Any]]:
    """What `cisterna pumphost …` answers."""
    line = [sys.executable, "-m", "cisterna", "pumphost", *words, "--json"]
    done = subprocess.run(line, env=ENV, capture_output=True, text=True, check=False)
    assert "Traceback" not in done.stderr
    return done.returncode, json.loads(done.stdout or "{}")


def test_the_time_of_a_demonstration_is_moved_and_its_pumps_live_through_it(tmp_path: Path):
    fleet = fleet_of(tmp_path / "fleet")
    with hosting(fleet, "--no-sync"):
        _, before = command("time", str(fleet.folder))
        assert datetime.fromisoformat(before["wall"]) - ZERO == timedelta(
            milliseconds=before["now_ms"]
        )
        code, after = command("move", str(fleet.folder), "3 day")
        assert code == 0
        gone = after["now_ms"] - before["now_ms"]
        assert 3 * DAY_MS <= gone < 3 * DAY_MS + HOUR_MS
        assert control(fleet, do="status")["behind_ms"] == 0


def test_a_demonstration_begins_with_pumps_in_stock_that_hold_water(tmp_path: Path):
    fleet = fleet_of(tmp_path / "fleet", pumps=1)
    with hosting(fleet, "--no-sync"):
        row = control(fleet, do="status")["rows"][0]
    assert (row["version"], row["mode"], row["alarms"]) == (0, None, [])
    assert row["reservoir_nl"] == 20_000_000


def test_alarms_arise_on_the_way_at_their_own_time(tmp_path: Path):
    # 20 mL less the 4.1 mL of the alarm, at 4.4 mg/day of 20 mg/mL = 0.22 mL/day: day 72.27.
    # The pump's own rate is no faster than ordered, and a step of it slower at most.
    rx = read_prescription(EXAMPLES / "simple-morphine.toml", LIBRARY)
    fleet = create(tmp_path / "fleet", [rx], 1, LIBRARY, journal_bytes=SMALL)
    body = json.loads((fleet.folder / "fleet.json").read_bytes())
    body["demonstration"] = ZERO.isoformat()  # a pump that runs already
    (fleet.folder / "fleet.json").write_text(json.dumps(body))
    serial = next(iter(fleet.pumps))
    with hosting(fleet, "--no-sync"):
        assert command("move", str(fleet.folder), "80 day")[0] == 0
        assert control(fleet, do="status")["rows"][0]["alarms"] == ["low-reservoir"]
    lines = (fleet.pump(serial) / "events.jsonl").read_text().splitlines()
    alarm = next(row for row in map(json.loads, lines) if row["what"] == "alarm")
    assert alarm["why"] == "low-reservoir"
    assert 72.27 * DAY_MS < alarm["at_ms"] < 72.4 * DAY_MS


@pytest.mark.parametrize("length", variants(["3 day", "0 day", "400 day"], ["400 day"]))
def test_only_a_demonstrations_time_is_moved_and_only_so_far(tmp_path: Path, length: str):
    words = ("move", length)
    real = fleet_of(tmp_path / "real", None)
    demo = fleet_of(tmp_path / "demo")
    wanted = {"3 day": (1, 0), "0 day": (1, 1), "400 day": (1, 1)}[words[1]]
    found = []
    for fleet in (real, demo):
        with hosting(fleet, "--no-sync"):
            code, answer = command(words[0], str(fleet.folder), words[1])
            found.append(code)
            if code:
                assert answer["refused"]["way_out"]
    assert tuple(found) == wanted


def test_the_speed_of_a_demonstration_can_be_changed_and_no_other(tmp_path: Path):
    real, demo = fleet_of(tmp_path / "real", None), fleet_of(tmp_path / "demo")
    with hosting(real, "--no-sync"), pytest.raises(Refused, match="no demonstration"):
        control(real, do="speed", speed="60")
    with hosting(demo, "--no-sync"):
        assert control(demo, do="speed", speed="3600")["speed"] == 3600
        begin = control(demo, do="time")["now_ms"]
        time.sleep(0.5)
        assert control(demo, do="time")["now_ms"] - begin > 20 * 60_000
        for bad in ("0", "-1", "1e3", "x" * 50):
            with pytest.raises(Refused):
                control(demo, do="speed", speed=bad)


def test_no_time_is_told_twice_though_the_host_is_killed(tmp_path: Path):
    fleet = fleet_of(tmp_path / "fleet")
    told = []
    for _ in range(3):
        with hosting(fleet, "--no-sync", "--speed", "100000") as host:
            told.append(control(fleet, do="time")["now_ms"])
            told.append(command("move", str(fleet.folder), "2 day")[1]["now_ms"])
            os.kill(host.pid, signal.SIGKILL)
    assert told == sorted(told)
    assert len(set(told)) == len(told)


def test_while_somebody_talks_with_a_pump_time_is_not_moved(tmp_path: Path):
    fleet = fleet_of(tmp_path / "fleet")
    with hosting(fleet, "--no-sync"):
        found = running(fleet)
        assert found is not None
        station = Station.read(fleet.station("programmer-1"), found["address"], found["port"])
        key = tls.signing_key(station.folder)
        woken = knock(ONE, Role.PROGRAMMER, key_id(public_of(key)), key.sign)
        with station.connect(ONE, woken) as line:
            Programmer.at(station, line).read()
            with pytest.raises(Refused, match="talks"):
                control(fleet, do="move", ms=str(DAY_MS))


def test_others_read_the_time_of_a_demonstration_and_of_nothing_else(tmp_path: Path):
    with pytest.raises(NoDemonstration):
        DemonstrationTime.of(fleet_of(tmp_path / "real", None).folder)
    with pytest.raises(NoDemonstration):
        DemonstrationTime.of(tmp_path / "nothing")
    fleet = fleet_of(tmp_path / "demo")
    clock = DemonstrationTime.of(fleet.folder)
    with pytest.raises(NoHost):
        clock.now()
    with hosting(fleet, "--no-sync"):
        assert ZERO < clock.now() < ZERO + timedelta(minutes=5)
    assert clock.ms(clock.at(1234)) == 1234


def test_a_clock_leaps_on_and_never_back():
    world = [0]
    clock = Clock(1000, 10, lambda: world[0])
    world[0] = 1_000_000  # a millisecond of the world, at ×10
    clock.leap(500)
    assert clock.now_ms() == 1510
    clock.leap(-500)
    assert clock.now_ms() == 1510
    clock.change_speed(1)
    world[0] = 2_000_000
    assert clock.now_ms() == 1511
