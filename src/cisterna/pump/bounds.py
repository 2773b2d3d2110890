"""What a peer may take of a host, and what happens where it wants more."""

import asyncio
from collections import OrderedDict
from dataclasses import dataclass

from cisterna.pump.clock import Clock


@dataclass(frozen=True, slots=True)
class Bounds:
    """What a peer may take. Times in seconds."""

    step_s: float = 5.0
    silence_s: float = 300.0
    linger_s: float = 30.0
    handshakes: int = 64
    talks: int = 512
    talks_per_pump: int = 8
    frames_per_s: int = 50
    burst: int = 20


class Crowd:
    """Connections up to a number; one more drives out the one that was quiet longest."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._tasks: OrderedDict[asyncio.Task[None], None] = OrderedDict()

    def __len__(self) -> int:
        return len(self._tasks)

    def enter(self, task: asyncio.Task[None]) -> None:
        """Let one in, or say that it was heard."""
        self._tasks[task] = None
        self._tasks.move_to_end(task)
        if len(self._tasks) > self._most:
            out, _ = self._tasks.popitem(last=False)
            out.cancel()

    def leave(self, task: asyncio.Task[None]) -> None:
        """It is gone."""
        self._tasks.pop(task, None)


@dataclass(slots=True)
class Pace:
    """Frames per second, with a burst; what is too fast waits."""

    per_s: int
    burst: int
    left: float = 0.0
    at: float = 0.0

    def wait_s(self, now: float) -> float:
        """How long the next frame has to wait."""
        self.left = min(self.burst, self.left + (now - self.at) * self.per_s)
        self.at, self.left = now, self.left - 1
        return max(0.0, -self.left / self.per_s)


@dataclass(slots=True)
class Attention:
    """Somebody may be talking: the clock walks until this is over, or nobody said anything."""

    clock: Clock
    held: bool = False

    def on(self) -> None:
        """They do."""
        if not self.held:
            self.held = True
            self.clock.talk()

    def off(self) -> None:
        """They do not."""
        if self.held:
            self.held = False
            self.clock.hush()
