"""Where an answer cannot be written: a clear refusal with 2, nothing written over, nothing half."""

import resource
import subprocess
import sys
from errno import ENOSPC
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cisterna.cli.app import app
from tests.cli.conftest import EXAMPLES, ROOT, Run
from tests.variants import variants

FIELDS = ("csv", "parquet", "nc", "zarr")
ORDER = EXAMPLES / "simple-morphine.toml"
FORECAST = ("forecast", ORDER, "--cohort", "1", "--days", "2", "--json")
PLAN = ("plan", ORDER, "--cohort", "1", "--json")
LIMITED = (
    "import resource, runpy, sys; size = int(sys.argv.pop(1)); "
    "resource.setrlimit(resource.RLIMIT_FSIZE, (size, size)); "
    "runpy.run_module('cisterna', run_name='__main__', alter_sys=True)"
)


def limited(folder: Path, size: int, *words: object) -> Run:
    """Run `cisterna …` where no file may grow beyond `size` bytes, as on a full disk."""
    environment = {"PYTHONPATH": str(ROOT / "src"), "PATH": "/usr/bin:/bin"}
    done = subprocess.run(
        [sys.executable, "-B", "-c", LIMITED, str(size), *map(str, words)],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        env=environment,
    )
    return Run(done.returncode, done.stdout, done.stderr)


def inside(*words: object) -> Run:
    """Run `cisterna …` in this process."""
    done = CliRunner().invoke(app, [*map(str, words)])
    assert done.exception is None or isinstance(done.exception, SystemExit)
    return Run(done.exit_code, done.stdout, done.stderr)


def refused(done: Run, option: str) -> None:
    """One problem of this option on the error output, nothing else, and 2."""
    assert (done.code, done.out) == (2, ""), done.err
    assert option in done.err
    assert len(done.err.strip().splitlines()) == 1, done.err
    assert "Traceback" not in done.err


@pytest.mark.parametrize("ending", variants(FIELDS, ["csv", "zarr"]))
@pytest.mark.parametrize("size", variants([0, 1000], [1000]))
def test_a_full_disk_leaves_no_part_of_a_field(tmp_path, ending, size):
    done = limited(tmp_path, size, *FORECAST, "--out", f"field.{ending}")
    refused(done, "--out")
    assert "a place that can be written" in done.err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("ending", variants(FIELDS, ["zarr"]))
def test_a_disk_that_fills_up_near_the_end_leaves_no_part_of_a_field(tmp_path, ending):
    whole = tmp_path / f"whole.{ending}"
    assert limited(tmp_path, resource.RLIM_INFINITY, *FORECAST, "--out", whole.name).code == 0
    files = [whole] if whole.is_file() else [p for p in whole.rglob("*") if p.is_file()]
    largest = max(p.stat().st_size for p in files)
    done = limited(tmp_path, largest - 1, *FORECAST, "--out", f"field.{ending}")
    refused(done, "--out")
    assert list(tmp_path.iterdir()) == [whole]


@pytest.mark.parametrize(("size", "before"), [(0, None), (10_000, "sheet"), (10_000, None)])
def test_a_full_disk_leaves_no_part_of_a_sheet_and_keeps_the_earlier_one(tmp_path, size, before):
    page, kept = tmp_path / "plan.html", b""
    if before:
        assert inside(*PLAN, "--html", page).code == 0
        kept = page.read_bytes()
    refused(limited(tmp_path, size, *PLAN, "--html", page), "--html")
    assert [p.name for p in tmp_path.iterdir()] == (["plan.html"] if before else [])
    assert not before or page.read_bytes() == kept


def test_a_full_disk_keeps_the_earlier_page_at_the_bedside(tmp_path, runtime):
    page = tmp_path / "page.html"
    earlier = "<title>Cisterna at the bedside</title> an earlier one"
    page.write_text(earlier)
    words = ("bedside", "--out", page, "--runtime", runtime, "--json")
    refused(limited(tmp_path, 1_000_000, *words), "--out")
    assert list(tmp_path.iterdir()) == [page]
    assert page.read_text() == earlier


@pytest.mark.parametrize("place", ["folder", "/dev/full", "file/page.html", "full"])
def test_the_page_at_the_bedside_goes_to_no_other_place(tmp_path, monkeypatch, runtime, place):
    def full(*_: object) -> int:
        raise OSError(ENOSPC, "No space left on device")

    monkeypatch.setattr("cisterna.bedside.bundle.page", lambda _: "the page")
    monkeypatch.chdir(tmp_path)
    Path("folder").mkdir()
    Path("file").write_text("")
    if place == "full":
        monkeypatch.setattr(Path, "write_bytes", full)
    done = CliRunner().invoke(app, ["bedside", "--out", place, "--runtime", str(runtime)])
    assert (done.exit_code, done.stdout) == (2, "")
    assert "--out" in done.stderr
    assert sorted(p.name for p in tmp_path.rglob("*")) == ["file", "folder"]


WRITERS = [
    *((FORECAST, "--out", f"it.{ending}") for ending in FIELDS),
    (PLAN, "--html", "it.html"),
]
NAMES = [*FIELDS, "plan"]


@pytest.mark.parametrize(("command", "option", "name"), WRITERS, ids=NAMES)
def test_a_file_of_another_is_kept(tmp_path, command, option, name):
    mine = tmp_path / name
    mine.write_text("years of work")
    refused(inside(*command, option, mine), option)
    assert mine.read_text() == "years of work"
    assert list(tmp_path.iterdir()) == [mine]


@pytest.mark.parametrize(("command", "option", "name"), WRITERS, ids=NAMES)
def test_a_folder_of_that_name_is_kept(tmp_path, command, option, name):
    mine = tmp_path / name
    mine.mkdir()
    refused(inside(*command, option, mine), option)
    assert list(tmp_path.iterdir()) == [mine]
    assert list(mine.iterdir()) == []


@pytest.mark.parametrize(("command", "option", "name"), WRITERS, ids=NAMES)
def test_a_link_is_neither_followed_nor_replaced(tmp_path, command, option, name):
    link, target = tmp_path / name, tmp_path / "target"
    link.symlink_to(target)
    refused(inside(*command, option, link), option)
    assert link.is_symlink()
    assert not target.exists()


@pytest.mark.parametrize(("command", "option", "name"), WRITERS, ids=NAMES)
def test_a_place_inside_a_file_is_refused(tmp_path, command, option, name):
    (tmp_path / "file").write_text("")
    refused(inside(*command, option, tmp_path / "file" / name), option)
    assert (tmp_path / "file").read_text() == ""
    assert len(list(tmp_path.iterdir())) == 1


def test_a_device_is_no_sheet():
    refused(inside(*PLAN, "--html", "/dev/full"), "--html")


def test_a_sheet_replaces_an_earlier_one_of_the_same_person_only(tmp_path):
    page, other = tmp_path / "plan.html", tmp_path / "other.toml"
    assert inside(*PLAN, "--html", page).code == 0
    assert inside(*PLAN, "--html", page).code == 0
    assert [p.name for p in tmp_path.iterdir()] == ["plan.html"]
    kept, text = page.read_bytes(), ORDER.read_text("utf-8")
    assert "Test Patient" in text
    other.write_text(text.replace("Test Patient", "Somebody Else"), "utf-8")
    done = inside("plan", other, "--cohort", "1", "--json", "--html", page)
    refused(done, "--html")
    assert "same person" in done.err
    assert page.read_bytes() == kept


@pytest.mark.parametrize(
    "words",
    [("doctor",), ("check", ORDER, "--json"), ("plan", ORDER, "--cohort", "0"), FORECAST],
    ids=["doctor", "check", "plan", "forecast"],
)
def test_an_output_that_takes_nothing_is_said_in_one_line(tmp_path, words):
    with Path("/dev/full").open("w", encoding="utf-8") as full:
        done = subprocess.run(
            [sys.executable, "-m", "cisterna", *map(str, words)],
            cwd=tmp_path,
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
            env={"PYTHONPATH": str(ROOT / "src"), "PATH": "/usr/bin:/bin"},
        )
    assert (done.returncode, done.stderr.count("\n")) == (2, 1), done.stderr
    assert "the system refuses: No space left" in done.stderr


@pytest.mark.parametrize("command", ["plan", "validate"])
@pytest.mark.parametrize("cohort", ["-1", "1000000000000"])
def test_a_cohort_beyond_reason_is_refused_before_any_work(tmp_path, command, cohort):
    words = (command, ORDER) if command == "plan" else (command,)
    done = inside(*words, "--cohort", cohort, "--json")
    assert (done.code, done.out) == (2, "")
    assert "--cohort" in done.err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("command", "tip"),
    [("forecast", "T13"), ("forecast", "C0"), ("forecast", ""), ("plan", "S3"), ("plan", "skull")],
)
def test_a_tip_outside_the_canal_is_no_order(tmp_path, command, tip):
    order = tmp_path / "order.toml"
    order.write_text(ORDER.read_text("utf-8").replace('tip = "T10"', f'tip = "{tip}"'), "utf-8")
    option, name = ("--out", "field.csv") if command == "forecast" else ("--html", "plan.html")
    done = inside(command, order, "--cohort", "1", "--json", option, tmp_path / name)
    assert (done.code, done.out) == (2, "")
    assert "catheter.tip" in done.err
    assert list(tmp_path.iterdir()) == [order]
