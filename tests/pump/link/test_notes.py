"""The log of the link says who: a record of an act without its actor is none (SR-34, ST-07)."""

from dataclasses import replace

import pytest

from cisterna.pump.link import keys, lease, pairing
from cisterna.pump.link.frame import Pair
from cisterna.pump.link.lease import Lease
from cisterna.pump.link.notes import Note, What
from cisterna.pump.link.rules import LEASE_MS, PAIRING_MS, PAIRING_TRIES, READERS_PER_HOUR
from cisterna.pump.link.verbs import (
    AskDose,
    CloseSession,
    Interrogate,
    OpenSession,
    PairBegin,
    Revoke,
    Role,
    Stop,
    TakeOver,
)
from tests.pump.link.people import (
    ADA,
    AT,
    BEN,
    CLEO,
    CODE_KEY,
    NOW,
    PATIENT,
    READER,
    STRANGER,
    in_session,
    link,
    ring,
    send,
)


@pytest.mark.requirement("SR-34", "SR-51")
def test_the_log_says_who_opened_closed_lost_and_took_over_a_session():
    opened = send(link(), ADA.says(OpenSession(), 1))
    assert opened.notes == (Note(What.SESSION_OPENED, ADA.key, number=1),)
    taken = send(in_session(ADA), BEN.says(TakeOver(), 1))
    assert taken.notes == (
        Note(What.SESSION_TAKEN_OVER, ADA.key, f"by {BEN.key}", 1),
        Note(What.SESSION_OPENED, BEN.key, number=2),
    )
    closed = send(in_session(ADA, 4), ADA.says(CloseSession(), 1))
    assert closed.notes == (Note(What.SESSION_CLOSED, ADA.key, number=4),)
    _, lost = lease.lapsed(in_session(ADA, 7).lease, NOW + LEASE_MS)
    assert lost == (Note(What.SESSION_LOST, ADA.key, number=7),)


@pytest.mark.requirement("SR-51")
def test_opening_the_own_session_again_is_a_sign_of_life():
    held = Lease(3, ADA.key, NOW)
    assert lease.opened(held, ADA.key, NOW + 5) == (Lease(3, ADA.key, NOW + 5), ())


@pytest.mark.requirement("SR-34", "SR-48")
def test_the_log_says_whose_command_was_refused_or_repeated_and_which():
    refused = send(link(), PATIENT.says(Stop(), 1))
    assert refused.notes == (Note(What.COMMAND_REFUSED, PATIENT.key, "stop: role"),)
    asked = PATIENT.says(AskDose(), 1)
    again = send(send(link(), asked).link, asked)
    assert again.notes == (Note(What.COMMAND_REPEATED, PATIENT.key, "ask_dose"),)
    old = PATIENT.says(AskDose(), 1, id="f" * 32)
    spent = send(send(link(), PATIENT.says(AskDose(), 2)).link, old)
    assert spent.notes == (Note(What.COMMAND_REFUSED, PATIENT.key, "ask_dose: counter"),)


@pytest.mark.requirement("SR-34", "SR-70")
def test_the_log_says_why_something_is_not_authentic_and_names_nobody():
    forged = replace(ADA.says(Interrogate(), 1), sig="0" * 128)
    assert send(link(), forged).notes == (Note(What.NOT_AUTHENTIC, "", "bad-signature"),)
    assert send(link(), STRANGER.says(AskDose(), 1)).notes == (
        Note(What.NOT_AUTHENTIC, "", "unknown-key"),
    )


@pytest.mark.requirement("SR-34", "A36")
def test_the_log_says_which_key_was_revoked_by_whom():
    step = send(link(), ADA.says(Revoke(PATIENT.key), 1))
    assert step.notes == (Note(What.KEY_REVOKED, PATIENT.key, f"by {ADA.key}"),)


@pytest.mark.requirement("SR-34", "ST-07")
def test_the_log_says_who_opened_a_window_for_whom_and_who_came_through_it():
    step = send(link(), ADA.says(PairBegin(Role.REMOTE, CODE_KEY), 1))
    assert step.notes == (Note(What.PAIRING_OPENED, ADA.key, "remote"),)
    held, _ = keys.touched(step.link.ring, NOW)
    offer = pairing.offer(CODE_KEY, held.pump, Role.REMOTE, STRANGER.public)
    _, _, came = pairing.pair(held, offer, NOW, bolus=False)
    assert came == (Note(What.KEY_ADDED, STRANGER.key, "remote"),)
    _, _, failed = pairing.pair(held, replace(offer, proof="0" * 64), NOW, bolus=False)
    assert failed == (Note(What.PAIRING_FAILED, STRANGER.key, "2 tries left"),)
    _, _, far = pairing.pair(step.link.ring, offer, NOW, bolus=False)
    assert far == (Note(What.PAIRING_REFUSED, STRANGER.key, "not-near"),)
    _, over = pairing.expired(held, NOW + PAIRING_MS)
    assert over == (Note(What.PAIRING_CLOSED, ADA.key, "too late"),)


@pytest.mark.requirement("SR-34", "ST-07")
def test_the_log_says_why_a_window_was_not_opened_and_why_nobody_came_through():
    wanted = ADA.says(PairBegin(Role.REMOTE, CODE_KEY), 1)
    step = send(link(), wanted, replace(AT, bolus=True))
    assert step.notes == (
        Note(What.COMMAND_REFUSED, ADA.key, "pair_begin: bolus-running"),
        Note(What.PAIRING_REFUSED, ADA.key, "bolus-running"),
    )
    own = send(link(), ADA.says(Revoke(ADA.key), 1))
    assert own.notes == (Note(What.COMMAND_REFUSED, ADA.key, "revoke: own-key"),)
    held, _ = keys.touched(send(link(), wanted).link.ring, NOW)
    offer = pairing.offer(CODE_KEY, held.pump, Role.REMOTE, STRANGER.public)

    def refused(ring: keys.Ring, asked: Pair, bolus: bool = False) -> tuple[Note, ...]:
        return pairing.pair(ring, asked, NOW, bolus)[2]

    assert refused(ring(), offer) == (Note(What.PAIRING_REFUSED, STRANGER.key, "closed"),)
    assert refused(held, offer, bolus=True) == (
        Note(What.PAIRING_REFUSED, STRANGER.key, "bolus-running"),
    )
    other = replace(offer, role=Role.PROGRAMMER)
    assert refused(held, other) == (Note(What.PAIRING_REFUSED, STRANGER.key, "wrong-role"),)


@pytest.mark.requirement("SR-34", "ST-07")
def test_the_log_says_whose_window_the_last_wrong_proof_has_closed():
    held, _ = keys.touched(
        send(link(), ADA.says(PairBegin(Role.REMOTE, CODE_KEY), 1)).link.ring, NOW
    )
    offer = pairing.offer(CODE_KEY, held.pump, Role.REMOTE, STRANGER.public)
    notes: tuple[Note, ...] = ()
    for _ in range(PAIRING_TRIES):
        held, _, notes = pairing.pair(held, replace(offer, proof="0" * 64), NOW, bolus=False)
    assert notes == (
        Note(What.PAIRING_FAILED, STRANGER.key, "0 tries left"),
        Note(What.PAIRING_CLOSED, ADA.key),
    )


@pytest.mark.requirement("SR-34", "ST-08")
def test_the_log_says_who_the_second_programmer_was():
    first = send(link(), ADA.says(PairBegin(Role.PROGRAMMER, CODE_KEY), 1))
    second = send(first.link, CLEO.says(PairBegin(Role.PROGRAMMER, CODE_KEY), 1))
    assert second.notes == (Note(What.PAIRING_ASKED, CLEO.key, "second programmer"),)


@pytest.mark.requirement("SR-34", "ST-09")
def test_the_log_says_which_emergency_reader_came_in_or_why_it_did_not():
    near, said = keys.touched(ring(), NOW)
    assert said == (Note(What.TOUCHED),)
    _, id, admitted = keys.admit(near, READER.public, NOW)
    assert admitted == (Note(What.READER_ADMITTED, READER.key),)
    assert id == READER.key
    _, none, refused = keys.admit(ring(), READER.public, NOW)
    assert none is None
    assert refused == (Note(What.READER_REFUSED, READER.key, "not-near"),)
    many = tuple(keys.Visit(f"{n:064x}", NOW) for n in range(READERS_PER_HOUR))
    _, _, often = keys.admit(replace(near, visits=many), READER.public, NOW)
    assert often == (Note(What.READER_REFUSED, READER.key, "too-many"),)
