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

Every day the keeper tests its memory (SR-30): it reads the record again and replays it, which gives
a second state that shares nothing with the live one but the events. Where they differ, the record
is right: it is checked and lies there twice.
"""

from dataclasses import dataclass

from cisterna.pump import events as e
from cisterna.pump.alarms import self_test_ms, wrong_now
from cisterna.pump.codec import Unreadable, event_bytes, read_event, read_state, state_bytes
from cisterna.pump.controller import step
from cisterna.pump.journal import Journal, JournalRefused, NotDurable, Recovered
from cisterna.pump.log import Entry
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
    `refused_on_disk` says that the disk may still hold an entry that was refused, `ahead` that the
    state holds what is not on record. `tested_ms` is when the memory was tested last.
    """

    state: State
    journal: Journal
    marked_ms: int
    struck: int = 0
    side: bytes = b""
    refused_on_disk: bool = False
    ahead: bool = False
    tested_ms: int = 0

    @classmethod
    def new(
        cls, storage: Storage, state: State, side: bytes = b"", capacity: int | None = None
    ) -> "Keeper":
        """Begin the journal of a new pump. Raises as `Journal.create` does."""
        body, size = _snapshot(state, state.now_ms, side), capacity or CAPACITY
        journal = Journal.create(storage, state.device.serial, body, size)
        return cls(state, journal, state.now_ms, side=side, tested_ms=state.now_ms)

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
        recorded = self._recorded(_EVENT + event_bytes(event))
        if not recorded and not isinstance(event, _REDUCING):
            words = "The pump cannot store it. What runs goes on."
            return e.Outcome(refused=e.Refusal("storage", words))
        self.ahead |= not recorded
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
        at = run.at_ms(self.struck)
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
        recorded = self._recorded(_MARK + str(last).encode())
        if recorded or "memory" in wrong_now(self.state.alarms):
            self.marked_ms, self.struck, self.ahead = last, struck, self.ahead or not recorded
            return True
        self._stepped(e.Noticed(max(first, self.marked_ms + 1), "memory"))
        return False

    def next_test_ms(self) -> int | None:
        """When the memory is to be tested; None while a dose flows, which a test would end."""
        once = self.state.flow.once
        return None if once and once.kind != "bridge" else self.tested_ms + self_test_ms()

    def self_test(self, now_ms: int) -> e.Outcome:
        """Whether record and live state say the same; else `memory` alarms and the floor flows.

        A state that differs from the record gives way to it. What one copy had lost is put right
        and logged. A new snapshot begins the next record, so that a test replays one interval.
        """
        self.tested_ms = now_ms
        if self.ahead and not self._renewed():
            return e.Outcome()  # its storage fails, which it has noticed before
        try:
            found = _recalled(*self.journal.reread())
        except (JournalRefused, Unreadable):
            return self._doubted(now_ms, "the record cannot be read")
        self.journal = found.keeper.journal
        if not self._agrees(found.keeper):
            self.state, self.marked_ms = found.keeper.state, found.keeper.marked_ms
            self.side, at_ms = found.keeper.side, max(now_ms, found.keeper.marked_ms + 1)
            return self._doubted(at_ms, "the live state is not what the record says")
        if found.found.findings:
            words = ", ".join(sorted({finding.code for finding in found.found.findings}))
            return self._doubted(now_ms, words, over=not found.found.lost)
        self._renewed()
        return e.Outcome()

    def _agrees(self, record: "Keeper") -> bool:
        """Whether nothing differs; a run that began with the last event has no stroke marked."""
        run, marked_ms = self.state.tip.run if self.state.tip else None, self.marked_ms
        begun = run is None or run.start.ms == marked_ms
        marked = run.strokes_before(DeviceTime(marked_ms + 1)) if run else 0
        same = record.state == self.state and record.side == self.side
        counted = self.struck == marked or (begun and self.struck == 0)
        return same and counted and record.marked_ms == marked_ms

    def _doubted(self, at_ms: int, why: str, *, over: bool = False) -> e.Outcome:
        """The memory was found wrong; `over` where it could be put right."""
        self.struck = 0
        made = self._stepped(e.Noticed(at_ms, "memory"))
        entry = Entry(at_ms, self.state.wall_ms(at_ms), "self-test-failed", why)
        log = (entry, *made.log)
        if over:
            log += self._stepped(e.Noticed(at_ms, "memory", over=True)).log
        self._renewed()
        return e.Outcome(closed=made.closed, log=log, alarms=self.state.alarms)

    def _due(self, first_ms: int, until_ms: int) -> tuple[int, int]:
        """(strokes of the run marked then, time of the last one): the next, or all due by then."""
        end = min(until_ms, self.state.until_ms - 1)
        run = self.state.tip.run if self.state.tip else None
        struck = run.strokes_before(DeviceTime(end + 1)) if run else 0
        if run is None or struck <= self.struck:
            return self.struck + 1, first_ms
        return struck, run.at_ms(struck - 1)

    def _stepped(self, event: e.Event) -> e.Outcome:
        self.state, outcome = step(self.state, event)
        self.marked_ms, self.struck, self.ahead = event.at_ms, 0, True
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
        self.refused_on_disk = self.ahead = False
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
        made, keeper.tested_ms = keeper._stepped(e.PowerReturned(now_ms, keeper.marked_ms)), now_ms
        if self.found.findings:
            keeper._stepped(e.Noticed(now_ms, "memory"))
            if not self.found.lost:
                keeper._stepped(e.Noticed(now_ms, "memory", over=True))
        keeper._renewed()
        return made


def recall(storage: Storage, serial: str) -> Recalled:
    """Read a pump's journal. Raises as `Keeper.restored` does."""
    return _recalled(*Journal.open(storage, serial))


def _recalled(journal: Journal, found: Recovered) -> Recalled:
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
