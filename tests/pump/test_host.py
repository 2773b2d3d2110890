"""The host behind real sockets: who gets in, what a broken peer can do (nothing), what survives."""

import asyncio
import contextlib
import json
import os
import resource
import secrets
import shutil
import socket
import ssl
import stat
import struct
import time
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from cisterna.order.form import Unusable
from cisterna.order.line import Refused
from cisterna.order.reading import read_prescription
from cisterna.pump import certificates as tls
from cisterna.pump.bounds import Bounds, Pace
from cisterna.pump.client import NoAnswer, Station
from cisterna.pump.clock import Clock
from cisterna.pump.fleet import Fleet, create, new_code
from cisterna.pump.host import Host
from cisterna.pump.link import frame as f
from cisterna.pump.link import verbs as v
from cisterna.pump.link.answer import ACCEPTED, SignedGreeting
from cisterna.pump.link.proof import key_id, public_of
from cisterna.pump.link.rules import STRANGERS_PER_HOUR
from cisterna.pump.programmer import Programmer, PumpRefused, knock, offer_key
from cisterna.pump.serve import control
from cisterna.pump.terms import programme_terms
from cisterna.quantity import DAY_MS, HOUR_MS
from tests.pump.served import EXAMPLES, LIBRARY, Served, fleet_of, order, served

ONE, TWO = "CIS-00001", "CIS-00002"
HELLO = f.body(f.Hello("ab" * 16))


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Fleet:
    """A fleet of two, to be copied."""
    return fleet_of(tmp_path_factory.mktemp("fleet") / "made")


@pytest.fixture
def fleet(made: Fleet, tmp_path: Path) -> Fleet:
    """A fleet of one's own."""
    shutil.copytree(made.folder, tmp_path / "fleet")
    return Fleet.read(tmp_path / "fleet")


@pytest.fixture
def here(fleet: Fleet) -> Iterator[Served]:
    """The fleet, hosted at ×1."""
    with served(fleet) as found:
        yield found


@contextlib.contextmanager
def programmer(
    here: Served, serial: str = ONE, name: str = "programmer-1", woken: bool = True
) -> Iterator[Programmer]:
    """A programmer in conversation with a pump, who has knocked."""
    station = here.station(name)
    key = tls.signing_key(station.folder)
    knocked = knock(serial, v.Role.PROGRAMMER, key_id(public_of(key)), key.sign)
    with station.connect(serial, knocked if woken else None) as line:
        yield Programmer.at(station, line)


def living(here: Served, serial: str = ONE) -> bool:
    """Whether a pump is hosted and answers a programmer."""
    with programmer(here, serial) as known:
        return known.read()["serial"] == serial and not here.host.failed


def ended(sock: ssl.SSLSocket | socket.socket) -> bool:
    """Whether the other side has hung up, sooner or later."""
    sock.settimeout(5)
    try:
        while sock.recv(4096):
            pass
    except ConnectionError:
        return True
    except ssl.SSLError:
        return True
    return True


# Programming ------------------------------------------------------------------------------------


def test_a_programmer_programs_a_pump_step_by_step(here: Served):
    steps: list[str] = []
    with programmer(here, woken=False) as who:
        who.seen = lambda step, answer: steps.append(f"{step} {answer.response.kind.value}")
        who.programme(lambda version: order(ONE, version), lambda back: back == order(ONE, 2))
        assert who.read()["programme"]["version"] == 2
    assert steps[:6] == [
        "open_session accepted",
        "stage accepted",
        "read_back report",
        "confirm accepted",
        "activate accepted",
        "close_session accepted",
    ]


def test_nobody_agrees_and_the_old_programme_runs_on(here: Served):
    with programmer(here) as who:
        who.programme(lambda version: order(ONE, version), lambda _: False)
        report = who.read()
    assert report["version"] == 1
    assert report["flows"]["session"] is False


def test_an_order_for_another_pump_is_refused_by_the_pump(here: Served):
    with programmer(here) as who, pytest.raises(PumpRefused, match="it is for pump"):
        who.programme(lambda version: order(TWO, version), lambda _: True)


@pytest.mark.requirement("SR-51")
def test_two_programmers_one_session(here: Served):
    with programmer(here) as ada, programmer(here, name="programmer-2") as ben:
        ada.do(v.OpenSession())
        with pytest.raises(PumpRefused, match="session-held"):
            ben.do(v.OpenSession())
        assert ben.read()["session"]["number"] == 1
        ben.do(v.TakeOver())
        with pytest.raises(PumpRefused, match="no-session"):
            ada.do(v.CloseSession())
        ben.do(v.CloseSession())
        ada.programme(lambda version: order(ONE, version), lambda _: True)


@pytest.mark.requirement("SR-37")
def test_a_line_lost_in_mid_session_leaves_the_running_programme(here: Served):
    with programmer(here) as ada:
        ada.do(v.OpenSession())
        wanted = order(ONE, 2)
        ada.do(v.Stage(programme_terms(wanted), wanted.digest))
        ada.do(v.Confirm(wanted.digest))
    with programmer(here, name="programmer-2") as ben:
        report = ben.read()
        assert (report["version"], report["session"]) == (1, None)
        assert "session-lost" in [entry["what"] for entry in report["log"]]
        ben.programme(lambda version: order(ONE, version), lambda _: True)


def test_two_lines_of_one_key_lose_the_session_with_the_last_of_them(here: Served):
    with programmer(here) as first:
        with programmer(here) as second:
            second.do(v.OpenSession())
            first.used = second.used
            assert first.read()["session"] is not None
        second.used = first.used
        time.sleep(0.1)
        assert first.read()["session"] is not None
        first.do(v.CloseSession())


@pytest.mark.requirement("SR-48")
def test_the_same_bytes_over_a_new_line_get_the_stored_answer(here: Served):
    with programmer(here) as who:
        content = who.command(v.Stop())
        first = who.answer(content)
    with programmer(here) as again:
        second = again.answer(content)
    assert first.response == second.response == ACCEPTED
    assert here.host.units[ONE].state.stopped_ms is not None
    stops = [n for n in here.host.units[ONE].log.entries if n.what == "stopped"]
    assert len(stops) == 1


@pytest.mark.requirement("ST-05", "ST-06", "ST-07")
def test_a_remote_is_paired_over_a_relay_and_asks_for_a_dose(here: Served):
    code, key = new_code(), Ed25519PrivateKey.generate()
    public = public_of(key)
    with programmer(here) as who:
        who.begin_pairing(v.Role.REMOTE, code)
        with here.station("relay").connect(ONE) as line, pytest.raises(NoAnswer):
            offer_key(line, v.Role.REMOTE, code, public)
        assert control(here.fleet, do="touch", serial=ONE) == {"touched": ONE}
        with here.station("relay").connect(ONE) as line:
            pump = offer_key(line, v.Role.REMOTE, code, public)
            assert pump == here.station().pumps[ONE]
            remote = Programmer(line, pump, key_id(public), key.sign, v.Role.REMOTE)
            assert remote.read()["dose"]["answer"] == "ready"
            remote.do(v.AskDose())
            assert remote.read()["dose"]["running"]["kind"] == "patient"
            with pytest.raises(PumpRefused, match="role"):
                remote.do(v.Stop())


T = TypeVar("T")


def alone(work: Coroutine[Any, Any, T]) -> T:
    """Run it in a thread of its own: a browser's loop may be running in this one."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, work).result()


def test_a_relay_that_works_asynchronously_asks_once(here: Served):
    content = alone(here.station("relay").ask_once(ONE, HELLO))
    frame = f.outbound(content)
    assert isinstance(frame, SignedGreeting)
    with pytest.raises(NoAnswer):
        alone(here.station("relay").ask_once("CIS-99999", HELLO))


# Who gets in ------------------------------------------------------------------------------------


@pytest.mark.requirement("ST-01")
def test_a_certificate_of_another_fleet_gets_nowhere(here: Served, tmp_path: Path):
    (tmp_path / "other").mkdir()
    tls.Authority.new(tmp_path / "other", "other").issue(tmp_path / "other", "relay", "station")
    foreign = tls.station_side(here.fleet.authority, tmp_path / "other")
    with here.open(ONE, context=foreign) as sock:
        assert refused(sock)
    suspicious = tls.station_side(tmp_path / "other" / "ca.pem", here.fleet.station("relay"))
    with pytest.raises(ssl.SSLCertVerificationError):
        here.open(ONE, context=suspicious)
    assert living(here)


def refused(sock: ssl.SSLSocket) -> bool:
    """Whether the pump hangs up before it answers a greeting.

    In TLS 1.3 the client has finished before the server has looked at its certificate.
    """
    sock.settimeout(5)
    try:
        sock.sendall(len(HELLO).to_bytes(4) + HELLO)
        return sock.recv(1) == b""
    except OSError:
        return True


@pytest.mark.requirement("ST-01")
def test_no_certificate_no_answer(here: Served):
    bare = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    bare.load_verify_locations(here.fleet.authority)
    with here.open(ONE, context=bare) as sock:
        assert refused(sock)
    assert living(here)


@pytest.mark.requirement("ST-01")
def test_a_pumps_certificate_is_none_for_a_station(here: Served):
    stolen = tls.station_side(here.fleet.authority, here.fleet.pump(TWO))
    with here.open(ONE, context=stolen) as sock:
        assert refused(sock)
    assert living(here)


def test_an_expired_certificate_gets_nowhere(here: Served, tmp_path: Path):
    (tmp_path / "old").mkdir()
    long_ago = datetime.now(UTC) - timedelta(days=tls.DAYS + 1)
    authority = tls.Authority.read(here.fleet.folder)
    authority.issue(tmp_path / "old", "relay", "station", now=long_ago)
    with here.open(ONE, context=tls.station_side(here.fleet.authority, tmp_path / "old")) as sock:
        assert refused(sock)


@pytest.mark.requirement("ST-04", "ST-11")
def test_tls_below_1_3_is_refused(here: Served):
    old = here.station().tls()
    old.minimum_version = old.maximum_version = ssl.TLSVersion.TLSv1_2
    with pytest.raises(ssl.SSLError):
        here.open(ONE, context=old)
    with here.open(ONE) as sock:
        assert sock.version() == "TLSv1.3"


def test_a_name_that_is_no_pump_and_no_name_are_refused(here: Served):
    with pytest.raises(ssl.SSLError):
        here.open("CIS-99999")
    nameless = here.station().tls()
    nameless.check_hostname = False
    with here.plain() as plain, pytest.raises(ssl.SSLError):
        nameless.wrap_socket(plain)


def test_who_asks_for_one_pump_reaches_that_pump_only(here: Served):
    with here.open(ONE) as sock:
        names = sock.getpeercert()
        assert names is not None
        assert names["subjectAltName"] == (("DNS", tls.host_name(ONE)),)
    context = here.station().tls()
    with here.plain() as plain:
        plain.sendall(b"")
        real = tls.host_name(TWO)
        with context.wrap_socket(plain, server_hostname=real) as sock:
            sock.sendall(len(HELLO).to_bytes(4) + HELLO)
            frame = f.outbound(received(sock))
            assert isinstance(frame, SignedGreeting)
            assert frame.body.pump == TWO


def received(sock: ssl.SSLSocket) -> bytes:
    head = sock.recv(4)
    return sock.recv(int.from_bytes(head))


@pytest.mark.requirement("ST-01")
def test_a_command_for_another_pump_is_not_authentic_there(here: Served):
    with programmer(here, ONE) as who:
        content = who.command(v.Stop())
    with here.station().connect(TWO) as line:
        assert isinstance(f.outbound(line.ask(content)), f.Rejected)
    assert here.host.units[TWO].state.stopped_ms is None


def test_a_knock_at_one_pump_opens_no_other(here: Served):
    station = here.station()
    key = tls.signing_key(station.folder)
    knocked = knock(ONE, v.Role.PROGRAMMER, key_id(public_of(key)), key.sign)
    with here.plain() as plain:
        plain.sendall(len(knocked).to_bytes(4) + knocked)
        assert plain.recv(1) == b"\x01"
        with pytest.raises(ssl.SSLError):
            station.tls().wrap_socket(plain, server_hostname=tls.host_name(TWO))


# What a broken or hostile peer can do ------------------------------------------------------------


@pytest.mark.parametrize(
    "bytes_",
    [
        b"",
        b"\x16",
        b"\x16\x03\x01\xff\xff" + b"\xff" * 5000,
        b"GET / HTTP/1.1\r\n\r\n",
        b"\x00\x00",
        b"\x00\x00\x00\x00",
        b"\x00\x00\x10\x01" + b"x" * 5000,
        b"\x00\x00\x00\x05{}{}{",
        b"\xff" * 10_000,
    ],
)
@pytest.mark.requirement("ST-12")
def test_garbage_before_tls(here: Served, bytes_: bytes):
    for _ in range(3):
        with here.plain() as plain:
            with contextlib.suppress(OSError):
                plain.sendall(bytes_)
                plain.shutdown(socket.SHUT_WR)
            assert ended(plain)
    assert living(here)


@pytest.mark.parametrize(
    "bytes_",
    [
        b"",
        b"\x00",
        b"\x00\x00\x00\x00",
        b"\xff\xff\xff\xff",
        (70_000).to_bytes(4) + b"x" * 70_000,
        (12).to_bytes(4) + b"half",
        (2).to_bytes(4) + b"{}",
        (5).to_bytes(4) + b"\xff\xfe\xfd\x00\x01",
        len(HELLO).to_bytes(4) + HELLO[:-1] + b"x",
    ],
)
@pytest.mark.requirement("ST-12")
def test_garbage_and_half_frames_inside_tls(here: Served, bytes_: bytes):
    with here.open(ONE) as sock, contextlib.suppress(OSError):
        sock.sendall(bytes_)
        sock.shutdown(socket.SHUT_WR)
        ended(sock)
    assert living(here)


def test_a_peer_that_resets_in_mid_frame(here: Served):
    for _ in range(5):
        sock = here.open(ONE)
        sock.sendall((500).to_bytes(4) + b"x" * 100)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        sock.close()
    assert living(here)


def test_a_slow_peer_is_cut_off_and_others_are_served_meanwhile(here: Served):
    slow = here.plain()
    slow.sendall(b"\x00\x00")
    creeping = here.open(TWO)
    creeping.sendall((100).to_bytes(4) + b"x")
    assert living(here)
    assert ended(slow)
    assert ended(creeping)
    slow.close()
    creeping.close()


def test_a_peer_that_never_reads_its_answers_is_cut_off(fleet: Fleet):
    bounds = Bounds(step_s=1.0, frames_per_s=100_000, burst=100_000)
    with served(fleet, bounds=bounds) as here:
        plain = socket.socket()
        plain.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        plain.settimeout(10)
        plain.connect(("127.0.0.1", here.port))
        name = tls.host_name(ONE)
        sock = here.station().tls().wrap_socket(plain, server_hostname=name)
        many = (len(HELLO).to_bytes(4) + HELLO) * 200

        def flood() -> None:
            while True:
                sock.sendall(many)

        with pytest.raises(OSError, match=r"reset|pipe|EOF"):
            flood()
        sock.close()
        assert living(here)


@pytest.mark.requirement("ST-10")
def test_500_bad_handshakes_do_not_keep_out_whoever_is_known(here: Served, tmp_path: Path):
    (tmp_path / "other").mkdir()
    tls.Authority.new(tmp_path / "other", "other").issue(tmp_path / "other", "x", "station")
    foreign = tls.station_side(here.fleet.authority, tmp_path / "other")
    denied = 0
    for _ in range(500):
        try:
            with here.open(ONE, context=foreign) as sock:
                assert refused(sock)
        except ssl.SSLError:
            denied += 1
    assert denied == 500 - STRANGERS_PER_HOUR
    with pytest.raises(NoAnswer):
        here.station().connect(ONE)  # strangers have used up the hour
    with programmer(here, ONE) as who:
        who.programme(lambda version: order(ONE, version), lambda _: True)
    assert living(here, TWO)
    noise = [n for n in here.host.units[ONE].log.entries if "wake" in n.what or "woken" in n.what]
    assert len(noise) <= 60


def test_connections_that_only_stand_there_make_room(fleet: Fleet):
    with served(fleet, bounds=Bounds(step_s=30, handshakes=20, talks_per_pump=4)) as here:
        standing = [here.plain() for _ in range(60)]
        time.sleep(0.2)
        assert living(here)
        talking = [here.open(ONE) for _ in range(10)]
        time.sleep(0.2)
        assert living(here)
        for sock in (*standing, *talking):
            sock.close()


def test_a_flood_of_frames_is_slowed_down(here: Served):
    pace = Pace(per_s=50, burst=20)
    waits = [pace.wait_s(1.0) for _ in range(30)]
    assert waits[:20] == [0.0] * 20
    assert waits[-1] == pytest.approx(0.2)
    assert pace.wait_s(11.0) == 0.0
    with here.station("relay").connect(ONE) as line:
        begin = time.monotonic()
        for _ in range(40):
            line.ask(HELLO)
        assert time.monotonic() - begin > 0.3
    assert living(here)


def test_whatever_fails_inside_one_pump_ends_that_pump_only(
    here: Served, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(here.host.units[TWO].keeper, "journal", None)
    with pytest.raises(NoAnswer), programmer(here, TWO) as who:
        who.do(v.Stop())
    assert list(here.host.failed) == [TWO]
    with programmer(here, ONE) as who:
        assert who.read()["serial"] == ONE
    with pytest.raises(Refused, match="attribute"):
        control(here.fleet, do="report", serial=TWO)


# What survives ----------------------------------------------------------------------------------


@pytest.mark.requirement("ST-03")
def test_a_restart_brings_every_pump_back_with_its_keys_and_programme(fleet: Fleet):
    with served(fleet) as here:
        with programmer(here) as who:
            who.programme(lambda version: order(ONE, version), lambda _: True)
            content = who.command(v.AlarmSilence("stall"))
            first = who.answer(content)
        end = here.host.clock.now_ms()
    with served(fleet) as again:
        assert set(again.host.units) == {ONE, TWO}
        assert again.host.clock.now_ms() >= end
        with programmer(again) as who:
            report = who.read()
            said = [entry["what"] for entry in report["log"]]
            assert said.index("activated") < len(said) - 1 - said[::-1].index("power-returned")
            assert report["version"] == 2
            assert who.answer(content).response == first.response


def test_one_damaged_journal_leaves_one_pump_out_and_says_why(fleet: Fleet):
    for file in (fleet.pump(TWO) / "journal").iterdir():
        file.write_bytes(secrets.token_bytes(5000))
    with served(fleet) as here:
        assert TWO in here.host.failed
        assert living_alone(here)
        rows = {row["serial"]: row for row in control(fleet, do="status")["rows"]}
        assert "failed" in rows[TWO]


def living_alone(here: Served) -> bool:
    with programmer(here, ONE) as who:
        return bool(who.read()["serial"] == ONE)


def test_a_journal_of_another_pump_is_refused(fleet: Fleet):
    shutil.rmtree(fleet.pump(TWO) / "journal")
    shutil.copytree(fleet.pump(ONE) / "journal", fleet.pump(TWO) / "journal")
    with served(fleet) as here:
        assert "belongs to pump" in here.host.failed[TWO]


def test_one_host_for_one_fleet(here: Served):
    with pytest.raises(Unusable, match="another host"), served(here.fleet):
        pass


def test_the_control_line_wants_its_secret(here: Served):
    found = json.loads((here.fleet.folder / "running.json").read_bytes())
    assert stat.S_IMODE((here.fleet.folder / "running.json").stat().st_mode) == 0o600
    for said in (b"\n", b"[]\n", b'{"do":"touch","serial":"CIS-00001","token":"x"}\n', b"x" * 9999):
        with socket.create_connection(("127.0.0.1", found["control"]), 5) as sock:
            sock.sendall(said)
            assert ended(sock)
    assert here.host.units[ONE].link.ring.touched_ms is None
    with pytest.raises(Refused, match="no such pump"):
        control(here.fleet, do="touch", serial="CIS-99999")
    with pytest.raises(Refused, match="does not know"):
        control(here.fleet, do="anything", serial=ONE)


def test_nobody_to_control_when_nobody_hosts(fleet: Fleet):
    with pytest.raises(Refused, match="No host"):
        control(fleet, do="status")


# Time -------------------------------------------------------------------------------------------


def test_the_clock_runs_walks_and_never_goes_back():
    world = [0]
    clock = Clock(500, 1_000_000, lambda: world[0])
    world[0] += 1_000_000
    assert clock.now_ms() == 500 + 1_000_000
    assert clock.seconds_until(500 + 3_000_000) == pytest.approx(0.002)
    clock.talk()
    clock.talk()
    world[0] += 5_000_000
    assert clock.now_ms() == 1_000_505
    clock.hush()
    assert clock.pace == 1
    clock.hush()
    world[0] += 1_000_000
    assert clock.now_ms() == 2_000_505
    assert clock.seconds_until(0) == 0
    with pytest.raises(ValueError, match="1 to"):
        Clock(0, 1_000_001)


def test_a_conversation_at_a_great_speed_is_possible_and_time_runs_on_after_it(fleet: Fleet):
    with served(fleet, speed=100_000) as here:
        with programmer(here) as who:
            who.programme(lambda version: order(ONE, version), lambda _: True)
            begin = who.now()[0]
            time.sleep(0.2)
            assert who.now()[0] - begin < 5_000
        in_time(lambda: here.host.clock.now_ms() - begin > HOUR_MS)


def test_who_says_nothing_for_long_does_not_hold_time_up(fleet: Fleet):
    bounds = Bounds(step_s=1, linger_s=0.2)
    with served(fleet, speed=1000, bounds=bounds) as here, here.open(ONE):
        in_time(lambda: here.host.clock.pace == 1)
        in_time(lambda: here.host.clock.pace == 1000)


def run_for(fleet: Fleet, days: int, speed: int) -> tuple[Host, float]:
    """Host a fleet for some days of its time, without a door; gives the host and seconds used."""
    used = 0.0

    async def live() -> Host:
        nonlocal used
        host = Host.restored(fleet, speed, sync=False)
        begin = host.clock.now_ms()
        task = asyncio.create_task(host.live())
        started = time.process_time()
        while host.clock.now_ms() - begin < days * DAY_MS or host.behind_ms > DAY_MS:
            await asyncio.sleep(0.05)
        used = time.process_time() - started
        task.cancel()
        host.close()
        return host

    return alone(live()), used


@pytest.mark.campaign
def test_a_hundred_pumps_live_a_week_at_100_000_times(tmp_path: Path):
    fleet = fleet_of(tmp_path / "fleet", 100, "hydromorphone-flex")
    host, _ = run_for(fleet, 7, 100_000)
    assert len(host.units) == 100
    week = host.units[ONE].state
    assert week.now_ms >= 7 * DAY_MS
    daily = (
        week.programme.cycle * DAY_MS // week.programme.cycle_ms // HOUR_MS if week.programme else 0
    )
    gone = 40_000_000 - week.flow.reservoir_nl
    expected = daily * week.now_ms // DAY_MS
    assert expected - 2_000 <= gone <= expected + 1_000
    assert all(not unit.state.alarms for unit in host.units.values())


@pytest.mark.campaign
def test_a_thousand_pumps_live_a_week_at_100_000_times_in_bounded_memory(tmp_path: Path):
    fleet = fleet_of(tmp_path / "fleet", 1000, "hydromorphone-flex")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    host, used = run_for(fleet, 7, 100_000)
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert len(host.units) == 1000
    assert all(u.state.now_ms >= 7 * DAY_MS for u in host.units.values())
    assert after - before < 200_000  # kB: 200 kB for a pump
    print(f"\n1,000 pumps, 7 days: {used:.1f} s of processor, {(after - before) / 1000:.0f} MB")


# The fleet on disk ------------------------------------------------------------------------------


def test_keys_are_private_and_certificates_say_what_they_are_for(made: Fleet):
    secret = [p for p in made.folder.rglob("*") if p.suffix == ".key" or p.parent.name == "cards"]
    assert len(secret) == 1 + 2 * 2 + 3 + 2 + 2
    for path in secret:
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, path
    assert stat.S_IMODE(made.folder.stat().st_mode) == 0o700
    found = x509.load_pem_x509_certificate((made.pump(ONE) / "certificate.pem").read_bytes())
    length = found.not_valid_after_utc - found.not_valid_before_utc
    assert length.days == tls.DAYS
    assert tls.expires(made.pump(ONE)) == found.not_valid_after_utc
    assert found.public_key().__class__.__name__.startswith("EC")
    codes = (made.folder / "cards" / f"{ONE}.txt").read_text().split()
    assert len(set(codes)) == 3
    assert all(len(code) == 29 for code in codes)


def test_nothing_is_overwritten(made: Fleet, tmp_path: Path):
    rx = read_prescription(EXAMPLES / "simple-morphine.toml", LIBRARY)
    with pytest.raises(Unusable, match="an empty folder"):
        create(made.folder, [rx], 1, LIBRARY)
    with pytest.raises(FileExistsError):
        tls.Authority.new(made.folder, "again")
    with pytest.raises(FileExistsError):
        tls.new_signing_key(made.pump(ONE))
    for count in (0, 10_001):
        with pytest.raises(Unusable, match="--pumps"):
            create(tmp_path / "new", [rx], count, LIBRARY)
    with pytest.raises(Unusable, match="RX"):
        create(tmp_path / "new", [], 1, LIBRARY)
    assert not (tmp_path / "new").exists()


def test_a_pump_of_its_own_order_keeps_its_serial(tmp_path: Path):
    rx = read_prescription(EXAMPLES / "simple-morphine.toml", LIBRARY)
    fleet = create(tmp_path / "one", [rx], 1, LIBRARY, blank=True)
    assert list(fleet.pumps) == [rx.pump.serial]


def test_half_a_fleet_is_none(made: Fleet, tmp_path: Path):
    shutil.copytree(made.folder, tmp_path / "half")
    os.unlink(tmp_path / "half" / "fleet.json")
    with pytest.raises(Unusable, match="fleet made by"):
        Fleet.read(tmp_path / "half")


def test_the_log_goes_to_a_file_that_stays_small(fleet: Fleet, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("cisterna.pump.host.LOG_BYTES", 2_000)
    with served(fleet) as here:
        for _ in range(60):
            control(fleet, do="touch", serial=ONE)
        path = fleet.pump(ONE) / "events.jsonl"
        assert path.stat().st_size < 4_000
        assert (fleet.pump(ONE) / "events-before.jsonl").exists()
        last = json.loads(path.read_text().splitlines()[-1])
        assert last["what"] == "link-touched"
        assert here.host.failed == {}


def test_a_station_reads_its_folder(made: Fleet):
    station = Station.read(made.station("relay"), "127.0.0.1", 1)
    assert set(station.pumps) == {ONE, TWO}
    with pytest.raises(NoAnswer):
        station.connect(ONE)


# A body that can fail ----------------------------------------------------------------------------


@pytest.mark.requirement("SR-17", "H16", "H20")
def test_a_fault_given_in_the_room_is_noticed_kept_and_over_with_a_restart(fleet: Fleet):
    with served(fleet, speed=36_000) as host:
        given = control(fleet, do="fault", serial=ONE, kind="stall")
        assert [row["kind"] for row in given["faults"]] == ["stall"]
        control(fleet, do="fault", serial=TWO, kind="over-infusion", amount="2")
        begun = control(fleet, do="body", serial=TWO)["filled_nl"]
        noticed(host, ONE)
        in_time(lambda: control(fleet, do="body", serial=TWO)["delivered_nl"] > 40_000)
        assert host.host.units[TWO].state.alarms == ()
    with served(fleet) as host:
        assert "stall" in host.host.row(ONE)["alarms"]
        assert control(fleet, do="body", serial=ONE)["faults"]
        twice = control(fleet, do="body", serial=TWO)
        reckoned = begun - host.host.row(TWO)["reservoir_nl"]
        assert twice["delivered_nl"] > 1.7 * reckoned > 0
        assert control(fleet, do="fault", serial=ONE, kind="over")["faults"] == []
        assert host.host.row(ONE)["alarms"] == []


def noticed(host: Served, serial: str) -> None:
    """Wait until the pump has noticed what is wrong with it."""
    in_time(lambda: "stall" in host.host.row(serial)["alarms"])


def in_time(happens: Callable[[], bool]) -> None:
    """Wait until something is so."""
    end = time.monotonic() + 30
    while not happens():
        assert time.monotonic() < end, "it does not happen"
        time.sleep(0.02)


@pytest.mark.parametrize(
    ("kind", "other", "code"),
    [
        ("nonsense", {}, "no-fault"),
        ("telemetry", {}, "no-fault"),
        ("leak", {"amount": "1.5"}, "bad-amount"),
        ("occlusion", {"amount": "0"}, "bad-amount"),
        ("over-infusion", {"amount": "0"}, "bad-amount"),
        ("stall", {"lasts_ms": "0"}, "bad-length"),
    ],
)
def test_a_fault_that_cannot_be_is_refused_and_hurts_no_pump(
    fleet: Fleet, kind: str, other: dict[str, str], code: str
):
    with served(fleet) as host:
        with pytest.raises(Refused) as refused:
            control(fleet, do="fault", serial=ONE, kind=kind, **other)
        assert refused.value.code == code
        assert host.host.failed == {}


def test_a_body_s_file_that_is_broken_is_left_out_and_named(
    fleet: Fleet, caplog: pytest.LogCaptureFixture
):
    (fleet.pump(ONE) / "body.json").write_text("{}", "utf-8")
    with served(fleet) as host:
        assert ONE in host.host.units
        assert control(fleet, do="body", serial=ONE)["faults"] == []
    assert "its body's file cannot be read" in caplog.text
