"""The commands with the one variable that names the database, on both engines."""

import json
import os
import subprocess
import sys

from cisterna.clinic.ledger.backup import backup, export_lines
from tests.clinic.ledger.happened import said


def test_a_record_is_kept_and_comes_back_by_one_variable(record, place, new_place, tmp_path):
    record.append(*(said(n) for n in range(12)))
    other, file = new_place(), tmp_path / "kept.jsonl"

    def run(database: str, *words: object) -> "subprocess.CompletedProcess[str]":
        environment = {**os.environ, "CISTERNA_DATABASE": database}
        command = [sys.executable, "-m", "cisterna", *map(str, words), "--json"]
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)

    done = run(place, "backup", file)
    assert done.returncode == 0, done.stderr
    assert file.read_text().splitlines() == list(export_lines(record))
    done = run(other, "restore", file, "--anchor", json.loads(done.stdout)["anchor"])
    assert done.returncode == 0, done.stderr
    again = tmp_path / "again.jsonl"
    assert run(other, "backup", again).returncode == 0
    assert again.read_bytes() == file.read_bytes()
    assert run(other, "restore", file).returncode in (1, 2)
    assert list(export_lines(record)) == file.read_text().splitlines()


def test_a_backup_of_a_record_at_work_ends_where_it_began(record, tmp_path):
    record.append(said(1))
    lines = export_lines(record)
    first = next(lines)
    record.append(said(2))
    assert len([first, *lines]) == 3
    assert backup(record, tmp_path / "it.jsonl")[1].whole.seq == 2
