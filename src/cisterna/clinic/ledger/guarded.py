"""Whether the triggers that keep tables written-once still stand, as they were made.

A migration that rebuilds a table of SQLite drops its triggers, and an owner of the tables can do
so; nobody would notice until somebody verifies. So it is looked at before a clinic is served.
"""

import re
from collections.abc import Iterator, Sequence

from django.db import connections

from cisterna.clinic.ledger.guards import GUARDS
from cisterna.order.line import Refused

_TRIGGER = re.compile(r"CREATE TRIGGER (\w+)")
_FUNCTION = re.compile(r"CREATE FUNCTION (\w+)\(\).*?\$\$(.*)\$\$", re.DOTALL)
_ON = re.compile(r"ALTER TABLE (\w+) ENABLE ALWAYS TRIGGER (\w+)")
_OF_SQLITE = "SELECT name, sql FROM sqlite_master WHERE type = 'trigger'"
_OF_POSTGRESQL = """
    SELECT tgname, relname FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid
    WHERE tgenabled = 'A' AND pg_table_is_visible(tgrelid)
"""
_SOURCES = "SELECT proname, prosrc FROM pg_proc WHERE pg_function_is_visible(oid)"


def missing(database: str, steps: Sequence[str]) -> tuple[str, ...]:
    """Which of the triggers that these steps make are gone, off, or another one by now."""
    sqlite = connections[database].vendor == "sqlite"
    wanted = dict(_sqlite(steps) if sqlite else _postgresql(steps))
    with connections[database].cursor() as cursor:
        found: set[tuple[str, str]] = set()
        for query in (_OF_SQLITE,) if sqlite else (_OF_POSTGRESQL, _SOURCES):
            cursor.execute(query)
            found |= {(str(name), str(what)) for name, what in cursor.fetchall()}
    return tuple(sorted(name for name in wanted if (name, wanted[name]) not in found))


def check_guards(database: str, *others: Sequence[str]) -> None:
    """Raise `Refused` unless the record's triggers stand, and those of these other steps."""
    own = GUARDS[connections[database].vendor]
    gone = [name for steps in (own, *others) for name in missing(database, steps)]
    if gone:
        words = f"The database no longer refuses a change: {', '.join(gone)} is gone or altered."
        way_out = (
            "Verify the record against an anchor that was kept elsewhere, then restore a backup "
            "that verifies in a new database, which is guarded."
        )
        raise Refused("unguarded", words, way_out)


def _sqlite(steps: Sequence[str]) -> Iterator[tuple[str, str]]:
    """(trigger, its text)."""
    for step in steps:
        if found := _TRIGGER.match(step):
            yield found.group(1), step


def _postgresql(steps: Sequence[str]) -> Iterator[tuple[str, str]]:
    """(trigger, its table) and (function, its text)."""
    for step in steps:
        if found := _ON.match(step):
            yield found.group(2), found.group(1)
        elif found := _FUNCTION.match(step):
            yield found.group(1), found.group(2)
