"""`cisterna serve` and `invite`: no clinic of the wrong kind, no other machine without TLS."""

import json
import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from allauth.mfa.models import Authenticator
from django.db import connection

from cisterna.clinic.event import Role
from cisterna.clinic.web.models import AuditRow, Member
from tests.clinic.web.conftest import Invited, Treated


def run(*words: str) -> "subprocess.CompletedProcess[str]":
    env = {k: v for k, v in os.environ.items() if not k.startswith("DJANGO")}
    place: Any = connection.settings_dict["NAME"]
    connection.close()
    command = [sys.executable, "-m", "cisterna", *words]
    env |= {"CISTERNA_DATABASE": str(place)}
    return subprocess.run(command, env=env, capture_output=True, text=True, timeout=60, check=False)


def test_a_real_clinic_is_not_served_as_a_demonstration(clinic: object):
    done = run("serve", "--clinic", "demonstration")
    assert done.returncode == 1
    assert "real clinic" in done.stdout + done.stderr
    assert not Member.objects.exists()


def test_without_tls_no_other_machine_is_served(clinic: object):
    done = run("serve", "--host", "0.0.0.0")  # noqa: S104
    assert done.returncode == 2
    assert "Without TLS" in done.stderr


def test_an_invitation_makes_one_account_of_a_name(clinic: object):
    first = run("invite", "n-dunn", "nurse", "--json")
    assert first.returncode == 0, first.stderr
    assert Member.objects.get().role == "nurse"
    assert run("invite", "n-dunn", "surgeon").returncode == 1
    assert Member.objects.get().role == "nurse"


def test_the_only_administrator_begins_anew_at_the_machine_and_it_is_written_down(
    clinic: object, invited: Invited
):
    found = invited("admin", Role.ADMIN)
    assert Authenticator.objects.filter(user=found.user).exists()
    done = run(
        "reset", "admin", "--how", "her badge, 4711", "--origin", "https://c.example/", "--json"
    )
    assert done.returncode == 0, done.stderr
    row = json.loads(done.stdout)
    place = urlsplit(row["link"])
    assert place.netloc == "c.example"
    assert not Authenticator.objects.filter(user=found.user).exists()
    found.user.refresh_from_db()
    assert not found.user.has_usable_password()
    written = AuditRow.objects.get(what="reset-factor")
    assert written.words == "of admin: at the server's machine: her badge, 4711"


def test_at_the_machine_nobody_else_begins_anew_and_never_without_a_reason(
    clinic: object, invited: Invited
):
    invited("n-dunn", Role.NURSE)
    invited("admin", Role.ADMIN)
    for who, how in (("n-dunn", "seen"), ("nobody", "seen"), ("admin", " ")):
        done = run("reset", who, "--how", how)
        assert done.returncode == 1, who
        assert "Traceback" not in done.stderr
    assert not AuditRow.objects.filter(what__startswith="reset").exists()
    assert Authenticator.objects.count() == 2


def test_a_backup_says_that_accounts_are_not_in_it_and_a_dump_of_the_database_has_both(
    clinic: object, invited: Invited, treated: Treated, tmp_path: Path
):
    """docs/how-to/deploy.md, Back up: VACUUM INTO is a whole copy while the pages are open."""
    treated("back", "refer")
    invited("n-holm", Role.NURSE)
    done = run("backup", str(tmp_path))
    assert done.returncode == 0, done.stderr
    assert "It does not hold accounts" in done.stdout
    (file,) = tmp_path.glob("*.jsonl")
    assert "n-holm" not in file.read_text()
    copy = tmp_path / "copy.sqlite3"
    with closing(sqlite3.connect(connection.settings_dict["NAME"])) as whole:
        whole.execute("VACUUM INTO ?", (str(copy),))
    verified = run("verify", str(copy), "--anchor", f"{file}.anchor")
    assert "WHOLE" in verified.stdout
    assert "NOT WHOLE" not in verified.stdout
    with closing(sqlite3.connect(copy)) as there:
        assert there.execute("SELECT who FROM cisterna_member").fetchall() == [("n-holm",)]
        with pytest.raises(sqlite3.DatabaseError):
            there.execute("DELETE FROM cisterna_event")
