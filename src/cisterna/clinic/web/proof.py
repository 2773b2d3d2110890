"""Whether the record is whole, asked of the verifier, which shares no code with it."""

import asyncio
import tempfile
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from django.core.handlers.asgi import ASGIRequest
from django.http import HttpRequest, StreamingHttpResponse

from cisterna.clinic.ledger.backup import export_lines
from cisterna.clinic.verify import verify
from cisterna.clinic.web import desk

_PART = 1 << 18


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


def download(request: HttpRequest) -> StreamingHttpResponse:
    """The record as a file that is sent part by part.

    It is written out first: nothing of the database is read inside a stream, and however long the
    record is, only a part of it is in memory.
    """
    kept = tempfile.TemporaryFile()  # noqa: SIM115  (closed when all of it was sent)
    kept.writelines(line.encode("ascii") for line in lines())
    kept.seek(0)
    parts = _sent(kept) if isinstance(request, ASGIRequest) else _read(kept)
    return StreamingHttpResponse(parts, content_type="application/jsonl")


def _read(kept: BinaryIO) -> Iterator[bytes]:
    with kept:
        while part := kept.read(_PART):
            yield part


async def _sent(kept: BinaryIO) -> AsyncIterator[bytes]:
    with kept:
        while part := await asyncio.to_thread(kept.read, _PART):
            yield part


def lines() -> Iterator[str]:
    """The record as an export, line by line."""
    return (f"{line}\n" for line in export_lines(desk.record()))
