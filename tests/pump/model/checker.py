"""An explicit-state checker: every state that can be reached, breadth first, each looked at once.

A model says where it begins and what can happen next; a step that breaks a property raises
`Broken` instead, and any other error counts as a break too. The search ends when nothing new is
left (closed), at the first break, or at a bound that was given (then it is not closed, and says
so). States are kept whole, not as hashes: two different states are never taken for one.
"""

import time
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

S = TypeVar("S", bound=Hashable)
Say = Callable[[str], None]
PROGRESS_S = 30.0


class Broken(Exception):
    """A property does not hold: its name, and what was seen."""

    def __init__(self, name: str, found: object = "") -> None:
        super().__init__(f"{name}: {found}")
        self.name = name


class Model(Protocol[S]):
    """What is checked."""

    def begin(self) -> S:
        """The first state."""
        ...

    def moves(self, state: S) -> Iterable[tuple[str, Callable[[], S]]]:
        """What can happen in a state: in words, and how. A move may raise `Broken`."""
        ...

    def holds(self, state: S) -> None:
        """Look at a new state. Raises `Broken`."""
        ...


@dataclass(frozen=True, slots=True)
class Found:
    """What a search came to; `trace` is the shortest way to what is broken."""

    states: int
    transitions: int
    depth: int
    seconds: float
    closed: bool
    broken: Broken | None = None
    trace: tuple[str, ...] = ()

    def words(self) -> str:
        """One line, and for a break the steps that lead to it."""
        rate = self.states / self.seconds if self.seconds else 0
        line = (
            f"{self.states:,} states, {self.transitions:,} transitions, depth {self.depth}, "
            f"{'closed' if self.closed else 'not closed'}, {self.seconds:.1f} s ({rate:,.0f}/s)"
        )
        steps = [f"  {n}. {step}" for n, step in enumerate(self.trace, 1)]
        return "\n".join([line, *([f"broken: {self.broken}", *steps] if self.broken else [])])


class Search(Generic[S]):
    """A breadth-first search that can be stopped by a bound and taken up again."""

    def __init__(self, model: Model[S]) -> None:
        first = model.begin()
        model.holds(first)
        self.model = model
        self.came: dict[S, tuple[S | None, str]] = {first: (None, "")}
        self.layer = [first]
        self.beyond: list[S] = []
        self.depth = self.transitions = 0
        self.seconds = 0.0

    def run(self, seconds: float = 1e9, states: int = 1 << 62, say: Say | None = None) -> Found:
        """Go on until nothing is left, something breaks, or a bound of this call is reached."""
        begin = told = time.monotonic()
        before = self.seconds
        while self.layer or self.beyond:
            if not self.layer:
                self.layer, self.beyond = self.beyond[::-1], []
                self.depth += 1
            now = time.monotonic()
            self.seconds = before + now - begin
            if now - begin > seconds or len(self.came) >= states:
                return self._found()
            if say and now - told > PROGRESS_S:
                told = now
                say(self._found().words())
            state = self.layer.pop()
            try:
                step = self._expand(state)
            except _Stopped as stop:
                self.seconds = before + time.monotonic() - begin
                return self._found(stop.broken, (*self._way(state), stop.step))
            self.transitions += step
        self.seconds = before + time.monotonic() - begin
        return self._found()

    def _expand(self, state: S) -> int:
        """Take every move out of a state; how many there were."""
        count = 0
        for name, move in self.model.moves(state):
            count += 1
            try:
                after = move()
                if after in self.came:
                    continue
                self.model.holds(after)
            except Broken as broken:
                raise _Stopped(broken, name) from broken
            except (AssertionError, ValueError, LookupError, TypeError) as raised:
                raise _Stopped(Broken("raised", repr(raised)), name) from raised
            self.came[after] = (state, name)
            self.beyond.append(after)
        return count

    def _way(self, state: S) -> tuple[str, ...]:
        """The steps from the beginning to a state."""
        steps, at = list[str](), state
        while True:
            before, name = self.came[at]
            if before is None:
                return tuple(reversed(steps))
            steps.append(name)
            at = before

    def _found(self, broken: Broken | None = None, trace: tuple[str, ...] = ()) -> Found:
        closed = not self.layer and not self.beyond and broken is None
        return Found(
            len(self.came), self.transitions, self.depth, self.seconds, closed, broken, trace
        )


class _Stopped(Exception):
    def __init__(self, broken: Broken, step: str) -> None:
        super().__init__(step)
        self.broken, self.step = broken, step


def check(model: Model[S], seconds: float = 1e9, states: int = 1 << 62) -> Found:
    """Search a model from its beginning, which may be broken already."""
    try:
        search = Search(model)
    except Broken as broken:
        return Found(0, 0, 0, 0.0, closed=False, broken=broken, trace=("the beginning",))
    return search.run(seconds, states)
