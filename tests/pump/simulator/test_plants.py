"""The simulator finds what is planted: each bug is one line of the pump that is left out."""

from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from cisterna.pump import controller, doses, journal, session, unit, upkeep
from cisterna.pump import events as e
from cisterna.pump.link import command, door, judge, ledger, rules, state
from cisterna.pump.recovery import JournalRefused
from cisterna.pump.state import Step
from tests.pump.simulator.run import Violation, simulate
from tests.variants import variants

DAYS, MOST = 90, 14
Plant = Callable[[pytest.MonkeyPatch], None]


def no_replay_guard(m: pytest.MonkeyPatch) -> None:
    """A command is not used up by being looked at."""
    changed = SimpleNamespace(**{**vars(ledger), "spend": lambda found, *_: found})
    m.setattr(door, "ledger", changed)


def no_restart_guard(m: pytest.MonkeyPatch) -> None:
    """After a restart every counter is free again, and no command is too old."""
    changed = SimpleNamespace(**{**vars(ledger), "restarted": lambda *_: ledger.Ledger()})
    m.setattr(state, "ledger", changed)


def no_signature(m: pytest.MonkeyPatch) -> None:
    """Every signature is genuine."""
    m.setattr(command, "genuine", lambda *_: True)


def no_expiry(m: pytest.MonkeyPatch) -> None:
    """No command comes too late."""
    m.setattr(judge, "_untimely", lambda *_: None)


def no_roles(m: pytest.MonkeyPatch) -> None:
    """Everybody may ask for everything."""
    m.setattr(judge, "may", lambda *_: True)


def no_version(m: pytest.MonkeyPatch) -> None:
    """Commands for another programme act on this one."""
    for name, rule in rules.RULES.items():
        m.setitem(rules.RULES, name, replace(rule, current=False))


def no_holder(m: pytest.MonkeyPatch) -> None:
    """Commands act in another's session."""
    for name, rule in rules.RULES.items():
        m.setitem(rules.RULES, name, replace(rule, session=False))


def lost_session_goes_on(m: pytest.MonkeyPatch) -> None:
    """The controller is not told that a session is lost."""
    m.setattr(unit, "LOST", ())


def no_lockout(m: pytest.MonkeyPatch) -> None:
    """A dose is never too soon."""
    m.setattr(doses, "_too_soon", lambda *_: None)


def no_limit(m: pytest.MonkeyPatch) -> None:
    """Every dose is within the limit."""
    m.setattr(doses, "_given", lambda made, dose, _: doses._begun(made, dose))


def no_doubt(m: pytest.MonkeyPatch) -> None:
    """A dose that a power loss cut off is taken for known."""
    m.setattr(upkeep, "doubted", lambda made: made)


def doses_in_sessions(m: pytest.MonkeyPatch) -> None:
    """A patient's dose is admitted while the pump is programmed."""
    m.setattr(doses, "_doubtful", lambda _: None)


def stop_is_only_said(m: pytest.MonkeyPatch) -> None:
    """An ordered stop is logged, and no more."""
    handlers: dict[type, Any] = controller._HANDLERS
    m.setitem(handlers, e.Stopped, lambda made, _: made.said("stopped"))


def no_confirmation(m: pytest.MonkeyPatch) -> None:
    """What is staged is activated, confirmed or not."""

    def activated(made: Step, event: e.Activated) -> Step:
        s = made.state
        if s.session and s.session.programme:
            made = made.now(replace(s, session=replace(s.session, stage="confirmed")))
        return session.activated(made, event)

    handlers: dict[type, Any] = controller._HANDLERS
    m.setitem(handlers, e.Activated, activated)


def a_nanolitre_too_much(m: pytest.MonkeyPatch) -> None:
    """A refill is booked with a nanolitre more than went in."""
    handlers: dict[type, Any] = controller._HANDLERS

    def refilled(made: Step, event: e.Refilled) -> Step:
        return upkeep.refilled(made, replace(event, fill_nl=event.fill_nl + 1))

    m.setitem(handlers, e.Refilled, refilled)


def dropped(kind: bytes) -> Plant:
    """Entries of one kind never reach the journal."""

    def plant(m: pytest.MonkeyPatch) -> None:
        append = journal.Journal.append

        def drops(self: journal.Journal, entry: bytes) -> journal.Durable:
            return journal.Durable(0) if entry[:1] == kind else append(self, entry)

        m.setattr(journal.Journal, "append", drops)

    return plant


def no_sync(m: pytest.MonkeyPatch) -> None:
    """The journal does not wait for the disk."""

    def puts(self: Any, name: str, offset: int, data: bytes) -> None:
        self._storage.write(name, offset, data)

    m.setattr(journal.Journal, "_put", puts)


def one_copy_only(m: pytest.MonkeyPatch) -> None:
    """The second copy is not written."""
    write = journal.Journal._write

    def writes(self: Any, slot: int, offset: int, data: bytes, copies: Any) -> Any:
        write(self, slot, offset, data, copies[:1])
        return copies

    m.setattr(journal.Journal, "_write", writes)


PLANTS: dict[str, Plant] = {
    "acted twice": no_replay_guard,
    "before the last restart": no_restart_guard,
    "is answered": no_signature,
    "expired": no_expiry,
    "a role": no_roles,
    "based on another programme": no_version,
    "another's session": no_holder,
    "a session that was lost": lost_session_goes_on,
    "too soon": no_lockout,
    "above the limit": no_limit,
    "unknown is forgotten": no_doubt,
    "a dose in a session": doses_in_sessions,
    "unasked": stop_is_only_said,
    "what nobody confirmed": no_confirmation,
    "conservation": a_nanolitre_too_much,
    "a mark is dropped": dropped(b"m"),
    "an event is dropped": dropped(b"e"),
    "a side value is dropped": dropped(b"s"),
    "nothing is synced": no_sync,
    "one copy": one_copy_only,
}


@pytest.mark.requirement("SR-07", "SR-46", "SR-48", "SR-50", "ST-03", "ST-05", "ST-06")
@pytest.mark.parametrize("what", variants(PLANTS, list(PLANTS)[::3]))
def test_a_planted_bug_is_found(what: str, monkeypatch: pytest.MonkeyPatch):
    PLANTS[what](monkeypatch)
    with pytest.raises(Violation, match=r"seed \d+, days 90, at \d+ ms") as caught:
        _lives()
    assert isinstance(caught.value.__cause__, AssertionError | JournalRefused)


def _lives() -> None:
    for seed in range(1, MOST):
        simulate(seed, DAYS)
