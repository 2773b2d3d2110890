"""Certificates end: who is warned, who is refused with what words, and how they are renewed."""

import shutil
import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509

from cisterna.order.line import Refused
from cisterna.pump import certificates as tls
from cisterna.pump.client import NoAnswer
from cisterna.pump.fleet import Fleet
from cisterna.pump.programmer import Programmer
from cisterna.pump.renewal import endings, renew, warning
from tests.pump.served import fleet_of, served

ONE = "CIS-00001"
DAY = timedelta(days=1)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Fleet:
    """A fleet of two, to be copied."""
    return fleet_of(tmp_path_factory.mktemp("fleet") / "made")


@pytest.fixture
def fleet(made: Fleet, tmp_path: Path) -> Fleet:
    """A fleet of one's own."""
    shutil.copytree(made.folder, tmp_path / "fleet")
    return Fleet.read(tmp_path / "fleet")


def certificate(folder: Path) -> x509.Certificate:
    return x509.load_pem_x509_certificate((folder / tls.CERTIFICATE).read_bytes())


def outlived(fleet: Fleet, folder: Path) -> None:
    """A certificate that ended yesterday."""
    long_ago = datetime.now(UTC) - timedelta(days=tls.DAYS + 1)
    tls.Authority.read(fleet.folder).renew(folder, now=long_ago)


def test_every_certificate_is_looked_at_and_a_month_before_its_end_somebody_is_told(fleet: Fleet):
    found = endings(fleet)
    assert {row.name for row in found} == {
        ONE, "CIS-00002", "programmer-1", "programmer-2", "relay",
    }  # fmt: skip
    end = found[0].until
    assert warning(fleet, end - 30 * DAY) is None
    said = warning(fleet, end - 30 * DAY + timedelta(seconds=1))
    assert said is not None
    assert f"{end:%Y-%m-%d}" in said
    assert "pumphost renew" in said
    assert "have ended" not in said
    assert "5 have ended" in (warning(fleet, found[-1].until) or "")


def test_a_renewed_certificate_is_for_the_same_name_use_and_key(fleet: Fleet):
    for folder in (fleet.pump(ONE), fleet.station("relay")):
        old = certificate(folder)
        tls.Authority.read(fleet.folder).renew(folder, now=datetime.now(UTC) + 5 * DAY)
        new = certificate(folder)
        assert new.not_valid_after_utc - old.not_valid_after_utc >= 4 * DAY
        assert new.serial_number != old.serial_number
        assert (new.subject, new.public_key()) == (old.subject, old.public_key())
        assert [x.value for x in new.extensions] == [x.value for x in old.extensions]
        assert sorted(p.name for p in folder.glob(f"{tls.CERTIFICATE}*")) == [tls.CERTIFICATE]


def test_no_certificate_outlasts_the_authority_and_one_that_ended_renews_nothing(fleet: Fleet):
    end = tls.Authority.read(fleet.folder).certificate.not_valid_after_utc
    (row,) = renew(fleet, endings(fleet)[:1], end - DAY)
    assert row.until == end
    with pytest.raises(Refused, match=f"ended on {end:%Y-%m-%d}"):
        renew(fleet, endings(fleet), end)


@pytest.mark.requirement("ST-01")
def test_a_station_whose_certificate_ended_is_told_so_and_gets_in_when_it_is_renewed(fleet: Fleet):
    outlived(fleet, fleet.station("programmer-1"))
    with served(fleet, bounds=None) as here:
        with pytest.raises(NoAnswer, match=r"programmer-1 ended on \d{4}-\d\d-\d\d: renew it"):
            here.station().connect(ONE)
        renew(fleet, [row for row in endings(fleet) if row.soon()])
        with here.station().connect(ONE) as line:
            assert Programmer.at(here.station(), line).now()[1] == 1


@pytest.mark.requirement("ST-01")
def test_a_pump_whose_certificate_ended_is_not_talked_to_until_it_is_renewed(fleet: Fleet):
    """The host at work takes the new certificate with the next connection."""
    with served(fleet, bounds=None) as here:
        here.station().connect(ONE).close()
        outlived(fleet, fleet.pump(ONE))
        with pytest.raises(NoAnswer, match=f"certificate of {ONE} ended: renew it"):
            here.station().connect(ONE)
        renew(fleet, [row for row in endings(fleet) if row.soon()])
        here.station().connect(ONE).close()


def hung_up(sock: ssl.SSLSocket) -> bool:
    try:
        return sock.recv(1) == b""
    except OSError:
        return True


@pytest.mark.requirement("ST-01")
def test_a_peer_whose_certificate_ended_is_refused_by_the_pump_and_the_host_says_so(
    fleet: Fleet, caplog: pytest.LogCaptureFixture
):
    outlived(fleet, fleet.station("relay"))
    folder = fleet.station("relay")
    with served(fleet, bounds=None) as here:
        context = tls.station_side(fleet.authority, folder)
        with here.open(ONE, context=context) as sock:
            sock.settimeout(5)
            assert hung_up(sock)
    assert "its certificate has ended" in caplog.text
