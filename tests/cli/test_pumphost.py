"""`cisterna pumphost` as a user runs it: a fleet made, hosted, touched, programmed and killed."""

import json
import os
import shutil
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

from cisterna.pump import certificates as tls
from cisterna.pump.client import Station
from cisterna.pump.fleet import Fleet
from cisterna.pump.link import verbs as v
from cisterna.pump.link.proof import key_id, public_of
from cisterna.pump.programmer import Programmer, offer_key
from cisterna.pump.serve import running

ROOT = Path(__file__).parents[2]
ENV = {"PYTHONPATH": str(ROOT / "src"), "PATH": "/usr/bin:/bin"}
ONE = "CIS-00001"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three pumps of two orders, to be copied."""
    folder = tmp_path_factory.mktemp("made") / "fleet"
    orders = [str(ROOT / "examples" / f"{n}.toml") for n in ("cancer-mixture", "simple-morphine")]
    words = [sys.executable, "-m", "cisterna", "pumphost", "init", str(folder), *orders]
    words += ["--pumps", "3", "--json"]
    done = subprocess.run(words, env=ENV, capture_output=True, check=False)
    found = json.loads(done.stdout)
    assert found["pumps"] == [ONE, "CIS-00002", "CIS-00003"]
    assert found["certificate_days"] == 90
    return folder


@pytest.fixture
def fleet(made: Path, tmp_path: Path) -> Path:
    """A fleet of one's own."""
    shutil.copytree(made, tmp_path / "fleet")
    return tmp_path / "fleet"


@contextmanager
def hosted(folder: Path, *options: str) -> Iterator[subprocess.Popen[str]]:
    """The host as a process of its own."""
    words = [sys.executable, "-m", "cisterna", "pumphost", "run", str(folder), "--port", "0"]
    process = subprocess.Popen(
        [*words, *options], env=ENV, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    try:
        assert process.stdout is not None
        first = process.stdout.readline()
        assert "pumps at 127.0.0.1:" in first, (process.poll(), first)
        yield process
    finally:
        if process.poll() is None:
            process.terminate()
        process.communicate(timeout=20)


def own_order(example, tmp_path: Path) -> Path:
    """An order that names no pump."""
    text = example("simple-morphine").read_text("utf-8")
    path = tmp_path / "order.toml"
    path.write_text(text.replace('serial = "NGP000001H"', ""), "utf-8")
    return path


def events(folder: Path, serial: str = ONE) -> list[str]:
    """What the pump's log says happened."""
    lines = (folder / "pumps" / serial / "events.jsonl").read_text("utf-8").splitlines()
    return [json.loads(line)["what"] for line in lines]


def test_make_host_touch_program_and_look(cisterna, example, fleet: Path, tmp_path: Path):
    with hosted(fleet):
        looked = cisterna("pumphost", "status", fleet)
        assert "3 pumps" in looked.out
        assert "40.000 mL" in looked.out
        assert cisterna("pumphost", "touch", fleet, ONE).code == 0
        order = own_order(example, tmp_path)
        other = cisterna("pumphost", "program", fleet, ONE, order, "--yes", "--json")
        assert other.json["refused"]["code"] == "other-solution"
        refilled = ("--measured", "38.5 mL")
        done = cisterna("pumphost", "program", fleet, ONE, order, "--yes", "--json", *refilled)
        assert done.code == 0, done.err
        assert done.json["version"] == 2
        told = cisterna("pumphost", "status", fleet, ONE, "--json").json
        assert (told["version"], told["digest"]) == (2, done.json["digest"])
        steps = cisterna("pumphost", "program", fleet, ONE, order, "--yes").err.split()
        assert steps[::2][:6] == [
            "open_session", "stage", "read_back", "confirm", "activate", "close_session",
        ]  # fmt: skip
        other = cisterna("pumphost", "program", fleet, ONE, example("simple-morphine"), "--json")
        assert other.code == 1
        assert other.json["refused"]["code"] == "other-pump"
    assert {"link-touched", "activated"} <= set(events(fleet))


def test_certificates_are_renewed_before_they_end(cisterna, fleet: Path):
    done = cisterna("pumphost", "renew", fleet)
    assert done.code == 0, done.err
    assert "0 renewed" in done.out
    long_ago = datetime.now(UTC) - timedelta(days=tls.DAYS - 20)
    for folder in (fleet / "pumps" / ONE, fleet / "stations" / "relay"):
        tls.Authority.read(fleet).renew(folder, now=long_ago)
    with hosted(fleet):
        told = cisterna("pumphost", "status", fleet)
        assert "2 end before" in told.err
        assert "cisterna pumphost renew" in told.err
        found = cisterna("pumphost", "renew", fleet, "--json").json
        assert sorted(found["renewed"]) == [ONE, "relay"]
        assert cisterna("pumphost", "status", fleet).err == ""
    everything = cisterna("pumphost", "renew", fleet, "--all")
    assert "6 renewed" in everything.out
    assert "Copy certificate.pem" in everything.out


def test_a_fault_is_given_to_a_pump_s_body_and_the_truth_is_shown(cisterna, fleet: Path):
    with hosted(fleet):
        assert "really 40.000 mL" in cisterna("pumphost", "fault", fleet, ONE).out
        words = ("leak", "--amount", "0.5", "--lasts", "2 h")
        given = cisterna("pumphost", "fault", fleet, ONE, *words)
        assert given.code == 0, given.err
        assert "leak 1/2, for a while" in given.out
        found = cisterna("pumphost", "fault", fleet, ONE, "stall", "--json").json
        assert [row["kind"] for row in found["faults"]] == ["leak", "stall"]
        assert "leak" not in cisterna("pumphost", "fault", fleet, ONE, "over").out
        refused = cisterna("pumphost", "fault", fleet, ONE, "flood", "--json")
        assert refused.json["refused"]["code"] == "no-fault"
        unusable = cisterna("pumphost", "fault", fleet, ONE, "leak", "--amount", "half")
        assert unusable.code == 2


@pytest.mark.requirement("SR-46", "SR-48")
def test_a_killed_host_restores_every_pump_and_answers_the_retry(
    cisterna, example, fleet: Path, tmp_path: Path
):
    with hosted(fleet, "--no-sync") as process:
        order = own_order(example, tmp_path)
        refilled = ("--measured", "39 mL")
        done = cisterna("pumphost", "program", fleet, ONE, order, "--yes", *refilled)
        assert done.code == 0, done.err
        with programmer(fleet) as who:
            content = who.command(v.Stop())
            first = who.answer(content)
            before = who.now()[0]
            process.send_signal(signal.SIGKILL)
            process.wait(10)
    assert running(Fleet.read(fleet)) is None
    assert cisterna("pumphost", "status", fleet).code == 1
    with hosted(fleet), programmer(fleet) as again:
        second = again.answer(content)
        assert second.response == first.response
        report = again.read()
        assert report["version"] == 2
        assert report["flows"]["stopped"] is True
        assert report["now_ms"] > before - 60_000
        assert again.now()[0] < before + 3_600_000  # time stood still while the host was off
    assert events(fleet).count("stopped") == 1
    assert "power-returned" in events(fleet)


@contextmanager
def programmer(folder: Path, name: str = "programmer-1") -> Iterator[Programmer]:
    """A programmer in conversation with the first pump."""
    fleet = Fleet.read(folder)
    found = running(fleet)
    assert found is not None
    station = Station.read(fleet.station(name), "127.0.0.1", found["port"])
    with station.connect(ONE) as line:
        yield Programmer.at(station, line)


def test_a_remote_pairs_with_the_code_that_is_shown(fleet: Path):
    with hosted(fleet):
        words = [sys.executable, "-m", "cisterna", "pumphost", "pair", str(fleet), ONE]
        pairing = subprocess.Popen(
            words, env=ENV, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        assert pairing.stdout is not None
        code = pairing.stdout.readline().rsplit(" ", 1)[-1].strip()
        time.sleep(0.3)
        port = (running(Fleet.read(fleet)) or {})["port"]
        relay = Station.read(fleet / "stations" / "relay", "127.0.0.1", port)
        (fleet / "remote").mkdir()
        key = tls.new_signing_key(fleet / "remote")
        with relay.connect(ONE) as line:
            pump = offer_key(line, v.Role.REMOTE, code, public_of(key))
        assert pump == relay.pumps[ONE]
        out, err = pairing.communicate(timeout=20)
        assert pairing.returncode == 0, err
        assert key_id(public_of(key))[:16] in out


def test_nobody_pairs(cisterna, fleet: Path):
    with hosted(fleet):
        done = cisterna("pumphost", "pair", fleet, ONE, "--minutes", "0.01", "--json")
        assert done.code == 1
        assert done.json["refused"]["code"] == "nobody-paired"


def test_without_a_host_there_is_a_way_out(cisterna, example, fleet: Path):
    for words in (
        ("status", fleet),
        ("touch", fleet, ONE),
        ("pair", fleet, ONE),
    ):
        done = cisterna("pumphost", *words, "--json")
        assert done.code == 1
        assert done.json["refused"]["code"] == "not-running"
        assert "pumphost run" in done.json["refused"]["way_out"]


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (("init", "{fleet}", "{order}"), "DIR"),
        (("init", "{new}", "{order}", "--pumps", "0"), "--pumps"),
        (("init", "{new}", "nothing.toml"), "nothing.toml"),
        (("run", "{new}"), "fleet.json"),
        (("status", "{new}"), "fleet.json"),
        (("program", "{fleet}", "CIS-77777", "{order}"), "CIS-77777"),
        (("program", "{fleet}", "{one}", "{order}", "--station", "relay"), "--station"),
        (("run", "{fleet}", "--bind", "203.0.113.77"), "--port"),
    ],
)
def test_unusable_input_is_named(
    cisterna, example, fleet: Path, tmp_path: Path, words: tuple[str, ...], found: str
):
    order = own_order(example, tmp_path)
    known: dict[str, Any] = {"fleet": fleet, "new": tmp_path / "new", "order": order, "one": ONE}
    done = cisterna("pumphost", *(word.format(**known) for word in words))
    assert done.code == 2, done.out
    assert found in done.err
    assert "Traceback" not in done.err


def test_without_the_extra_the_message_names_it(cisterna, fleet: Path, tmp_path: Path):
    missing = tmp_path / "missing" / "cryptography"
    missing.mkdir(parents=True)
    broken = 'raise ModuleNotFoundError("No module named cryptography", name="cryptography")'
    (missing / "__init__.py").write_text(broken, "utf-8")
    path = os.pathsep.join((str(tmp_path / "missing"), str(ROOT / "src")))
    for words in (("init", tmp_path / "new", "x.toml"), ("run", fleet), ("touch", fleet, ONE)):
        done = cisterna("pumphost", *words, PYTHONPATH=path)
        assert done.code == 2
        assert "cisterna[pump]" in done.err
        assert "Traceback" not in done.err
