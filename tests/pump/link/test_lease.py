"""One programming session at a time (SR-51, A11, H15): every interleaving of two programmers."""

from dataclasses import replace
from itertools import product

import pytest

from cisterna.pump.link.answer import ACCEPTED, refused
from cisterna.pump.link.command import Command
from cisterna.pump.link.door import Carry, Step, settle
from cisterna.pump.link.judge import Situation
from cisterna.pump.link.notes import What
from cisterna.pump.link.rules import LEASE_MS, RULES
from cisterna.pump.link.state import Link, hung_up, passed, restored, saved
from cisterna.pump.link.verbs import (
    Activate,
    CloseSession,
    Confirm,
    Interrogate,
    OpenSession,
    Stage,
    Stop,
    TakeOver,
    Verb,
)
from tests.pump.link.people import (
    ADA,
    AT,
    BEN,
    DIGEST,
    EVERY_VERB,
    NOW,
    PATIENT,
    PROGRAMME,
    PUMP,
    VERSION,
    Person,
    ask,
    carried,
    code,
    in_session,
    link,
    send,
)

STAGE = Stage(PROGRAMME, DIGEST)


def at(ms: int) -> Situation:
    """The pump at another time."""
    return Situation(NOW + ms, VERSION)


def fresh(ms: int) -> dict[str, int]:
    """A command made later."""
    return {"issued_ms": NOW + ms, "expires_ms": NOW + ms + 9000}


def whats(step: Step) -> list[tuple[What, int]]:
    """What was noted of which session."""
    return [(note.what, note.number) for note in step.notes]


@pytest.mark.parametrize("name", sorted(n for n, rule in RULES.items() if rule.session))
def test_what_programs_the_pump_needs_the_session(name: str):
    assert code(send(link(), ADA.says(EVERY_VERB[name], 1))) == "no-session"
    assert code(send(in_session(BEN), ADA.says(EVERY_VERB[name], 1))) == "no-session"
    assert carried(send(in_session(ADA), ADA.says(EVERY_VERB[name], 1)))


@pytest.mark.requirement("SR-51", "H15")
def test_the_second_programmer_can_read_and_stop_but_not_program():
    step = send(in_session(ADA), BEN.says(OpenSession(), 1))
    assert code(step) == "session-held"
    assert carried(send(step.link, BEN.says(Interrogate(), 2)))
    assert carried(send(step.link, BEN.says(Stop(), 2)))
    assert code(send(step.link, BEN.says(STAGE, 2))) == "no-session"


@pytest.mark.requirement("SR-51")
def test_taking_over_alarms_the_first_and_shuts_it_out():
    step = send(in_session(ADA), BEN.says(TakeOver(), 1))
    assert isinstance(step.outcome, Carry)
    assert step.outcome.session == 2
    assert whats(step) == [(What.SESSION_TAKEN_OVER, 1), (What.SESSION_OPENED, 2)]
    assert step.notes[0].alarm
    assert step.notes[0].who == ADA.key
    assert code(send(step.link, ADA.says(Activate(VERSION), 1))) == "no-session"


def test_who_opens_twice_keeps_the_session():
    step = send(in_session(ADA), ADA.says(OpenSession(), 1))
    assert isinstance(step.outcome, Carry)
    assert step.outcome.session == 1
    assert step.notes == ()
    again = send(in_session(ADA), ADA.says(TakeOver(), 1))
    assert isinstance(again.outcome, Carry)
    assert again.outcome.session == 1


def test_a_closed_session_is_closed_under_its_number():
    step = send(in_session(ADA, 4), ADA.says(CloseSession(), 1))
    assert isinstance(step.outcome, Carry)
    assert step.outcome.session == 4
    assert step.link.lease.holder is None
    opened = send(step.link, BEN.says(OpenSession(), 1))
    assert isinstance(opened.outcome, Carry)
    assert opened.outcome.session == 5


def test_a_session_that_the_controller_refuses_leaves_nobody_with_it():
    step = send(link(), ADA.says(OpenSession(), 1))
    assert isinstance(step.outcome, Carry)
    after, answer, notes = settle(step.link, step.outcome, refused("stalled", "not now"), AT)
    assert after.lease.holder is None
    assert answer.response.code == "stalled"
    assert [note.what for note in notes] == [What.SESSION_CLOSED]


@pytest.mark.requirement("SR-51")
@pytest.mark.parametrize(("ms", "held"), [(LEASE_MS - 1, True), (LEASE_MS, False)])
def test_a_silent_programmer_loses_the_session(ms: int, held: bool):
    step = send(in_session(ADA), ADA.says(STAGE, 1, **fresh(ms)), at(ms))
    assert carried(step) is held
    assert whats(step)[:1] == ([] if held else [(What.SESSION_LOST, 1)])
    state, notes = passed(in_session(ADA), NOW + ms)
    assert (state.lease.holder == ADA.key) is held
    assert bool(notes) is not held


def test_every_sign_of_life_keeps_the_session_and_nobody_elses_does():
    state = in_session(ADA)
    state, _ = ask(state, ADA.says(Interrogate(), 1, **fresh(LEASE_MS - 1)), at(LEASE_MS - 1))
    assert passed(state, NOW + 2 * LEASE_MS - 2)[0].lease.holder == ADA.key
    other, _ = ask(in_session(ADA), BEN.says(Interrogate(), 1, **fresh(LEASE_MS - 1)), at(5000))
    assert passed(other, NOW + LEASE_MS)[0].lease.holder is None


def test_a_replayed_frame_is_no_sign_of_life():
    command = ADA.says(Interrogate(), 1)
    state, _ = ask(in_session(ADA), command)
    for ms in range(0, LEASE_MS, 1000):
        state, _ = ask(state, command, at(ms))
    assert passed(state, NOW + LEASE_MS)[0].lease.holder is None


def test_a_lost_connection_ends_only_the_own_session():
    assert hung_up(in_session(ADA), BEN.key) == (in_session(ADA), ())
    state, notes = hung_up(in_session(ADA), ADA.key)
    assert state.lease.holder is None
    assert [(note.what, note.number) for note in notes] == [(What.SESSION_LOST, 1)]


@pytest.mark.requirement("SR-51")
def test_a_session_does_not_outlast_power_and_its_number_is_not_used_again():
    found = restored(saved(in_session(ADA, 6)), PUMP, NOW)
    assert isinstance(found, Link)
    assert code(send(found, ADA.says(STAGE, 1))) == "no-session"
    step = send(found, ADA.says(OpenSession(), 2))
    assert isinstance(step.outcome, Carry)
    assert step.outcome.session == 7


def test_a_remote_never_has_a_session():
    assert code(send(link(), PATIENT.says(OpenSession(), 1))) == "role"


SCRIPT = (
    OpenSession(),
    STAGE,
    Confirm(DIGEST),
    Activate(VERSION),
    CloseSession(),
)


def merges(a: int, b: int) -> list[tuple[int, ...]]:
    """Every order in which a steps of one and b of the other can come."""
    return [order for order in product((0, 1), repeat=a + b) if sum(order) == b]


@pytest.mark.requirement("SR-51", "SR-49", "H15", "A11")
@pytest.mark.parametrize("opening", [OpenSession(), TakeOver()], ids=["open", "take-over"])
def test_in_every_interleaving_of_two_programmers_only_the_holder_programs(opening: Verb):
    scripts = (signed(ADA, SCRIPT), signed(BEN, (opening, *SCRIPT[1:])))
    orders = merges(len(SCRIPT), len(SCRIPT))
    assert len(orders) == 252
    assert {run(order, scripts) for order in orders} == {1}


def signed(by: Person, script: tuple[Verb, ...]) -> list[Command]:
    """A programmer's commands in their order."""
    return [by.says(verb, n) for n, verb in enumerate(script, start=1)]


def run(order: tuple[int, ...], scripts: tuple[list[Command], list[Command]]) -> int:
    """One interleaving: how many of the two activations of the same version were carried out."""
    state, version, holder, done = link(), VERSION, "", 0
    left = tuple(list(script) for script in scripts)
    for turn in order:
        now = replace(AT, version=version)
        step = send(state, left[turn].pop(0), now)
        state = step.link
        if isinstance(step.outcome, Carry):
            verb, key = step.outcome.verb, step.outcome.head.key
            holder = key if isinstance(verb, (OpenSession, TakeOver)) else holder
            assert holder == key
            holder = "" if isinstance(verb, CloseSession) else holder
            activated = isinstance(verb, Activate)
            version, done = version + activated, done + activated
            state, _, _ = settle(state, step.outcome, ACCEPTED, now)
        assert (state.lease.holder or "") == holder
    return done
