"""The order without an installation: one HTML file that runs the same Python in a browser."""

from pathlib import Path


def bedside(out: str | Path, runtime: str | Path | None = None) -> Path:
    """Write the page as one self-contained file.

    `runtime` is the unpacked package that `pyodide.toml` names; without it `CISTERNA_PYODIDE` and
    `build/pyodide` are looked at. Raises `Unusable`, and then writes nothing.
    """
    from cisterna.bedside.bundle import write_page  # noqa: PLC0415 - the page itself has no bundle

    return write_page(Path(out), None if runtime is None else Path(runtime))


__all__ = ["bedside"]
