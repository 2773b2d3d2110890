"""What the link knows survives in the journal; a strange journal is refused, not guessed at."""

import json
from copy import deepcopy
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cisterna.pump.link.budget import Budget, Calls
from cisterna.pump.link.canonical import Unfit, decode, encode
from cisterna.pump.link.ledger import Ledger
from cisterna.pump.link.record import MOST_ITEMS, build, plain
from cisterna.pump.link.state import Link, kept, restored, saved, touch
from cisterna.pump.link.verbs import AskDose, PairBegin, Revoke, Role
from tests.pump.link.people import (
    ADA,
    CODE_KEY,
    NOW,
    OTHER_PUMP,
    PATIENT,
    PUMP,
    READER,
    ask,
    in_session,
    link,
    send,
)


def eventful() -> Link:
    """A pump to which much has happened."""
    state, _ = ask(in_session(ADA), ADA.says(PairBegin(Role.REMOTE, CODE_KEY), 1))
    state, _ = ask(state, PATIENT.says(AskDose(), 1))
    state = send(state, PATIENT.says(AskDose(), 2)).link
    state, _ = ask(state, ADA.says(Revoke(READER.key), 2))
    calls = (Calls(PATIENT.key, (NOW,)),)
    return replace(touch(state, NOW)[0], budget=Budget((NOW, NOW + 1), calls))


def paths(value: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place in a JSON value."""
    inner = dict(enumerate(value)) if isinstance(value, list) else value
    inner = inner if isinstance(inner, dict) else {}
    return [at] + [p for k, v in inner.items() for p in paths(v, (*at, k))]


def with_at(value: Any, path: tuple[Any, ...], new: Any) -> Any:
    """The value with something else in one place."""
    if not path:
        return new
    copy = deepcopy(value)
    inner = copy
    for step in path[:-1]:
        inner = inner[step]
    inner[path[-1]] = new
    return copy


JOURNAL = saved(eventful())


def test_the_whole_state_is_a_value_that_comes_back():
    state = eventful()
    assert build(Link, plain(state)) == state
    assert build(Link, json.loads(json.dumps(plain(state)))) == state
    assert decode(encode(JOURNAL)) == JOURNAL


def test_a_restart_finds_what_was_kept():
    found = restored(JOURNAL, PUMP, NOW)
    assert isinstance(found, Link)
    assert kept(found).ring == kept(eventful()).ring
    assert found.ledger.floor_ms == NOW
    assert found.budget == eventful().budget, "no calls are given back by a loss of power"
    assert (found.lease.holder, found.lease.heard_ms) == (None, 0)
    assert saved(found) != JOURNAL
    assert restored(saved(found), PUMP, NOW) == found


def test_what_a_pump_keeps_has_nothing_half_open():
    held = kept(eventful())
    assert (held.lease.holder, held.lease.heard_ms) == (None, 0)
    assert (held.ring.window, held.ring.touched_ms) == (None, None)
    assert restored(JOURNAL, PUMP, NOW) != "an older journal"


def test_a_pump_whose_keys_have_never_changed_comes_back():
    new = link()
    assert new.ring.generation == 1, "the patient's key"
    fresh = replace(new, ring=replace(new.ring, generation=0))
    assert restored(saved(fresh), PUMP, NOW) == kept(replace(fresh, ledger=Ledger(floor_ms=NOW)))


def test_the_journal_of_another_pump_is_refused():
    assert restored(JOURNAL, OTHER_PUMP, NOW) == "the journal of another pump"


@pytest.mark.parametrize("value", [None, 3, "x", [], {}, {"ring": {}}])
def test_what_is_no_journal_is_refused(value: Any):
    assert isinstance(restored(value, PUMP, NOW), str)


@pytest.mark.parametrize("new", [-1, 1.5, "zz", [[]], {"a": 1}, True])
def test_a_wrong_value_anywhere_in_a_journal_is_refused_and_raises_nothing(new: Any):
    for path in paths(JOURNAL):
        if path[-1:] != ("content",):
            assert isinstance(restored(with_at(JOURNAL, path, new), PUMP, NOW), (str, Link))
    numbers = [p for p in paths(JOURNAL) if p and str(p[-1]).endswith("_ms")]
    assert len(numbers) > 3
    for path in numbers:
        assert isinstance(restored(with_at(JOURNAL, path, new), PUMP, NOW), str)


@given(st.sampled_from(paths(JOURNAL)[1:]))
def test_a_journal_with_a_part_missing_or_one_too_many_is_refused(path):
    cut = deepcopy(JOURNAL)
    inner: Any = cut
    for step in path[:-1]:
        inner = inner[step]
    if isinstance(inner, dict):
        del inner[path[-1]]
        assert isinstance(restored(cut, PUMP, NOW), str)
        inner["surplus"] = 1
        assert isinstance(restored(cut, PUMP, NOW), str)


@pytest.mark.parametrize(("length", "fits"), [(MOST_ITEMS, True), (MOST_ITEMS + 1, False)])
def test_a_list_in_a_journal_has_a_longest_length(length: int, fits: bool):
    long = with_at(JOURNAL, ("ring", "windows_ms"), [1] * length)
    assert isinstance(restored(long, PUMP, NOW), Link) is fits


def test_what_is_no_record_is_not_written():
    with pytest.raises(Unfit):
        plain({"a": 1.5})
    with pytest.raises(Unfit):
        plain(object())
