"""What a run counted: faults by kind, cells of (state of the pump, fault), and its digest."""

import hashlib
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from cisterna.pump import alarms
from cisterna.pump.state import State

Cell = tuple[str, ...]


def kind_of(state: State) -> Cell:
    """The kind of state that a pump is in, coarse enough to be met again."""
    once, p = state.flow.once, state.programme
    return (
        p.mode if p else "no programme",
        state.session.stage if state.session else "no session",
        once.kind if once else "nothing once",
        "stopped" if state.stopped_ms is not None else "minimum" if state.minimum else "runs",
        alarms.effect(state.alarms),
        "bridge waits" if state.bridge_left_nl else "no bridge",
        "unknown dose" if state.unknown else "all known",
    )


@dataclass
class Tally:
    """The counts of one run."""

    faults: Counter[str] = field(default_factory=Counter)
    cells: set[Cell] = field(default_factory=set)
    done: Counter[str] = field(default_factory=Counter)
    sha: Any = field(default_factory=hashlib.sha256)

    def fault(self, what: str, state: State) -> None:
        """Something goes wrong, while the pump is in this state."""
        self.faults[what] += 1
        self.cells.add((*kind_of(state), what))

    def digests(self, what: bytes, at_ms: int) -> None:
        """One more thing that a replay has to repeat to the byte."""
        self.sha.update(b"%d %d " % (at_ms, len(what)))
        self.sha.update(what)
