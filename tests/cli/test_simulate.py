"""`simulate` as a user runs it: keys, units, refusals, the folder it writes, and the spine."""

import csv
import json
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
SCENARIOS = ROOT / "examples" / "scenarios"
KEYS = {"delivered", "pumped", "volumes", "boluses", "alarms", "events"}
UNIT = r"(ng|mcg|mg|nL|mL|ms|s|min|h|day|cm)"
FILES = {"summary.json", "log.csv", "trace.csv", "page.html"}


def quantities(value: Any) -> Iterator[dict[str, str]]:
    """Every quantity of a result, however deep."""
    if isinstance(value, dict) and set(value) == {"value", "unit"}:
        yield value
    elif isinstance(value, dict):
        for item in value.values():
            yield from quantities(item)
    elif isinstance(value, list):
        for item in value:
            yield from quantities(item)


def written(tmp_path: Path, name: str, **changes: str) -> Path:
    """An example with its orders named by their whole path, and some lines changed."""
    text = (SCENARIOS / f"{name}.toml").read_text("utf-8")
    text = re.sub(r'prescription = "(.+)"', rf'prescription = "{SCENARIOS}/\1"', text)
    for before, after in changes.items():
        assert before in text
        text = text.replace(before, after)
    path = tmp_path / "scenario.toml"
    path.write_text(text, "utf-8")
    return path


def test_a_simulation_gives_the_keys_that_others_rely_on(cisterna):
    done = cisterna("simulate", SCENARIOS / "mri-stall.toml", "--json")
    assert done.code == 0
    assert set(done.json) >= KEYS
    assert set(done.json["volumes"]) == {
        *("filled", "delivered", "withdrawn", "reservoir"),
        "leaked",
    }
    assert done.json["delivered"] == {"morphine": {"value": "59.24", "unit": "mg"}}
    assert done.json["events"] == 3
    assert [a["code"] for a in done.json["alarms"]] == ["stall"]
    assert done.json["scenario"] == "mri-stall.toml"
    assert str(ROOT) not in done.out


def test_every_unit_of_a_simulation_is_one_of_the_design(cisterna):
    done = cisterna("simulate", SCENARIOS / "halved-with-bridge.toml", "--json")
    found = list(quantities(done.json))
    assert len(found) > 20
    for quantity in found:
        assert re.fullmatch(rf"{UNIT}(/{UNIT})?", quantity["unit"]), quantity
        assert re.fullmatch(r"\d+(\.\d+)?", quantity["value"]), quantity


def test_refused_presses_are_counted_by_their_reason(cisterna):
    done = cisterna("simulate", SCENARIOS / "remote-500-presses.toml", "--json")
    boluses = done.json["boluses"]
    assert boluses["granted"] == 24
    assert sum(boluses["refused"].values()) == 476
    assert set(boluses["refused"]) == {"count", "lockout"}
    assert done.json["refusals"] == []


def test_the_same_scenario_prints_the_same_bytes(cisterna):
    runs = [cisterna("simulate", SCENARIOS / "power-loss-in-bolus.toml", "--json") for _ in "ab"]
    assert runs[0].out == runs[1].out


def test_a_person_reads_what_arrived_what_alarmed_and_what_was_refused(cisterna):
    done = cisterna("simulate", SCENARIOS / "programmer-link-lost.toml")
    assert done.code == 0
    assert "REFUSED program" in done.out
    assert "no-power" in done.out
    assert "morphine-raised.toml" in done.out
    stalled = cisterna("simulate", SCENARIOS / "mri-stall.toml")
    assert "The rotor does" in stalled.out
    assert "96.17 %" in stalled.out


def test_a_scenario_with_errors_is_refused_with_all_of_them(cisterna, tmp_path):
    path = tmp_path / "bad.toml"
    path.write_text(
        'schema = "cisterna/scenario/1"\nprescription = "gone.toml"\nlength = "3 mL"\n'
        '[[event]]\nat = "25:00"\nwhat = "explode"\n',
        "utf-8",
    )
    done = cisterna("simulate", path, "--json", "--out", "folder")
    assert done.code == 2
    assert done.out == ""
    for key in ("prescription", "length", "event[1].at", "event[1].what"):
        assert key in done.err
    assert "Traceback" not in done.err
    assert not (tmp_path / "folder").exists()


def test_a_first_order_that_the_pump_cannot_take_is_refused_and_nothing_is_written(
    cisterna, tmp_path
):
    order = (ROOT / "examples" / "simple-morphine.toml").read_text("utf-8")
    (tmp_path / "order.toml").write_text(order.replace('"20 mL"', '"39 mL"'), "utf-8")
    path = tmp_path / "overfill.toml"
    path.write_text(
        'schema = "cisterna/scenario/1"\nprescription = "order.toml"\nlength = "3 day"\n', "utf-8"
    )
    done = cisterna("simulate", path, "--json", "--out", "folder")
    assert done.code == 1
    assert done.json["refused"]["code"] == "overfill"
    assert set(done.json["refused"]) == {"code", "message", "way_out"}
    assert not (tmp_path / "folder").exists()


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """The folder of the scenario with a pump that runs dry."""
    import subprocess  # noqa: PLC0415
    import sys  # noqa: PLC0415

    at: Path = tmp_path_factory.mktemp("out")
    words = ("simulate", str(SCENARIOS / "over-infusion.toml"), "--out", "results")
    env = {"PYTHONPATH": str(ROOT / "src"), "PATH": "/usr/bin:/bin"}
    subprocess.run([sys.executable, "-m", "cisterna", *words], cwd=at, env=env, check=True)
    return at / "results"


def test_the_folder_holds_summary_log_trace_and_page_and_nothing_else(folder):
    assert {path.name for path in folder.iterdir()} == FILES
    assert [path.name for path in folder.parent.iterdir()] == ["results"]
    summary = json.loads((folder / "summary.json").read_text("utf-8"))
    assert set(summary) >= KEYS
    assert str(ROOT) not in (folder / "summary.json").read_text("utf-8")


def test_the_log_and_the_trace_are_tables_of_the_whole_run(folder):
    with (folder / "log.csv").open(encoding="utf-8") as file:
        log = list(csv.DictReader(file))
    assert [row["what"] for row in log[:6]] == [
        *("session-opened", "interrogated", "staged", "confirmed", "activated"),
        "session-closed",
    ]
    assert log[-1]["what"] == "alarm"
    with (folder / "trace.csv").open(encoding="utf-8") as file:
        trace = list(csv.DictReader(file))
    assert list(trace[0]) == ["start_day", "end_day", "flow_mL/day", "morphine_mg/day"]
    assert trace[0]["start_day"] == "0"
    assert trace[-1]["end_day"] == "90"
    assert trace[-1]["morphine_mg/day"] == "0"


class Tags(HTMLParser):
    """Every tag of a page with its attributes."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """One tag more."""
        self.found.append((tag, dict(attrs)))


def test_the_page_is_offline_and_every_picture_is_told_and_has_a_table(folder):
    text = (folder / "page.html").read_text("utf-8")
    tags = Tags(text).found
    names = [name for name, _ in tags]
    assert "script" not in names
    assert "http" not in re.sub(r"</?[a-z]+[^>]*http-equiv[^>]*>", "", text)
    pictures = [attrs for name, attrs in tags if name == "svg" and "role" in attrs]
    assert len(pictures) == 3  # morphine, the reservoir, the alarms
    ids = {attrs.get("id") for _, attrs in tags}
    for picture in pictures:
        assert picture["role"] == "img"
        assert {picture["aria-labelledby"], picture["aria-describedby"]} <= ids
    assert names.count("details") == 3
    assert "The reservoir was dry at 14 Feb 2027" in text
    assert "111.1 % of the morphine" in text


def test_a_folder_that_exists_is_never_written_into(cisterna, tmp_path):
    (tmp_path / "there").mkdir()
    done = cisterna("simulate", SCENARIOS / "mri-stall.toml", "--out", "there")
    assert done.code == 2
    assert "a new folder" in done.err
    assert list((tmp_path / "there").iterdir()) == []
    done = cisterna("simulate", SCENARIOS / "mri-stall.toml", "--out", "no/such/place")
    assert done.code == 2
    assert not (tmp_path / "no").exists()


def test_text_of_an_order_is_never_markup(cisterna, tmp_path):
    order = (ROOT / "examples" / "simple-morphine.toml").read_text("utf-8")
    nasty = order.replace("Test Patient", "<script>alert(1)</script>")
    (tmp_path / "order.toml").write_text(nasty, "utf-8")
    path = tmp_path / "<b>.toml"
    path.write_text(
        'schema = "cisterna/scenario/1"\nprescription = "order.toml"\nlength = "1 day"\n', "utf-8"
    )
    assert cisterna("simulate", path, "--out", "results").code == 0
    names = [name for name, _ in Tags((tmp_path / "results" / "page.html").read_text()).found]
    assert "script" not in names
    assert "b" not in names


def test_what_left_the_tip_is_followed_along_the_spine(cisterna, tmp_path):
    path = written(tmp_path, "mri-stall", **{'length = "14 day"': 'length = "9 day"'})
    done = cisterna("simulate", path, "--spine", "--cohort", "2", "--json", "--out", "results")
    assert done.code == 0
    spine = done.json["spine"]
    assert spine["days"] == {"value": "9", "unit": "day"}
    levels = {row["level"]: row["mean"] for row in spine["levels"]}
    assert len(levels) == 26
    assert not any("patient doses are not included" in words for words in spine["assumptions"])
    page = (tmp_path / "results" / "page.html").read_text("utf-8")
    assert "Model estimate, not measured" in page
