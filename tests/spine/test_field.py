"""The field in each format: read back it equals the CSV, and it says what it rests on."""

import csv
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from pyarrow import parquet

from cisterna.facts import Library, digest
from cisterna.order.form import Unusable
from cisterna.order.reading import read_prescription
from cisterna.quantity import Quantity
from cisterna.spine.field import NEEDS, attributes, citations, write_field
from cisterna.spine.forecast import Forecast, forecast_order
from tests.test_examples import EXAMPLES

LIBRARY = Library()
RX = read_prescription(EXAMPLES / "change" / "new.toml", LIBRARY)
ATTRIBUTES = {
    *("title", "order", "start", "tip", "csf_unit", "time_unit", "cisterna_version"),
    *("data_digest", "assumptions", "refusals", "sources", "disclaimer"),
}


@pytest.fixture(scope="module")
def found() -> Forecast:
    """A change with a bridge, two drugs, over a day and a half in odd steps."""
    return forecast_order(RX, LIBRARY, days=2, size=1, every=Quantity.of(5, "h"))


@pytest.fixture(scope="module")
def table(found, tmp_path_factory) -> dict[tuple[float, str, str], float]:
    """The CSV by time, level and drug."""
    path = tmp_path_factory.mktemp("csv") / "field.csv"
    write_field(path, found, RX, LIBRARY)
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return {(float(r["hour"]), r["level"], r["drug"]): float(r["csf_mg_per_ml"]) for r in rows}


def test_the_times_are_the_steps_and_the_end_for_every_drug(found, table):
    assert sorted({hour for hour, _, _ in table}) == [*range(0, 48, 5), 48]
    assert {drug for _, _, drug in table} == {"morphine", "bupivacaine"}
    for field in found.fields.values():
        assert field.csf.shape == (26, 11)
    assert len(table) == 2 * 26 * 11


@pytest.mark.parametrize("ending", ["nc", "zarr"])
def test_a_dataset_equals_the_csv_and_keeps_its_attributes(found, table, tmp_path, ending):
    path = tmp_path / f"field.{ending}"
    write_field(path, found, RX, LIBRARY)
    read = xr.open_dataset(path, engine="netcdf4" if ending == "nc" else "zarr")
    with read as data:
        assert dict(data.sizes) == {"time": 11, "level": 26, "drug": 2}
        assert data["csf"].attrs["units"] == "mg/mL"
        assert data["time"].attrs["units"] == "h"
        assert data.attrs == attributes(found, RX, LIBRARY)
        assert np.isfinite(data["csf"].values).all()
        for (hour, level, drug), value in table.items():
            cell = data["csf"].sel(time=hour, level=level, drug=drug)
            assert float(cell) == pytest.approx(value, rel=1e-8)


def test_parquet_equals_the_csv_and_keeps_its_attributes(found, table, tmp_path):
    path = tmp_path / "field.parquet"
    write_field(path, found, RX, LIBRARY)
    read = parquet.read_table(path)
    rows = read.to_pylist()
    values = {(r["hour"], r["level"], r["drug"]): r["csf_mg_per_ml"] for r in rows}
    assert values == pytest.approx(table, rel=1e-8)
    kept = {k.decode(): v.decode() for k, v in read.schema.metadata.items()}
    assert kept.items() >= attributes(found, RX, LIBRARY).items()


def test_the_attributes_say_what_the_field_rests_on(found):
    said = attributes(found, RX, LIBRARY)
    assert set(said) == ATTRIBUTES
    assert said["order"] == "new.toml"
    assert said["start"] == "2026-11-23T10:00:00-05:00"
    assert said["data_digest"] == f"sha256:{digest()}"
    assert "drug-free" in said["assumptions"] or "no drug at the start" in said["assumptions"]
    assert all(": " in line for line in said["sources"].splitlines())


def test_the_citations_are_those_of_the_canal_and_of_the_drugs_shown(found):
    both = citations(LIBRARY, found.fields)
    assert both["bernards-hill-1992"] == LIBRARY.sources["bernards-hill-1992"]["title"]
    assert "valosek-2024" in both
    assert "bernards-hill-1992" not in citations(LIBRARY, {"ziconotide": None})
    assert set(both) <= set(LIBRARY.sources)


@pytest.mark.parametrize("ending", NEEDS)
def test_a_field_that_cannot_be_written_leaves_nothing(found, tmp_path, monkeypatch, ending):
    def full(self: Path, target: Path) -> Path:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "rename", full)
    with pytest.raises(Unusable, match="No space left"):
        write_field(tmp_path / f"field{ending}", found, RX, LIBRARY)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("ending", NEEDS)
def test_what_exists_is_kept(found, tmp_path, ending):
    path = tmp_path / f"field{ending}"
    path.write_text("mine", "utf-8")
    with pytest.raises(Unusable, match="exists"):
        write_field(path, found, RX, LIBRARY)
    assert path.read_text("utf-8") == "mine"


def test_the_same_data_have_the_same_digest():
    assert digest() == digest()
    assert len(digest()) == 64
