"""A command acts at most once, in time, for this pump, in order (ST-01/03/05, SR-48/49/50).

The corpus: A03 duplicates, A04 reordering, A11 stale versions, A20 replay across a restart, A21
reflection, A33 a snapshot restored, A36 a stolen phone.
"""

from dataclasses import replace
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cisterna.pump.link import frame
from cisterna.pump.link.answer import ACCEPTED, Answer, Greeting, Kind, from_pump, refused, seal
from cisterna.pump.link.canonical import Reason
from cisterna.pump.link.command import signed_command
from cisterna.pump.link.door import Carry, Reply, Silence, receive, settle
from cisterna.pump.link.frame import Hello, body
from cisterna.pump.link.judge import Situation
from cisterna.pump.link.keys import revoke
from cisterna.pump.link.proof import digest
from cisterna.pump.link.rules import AHEAD_MS, COUNTERS_AHEAD, MINUTE, RESULTS_KEPT, RULES
from cisterna.pump.link.state import Link, kept, must_save, restored, saved
from cisterna.pump.link.verbs import (
    Activate,
    AskDose,
    ClinicianBolus,
    Interrogate,
    PairBegin,
    ReadState,
    Revoke,
    Role,
    Stage,
    Stop,
    StopDose,
    Verb,
)
from tests.pump.link.people import (
    ADA,
    AT,
    BEN,
    CODE_KEY,
    DIGEST,
    EVERY_VERB,
    NOW,
    OTHER_PUMP,
    PATIENT,
    PROGRAMME,
    PUMP,
    PUMP_PUBLIC,
    PUMP_SECRET,
    READER,
    SECOND,
    VERSION,
    Person,
    answered,
    ask,
    carried,
    code,
    in_session,
    link,
    secret,
    send,
)

BOLUS = ClinicianBolus(100_000, 600_000, 10**15)


def at(ms: int) -> Situation:
    """The pump at another time."""
    return Situation(NOW + ms, VERSION)


def restart(from_: Link, ms: int = 0) -> Link:
    """The pump after power was gone: what its journal brings back."""
    found = restored(saved(from_), PUMP, NOW + ms)
    assert isinstance(found, Link)
    return found


# Whose command it is ------------------------------------------------------------------------------


def test_a_genuine_command_is_carried_out_with_what_was_asked():
    step = send(in_session(ADA), ADA.says(BOLUS, 1))
    assert isinstance(step.outcome, Carry)
    assert step.outcome.verb == BOLUS
    assert step.outcome.session == 1
    assert step.outcome.head.key == ADA.key


@pytest.mark.requirement("ST-01", "SR-70")
def test_a_command_signed_with_the_wrong_key_gets_no_answer():
    genuine = ADA.says(BOLUS, 1)
    forged = signed_command(genuine.head, genuine.args, secret("ben").sign)
    step = send(in_session(ADA), forged)
    assert step.outcome == Silence(Reason.BAD_SIGNATURE)
    assert step.link == in_session(ADA)


@pytest.mark.requirement("ST-05")
def test_a_relay_cannot_change_the_arguments_under_a_signature():
    genuine = ADA.says(BOLUS, 1)
    bent = replace(genuine, args={**genuine.args, "volume_nl": 900_000})
    assert send(in_session(ADA), bent).outcome == Silence(Reason.BAD_SIGNATURE)


@pytest.mark.requirement("ST-05")
@pytest.mark.parametrize("field", ["counter", "base", "issued_ms", "expires_ms"])
def test_a_relay_cannot_change_the_head_under_a_signature(field: str):
    genuine = PATIENT.says(AskDose(), 5)
    head = replace(genuine.head, **{field: getattr(genuine.head, field) + 1})
    assert send(link(), replace(genuine, head=head)).outcome == Silence(Reason.BAD_SIGNATURE)


@pytest.mark.requirement("ST-05")
def test_a_relay_cannot_make_another_verb_of_it():
    genuine = PATIENT.says(StopDose(), 5)
    head = replace(genuine.head, verb="ask_dose")
    assert send(link(), replace(genuine, head=head)).outcome == Silence(Reason.BAD_SIGNATURE)


@pytest.mark.requirement("ST-01", "SR-26")
def test_a_command_for_another_pump_gets_no_answer_and_is_not_used_up():
    step = send(link(), replace(PATIENT, pump=OTHER_PUMP).says(AskDose(), 9))
    assert step.outcome == Silence(Reason.OTHER_PUMP)
    assert step.link == link()


@pytest.mark.requirement("ST-01", "A21")
def test_what_the_pump_signed_is_no_command_and_what_a_key_signed_is_no_answer():
    response = refused("lockout", "wait")
    answer = Answer(PUMP, PATIENT.key, "0" * 32, NOW, VERSION, 1, response)
    assert receive(link(), frame.body(seal(answer, PUMP_SECRET.sign)), AT).outcome == Silence(
        Reason.NOT_A_FRAME
    )
    assert from_pump(seal(answer, PUMP_SECRET.sign), PUMP_PUBLIC)
    assert not from_pump(seal(answer, secret("patient").sign), PUMP_PUBLIC)
    assert not from_pump(replace(seal(answer, PUMP_SECRET.sign), body=answer_at_one(answer)), "00")


def answer_at_one(answer: Answer) -> Answer:
    return replace(answer, at_ms=1)


@pytest.mark.requirement("ST-05", "SR-27", "H21")
def test_an_answer_altered_by_a_relay_is_not_the_pumps():
    answer = Answer(PUMP, PATIENT.key, "0" * 32, NOW, VERSION, 1, refused("lockout", "wait"))
    sealed = seal(answer, PUMP_SECRET.sign)
    for other in (replace(answer, version=8), replace(answer, id="1" * 32), answer_at_one(answer)):
        assert not from_pump(replace(sealed, body=other), PUMP_PUBLIC)


def test_a_greeting_names_the_nonce_so_an_old_one_is_not_taken_for_new():
    step = send(link(), Hello("5" * 32))
    assert isinstance(step.outcome, Reply)
    assert step.outcome.body == Greeting(PUMP, "5" * 32, NOW, VERSION)
    sealed = seal(Greeting(PUMP, "5" * 32, NOW, VERSION), PUMP_SECRET.sign)
    assert from_pump(sealed, PUMP_PUBLIC)
    assert not from_pump(replace(sealed, body=Greeting(PUMP, "6" * 32, NOW, 7)), PUMP_PUBLIC)


def test_noise_and_a_greeting_leave_the_link_as_it_was():
    noise, hello = (receive(link(), content, AT) for content in (b"noise", body(Hello("0" * 32))))
    assert isinstance(noise.outcome, Silence)
    assert isinstance(hello.outcome, Reply)
    assert noise.link == hello.link == link()


@pytest.mark.requirement("A36", "H07")
def test_a_stolen_phone_revoked_while_it_was_offline_is_a_stranger_from_then_on():
    signed_before = PATIENT.says(AskDose(), 3)
    assert carried(send(link(), signed_before))
    done = revoke(link().ring, PATIENT.key, ADA.key)
    assert not isinstance(done, str)
    step = send(replace(link(), ring=done[0]), signed_before)
    assert step.outcome == Silence(Reason.UNKNOWN_KEY)


def test_every_failure_before_the_sender_is_known_looks_the_same_from_outside():
    frames = [
        replace(PATIENT, pump=OTHER_PUMP).says(AskDose(), 1),
        Person("nobody", PATIENT.role).says(AskDose(), 1),
        replace(PATIENT.says(AskDose(), 1), sig="0" * 128),
        replace(PATIENT.says(AskDose(), 1), args={"more": 1}),
    ]
    steps = [send(link(), f) for f in frames]
    assert all(isinstance(s.outcome, Silence) and s.link == link() for s in steps)
    assert {type(s.outcome).__name__ for s in steps} == {"Silence"}
    assert frame.body(frame.Rejected()) == b'{"frame":{},"kind":"rejected","v":1}'


# When it comes ------------------------------------------------------------------------------------


@pytest.mark.requirement("SR-50")
@pytest.mark.parametrize(("late", "good"), [(-1, True), (0, False), (1, False), (10**9, False)])
def test_a_command_is_good_to_the_last_millisecond_before_it_expires(late: int, good: bool):
    expires = NOW + 10 * SECOND
    step = send(link(), PATIENT.says(AskDose(), 1, expires_ms=expires), at(10 * SECOND + late))
    assert code(step) == (None if good else "expired")


@pytest.mark.parametrize(("ahead", "good"), [(AHEAD_MS, True), (AHEAD_MS + 1, False)])
def test_a_command_may_come_from_a_clock_that_is_a_little_ahead(ahead: int, good: bool):
    issued = NOW + ahead
    step = send(link(), PATIENT.says(AskDose(), 1, issued_ms=issued, expires_ms=issued + 5000))
    assert code(step) == (None if good else "not-yet")


@pytest.mark.requirement("SR-50")
@pytest.mark.parametrize(("verb", "longest"), [(AskDose(), 15 * SECOND), (StopDose(), MINUTE)])
def test_a_command_may_not_be_good_for_longer_than_its_verb_allows(verb, longest: int):
    for length, good in ((longest, True), (longest + 1, False), (0, False), (-5, False)):
        step = send(link(), PATIENT.says(verb, 1, expires_ms=NOW + length))
        assert code(step) == (None if good else "window")


@pytest.mark.requirement("SR-48", "SR-50")
def test_a_command_refused_as_too_early_does_not_act_when_its_time_comes():
    early = PATIENT.says(AskDose(), 1, issued_ms=NOW + 5000, expires_ms=NOW + 15_000)
    after, answer = ask(link(), early)
    assert answer.response.code == "not-yet"
    again = send(after, early, at(6000))
    assert code(again) == "not-yet"


@pytest.mark.requirement("SR-49", "H13", "A11")
@pytest.mark.parametrize("name", sorted(n for n, rule in RULES.items() if rule.current))
def test_a_change_of_a_version_that_no_longer_runs_is_refused(name: str):
    who = PATIENT if name == "ask_dose" else ADA
    for base in (VERSION - 1, VERSION + 1, 0):
        assert code(send(in_session(ADA), who.says(EVERY_VERB[name], 1, base=base))) == (
            "stale-version"
        )


@pytest.mark.parametrize("name", ["stop", "stop_dose", "minimum_rate", "revoke", "read_state"])
def test_what_reduces_or_reads_works_whatever_version_runs(name: str):
    who = {"stop": ADA, "revoke": ADA, "minimum_rate": READER}.get(name, PATIENT)
    assert code(send(link(READER), who.says(EVERY_VERB[name], 1, base=0))) in (None, "unknown-key")


def test_an_activation_names_the_running_version_in_its_arguments_too():
    step = send(in_session(ADA), ADA.says(Activate(VERSION - 1), 1))
    assert code(step) == "stale-version"


@pytest.mark.requirement("SR-28")
def test_a_programme_that_does_not_have_its_digest_is_refused():
    step = send(in_session(ADA), ADA.says(Stage({**PROGRAMME, "mode": "flex"}, DIGEST), 1))
    assert code(step) == "arguments"


@pytest.mark.parametrize("volume", [0, -1, 2**53])
def test_a_value_outside_its_bounds_is_refused_by_the_pump_though_it_is_signed(volume: int):
    command = ADA.says(BOLUS, 1)
    args = {**command.args, "volume_nl": volume}
    if volume < 2**53:
        head = replace(command.head, digest=digest("args", args))
        assert code(send(in_session(ADA), signed_command(head, args, secret("ada").sign))) == (
            "arguments"
        )
    else:
        with pytest.raises(ValueError, match="2\\^53"):
            frame.body(replace(command, args=args))


# How often ----------------------------------------------------------------------------------------


@pytest.mark.requirement("SR-48", "A03", "H12")
def test_a_duplicate_gets_the_first_answer_and_acts_once():
    command = PATIENT.says(AskDose(), 1)
    after, first = ask(link(), command)
    for ms in (0, 1, 5000, 9999, 10_000, 10**8):
        again = send(after, command, at(ms))
        assert not carried(again)
        assert answered(again).response == first.response


def test_a_retry_of_a_refused_dose_is_refused_again():
    command = PATIENT.says(AskDose(), 1)
    after, first = ask(link(), command, response=refused("lockout", "wait until 14:20"))
    assert first.response.code == "lockout"
    assert code(send(after, command)) == "lockout"


def test_each_command_keeps_the_answer_that_it_got():
    first, second = PATIENT.says(StopDose(), 1), PATIENT.says(AskDose(), 2)
    after, _ = ask(link(), first)
    after, _ = ask(after, second, response=refused("lockout", "wait until 14:20"))
    assert answered(send(after, first)).response == ACCEPTED
    assert code(send(after, second)) == "lockout"


@pytest.mark.parametrize("wanted", [PairBegin(Role.REMOTE, CODE_KEY), Revoke(PATIENT.key)])
def test_a_retry_of_a_change_of_keys_gets_its_answer_and_changes_nothing_again(wanted: Verb):
    command = ADA.says(wanted, 1)
    after, first = ask(link(), command)
    assert first.response == ACCEPTED
    again = send(after, command)
    assert answered(again).response == ACCEPTED
    assert again.link.ring == after.ring


def test_an_answer_says_of_which_pump_to_whom_for_what_and_when():
    command = PATIENT.says(AskDose(), 5)
    _, answer = ask(link(), command, at(70))
    assert answer == Answer(PUMP, PATIENT.key, command.head.id, NOW + 70, VERSION, 5, ACCEPTED)


@pytest.mark.requirement("SR-48")
def test_a_retry_before_the_controller_has_answered_is_told_that_nobody_knows():
    command = PATIENT.says(AskDose(), 1)
    step = send(link(), command)
    assert carried(step)
    assert code(send(step.link, command)) == "unknown-outcome"


def test_an_id_is_not_used_for_a_second_command():
    after, _ = ask(link(), PATIENT.says(StopDose(), 1))
    step = send(after, PATIENT.says(AskDose(), 2, id=f"{1:032x}"))
    assert code(step) == "id-used"


@pytest.mark.requirement("SR-48")
def test_a_retry_that_is_no_longer_remembered_does_not_act():
    first = PATIENT.says(AskDose(), 1)
    after, _ = ask(link(), first)
    for counter in range(2, RESULTS_KEPT + 3):
        after, _ = ask(after, PATIENT.says(StopDose(), counter))
    assert code(send(after, first)) == "counter"
    assert len(after.ledger.of(PATIENT.key).results) == RESULTS_KEPT


@pytest.mark.requirement("SR-48", "ST-03", "A04")
def test_in_every_order_of_arrival_each_command_acts_once_and_never_after_a_later_one():
    commands = [PATIENT.says(AskDose(), n) for n in (1, 2, 3, 4)]
    for order in permutations(commands):
        state, done = link(), []
        for command in order:
            step = send(state, command)
            if isinstance(step.outcome, Carry):
                done.append(step.outcome.head.counter)
            state, _ = ask(state, command)
        assert done == sorted(set(done))
        assert 4 in done


@pytest.mark.requirement("SR-48", "ST-03", "H12")
@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 12_000)), max_size=25))
def test_a_network_that_repeats_reorders_and_delays_never_makes_two_of_one(arrivals):
    commands = [PATIENT.says(AskDose(), n + 1) for n in range(6)]
    state, done, now = link(), [], 0
    for which, wait in arrivals:
        now += wait
        step = send(state, commands[which], at(now))
        if isinstance(step.outcome, Carry):
            done.append(which)
            assert now < 10 * SECOND
        state, _ = ask(state, commands[which], at(now))
    assert len(done) == len(set(done))
    assert done == sorted(done)


def test_the_counters_of_two_keys_are_their_own():
    after, _ = ask(link(), ADA.says(Stop(), 50))
    assert carried(send(after, BEN.says(Stop(), 1)))


def test_a_reading_is_not_kept_for_retries_and_its_old_frame_reads_nothing():
    command = PATIENT.says(ReadState(), 1)
    after, _ = ask(link(), command)
    assert after.ledger.of(PATIENT.key).results == ()
    assert code(send(after, command)) == "counter"


# Across a loss of power ---------------------------------------------------------------------------


def test_after_a_restart_a_retry_gets_the_answer_it_would_have_got():
    command = PATIENT.says(AskDose(), 1)
    after, first = ask(link(), command)
    again = send(restart(after, 3000), command, at(4000))
    assert answered(again).response == first.response


@pytest.mark.requirement("SR-46", "SR-48")
def test_a_command_cut_off_by_a_restart_is_of_unknown_outcome_and_does_not_act():
    command = PATIENT.says(AskDose(), 1)
    step = send(link(), command)
    again = send(restart(step.link, 3000), command, at(4000))
    assert code(again) == "unknown-outcome"


@pytest.mark.requirement("ST-03", "A20")
def test_no_frame_of_before_a_restart_acts_after_it():
    state, frames = link(), [PATIENT.says(AskDose(), n) for n in range(1, 6)]
    for command in frames[:3]:
        state, _ = ask(state, command)
    for command in frames:
        assert not carried(send(restart(state, 1), command, at(1)))


def test_a_restart_skips_at_most_the_reserved_counters_and_the_answer_says_from_where():
    state, _ = ask(link(), PATIENT.says(AskDose(), 1))
    fresh = restart(state)
    refusal = answered(send(fresh, PATIENT.says(StopDose(), 2)))
    assert refusal.response.code == "counter"
    assert refusal.counter == 1 + COUNTERS_AHEAD
    assert carried(send(fresh, PATIENT.says(StopDose(), refusal.counter + 1)))


@pytest.mark.requirement("ST-03")
def test_counters_are_reserved_in_the_journal_before_they_are_used():
    state, lately = link(), saved(link())
    for counter in range(1, 3 * COUNTERS_AHEAD):
        before = state
        step = send(state, PATIENT.says(ReadState(), counter, id=f"{counter:032x}"))
        state = step.link
        if must_save(before, state):
            lately = saved(state)
        fresh = restored(lately, PUMP, NOW)
        assert isinstance(fresh, Link)
        assert fresh.ledger.of(PATIENT.key).used >= counter


def test_a_reading_within_the_block_needs_no_write_and_an_act_always_does():
    state = send(link(), PATIENT.says(ReadState(), 1)).link
    assert not must_save(state, send(state, PATIENT.says(ReadState(), 2)).link)
    assert must_save(state, send(state, PATIENT.says(AskDose(), 2)).link)


@pytest.mark.requirement("ST-03", "A33")
@pytest.mark.parametrize("unsaved", [1, 5, COUNTERS_AHEAD])
def test_a_snapshot_within_a_block_opens_no_counter_again(unsaved: int):
    state, _ = ask(link(), PATIENT.says(StopDose(), 1))
    snapshot, used = saved(state), []
    for counter in range(2, 2 + unsaved):
        used.append(PATIENT.says(ReadState(), counter))
        state = send(state, used[-1]).link
    back = restored(snapshot, PUMP, NOW)
    assert isinstance(back, Link)
    assert [code(send(back, command)) for command in used] == ["counter"] * unsaved


@pytest.mark.requirement("ST-03", "A33")
def test_a_snapshot_from_long_before_opens_no_command_again():
    snapshot = saved(link())
    state, used = link(), [PATIENT.says(AskDose(), n * 100) for n in range(1, 9)]
    for command in used:
        state, _ = ask(state, command)
    back = restored(snapshot, PUMP, NOW + 1)
    assert isinstance(back, Link)
    for command in used:
        step = send(back, command, at(1))
        assert code(step) == "before-restart"


def test_a_remote_that_jumps_to_the_last_counter_locks_out_only_itself():
    state, _ = ask(link(), PATIENT.says(StopDose(), 2**53 - 1))
    assert code(send(state, PATIENT.says(StopDose(), 5))) == "counter"
    assert carried(send(state, ADA.says(Stop(), 1)))
    assert must_save(link(), state)
    assert restart(state).ledger.of(PATIENT.key).used == 2**53 - 1


def test_an_answer_that_comes_after_its_key_was_revoked_changes_nothing():
    step = send(link(), PATIENT.says(AskDose(), 1))
    assert isinstance(step.outcome, Carry)
    gone, _ = ask(step.link, ADA.says(Revoke(PATIENT.key), 1))
    after, answer, _ = settle(gone, step.outcome, refused("lockout", "wait"), AT)
    assert after == gone
    assert answer.response.kind is Kind.REFUSED


def test_what_the_journal_keeps_is_what_a_restart_finds():
    state, _ = ask(in_session(ADA), ADA.says(Interrogate(), 1))
    assert restored(saved(state), PUMP, 0) == kept(state)
