"""One pump as its host sees it: controller, journal and link as one thing. No I/O of its own.

Time is told to it: `advance` lives up to a time, stroke by stroke on record. `hear` takes the bytes
of one frame and gives the bytes to send back; whatever they are, the therapy goes on. What the
link has to remember is in the journal before anything is done or sent. Where it cannot be
recorded, the pump still lets itself be read and its dose reduced, and refuses the rest.
"""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from cisterna.pump import beside as kept
from cisterna.pump import deeds, report
from cisterna.pump import events as e
from cisterna.pump.beside import Beside
from cisterna.pump.embodied import MENDS, Embodied
from cisterna.pump.keeper import Keeper, Recalled
from cisterna.pump.link import door
from cisterna.pump.link import state as peers
from cisterna.pump.link.answer import Answer, Greeting, seal
from cisterna.pump.link.budget import proven
from cisterna.pump.link.canonical import Unfit
from cisterna.pump.link.door import Carry, Reply
from cisterna.pump.link.frame import Admitted, Paired, Rejected, framed
from cisterna.pump.link.judge import Situation
from cisterna.pump.link.keys import Ring
from cisterna.pump.link.notes import Note, Notes, What
from cisterna.pump.link.proof import Signer
from cisterna.pump.link.rules import HOUR, LEASE_MS
from cisterna.pump.link.state import Link
from cisterna.pump.log import Entry, Log
from cisterna.pump.state import State
from cisterna.pump.storage import Storage

MOST_ENTRIES = 500
"""Entries that a hosted pump keeps in memory."""
MOST_NOISE = 60
"""Entries that strangers can make in an hour; one says that there were more."""
LOST = (What.SESSION_LOST, What.SESSION_TAKEN_OVER)
NOISE = frozenset(
    {
        What.NOT_AUTHENTIC,
        What.NOT_WOKEN,
        What.WOKEN,
        What.PAIRING_REFUSED,
        What.READER_REFUSED,
    }
)


@dataclass(frozen=True, slots=True)
class Heard:
    """What to send back, whether to hang up then, and whose key has spoken."""

    frame: bytes
    close: bool = False
    key: str | None = None


@dataclass(slots=True)
class Unit:
    """One pump. Times are its device time, which never goes back.

    `news` holds the latest entries of the log until the host takes them. Without a `body` of its
    own it does exactly what it reckons.
    """

    keeper: Keeper
    link: Link
    sign: Signer
    beside: Beside = field(default_factory=Beside)
    log: Log = field(default_factory=lambda: Log(most=MOST_ENTRIES))
    news: deque[Entry] = field(default_factory=lambda: deque(maxlen=MOST_ENTRIES))
    noise: tuple[int, int] = (0, 0)
    body: Embodied | None = None

    @classmethod
    def new(
        cls, storage: Storage, state: State, ring: Ring, sign: Signer, capacity: int | None = None
    ) -> "Unit":
        """A new pump with its keys. Raises as `Keeper.new` does."""
        link = Link(ring)
        side = kept.side_bytes(link, Beside())
        return cls(Keeper.new(storage, state, side, capacity), link, sign)

    @classmethod
    def resumed(cls, recalled: Recalled, sign: Signer, now_ms: int) -> "Unit":
        """Power returns to a pump whose journal was read. Raises `Unreadable`.

        A dose in flight is closed with its bounds, a session that was open is lost, and every
        command that was issued before is refused from here on.
        """
        keeper = recalled.keeper
        link, beside = kept.read_side(keeper.side, keeper.state.device.serial, now_ms)
        beside = kept.closed(beside, recalled.closed, keeper.marked_ms)
        unit = cls(keeper, link, sign, beside)
        unit._happened(recalled.resume(now_ms))
        session = keeper.state.session
        if session:
            unit.do(e.SessionEnded(now_ms, session.number, lost=True))
        unit._saved()
        if beside.scan_ms is not None:
            unit.embodied(now_ms).scanned(unit.state.device.mri)
        return unit

    @property
    def serial(self) -> str:
        """The pump's serial number."""
        return self.keeper.state.device.serial

    @property
    def state(self) -> State:
        """The controller's state."""
        return self.keeper.state

    def next_ms(self) -> int:
        """When something is due of its own: a stroke, a change of flow, what lapses at the link."""
        keeper = self.keeper
        times: list[int | None] = [keeper.state.until_ms, keeper.next_stroke_ms()]
        times.append(keeper.next_test_ms())
        if self.link.lease.holder is not None:
            times.append(self.link.lease.heard_ms + LEASE_MS)
        if self.link.ring.window:
            times.append(self.link.ring.window.until_ms)
        if self.body:
            times.append(self.body.frees_ms(self.state))
        return min(t for t in times if t is not None)

    def advance(self, now_ms: int) -> int:
        """Live up to a time; gives the time at which the next event can happen."""
        keeper = self.keeper
        while True:
            stop = min(keeper.state.until_ms, now_ms)
            seen = self.body.notice(self.state, stop) if self.body else None
            self._strikes(seen.at_ms - 1 if seen else now_ms)
            if seen:
                self.do(seen)
            elif keeper.state.until_ms > now_ms:
                break
            else:
                self.do(e.TimePasses(keeper.state.until_ms))
        if self.body:
            self.body.run(self.state, now_ms)
        test = keeper.next_test_ms()
        now = max(now_ms, keeper.marked_ms + (keeper.struck > 0))
        if test is not None and test <= now:
            self._happened(keeper.self_test(now))
            now = max(now, keeper.marked_ms)
        if self.link.lease.holder is not None or self.link.ring.window:
            self._met(*peers.passed(self.link, now), now)
        return now

    def hear(self, content: bytes, now_ms: int) -> Heard:
        """Take the bytes of one frame, whatever they are."""
        now, before = self.advance(now_ms), self.link
        met = door.receive(before, content, self._situation(now))
        saved = self._met(met.link, met.notes, now)
        if isinstance(met.outcome, Carry):
            return self._carried(met.outcome, saved, now)
        if not isinstance(met.outcome, Reply):
            return Heard(framed(Rejected()), close=True)
        body = met.outcome.body
        if isinstance(body, Admitted):  # for minutes, and only to reduce: also without a record
            return Heard(framed(body))
        if not saved and before.ring != self.link.ring:
            self.link = replace(self.link, ring=before.ring)
            if isinstance(body, Paired):
                return Heard(framed(Rejected()), close=True)
            if isinstance(body, Answer):
                body = replace(body, response=deeds.STORAGE)
        return Heard(framed(body)) if isinstance(body, Paired) else self._sealed(body)

    def touched(self, now_ms: int) -> None:
        """Somebody holds the proximity token to the pump."""
        now = self.advance(now_ms)
        self._met(*peers.touch(self.link, now), now)

    def hung_up(self, key: str, now_ms: int) -> None:
        """The connection over which this key spoke is gone."""
        now = self.advance(now_ms)
        self._met(*peers.hung_up(self.link, key), now)

    def woken(self, knock: bytes | None, now_ms: int) -> int | None:
        """When the radio woke, for a knock or for a stranger (None); None if it sleeps on."""
        now = self.advance(now_ms)
        link, granted, notes = door.wake(self.link, knock, self._situation(now))
        self._met(link, notes, now)
        return now if granted else None

    def proven(self, woken_ms: int) -> None:
        """The stranger for whom the radio woke then has shown a certificate of the fleet."""
        self.link = replace(self.link, budget=proven(self.link.budget, woken_ms))

    def report(self, now_ms: int) -> report.Content:
        """What the patient may read, for whoever hosts the pump."""
        now = self.advance(now_ms)
        return report.patient_report(self.state, now, self.beside)

    def do(self, event: e.Event) -> e.Outcome:
        """One event of the controller, on record; the body has done all that was planned before."""
        if self.body:
            self._bodily(self.body, event)
        outcome = self.keeper.handle(event)
        self._happened(outcome)
        if self.body and isinstance(event, e.Refilled) and not outcome.refused:
            self.body.refilled(event.fill_nl)
        return outcome

    def scan(self, begins: bool, now: int) -> None:
        """A scan begins or ends: until it ends no dose is given, and a rotor stands still."""
        self.beside = replace(self.beside, scan_ms=now if begins else None)
        self._say(now, "mri-begun" if begins else "mri-ended")
        self._saved()
        body = self.embodied(now)
        if begins:
            body.scanned(self.state.device.mri)
        else:
            body.mends("scan")
        self.do(e.TimePasses(now))

    def embodied(self, now_ms: int) -> Embodied:
        """Its body now; one that has done what the pump reckons, if it had none."""
        if self.body is None:
            self.body = Embodied.of(self.state, now_ms)
        else:
            self._bodily(self.body, e.TimePasses(now_ms))
        return self.body

    def _strikes(self, until_ms: int) -> None:
        """Every stroke that is due by a time, on record."""
        while (stroke := self.keeper.next_stroke_ms()) is not None and stroke <= until_ms:
            self.keeper.strike(until_ms)

    def _bodily(self, body: Embodied, event: e.Event) -> None:
        """What the body does before an event, and what it notices, on record first."""
        act = MENDS.get(type(event))
        self._noticing(body, event)
        body.run(self.state, event.at_ms)
        if act:
            body.mends(act)
            self._noticing(body, event)

    def _noticing(self, body: Embodied, event: e.Event) -> None:
        while not isinstance(event, e.Noticed) and (seen := body.notice(self.state, event.at_ms)):
            body.run(self.state, seen.at_ms)
            self._happened(self.keeper.handle(seen))

    def _situation(self, now: int) -> Situation:
        once = self.state.flow.once
        bolus = once is not None and once.kind in ("patient", "clinician")
        return Situation(now, self.state.version, bolus)

    def _carried(self, carry: Carry, saved: bool, now: int) -> Heard:
        """Do what was asked, once, and remember what became of it."""
        harmless = isinstance(carry.verb, deeds.READING + deeds.REDUCING)
        response = deeds.done(self, carry, now) if saved or harmless else deeds.STORAGE
        link, answer, notes = door.settle(self.link, carry, response, self._situation(now))
        self._met(link, notes, now)
        return self._sealed(answer)

    def _sealed(self, body: Answer | Greeting) -> Heard:
        key = body.key if isinstance(body, Answer) else None
        try:
            return Heard(framed(seal(body, self.sign)), key=key)
        except Unfit:  # a report that is too long: say so rather than nothing
            short = replace(body, response=deeds.TOO_LONG) if isinstance(body, Answer) else body
            return Heard(framed(seal(short, self.sign)), key=key)

    def _met(self, link: Link, notes: Notes, now: int) -> bool:
        """The link after something: on record, in the log and the alarms, sessions ended.

        False if it had to be on record and is not.
        """
        before, self.link = self.link, link
        self._noted(notes, now)
        alarms = [note for note in notes if note.alarm]
        for note in alarms:
            self.do(e.Noticed(now, note.what.value, who=note.who))
        saved = self._saved() if alarms or peers.must_save(before, link) else True
        session = self.state.session
        for note in notes:
            if note.what in LOST and session and session.number == note.number:
                self.do(e.SessionEnded(now, note.number, lost=True))
        return saved

    def _saved(self) -> bool:
        return self.keeper.keep(kept.side_bytes(self.link, self.beside))

    def _happened(self, outcome: e.Outcome) -> None:
        """Log it, and keep what became of a dose."""
        self._entries(outcome.log)
        if outcome.closed:
            beside = kept.closed(self.beside, outcome.closed, self.keeper.marked_ms)
            if beside != self.beside:
                self.beside = beside
                self._saved()

    def _noted(self, notes: Notes, now: int) -> None:
        for note in notes:
            if note.what not in NOISE or self._heard_noise(now):
                self._say(now, f"link-{note.what.value}", _words(note))

    def _heard_noise(self, now: int) -> bool:
        """Whether one more entry that strangers can make fits into this hour."""
        hour, made = now // HOUR, self.noise[1] if self.noise[0] == now // HOUR else 0
        self.noise = (hour, made + 1)
        if made == MOST_NOISE:
            self._say(now, "link-noise", f"more than {MOST_NOISE} in an hour")
        return made < MOST_NOISE

    def _say(self, now: int, what: str, why: str = "") -> None:
        self._entries([Entry(now, self.state.wall_ms(now), what, why)])

    def _entries(self, entries: Iterable[Entry]) -> None:
        made = tuple(entries)
        if made:
            self.log = self.log.add(made)
            self.news.extend(made)


def _words(note: Note) -> str:
    return " ".join(part for part in (note.who[:16], note.detail) if part)
