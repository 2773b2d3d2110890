"""What stands beside the motor and the journal, and believes neither controller nor guard.

A stroke is made by the motor when its mark is on record, never otherwise. So the witness counts
strokes where they are made, tells every event to the oracle (`tests.pump.oracle`), and compares:

- the books count every stroke that was made, and none that was not but one for each power loss
  and for each time that the storage forbade a stroke; where nothing can be recorded only the floor
  flows, and only that can be forgotten, by a power loss before anything can be recorded again;
- after a power loss the journal gives what was confirmed last, or that and the one entry whose
  write was cut, and nothing else;
- stop, minimum rate and an unknown outcome are there exactly when something ordered or made them;
- every effect has its warrant (`tests.pump.simulator.warrants`).
"""

from dataclasses import dataclass, field, replace
from typing import NamedTuple

from cisterna.pump import events as e
from cisterna.pump.codec import read_event
from cisterna.pump.controller import step
from cisterna.pump.flow import Flow
from cisterna.pump.keeper import Keeper
from cisterna.pump.state import State
from tests.pump.oracle import Oracle
from tests.pump.simulator.tally import Tally
from tests.pump.simulator.warrants import Warrants


class Kept(NamedTuple):
    """What a journal gives back: state, time of the last mark, and the value beside the state."""

    state: State
    marked_ms: int
    side: bytes


class Entry(NamedTuple):
    """An entry on its way, and what was heard or noticed when it was made."""

    body: bytes
    hearing: bytes | None
    device: bool


class Sure(NamedTuple):
    """What was believed when the record was last complete."""

    oracle: Oracle
    made: int
    gap: int
    warrants: Warrants


@dataclass
class Witness:
    """One pump's; raises `AssertionError` where the pump does what it must not.

    `made` are the motor's strokes, `gap` those that the books count and the motor did not make.
    `kept` is what the journal holds for certain, `cut` the entry whose write is under way,
    `refused` one that the storage refused and may still bring back.
    """

    oracle: Oracle
    warrants: Warrants
    tally: Tally
    kept: Kept
    made: int = 0
    gap: int = 0
    cut: Entry | None = None
    refused: Entry | None = None
    taken: bool = True
    sure: Sure | None = None
    tried: list[tuple[Kept, Sure]] = field(default_factory=list)

    # The journal ---------------------------------------------------------------------------------

    def writes(self, keeper: Keeper, entry: bytes) -> None:
        """An entry is on its way to the journal."""
        self.tally.digests(entry, keeper.marked_ms)
        self.cut = Entry(entry, self.warrants.hearing, self.warrants.device)

    def wrote(self, keeper: Keeper, entry: bytes, durable: bool) -> None:
        """The journal says whether it has the entry."""
        cut, self.cut, self.taken = self.cut, None, durable
        if not durable:
            self.refused = self.refused or (cut if keeper.refused_on_disk else None)
            return
        assert self.sure is None, "an entry is on record, and what went before it is not"
        self.renewed(keeper)
        if entry[:1] == b"m":
            self.kept = self.kept._replace(marked_ms=int(entry[1:]))
        elif entry[:1] == b"s":
            self.kept = self.kept._replace(side=entry[1:])

    def renewed(self, keeper: Keeper) -> None:
        """All that the pump knows is on record."""
        self.kept = live(keeper)
        self.refused = self.sure = None
        self.tried.clear()

    def tries(self, keeper: Keeper) -> None:
        """A snapshot is on its way; if it fails, it may still be found later."""
        found = live(keeper)
        if self.sure and (not self.tried or self.tried[-1][0] != found):
            self.tried.append((found, self._sure()))

    def recalls(self, keeper: Keeper) -> None:
        """After a power loss: what the journal gave must be what was confirmed."""
        found = live(keeper)
        known = [sure for kept, sure in self.tried if kept == found]
        entries = [entry for entry in (self.cut, self.refused) if entry]
        back = self.sure if found == self.kept or not known else known[-1]
        if back:
            forgotten = self.made - back.made
            self.oracle, self.made, self.gap, self.warrants = back
            self.tally.done["strokes of the floor that a power loss made it forget"] += forgotten
            self.warrants.hearing, self.warrants.device = None, False
        if found != self.kept and not known:
            took = [entry for entry in entries if self._with(entry.body) == found]
            assert took, "the journal gives what was never confirmed, or loses what was"
            what = (
                "an entry stands that was cut" if took[0] is self.cut else "a refused entry stands"
            )
            self.tally.done[what] += 1
            if took[0].body[:1] == b"e":
                self._takes(took[0])
        self.kept, self.cut, self.refused, self.sure = found, None, None, None
        self.tried.clear()

    def _sure(self) -> Sure:
        return Sure(copied(self.oracle), self.made, self.gap, replace(self.warrants))

    def _with(self, entry: bytes) -> Kept:
        kind, body = entry[:1], entry[1:]
        if kind == b"m":
            return self.kept._replace(marked_ms=int(body))
        if kind == b"s":
            return self.kept._replace(side=body)
        event = read_event(body)
        return Kept(step(self.kept.state, event)[0], event.at_ms, self.kept.side)

    def _takes(self, entry: Entry) -> None:
        """An event came on record in the moment of the power loss: it has happened."""
        before, event = self.kept.state, read_event(entry.body[1:])
        after, said = step(before, event)
        self.warrants.hearing, self.warrants.device = entry.hearing, entry.device
        self.warrants.sees(before, event, after, said)
        self.warrants.hearing, self.warrants.device = None, False
        self._sees(before, event, after, said)

    # The motor and the controller ----------------------------------------------------------------

    def turned(self, strokes: int, flow: Flow) -> None:
        """The motor made strokes; without a record only those of the floor."""
        assert self.taken or flow.floor_nl_per_h is not None, "what flows is not on record"
        if not self.taken and self.sure is None:
            self.sure = self._sure()
        self.made += strokes

    def happened(
        self, keeper: Keeper, before: State, event: e.Event, said: e.Outcome, durable: bool
    ) -> None:
        """An event acted, on record or (`durable` False) without."""
        if durable:
            self.kept = Kept(keeper.state, event.at_ms, keeper.side)
        elif self.sure is None:
            self.sure = self._sure()
        self.warrants.sees(before, event, keeper.state, said)
        self._sees(before, event, keeper.state, said, denied=not durable)
        self.tally.done[type(event).__name__ + (" refused" if said.refused else "")] += 1
        if not before.flow.held and before.flow.floor_nl_per_h is None:
            self.tally.done["ms of therapy"] += max(0, event.at_ms - before.now_ms)

    def _sees(
        self, before: State, event: e.Event, after: State, said: e.Outcome, denied: bool = False
    ) -> None:
        self.oracle.see(before, event, after, said)
        gap = self.oracle.delivered // after.device.stroke_nl - self.made
        doubt = denied or isinstance(event, e.PowerReturned)
        assert self.gap <= gap <= self.gap + doubt, f"{gap - self.gap} strokes not accounted for"
        self.tally.done["strokes counted that the motor did not make"] += gap - self.gap
        self.gap = gap
        assert (after.stopped_ms is not None) == self.oracle.stopped, "stopped, or not, unasked"
        assert after.minimum == self.oracle.minimum, "the minimum rate, or not, unasked"
        assert (after.unknown is not None) == self.oracle.unknown, "what is unknown is forgotten"
        assert (after.session is not None) == self.oracle.session


class Watched(Keeper):
    """A keeper with a witness beside it; it does what every keeper does."""

    __slots__ = ("witness",)
    witness: Witness

    @classmethod
    def beside(cls, witness: Witness, keeper: Keeper) -> "Watched":
        """The same keeper, watched."""
        found = cls(keeper.state, keeper.journal, keeper.marked_ms, side=keeper.side)
        found.witness = witness
        return found

    def handle(self, event: e.Event) -> e.Outcome:
        """One event."""
        before = self.state
        said = Keeper.handle(self, event)
        if self.state is not before:
            self.witness.happened(self, before, event, said, self.witness.taken)
        return said

    def strike(self, until_ms: int = 0) -> bool:
        """The strokes that are due."""
        before = self.struck
        made = Keeper.strike(self, until_ms)
        if made:
            self.witness.turned(self.struck - before, self.state.flow)
        return made

    def _stepped(self, event: e.Event) -> e.Outcome:
        before = self.state
        said = Keeper._stepped(self, event)
        self.witness.happened(self, before, event, said, durable=False)
        return said

    def _recorded(self, entry: bytes) -> bool:
        self.witness.writes(self, entry)
        found = Keeper._recorded(self, entry)
        self.witness.wrote(self, entry, found)
        return found

    def _renewed(self) -> bool:
        self.witness.tries(self)
        found = Keeper._renewed(self)
        if found:
            self.witness.renewed(self)
        return found


def live(keeper: Keeper) -> Kept:
    """All that a keeper would put into a snapshot now."""
    return Kept(keeper.state, keeper.marked_ms, keeper.side)


def copied(oracle: Oracle) -> Oracle:
    """The oracle as it is now."""
    return replace(
        oracle,
        line=[list(slug) for slug in oracle.line],
        wrong=set(oracle.wrong),
        closed=set(oracle.closed),
        doses=list(oracle.doses),
        strokes=list(oracle.strokes),
    )
