"""The campaign can be stopped and taken up again, and it stops at what it is looking for."""

import json

import pytest

from cisterna.order.form import Unusable
from tests.campaigns import run
from tests.campaigns.inputs import KINDS, make


def test_an_input_follows_from_its_seed_and_number_alone():
    assert make(7, 3) == make(7, 3)
    assert len({make(7, n)[1] for n in range(20)}) > 15
    assert make(7, 3) != make(8, 3)


def test_every_kind_of_input_is_made_and_many_orders_are_read(tmp_path):
    state = run.State()
    assert run.campaign(state, 5, 400, tmp_path) is None
    assert set(state.made) == set(KINDS)
    assert state.read["a valid order with keys changed"] > 40
    assert 0 < state.blocked < sum(state.read.values()) < 400


def test_a_stopped_campaign_goes_on_where_it_was(tmp_path):
    once, twice = run.State(), run.State()
    run.campaign(once, 5, 60, tmp_path)
    run.campaign(twice, 5, 25, tmp_path)
    twice.save(tmp_path / "state.json")
    again = run.State.load(tmp_path / "state.json")
    run.campaign(again, 5, 60, tmp_path)
    assert (again.done, again.made, again.read) == (once.done, once.made, once.read)


def test_no_time_means_no_input(tmp_path):
    state = run.State()
    run.campaign(state, 0, 60, tmp_path)
    assert state.done == 0


def test_a_finished_campaign_writes_its_figures_and_begins_the_next_seed(tmp_path, capsys):
    page = tmp_path / "page.md"
    assert run.main(["--minutes", "5", "--inputs", "30"], tmp_path, page) == 0
    assert "--inputs 30 --seed 1" in page.read_text("utf-8")
    assert json.loads((tmp_path / "reader.json").read_text("utf-8"))["seed"] == 2
    assert "30 inputs" in capsys.readouterr().out


@pytest.mark.parametrize("error", [KeyError("x"), ZeroDivisionError(), RecursionError()])
def test_an_error_that_nobody_expects_ends_the_campaign_with_its_input_saved(
    tmp_path, monkeypatch, capsys, error: Exception
):
    def breaks(path, library):
        raise error

    monkeypatch.setattr(run, "read_prescription", breaks)
    page = tmp_path / "page.md"
    assert run.main(["--minutes", "5", "--inputs", "30"], tmp_path, page) == 1
    saved = tmp_path / "broke-the-reader-1-0.toml"
    assert saved.read_bytes() == make(1, 0)[1]
    assert type(error).__name__ in saved.with_suffix(".txt").read_text("utf-8")
    assert "neither read nor refused" in capsys.readouterr().err
    assert not page.exists()


def test_an_input_that_takes_too_long_ends_the_campaign(tmp_path, monkeypatch):
    monkeypatch.setattr(run, "LONGEST_S", -1.0)
    assert run.campaign(run.State(), 5, 30, tmp_path) is not None


def test_a_refusal_is_no_find(tmp_path, monkeypatch):
    def refuses(path, library):
        raise Unusable("x", [])

    monkeypatch.setattr(run, "read_prescription", refuses)
    state = run.State()
    assert run.campaign(state, 5, 30, tmp_path) is None
    assert (state.done, sum(state.read.values())) == (30, 0)
