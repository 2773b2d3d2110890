"""The event log of a pump: bounded, in monotonic and civil time; the loss of entries is logged.

Writing never fails and never waits: the oldest entries go first, and the first entry says how
many have gone.
"""

from dataclasses import dataclass, replace

MOST = 4_000


@dataclass(frozen=True, slots=True)
class Entry:
    """One event: device time, civil time of the pump's clock (`wall_ms`), what, and details."""

    at_ms: int
    wall_ms: int
    what: str
    why: str = ""


@dataclass(frozen=True, slots=True)
class Log:
    """The entries that are kept, oldest first, and how many were lost and since when."""

    entries: tuple[Entry, ...] = ()
    lost: int = 0
    most: int = MOST

    def add(self, entries: tuple[Entry, ...]) -> "Log":
        """The log with these entries; over its bound, a tenth of it goes at once."""
        if not entries:
            return self
        kept = self.entries + entries
        if len(kept) <= self.most:
            return Log(kept, self.lost, self.most)
        gone = len(kept) - self.most + self.most // 10
        notes = 1 if self.lost else 0  # the first entry is then our own note, no event
        lost, first = self.lost + gone + 1 - notes, kept[gone]
        note = Entry(first.at_ms, first.wall_ms, "log-entries-lost", str(lost))
        return replace(self, entries=(note, *kept[gone + 1 :]), lost=lost)
