"""The campaign of mutants reads what mutmut has written, and says what is left to do."""

import json
import tomllib
from pathlib import Path

import pytest

from tests.campaigns import mutation

META = {"a": 1, "b": 0, "c": None, "d": 33, "e": 36, "f": -24, "g": 3, "h": -11}


def written(folder: Path) -> Path:
    """A part of which some mutants were tried."""
    meta = folder / "mutants" / "src" / "cisterna" / "pump" / "guard.py.meta"
    meta.parent.mkdir(parents=True)
    codes = {f"cisterna.pump.guard.x_{name}__mutmut_1": code for name, code in META.items()}
    meta.write_text(json.dumps({"exit_code_by_key": codes}), "utf-8")
    return folder


def test_every_end_of_a_mutant_is_counted_once_and_what_was_not_tried_is_left(tmp_path: Path):
    ((file, tally),) = mutation.tallies(written(tmp_path))
    assert file == "cisterna/pump/guard.py"
    assert tally.ends == {
        "killed": 2,
        "survived": 1,
        "left": 1,
        "untested": 1,
        "timeout": 2,
        "suspicious": 1,
    }
    assert tally.tried == 7
    assert tally.rate == "57.1 %"
    assert [name.split("__")[0] for name in tally.survivors] == [
        "cisterna.pump.guard.x_b",
        "cisterna.pump.guard.x_d",
    ]


def test_a_part_is_changed_in_a_copy_with_its_own_files_and_tests(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(mutation, "WORK", tmp_path)
    monkeypatch.setattr(mutation, "COPIED", ("src/cisterna/quantity",))
    folder = mutation.prepared("guard", mutation.PARTS["guard"])
    settings = tomllib.loads((folder / "pyproject.toml").read_text("utf-8"))["tool"]["mutmut"]
    assert settings["only_mutate"] == ["src/cisterna/pump/guard.py"]
    assert "tests/pump/test_guard.py" in settings["pytest_add_cli_args_test_selection"]
    assert settings["source_paths"] == ["src"]


def test_every_part_names_files_and_tests_that_exist():
    for part in mutation.PARTS.values():
        for file in part.files:
            assert list((mutation.ROOT / mutation.PUMP).glob(file)), file
        for test in part.tests:
            assert (mutation.ROOT / "tests" / "pump" / test).exists(), test


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            '-    raise Unfit("a frame is too long")\n+    raise Unfit("A FRAME IS TOO LONG")',
            "words alone.",
        ),
        ('-    raise Unfit("a frame is too long")\n+    raise Unfit(None)', "not explained yet"),
        ("-    if n < 1:\n+    if n <= 1:", "not explained yet"),
        (
            '-    return cast("Json", value)\n+    return cast(None, value)',
            "the same: a cast is for the type checker alone.",
        ),
    ],
)
def test_a_survivor_that_changes_words_alone_is_told_from_the_others(change: str, said: str):
    assert mutation._plain(change) == said
