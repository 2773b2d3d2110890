"""Keys come, go and are replaced; nobody is locked out of rescue (SR-69, ST-01, ST-07 to ST-09).

The corpus: A24 pairing while a bolus runs, A36 a stolen phone, and H24, every key lost in turn.
"""

from dataclasses import replace
from itertools import combinations

import pytest

from cisterna.pump.link.canonical import Reason
from cisterna.pump.link.door import Carry, Reply, Silence, Step, receive
from cisterna.pump.link.frame import Admitted, Pair, Paired, Reader, body
from cisterna.pump.link.judge import Situation
from cisterna.pump.link.keys import provision
from cisterna.pump.link.notes import What
from cisterna.pump.link.pairing import offer, shown
from cisterna.pump.link.proof import code_key
from cisterna.pump.link.rules import (
    HOUR,
    MOST_KEYS,
    PAIRING_MS,
    PAIRING_TRIES,
    PAIRINGS_PER_HOUR,
    PROXIMITY_MS,
    READER_MS,
    READERS_PER_HOUR,
)
from cisterna.pump.link.state import Link, passed, restored, saved, touch
from cisterna.pump.link.verbs import (
    AskDose,
    ClinicianBolus,
    Interrogate,
    MinimumRate,
    PairBegin,
    ReadState,
    Restart,
    Revoke,
    Role,
    Stop,
)
from tests.pump.link.people import (
    ADA,
    AT,
    BEN,
    CLEO,
    CODE_KEY,
    NOW,
    OTHER_PUMP,
    PATIENT,
    PUMP,
    PUMP_PUBLIC,
    READER,
    STRANGER,
    VERSION,
    Person,
    ask,
    carried,
    code,
    in_session,
    link,
    send,
)

NEW = Person("new-phone", Role.REMOTE)
DORA = Person("dora", Role.PROGRAMMER)
MALLORY = Person("mallory", Role.REMOTE)
BOLUS_RUNS = replace(AT, bolus=True)


def at(ms: int) -> Situation:
    """The pump at another time."""
    return Situation(NOW + ms, VERSION)


def opened(role: Role = Role.REMOTE, key: str = CODE_KEY, near: bool = True) -> Link:
    """A pump with an open pairing window, touched just now."""
    state, answer = ask(link(), ADA.says(PairBegin(role, key), 1))
    assert answer.response.code is None
    return touch(state, NOW)[0] if near else state


def proof(of: Person, key: str = CODE_KEY, pump: str = PUMP) -> Pair:
    """What a new device sends."""
    return offer(key, pump, of.role, of.public)


def paired(step: Step) -> bool:
    """Whether the step let a new key in."""
    return isinstance(step.outcome, Reply) and isinstance(step.outcome.body, Paired)


def whats(step: Step) -> list[What]:
    """What the step noted."""
    return [note.what for note in step.notes]


# The first keys ------------------------------------------------------------------------------


@pytest.mark.requirement("SR-69", "ST-01")
def test_a_new_pump_knows_the_programmers_it_was_given_and_nobody_else():
    ring = provision(PUMP, PUMP_PUBLIC, (ADA.public, BEN.public))
    assert {k.role for k in ring.keys} == {Role.PROGRAMMER}
    assert {k.id for k in ring.keys} == {ADA.key, BEN.key}


@pytest.mark.parametrize("programmers", [(), (ADA.public,), (ADA.public, ADA.public)])
def test_a_pump_is_not_given_out_with_fewer_than_two_programmers(programmers):
    with pytest.raises(ValueError, match="two different"):
        provision(PUMP, PUMP_PUBLIC, programmers)


@pytest.mark.requirement("ST-01")
def test_the_pump_keeps_no_secret_of_anybody():
    kept = str(saved(opened()))
    assert CODE_KEY not in kept
    assert "private" not in kept


# Pairing a remote ----------------------------------------------------------------------------


@pytest.mark.requirement("ST-07")
def test_a_remote_is_paired_with_code_and_touch_and_can_ask_for_a_dose():
    step = send(opened(), proof(NEW))
    assert isinstance(step.outcome, Reply)
    answer = step.outcome.body
    assert isinstance(answer, Paired)
    assert shown(CODE_KEY, PUMP, NEW.public, answer)
    assert answer.public == PUMP_PUBLIC
    assert whats(step) == [What.KEY_ADDED]
    assert all(note.alarm for note in step.notes)
    assert carried(send(step.link, NEW.says(AskDose(), 1)))


def test_opening_a_window_is_logged_and_alarmed():
    step = send(link(), ADA.says(PairBegin(Role.REMOTE, CODE_KEY), 1))
    assert [(n.what, n.who, n.alarm) for n in step.notes] == [(What.PAIRING_OPENED, ADA.key, True)]


@pytest.mark.requirement("ST-07", "SR-69")
def test_nobody_is_paired_without_a_window_a_touch_or_the_code():
    assert not paired(send(touch(link(), NOW)[0], proof(NEW)))
    assert not paired(send(opened(near=False), proof(NEW)))
    assert not paired(send(opened(), proof(NEW, key="d0" * 32)))


@pytest.mark.parametrize(("ms", "good"), [(PROXIMITY_MS - 1, True), (PROXIMITY_MS, False)])
def test_a_touch_counts_for_a_short_time(ms: int, good: bool):
    assert paired(send(opened(), proof(NEW), at(ms))) is good


@pytest.mark.parametrize(("ms", "good"), [(PAIRING_MS - 1, True), (PAIRING_MS, False)])
def test_a_window_is_open_for_a_short_time(ms: int, good: bool):
    state = touch(opened(), NOW + ms)[0]
    step = send(state, proof(NEW), at(ms))
    assert paired(step) is good
    assert (What.PAIRING_CLOSED in whats(step)) is not good


@pytest.mark.requirement("ST-07")
def test_a_code_is_good_once():
    step = send(opened(), proof(NEW))
    again = touch(step.link, NOW)[0]
    assert not paired(send(again, proof(MALLORY)))
    assert code(send(again, ADA.says(PairBegin(Role.REMOTE, CODE_KEY), 2))) == "code-used"


def test_a_code_of_a_window_that_went_by_unused_is_used_up_as_well():
    step = send(opened(), ADA.says(PairBegin(Role.REMOTE, CODE_KEY), 2, **late()), at(PAIRING_MS))
    assert code(step) == "code-used"


def late(ms: int = PAIRING_MS) -> dict[str, int]:
    """A command made later."""
    return {"issued_ms": NOW + ms, "expires_ms": NOW + ms + 9000}


@pytest.mark.requirement("ST-07")
def test_wrong_proofs_close_the_window_and_then_the_right_one_is_too_late():
    state = opened()
    for left in reversed(range(PAIRING_TRIES)):
        step = send(state, proof(MALLORY, key="d0" * 32))
        assert step.outcome == Silence(Reason.BAD_PROOF)
        assert What.PAIRING_FAILED in whats(step)
        assert (What.PAIRING_CLOSED in whats(step)) is (left == 0)
        assert all(note.alarm for note in step.notes)
        state = step.link
    assert not paired(send(state, proof(NEW)))


def test_one_wrong_proof_less_than_that_does_not_spoil_the_pairing():
    state = opened()
    for _ in range(PAIRING_TRIES - 1):
        state = send(state, proof(MALLORY, key="d0" * 32)).link
    assert paired(send(state, proof(NEW)))


@pytest.mark.requirement("ST-07")
def test_a_man_in_the_middle_gains_nothing_from_what_he_hears():
    heard = proof(NEW)
    for stolen in (
        replace(heard, public=MALLORY.public),
        proof(NEW, pump=OTHER_PUMP),
        replace(heard, proof=heard.proof[::-1]),
    ):
        assert not paired(send(opened(), stolen))
    assert not paired(send(opened(), replace(heard, role=Role.PROGRAMMER)))


@pytest.mark.requirement("ST-07")
def test_a_man_in_the_middle_cannot_pass_for_the_pump():
    step = send(opened(), proof(NEW))
    assert isinstance(step.outcome, Reply)
    answer = step.outcome.body
    assert isinstance(answer, Paired)
    assert not shown(CODE_KEY, PUMP, NEW.public, replace(answer, public=MALLORY.public))
    assert not shown(CODE_KEY, OTHER_PUMP, NEW.public, answer)
    assert not shown("d0" * 32, PUMP, NEW.public, answer)
    assert not shown(CODE_KEY, PUMP, MALLORY.public, answer)


@pytest.mark.requirement("ST-07")
def test_a_recorded_pairing_opens_nothing_later():
    recorded = body(proof(NEW))
    state = receive(opened(), recorded, AT).link
    done, _ = ask(state, ADA.says(Revoke(NEW.key), 2))
    other, _ = ask(done, ADA.says(PairBegin(Role.REMOTE, "d0" * 32), 3))
    assert not paired(receive(touch(other, NOW)[0], recorded, AT))


def test_a_revoked_key_is_not_paired_again():
    done, _ = ask(link(), ADA.says(Revoke(PATIENT.key), 2))
    state, _ = ask(done, ADA.says(PairBegin(Role.REMOTE, CODE_KEY), 3))
    step = send(touch(state, NOW)[0], proof(PATIENT))
    assert not paired(step)
    assert [note.detail for note in step.notes] == ["not-a-new-key"]


@pytest.mark.requirement("ST-07", "A24")
def test_no_pairing_while_a_bolus_runs():
    begin = ADA.says(PairBegin(Role.REMOTE, CODE_KEY), 1)
    assert code(send(link(), begin, BOLUS_RUNS)) == "bolus-running"
    step = send(opened(), proof(NEW), BOLUS_RUNS)
    assert not paired(step)
    assert paired(send(step.link, proof(NEW)))


def test_the_touch_of_a_pairing_is_used_up():
    step = send(opened(), proof(NEW))
    assert step.link.ring.touched_ms is None


def test_windows_are_few_in_an_hour():
    state = link()
    for n in range(PAIRINGS_PER_HOUR):
        begin = PairBegin(Role.REMOTE, f"{n:064x}")
        state, answer = ask(
            state, ADA.says(begin, n + 1, **late(n * PAIRING_MS)), at(n * PAIRING_MS)
        )
        assert answer.response.code is None
    again = PairBegin(Role.REMOTE, "e" * 64)
    assert code(send(state, ADA.says(again, 9, **late(HOUR - 1)), at(HOUR - 1))) == "too-many"
    assert code(send(state, ADA.says(again, 9, **late(HOUR)), at(HOUR))) is None


def test_a_second_window_does_not_push_the_first_aside():
    step = send(opened(), BEN.says(PairBegin(Role.REMOTE, "d0" * 32), 1))
    assert code(step) == "window-open"
    assert paired(send(step.link, proof(NEW)))


def test_a_window_does_not_outlast_power():
    found = restored(saved(opened()), PUMP, NOW)
    assert isinstance(found, Link)
    assert not paired(send(touch(found, NOW)[0], proof(NEW)))


def test_a_pump_takes_no_more_keys_than_it_can_hold():
    state = link()
    others = [Person(f"p{n}", Role.REMOTE) for n in range(MOST_KEYS)]
    known = tuple(replace(state.ring.keys[0], id=p.key, public=p.public) for p in others)
    begun, _ = ask(
        replace(state, ring=replace(state.ring, keys=(*state.ring.keys, *known)[:MOST_KEYS])),
        ADA.says(PairBegin(Role.REMOTE, CODE_KEY), 1),
    )
    assert not paired(send(touch(begun, NOW)[0], proof(NEW)))


def test_a_code_is_turned_into_its_key_in_one_way_only():
    assert code_key("BIRD-7") != code_key("BIRD-8")
    assert len(code_key("BIRD-7")) == 64


# Loss, revocation, recovery ------------------------------------------------------------------


def test_a_revoked_key_is_out_at_once_and_its_session_is_lost():
    state = in_session(BEN)
    step = send(state, ADA.says(Revoke(BEN.key), 1))
    assert whats(step) == [What.KEY_REVOKED, What.SESSION_LOST]
    assert send(step.link, BEN.says(Interrogate(), 1)).outcome == Silence(Reason.UNKNOWN_KEY)


def test_nobody_revokes_the_own_key_so_a_programmer_is_always_left():
    assert code(send(link(), ADA.says(Revoke(ADA.key), 1))) == "own-key"
    assert code(send(link(), ADA.says(Revoke(STRANGER.key), 1))) == "unknown-key"


def test_a_window_closes_once_and_is_gone():
    late = NOW + PAIRING_MS
    after, said = passed(opened(), late)
    assert [note.what for note in said] == [What.PAIRING_CLOSED]
    assert after.ring.window is None
    assert passed(after, late) == (after, ())


def test_revoking_somebody_else_leaves_a_window_open():
    state, _ = ask(opened(), ADA.says(Revoke(PATIENT.key), 2))
    assert paired(send(state, proof(NEW)))


def test_nothing_is_remembered_of_a_key_that_is_gone():
    """Readers make a new key for each touch: what is kept must not grow with them."""
    state, _ = ask(link(), PATIENT.says(AskDose(), 1))
    state, _ = ask(state, ADA.says(Revoke(PATIENT.key), 1))
    assert [account.key for account in state.ledger.accounts] == [ADA.key]
    state = send(touch(state, NOW)[0], Reader(READER.public)).link
    state, _ = ask(state, READER.says(ReadState(), 1))
    later = at(READER_MS)
    state = send(touch(state, later.now_ms)[0], Reader(MALLORY.public), later).link
    assert READER.key not in [account.key for account in state.ledger.accounts]


def test_revoking_the_programmer_behind_a_window_closes_it():
    state, _ = ask(opened(), BEN.says(Revoke(ADA.key), 1))
    assert not paired(send(state, proof(NEW)))


@pytest.mark.requirement("ST-08", "H24")
@pytest.mark.parametrize(("first", "second"), list(combinations([ADA, BEN, CLEO], 2)))
def test_a_lost_programmer_is_replaced_by_any_two_others_near_the_pump(first, second):
    lost = next(p for p in (ADA, BEN, CLEO) if p not in (first, second))
    wanted = PairBegin(Role.PROGRAMMER, CODE_KEY)
    state, _ = ask(link(), first.says(Revoke(lost.key), 1))
    state, _ = ask(state, first.says(wanted, 2))
    state, _ = touch(state, NOW)
    alone = send(state, proof(DORA))
    assert not paired(alone)
    assert [note.detail for note in alone.notes] == ["second-programmer-missing"]
    state, answer = ask(alone.link, second.says(wanted, 3))
    assert answer.response.code is None
    step = send(state, proof(DORA))
    assert paired(step)
    assert carried(send(step.link, DORA.says(Interrogate(), 1)))
    assert send(step.link, lost.says(Interrogate(), 9)).outcome == Silence(Reason.UNKNOWN_KEY)


def test_one_programmer_twice_is_not_two():
    wanted = PairBegin(Role.PROGRAMMER, CODE_KEY)
    state, _ = ask(link(), ADA.says(wanted, 1))
    step = send(state, ADA.says(wanted, 2))
    assert code(step) == "window-open"
    assert not paired(send(touch(step.link, NOW)[0], proof(DORA)))


def test_two_programmers_who_mean_different_keys_are_not_two():
    state, _ = ask(link(), ADA.says(PairBegin(Role.PROGRAMMER, CODE_KEY), 1))
    step = send(state, BEN.says(PairBegin(Role.PROGRAMMER, "d0" * 32), 1))
    assert code(step) == "window-open"


def test_a_remote_cannot_come_in_through_a_programmers_window():
    wanted = PairBegin(Role.PROGRAMMER, CODE_KEY)
    state, _ = ask(link(), ADA.says(wanted, 1))
    state, _ = ask(state, BEN.says(wanted, 1))
    assert not paired(send(touch(state, NOW)[0], proof(NEW)))


def test_no_emergency_key_is_paired_for_good():
    assert code(send(link(), ADA.says(PairBegin(Role.EMERGENCY, CODE_KEY), 1))) == "wrong-role"


def test_an_older_ring_is_refused_where_the_pump_keeps_its_generation_apart():
    before = saved(link())
    state, _ = ask(link(), ADA.says(Revoke(PATIENT.key), 1))
    least = state.ring.generation
    assert restored(before, PUMP, NOW, least) == "an older journal"
    assert isinstance(restored(saved(state), PUMP, NOW, least), Link)


# Emergency access ----------------------------------------------------------------------------


def reader(ms: int = 0, of: Person = READER, from_: Link | None = None) -> Step:
    """An emergency reader comes near and offers its key."""
    state, _ = touch(from_ or link(), NOW + ms)
    return receive(state, body(Reader(of.public)), at(ms))


@pytest.mark.requirement("ST-09", "SR-71")
def test_an_emergency_reader_needs_a_touch_and_then_can_only_reduce():
    assert receive(link(), body(Reader(READER.public)), AT).outcome == Silence(Reason.NOT_OPEN)
    step = reader()
    assert isinstance(step.outcome, Reply)
    assert step.outcome.body == Admitted(READER.key, PUMP_PUBLIC)
    assert [(n.what, n.alarm) for n in step.notes] == [(What.READER_ADMITTED, True)]
    for counter, verb in enumerate((ReadState(), MinimumRate(), Stop()), start=1):
        assert carried(send(step.link, READER.says(verb, counter)))
    for verb in (AskDose(), Restart(), ClinicianBolus(1, 1, 1), Revoke(ADA.key), Interrogate()):
        assert code(send(step.link, READER.says(verb, 9))) == "role"


@pytest.mark.requirement("ST-09", "H24", "SR-71")
def test_emergency_access_works_while_a_bolus_runs_and_when_every_key_is_lost():
    state, _ = touch(replace(link(), ring=replace(link().ring, keys=())), NOW)
    step = receive(state, body(Reader(READER.public)), BOLUS_RUNS)
    assert isinstance(send(step.link, READER.says(Stop(), 1)).outcome, Carry)


@pytest.mark.parametrize(("ms", "good"), [(READER_MS - 1, True), (READER_MS, False)])
def test_an_emergency_reader_is_known_for_minutes(ms: int, good: bool):
    step = send(reader().link, READER.says(Stop(), 1, **late(ms)), at(ms))
    assert carried(step) is good


def test_an_emergency_key_is_good_for_one_touch():
    gone = reader(READER_MS, from_=reader().link)
    assert gone.outcome == Silence(Reason.NOT_OPEN)
    assert [note.detail for note in gone.notes] == ["not-a-new-key"]


def test_a_paired_key_cannot_come_in_as_an_emergency_reader():
    assert reader(of=PATIENT).outcome == Silence(Reason.NOT_OPEN)


@pytest.mark.requirement("ST-09")
def test_emergency_readers_are_few_in_an_hour_and_let_in_again_later():
    state = link()
    for n in range(READERS_PER_HOUR):
        step = reader(n, Person(f"er{n}", Role.EMERGENCY), state)
        assert isinstance(step.outcome, Reply)
        state = step.link
    assert reader(HOUR - 1, from_=state).outcome == Silence(Reason.NOT_OPEN)
    assert isinstance(reader(HOUR, from_=state).outcome, Reply)
