"""A controller that survives a power loss: every event is on record before it acts.

The journal keeps the state as it was at the last snapshot and every event since; the controller
is deterministic, so replaying them gives the same state to the byte. Before the motor makes a
stroke, a mark goes on record. After a power loss the strokes before the last mark are known; the
marked one may or may not have happened, and counts as delivered.

Beside the state lies one value of bytes that the keeper does not read: what else has to survive
with it, such as what the pump knows of its peers.

Where the storage fails, a command is refused and the confirmed programme runs on; where a stroke
cannot be marked, it is not made: the pump alarms and falls to its safe floor. The floor then flows
without a mark, for to stop it could harm more; it is in the books, and on record as soon as
anything can be again. Only a power loss before that forgets it, and no dose can be recorded until
then either.
"""

from dataclasses import dataclass

from cisterna.pump import events as e
from cisterna.pump.alarms import wrong_now
from cisterna.pump.codec import Unreadable, event_bytes, read_event, read_state, state_bytes
from cisterna.pump.controller import step
from cisterna.pump.journal import Journal, NotDurable, Recovered
from cisterna.pump.state import State
from cisterna.pump.storage import Storage
from cisterna.quantity import DeviceTime

CAPACITY = 1 << 20
_MARK = b"m"
_EVENT = b"e"
_SIDE = b"s"


@dataclass(slots=True)
class Keeper:
    """One pump's state and its journal.

    `struck` counts the strokes of the planned run that were marked, and `marked_ms` is the time
    of the last mark or event. `side` is kept with the state and read by nobody here.
    `refused_on_disk` says that the disk may still hold an entry that was refused.
    """

    state: State
    journal: Journal
    marked_ms: int
    struck: int = 0
    side: bytes = b""
    refused_on_disk: bool = False

    @classmethod
    def new(
        cls, storage: Storage, state: State, side: bytes = b"", capacity: int | None = None
    ) -> "Keeper":
        """Begin the journal of a new pump. Raises as `Journal.create` does."""
        body, size = _snapshot(state, state.now_ms, side), capacity or CAPACITY
        journal = Journal.create(storage, state.device.serial, body, size)
        return cls(state, journal, state.now_ms, side=side)

    @classmethod
    def restored(cls, storage: Storage, serial: str, now_ms: int) -> "tuple[Keeper, e.Outcome]":
        """After a power loss: the last confirmed state, its in-flight dose closed with bounds.

        `now_ms` is the device clock, which ran on. Raises `JournalRefused` for another pump's
        journal or one that is no journal, `Unreadable` where its content is not what was written.
        """
        recalled = recall(storage, serial)
        return recalled.keeper, recalled.resume(now_ms)

    def handle(self, event: e.Event) -> e.Outcome:
        """One event: on record first. A command that cannot be recorded is refused.

        Raises `ValueError` for an event that is not after the last stroke. Whatever the controller
        raises, it raises before the event is on record, where it would come up at every restart.
        """
        if event.at_ms < self.marked_ms + (self.struck > 0):
            raise ValueError("an event comes after the last stroke")
        found, outcome = step(self.state, event)
        if not self._recorded(_EVENT + event_bytes(event)) and not isinstance(event, _REDUCING):
            words = "The pump cannot store it. What runs goes on."
            return e.Outcome(refused=e.Refusal("storage", words))
        self.state, self.marked_ms, self.struck = found, event.at_ms, 0
        return outcome

    def keep(self, side: bytes) -> bool:
        """Put another value on record beside the state; False if the old one stays there."""
        if not self._recorded(_SIDE + side):
            return False
        self.side = side
        return True

    def next_stroke_ms(self) -> int | None:
        """When the motor is to make its next stroke; None if none is planned."""
        run = self.state.tip.run if self.state.tip else None
        if run is None or self.struck >= run.count:
            return None
        at = run.at(self.struck).ms
        return at if at < self.state.until_ms else None

    def strike(self, until_ms: int = 0) -> bool:
        """Put the next stroke on record before the motor makes it; False if it must not.

        With `until_ms`, the strokes that are due by then go on record under one mark: a power loss
        then leaves all of them counted as delivered. Where nothing can be recorded the pump falls
        to its floor, and only the floor is delivered although it could be forgotten.
        """
        first = self.next_stroke_ms()
        if first is None:
            return False
        struck, last = self._due(first, until_ms)
        if self._recorded(_MARK + str(last).encode()) or "memory" in wrong_now(self.state.alarms):
            self.marked_ms, self.struck = last, struck
            return True
        self._stepped(e.Noticed(max(first, self.marked_ms + 1), "memory"))
        return False

    def _due(self, first_ms: int, until_ms: int) -> tuple[int, int]:
        """(strokes of the run marked then, time of the last one): the next, or all due by then."""
        end = min(until_ms, self.state.until_ms - 1)
        run = self.state.tip.run if self.state.tip else None
        struck = run.strokes_before(DeviceTime(end + 1)) if run else 0
        if run is None or struck <= self.struck:
            return self.struck + 1, first_ms
        return struck, run.at(struck - 1).ms

    def _stepped(self, event: e.Event) -> e.Outcome:
        self.state, outcome = step(self.state, event)
        self.marked_ms, self.struck = event.at_ms, 0
        return outcome

    def _recorded(self, entry: bytes) -> bool:
        """Whether an entry is durable.

        One that was refused and may still be on the disk is buried under a new snapshot before
        anything else is recorded.
        """
        if self.refused_on_disk and not self._renewed():
            return False
        for attempt in (1, 2):
            try:
                self.journal.append(entry)
            except NotDurable as problem:
                if attempt == 2 or problem.code not in ("slot-full", "snapshot-due"):
                    self.refused_on_disk |= problem.may_reappear
                    return False
                if not self._renewed():
                    return False
            else:
                return True
        return False

    def _renewed(self) -> bool:
        """A new snapshot in place of the old one and its entries."""
        try:
            self.journal.snapshot(_snapshot(self.state, self.marked_ms, self.side))
        except NotDurable:
            return False
        self.refused_on_disk = False
        return True


@dataclass(slots=True)
class Recalled:
    """What a journal remembers of a pump whose power has not come back yet.

    `keeper.marked_ms` is the last time on record; `closed` are the doses that closed since the
    last snapshot.
    """

    keeper: Keeper
    found: Recovered
    closed: tuple[e.Closed, ...] = ()

    def resume(self, now_ms: int) -> e.Outcome:
        """Power returns: a dose in flight is closed with its bounds. Raises `Unreadable`."""
        keeper = self.keeper
        if now_ms < keeper.marked_ms:
            raise Unreadable("the journal is ahead of the pump's clock")
        made = keeper._stepped(e.PowerReturned(now_ms, keeper.marked_ms))
        if self.found.findings:
            keeper._stepped(e.Noticed(now_ms, "memory"))
            if not self.found.lost:
                keeper._stepped(e.Noticed(now_ms, "memory", over=True))
        keeper._renewed()
        return made


def recall(storage: Storage, serial: str) -> Recalled:
    """Read a pump's journal. Raises as `Keeper.restored` does."""
    journal, found = Journal.open(storage, serial)
    head, _, body = found.snapshot.partition(b"\n")
    mark, _, size = head.partition(b" ")
    if not (mark.isdigit() and size.isdigit()):
        raise Unreadable("the snapshot is not what was written")
    side, body = body[: int(size)], body[int(size) :]
    recalled = Recalled(Keeper(read_state(body), journal, int(mark), side=side), found)
    for entry in found.entries:
        _replay(recalled, entry[:1], entry[1:])
    return recalled


def _replay(recalled: Recalled, kind: bytes, body: bytes) -> None:
    keeper = recalled.keeper
    if kind == _MARK and body.isdigit():
        keeper.marked_ms = max(keeper.marked_ms, int(body))
    elif kind == _EVENT:
        event = read_event(body)
        keeper.state, outcome = step(keeper.state, event)
        keeper.marked_ms = max(keeper.marked_ms, event.at_ms)
        recalled.closed += outcome.closed
    elif kind == _SIDE:
        keeper.side = body
    else:
        raise Unreadable("an entry of the journal is of no kind that is written")


_REDUCING = (e.Stopped, e.DoseStopped, e.MinimumOrdered, e.TimePasses, e.Noticed, e.SessionEnded)


def _snapshot(state: State, marked_ms: int, side: bytes) -> bytes:
    return f"{marked_ms} {len(side)}\n".encode() + side + state_bytes(state)
