"""Who has written what: the record's own projection, for the audit."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from cisterna.clinic.event import Event
from cisterna.clinic.ledger.entry import Entry
from cisterna.clinic.ledger.projection import Projection, state_bytes

_NOBODY: Mapping[str, Mapping[str, int]] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Tally:
    """How many events of each kind everybody has written, up to entry `seq` with its hash."""

    seq: int = 0
    hash: str = ""
    by: Mapping[str, Mapping[str, int]] = field(default_factory=lambda: _NOBODY)
    corrections: int = 0

    def kinds(self) -> dict[str, int]:
        """How many events of each kind there are."""
        found: dict[str, int] = {}
        for counts in self.by.values():
            for kind, count in counts.items():
                found[kind] = found.get(kind, 0) + count
        return found

    def text(self) -> bytes:
        """The tally as its one text."""
        by = {who: dict(counts) for who, counts in self.by.items()}
        row = {"seq": self.seq, "hash": self.hash, "by": by, "corrections": self.corrections}
        return state_bytes(row)


def _counted(tally: Tally, entry: Entry, event: Event) -> Tally:
    own = tally.by.get(event.actor.who, {})
    mine = {**own, event.kind: own.get(event.kind, 0) + 1}
    corrections = tally.corrections + (event.corrects is not None)
    by = {**tally.by, event.actor.who: mine}
    return replace(tally, seq=entry.seq, hash=entry.hash, by=by, corrections=corrections)


TALLY = Projection(Tally(), always=_counted)
