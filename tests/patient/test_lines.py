"""The relay before the real host: lines that are kept, break and come back, and the whole way."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from cisterna.patient.remote.lines import KEPT_S, Lines
from cisterna.patient.remote.relay import NoContact
from cisterna.pump.certificates import signing_key
from cisterna.pump.client import Line, Station
from cisterna.pump.link import frame as f
from cisterna.pump.link.answer import SignedGreeting
from cisterna.pump.link.proof import key_id, public_of
from cisterna.pump.link.rules import STRANGERS_PER_HOUR
from cisterna.pump.link.verbs import Role
from cisterna.pump.programmer import knock
from tests.pump.served import Served, fleet_of, served

ONE = "CIS-00001"
HELLO = f.body(f.Hello("ab" * 16))


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A host of two pumps; the first has a patient's dose."""
    fleet = fleet_of(tmp_path_factory.mktemp("fleet") / "made")
    with served(fleet, bounds=None) as running:
        yield running


class Clock:
    """A time that tests set."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        """The time."""
        return self.now


def opened(host: Served) -> tuple[Lines, Clock, list[bytes | None]]:
    """Lines of the relay's station, their clock, and the knock of every connection made."""
    made: list[bytes | None] = []

    class Seen(Station):
        def connect(self, serial: str, knock: bytes | None = None) -> Line:
            made.append(knock)
            return Line(self, serial, knock)

    clock, relay = Clock(), host.station("relay")
    return Lines(Seen(relay.folder, relay.host, relay.port, relay.pumps), clock), clock, made


def greeted(content: bytes) -> bool:
    return isinstance(f.outbound(content), SignedGreeting)


def test_one_line_serves_a_visit_and_is_opened_again_after_a_silence(host: Served):
    lines, clock, made = opened(host)
    assert all(greeted(lines.exchange(ONE, HELLO)) for _ in range(3))
    assert len(made) == 1
    clock.now += KEPT_S
    assert greeted(lines.exchange(ONE, HELLO))
    assert len(made) == 2
    lines.close()


def test_a_line_that_the_pump_ended_is_opened_again(host: Served):
    lines, _, made = opened(host)
    assert b"rejected" in lines.exchange(ONE, b"{}")  # after which the host hangs up
    assert greeted(lines.exchange(ONE, HELLO))
    assert len(made) == 2
    lines.close()


def test_a_knock_that_is_no_good_is_no_obstacle(host: Served):
    lines, _, made = opened(host)
    assert greeted(lines.exchange(ONE, HELLO, b"no knock"))
    assert made == [b"no knock", None]
    lines.close()


@pytest.mark.requirement("ST-10")
def test_a_good_knock_wakes_a_pump_that_strangers_have_tired(host: Served):
    serial = "CIS-00002"
    key = signing_key(host.fleet.station("programmer-1"))
    for _ in range(STRANGERS_PER_HOUR + 1):
        try:
            bad = host.station("relay")
            with bad.connect(serial) as line:
                line.ask(HELLO)
        except OSError:
            break
    lines, _, made = opened(host)
    wakes = knock(serial, Role.PROGRAMMER, key_id(public_of(key)), key.sign)
    assert greeted(lines.exchange(serial, HELLO, wakes))
    assert made == [wakes]
    lines.close()


def test_a_pump_of_another_fleet_is_never_called(host: Served):
    lines, _, made = opened(host)
    for serial in ("CIS-99999", "localhost", "CIS-00001.example"):
        with pytest.raises(NoContact):
            lines.exchange(serial, HELLO)
    assert made == []


def test_a_host_that_is_gone_is_no_contact(host: Served):
    gone = Station(host.fleet.station("relay"), "127.0.0.1", 1, host.station("relay").pumps)
    with pytest.raises(NoContact):
        Lines(gone).exchange(ONE, HELLO)


def test_the_folder_of_a_station_is_all_that_the_relay_needs(host: Served, tmp_path: Path):
    shutil.copytree(host.fleet.station("relay"), tmp_path / "relay")
    assert not (tmp_path / "relay" / "sign.key").exists()
    lines = Lines(Station.read(tmp_path / "relay", "127.0.0.1", host.port))
    assert greeted(lines.exchange(ONE, HELLO))
    lines.close()
