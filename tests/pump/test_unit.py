"""A pump as its host sees it: what is asked happens once, and survives a power loss."""

from typing import Any

import pytest

from cisterna.pump import keeper as keeping
from cisterna.pump.alarms import wrong_now
from cisterna.pump.beside import Beside, read_side, side_bytes
from cisterna.pump.codec import Unreadable
from cisterna.pump.link import frame as f
from cisterna.pump.link import pairing
from cisterna.pump.link.answer import Kind, Response
from cisterna.pump.link.command import Command
from cisterna.pump.link.proof import code_key
from cisterna.pump.link.rules import LEASE_MS, RULES, STRANGERS_PER_HOUR
from cisterna.pump.link.verbs import (
    Activate,
    AlarmAcknowledge,
    AlarmSilence,
    AskDose,
    ClinicianBolus,
    ClockSet,
    CloseSession,
    Confirm,
    Interrogate,
    MinimumRate,
    MriBegin,
    MriEnd,
    OpenSession,
    PairBegin,
    Prime,
    ReadBack,
    ReadState,
    Reconcile,
    RecordLine,
    Refill,
    Restart,
    Revoke,
    Role,
    Stage,
    Stop,
    StopDose,
    TakeOver,
    programme_digest,
)
from cisterna.pump.terms import programme_terms, read_terms
from cisterna.quantity import DAY_MS, HOUR_MS
from tests.pump.hosted import (
    MINUTE,
    PROGRAMME,
    Bench,
    answer,
    bench,
    greeting,
    next_programme,
    outbound,
    strokes,
)
from tests.pump.link.people import (
    ADA,
    BEN,
    EVERY_VERB,
    PATIENT,
    PUMP,
    READER,
    STRANGER,
    Person,
    knock,
)


def content(response: Response) -> dict[str, Any]:
    assert response.kind is Kind.REPORT, response
    assert response.content is not None
    return response.content


def state(made: Bench, by: Person = PATIENT) -> dict[str, Any]:
    """What the patient reads."""
    return content(made.ask(by, ReadState()))


# Programming ------------------------------------------------------------------------------------


@pytest.mark.requirement("SR-28")
def test_a_programme_is_staged_read_back_confirmed_and_activated():
    made = bench(programme=None)
    terms, digest = programme_terms(PROGRAMME), PROGRAMME.digest
    assert made.ask(ADA, OpenSession()).kind is Kind.ACCEPTED
    assert made.ask(ADA, Stage(terms, digest)).kind is Kind.ACCEPTED
    back = content(made.ask(ADA, ReadBack()))
    assert back == {"programme": terms, "digest": digest}
    assert made.ask(ADA, Activate(0)).code == "not-confirmed"
    assert made.ask(ADA, Confirm("0" * 64)).code == "digest"
    assert made.ask(ADA, Confirm(digest)).kind is Kind.ACCEPTED
    assert made.unit.state.version == 0
    assert made.ask(ADA, Activate(0)).kind is Kind.ACCEPTED
    assert made.ask(ADA, CloseSession()).kind is Kind.ACCEPTED
    assert made.unit.state.programme == PROGRAMME
    assert made.unit.state.session is None


def test_the_digest_that_a_person_compares_is_the_programmes_own():
    assert read_terms(programme_terms(PROGRAMME)) == PROGRAMME


@pytest.mark.parametrize(
    "wrong",
    [
        {"steps": []},
        {"steps": [[0]]},
        {"steps": [[0, 1, 2]]},
        {"steps": [[0, -1]]},
        {"steps": [[0, 1]] * 1025},
        {"mode": "anything"},
        {"version": 0},
        {"cycle_ms": 1 << 46},
        {"patient": {"volume_nl": 1}},
        {"more": 1},
    ],
)
def test_a_programme_that_is_none_is_refused(wrong: dict[str, Any]):
    made = bench()
    terms = programme_terms(next_programme(2)) | wrong
    made.ask(ADA, OpenSession())
    assert made.ask(ADA, Stage(terms, programme_digest(terms))).code == "unfit"
    assert made.unit.state.session is not None
    assert made.unit.state.session.stage == "open"
    assert made.ask(ADA, ReadBack()).code == "nothing-staged"


@pytest.mark.requirement("SR-26")
def test_a_programme_for_another_pump_or_beyond_its_limit_is_refused():
    made = bench()
    made.ask(ADA, OpenSession())
    other = next_programme(2, serial="CIS-0002")
    assert made.ask(ADA, Stage(programme_terms(other), other.digest)).code == "unfit"
    heavy = next_programme(2, per_24h_fg=10**10)
    assert made.ask(ADA, Stage(programme_terms(heavy), heavy.digest)).code == "limit"


@pytest.mark.requirement("SR-51")
def test_of_two_programmers_one_has_the_session_and_the_other_may_take_it_over():
    made = bench()
    second = next_programme(2)
    assert made.ask(ADA, OpenSession()).code is None
    assert made.ask(BEN, OpenSession()).code == "session-held"
    assert made.ask(BEN, Interrogate()).kind is Kind.REPORT
    assert made.ask(ADA, Stage(programme_terms(second), second.digest)).code is None
    assert made.ask(BEN, TakeOver()).code is None
    assert made.ask(ADA, Confirm(second.digest)).code == "no-session"
    assert made.ask(BEN, Confirm(second.digest)).code == "nothing-staged"
    alarms = {a["code"]: a for a in state(made)["alarms"]}
    assert alarms["session-taken-over"]["who"] == ADA.key
    assert made.ask(BEN, AlarmAcknowledge("session-taken-over")).code is None
    assert "session-taken-over" not in [a["code"] for a in state(made)["alarms"]]
    made.ask(BEN, CloseSession())
    made.programme(ADA, second)


def test_opening_the_own_session_again_keeps_it():
    made = bench()
    second = next_programme(2)
    made.ask(ADA, OpenSession())
    made.ask(ADA, Stage(programme_terms(second), second.digest))
    assert made.ask(ADA, OpenSession()).code is None
    assert made.ask(ADA, Confirm(second.digest)).code is None


@pytest.mark.parametrize("how", ["hang-up", "silence", "power", "revoked"])
@pytest.mark.requirement("SR-37", "ST-14")
def test_a_link_lost_in_mid_session_leaves_the_running_programme(how: str):
    made, second = bench(), next_programme(2)
    made.ask(ADA, OpenSession())
    made.ask(ADA, Stage(programme_terms(second), second.digest))
    made.ask(ADA, Confirm(second.digest))
    before = strokes(made)
    if how == "hang-up":
        made.unit.hung_up(ADA.key, made.now)
    elif how == "silence":
        assert made.unit.next_ms() <= made.now + LEASE_MS
        made.passes(LEASE_MS)
    elif how == "power":
        made.power_cut()
    else:
        assert made.ask(BEN, Revoke(ADA.key)).code is None
    assert made.unit.state.session is None
    assert made.unit.state.programme == PROGRAMME
    assert "session-lost" in [entry.what for entry in made.unit.log.entries]
    if how != "revoked":
        made.used["ada"] = 1000
        assert made.ask(ADA, Activate(1)).code == "no-session"
    made.used["ben"] = 1000
    made.programme(BEN, second)
    made.passes(HOUR_MS)
    assert strokes(made) > before


# Doses ------------------------------------------------------------------------------------------


@pytest.mark.requirement("SR-05")
def test_the_patient_reads_ready_then_wait_with_the_time_and_how_many_are_left():
    made = bench()
    made.passes(HOUR_MS)
    before = state(made)["dose"]
    assert (before["answer"], before["left"], before["why"]) == ("ready", 4, None)
    assert made.ask(PATIENT, AskDose()).kind is Kind.ACCEPTED
    given = made.now
    during = state(made)
    assert during["dose"]["running"]["volume_nl"] == 5_000
    assert during["flows"]["dose"] is True
    after = during["dose"]
    assert (after["answer"], after["why"], after["left"]) == ("refused", "patient-running", 3)
    made.passes(20 * MINUTE)
    later = state(made)["dose"]
    assert (later["answer"], later["why"]) == ("wait", "lockout")
    assert later["ready_ms"] == later["lockout_end_ms"] == given + HOUR_MS
    assert later["last"] == {
        "kind": "patient",
        "number": given,
        "ended_ms": given + 10 * MINUTE,
        "asked_nl": 5_000,
        "least_nl": 5_000,
        "most_nl": 5_000,
    }
    refusal = made.ask(PATIENT, AskDose())
    assert (refusal.code, refusal.content) == ("lockout", {"ready_ms": given + HOUR_MS})


def test_reading_whether_a_dose_is_possible_gives_none():
    made = bench()
    made.passes(HOUR_MS)
    for _ in range(5):
        assert state(made)["dose"]["answer"] == "ready"
    assert made.unit.state.granted == ()
    assert made.unit.state.flow.once is None


def test_a_stopped_dose_is_closed_with_its_bounds():
    made = bench()
    made.passes(HOUR_MS)
    made.ask(PATIENT, AskDose())
    made.passes(5 * MINUTE)
    assert made.ask(PATIENT, StopDose()).code is None
    last = state(made)["dose"]["last"]
    assert 0 < last["least_nl"] <= last["most_nl"] < 5_000


@pytest.mark.requirement("SR-48")
def test_the_same_bytes_again_are_answered_and_not_done_again():
    made = bench()
    made.passes(HOUR_MS)
    content = made.command(PATIENT, AskDose())
    first = answer(made.hear(content))
    made.now += 7
    again = answer(made.hear(content))
    assert again.response == first.response
    assert again.at_ms == first.at_ms + 7
    assert len(made.unit.state.granted) == 1


@pytest.mark.requirement("SR-46", "SR-47", "SR-48")
def test_a_retry_after_a_power_loss_gives_the_stored_answer_and_no_second_dose():
    made = bench()
    made.passes(HOUR_MS)
    content = made.command(PATIENT, AskDose())
    first = answer(made.hear(content))
    made.power_cut()
    again = answer(made.hear(content))
    assert first.response == again.response
    assert len(made.unit.state.granted) == 1
    assert made.unit.state.unknown is not None
    told = state_after(made)
    assert told["dose"]["why"] == "unknown-outcome"
    assert told["dose"]["last"]["asked_nl"] == 5_000
    made.used["ada"] = 1000
    assert made.ask(ADA, OpenSession()).code is None
    assert made.ask(ADA, Reconcile()).code is None


def state_after(made: Bench) -> dict[str, Any]:
    """What the patient reads after a restart, with a counter beyond the reserved ones."""
    made.used["patient"] = 1000
    return state(made)


def test_a_power_loss_between_the_record_and_the_deed_is_an_unknown_outcome(
    monkeypatch: pytest.MonkeyPatch,
):
    made = bench()
    made.passes(HOUR_MS)
    content = made.command(PATIENT, AskDose())

    class Cut(Exception):
        pass

    def cut(*_: object) -> None:
        raise Cut

    monkeypatch.setattr(made.unit.keeper.__class__, "handle", cut)
    with pytest.raises(Cut):
        made.hear(content)
    monkeypatch.undo()
    made.power_cut()
    told = answer(made.hear(content)).response
    assert told.code == "unknown-outcome"
    assert made.unit.state.granted == ()


@pytest.mark.requirement("ST-03")
def test_counters_keys_and_results_survive_and_a_restart_reuses_no_counter():
    made = bench()
    made.ask(ADA, AlarmSilence("stall"))
    counter = made.used["ada"]
    made.power_cut()
    made.used["ada"] = counter
    assert made.ask(ADA, Stop()).code == "counter"
    made.used["ada"] = counter + 200
    assert made.ask(ADA, Stop()).code is None
    assert made.unit.link.ring.known(PATIENT.key, made.now) is not None


def test_a_command_issued_before_a_restart_is_refused_after_it():
    made = bench()
    late = made.command(ADA, Stop(), id="f" * 32)
    made.used["ada"] += 500
    later = made.command(ADA, Stop())
    made.power_cut(5)
    assert answer(made.hear(late)).response.code == "counter"
    assert answer(made.hear(later)).response.code == "before-restart"


# Roles and other verbs --------------------------------------------------------------------------


@pytest.mark.requirement("ST-06")
def test_every_verb_of_the_table_has_an_answer_from_everyone_and_only_roles_act():
    for name, verb in EVERY_VERB.items():
        for person in (ADA, PATIENT, READER):
            made = bench(READER)
            made.now += 1
            got = made.hear(made.command(person, verb, base=1))
            response = answer(got).response
            if person.role not in RULES[name].roles:
                assert response.code == "role", name
            else:
                assert response.code != "role", name
            assert made.unit.state.programme is not None


def test_a_programmer_can_do_all_that_a_session_is_for():
    made = bench()
    made.passes(HOUR_MS)
    assert made.ask(ADA, OpenSession()).code is None
    assert made.ask(ADA, ClinicianBolus(20_000, 10 * MINUTE, 10**13)).code is None
    assert state(made)["dose"]["running"]["kind"] == "clinician"
    made.passes(11 * MINUTE)
    made.used["ada"] += 1
    assert made.ask(ADA, OpenSession()).code is None
    assert made.ask(ADA, Refill(1_000_000, 18_000_000, 10_000_000)).code is None
    assert state(made)["reservoir_nl"] == 18_000_000
    assert made.ask(ADA, ClockSet(5 * HOUR_MS)).code is None
    assert state(made)["clock_ms"] == 5 * HOUR_MS
    assert made.ask(ADA, Prime(250_000, 1_000_000)).code == "line-full"
    assert made.ask(ADA, RecordLine(250_000, 250_001, 0)).code == "unfit"
    assert made.ask(ADA, RecordLine(250_000, 250_000, 0)).code is None
    assert made.ask(ADA, Prime(250_000, 1_000_000)).code is None
    assert state(made)["flows"]["prime"] is True
    assert made.ask(ADA, Stop()).code is None
    assert state(made)["flows"]["stopped"] is True
    assert made.ask(ADA, Restart()).code is None
    assert state(made)["flows"]["stopped"] is False


@pytest.mark.requirement("ST-09")
def test_an_emergency_reader_reads_stops_and_goes_down_to_the_floor():
    made = bench(READER)
    assert state(made, READER)["serial"] == PUMP
    assert made.ask(READER, MinimumRate()).code is None
    assert state(made, READER)["flow_nl_per_h"] == PROGRAMME.floor_nl_per_h
    assert made.ask(READER, Stop()).code is None
    assert state(made, READER)["flow_nl_per_h"] == 0
    assert made.ask(READER, Restart()).code == "role"


def test_no_dose_during_a_scan():
    made = bench()
    made.passes(HOUR_MS)
    assert made.ask(ADA, OpenSession()).code is None
    assert made.ask(ADA, MriEnd()).code == "no-scan"
    assert made.ask(ADA, MriBegin()).code is None
    made.ask(ADA, CloseSession())
    assert state(made)["dose"]["why"] == "mri"
    assert made.ask(PATIENT, AskDose()).code == "mri"
    made.power_cut()
    made.used |= {"ada": 500, "patient": 500}
    assert state(made)["flows"]["scan"] is True
    made.ask(ADA, OpenSession())
    assert made.ask(ADA, MriEnd()).code is None
    made.ask(ADA, CloseSession())
    assert state(made)["dose"]["answer"] == "ready"


@pytest.mark.requirement("SR-65", "H16")
def test_a_pump_whose_valves_a_scanner_opens_is_emptied_and_stopped_before():
    made = bench(mri="valve")
    made.ask(ADA, OpenSession())
    assert made.ask(ADA, MriBegin()).code == "mri-valve"
    assert made.ask(ADA, Stop()).code is None
    assert made.ask(ADA, MriBegin()).code == "mri-valve"
    assert made.ask(ADA, Refill(19_000_000, 0, 10_000_000)).code is None
    assert made.ask(ADA, MriBegin()).code is None


def test_a_report_that_is_too_long_is_refused_and_nothing_fails(monkeypatch: pytest.MonkeyPatch):
    made = bench()
    long: dict[str, Any] = {"log": ["x" * 1000] * 100}
    monkeypatch.setattr("cisterna.pump.deeds.show.programmer_report", lambda *_: long)
    assert made.ask(ADA, Interrogate()).code == "too-long"


def test_a_programmer_reads_programme_keys_and_log():
    made = bench()
    told = content(made.ask(ADA, Interrogate()))
    assert told["programme"] == programme_terms(PROGRAMME)
    assert {k["role"] for k in told["keys"]} == {"programmer", "remote"}
    assert "activated" in [entry["what"] for entry in told["log"]]
    assert told["device"]["serial"] == PUMP


def test_the_refill_date_counts_every_patient_dose():
    made = bench()
    refill = state(made)["refill"]
    daily = 6 * 60_000 + 18 * 20_000 + 4 * 5_000
    assert refill["empty_ms"] == pytest.approx(20_000_000 / daily * DAY_MS, rel=1e-3)
    assert refill["low_reservoir_ms"] < refill["empty_ms"]
    assert state(bench(programme=None))["refill"]["empty_ms"] is None


# Keys -------------------------------------------------------------------------------------------


def begin_pairing(made: Bench) -> str:
    key = code_key("a printed code of many words")
    assert made.ask(ADA, PairBegin(Role.REMOTE, key)).code is None
    return key


@pytest.mark.requirement("ST-07")
def test_a_remote_is_paired_with_a_code_and_a_touch_and_is_known_after_a_power_loss():
    made = bench()
    offer = pairing.offer(begin_pairing(made), PUMP, Role.REMOTE, STRANGER.public)
    refused = made.hear(f.body(offer))
    assert isinstance(outbound(refused), f.Rejected)
    assert refused.close
    made.unit.touched(made.now)
    paired = outbound(made.hear(f.body(offer)))
    assert isinstance(paired, f.Paired)
    assert paired.key == STRANGER.key
    assert {"key-added", "pairing-opened"} <= {a["code"] for a in state(made)["alarms"]}
    made.power_cut()
    assert {"key-added", "pairing-opened"} <= set(wrong_now(made.unit.state.alarms))
    made.passes(HOUR_MS)
    assert made.ask(STRANGER, AskDose()).code is None


def test_what_cannot_be_recorded_adds_no_key_and_takes_none():
    made = bench()
    offer = pairing.offer(begin_pairing(made), PUMP, Role.REMOTE, STRANGER.public)
    made.unit.touched(made.now)
    made.disk.fails = lambda _, __: 0
    assert isinstance(outbound(made.hear(f.body(offer))), f.Rejected)
    assert made.unit.link.ring.known(STRANGER.key, made.now) is None
    assert made.ask(ADA, Revoke(PATIENT.key)).code == "storage"
    assert made.unit.link.ring.known(PATIENT.key, made.now) is not None


@pytest.mark.requirement("SR-14")
def test_a_full_storage_refuses_doses_and_still_reads_stops_and_lets_a_reader_in():
    made = bench()
    made.passes(HOUR_MS)
    made.disk.fails = lambda _, __: 0
    assert made.ask(PATIENT, AskDose()).code == "storage"
    assert made.unit.state.granted == ()
    assert made.ask(ADA, OpenSession()).code == "storage"
    assert state(made)["dose"]["answer"] in ("ready", "refused")
    made.unit.touched(made.now)
    assert isinstance(outbound(made.hear(f.body(f.Reader(READER.public)))), f.Admitted)
    assert made.ask(READER, Stop()).code is None
    assert made.unit.state.stopped_ms is not None


# Strangers --------------------------------------------------------------------------------------


@pytest.mark.parametrize("bytes_", [b"", b"{}", b"\xff" * 40, b'{"kind":"hello"}', b"x" * 70_000])
@pytest.mark.requirement("ST-12")
def test_whatever_the_bytes_are_therapy_goes_on(bytes_: bytes):
    made = bench()
    for _ in range(200):
        heard = made.hear(bytes_)
        assert heard.close
        assert isinstance(outbound(heard), f.Rejected)
    made.passes(HOUR_MS)
    assert 59 <= strokes(made) <= 60
    noisy = [entry for entry in made.unit.log.entries if entry.what.startswith("link-not")]
    assert len(noisy) <= 60
    assert "link-noise" in [entry.what for entry in made.unit.log.entries]


def test_a_greeting_tells_clock_and_version():
    made = bench()
    told = greeting(made.hear(f.body(f.Hello("ab" * 16)))).body
    assert (told.at_ms, told.version, told.nonce) == (made.now, 1, "ab" * 16)


@pytest.mark.requirement("ST-10")
def test_strangers_wake_the_radio_a_few_times_an_hour_and_a_known_key_always():
    made = bench()
    granted = [made.unit.woken(None, made.now) for _ in range(STRANGERS_PER_HOUR + 5)]
    assert granted.count(None) == 5
    made.unit.proven(granted[0] or 0)
    assert made.unit.woken(None, made.now) is not None
    assert made.unit.woken(None, made.now) is None
    assert made.unit.woken(knock(ADA, 1000), made.now) is not None
    assert made.unit.woken(knock(ADA, 1000), made.now) is None
    assert made.unit.woken(b"garbage", made.now) is None


def test_the_wrong_signature_changes_nothing_on_record():
    made = bench()
    written = len(made.disk.trace)
    forged = Person("ada", Role.PROGRAMMER).says(Stop(), 900, issued_ms=0, expires_ms=10_000)
    bad = f.body(Command(forged.head, forged.args, "0" * 128))
    assert made.hear(bad).close
    assert len(made.disk.trace) == written


# Records ----------------------------------------------------------------------------------------


def test_what_is_kept_beside_the_state_comes_back_or_is_unreadable():
    made = bench()
    link, beside = made.unit.link, Beside()
    again, found = read_side(side_bytes(link, beside), PUMP, 5)
    assert found == beside
    assert again.ring == link.ring
    for wrong in (b"", b"[]", b"{}", b"\xff", b'{"link":{},"beside":{}}'):
        with pytest.raises(Unreadable):
            read_side(wrong, PUMP, 5)
    with pytest.raises(Unreadable, match="another pump"):
        read_side(side_bytes(link, beside), "CIS-0002", 5)


def test_many_commands_fit_into_a_small_journal():
    made = bench()
    for _ in range(120):
        made.ask(ADA, AlarmSilence("stall"))
        made.ask(BEN, AlarmSilence("stall"))
    made.power_cut()
    assert made.unit.state.programme == PROGRAMME


def test_a_week_in_one_leap_gives_the_same_as_in_small_steps():
    leap, steps = bench(), bench()
    for _ in range(7 * 24):
        steps.passes(HOUR_MS)
    leap.passes(7 * DAY_MS)
    steps.now = leap.now
    steps.unit.advance(steps.now)
    for made in (leap, steps):
        made.unit.report(made.now)
    assert leap.unit.report(leap.now) == steps.unit.report(steps.now)
    assert len(leap.disk.trace) < len(steps.disk.trace)


def test_the_journal_of_a_unit_that_is_not_whole_is_unreadable():
    made = bench()
    made.unit.keeper.keep(b"nonsense")
    recalled = keeping.recall(made.disk, PUMP)
    with pytest.raises(Unreadable):
        made.unit.__class__.resumed(recalled, lambda _: b"", made.now + 1)
