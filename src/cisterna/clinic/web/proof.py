"""Whether the record is whole, asked of the verifier, which shares no code with it."""

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from cisterna.clinic.ledger.backup import export_lines
from cisterna.clinic.verify import verify
from cisterna.clinic.web import desk


@dataclass(frozen=True, slots=True)
class Whole:
    """What the verifier says: how many events, the last hash, and what is wrong, if anything is."""

    ok: bool
    events: int
    hash: str
    wrong: str


def whole() -> Whole:
    """Export the record as it now stands, and have the file verified."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "record.jsonl"
        with file.open("x", encoding="ascii", newline="\n") as written:
            written.writelines(lines())
        found = verify(file)
    wrong = found.wrong
    said = f"{wrong.what} at event {wrong.seq}: {wrong.how}" if wrong else ""
    return Whole(found.ok, found.whole.seq, found.whole.hash, said)


def lines() -> Iterator[str]:
    """The record as an export, line by line."""
    return (f"{line}\n" for line in export_lines(desk.record()))
