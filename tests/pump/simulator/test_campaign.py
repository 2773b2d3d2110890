"""The campaign goes on with the next seed, adds up, and ends at what it is looking for."""

import json

import pytest

from cisterna.pump import doses
from tests.campaigns import pump


@pytest.fixture(autouse=True)
def short(monkeypatch):
    """Lives of ten days, one kill, no sweep."""
    monkeypatch.setattr(pump, "DAYS", 10)
    monkeypatch.setattr(pump, "KILLS", 1)
    monkeypatch.setattr(pump, "SWEPT", 1 << 30)


def test_a_campaign_that_was_stopped_goes_on_and_its_counts_add_up(tmp_path):
    kept = tmp_path / "pump.json"
    state = pump.State.load(kept)
    assert pump.campaign(state, 0.001, kept, lambda _: None)
    again = pump.State.load(kept)
    assert vars(again) == vars(state)
    assert pump.campaign(again, 0.001, kept, lambda _: None)
    assert again.seed > state.seed > pump.FIRST
    assert again.days == 10 * (again.seed - pump.FIRST)
    assert again.killed == again.seed - pump.FIRST
    assert sum(again.faults.values()) > sum(state.faults.values()) > 0
    assert again.cells >= state.cells


def test_other_code_begins_anew(tmp_path):
    kept = tmp_path / "pump.json"
    state = pump.State(seed=pump.FIRST + 5, days=50)
    state.save(kept)
    assert pump.State.load(kept).days == 50
    row = json.loads(kept.read_text("utf-8"))
    kept.write_text(json.dumps({**row, "code": "another"}))
    assert pump.State.load(kept) == pump.State()


def test_the_page_says_what_was_reached_beside_what_was_aimed_at(tmp_path):
    page = tmp_path / "page.md"
    assert pump.main(["--minutes", "0.001"], tmp_path / "pump.json", page) == 0
    text = page.read_text("utf-8")
    assert "| device-years | 0 | 10,000 |" in text
    assert "Nothing broke." in text


def test_a_life_that_breaks_ends_the_campaign_and_stands_on_the_page(tmp_path, monkeypatch):
    monkeypatch.setattr(pump, "DAYS", 60)
    monkeypatch.setattr(doses, "_too_soon", lambda *_: None)
    page = tmp_path / "page.md"
    assert pump.main(["--minutes", "5"], tmp_path / "pump.json", page) == 1
    text = page.read_text("utf-8")
    assert "Nothing broke." not in text
    assert f"seed {pump.FIRST}" in text
