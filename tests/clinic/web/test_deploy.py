"""A clinic that is deployed: behind a server with TLS, with a secret that is kept, and guarded."""

import http.client
import importlib
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import connection
from django.test import override_settings

from cisterna.clinic.event import Role, read_event
from cisterna.clinic.ledger.entry import ClinicKind
from cisterna.clinic.ledger.record import Record
from cisterna.clinic.web import audit, house, proof, rows
from cisterna.clinic.web.members import invite
from cisterna.clinic.web.models import AuditRow
from cisterna.order.line import Refused
from tests.clinic.web.conftest import NOW, SignedIn, Treated, browser_of_nobody

SECRET = "a secret of this test, which is long enough to be one, and kept"  # noqa: S105


def commanded(*words: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    """A command of its own, in a clean environment."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("DJANGO", "CISTERNA"))}
    return subprocess.run(
        [sys.executable, *words],
        env=kept | environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


# What is refused at the start ---------------------------------------------------------------------


def test_an_empty_record_is_made_only_where_its_kind_is_named(tmp_path: Path):
    place = tmp_path / "clinic.sqlite3"
    found = commanded("-m", "cisterna", "serve", CISTERNA_DATABASE=str(place))
    assert found.returncode == 1
    assert "--clinic real" in found.stdout
    assert not place.exists()


def test_no_secret_is_made_up_for_a_database_on_another_machine():
    words = ("-m", "cisterna", "serve", "--clinic", "real")
    found = commanded(*words, CISTERNA_DATABASE="postgresql://u:p@127.0.0.1:1/none")
    assert found.returncode == 2
    assert "CISTERNA_SECRET_FILE" in found.stderr
    assert "Traceback" not in found.stderr


def test_nothing_is_served_without_a_secret_that_is_kept():
    from cisterna.clinic.web import asgi  # noqa: PLC0415  (the tests' settings keep one)

    with override_settings(SECRET_KEPT=False), pytest.raises(ImproperlyConfigured):
        importlib.reload(asgi)


def test_nothing_is_served_where_the_triggers_are_gone(clinic: Record):
    assert house.ready(ClinicKind.REAL) == clinic
    for table in ("cisterna_event", "cisterna_audit"):
        with connection.cursor() as cursor:
            cursor.execute(f"DROP TRIGGER {table}_no_delete")
        with pytest.raises(Refused, match=f"{table}_no_delete") as why:
            house.ready(ClinicKind.REAL)
        assert why.value.code == "unguarded"


# Whoever watches the machine ----------------------------------------------------------------------


def test_the_machine_is_told_whether_the_clinic_is_well_and_nothing_else(clinic: Record):
    browser = browser_of_nobody()
    well = browser.get("/health/")
    assert (well.status_code, well.content) == (200, b"well\n")
    with connection.cursor() as cursor:
        cursor.execute("DROP TRIGGER cisterna_event_no_update")
    ill = browser.get("/health/")
    assert (ill.status_code, ill.content) == (503, b"not well\n")


# Behind a server with TLS -------------------------------------------------------------------------


@pytest.fixture
def port(clinic: Record, tmp_path: Path) -> Iterator[int]:
    """The clinic, served as behind a proxy, on the database of the test."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        found = int(free.getsockname()[1])
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("DJANGO", "CISTERNA"))}
    secret = tmp_path / "secret"
    secret.write_text(f"{SECRET}\n")
    environment = {
        "CISTERNA_DATABASE": str(connection.settings_dict["NAME"]),
        "CISTERNA_HOSTS": "clinic.example",
        "CISTERNA_SECRET_FILE": str(secret),
        "CISTERNA_STATIC": str(tmp_path / "static"),
    }
    connection.close()
    words = [sys.executable, "-m", "cisterna", "serve", "--port", str(found)]
    server = subprocess.Popen(words, env=kept | environment, stdout=subprocess.DEVNULL)
    end = time.monotonic() + 60
    while time.monotonic() < end and server.poll() is None:
        with socket.socket() as door:
            if door.connect_ex(("127.0.0.1", found)) == 0:
                break
        time.sleep(0.05)
    yield found
    server.terminate()
    server.wait(30)


def asked(port: int, path: str, **headers: str) -> tuple[int, dict[str, str], str]:
    """Status, headers and text of an answer, as a proxy on this machine gets it."""
    line = http.client.HTTPConnection("localhost", port, timeout=30)
    told = {k.replace("_", "-"): v for k, v in headers.items()}
    line.request("GET", path, headers={"Host": "clinic.example"} | told)
    answer = line.getresponse()
    named = {name.lower(): value for name, value in answer.getheaders()}
    found = (answer.status, named, answer.read().decode())
    line.close()
    return found


def test_behind_a_proxy_the_pages_are_for_tls_alone_and_the_address_is_the_reader_s(port: int):
    status, headers, _ = asked(port, "/account/login/")
    assert (status, headers["location"]) == (301, "https://clinic.example/account/login/")
    assert asked(port, "/account/login/", Host="evil.example")[0] == 400
    assert asked(port, "/health/")[::2] == (200, "well\n")
    told = {"X_Forwarded_Proto": "https", "X_Forwarded_For": "192.0.2.7"}
    status, headers, page = asked(port, "/account/login/", **told)
    assert status == 200
    assert headers["set-cookie"].startswith("__Host-csrf=")
    assert headers["strict-transport-security"].startswith("max-age=31536000")
    assert asked(port, "/people/p404/", **told)[0] == 302
    # A file under the name of its version is kept by a browser for good.
    name = next(part for part in page.split('"') if part.startswith("/static/web/clinic."))
    assert name.removesuffix(".css") != "/static/web/clinic"
    status, headers, _ = asked(port, name, **told)
    assert (status, "immutable" in headers["cache-control"]) == (200, True)


def test_the_settings_of_a_deployment_pass_their_check(tmp_path: Path):
    found = commanded(
        "-m", "django", "check", "--deploy", "--fail-level", "WARNING",
        DJANGO_SETTINGS_MODULE="cisterna.patient.web.settings", CISTERNA_HOSTS="clinic.example",
        CISTERNA_SECRET=SECRET, CISTERNA_STATIC=str(tmp_path),
        CISTERNA_DATABASE=str(tmp_path / "clinic.sqlite3"),
    )  # fmt: skip
    assert found.returncode == 0, found.stderr


# A long record ------------------------------------------------------------------------------------


def test_whoever_was_looked_at_lately_is_folded_on_and_never_from_another_record(
    treated: Treated, monkeypatch: pytest.MonkeyPatch
):
    first = treated("back", "set-goals").person
    assert rows.load("p1") == first
    asked_for: list[Any] = []

    def read(text: str) -> Any:
        asked_for.append(text)
        return read_event(text)

    monkeypatch.setattr(rows, "read_event", read)
    assert rows.load("p1") == first
    assert asked_for == []
    # As if the database had been exchanged: the same person, and another last event.
    seq, _, person = rows._FOLDED["p1"]
    rows._FOLDED["p1"] = (seq, "0" * 64, person)
    assert rows.load("p1") == first
    assert len(asked_for) == len(first.events)


def test_the_latest_few_are_kept_and_no_more(treated: Treated):
    for number in range(rows._KEPT + 5):
        treated("back", "register", f"q{number}")
        rows.load(f"q{number}")
    assert len(rows._FOLDED) == rows._KEPT


def test_the_audit_finds_a_day_and_every_kind(signed_in: SignedIn, treated: Treated):
    person = treated("back", "set-goals").person
    auditor = signed_in(Role.AUDITOR)
    day = f"{person.events[0].recorded:%Y-%m-%d}"
    page = auditor.get(f"/audit/?day={day}").content.decode()
    same = [e for e in person.events if f"{e.recorded:%Y-%m-%d}" == day]
    assert page.count('class="numbered"') == len(same)
    assert auditor.get(f"/audit/?day={NOW:%Y-%m-%d}").content.decode().count('"numbered"') == 0
    for kind in {e.kind for e in person.events}:
        assert f"<option>{kind}</option>" in page


def test_an_export_is_the_record_whatever_asks_for_it(signed_in: SignedIn, treated: Treated):
    treated("back", "set-goals")
    found: Any = signed_in(Role.AUDITOR).get("/audit/export/")
    assert b"".join(found.streaming_content).decode() == "".join(proof.lines())
    assert AuditRow.objects.filter(what="exported").count() == 1


# Rows of ASVS without a test of their own elsewhere ----------------------------------------------


@pytest.mark.parametrize("password", ["fourteen signs", "yfdbufnjh10305070"])
def test_a_short_or_common_password_is_none(clinic: Record, password: str):
    """ASVS 6.2.1, 6.2.12."""
    with pytest.raises(Refused) as why:
        invite("n-1", Role.NURSE, "main", password)
    assert why.value.code == "weak-password"


def test_a_denied_act_is_one_line_of_the_log_whatever_its_words(
    clinic: Record, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
):
    """ASVS 16.2.1, 16.3.1, 16.4.1: who, what, when in UTC, where; no stranger begins a line."""
    monkeypatch.setattr(audit.LOG, "propagate", True)
    browser_of_nobody().post("/account/login/", {"login": 'x\n{"at": "forged"', "password": "y"})
    (line,) = {r.message for r in caplog.records if "sign-in-failed" in r.message}
    row = json.loads(line)
    assert "\n" not in line
    assert row["who"] == 'x {"at": "forged"'
    assert row["at"].endswith("+00:00")
    assert (row["address"], row["path"]) == ("127.0.0.1", "/account/login/")
    assert AuditRow.objects.filter(what="sign-in-failed").count() == 1
