"""The pump, two programmers, a remote and an emergency reader, and a network that nobody can trust.

Each person has a script: commands in an order, sent at any time, never waiting for an answer, so
the well-behaved are among them and so are the confused. The network keeps every command that was
ever sent and may deliver it at any time, any number of times, in any order, or never: loss,
duplication, delay and reordering, without bound. The pump may lose its power before or in the
middle of any delivery, or at any stroke while time passes; programmers may be cut off.

Bounded are the scripts, the short pauses, the power losses and the cut connections; not the
deliveries, and (unless `longs` says so) not the quarters of a day that pass.

A command whose counter is used has no effect any more. Bounds that say `spent` leave such commands
out: they check once, when the counter is used, that a repetition changes nothing, and that no used
counter comes back, so none acts twice. The other bounds deliver them again in every state.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import NamedTuple

from cisterna.pump import events as e
from cisterna.pump.link.rules import RULES
from cisterna.quantity import DAY_MS
from tests.pump.model import bench
from tests.pump.model.canon import NOW, STALE_MS, Past
from tests.pump.model.checker import Broken
from tests.pump.model.heal import Healer
from tests.pump.model.plant import Body, Ends, event_of
from tests.pump.model.properties import Seen

SHORT_MS, QUARTER_MS = bench.SHORT_MS, bench.QUARTER_MS

Sent = tuple[int, int, int]
"""A command in the network: its counter, the version it is based on, how long ago it was issued."""
SPENT = -1
"""In place of the counter of a command that is left out; its base stays for those that follow."""


class At(NamedTuple):
    """A state of the world, by numbers: the pump with its onlooker, the link, what is under way.

    `acted` has a bit for each command that the controller was given; `shorts`, `longs`, `losses`
    and `cuts` count what is bounded.
    """

    pump: int
    link: int
    sent: tuple[tuple[Sent, ...], ...]
    acted: int = 0
    shorts: int = 0
    longs: int = 0
    losses: int = 0
    cuts: int = 0


@dataclass(frozen=True)
class Bounds:
    """Who does what, and how often the rest may happen. `longs` None: time has no end."""

    scripts: tuple[tuple[str, tuple[str, ...]], ...]
    shorts: int = 0
    longs: int | None = None
    losses: int = 0
    cuts: int = 0
    spent: bool = False
    kind: str = "slow"
    reservoir_nl: int | None = None

    def words(self) -> str:
        """The bounds in a line."""
        said = "; ".join(f"{who}: {', '.join(script)}" for who, script in self.scripts)
        longs = "any number of" if self.longs is None else str(self.longs)
        return (
            f"{said}; {self.shorts} pauses of 20 s, {longs} quarters of a day, "
            f"{self.losses} power losses, {self.cuts} cut connections"
            f"{', spent commands left out' if self.spent else ''}"
        )


class World:
    """The model."""

    def __init__(self, bounds: Bounds) -> None:
        self.bounds = bounds
        deep = bench.FULL_NL if bounds.reservoir_nl is None else None
        self.body = Body(Past(DAY_MS, deep))
        self.ends = Ends()
        self.known: dict[tuple[int, int, int, int, Sent, int], tuple[int, int, bool]] = {}
        self.healer = Healer(self.body, self.ends)
        bits = [(n, k) for n, (_, script) in enumerate(bounds.scripts) for k in range(len(script))]
        self.bit = {place: 1 << n for n, place in enumerate(bits)}

    def begin(self) -> At:
        """A pump that runs its first programme, and nothing on its way."""
        new = bench.new_pump(self.bounds.reservoir_nl or bench.FULL_NL)
        pair = self.body.pair(new, Seen())
        for event in bench.programming(new, self.bounds.kind):
            pair, _ = self.body.happens(pair, event)
        return At(pair, self.ends.keep(bench.new_link()), ((),) * len(self.bounds.scripts))

    def holds(self, at: At) -> None:
        """Controller and link agree on the one session there may be, and the pump can be healed."""
        session, lease = self.body.pump(at.pump).session, self.ends.link(at.link).lease
        if (session is None) != (lease.holder is None):
            raise Broken("one-session", f"the link says {lease}, the controller {session}")
        if session is not None and session.number != lease.number:
            raise Broken("one-session", f"{lease.number} at the link, {session.number} inside")
        self.healer.heals(at.pump, at.link)

    def moves(self, at: At) -> Iterable[tuple[str, Callable[[], At]]]:
        """Everything that can happen now."""
        yield from self._sends(at)
        yield from self._deliveries(at)
        yield from self._times(at)
        if at.cuts < self.bounds.cuts and self.ends.link(at.link).lease.holder:
            yield "the connection of the session is cut", lambda: self._cut(at)

    # What people do ------------------------------------------------------------------------------

    def _sends(self, at: At) -> Iterable[tuple[str, Callable[[], At]]]:
        for n, (who, script) in enumerate(self.bounds.scripts):
            k = len(at.sent[n])
            if k < len(script):
                yield f"{who} sends {script[k]}", self._send(at, n, who, script[k])

    def _send(self, at: At, n: int, who: str, name: str) -> Callable[[], At]:
        """Who sends knows the counter and the version: the pump has just greeted.

        Only a confirmation and an activation name the version that was staged.
        """

        def move() -> At:
            mine = at.sent[n]
            used = self.ends.link(at.link).ledger.of(bench.key(who)).used
            counter = 1 + max([used, *(c for c, _, _ in mine)])
            version = self.body.pump(at.pump).version
            script = self.bounds.scripts[n][1]
            if name.startswith(("confirm", "activate")):
                staged = [s for s, said in zip(mine, script, strict=False) if said[:5] == "stage"]
                version = staged[-1][1] if staged else version
            return self._now(at, n, (*mine, (counter, version, 0)))

        return move

    # What the network does -----------------------------------------------------------------------

    def _deliveries(self, at: At) -> Iterable[tuple[str, Callable[[], At]]]:
        for n, mine in enumerate(at.sent):
            for k in range(len(mine)):
                if at.sent[n][k][0] == SPENT:
                    continue
                yield f"the pump gets {self._name(n, k)}", self._deliver(at, n, k, 0)
                if at.losses < self.bounds.losses:
                    yield (
                        f"the pump gets {self._name(n, k)}, and power is lost before it acts",
                        self._deliver(at, n, k, 1),
                    )
                    yield (
                        f"the pump gets {self._name(n, k)}, acts, and power is lost",
                        self._deliver(at, n, k, 2),
                    )

    def _deliver(self, at: At, n: int, k: int, loss: int) -> Callable[[], At]:
        return lambda: self._tidy(self._delivered(at, n, k, loss))

    def _delivered(self, at: At, n: int, k: int, loss: int) -> At:
        key = (at.pump, at.link, n, k, at.sent[n][k], loss)
        if key not in self.known:
            self.known[key] = self._arrives(*key)
        pair, link, acts = self.known[key]
        bit = self.bit[n, k] if acts else 0
        if at.acted & bit:
            raise Broken("once", f"{self._name(n, k)} acts again")
        acted = 0 if self.bounds.spent else at.acted | bit
        losses = at.losses + (loss > 0)
        return At(pair, link, at.sent, acted, at.shorts, at.longs, losses, at.cuts)

    def _arrives(
        self, pair: int, link: int, n: int, k: int, sent: Sent, loss: int
    ) -> tuple[int, int, bool]:
        """A command arrives, and power may be lost: pump and link, and whether it acted."""
        who, script = self.bounds.scripts[n]
        frame, text = bench.frame(who, k, script[k], *sent)
        version = self.body.pump(pair).version
        came = self.ends.receives(link, (n, k, *sent), frame, text, version)
        link = came.link
        for number in came.lost:
            pair = self._left(pair, number)
        if came.carry is None or loss == 1:
            return (*self._restarted(pair, link, loss), False)
        self._may(link, came.carry.head.key, came.carry.head.verb)
        event = event_of(came.carry, self.body.pump(pair))
        pair, code = self.body.happens(pair, event) if event else (pair, None)
        if not loss:
            link = self.ends.settles(link, came.carry, code)
        return (*self._restarted(pair, link, loss), RULES[came.carry.head.verb].acts)

    def _name(self, n: int, k: int) -> str:
        who, script = self.bounds.scripts[n]
        return f"{who}'s {script[k]}"

    def _may(self, link: int, key: str, name: str) -> None:
        """What needs the session comes from who has it."""
        holder = self.ends.link(link).lease.holder
        if RULES[name].session and name != "close_session" and holder != key:
            raise Broken("lease", f"{name} from somebody without the session")

    # What time and power do ----------------------------------------------------------------------

    def _times(self, at: At) -> Iterable[tuple[str, Callable[[], At]]]:
        if at.shorts < self.bounds.shorts:
            yield "20 s pass", lambda: self._pass(at, SHORT_MS, short=True)
            if at.losses < self.bounds.losses:
                yield "power is lost for 20 s", lambda: self._dark(at, SHORT_MS, 0, short=True)
        if self.bounds.longs is None or at.longs < self.bounds.longs:
            ms = self._to_quarter(at.pump)
            yield "the day's next quarter begins", lambda: self._pass(at, ms, short=False)
            if at.losses < self.bounds.losses:
                for mark in range(self.body.marks(at.pump, ms) + 1):
                    yield (
                        f"power is lost after {mark} strokes, until the day's next quarter",
                        self._dark_move(at, ms, mark),
                    )

    def _to_quarter(self, pair: int) -> int:
        """How long it is to the next quarter of the programme's day."""
        return QUARTER_MS - (NOW - self.body.seen(pair).origin_ms) % QUARTER_MS

    def _pass(self, at: At, ms: int, *, short: bool) -> At:
        pair = self.body.waits(at.pump, ms)
        link, lost = self.ends.waits(at.link, ms)
        for number in lost:
            pair = self._left(pair, number)
        return self._later(at, pair, link, ms, at.losses, short=short)

    def _dark_move(self, at: At, ms: int, mark: int) -> Callable[[], At]:
        return lambda: self._dark(at, ms, mark, short=False)

    def _dark(self, at: At, ms: int, mark: int, *, short: bool) -> At:
        pair = self._dropped(self.body.dark(at.pump, ms, mark))
        link = self.ends.restarts(at.link, ms)
        return self._tidy(self._later(at, pair, link, ms, at.losses + 1, short=short))

    def _restarted(self, pair: int, link: int, loss: int) -> tuple[int, int]:
        """Power is lost for a moment, if it is lost."""
        if not loss:
            return pair, link
        return self._dropped(self.body.dark(pair, 0, 0)), self.ends.restarts(link, 0)

    def _cut(self, at: At) -> At:
        pair, (link, lost) = at.pump, self.ends.hangs_up(at.link)
        for number in lost:
            pair = self._left(pair, number)
        return At(pair, link, at.sent, at.acted, at.shorts, at.longs, at.losses, at.cuts + 1)

    def _left(self, pair: int, number: int) -> int:
        """The controller is told that a session is lost."""
        return self.body.happens(pair, e.SessionEnded(NOW, number, lost=True))[0]

    def _dropped(self, pair: int) -> int:
        """After a restart: the link has no session, so the controller has none."""
        session = self.body.pump(pair).session
        return pair if session is None else self._left(pair, session.number)

    def _now(self, at: At, n: int, mine: tuple[Sent, ...]) -> At:
        sent = (*at.sent[:n], mine, *at.sent[n + 1 :])
        return At(at.pump, at.link, sent, at.acted, at.shorts, at.longs, at.losses, at.cuts)

    def _tidy(self, at: At) -> At:
        """Without the commands whose counters are used, if the bounds say so."""
        if not self.bounds.spent:
            return at
        sent, ledger = [], self.ends.link(at.link).ledger
        for n, (who, script) in enumerate(self.bounds.scripts):
            used, mine = ledger.of(bench.key(who)).used, list(at.sent[n])
            for k, (counter, base, age) in enumerate(mine):
                if SPENT < counter <= used:
                    self._no_more(at, who, script[k], (n, k, counter, base, age))
                    mine[k] = (SPENT, base if script[k][:5] == "stage" else 0, 0)
            sent.append(tuple(mine))
        return At(at.pump, at.link, tuple(sent), at.acted, at.shorts, at.longs, at.losses, at.cuts)

    def _no_more(
        self, at: At, who: str, name: str, message: tuple[int, int, int, int, int]
    ) -> None:
        """A command whose counter is used changes nothing when it comes again."""
        _, k, counter, base, age = message
        frame, text = bench.frame(who, k, name, counter, base, age)
        version = self.body.pump(at.pump).version
        came = self.ends.receives(at.link, message, frame, text, version)
        if came.carry or came.link != at.link or came.lost:
            raise Broken("once", f"{who}'s {name} came again and was not ignored")

    def _later(self, at: At, pair: int, link: int, ms: int, losses: int, *, short: bool) -> At:
        sent = tuple(
            tuple((c, b, 0 if c == SPENT else min(STALE_MS, age + ms)) for c, b, age in mine)
            for mine in at.sent
        )
        longs = at.longs + (not short and self.bounds.longs is not None)
        return At(pair, link, sent, at.acted, at.shorts + short, longs, losses, at.cuts)
