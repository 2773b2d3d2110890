"""The Python that the page carries: where its files are, and that they are the pinned ones."""

import os
import tomllib
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

from cisterna.order.form import Problem, Unusable

PINNED = Path(__file__).with_name("pyodide.toml")
PLACE = Path("build/pyodide")
VARIABLE = "CISTERNA_PYODIDE"


def pinned() -> dict[str, Any]:
    """Name, version, licence and the SHA-256 of each file."""
    return tomllib.loads(PINNED.read_text("utf-8"))


def find_runtime(named: Path | None = None) -> Mapping[str, bytes]:
    """The files of the pinned runtime, each with the hash that it must have.

    Raises `Unusable` where there is no folder, and with every file that is not the pinned one.
    """
    row = pinned()
    folder = _folder(named)
    if not folder.is_dir():
        raise Unusable("bedside", [Problem("--runtime", f"no folder {folder}", _how_to_get(row))])
    problems: list[Problem] = []
    files = {name: _file(folder / name, row, problems) for name in row["sha256"]}
    if problems:
        raise Unusable("bedside", problems)
    return files


def _folder(named: Path | None) -> Path:
    """The folder named, else that of the environment, else that of `make bedside`."""
    said = os.environ.get(VARIABLE)
    folder = named or (Path(said) if said else PLACE)
    inner = folder / "package"
    return inner if inner.is_dir() else folder


def _how_to_get(row: Mapping[str, Any]) -> str:
    package = f"{row['name']}@{row['version']}"
    return (
        f"the unpacked npm package {package}. Get it with `make bedside`, or with\n"
        f"  npm pack {package} && mkdir -p {PLACE} && "
        f"tar -xzf {row['name']}-{row['version']}.tgz -C {PLACE}\n"
        f"and name its folder with --runtime or {VARIABLE}"
    )


def _file(path: Path, row: Mapping[str, Any], problems: list[Problem]) -> bytes:
    package, wanted = f"{row['name']}@{row['version']}", row["sha256"][path.name]
    try:
        content = path.read_bytes()
    except OSError as problem:
        said = problem.strerror or "no file"
        problems.append(Problem(str(path), said, f"this file of {package}"))
        return b""
    found = sha256(content).hexdigest()
    if found != wanted:
        expected = f"{wanted}, which {PINNED.name} pins for {package}"
        problems.append(Problem(str(path), f"SHA-256 {found}", expected))
    return content
