"""The host's clock: milliseconds of device time since the fleet was made, at a pace of ×1 or more.

It stands still while the host is off. While somebody talks with a pump it walks at ×1, since a
command that is good for a minute is not meant to end within a microsecond; then it runs again.
"""

import time
from collections.abc import Callable

FASTEST = 1_000_000


class Clock:
    """Device time. `real` gives nanoseconds of a clock that never goes back."""

    def __init__(
        self, start_ms: int, speed: int = 1, real: Callable[[], int] = time.monotonic_ns
    ) -> None:
        if not 1 <= speed <= FASTEST:
            raise ValueError(f"a speed is 1 to {FASTEST}")
        self.speed = speed
        self._real = real
        self._since, self._start_ns = real(), start_ms * 1_000_000
        self._talks = 0

    @property
    def pace(self) -> int:
        """How many times as fast as the world it runs now."""
        return 1 if self._talks else self.speed

    def now_ms(self) -> int:
        """Device time now."""
        return self._now_ns() // 1_000_000

    def seconds_until(self, device_ms: int) -> float:
        """How long until then at the present pace; 0 for what is past."""
        return max(0, device_ms * 1_000_000 - self._now_ns()) / self.pace / 1e9

    @property
    def talking(self) -> bool:
        """Whether somebody talks with a pump now."""
        return self._talks > 0

    def leap(self, ms: int) -> None:
        """Go on by so much at once. Time never goes back."""
        self._rebase()
        self._start_ns += max(0, ms) * 1_000_000

    def change_speed(self, speed: int) -> None:
        """Run at another speed from now on. Raises `ValueError`."""
        if not 1 <= speed <= FASTEST:
            raise ValueError(f"a speed is 1 to {FASTEST}")
        self._rebase()
        self.speed = speed

    def talk(self) -> None:
        """A conversation begins."""
        self._rebase()
        self._talks += 1

    def hush(self) -> None:
        """A conversation is over."""
        self._rebase()
        self._talks -= 1

    def _now_ns(self) -> int:
        return self._start_ns + (self._real() - self._since) * self.pace

    def _rebase(self) -> None:
        now = self._real()
        self._start_ns += (now - self._since) * self.pace
        self._since = now
