"""The field in a file: concentration in the CSF by time, level and drug, with what it rests on.

A `.csv` needs nothing more; `.parquet`, `.nc` and `.zarr` need the extra `study` and carry units,
versions, citations and assumptions. Nothing that exists is written over, and a file is there whole
or not at all.
"""

import csv
from collections.abc import Callable, Mapping
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import numpy as np

from cisterna.facts import Library, digest, rows, table
from cisterna.order.form import Problem, Unusable
from cisterna.order.prescription import Prescription
from cisterna.spine.forecast import Forecast

if TYPE_CHECKING:
    import xarray as xr

UNIT = "mg/mL"
NEEDS: Mapping[str, tuple[str, ...]] = {
    ".csv": (),
    ".parquet": ("pyarrow",),
    ".nc": ("xarray", "netCDF4"),
    ".zarr": ("xarray", "zarr"),
}
_COLUMNS = ("hour", "level", "drug", "csf_mg_per_ml")
_LONG = "mean concentration in the spinal fluid of the level, default person, model estimate"
_NO_DEVICE = "Research and planning software, not a cleared medical device."


def refuse_place(path: Path) -> None:
    """Raise `Unusable` for an ending, a missing extra or a place that will not do."""
    if path.suffix not in NEEDS:
        raise _unusable(repr(path.suffix), f"a name that ends in {', '.join(NEEDS)}")
    missing = [name for name in NEEDS[path.suffix] if find_spec(name) is None]
    if missing:
        found = f"{path.suffix} without {' and '.join(missing)} installed"
        raise _unusable(found, 'the extra "study" (pip install "cisterna[study]"), or .csv')
    if path.exists() or path.is_symlink():
        raise _unusable(f"{path}, which exists", "a new name: nothing is written over")
    if not path.parent.is_dir():
        raise _unusable(f"no folder {path.parent}", "a folder that exists")


def write_field(path: Path, result: Forecast, rx: Prescription, library: Library) -> None:
    """Write the field in the format of the ending; raises `Unusable` and then leaves nothing."""
    refuse_place(path)
    try:
        with TemporaryDirectory(dir=path.parent, prefix=".cisterna-") as folder:
            part = Path(folder) / path.name
            _WRITERS[path.suffix](part, result, rx, library)
            refuse_place(path)
            part.rename(path)
    except (OSError, RuntimeError) as problem:
        raise _unusable(str(problem)[:200], "a place that can be written") from None


def _unusable(found: str, expected: str) -> Unusable:
    return Unusable("forecast", [Problem("--out", found, expected)])


def dataset(result: Forecast, rx: Prescription, library: Library) -> "xr.Dataset":
    """The field with dimensions time, level and drug, and what it rests on as attributes.

    Needs the extra `study`. Raises `ValueError` where the forecast has no field.
    """
    import xarray as xr  # noqa: PLC0415

    if not result.fields:
        raise ValueError("every drug of this forecast was refused: there is no field")
    one = next(iter(result.fields.values()))
    values = np.stack([f.csf.T for f in result.fields.values()], axis=-1)
    return xr.Dataset(
        {"csf": (("time", "level", "drug"), values, {"units": UNIT, "long_name": _LONG})},
        coords={
            "time": ("time", one.hours, {"units": "h", "long_name": "time since the fill"}),
            "level": ("level", list(one.levels), {"long_name": "vertebral level"}),
            "drug": ("drug", list(result.fields), {"long_name": "drug, by its id"}),
        },
        attrs=attributes(result, rx, library),
    )


def attributes(result: Forecast, rx: Prescription, library: Library) -> dict[str, str]:
    """What the field rests on, as plain texts; lists have one item in each line."""
    tip = rx.catheter.tip if rx.catheter else None
    return {
        "title": "Intrathecal drug in the spinal fluid, by time, level and drug",
        "order": Path(rx.file).name,
        "start": rx.solution.filled_at.isoformat(),
        "tip": tip or "",
        "csf_unit": UNIT,
        "time_unit": "h",
        "cisterna_version": _version(),
        "data_digest": f"sha256:{digest()}",
        "assumptions": "\n".join(result.assumptions),
        "refusals": "\n".join(f"{r.subject}: {r.reason}" for r in result.refusals),
        "sources": "\n".join(f"{k}: {v}" for k, v in citations(library, result.fields).items()),
        "disclaimer": _NO_DEVICE,
    }


def citations(library: Library, drugs: Mapping[str, Any]) -> dict[str, str]:
    """Key and title of every source of the canal, the fluid, and the kinetics of these drugs."""
    groups = ("csf.", *(f"kinetics.{drug}." for drug in drugs))
    used = {library.site(path, row)["source"] for path, row in rows() if path.startswith(groups)}
    used |= set(_sources(table("anatomy/levels")["column"]))
    known = library.sources
    return {key: str(known[key]["title"]) if key in known else key for key in sorted(used)}


def _sources(columns: Mapping[str, Any]) -> list[str]:
    """The sources of the level table; a column may have parts of its own."""
    found: list[str] = []
    for row in columns.values():
        found += [row["source"]] if "source" in row else _sources(row)
    return found


def _version() -> str:
    try:
        return version("cisterna")
    except PackageNotFoundError:
        return "not installed"


# formats ---------------------------------------------------------------------------------


def _write_csv(path: Path, result: Forecast, rx: Prescription, library: Library) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        out = csv.writer(file)
        out.writerow(_COLUMNS)
        for drug, found in result.fields.items():
            for column, hour in enumerate(found.hours):
                for row, level in enumerate(found.levels):
                    value = f"{found.csf[row, column]:.9g}"
                    out.writerow([f"{hour:.6g}", level, drug, value])


def _write_parquet(path: Path, result: Forecast, rx: Prescription, library: Library) -> None:
    import pyarrow as pa  # noqa: PLC0415
    from pyarrow import parquet  # noqa: PLC0415

    hours, names, drugs, values = [], [], [], []
    for drug, found in result.fields.items():
        hours.append(np.repeat(found.hours, len(found.levels)))
        names += list(found.levels) * len(found.hours)
        drugs += [drug] * found.csf.size
        values.append(found.csf.T.ravel())
    columns = (np.concatenate(hours), names, drugs, np.concatenate(values))
    made = pa.table(dict(zip(_COLUMNS, columns, strict=True)))
    parquet.write_table(made.replace_schema_metadata(attributes(result, rx, library)), path)


def _write_netcdf(path: Path, result: Forecast, rx: Prescription, library: Library) -> None:
    dataset(result, rx, library).to_netcdf(path, engine="netcdf4")


def _write_zarr(path: Path, result: Forecast, rx: Prescription, library: Library) -> None:
    # Its own writers go on in other threads after one of them has failed on a full disk.
    from zarr.storage import MemoryStore  # noqa: PLC0415

    kept: dict[str, Any] = {}
    dataset(result, rx, library).to_zarr(MemoryStore(kept), zarr_format=2, consolidated=True)
    for name, part in kept.items():
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_bytes(part.to_bytes())


_WRITERS: Mapping[str, Callable[[Path, Forecast, Prescription, Library], None]] = {
    ".csv": _write_csv,
    ".parquet": _write_parquet,
    ".nc": _write_netcdf,
    ".zarr": _write_zarr,
}
