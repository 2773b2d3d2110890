"""The record takes what happened at its end, once, all or nothing, and gives it back in order."""

from dataclasses import replace
from pathlib import Path

import pytest
from django.db import Error, connections, transaction

from cisterna.clinic.event import event_text
from cisterna.clinic.ledger.entry import ClinicKind
from cisterna.clinic.ledger.place import connect, database
from cisterna.clinic.ledger.record import Record
from tests.clinic.ledger.happened import said
from tests.clinic.ledger.judged import refused, whole


def run(record: Record, words: str) -> None:
    """Raw SQL, past everything that this program would do."""
    with transaction.atomic(using=record.database), connections[record.database].cursor() as at:
        at.execute(words)


def test_what_was_written_is_read_in_order(record):
    written = record.append(said(1), said(2, "p2"))
    written += record.append(said(3))
    assert list(record.entries()) == list(written)
    assert [entry.event for entry in record.entries()] == [said(1), said(2, "p2"), said(3)]
    assert [entry.seq for entry in record.entries("p1")] == [1, 3]
    assert [entry.seq for entry in record.entries("p1", since=1)] == [3]
    assert record.head() == (3, written[-1].hash)
    assert whole(record)


def test_the_text_is_the_event_s_one_text_to_the_byte(record):
    event = said(1, words="naïve “quote”\n\x00 \ud800 ' -- %s")
    record.append(event)
    (entry,) = record.entries()
    assert entry.text == event_text(event)
    assert entry.event == event


def test_an_empty_record_is_whole(record):
    assert record.head().seq == 0
    assert record.append() == ()
    assert whole(record)


def test_an_act_that_is_done_again_is_written_once(record):
    first = record.append(said(1), said(2))
    assert record.append(said(1), said(2)) == first
    assert record.append(said(2), said(3), said(3))[0] == first[1]
    assert record.head().seq == 3
    assert whole(record)


def test_the_same_id_with_another_text_is_refused(record):
    record.append(said(1))
    with refused("other-text"):
        record.append(said(1, words="another"))
    with refused("other-text"):
        record.append(said(2), said(2, words="another"))
    assert record.head().seq == 1


def test_an_act_is_written_whole_or_not_at_all(record):
    record.append(said(1))
    with refused("other-text"):
        record.append(said(2), said(3), said(1, words="another"))
    assert [entry.event.id for entry in record.entries()] == ["e1"]


def test_a_correction_is_a_new_event_and_the_old_one_stays(record):
    record.append(said(1), said(2, corrects="e1"))
    assert [entry.event.id for entry in record.entries()] == ["e1", "e2"]


@pytest.mark.parametrize("wrong", [said(5, corrects="e9"), said(5, "p2", corrects="e1"),
                                   said(5, corrects="e5")])  # fmt: skip
def test_a_correction_names_an_event_of_the_same_person(record, wrong):
    record.append(said(1))
    with refused("nothing-to-correct"):
        record.append(said(2), wrong)
    assert record.head().seq == 1


@pytest.mark.parametrize("name", ["", "a b", "ä", "x" * 101, "a\n", "\x00"])
def test_a_name_that_cannot_be_typed_is_refused(record, name):
    with refused("bad-name"):
        record.append(replace(said(1), id=name))
    with refused("bad-name"):
        record.append(replace(said(1), person=name))


def test_a_demonstration_and_a_real_clinic_never_share_a_record(record):
    assert Record.open(record.database, ClinicKind.REAL) == record
    assert Record.open(record.database) == record
    with refused("other-clinic"):
        Record.open(record.database, ClinicKind.DEMONSTRATION)
    with refused("record-exists"):
        Record.create(record.database, ClinicKind.DEMONSTRATION)
    assert Record.open(record.database).clinic is ClinicKind.REAL


def test_where_no_record_is_none_is_opened_and_no_file_is_made(place, engine):
    with refused("no-record"):
        Record.open(connect(place))
    assert engine == "postgresql" or not Path(place).exists()


@pytest.mark.parametrize(
    "words",
    [
        "UPDATE cisterna_event SET text = 'x' WHERE seq = 2",
        "UPDATE cisterna_event SET person = 'p9'",
        "UPDATE cisterna_event SET seq = 9 WHERE seq = 3",
        "DELETE FROM cisterna_event WHERE seq = 3",
        "DELETE FROM cisterna_event",
        "UPDATE cisterna_clinic SET clinic = 'demonstration'",
        "DELETE FROM cisterna_clinic",
        "INSERT INTO cisterna_clinic VALUES (2, 'demonstration', 'x')",
        # In a taken place, with a gap, after another hash than the last, an id again.
        "INSERT INTO cisterna_event SELECT 2, 'p', 'k', 'e7', 't', 'q', 'h'",
        "INSERT INTO cisterna_event SELECT 5, 'p', 'k', 'e7', 't', hash, 'h' "
        "FROM cisterna_event WHERE seq = 3",
        "INSERT INTO cisterna_event SELECT 4, 'p', 'k', 'e7', 't', 'q', 'h'",
        "INSERT INTO cisterna_event SELECT 4, 'p', 'k', 'e1', 't', hash, 'h' "
        "FROM cisterna_event WHERE seq = 3",
    ],
)
def test_the_database_itself_refuses_every_change(record, words):
    before = record.append(said(1), said(2), said(3))
    with pytest.raises(Error):
        run(record, _in_order(words))
    assert list(record.entries()) == list(before)
    assert Record.open(record.database) == record


def _in_order(words: str) -> str:
    columns = "(seq, person, kind, id, text, previous, hash)"
    return words.replace("INTO cisterna_event SELECT", f"INTO cisterna_event {columns} SELECT")


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
@pytest.mark.parametrize("verb", ["INSERT OR REPLACE", "REPLACE", "INSERT OR IGNORE"])
def test_sqlite_replaces_no_entry_either(record, verb):
    before = record.append(said(1), said(2))
    for seq, name, previous in ((2, "e2", "q"), (3, "e1", before[1].hash), (3, "e9", "q")):
        words = f"{verb} INTO cisterna_event (seq, person, kind, id, text, previous, hash) "
        with pytest.raises(Error):
            run(record, f"{words} VALUES ({seq}, 'p', 'k', '{name}', 't', '{previous}', 'h')")
    with pytest.raises(Error):
        run(record, f"{verb} INTO cisterna_clinic VALUES (1, 'demonstration', 'x')")
    assert list(record.entries()) == list(before)
    assert Record.open(record.database) == record


@pytest.mark.parametrize("engine", ["postgresql"], indirect=True)
@pytest.mark.parametrize(
    "words",
    [
        "TRUNCATE cisterna_event",
        "TRUNCATE cisterna_clinic, cisterna_event CASCADE",
        "SET LOCAL session_replication_role = replica; DELETE FROM cisterna_event",
        "SET LOCAL session_replication_role = replica; TRUNCATE cisterna_event",
        "INSERT INTO cisterna_event (seq, person, kind, id, text, previous, hash) "
        "VALUES (2, 'p', 'k', 'e2', 't', 'q', 'h') ON CONFLICT (seq) DO UPDATE SET text = 't'",
    ],
)
def test_postgresql_refuses_to_truncate_and_as_a_replica(record, words):
    before = record.append(said(1), said(2))
    with pytest.raises(Error):
        run(record, words)
    assert list(record.entries()) == list(before)


@pytest.mark.parametrize("engine", ["postgresql"], indirect=True)
def test_a_role_that_owns_nothing_writes_and_cannot_take_the_triggers_away(record, place):
    record.append(said(1))
    role = place.rpartition("%3D")[2]
    for words in (
        f"CREATE ROLE {role} LOGIN",
        f"GRANT USAGE ON SCHEMA {role} TO {role}",
        f"GRANT SELECT, INSERT ON cisterna_event TO {role}",
        f"GRANT SELECT ON cisterna_clinic TO {role}",
    ):
        run(record, words)
    database = connect(place.replace("postgresql://postgres:@", f"postgresql://{role}@"))
    own = Record.open(database, ClinicKind.REAL)
    assert own.append(said(2))[0].seq == 2
    for words in (
        "DROP TRIGGER cisterna_event_no_change ON cisterna_event",
        "ALTER TABLE cisterna_event DISABLE TRIGGER ALL",
        "UPDATE cisterna_event SET text = 't'",
        "TRUNCATE cisterna_event",
        "SET session_replication_role = replica",
    ):
        with pytest.raises(Error, match=r"must be owner|permission denied"):
            run(own, words)
    connections[database].close()
    assert whole(record)


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_a_file_syncs_every_commit_and_waits_for_its_turn(record):
    with connections[record.database].cursor() as at:
        told = {}
        for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout"):
            at.execute(f"PRAGMA {name}")
            told[name] = at.fetchone()[0]
    assert told == {
        "journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 30_000
    }  # fmt: skip


def test_an_address_says_which_engine():
    found = database("postgresql://ward%40a:p%3Aw@db.example:6543/clinic?sslmode=verify-full")
    assert (found["HOST"], found["PORT"], found["NAME"]) == ("db.example", "6543", "clinic")
    assert (found["USER"], found["PASSWORD"]) == ("ward@a", "p:w")
    assert found["OPTIONS"] == {"sslmode": "verify-full"}
    assert database("record.sqlite3")["ENGINE"].endswith("sqlite3")
    with pytest.raises(ValueError, match="no database for a record"):
        database("mysql://host/name")
