"""In a demonstration the signer asks its pumps' host for the time; a real one asks nobody."""

import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from cisterna.clinic.event import Event
from cisterna.clinic.gate.acts import Pen
from cisterna.clinic.gate.bodies import RefillTerms
from cisterna.clinic.gate.change import Wanted
from cisterna.clinic.signer.call import NotSigned, SigningDesk
from cisterna.clinic.transmit import Way as Road
from cisterna.clinic.transmit import transmit
from cisterna.pump import certificates as tls
from cisterna.pump.fleet import Fleet
from cisterna.pump.hosted import DemonstrationTime
from cisterna.pump.link.proof import key_id, public_of
from cisterna.pump.link.verbs import Role
from cisterna.pump.programmer import knock
from cisterna.pump.serve import control
from cisterna.quantity import DAY_MS
from tests.clinic.gate.people import Way
from tests.pump.served import Served, served
from tests.pump.test_demonstration_time import ONE, ZERO, fleet_of

TEXT = """schema = "cisterna/prescription/1"
[order]
by = "Dr A. Example"
phase = "start"
[patient]
name = "Invented Person"
id = "D 1"
born = 1960-01-01
indication = "failed-back-surgery-syndrome"
opioid_tolerant = true
conditions = []
medicines = []
[pump]
model = "synchromed-ii-20"
[catheter]
tip = "T10"
[[catheter.segment]]
model = "ascenda-8780"
supplied = "100 cm"
trimmed = "18.6 cm"
[solution]
prepared = 2026-11-22T16:00:00+00:00
filled_at = 2026-11-23T15:00:00+00:00
fill_volume = "20 mL"
[[solution.drug]]
name = "morphine"
concentration = "10 mg/mL"
product = "infumorph-200"
[infusion]
primary = "morphine"
mode = "continuous"
daily_dose = "0.5 mg/day"
"""


@contextmanager
def signer(*words: str) -> Iterator[subprocess.Popen[str]]:
    """The signer of a demonstration as a process of its own."""
    line = [sys.executable, "-m", "cisterna.clinic.signer", *words]
    with subprocess.Popen(line, stdout=subprocess.PIPE, text=True) as child:
        try:
            assert child.stdout is not None
            assert child.stdout.readline() == "ready\n"
            yield child
        finally:
            child.kill()


@pytest.fixture
def socket() -> Iterator[Path]:
    """A short path."""
    folder = Path(tempfile.mkdtemp(prefix="s-"))
    yield folder / "s"
    shutil.rmtree(folder)


def sent(here: Served, socket: Path, clock: DemonstrationTime, late: timedelta) -> str:
    """The outcome of a first programme that was signed `late` ago, by the demonstration's time."""
    station, key = here.station(), tls.signing_key(here.fleet.station("programmer-1"))
    way = Way(clock=lambda: clock.now() - late)
    filled = RefillTerms(20_000_000, 20_000_000, 10_000_000)  # water out, the solution in
    way.signed(Wanted(ONE, 0, TEXT, None, refill=filled))
    woken = knock(ONE, Role.PROGRAMMER, key_id(public_of(key)), key.sign)
    road = Road(lambda: station.connect(ONE, woken), station.pumps[ONE], SigningDesk(socket))

    def pen() -> Pen:
        return way.pen()

    def keep(happened: Event) -> None:
        way.keep(happened)

    ended = transmit(way.standing, pen, keep, road).body
    return str(ended.outcome)


def test_what_is_fresh_in_the_demonstration_is_signed_whatever_the_world_s_time(
    tmp_path: Path, socket: Path
):
    fleet = fleet_of(tmp_path / "fleet")
    clock = DemonstrationTime.of(fleet.folder)
    folder = str(fleet.station("programmer-1"))
    with served(fleet) as here:
        control(fleet, do="move", ms=str(40 * DAY_MS))
        while control(fleet, do="time")["moving_to_ms"] is not None:
            pass
        assert clock.now() > ZERO + timedelta(days=40)
        with signer(folder, str(socket), "--demonstration", str(fleet.folder)):
            assert sent(here, socket, clock, timedelta(hours=1)) == "refused"
            assert sent(here, socket, clock, timedelta(0)) == "activated"


def test_a_signer_of_the_world_takes_nothing_of_a_demonstration(tmp_path: Path, socket: Path):
    fleet = fleet_of(tmp_path / "fleet", datetime.now(UTC) - timedelta(days=400))
    clock = DemonstrationTime.of(fleet.folder)
    with served(fleet) as here, signer(str(fleet.station("programmer-1")), str(socket)):
        assert sent(here, socket, clock, timedelta(0)) == "refused"


def test_without_its_host_the_signer_of_a_demonstration_signs_nothing(tmp_path: Path, socket: Path):
    fleet = fleet_of(tmp_path / "fleet")
    folder = str(fleet.station("programmer-1"))
    with signer(folder, str(socket), "--demonstration", str(fleet.folder)):
        desk = SigningDesk(socket)
        assert desk.public()
        with pytest.raises(NotSigned, match="not-a-command"):
            desk.sign(b"anything")
        with pytest.raises(NotSigned, match="no-time"):
            desk.sign(_free(fleet))


def _free(fleet: Fleet) -> bytes:
    """The head of a command that needs no approval."""
    from cisterna.pump.link.command import Sender  # noqa: PLC0415
    from cisterna.pump.link.verbs import Stop  # noqa: PLC0415

    key = tls.signing_key(fleet.station("programmer-1"))
    heads: list[bytes] = []

    def keep(text: bytes) -> bytes:
        heads.append(text)
        return key.sign(text)

    sender = Sender(ONE, Role.PROGRAMMER, key_id(public_of(key)), keep)
    sender.command(Stop(), id="0" * 32, counter=1, base=0, issued_ms=0, expires_ms=1)
    return heads[0]


def test_a_fleet_that_is_no_demonstration_is_nobody_s_clock(tmp_path: Path, socket: Path):
    real, demo = fleet_of(tmp_path / "real", None), fleet_of(tmp_path / "demo")
    body = json.loads((demo.folder / "fleet.json").read_bytes())
    body["pumps"] = body["pumps"][1:]  # one pump of the station is of another fleet
    (demo.folder / "fleet.json").write_text(json.dumps(body))
    for station, fleet in ((real, real), (real, demo), (demo, demo), (demo, tmp_path)):
        where = fleet if isinstance(fleet, Path) else fleet.folder
        words = [str(station.station("programmer-1")), str(socket), "--demonstration", str(where)]
        line = [sys.executable, "-m", "cisterna.clinic.signer", *words]
        done = subprocess.run(line, capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 2
        assert "demonstration" in done.stderr
        assert "Traceback" not in done.stderr
