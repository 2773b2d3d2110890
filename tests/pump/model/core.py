"""The pump alone: every event at every time of day, in any order, for as long as it likes.

No link stands before the controller here: events come that no link would let through. Only the
number of disturbing events is bounded; time is not.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from cisterna.pump import events as e
from cisterna.pump.programme import Programme, Slug
from cisterna.pump.state import State
from cisterna.quantity import DAY_MS, HOUR_MS
from tests.pump.model import bench
from tests.pump.model.canon import NOW, Past
from tests.pump.model.plant import Body
from tests.pump.model.properties import Seen

State_ = tuple[int, tuple[int, ...]]


@dataclass(frozen=True)
class Bounds:
    """Which events may happen, and how often at most (0: as often as they like)."""

    events: tuple[tuple[str, int], ...]
    kind: str = "slow"
    next: str = "fast"
    versions: int = 2
    dark: int = 0
    deep: bool = True

    def words(self) -> str:
        """The bounds in a line."""
        said = ", ".join(f"{name} (at most {n})" if n else name for name, n in self.events)
        return (
            f"{said}; up to version {self.versions}, any number of quarters of a day, "
            f"{self.dark} power losses"
        )


class Core:
    """The model: a pump, its onlooker, and how often each bounded event has happened."""

    def __init__(self, bounds: Bounds) -> None:
        self.bounds = bounds
        deep = bench.FULL_NL if bounds.deep else None
        self.body = Body(Past(DAY_MS, deep))

    def begin(self) -> State_:
        """A running pump."""
        pair = self.body.pair(bench.new_pump(), Seen())
        for event in bench.programming(bench.new_pump(), self.bounds.kind):
            pair, _ = self.body.happens(pair, event)
        return pair, (0,) * (len(self.bounds.events) + 1)

    def holds(self, state: State_) -> None:
        """Each step was looked at when it was taken."""

    def moves(self, state: State_) -> Iterable[tuple[str, Callable[[], State_]]]:
        """Every event, a quarter of a day, and a power loss in it."""
        pair, used = state
        pump = self.body.pump(pair)
        for place, (name, most) in enumerate(self.bounds.events):
            if most and used[place] >= most:
                continue
            if pump.version < self.bounds.versions or name not in ("stage", "confirm"):
                after = _more(used, place) if most else used
                yield name, self._happens(pair, name, after)
        ms = bench.QUARTER_MS
        yield "six hours pass", lambda: (self.body.waits(pair, ms), used)
        if used[-1] < self.bounds.dark:
            for mark in range(self.body.marks(pair, ms) + 1):
                yield (
                    f"power is lost after {mark} strokes, back in six hours",
                    _dark_move(self.body, pair, mark, _more(used, len(used) - 1)),
                )

    def _happens(self, pair: int, name: str, used: tuple[int, ...]) -> Callable[[], State_]:
        return lambda: (
            self.body.named(pair, name, lambda: self._event(name, self.body.pump(pair)))[0],
            used,
        )

    def _event(self, name: str, pump: State) -> e.Event:
        """The event of a name, as it would be asked now."""
        session = pump.session.number if pump.session else 1
        following = bench.programme(self.bounds.next, pump.version + 1)
        return _EVENTS[name](pump, session, following, self.bounds.next)


def _more(used: tuple[int, ...], place: int) -> tuple[int, ...]:
    return (*used[:place], used[place] + 1, *used[place + 1 :])


def _dark_move(body: Body, pair: int, mark: int, used: tuple[int, ...]) -> Callable[[], State_]:
    return lambda: (body.dark(pair, bench.QUARTER_MS, mark), used)


def _wrong(pump: State, code: str) -> bool:
    return code in [a.code for a in pump.alarms]


def _latched(pump: State) -> str:
    return next((a.code for a in pump.alarms if a.kind.latch), "flow")


_EVENTS: dict[str, Callable[[State, int, Programme, str], e.Event]] = {
    "open": lambda *_: e.SessionOpened(NOW, 1),
    "stage": lambda _, session, following, __: e.Staged(NOW, session, following),
    "confirm": lambda _, session, following, kind: e.Confirmed(
        NOW, session, bench.digest(kind, following.version)
    ),
    "confirm another": lambda _, session, *__: e.Confirmed(NOW, session, "0" * 64),
    "activate": lambda p, session, *_: e.Activated(NOW, session, p.version),
    "activate on an older version": lambda p, session, *_: e.Activated(NOW, session, p.version - 1),
    "end": lambda _, session, *__: e.SessionEnded(NOW, session),
    "ask": lambda *_: e.DoseAsked(NOW, 1, NOW + 15_000),
    "ask too late": lambda *_: e.DoseAsked(NOW, 1, NOW),
    "stop the dose": lambda *_: e.DoseStopped(NOW),
    "bolus": lambda *_: e.BolusOrdered(NOW, 2, *bench.BOLUS_FIGURES),
    "line": lambda *_: e.LineSet(NOW, (Slug(bench.STROKE_NL, 0),)),
    "prime": lambda *_: e.Primed(NOW, 3, bench.STROKE_NL, 2 * HOUR_MS),
    "stop": lambda *_: e.Stopped(NOW),
    "restart": lambda *_: e.Restarted(NOW),
    "minimum": lambda *_: e.MinimumOrdered(NOW),
    "refill": lambda *_: e.Refilled(NOW, 0, bench.FULL_NL, bench.NG_PER_ML),
    "clock": lambda p, *_: e.ClockSet(NOW, p.wall_ms(NOW) + bench.QUARTER_MS),
    "stall": lambda p, *_: e.Noticed(NOW, "stall", over=_wrong(p, "stall")),
    "memory": lambda p, *_: e.Noticed(NOW, "memory", over=_wrong(p, "memory")),
    "flow fault": lambda *_: e.Noticed(NOW, "flow"),
    "acknowledge": lambda p, *_: e.AlarmAcknowledged(NOW, _latched(p)),
    "reconcile": lambda *_: e.Reconciled(NOW),
}

DOSES = Bounds(
    (
        ("ask", 0),
        ("stop the dose", 0),
        ("bolus", 1),
        ("line", 1),
        ("prime", 1),
        ("stop", 2),
        ("restart", 0),
        ("open", 1),
        ("end", 0),
    )
)
