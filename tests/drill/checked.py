"""The planted bugs that the model checker finds too, each by the property that it breaks.

`tests/pump/model/test_model.py` has the checker find them; the drill has plain tests find them.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from cisterna.pump import controller, doses, guard, session, upkeep
from cisterna.pump import events as e
from cisterna.pump.link import lease, ledger
from cisterna.pump.link.ledger import Account
from tests.drill.planting import Bug, Patch, by, planted


def handled(patch: Patch, kind: type[e.Event], handler: Callable[..., Any]) -> None:
    """Another handler for one kind of event."""
    patch.setitem(controller._HANDLERS, kind, handler)


@planted("pump.session.activated")
def no_confirmation(patch: Patch) -> None:
    def activated(made: Any, event: e.Activated) -> Any:
        opened = made.state.session
        if opened and opened.programme:
            made = made.now(replace(made.state, session=replace(opened, stage="confirmed")))
        return session.activated(made, event)

    handled(patch, e.Activated, activated)


@planted("pump.session.confirmed")
def any_digest(patch: Patch) -> None:
    def confirmed(made: Any, event: e.Confirmed) -> Any:
        opened = made.state.session
        if opened is None or opened.programme is None:
            return session.confirmed(made, event)
        return session.confirmed(made, replace(event, digest=opened.programme.digest))

    handled(patch, e.Confirmed, confirmed)


@planted("pump.session.activated")
def any_base(patch: Patch) -> None:
    handled(
        patch,
        e.Activated,
        lambda made, event: session.activated(
            made, replace(event, base_version=made.state.version)
        ),
    )


@planted("pump.doses._doubtful")
def dose_in_a_session(patch: Patch) -> None:
    real = doses._doubtful
    patch.setattr(doses, "_doubtful", lambda s: real(replace(s, session=None)))


@planted("pump.doses._too_soon")
def lockout_from_the_end(patch: Patch) -> None:
    real = doses._too_soon
    patch.setattr(
        doses,
        "_too_soon",
        lambda s, rule: real(s, replace(rule, lockout_ms=rule.lockout_ms + rule.duration_ms)),
    )


@planted("pump.doses.stopped")
def a_stopped_dose_is_free(patch: Patch) -> None:
    def stopped(made: Any, event: e.DoseStopped) -> Any:
        made = doses.stopped(made, event)
        return made if made.refused else made.now(replace(made.state, last_dose_ms=None))

    handled(patch, e.DoseStopped, stopped)


@planted("pump.guard.admit")
def limit_of_the_past_only(patch: Patch) -> None:
    real = guard.admit
    patch.setattr(guard, "admit", lambda g, dose, most, *_: real(g, dose, most, 1 << 62, ()))


@planted("pump.controller._dark")
def bolus_goes_on_after_a_power_loss(patch: Patch) -> None:
    def dark(made: Any, until_ms: int) -> Any:
        once = made.state.flow.once
        made = real(made, until_ms)
        if once is None or made.state.flow.once:
            return made
        return made.now(replace(made.state, flow=replace(made.state.flow, once=once)))

    real = controller._dark
    patch.setattr(controller, "_dark", dark)


@planted("pump.upkeep.doubted")
def unknown_is_forgotten(patch: Patch) -> None:
    patch.setattr(upkeep, "doubted", lambda made: made)


@planted("pump.session.ended")
def lost_session_stops(patch: Patch) -> None:
    def ended(made: Any, event: e.SessionEnded) -> Any:
        made = session.ended(made, event)
        return (
            made if not event.lost else made.now(replace(made.state, stopped_ms=made.state.now_ms))
        )

    handled(patch, e.SessionEnded, ended)


@planted("pump.upkeep.stopped")
def stop_only_in_a_session(patch: Patch) -> None:
    def stopped(made: Any, event: e.Stopped) -> Any:
        return upkeep.stopped(made, event) if made.state.session else made

    handled(patch, e.Stopped, stopped)


@planted("pump.doses._begun")
def dose_twice_as_large(patch: Patch) -> None:
    """The controller gives twice what the guard was told of."""

    def begun(made: Any, once: Any) -> Any:
        made = real(made, once)
        twice = replace(once, volume_nl=2 * once.volume_nl)
        return made.now(replace(made.state, flow=replace(made.state.flow, once=twice)))

    real = doses._begun
    patch.setattr(doses, "_begun", begun)


@planted("pump.session.staged")
def stage_activates(patch: Patch) -> None:
    def staged(made: Any, event: e.Staged) -> Any:
        first, made = made.state.version == 0, session.staged(made, event)
        return (
            made
            if first or made.refused
            else made.now(replace(made.state, programme=event.programme))
        )

    handled(patch, e.Staged, staged)


@planted("pump.link.ledger")
def a_command_again(patch: Patch) -> None:
    """The ledger forgets what it saw: the same id acts again while it is fresh."""
    patch.setattr(Account, "result", lambda *_: None)
    real = ledger.spend

    def spend(book: Any, key: str, counter: int, result: Any) -> Any:
        used = book.of(key).used
        book = real(book, key, counter, result)
        return ledger._with(book, replace(book.of(key), used=used))

    patch.setattr(ledger, "spend", spend)


@planted("pump.link.lease.opened")
def two_leases(patch: Patch) -> None:
    """Who opens takes the session without a word to the other."""
    patch.setattr(
        lease, "opened", lambda held, key, now: (lease.Lease(held.number + 1, key, now), ())
    )


@planted("pump.upkeep.reconciled")
def never_reconciled(patch: Patch) -> None:
    handled(patch, e.Reconciled, lambda made, _: made)


@planted("pump.doses.asked")
def late_request(patch: Patch) -> None:
    handled(
        patch,
        e.DoseAsked,
        lambda made, event: doses.asked(made, replace(event, expires_ms=event.at_ms + 1)),
    )


@planted("pump.doses._busy")
def dose_after_prime(patch: Patch) -> None:
    patch.setattr(doses, "_busy", lambda s, beside=(): None)


CHECKED: dict[str, Bug] = {
    bug.name: bug
    for bug in (
        Bug(
            "a programme runs that nobody confirmed",
            "Programming in one step: what was sent runs, whatever was understood",
            "SR-28; OAPS",
            no_confirmation,
            by(
                "test_session.py",
                "only_what_was_read_back_can_be_confirmed_and_only_what_was_confirmed_activated",
            ),
        ),
        Bug(
            "any digest confirms",
            "The pump shows the prescribed dose and gives another (B. Braun Space)",
            "§4.1 CVE-2021-33882; SR-27, SR-28",
            any_digest,
            by(
                "test_session.py",
                "only_what_was_read_back_can_be_confirmed_and_only_what_was_confirmed_activated",
            ),
        ),
        Bug(
            "an activation on a version that no longer runs",
            "A month-old draft of a programmer that was offline replaces today's order",
            "H13; SR-49; A11",
            any_base,
            by("test_session.py", "a_stale_version_is_neither_staged_nor_activated"),
        ),
        Bug(
            "laying a programme down activates it",
            "A draft acts before a person has seen it",
            "SR-28",
            stage_activates,
            by("test_session.py", "until_it_is_activated_the_old_programme_runs"),
        ),
        Bug(
            "a patient's dose while the pump is being programmed",
            "The patient presses while the clinician takes the dose away",
            "H14; A12; SR-31",
            dose_in_a_session,
            by("test_doses.py", "a_dose_is_refused_with_its_reason_and_never_queued"),
        ),
        Bug(
            "the lockout counts from the end of a dose",
            "Two readings of one word in a requirement: lockout from start, or from end",
            "A01; SR-05; §1 OPCA",
            lockout_from_the_end,
            by("test_doses.py", "the_lockout_runs_from_start_to_start_to_the_millisecond"),
        ),
        Bug(
            "a dose that is stopped leaves no lockout",
            "Press, stop, press: a dose each time",
            "H07; SR-05",
            a_stopped_dose_is_free,
            by(
                "test_doses.py",
                "she_stops_her_own_dose_and_the_lockout_still_counts_from_its_start",
            ),
        ),
        Bug(
            "the limit counts only what is past",
            "The published rule of the Open PCA pump, shown to be unsafe",
            "§1 ICLP24; H01; SR-07; A02",
            limit_of_the_past_only,
            by(
                "test_doses.py",
                "the_last_dose_of_a_tight_limit_waits_for_the_basal_flow_still_to_come",
            ),
        ),
        Bug(
            "a dose goes on after a power loss",
            "Double bolus: the one that was cut off is given once more",
            "§0 LOOP; H10; SR-46",
            bolus_goes_on_after_a_power_loss,
            by(
                "test_doses.py",
                "power_lost_in_a_dose_repeats_nothing_and_counts_the_stroke_in_doubt",
            ),
        ),
        Bug(
            "a dose of unknown outcome is forgotten",
            "Double bolus: it is reported as failed, was given, and is asked for again",
            "§3 LOOP; SR-47",
            unknown_is_forgotten,
            by(
                "test_doses.py",
                "power_lost_in_a_dose_repeats_nothing_and_counts_the_stroke_in_doubt",
            ),
        ),
        Bug(
            "a lost link stops the pump",
            "Therapy hangs on the radio; the patient goes into withdrawal",
            "SR-37; ST-14; H03",
            lost_session_stops,
            by("test_session.py", "a_session_that_breaks_off_leaves_the_old_programme_running"),
        ),
        Bug(
            "stop works in a session only",
            "The one command that must always work waits for a licence to speak",
            "A35; SR-14",
            stop_only_in_a_session,
            by("test_controller.py", "stop_works_from_every_state_within_one_stroke"),
        ),
        Bug(
            "the controller gives twice what the guard was told of",
            "A unit or a stroke volume taken twice",
            "H18; SR-04",
            dose_twice_as_large,
            by("test_doses.py", "a_dose_is_on_top_of_the_schedule_to_the_stroke"),
        ),
        Bug(
            "a retry is carried out again",
            "A bolus that was captured is sent again (MiniMed remote)",
            "§4.1 CVE-2018-14781; H12; SR-48; A03",
            a_command_again,
            by("link/test_command.py", "a_duplicate_gets_the_first_answer_and_acts_once"),
        ),
        Bug(
            "two programmers have a session at a time",
            "Two programmers are connected; one update is lost",
            "H15; SR-51; A11",
            two_leases,
            by("link/test_lease.py", "the_second_programmer_can_read_and_stop_but_not_program"),
        ),
        Bug(
            "an acknowledgement does not end the block",
            "A block that nothing lifts: no dose until the pump is replaced",
            "SR-47; H03",
            never_reconciled,
            by(
                "test_doses.py",
                "power_lost_in_a_dose_repeats_nothing_and_counts_the_stroke_in_doubt",
            ),
        ),
        Bug(
            "a late request is still good",
            "A press from before the tunnel acts after it",
            "H12; SR-50; A04",
            late_request,
            by("test_doses.py", "a_request_counts_only_before_it_expires"),
        ),
        Bug(
            "a bolus, a prime and a dose beside one another",
            "Bolus, prime, resume gave too much or too little (Medfusion 3500/4000, Class I)",
            "§1 Medfusion 2020; SR-60; H22",
            dose_after_prime,
            by("test_doses.py", "a_dose_is_refused_with_its_reason_and_never_queued"),
        ),
    )
}
