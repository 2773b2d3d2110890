"""What the signer has signed, on disk before any signature leaves it.

One line of JSON for each, with the digest of the line before it. A line that a power loss tore off
had no signature yet; it is cut away. A line that was changed stops the signer for good: a person
has to look. One signer at a time holds the file.
"""

import fcntl
import hashlib
import json
import os
from collections import defaultdict
from pathlib import Path
from typing import Any

FIRST = "0" * 64


class BrokenRecord(Exception):
    """The record is in use, or not as it was written."""


class Record:
    """The record of one key."""

    def __init__(self, path: Path) -> None:
        """Open or begin it. Raises `BrokenRecord` and `OSError`."""
        flags = os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC | os.O_NOFOLLOW
        self._file = os.open(path, flags, 0o600)
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(self._file)
            raise BrokenRecord("another signer holds the record") from None
        _sync_folder(path.parent)
        self.lines = 0
        self._last = FIRST
        self._spent: dict[str, set[str]] = defaultdict(set)
        try:
            self._recall()
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Let go of it."""
        os.close(self._file)

    def spent(self, bound: str) -> frozenset[str]:
        """The verbs that were signed under an approval already."""
        return frozenset(self._spent.get(bound, ()))

    def add(self, at: str, verb: str, text: str, bound: str | None) -> None:
        """Write down what will be signed, durably. Raises `OSError`: then nothing is signed."""
        row = {
            "n": self.lines,
            "before": self._last,
            "at": at,
            "verb": verb,
            "bound": bound,
            "text": text,
        }
        line = _line(row)
        end = os.lseek(self._file, 0, os.SEEK_END)
        try:
            if os.write(self._file, line) != len(line):
                raise OSError("the record took a part of a line only")
            os.fsync(self._file)
        except OSError:
            os.ftruncate(self._file, end)
            raise
        self._counted(row, line)

    def _recall(self) -> None:
        size = os.fstat(self._file).st_size
        body = os.pread(self._file, size, 0)
        whole = body.rfind(b"\n") + 1
        if whole < size:
            os.ftruncate(self._file, whole)
            os.fsync(self._file)
        for line in body[:whole].splitlines(keepends=True):
            self._counted(self._read(line), line)

    def _read(self, line: bytes) -> dict[str, Any]:
        try:
            row: dict[str, Any] = json.loads(line)
            fits = _line(row) == line and (row["n"], row["before"]) == (self.lines, self._last)
        except (ValueError, KeyError, TypeError, RecursionError):
            fits = False
        if not fits:
            raise BrokenRecord(f"line {self.lines + 1} is not as it was written")
        return row

    def _counted(self, row: dict[str, Any], line: bytes) -> None:
        self.lines += 1
        self._last = hashlib.sha256(line).hexdigest()
        if row["bound"] is not None:
            self._spent[row["bound"]].add(row["verb"])


def _line(row: dict[str, Any]) -> bytes:
    return json.dumps(row, sort_keys=True, separators=(",", ":")).encode() + b"\n"


def _sync_folder(folder: Path) -> None:
    file = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(file)
    finally:
        os.close(file)
