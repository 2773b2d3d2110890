"""A folder of results: new, and there whole or not at all."""

import os
from collections.abc import Mapping
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp

from cisterna.order.form import Problem, Unusable


def refuse_folder(folder: Path) -> None:
    """Raise `Unusable` for a place that is taken or cannot be made, before any work is done."""
    if folder.exists() or folder.is_symlink():
        raise _unusable(f"{folder} exists", "a new folder")
    if not folder.absolute().parent.is_dir():
        raise _unusable(f"{folder.parent} is no folder", "a folder that exists, for the new one")


def new_folder(folder: Path, files: Mapping[str, str]) -> None:
    """Write the files beside the place first, then give them the folder's name at once."""
    refuse_folder(folder)
    whole = folder.absolute()
    made = None
    try:
        made = Path(mkdtemp(prefix=f".{whole.name[:40]}-", dir=whole.parent))
        for name, text in files.items():
            (made / name).write_text(text, "utf-8", newline="")
        made.chmod(0o755)
        os.rename(made, whole)
    except OSError as problem:
        if made is not None:
            rmtree(made, ignore_errors=True)
        raise _unusable(str(problem.strerror), "a place that can be written") from None


def _unusable(found: str, expected: str) -> Unusable:
    return Unusable("command line", [Problem("--out", found, expected)])
