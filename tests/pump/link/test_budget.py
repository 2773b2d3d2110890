"""Calling drains no battery and locks no programmer out (ST-10, A32)."""

from dataclasses import replace

import pytest

from cisterna.pump.link.budget import Budget, Calls, known, proven, stranger
from cisterna.pump.link.door import wake
from cisterna.pump.link.frame import Hello, body
from cisterna.pump.link.judge import Situation
from cisterna.pump.link.notes import Note, What
from cisterna.pump.link.rules import HOUR, REMOTES_PER_HOUR, STRANGERS_PER_HOUR
from cisterna.pump.link.state import Link, must_save
from cisterna.pump.link.verbs import AskDose, Knock, OpenSession, Role, Stop
from tests.pump.link.people import (
    ADA,
    AT,
    NOW,
    OTHER_PUMP,
    PATIENT,
    READER,
    STRANGER,
    VERSION,
    Person,
    knock,
    link,
    send,
)


def flood(count: int = 500):
    """A pump after so many handshakes of strangers within a minute; how many it took."""
    state, taken = link(), 0
    for n in range(count):
        state, granted, _ = wake(state, None, Situation(NOW + n * 100, VERSION))
        taken += granted
    return state, taken


@pytest.mark.requirement("ST-10", "A32")
def test_of_500_failed_handshakes_few_are_taken_and_the_programmer_comes_in_at_once():
    state, taken = flood()
    assert taken == STRANGERS_PER_HOUR
    after, granted, _ = wake(state, knock(ADA, 1), Situation(NOW + 50_000, VERSION))
    assert granted
    assert after.ledger.of(ADA.key).used == 1


@pytest.mark.requirement("ST-10", "A32")
def test_500_knocks_in_a_programmers_name_do_not_lock_her_out():
    state = link()
    forged = replace(ADA.says(Stop(), 1), sig="0" * 128)
    for bent in (knock(STRANGER, 1), knock(replace(ADA, name="ben"), 1)[:-20], body(forged)):
        for _ in range(170):
            state, granted, _ = wake(state, bent, AT)
            assert not granted
    assert wake(state, knock(ADA, 1), AT)[1]


@pytest.mark.requirement("ST-10")
def test_a_programmer_is_never_counted_out():
    state = link()
    for counter in range(1, 4 * REMOTES_PER_HOUR):
        state, granted, _ = wake(state, knock(ADA, counter), AT)
        assert granted


def test_a_remote_is_counted_and_let_in_again_after_the_hour():
    state, granted = link(), 0
    for counter in range(1, REMOTES_PER_HOUR + 30):
        state, taken, _ = wake(state, knock(PATIENT, counter), AT)
        granted += taken
    assert granted == REMOTES_PER_HOUR
    later = Situation(NOW + HOUR, VERSION)
    assert wake(state, knock(PATIENT, 1000), later)[1]
    assert wake(state, knock(ADA, 1), AT)[1]


def test_each_remote_has_a_budget_of_its_own():
    caregiver = Person("caregiver", Role.REMOTE)
    state = link(caregiver)
    for counter in range(1, REMOTES_PER_HOUR + 2):
        state, granted, _ = wake(state, knock(PATIENT, counter), AT)
    assert not granted
    assert wake(state, knock(caregiver, 1), AT)[1]


def test_a_call_that_was_refused_does_not_make_the_wait_longer():
    """The last call that was granted is an hour ago; those refused since count for nothing."""
    state = link()
    for counter in range(1, REMOTES_PER_HOUR + 1):
        state, _, _ = wake(state, knock(PATIENT, counter), AT)
    late = Situation(NOW + HOUR - 1, VERSION)
    now = {"issued_ms": late.now_ms, "expires_ms": late.now_ms + 9_000}
    for counter in range(1000, 1000 + REMOTES_PER_HOUR):
        state, granted, _ = wake(state, body(PATIENT.says(Knock(), counter, **now)), late)
        assert not granted
    after = Situation(NOW + HOUR, VERSION)
    assert wake(state, body(PATIENT.says(Knock(), 5000, **now)), after)[1]


def test_an_emergency_reader_whose_time_is_over_wakes_nothing():
    state = link(READER)
    late = Situation(NOW + 600_000, VERSION)
    now = {"issued_ms": late.now_ms, "expires_ms": late.now_ms + 9_000}
    assert wake(state, knock(READER, 1), AT)[1]
    assert not wake(state, body(READER.says(Knock(), 2, **now)), late)[1]


@pytest.mark.requirement("SR-34", "ST-10")
def test_the_log_says_who_woke_the_pump_and_who_did_not():
    def last(state: Link, knocked: bytes | None) -> Note:
        return wake(state, knocked, AT)[2][-1]

    tired, _ = flood(STRANGERS_PER_HOUR)
    assert last(link(), None) == Note(What.WOKEN)
    assert last(tired, None) == Note(What.NOT_WOKEN)
    assert last(link(), b"noise") == Note(What.NOT_WOKEN)
    assert last(link(), knock(STRANGER, 1)) == Note(What.NOT_WOKEN)
    assert last(link(), knock(PATIENT, 1)) == Note(What.WOKEN, PATIENT.key)
    calls = (Calls(PATIENT.key, (NOW,) * REMOTES_PER_HOUR),)
    spent = replace(link(), budget=Budget(calls=calls))
    assert last(spent, knock(PATIENT, 1)) == Note(What.NOT_WOKEN, PATIENT.key)


def test_a_knock_wakes_once():
    state, granted, _ = wake(link(), knock(PATIENT, 1), AT)
    assert granted
    assert not wake(state, knock(PATIENT, 1), AT)[1]


def test_a_knock_for_another_pump_wakes_nothing():
    assert not wake(link(), knock(replace(PATIENT, pump=OTHER_PUMP), 1), AT)[1]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{}",
        body(Hello("0" * 32)),
        body(PATIENT.says(AskDose(), 1)),
        body(ADA.says(OpenSession(), 1)),
    ],
)
def test_nothing_but_a_knock_wakes_and_nothing_else_is_done_with_it(content: bytes):
    state, granted, _ = wake(link(), content, AT)
    assert not granted
    assert state == link()


def test_the_budget_comes_back_after_an_hour_and_with_a_proven_key():
    budget = Budget(tuple(range(NOW, NOW + STRANGERS_PER_HOUR)))
    assert not stranger(budget, NOW + HOUR - 1)[1]
    assert stranger(budget, NOW + HOUR)[1]
    assert stranger(proven(budget, NOW + 3), NOW + 30)[1]
    assert proven(budget, 5) == budget


def test_calls_of_an_hour_ago_are_forgotten():
    budget = Budget(calls=(Calls("a" * 64, (NOW,)),))
    after, granted = known(budget, "b" * 64, Role.REMOTE, NOW + HOUR)
    assert granted
    assert [calls.key for calls in after.calls] == ["b" * 64]


def test_a_flood_writes_nothing_into_the_journal():
    state, _ = flood(100)
    assert not must_save(link(), state)
    assert not must_save(state, state)
    assert not must_save(link(), send(link(), STRANGER.says(AskDose(), 1)).link)
