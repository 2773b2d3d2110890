"""A controller that survives a power loss: every event is on record before it acts.

The journal keeps the state as it was at the last snapshot and every event since; the controller
is deterministic, so replaying them gives the same state to the byte. Before the motor makes a
stroke, a mark goes on record. After a power loss the strokes before the last mark are known; the
marked one may or may not have happened, and counts as delivered.

Where the storage fails, a command is refused and the confirmed programme runs on; where a stroke
cannot be marked, the pump falls to its safe floor and alarms.
"""

from dataclasses import dataclass

from cisterna.pump import events as e
from cisterna.pump.codec import Unreadable, event_bytes, read_event, read_state, state_bytes
from cisterna.pump.controller import step
from cisterna.pump.journal import Journal, NotDurable, Recovered
from cisterna.pump.state import State
from cisterna.pump.storage import Storage

CAPACITY = 1 << 20
_MARK = b"m"
_EVENT = b"e"


@dataclass(slots=True)
class Keeper:
    """One pump's state and its journal.

    `struck` counts the strokes of the planned run that were marked, and `marked_ms` is the time
    of the last mark or event.
    """

    state: State
    journal: Journal
    marked_ms: int
    struck: int = 0

    @classmethod
    def new(cls, storage: Storage, state: State) -> "Keeper":
        """Begin the journal of a new pump. Raises as `Journal.create` does."""
        body = _snapshot(state, state.now_ms)
        journal = Journal.create(storage, state.device.serial, body, CAPACITY)
        return cls(state, journal, state.now_ms)

    @classmethod
    def restored(cls, storage: Storage, serial: str, now_ms: int) -> "tuple[Keeper, e.Outcome]":
        """After a power loss: the last confirmed state, its in-flight dose closed with bounds.

        `now_ms` is the device clock, which ran on. Raises `JournalRefused` for another pump's
        journal or one that is no journal, `Unreadable` where its content is not what was written.
        """
        journal, found = Journal.open(storage, serial)
        state, marked = _replayed(found)
        if now_ms < marked:
            raise Unreadable("the journal is ahead of the pump's clock")
        keeper = cls(state, journal, marked)
        made = keeper._stepped(e.PowerReturned(now_ms, marked))
        if found.findings:
            keeper._stepped(e.Noticed(now_ms, "memory"))
            if not found.lost:
                keeper._stepped(e.Noticed(now_ms, "memory", over=True))
        keeper._renewed()
        return keeper, made

    def handle(self, event: e.Event) -> e.Outcome:
        """One event: on record first. A command that cannot be recorded is refused.

        Raises `ValueError` for an event that is not after the last stroke.
        """
        if event.at_ms < self.marked_ms + (self.struck > 0):
            raise ValueError("an event comes after the last stroke")
        if not self._recorded(_EVENT + event_bytes(event)) and not isinstance(event, _REDUCING):
            words = "The pump cannot store it. What runs goes on."
            return e.Outcome(refused=e.Refusal("storage", words))
        return self._stepped(event)

    def next_stroke_ms(self) -> int | None:
        """When the motor is to make its next stroke; None if none is planned."""
        run = self.state.tip.run if self.state.tip else None
        if run is None or self.struck >= run.count:
            return None
        at = run.at(self.struck).ms
        return at if at < self.state.until_ms else None

    def strike(self) -> bool:
        """Put the next stroke on record before the motor makes it; False if it must not.

        Where it cannot be recorded the pump falls to its floor: it must not deliver what it could
        forget.
        """
        at = self.next_stroke_ms()
        if at is None:
            return False
        if self._recorded(_MARK + str(at).encode()):
            self.marked_ms, self.struck = at, self.struck + 1
            return True
        self._stepped(e.Noticed(max(at, self.marked_ms + 1), "memory"))
        return False

    def _stepped(self, event: e.Event) -> e.Outcome:
        self.state, outcome = step(self.state, event)
        self.marked_ms, self.struck = event.at_ms, 0
        return outcome

    def _recorded(self, entry: bytes) -> bool:
        for attempt in (1, 2):
            try:
                self.journal.append(entry)
            except NotDurable as problem:
                if attempt == 2 or problem.code not in ("slot-full", "snapshot-due"):
                    return False
                if not self._renewed():
                    return False
            else:
                return True
        return False

    def _renewed(self) -> bool:
        """A new snapshot in place of the old one and its entries."""
        try:
            self.journal.snapshot(_snapshot(self.state, self.marked_ms))
        except NotDurable:
            return False
        return True


_REDUCING = (e.Stopped, e.DoseStopped, e.MinimumOrdered, e.TimePasses, e.Noticed, e.SessionEnded)


def _snapshot(state: State, marked_ms: int) -> bytes:
    return str(marked_ms).encode() + b"\n" + state_bytes(state)


def _replayed(found: Recovered) -> tuple[State, int]:
    """(state after every recorded event, the last mark)."""
    mark, _, body = found.snapshot.partition(b"\n")
    if not mark.isdigit():
        raise Unreadable("the snapshot is not what was written")
    state, marked = read_state(body), int(mark)
    for entry in found.entries:
        if entry[:1] == _MARK and entry[1:].isdigit():
            marked = max(marked, int(entry[1:]))
        elif entry[:1] == _EVENT:
            event = read_event(entry[1:])
            state, _ = step(state, event)
            marked = max(marked, event.at_ms)
        else:
            raise Unreadable("an entry of the journal is neither a mark nor an event")
    return state, marked
