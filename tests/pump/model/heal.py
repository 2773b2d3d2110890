"""Liveness: once the network is whole again, a programmer brings any pump back to its therapy.

From a state of pump and link a programmer follows one simple rule after the other, each command
delivered once and in order, and the device's own faults end. Then the pump must run its programme,
and a day later the patient must get her dose. What was shown once is remembered.

Of the link only the lease and the last restart matter here: who asks first learns the counter, and
its ids are new. So the accounts are left out, and many states are one.
"""

from dataclasses import replace

from cisterna.pump import events as e
from cisterna.pump.flow import rate_now
from cisterna.pump.link.ledger import Ledger
from cisterna.pump.state import State
from tests.pump.model import bench
from tests.pump.model.canon import NOW
from tests.pump.model.checker import Broken
from tests.pump.model.plant import Body, Ends, event_of

MOST = 40
WHO = "A"


class Healer:
    """Shows for states, once each, that they can be healed."""

    def __init__(self, body: Body, ends: Ends) -> None:
        self.body, self.ends = body, ends
        self.healed: set[tuple[int, int]] = set()

    def heals(self, pair: int, link: int) -> None:
        """Raises `Broken` unless the way back leads to a running therapy."""
        at, way, said = (pair, self._bare(link)), list[tuple[int, int]](), list[str]()
        while at not in self.healed:
            if len(way) == MOST:
                raise Broken("liveness", f"no way back: {', '.join(said[:6])}, …")
            way.append(at)
            name = self._next(*at)
            said.append(name)
            if name == "done":
                self._runs(at[0])
                break
            at = self._step(*at, name)
        self.healed.update(way)

    def _next(self, pair: int, link: int) -> str:
        """The first thing that is still missing."""
        pump, lease = self.body.pump(pair), self.ends.link(link).lease
        if lease.holder != bench.key(WHO):
            return "take_over" if self._missing(pump) or lease.holder else "done"
        return self._missing(pump) or "close_session"

    def _missing(self, pump: State) -> str | None:
        on = {a.code for a in pump.alarms}
        p = pump.programme
        missing = {
            "the rotor turns": "stall" in on,
            "refill": "empty-reservoir" in on,
            "reconcile": pump.unknown is not None,
            "alarm_acknowledge:flow": "flow" in on,
            "alarm_acknowledge:memory": "memory" in on,
            _programming(pump): p is None or p.mode == "stopped",
            "restart": pump.stopped_ms is not None or pump.minimum,
            "wait": pump.flow.once is not None or pump.bridge_left_nl > 0,
        }
        return next((name for name, true in missing.items() if true), None)

    def _step(self, pair: int, link: int, name: str) -> tuple[int, int]:
        if name == "wait":
            link, lost = self.ends.waits(link, bench.QUARTER_MS)
            pair = self.body.waits(pair, bench.QUARTER_MS)
            for number in lost:
                pair = self.body.happens(pair, e.SessionEnded(NOW, number, lost=True))[0]
            return pair, link
        if name == "the rotor turns":
            return self.body.happens(pair, e.Noticed(NOW, "stall", over=True))[0], link
        return self._commands(pair, link, name)

    def _commands(self, pair: int, link: int, name: str) -> tuple[int, int]:
        """A command that arrives at once, and has to be accepted."""
        version = self.body.pump(pair).version
        counter = 1 + self.ends.link(link).ledger.of(bench.key(WHO)).used
        frame, text = bench.frame(WHO, 1000 + counter, name, counter, version, 0)
        came = self.ends.receives(link, (WHO, name, counter, version), frame, text, version)
        for number in came.lost:
            pair = self.body.happens(pair, e.SessionEnded(NOW, number, lost=True))[0]
        if came.carry is None:
            raise Broken("liveness", f"the link does not let {name} pass")
        event = event_of(came.carry, self.body.pump(pair))
        pair, code = self.body.happens(pair, event) if event else (pair, None)
        if code is not None:
            raise Broken("liveness", f"{name} is refused: {code}")
        return pair, self._bare(self.ends.settles(came.link, came.carry, code))

    def _runs(self, pair: int) -> None:
        """The programme runs, and a day later the patient gets her dose."""
        pump = self.body.pump(pair)
        flow = pump.flow
        plan = flow.schedule
        if flow.held or flow.floor_nl_per_h is not None or plan is None:
            raise Broken("liveness", "the pump is healed and does not run")
        if rate_now(flow) != plan.at(NOW)[0]:
            raise Broken("liveness", "the pump is healed and runs something else")
        for _ in range(5):
            pair = self.body.waits(pair, bench.QUARTER_MS)
        _, code = self.body.happens(pair, e.DoseAsked(NOW, 999, NOW + 15_000))
        if code not in (None, "empty-reservoir"):
            raise Broken("liveness", f"a day later the patient's dose is refused: {code}")

    def _bare(self, link: int) -> int:
        found = self.ends.link(link)
        return self.ends.keep(replace(found, ledger=Ledger((), found.ledger.floor_ms)))


def _programming(pump: State) -> str:
    """The next step of programming."""
    kind = "bridged" if pump.bridge_left_nl else "slow"
    session = pump.session
    if session is None or session.programme is None:
        return f"stage:{kind}"
    kind = session.programme.words
    if kind == "none":
        return f"stage:{'bridged' if pump.bridge_left_nl else 'slow'}"
    return "activate" if session.stage == "confirmed" else f"confirm:{kind}"
