"""The page carries the pinned runtime or is not made, and its policy lets nothing out."""

import json
import re
from base64 import b64decode, b64encode
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from zipfile import ZipFile

import pytest
from typer.testing import CliRunner

from cisterna.bedside import bedside
from cisterna.bedside.archive import PACKAGE, archive
from cisterna.bedside.bundle import page
from cisterna.bedside.runtime import PLACE, VARIABLE, find_runtime, pinned
from cisterna.cli.app import app
from cisterna.facts import Library
from cisterna.order.form import Unusable
from cisterna.spine.export import export
from cisterna.spine.forecast import ASSUMPTIONS
from cisterna.spine.live import live_data
from cisterna.spine.refusal import drug_refusal

FILES = list(pinned()["sha256"])


@pytest.fixture(autouse=True)
def _nothing_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)


@pytest.fixture
def imitation(tmp_path: Path) -> Path:
    """A folder with files of the right names and the wrong contents."""
    folder = tmp_path / "imitation"
    folder.mkdir()
    for name in FILES:
        (folder / name).write_text("not the pinned one")
    return folder


def test_a_file_with_another_hash_is_refused_and_nothing_is_written(
    imitation: Path, tmp_path: Path
):
    with pytest.raises(Unusable) as refused:
        bedside(tmp_path / "page.html", imitation)

    assert len(refused.value.problems) == len(FILES)
    assert all("SHA-256" in p.found for p in refused.value.problems)
    assert not (tmp_path / "page.html").exists()


def test_a_missing_file_is_refused_by_name(imitation: Path):
    (imitation / "pyodide.asm.wasm").unlink()

    with pytest.raises(Unusable, match=r"pyodide\.asm\.wasm: found No such file"):
        find_runtime(imitation)


def test_without_a_runtime_the_command_says_how_to_get_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.chdir(tmp_path)

    done = CliRunner().invoke(app, ["bedside", "--out", "page.html"])

    assert done.exit_code == 2
    assert f"npm pack pyodide@{pinned()['version']}" in done.stderr
    assert "make bedside" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_the_environment_may_name_the_runtime(imitation: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv(VARIABLE, str(imitation))

    with pytest.raises(Unusable, match="imitation"):
        find_runtime()


def test_a_file_that_is_no_page_is_not_overwritten(tmp_path: Path, runtime: Path):
    other = tmp_path / "thesis.html"
    other.write_text("years of work")

    with pytest.raises(Unusable, match="another file"):
        bedside(other, runtime)

    assert other.read_text() == "years of work"


def test_a_page_is_replaced_by_a_newer_one(tmp_path: Path, runtime: Path):
    out = tmp_path / "page.html"

    assert bedside(out, runtime) == bedside(out, runtime) == out
    assert list(tmp_path.iterdir()) == [out]


def test_a_place_that_cannot_be_written_is_refused(tmp_path: Path, runtime: Path):
    (tmp_path / "file").write_text("")

    with pytest.raises(Unusable, match="--out"):
        bedside(tmp_path / "file" / "page.html", runtime)


def test_the_rooms_go_in_unchanged():
    with ZipFile(BytesIO(archive())) as packed:
        names = packed.namelist()
        for room in ("quantity", "facts", "order"):
            for path in (PACKAGE / room).rglob("*.py"):
                name = f"cisterna/{path.relative_to(PACKAGE).as_posix()}"
                assert packed.read(name) == path.read_bytes()

    assert "cisterna/facts/drugs/morphine.toml" in names
    assert "tzdata/zoneinfo/America/New_York" in names
    few = {f"cisterna/spine/{name}.py" for name in ("__init__", "course", "drive", "refusal")}
    assert {n for n in names if n.startswith("cisterna/spine")} == few
    assert not [n for n in names if n.startswith("cisterna/cli")]
    for name in few:
        assert "numpy" not in (PACKAGE.parent / name).read_text("utf-8")


def test_the_same_sources_give_the_same_page(runtime: Path):
    files = find_runtime(runtime)

    assert page(files) == page(files)


def test_the_policy_allows_one_script_by_its_hash_and_no_address(runtime: Path):
    made = page(find_runtime(runtime))
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', made)
    script = re.search(r'<script type="module">(.*?)</script>', made, re.DOTALL)

    assert policy
    assert script
    digest = b64encode(sha256(script[1].encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}' 'wasm-unsafe-eval';" in policy[1]
    assert policy[1].startswith("default-src 'none';")
    assert "unsafe-eval'" not in policy[1].replace("'wasm-unsafe-eval'", "")
    assert "unsafe-inline" not in policy[1]
    assert "connect-src" not in policy[1]
    assert "http" not in policy[1]


def test_the_runtime_in_the_page_is_the_pinned_one(runtime: Path):
    made = page(find_runtime(runtime))
    found = re.search(r'id="part-stdlib">([^<]*)<', made)

    assert found
    assert sha256(b64decode(found[1])).hexdigest() == pinned()["sha256"]["python_stdlib.zip"]


def test_the_page_carries_the_modes_of_every_drug_that_has_an_answer():
    made = live_data(Library())
    refused = {d for d in Library().drug_ids if drug_refusal(Library().drug(d), Library())}

    assert set(made["modes"]) == set(Library().drug_ids) - refused
    assert made["modes"]["morphine"] == export(Library(), "morphine", made["persons"]).json()
    assert len(made["assumptions"]) == len(ASSUMPTIONS) - 1
    assert len(json.dumps(made)) < 800_000


def test_the_runtime_is_not_in_the_repository():
    assert str(PLACE).startswith("build/")
    assert all(path.stat().st_size < 2**20 for path in (PACKAGE / "bedside").rglob("*.*"))
