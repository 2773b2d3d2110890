"""The triggers that guard the record are looked at before anybody relies on them."""

import pytest
from django.db import connections

from cisterna.clinic.ledger.guarded import check_guards, missing
from cisterna.clinic.ledger.guards import GUARDS
from tests.clinic.ledger.happened import said
from tests.clinic.ledger.judged import refused

WORDS = {
    "sqlite": {
        "gone": ("DROP TRIGGER cisterna_event_no_update", "cisterna_event_no_update"),
        "another": (
            "DROP TRIGGER cisterna_event_no_delete; CREATE TRIGGER cisterna_event_no_delete "
            "BEFORE DELETE ON cisterna_event BEGIN SELECT 1; END",
            "cisterna_event_no_delete",
        ),
    },
    "postgresql": {
        "gone": (
            "DROP TRIGGER cisterna_event_no_change ON cisterna_event",
            "cisterna_event_no_change",
        ),
        "another": (
            "CREATE OR REPLACE FUNCTION cisterna_refuse() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RETURN NEW; END $$",
            "cisterna_refuse",
        ),
        "off": (
            "ALTER TABLE cisterna_event DISABLE TRIGGER cisterna_event_at_the_end",
            "cisterna_event_at_the_end",
        ),
    },
}


def run(database: str, words: str) -> None:
    """What somebody does who owns the tables."""
    with connections[database].cursor() as cursor:
        for number, each in enumerate(words.split("; CREATE")):
            cursor.execute(f"CREATE{each}" if number else each)


def test_a_record_is_guarded_from_its_beginning(record):
    assert missing(record.database, GUARDS[connections[record.database].vendor]) == ()
    check_guards(record.database)


@pytest.mark.parametrize(
    ("engine", "what"),
    [(engine, what) for engine, all_words in WORDS.items() for what in all_words],
    indirect=["engine"],
)
def test_a_guard_that_is_gone_another_or_off_is_noticed(record, engine, what):
    record.append(said(1))
    words, name = WORDS[engine][what]
    run(record.database, words)
    assert missing(record.database, GUARDS[engine]) == (name,)
    with refused("unguarded"):
        check_guards(record.database)


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_a_table_that_a_migration_rebuilds_has_lost_its_guards(record):
    """What SQLite does for most changes of a table: a new one, and the old one dropped."""
    run(record.database, "CREATE TABLE other AS SELECT * FROM cisterna_clinic")
    run(record.database, "DROP TABLE cisterna_clinic")
    run(record.database, "ALTER TABLE other RENAME TO cisterna_clinic")
    with refused("unguarded"):
        check_guards(record.database)
