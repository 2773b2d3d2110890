"""Bugs of the link: who speaks, whether it is fresh, whether it may, and who is let in."""

from typing import Any

from cisterna.pump.link import frame, proof
from cisterna.pump.link.rules import RULES, Rule
from cisterna.pump.link.verbs import Role
from tests.drill.planting import Bug, Patch, Plant, by, edit, everywhere, planted

COMMAND, KEYS, ROLES = "link/test_command.py", "link/test_keys.py", "link/test_roles.py"
FRAME, LEASE, BUDGET = "link/test_frame.py", "link/test_lease.py", "link/test_budget.py"


def also_may(role: Role, verb: str) -> Plant:
    """A cell of the role table that should be empty."""

    def do(patch: Patch) -> None:
        rule = RULES[verb]
        wider = Rule(rule.roles | {role}, False, rule.current, rule.acts, rule.window_ms)
        patch.setitem(RULES, verb, wider)

    return Plant("pump.link.rules.RULES", do)


@planted("pump.link.proof.genuine")
def any_signature(patch: Patch) -> None:
    everywhere(patch, proof.genuine, lambda *_: True)


@planted("pump.link.proof.same")
def any_proof(patch: Patch) -> None:
    everywhere(patch, proof.same, lambda *_: True)


@planted("pump.link.frame.inbound")
def reflected(patch: Patch) -> None:
    for name, kind in frame._OUTBOUND.items():
        patch.setitem(frame._INBOUND, name, kind)


@planted("pump.link.frame.take")
def length_is_believed(patch: Patch) -> None:
    def take(stream: bytes) -> tuple[Any, bytes]:
        end = frame.LENGTH_BYTES + int.from_bytes(stream[: frame.LENGTH_BYTES])
        whole = len(stream) >= end
        return (stream[frame.LENGTH_BYTES : end], stream[end:]) if whole else (None, stream)

    everywhere(patch, frame.take, take)


FRESH = (
    Bug(
        "any signature is good",
        "No authentication: settings and doses over the air (MiniMed 508, Conexus)",
        "§4.1 CVE-2019-10964, CVE-2019-6538; ST-01",
        any_signature,
        by(COMMAND, "a_command_signed_with_the_wrong_key_gets_no_answer"),
    ),
    Bug(
        "the arguments are not bound to the signature",
        "A relay changes the dose under a genuine head (B. Braun: data authenticity)",
        "§4.1 CVE-2021-33882; ST-05",
        edit(
            "pump.link.command.authentic",
            ('digest("args", command.args) == head.digest', "command.args is not None"),
        ),
        by(COMMAND, "a_relay_cannot_change_the_arguments_under_a_signature"),
    ),
    Bug(
        "a command for another pump is taken",
        "One signature, every pump of the house",
        "H04; A25; SR-26",
        edit("pump.link.command.authentic", ("head.pump != pump", "False")),
        by(COMMAND, "a_command_for_another_pump_gets_no_answer_and_is_not_used_up"),
    ),
    Bug(
        "a used counter is good again",
        "A captured frame is sent once more",
        "§4.1 CVE-2018-14781; ST-03; A03",
        edit("pump.link.door._command", ("head.counter <= account.used", "head.counter < 0")),
        by(COMMAND, "a_retry_that_is_no_longer_remembered_does_not_act"),
    ),
    Bug(
        "counters begin anew after a restart",
        "Replay across a restart of the pump",
        "A20; A33; ST-03",
        edit(
            "pump.link.ledger.restarted",
            (
                "map(_used_up, ledger.accounts)",
                "changed(account, used=0) for account in ledger.accounts",
            ),
            ("floor_ms=now_ms", "floor_ms=0"),
        ),
        by(COMMAND, "no_frame_of_before_a_restart_acts_after_it"),
    ),
    Bug(
        "what was issued before a restart is good after it",
        "A journal from long ago is put back, and old commands fit it",
        "A33; SR-50",
        edit("pump.link.judge._untimely", ("head.issued_ms < floor_ms", "False")),
        by(COMMAND, "a_snapshot_from_long_before_opens_no_command_again"),
    ),
    Bug(
        "a command never expires",
        "Held back by a relay and delivered at night",
        "H12; A04; SR-50",
        edit("pump.link.judge._untimely", ("now_ms >= head.expires_ms", "False")),
        by(COMMAND, "a_command_is_good_to_the_last_millisecond_before_it_expires"),
    ),
    Bug(
        "the sender chooses how long a command is good",
        "A request for a dose that is good for a year",
        "H07; SR-50",
        edit("pump.link.judge._untimely", ("<= rule.window_ms:", "<= 1 << 60:")),
        by(COMMAND, "a_command_may_not_be_good_for_longer_than_its_verb_allows"),
    ),
    Bug(
        "a change of a version that no longer runs",
        "Two tabs, a cached page, a draft of last month",
        "H13; SR-49",
        edit("pump.link.judge.judge", ("rule.current and (", "False and (")),
        by(COMMAND, "a_change_of_a_version_that_no_longer_runs_is_refused"),
    ),
    Bug(
        "an id is good for a second command",
        "The answer to one command is given for another",
        "SR-48; H12",
        edit("pump.link.door._repeated", ("seen.text != same_text(head)", "False")),
        by(COMMAND, "an_id_is_not_used_for_a_second_command"),
    ),
    Bug(
        "a command cut off by a restart is said to have failed",
        "Reported as failed, was given, is ordered again: the double bolus",
        "§3 LOOP; SR-47; H12",
        edit("pump.link.door._repeated", ('"unknown-outcome", "it may', '"failed", "it may')),
        by(COMMAND, "a_command_cut_off_by_a_restart_is_of_unknown_outcome_and_does_not_act"),
    ),
)

ALLOWED = (
    Bug(
        "the remote may order a bolus of any size",
        "Improper authorisation: the weakest device has the strongest verb",
        "§4.1 CVE-2015-3459; ST-06; A23",
        also_may(Role.REMOTE, "clinician_bolus"),
        by(ROLES, "the_remote_can_only_ask_stop_its_dose_and_read"),
    ),
    Bug(
        "the emergency reader may restart the pump",
        "A door without a lock that can raise the dose",
        "ST-09",
        also_may(Role.EMERGENCY, "restart"),
        by(ROLES, "emergency_access_can_only_read_and_reduce"),
    ),
    Bug(
        "a key is good in any role",
        "Roles are claimed by the sender and believed",
        "ST-01; ST-06",
        edit("pump.link.door._command", ("key and key.role is role", "key")),
        by(ROLES, "nobody_borrows_the_role_of_another"),
    ),
    Bug(
        "programming without a session",
        "Two programmers write over one another",
        "H15; SR-51",
        edit("pump.link.judge.judge", ("if rule.session and", "if False and")),
        by(LEASE, "what_programs_the_pump_needs_the_session"),
    ),
    Bug(
        "a silent programmer keeps the session for ever",
        "A tablet in a drawer locks everybody out",
        "SR-51; H24",
        edit("pump.link.lease.lapsed", ("lease.holder is None or", "True or")),
        by(LEASE, "a_silent_programmer_loses_the_session"),
    ),
    Bug(
        "everybody's frames keep a session alive",
        "A lost session looks alive because somebody else is talking",
        "SR-51; H15",
        edit("pump.link.lease.heard", ("if lease.holder == key else lease", "if True else lease")),
        by(LEASE, "every_sign_of_life_keeps_the_session_and_nobody_elses_does"),
    ),
    Bug(
        "a session is taken over without an alarm",
        "The first programmer goes on in the belief that it programs",
        "SR-51; SR-27",
        edit("pump.link.lease.taken_over", ("lease.holder is not None and", "False and")),
        by(LEASE, "taking_over_alarms_the_first_and_shuts_it_out"),
    ),
)

LET_IN = (
    Bug(
        "a device is paired without a touch",
        "Pairing traffic from across the street (MiniMed 600)",
        "§4.1 CVE-2022-32537; ST-07",
        edit("pump.link.pairing._why_not", ("not ring.near(now_ms)", "False")),
        by(KEYS, "nobody_is_paired_without_a_window_a_touch_or_the_code"),
    ),
    Bug(
        "a device is paired without the code",
        "A proof is sent, and nobody compares it",
        "§4.1 CVE-2022-32537; ST-07",
        any_proof,
        by(KEYS, "nobody_is_paired_without_a_window_a_touch_or_the_code"),
    ),
    Bug(
        "pairing while a bolus runs",
        "The moment of attack coincides with a dose",
        "A24; ST-07",
        edit("pump.link.pairing._why_not", ('"bolus-running": bolus', '"bolus-running": False')),
        by(KEYS, "no_pairing_while_a_bolus_runs"),
    ),
    Bug(
        "a printed code is good twice",
        "The sheet with the code lies on the desk",
        "ST-07",
        edit("pump.link.pairing.begin", ("mark in ring.used_codes", "False")),
        by(KEYS, "a_code_is_good_once"),
    ),
    Bug(
        "a code may be guessed without end",
        "A window takes any number of wrong proofs",
        "ST-07; ST-10",
        edit("pump.link.pairing._failed", ("tries=window.tries - 1", "tries=window.tries")),
        by(KEYS, "wrong_proofs_close_the_window_and_then_the_right_one_is_too_late"),
    ),
    Bug(
        "one programmer counts as two",
        "The second person is the first one again",
        "ST-08; H24",
        edit("pump.link.pairing._second", ("by in (window.first, window.second)", "False")),
        by(KEYS, "one_programmer_twice_is_not_two"),
    ),
    Bug(
        "a revoked key goes on",
        "A stolen phone, revoked while it was off",
        "A36; H07",
        edit("pump.link.keys.revoke", ("if k.id != id),\n", "),\n")),
        by(KEYS, "a_revoked_key_is_out_at_once_and_its_session_is_lost"),
    ),
    Bug(
        "a revoked key is paired again",
        "Revoked, and back through the same door",
        "A36; ST-08",
        edit("pump.link.pairing._why_not", ("id in ring.revoked or", "False or")),
        by(KEYS, "a_revoked_key_is_not_paired_again"),
    ),
    Bug(
        "the last programmer can lock herself out",
        "No key is left that could rescue",
        "H24; ST-08",
        edit("pump.link.keys.revoke", ("if id == by:", "if False:")),
        by(KEYS, "nobody_revokes_the_own_key_so_a_programmer_is_always_left"),
    ),
    Bug(
        "a flood of strangers drains the battery",
        "Each handshake wakes the radio (Marin 2018, Siddiqi 2020)",
        "§4.1 papers; ST-10; A32",
        edit("pump.link.budget.stranger", (">= STRANGERS_PER_HOUR", ">= 1 << 40")),
        by(BUDGET, "of_500_failed_handshakes_few_are_taken_and_the_programmer_comes_in_at_once"),
    ),
    Bug(
        "a flood locks the clinician out",
        "The defence of the battery denies the therapy",
        "ST-10; A32; H24",
        edit("pump.link.budget.known", ("role is Role.PROGRAMMER", "False")),
        by(BUDGET, "a_programmer_is_never_counted_out"),
    ),
    Bug(
        "another protocol version is read by the rules of this one",
        "Downgrade: the version is stated and not looked at",
        "ST-11",
        edit("pump.link.frame._decode", ('or value["v"] != VERSION', "")),
        by(FRAME, "another_version_is_refused_by_its_name"),
    ),
    Bug(
        "a pump reads what a pump sends",
        "Reflection: its own answer comes back as a command",
        "A21; ST-01",
        reflected,
        by(
            FRAME, "a_pump_reads_nothing_that_a_pump_sends_and_a_client_nothing_that_a_client_sends"
        ),
    ),
    Bug(
        "the length in a frame is believed",
        "A parser that trusts a length waits and buffers for ever",
        "A22; ST-12",
        length_is_believed,
        by(FRAME, "a_length_beyond_the_bound_gives_the_stream_up"),
    ),
    Bug(
        "one value has several spellings",
        "What was signed and what is read differ: duplicate keys, 1.0, odd escapes",
        "ST-12; A34",
        edit("pump.link.canonical.decode", ("if encode(value) == body", "if encode(value)")),
        by(FRAME, "bytes_with_any_other_spelling_are_refused"),
    ),
)
LINKS = FRESH + ALLOWED + LET_IN
