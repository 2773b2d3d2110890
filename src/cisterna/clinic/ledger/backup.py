"""A record as a file, and a file as a record again: both are verified before they count."""

import json
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path

from django.core.management import call_command
from django.db import connections, transaction

from cisterna.clinic.ledger.entry import ClinicKind, Entry, end_line, head_line
from cisterna.clinic.ledger.files import new_file
from cisterna.clinic.ledger.models import ClinicRow, EventRow
from cisterna.clinic.ledger.place import connect
from cisterna.clinic.ledger.record import Record, event_row
from cisterna.clinic.verify import Anchor, Link, Verdict, anchor_now, examine, read_line, verify
from cisterna.order.line import Refused

_BATCH = 1000


def export_lines(record: Record) -> Iterator[str]:
    """The record as the lines of an export, as far as it goes when this begins."""
    seq, last = record.head()
    yield head_line(record.clinic, record.id)
    for entry in record.entries():
        if entry.seq > seq:
            break
        yield entry.line()
    yield end_line(seq, last)


def anchor_beside(file: Path) -> Path:
    """Where the anchor of a backup stands."""
    return file.with_name(f"{file.name}.anchor")


def backup(record: Record, place: Path) -> tuple[Path, Verdict]:
    """Write the record and its anchor as two new files; in a folder they are named by the head.

    Raises `Refused` where the record is not whole, and `OSError`; then nothing is left behind.
    """
    seq, last = record.head()
    file = place / f"record-{seq}-{last[:12]}.jsonl" if place.is_dir() else place
    with new_file(file) as part:
        with part.open("x", encoding="ascii", newline="\n") as written:
            written.writelines(f"{line}\n" for line in export_lines(record))
        verdict = _whole(verify(part))
        with new_file(anchor_beside(file)) as anchor:
            anchor.write_text(anchor_now(verdict).text(), "ascii")
    return file, verdict


def restore(file: Path, place: str, anchors: Sequence[Anchor] = ()) -> tuple[Record, Verdict]:
    """Make the record of a backup in a database that holds none.

    Raises `Refused` where the backup is not whole or the database is taken, and the errors of the
    database; then no record is left behind.
    """
    verdict = _whole(verify(file, anchors))
    if "://" in place:
        return _filled(connect(place), file, verdict), verdict
    target = Path(place)
    if target.with_name(f"{target.name}-wal").exists():
        words = f"Beside {target} stands the journal of another database."
        raise Refused("record-exists", words, "Name another database.")
    with new_file(target) as part:
        database = connect(str(part))
        _filled(database, file, verdict)
        _close(database, part)
        _whole(verify(part, [verdict.whole]))
    found = Record.open(connect(str(target.absolute())))
    return found, verdict


def _filled(database: str, file: Path, verdict: Verdict) -> Record:
    """All of a backup in one transaction, verified before it is committed."""
    call_command("migrate", "ledger", database=database, verbosity=0, interactive=False)
    if ClinicRow.objects.using(database).exists():
        words = "This database holds a record already."
        raise Refused("record-exists", words, "Name another database.")
    record = Record(database, ClinicKind(verdict.clinic), verdict.record)
    with transaction.atomic(using=database, durable=True):
        record.mark()
        for rows in _batches(_entries(file)):
            EventRow.objects.using(database).bulk_create(map(_row, rows))
        head = head_line(record.clinic, record.id)
        _whole(examine(head, lambda: _own_lines(record), [verdict.whole]))
    return record


def _own_lines(record: Record) -> Iterator[Link | Anchor | None]:
    lines = export_lines(record)
    next(lines)
    return (read_line(f"{line}\n".encode()) for line in lines)


def _entries(file: Path) -> Iterator[Entry]:
    with file.open("rb") as opened:
        opened.readline()
        for raw in opened:
            line = read_line(raw)
            if isinstance(line, Link):
                yield Entry(line.seq, line.previous, line.hash, line.text)


def _row(entry: Entry) -> EventRow:
    # Not read as an event: a backup may hold kinds that this version does not know.
    try:
        row = json.loads(entry.text)
        return event_row(entry, row["person"], row["kind"], row["id"])
    except (ValueError, KeyError, TypeError):
        words = f"Number {entry.seq} of this backup is no event."
        raise Refused("no-event", words, "Take a backup that this program has made.") from None


def _batches(entries: Iterable[Entry]) -> Iterator[list[Entry]]:
    left = iter(entries)
    while batch := list(islice(left, _BATCH)):
        yield batch


def _close(database: str, part: Path) -> None:
    """Bring all of a database of SQLite into its one file."""
    with connections[database].cursor() as cursor:
        cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connections[database].close()
    if part.with_name(f"{part.name}-wal").exists():
        raise OSError(0, "the database could not be written out", str(part))


def _whole(verdict: Verdict) -> Verdict:
    if verdict.wrong is not None:
        wrong = verdict.wrong
        words = f"The record is not whole: {wrong.what} at event {wrong.seq}: {wrong.how}."
        raise Refused(
            "not-whole", words, "Restore the last backup that verifies; keep this as it is."
        )
    return verdict
