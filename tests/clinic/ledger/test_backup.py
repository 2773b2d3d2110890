"""A backup is a whole record or nothing, and comes back as the same record on either engine."""

import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path

import pytest
from django.db import connections

from cisterna.clinic.ledger import backup as module
from cisterna.clinic.ledger.backup import anchor_beside, backup, export_lines, restore
from cisterna.clinic.ledger.entry import ClinicKind, entry_after
from cisterna.clinic.ledger.guarded import check_guards
from cisterna.clinic.ledger.place import connect
from cisterna.clinic.ledger.record import Record
from cisterna.clinic.verify import NoRecord, read_anchor, verify
from cisterna.order.line import Refused
from tests.clinic.ledger.happened import chain, export_of, said
from tests.clinic.ledger.judged import refused, whole


@pytest.fixture
def kept(record: Record, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The backup of a record of 25 events, restored ten at a time."""
    monkeypatch.setattr(module, "_BATCH", 10)
    record.append(*(said(n, f"p{n % 7}") for n in range(1, 26)))
    return backup(record, tmp_path / "kept.jsonl")[0]


def test_a_backup_verifies_against_its_anchor(kept, record):
    anchor = read_anchor(anchor_beside(kept))
    assert (anchor.seq, anchor.hash) == record.head()
    assert verify(kept, [anchor]).ok
    assert kept.read_text().splitlines() == list(export_lines(record))


def test_a_restored_record_is_the_same_to_the_byte_and_goes_on(kept, record, new_place, tmp_path):
    restored, _ = restore(kept, new_place(), [read_anchor(anchor_beside(kept))])
    assert list(export_lines(restored)) == list(export_lines(record))
    assert (restored.clinic, restored.id) == (record.clinic, record.id)
    again, _ = backup(restored, tmp_path / "again.jsonl")
    assert again.read_bytes() == kept.read_bytes()
    assert restored.append(said(2000))[0].seq == 26
    assert whole(restored)


def test_a_restored_record_is_guarded_as_the_first(kept, new_place):
    restored, _ = restore(kept, new_place())
    with pytest.raises(Exception, match="append-only"), cursor_of(restored) as at:
        at.execute("DELETE FROM cisterna_event")


def cursor_of(record: Record):
    return connections[record.database].cursor()


def test_a_backup_in_a_folder_is_named_by_its_head(record, tmp_path):
    record.append(said(1))
    seq, last = record.head()
    file, _ = backup(record, tmp_path)
    assert file == tmp_path / f"record-{seq}-{last[:12]}.jsonl"
    assert anchor_beside(file).exists()


@pytest.mark.parametrize("taken", ["kept.jsonl", "kept.jsonl.anchor"])
def test_nothing_is_written_over(record, tmp_path, taken):
    (tmp_path / taken).write_text("years of work")
    with pytest.raises(FileExistsError):
        backup(record, tmp_path / "kept.jsonl")
    assert (tmp_path / taken).read_text() == "years of work"
    assert [p.name for p in tmp_path.iterdir() if "kept" in p.name] == [taken]


def test_a_record_that_is_not_whole_is_not_backed_up(record, tmp_path, engine):
    record.append(said(1), said(2))
    with cursor_of(record) as at:
        name = "cisterna_event_no_" + ("update" if engine == "sqlite" else "change")
        table = "" if engine == "sqlite" else " ON cisterna_event"
        at.execute(f"DROP TRIGGER {name}{table}")
        at.execute("UPDATE cisterna_event SET text = '{}' WHERE seq = 1")
    with refused("not-whole"):
        backup(record, tmp_path / "kept.jsonl")
    assert [p.name for p in tmp_path.iterdir() if p.name.startswith((".", "kept"))] == []


@pytest.mark.parametrize("bend", ["cut", "changed"])
def test_a_backup_that_is_not_whole_is_not_restored(kept, new_place, engine, bend):
    lines = kept.read_bytes().splitlines(keepends=True)
    lines = lines[:-5] if bend == "cut" else [*lines[:3], lines[3].upper(), *lines[4:]]
    kept.write_bytes(b"".join(lines))
    place = new_place()
    with refused("not-whole"):
        restore(kept, place)
    with refused("no-record"):
        Record.open(connect(place))
    assert engine == "postgresql" or not Path(place).exists()


def test_a_backup_that_does_not_fit_its_anchor_is_not_restored(record, new_place, tmp_path):
    record.append(said(1))
    early, _ = backup(record, tmp_path / "early.jsonl")
    record.append(said(2))
    late, _ = backup(record, tmp_path / "late.jsonl")
    with refused("not-whole"):
        restore(early, new_place(), [read_anchor(anchor_beside(late))])
    restore(late, new_place(), [read_anchor(anchor_beside(early))])


def test_no_record_is_restored_over_another(kept, new_place):
    place = new_place()
    other = Record.create(connect(place), ClinicKind.DEMONSTRATION)
    other.append(said(1))
    before = list(export_lines(other))
    with pytest.raises((FileExistsError, Refused)):
        restore(kept, place)
    assert list(export_lines(other)) == before


def test_what_the_database_refuses_leaves_no_record(new_place, tmp_path, engine):
    # The chain is whole and the same id stands in it twice: the database does not take that.
    entries = chain(3)
    entries.append(entry_after(3, entries[-1].hash, entries[0].text))
    file, place = tmp_path / "twice.jsonl", new_place()
    file.write_text("".join(f"{line}\n" for line in export_of(entries)))
    assert verify(file).ok
    with pytest.raises(Exception, match=r"append-only|unique"):
        restore(file, place)
    with refused("no-record"):
        Record.open(connect(place))
    assert engine == "postgresql" or not Path(place).exists()


def test_a_chain_of_what_is_no_event_is_not_restored(new_place, tmp_path):
    first = chain(1)[0]
    file, place = tmp_path / "strange.jsonl", new_place()
    strange = [entry_after(0, first.previous, '{"id":"e1"}')]
    file.write_text("".join(f"{line}\n" for line in export_of(strange)))
    assert verify(file).ok
    with refused("no-event"):
        restore(file, place)
    with refused("no-record"):
        Record.open(connect(place))


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_what_is_written_is_for_its_owner_alone(kept, place, new_place):
    other = new_place()
    restore(kept, other)
    for path in (Path(place), Path(other), kept, anchor_beside(kept)):
        assert path.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
@pytest.mark.parametrize("words", ["DROP TABLE cisterna_clinic", "UPDATE cisterna_clinic SET "
                                   "record = x'00'"])  # fmt: skip
def test_a_database_that_does_not_say_whose_it_is_is_no_record(record, place, words):
    with closing(sqlite3.connect(place)) as database:
        database.execute("DROP TRIGGER cisterna_clinic_no_update")
        database.execute(words)
        database.commit()
    with pytest.raises(NoRecord):
        verify(Path(place))


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_the_journal_of_another_database_is_not_taken_over(kept, new_place):
    place = new_place()
    Path(f"{place}-wal").write_bytes(b"x")
    with refused("record-exists"):
        restore(kept, place)
    assert not Path(place).exists()


# A database of SQLite, as the verifier reads it ---------------------------------------------------


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("words", "what", "seq"),
    [
        ("UPDATE cisterna_event SET text = replace(text, 'e4', 'e5') WHERE seq = 4", "changed", 4),
        ("UPDATE cisterna_event SET person = 'p9' WHERE seq = 4", "changed", 4),
        ("UPDATE cisterna_event SET kind = 'x' WHERE seq = 4", "changed", 4),
        ("UPDATE cisterna_event SET id = 'x' WHERE seq = 4", "changed", 4),
        ("UPDATE cisterna_event SET hash = x'00' WHERE seq = 4", "changed", 4),
        ("DELETE FROM cisterna_event WHERE seq = 4", "removed", 4),
        ("DELETE FROM cisterna_event WHERE seq < 4", "removed", 1),
        ("DELETE FROM cisterna_event WHERE seq > 7", "truncated", 8),
        (
            "UPDATE cisterna_event SET seq = -seq WHERE seq IN (4, 5); "
            "UPDATE cisterna_event SET seq = 9 + seq WHERE seq < 0",
            "reordered",
            4,
        ),
        (
            "INSERT INTO cisterna_event (seq, person, kind, id, text, previous, hash) "
            "VALUES (11, 'p1', 'pain-said', 'e50', '{}', 'x', 'y')",
            "changed",
            11,
        ),
        ("UPDATE cisterna_clinic SET clinic = 'demonstration'", "changed", 0),
    ],
)
def test_whatever_is_done_past_the_triggers_shows(record, place, words, what, seq):
    record.append(*(said(n) for n in range(1, 11)))
    anchor = verify(Path(place)).whole
    with closing(sqlite3.connect(place)) as database:
        names = database.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall()
        for (name,) in names:
            database.execute(f"DROP TRIGGER {name}")
        database.execute("PRAGMA ignore_check_constraints = ON")
        database.executescript(words)
        database.commit()
    verdict = verify(Path(place), [anchor])
    assert verdict.wrong is not None
    assert (verdict.wrong.what, verdict.wrong.seq) == (what, seq)


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_a_database_is_verified_while_it_is_written(record, place):
    record.append(said(1))
    assert verify(Path(place)).whole.seq == 1
    record.append(said(2))
    assert verify(Path(place)).whole.seq == 2
    assert verify(Path(place)).ok


@pytest.mark.parametrize("engine", ["postgresql"], indirect=True)
def test_a_dump_of_a_whole_database_brings_back_the_record_and_its_guards(
    record, place, server, tmp_path
):
    """The two lines of docs/how-to/deploy.md, for one schema of a server that has many."""
    record.append(said(1), said(2))
    before = list(export_lines(record))
    address, _, schema = place.partition("&options=-csearch_path%3D")
    dump = tmp_path / "clinic.dump"
    only = (f"--schema={schema}", f"--file={dump}")
    subprocess.run([server.bin_path / "pg_dump", "--format=custom", *only, address], check=True)
    connections[record.database].close()
    server.psql(f"DROP SCHEMA {schema} CASCADE;")
    into = ("--exit-on-error", f"--dbname={address}")
    subprocess.run([server.bin_path / "pg_restore", *into, dump], check=True)
    back = Record.open(connect(place))
    assert list(export_lines(back)) == before
    check_guards(back.database)
    assert back.append(said(3))[0].seq == 3
