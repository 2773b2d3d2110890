"""The campaign keeps what is closed, goes on with the rest, and ends at a break."""

import json

from cisterna.pump import doses
from tests.campaigns import model
from tests.pump.model import presets

SOME = {name: presets.CORES[name] for name in list(presets.CORES)[1:3]}


def test_closed_searches_are_kept_and_the_others_begin_anew(tmp_path):
    kept, lines = tmp_path / "model.json", list[str]()
    results = model.load(kept)
    assert model.campaign(SOME, results, 5, 500, lines.append)
    assert [r.closed for r in results.values()] == [False, True]
    model.save(kept, results)
    results = model.load(kept)
    assert [r.closed for r in results.values()] == [False, True]
    assert model.campaign(SOME, results, 5, 1 << 40, lines.append)
    assert len(lines) == 3
    assert all(r.closed for r in results.values())


def test_other_code_begins_anew(tmp_path):
    kept = tmp_path / "model.json"
    results: dict[str, model.Result] = {}
    model.campaign(SOME, results, 5, 300, lambda _: None)
    model.save(kept, results)
    assert model.load(kept)
    row = json.loads(kept.read_text("utf-8"))
    kept.write_text(json.dumps({**row, "code": "another"}))
    assert model.load(kept) == {}


def test_a_break_ends_the_campaign_and_stands_on_the_page(monkeypatch):
    monkeypatch.setattr(doses, "_busy", lambda *_, **__: None)
    results: dict[str, model.Result] = {}
    assert not model.campaign(SOME, results, 5, 1 << 40, lambda _: None)
    page = model.page(results, 1 << 40)
    assert "broken: dose-now" in page
    assert "No property was broken" not in page
