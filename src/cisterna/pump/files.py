"""Storage in a folder of files, for pumps that live on a computer (POSIX).

Each area is one file. A file's bytes and its name in the folder are both synced, and the folder
is locked, so that a second process cannot write the same journal.
"""

import errno
import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType

from cisterna.pump.storage import StorageError, StorageFull

_FULL = (errno.ENOSPC, errno.EDQUOT)


class FileStorage:
    """The areas of one journal as files of a folder, which is made where it is missing.

    With `sync` off it is left to the operating system when bytes reach the disk: what was written
    survives the end of the process, killed or not, and not a power cut of the computer. That is
    for accelerated simulation only.

    Raises `StorageError` where the folder is in use by another process or cannot be used.
    """

    def __init__(self, folder: Path, sync: bool = True) -> None:
        self._files: dict[str, int] = {}
        self._folder = -1
        self._sync = sync
        with _told(folder):
            folder.mkdir(parents=True, exist_ok=True)
            if sync:
                _sync_folder(folder.parent)
            self._folder = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
            try:
                fcntl.flock(self._folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                self.close()
                raise

    def __enter__(self) -> "FileStorage":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        problem: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the files and of the folder."""
        for file in [*self._files.values(), self._folder]:
            if file >= 0:
                os.close(file)
        self._files, self._folder = {}, -1

    def size(self, area: str) -> int:
        """Bytes in the file; 0 where there is none."""
        with _told(area):
            try:
                return os.stat(area, dir_fd=self._folder).st_size
            except FileNotFoundError:
                return 0

    def read(self, area: str, length: int) -> bytes:
        """The first `length` bytes of the file, or as many as there are."""
        with _told(area):
            try:
                file = os.open(area, os.O_RDONLY, dir_fd=self._folder)
            except FileNotFoundError:
                return b""
            with os.fdopen(file, "rb") as opened:
                return opened.read(length)

    def write(self, area: str, offset: int, data: bytes) -> None:
        """Write all of `data` at `offset`."""
        with _told(area):
            file, rest = self._file(area), memoryview(data)
            while rest:
                done = os.pwrite(file, rest, offset)
                rest, offset = rest[done:], offset + done

    def sync(self, area: str) -> None:
        """Sync the file; its name in the folder was synced when it was made."""
        with _told(area):
            file = self._file(area)
            if self._sync:
                os.fsync(file)

    def _file(self, area: str) -> int:
        if area not in self._files:
            file = os.open(area, os.O_RDWR | os.O_CREAT, 0o600, dir_fd=self._folder)
            try:
                if self._sync:
                    os.fsync(self._folder)
            except OSError:
                os.close(file)
                raise
            self._files[area] = file
        return self._files[area]


def _sync_folder(folder: Path) -> None:
    opened = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


@contextmanager
def _told(what: object) -> Iterator[None]:
    """An `OSError` becomes the `StorageError` that the journal understands."""
    try:
        yield
    except OSError as problem:
        kind = StorageFull if problem.errno in _FULL else StorageError
        raise kind(f"{what}: {problem.strerror}") from problem
