"""`cisterna remote` as a person starts it: refusals with a way out, and a page that answers."""

import http.client
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.conftest import ROOT, Run
from tests.pump.served import fleet_of, served

Cisterna = Callable[..., Run]


def test_a_fleet_that_nobody_hosts_is_refused_with_a_way_out(cisterna: Cisterna, tmp_path: Path):
    fleet = fleet_of(tmp_path / "fleet", 1)
    found = cisterna("remote", fleet.folder)
    assert found.code == 1
    assert "No host runs this fleet." in found.out + found.err


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["."], "HOST:PORT"),
        ([".", "--pumps", "here"], "HOST:PORT"),
        ([".", "--pumps", "127.0.0.1:1"], "a folder made by"),
        ([".", "--tls-key", "none.pem"], "PEM"),
    ],
)
def test_input_that_cannot_be_used_is_named(
    cisterna: Cisterna, arguments: list[str], expected: str
):
    found = cisterna("remote", *arguments)
    assert found.code == 2
    assert expected in re.sub(r"\s+", " ", found.err)


def test_it_serves_the_page_for_a_running_fleet_until_it_is_ended(tmp_path: Path):
    fleet = fleet_of(tmp_path / "fleet", 1)
    with served(fleet, bounds=None):
        words = [sys.executable, "-u", "-m", "cisterna", "remote", str(fleet.folder), "--port", "0"]
        environment = {"PYTHONPATH": str(ROOT / "src"), "PATH": "/usr/bin:/bin"}
        with subprocess.Popen(words, stdout=subprocess.PIPE, text=True, env=environment) as running:
            try:
                assert running.stdout
                told = re.search(r"http://127\.0\.0\.1:(\d+)/", running.stdout.readline())
                assert told
                page = http.client.HTTPConnection("127.0.0.1", int(told[1]), timeout=10)
                page.request("GET", "/")
                assert page.getresponse().status == 200
                page.close()
            finally:
                running.terminate()
