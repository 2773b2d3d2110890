"""A new file: there whole or not at all, and never over what stands there."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory


@contextmanager
def new_file(path: Path) -> Iterator[Path]:
    """A place to write beside `path`; what stands there at the end gets the name, synced.

    Raises `OSError`, `FileExistsError` where the name is taken; then nothing is left behind.
    """
    if path.exists() or path.is_symlink():
        raise FileExistsError(0, "something stands there; it is kept", str(path))
    whole = path.absolute()
    with TemporaryDirectory(dir=whole.parent, prefix=".cisterna-") as folder:
        part = Path(folder) / whole.name
        yield part
        # It is about people: for its owner alone.
        part.chmod(0o600)
        _sync(part)
        # A link takes a free name or fails: two that write at once cannot replace each other.
        os.link(part, whole)
    _sync(whole.parent)


def _sync(path: Path) -> None:
    opened = os.open(path, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
