"""`cisterna verify`, `backup`, `restore`: one answer, an exit code, nothing half, nothing lost."""

import json
import resource
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from cisterna.clinic.ledger.entry import ClinicKind
from cisterna.clinic.ledger.place import connect
from tests.cli.conftest import ROOT
from tests.cli.test_bad_output import LIMITED
from tests.clinic.ledger.happened import said
from tests.django_ready import start

start()

from django.db import connections  # noqa: E402

from cisterna.clinic.ledger.backup import anchor_beside, backup  # noqa: E402
from cisterna.clinic.ledger.record import Record  # noqa: E402

EVENTS = 30


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    """A folder with a record of thirty events, and a backup of it in `kept`."""
    place = str(tmp_path / "cisterna.sqlite3")
    record = Record.create(connect(place), ClinicKind.DEMONSTRATION)
    record.append(*(said(n, words="w" * 300) for n in range(EVENTS)))
    (tmp_path / "kept").mkdir()
    backup(record, tmp_path / "kept" / "it.jsonl")
    connections[place].close()
    yield tmp_path
    connections[place].close()


@pytest.fixture
def kept(home: Path) -> Path:
    """The backup."""
    return home / "kept" / "it.jsonl"


def names(folder: Path) -> list[str]:
    return sorted(p.name for p in folder.iterdir() if not p.name.endswith(("-wal", "-shm")))


def one_line(done, option: str) -> None:
    assert (done.code, done.out) == (2, ""), done.err
    assert option in done.err
    assert len(done.err.strip().splitlines()) == 1, done.err


@pytest.mark.parametrize("file", ["kept/it.jsonl", "cisterna.sqlite3"])
def test_a_whole_record_verifies(cisterna, home, kept, file):
    done = cisterna("verify", file, "--anchor", anchor_beside(kept), "--json")
    assert done.code == 0, done.err
    row = done.json
    assert (row["ok"], row["wrong"], row["events"], row["anchors"]) == (True, None, EVENTS, 1)
    assert (row["clinic"], len(row["hash"])) == ("demonstration", 64)
    said_so = cisterna("verify", file)
    assert said_so.out.startswith("WHOLE: 30 events of a demonstration clinic, held against no")


def test_a_record_that_is_not_whole_exits_with_1_and_says_where(cisterna, kept):
    lines = kept.read_text().splitlines()
    kept.write_text("\n".join([*lines[:10], *lines[11:]]) + "\n")
    done = cisterna("verify", kept, "--json")
    assert done.code == 1
    assert (done.json["wrong"]["what"], done.json["wrong"]["seq"]) == ("removed", 10)
    done = cisterna("verify", kept, "--write-anchor", "anchor")
    assert (done.code, done.err) == (1, "")
    assert done.out.startswith("NOT WHOLE: removed at event 10: the next event is number 11.")
    assert not (kept.parent.parent / "anchor").exists()


def test_an_anchor_is_written_once_and_finds_what_comes_after(cisterna, home):
    assert cisterna("verify", "cisterna.sqlite3", "--write-anchor", "anchor").code == 0
    anchor = json.loads((home / "anchor").read_text())
    assert anchor["seq"] == EVENTS
    one_line(cisterna("verify", "cisterna.sqlite3", "--write-anchor", "anchor"), "--write-anchor")
    assert json.loads((home / "anchor").read_text()) == anchor
    with closing(sqlite3.connect(home / "cisterna.sqlite3")) as database:
        database.execute("DROP TRIGGER cisterna_event_no_delete")
        database.execute("DELETE FROM cisterna_event WHERE seq > 20")
        database.commit()
    assert cisterna("verify", "cisterna.sqlite3").code == 0
    done = cisterna("verify", "cisterna.sqlite3", "--anchor", "anchor", "--json")
    assert (done.code, done.json["wrong"]["what"]) == (1, "truncated")


def test_a_backup_and_its_restoration_are_the_same_record(cisterna, home, kept):
    done = cisterna("backup", "new.jsonl", "--json")
    assert done.code == 0, done.err
    assert (done.json["file"], done.json["events"]) == ("new.jsonl", EVENTS)
    assert (home / "new.jsonl").read_bytes() == kept.read_bytes()
    words = ("restore", "new.jsonl", "--anchor", done.json["anchor"], "--json")
    back = cisterna(*words, CISTERNA_DATABASE="other.sqlite3")
    assert back.code == 0, back.err
    assert back.json["hash"] == done.json["hash"]
    assert cisterna("backup", "again.jsonl", CISTERNA_DATABASE="other.sqlite3").code == 0
    assert (home / "again.jsonl").read_bytes() == kept.read_bytes()
    assert cisterna("verify", "other.sqlite3").code == 0


def test_a_backup_goes_into_a_folder_under_its_own_name(cisterna, home):
    (home / "safe").mkdir()
    assert cisterna("backup", "safe").code == 0
    first, second = names(home / "safe")
    assert first.startswith("record-30-")
    assert second == f"{first}.anchor"
    one_line(cisterna("backup", "safe"), "PLACE")


def test_nothing_that_stands_there_is_written_over(cisterna, home, kept):
    (home / "mine").write_text("years of work")
    (home / "link").symlink_to(home / "target")
    for name in ("mine", "link", "mine/it.jsonl", "nowhere/it.jsonl"):
        one_line(cisterna("backup", name), "PLACE")
    before = (home / "cisterna.sqlite3").read_bytes()
    one_line(cisterna("restore", kept), "FILE")
    one_line(cisterna("restore", kept, CISTERNA_DATABASE="mine"), "FILE")
    assert (home / "cisterna.sqlite3").read_bytes() == before
    assert (home / "mine").read_text() == "years of work"
    assert names(home) == ["cisterna.sqlite3", "kept", "link", "mine"]


def test_where_no_record_is_nothing_is_made(cisterna, tmp_path):
    done = cisterna("backup", "it.jsonl", "--json")
    assert (done.code, done.json["refused"]["code"]) == (1, "no-record")
    assert names(tmp_path) == []


def test_a_broken_backup_is_refused_and_makes_nothing(cisterna, home, kept):
    kept.write_text(kept.read_text().replace("wwww", "wwwv", 1))
    done = cisterna("restore", kept, "--json", CISTERNA_DATABASE="other.sqlite3")
    assert (done.code, done.json["refused"]["code"]) == (1, "not-whole")
    assert names(home) == ["cisterna.sqlite3", "kept"]


@pytest.mark.parametrize("place", ["mysql://a/b", "postgresql://nobody@127.0.0.1:1/none"])
def test_a_database_that_is_none_is_said_in_one_line(cisterna, home, kept, place):
    for words in (("backup", "it.jsonl"), ("restore", kept)):
        one_line(cisterna(*words, CISTERNA_DATABASE=place), "CISTERNA_DATABASE")
    assert names(home) == ["cisterna.sqlite3", "kept"]


def test_a_file_that_is_none_is_said_in_one_line(cisterna, home):
    (home / "mine").write_text("years of work\n")
    for file in ("mine", "absent", "kept"):
        one_line(cisterna("verify", file), "RECORD")
        one_line(cisterna("restore", file, CISTERNA_DATABASE="other.sqlite3"), "FILE")
        one_line(cisterna("verify", "cisterna.sqlite3", "--anchor", file), "--anchor")
    assert names(home) == ["cisterna.sqlite3", "kept", "mine"]


def limited(folder: Path, size: int, *words: object, place: str):
    """Run where no file may grow beyond `size` bytes, as on a full disk."""
    environment = {"PYTHONPATH": str(ROOT / "src"), "PATH": "/usr/bin:/bin"}
    return subprocess.run(
        [sys.executable, "-B", "-c", LIMITED, str(size), *map(str, words)],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        env=environment | {"CISTERNA_DATABASE": place},
    )


@pytest.mark.parametrize("share", [0, 0.5, 0.99])
def test_a_full_disk_leaves_no_part_of_a_backup(home, kept, share):
    size = int(kept.stat().st_size * share)
    with closing(sqlite3.connect(home / "cisterna.sqlite3")) as database:
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    done = limited(home, size, "backup", "new.jsonl", place="cisterna.sqlite3")
    assert (done.returncode, done.stdout) == (2, ""), done.stderr
    assert len(done.stderr.strip().splitlines()) == 1, done.stderr
    assert names(home) == ["cisterna.sqlite3", "kept"]


@pytest.mark.parametrize("share", [0, 0.1, 0.5, 0.9, 0.99])
def test_a_full_disk_leaves_no_part_of_a_record(home, kept, share):
    size = int((home / "cisterna.sqlite3").stat().st_size * share)
    done = limited(home, size, "restore", kept, place="other.sqlite3")
    assert (done.returncode, done.stdout) == (2, ""), done.stderr
    assert len(done.stderr.strip().splitlines()) == 1, done.stderr
    assert sorted(p.name for p in home.iterdir() if "other" in p.name) == []
    assert names(home) == ["cisterna.sqlite3", "kept"]
    whole = limited(home, resource.RLIM_INFINITY, "restore", kept, place="other.sqlite3")
    assert whole.returncode == 0, whole.stderr


def test_without_the_extra_it_is_named_and_a_record_is_verified_all_the_same(home, kept):
    code = (
        "import sys; sys.modules['django'] = None; sys.path.insert(0, sys.argv.pop(1)); "
        "from cisterna.cli import main; main()"
    )

    def run(*words: object) -> "subprocess.CompletedProcess[str]":
        command = [sys.executable, "-c", code, str(ROOT / "src"), *map(str, words)]
        return subprocess.run(command, cwd=home, capture_output=True, text=True, check=False)

    assert run("verify", kept).returncode == 0
    done = run("backup", "it.jsonl")
    assert done.returncode == 2
    assert 'pip install "cisterna[clinic]"' in done.stderr


def test_a_check_does_not_wait_for_django(example):
    code = (
        "import sys; from typer.testing import CliRunner; from cisterna.cli.app import app; "
        f"done = CliRunner().invoke(app, ['check', {str(example('simple-morphine'))!r}]); "
        "assert done.exit_code == 0, done.output; "
        "print([m for m in sys.modules if m.split('.')[0] in ('django', 'psycopg', 'sqlite3')"
        " or m.startswith('cisterna.clinic')])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True,
        env={"PYTHONPATH": str(ROOT / "src"), "PATH": "/usr/bin:/bin"},
    )  # fmt: skip
    assert done.stdout.strip() == "[]"
