"""One pump as its host runs it: controller and link side by side, every step a production step.

What stands here is what `pump.unit` does, without its journal, log and reports (`agree` holds the
two side by side): a lost or taken session is told to the controller before anything else, a command
is carried out between `receive` and `settle`, and after a power loss the session that the link has
dropped is dropped by the controller too.

All is kept by number, and what was worked out once is not worked out again: `step`, `receive` and
`settle` are pure, so a second call would say the same.
"""

from collections.abc import Callable, Hashable
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from cisterna.pump import controller, deeds
from cisterna.pump import events as e
from cisterna.pump.link import door, verbs
from cisterna.pump.link import state as links
from cisterna.pump.link.answer import ACCEPTED, Response, refused
from cisterna.pump.link.door import Carry, Reply
from cisterna.pump.link.judge import Situation
from cisterna.pump.link.ledger import Account
from cisterna.pump.link.notes import Notes, What
from cisterna.pump.link.state import Link
from cisterna.pump.state import State
from cisterna.quantity import TipRun
from tests.pump.model import canon, properties
from tests.pump.model.canon import NOW, Past
from tests.pump.model.checker import Broken
from tests.pump.model.properties import Seen

T = TypeVar("T")
LOST = (What.SESSION_LOST, What.SESSION_TAKEN_OVER)


class Numbers:
    """Values by number, so that a state of the world is a handful of integers."""

    def __init__(self) -> None:
        self.of: dict[Hashable, int] = {}
        self.all: list[Any] = []

    def __call__(self, value: Hashable) -> int:
        """The number of a value."""
        found = self.of.get(value)
        if found is None:
            found = self.of[value] = len(self.all)
            self.all.append(value)
        return found


@dataclass
class Body:
    """The controller with its onlooker: (pump, seen) pairs by number, and what time and events do.

    A pair is canonical: now is `canon.NOW`.
    """

    past: Past
    numbers: Numbers = field(default_factory=Numbers)
    known: dict[Hashable, Any] = field(default_factory=dict)

    def pair(self, pump: State, seen: Seen) -> int:
        """The number of a pump with its onlooker."""
        by = NOW - pump.now_ms
        seen = properties.moved(seen, by, NOW, self.past.lockout_ms)
        return self.numbers((canon.pump(pump, self.past), seen))

    def pump(self, pair: int) -> State:
        """The pump of a pair."""
        found: State = self.numbers.all[pair][0]
        return found

    def seen(self, pair: int) -> Seen:
        """The onlooker of a pair."""
        found: Seen = self.numbers.all[pair][1]
        return found

    def happens(self, pair: int, event: e.Event) -> tuple[int, str | None]:
        """An event now: the pair after it, and the code of a refusal."""
        return self._once(("event", pair, event), lambda: self._event(pair, event))

    def named(self, pair: int, name: str, event: Callable[[], e.Event]) -> tuple[int, str | None]:
        """The same, for an event that follows from its name and the pump."""
        return self._once((pair, name), lambda: self._event(pair, event()))

    def waits(self, pair: int, ms: int) -> int:
        """Time passes, and the pump does what it planned."""
        return self._once(("wait", pair, ms), lambda: self._wait(pair, ms))

    def dark(self, pair: int, ms: int, mark: int) -> int:
        """A power loss, over after `ms`; `mark` strokes were on record before it."""
        return self._once(("dark", pair, ms, mark), lambda: self._dark(pair, ms, mark))

    def marks(self, pair: int, ms: int) -> int:
        """How many strokes are planned within `ms` before the plan ends."""
        return len(_strokes(self.pump(pair), NOW + ms))

    def _event(self, pair: int, event: e.Event) -> tuple[int, str | None]:
        before, seen = self.numbers.all[pair]
        after, out = controller.step(before, event)
        if not isinstance(event, e.Refilled):
            _conserved(before, after, 0)
        seen = properties.happened(seen, before, event, after, out, NOW)
        return self.pair(after, seen), out.refused.code if out.refused else None

    def _wait(self, pair: int, ms: int) -> int:
        pump, seen = self.numbers.all[pair]
        while pump.now_ms < NOW + ms:
            until = min(pump.until_ms, NOW + ms)
            made = _strokes(pump, until)
            seen = properties.flowed(seen, pump, until, made)
            event = e.TimePasses(until)
            after, out = controller.step(pump, event)
            _conserved(pump, after, len(made))
            seen = properties.happened(seen, pump, event, after, out, until)
            pump = after
        return self.pair(pump, seen)

    def _dark(self, pair: int, ms: int, mark: int) -> int:
        pump, seen = self.numbers.all[pair]
        back = NOW + ms
        made = _strokes(pump, back)[: mark + 1]
        known = made[mark - 1][0] if mark else NOW
        made = made[: max(1, mark)]
        cut = max(known, made[-1][0] + 1) if made else known
        seen = properties.flowed(seen, pump, cut, made)
        event = e.PowerReturned(back, known)
        after, out = controller.step(pump, event)
        _conserved(pump, after, len(made))
        seen = properties.happened(seen, pump, event, after, out, cut)
        return self.pair(after, seen)

    def _once(self, key: Hashable, work: Callable[[], T]) -> T:
        if key not in self.known:
            self.known[key] = work()
        found: T = self.known[key]
        return found


def _strokes(pump: State, until_ms: int) -> tuple[tuple[int, int], ...]:
    """(ms, fg) of the strokes that the motor is told to make before a time."""
    tip: TipRun | None = pump.tip
    if tip is None:
        return ()
    masses = [mass for count, mass in tip.parts for _ in range(count)]
    end = min(until_ms, pump.until_ms)
    return tuple((t, m) for t, m in zip(tip.run.times(), masses, strict=True) if t < end)


def _conserved(before: State, after: State, strokes: int) -> None:
    gone = before.flow.reservoir_nl - after.flow.reservoir_nl
    if gone != strokes * before.device.stroke_nl:
        raise Broken("volume", f"{gone} nL left the reservoir in {strokes} strokes")


@dataclass(frozen=True, slots=True)
class Carried:
    """What `receive` came to: the link, what to carry out (None: nothing), sessions lost by it."""

    link: int
    carry: Carry | None
    lost: tuple[int, ...]
    repeated: bool = False


@dataclass
class Ends:
    """The link, by number: what a frame, the controller's answer, time and a restart do to it."""

    numbers: Numbers = field(default_factory=Numbers)
    known: dict[Hashable, Any] = field(default_factory=dict)

    def link(self, number: int) -> Link:
        """The link of a number."""
        found: Link = self.numbers.all[number]
        return found

    def keep(self, link: Link, by: int = 0) -> int:
        """The number of a link whose now was `NOW - by`."""
        return self.numbers(canon.link(link, by))

    def receives(self, link: int, message: Hashable, frame: bytes, text: str, at: int) -> Carried:
        """A frame arrives; `text` is what `same_text` says of its head, `at` the version."""
        return self._once(
            ("receive", link, message, at), lambda: self._receive(link, frame, text, at)
        )

    def settles(self, link: int, carry: Carry, code: str | None) -> int:
        """The controller accepted (None) or refused."""
        response = ACCEPTED if code is None else refused(code, "the controller says so")
        key = ("settle", link, carry.head.key, carry.head.id, code is None)
        return self._once(key, lambda: self._settle(link, carry, response))

    def waits(self, link: int, ms: int) -> tuple[int, tuple[int, ...]]:
        """Time passes: the link, and the sessions that lapsed."""
        return self._once(("wait", link, ms), lambda: self._wait(link, ms))

    def restarts(self, link: int, ms: int) -> int:
        """The power is gone for `ms`; the link comes back as its journal has it."""
        return self._once(("restart", link, ms), lambda: self._restart(link, ms))

    def hangs_up(self, link: int) -> tuple[int, tuple[int, ...]]:
        """The connection of the programmer who has the session is lost."""
        found = self.link(link)
        after, notes = links.hung_up(found, found.lease.holder or "")
        return self.keep(after), _lost(notes)

    def _receive(self, link: int, frame: bytes, text: str, at: int) -> Carried:
        found = _with_texts(self.link(link), text)
        step = door.receive(found, frame, Situation(NOW, at))
        _rising(found, step.link)
        _one_lease(found, step.link, _lost(step.notes))
        if isinstance(step.outcome, Carry):
            if links.must_save(found, step.link) is False and step.outcome.verb not in _READS:
                raise Broken("saved", f"{step.outcome.verb} acts before it is on record")
            return Carried(self.keep(step.link), step.outcome, _lost(step.notes))
        if not isinstance(step.outcome, Reply):
            raise Broken("silent", "a genuine command got no answer")
        again = any(n.what is What.COMMAND_REPEATED for n in step.notes)
        return Carried(self.keep(step.link), None, _lost(step.notes), again)

    def _settle(self, link: int, carry: Carry, response: Response) -> int:
        after, answer, _ = door.settle(self.link(link), carry, response, Situation(NOW, 0))
        if answer.response.kind is not response.kind:
            raise Broken("answer", "the answer is not what the controller said")
        return self.keep(after)

    def _wait(self, link: int, ms: int) -> tuple[int, tuple[int, ...]]:
        after, notes = links.passed(self.link(link), NOW + ms)
        return self.keep(after, -ms), _lost(notes)

    def _restart(self, link: int, ms: int) -> int:
        before = self.link(link)
        after = links.restored(links.saved(before), before.ring.pump, NOW + ms)
        if isinstance(after, str):
            raise Broken("restart", after)
        _rising(before, after)
        return self.keep(after, -ms)

    def _once(self, key: Hashable, work: Callable[[], T]) -> T:
        if key not in self.known:
            self.known[key] = work()
        found: T = self.known[key]
        return found


_READS = (verbs.Interrogate(), verbs.ReadBack(), verbs.ReadState())


def _with_texts(link: Link, text: str) -> Link:
    """The link with the digest of the message that arrives, where its id is known already."""

    def account(a: Account) -> Account:
        return replace(a, results=tuple(replace(r, text=text) for r in a.results))

    ledger = link.ledger
    return replace(
        link, ledger=replace(ledger, accounts=tuple(account(a) for a in ledger.accounts))
    )


def _one_lease(before: Link, after: Link, lost: tuple[int, ...]) -> None:
    """Who has the session keeps it, or is told that it is lost."""
    had, has = before.lease, after.lease
    if had.holder and has.holder not in (had.holder, None) and had.number not in lost:
        raise Broken("lease", "the session went to another programmer without a word")
    if has.holder and has.holder != had.holder and has.number <= had.number:
        raise Broken("lease", "a new session has an old number")


def _rising(before: Link, after: Link) -> None:
    """No counter that was used comes back."""
    for account in before.ledger.accounts:
        if after.ledger.of(account.key).used < account.used:
            raise Broken("counter", f"{account.used} is free again")


def _lost(notes: Notes) -> tuple[int, ...]:
    return tuple(n.number for n in notes if n.what in LOST)


def event_of(carry: Carry, pump: State) -> e.Event | None:
    """The controller's event for a command, as the unit makes it; None where nothing changes."""
    if isinstance(carry.verb, deeds.READING):
        return None
    if isinstance(carry.verb, (verbs.OpenSession, verbs.TakeOver)):
        mine = pump.session is not None and pump.session.number == carry.session
        return None if mine else e.SessionOpened(NOW, carry.session)
    return deeds._EVENTS[type(carry.verb)](NOW, carry.verb, carry)
