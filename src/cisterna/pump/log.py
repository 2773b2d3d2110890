"""The event log of a pump: bounded, in monotonic and civil time; the loss of entries is logged.

Writing never fails and never waits: the oldest entries go first, and the first entry says how
many have gone.
"""

from dataclasses import dataclass

MOST = 4_000
APART = 100


@dataclass(frozen=True, slots=True)
class Entry:
    """One event: device time, civil time of the pump's clock (`wall_ms`), what, and details."""

    at_ms: int
    wall_ms: int
    what: str
    why: str = ""


@dataclass(frozen=True, slots=True)
class Log:
    """The entries that are kept, how many were lost, and how many it holds at most.

    The newest stand apart for a while, so that one more entry does not copy thousands.
    """

    older: tuple[Entry, ...] = ()
    newer: tuple[Entry, ...] = ()
    lost: int = 0
    most: int = MOST

    @property
    def entries(self) -> tuple[Entry, ...]:
        """All that are kept, oldest first."""
        return self.older + self.newer

    def add(self, entries: tuple[Entry, ...]) -> "Log":
        """The log with these entries; over its bound, a tenth of it goes at once."""
        if not entries:
            return self
        newer = self.newer + entries
        number = len(self.older) + len(newer)
        if number <= self.most:
            apart = len(newer) < APART
            older, newer = (self.older, newer) if apart else (self.older + newer, ())
            return Log(older, newer, self.lost, self.most)
        kept = self.older + newer
        gone = number - self.most + self.most // 10
        notes = 1 if self.lost else 0  # the first entry is then our own note, no event
        lost, first = self.lost + gone + 1 - notes, kept[gone]
        note = Entry(first.at_ms, first.wall_ms, "log-entries-lost", str(lost))
        return Log((note, *kept[gone + 1 :]), (), lost, self.most)
