"""`cisterna serve` and `invite`: no clinic of the wrong kind, no other machine without TLS."""

import os
import subprocess
import sys
from typing import Any

from django.db import connection

from cisterna.clinic.web.models import Member


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
