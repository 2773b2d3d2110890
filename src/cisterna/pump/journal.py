"""The pump's state on storage: written ahead, checksummed, in two copies (SR-33, SR-45, SR-46).

A journal is one snapshot of the whole state and the intents (entries) that came after it; both
are opaque bytes. `append` and `snapshot` return only once the bytes will survive a power cut in
at least one copy: write the intent first, and move the motor when the call has returned.

What holds for a power cut at any byte of any write, with unsynced bytes torn, lost or reordered,
and for any one damaged byte range in one copy: `Journal.open` gives the state before that write
or after it, never a mix and never less than was reported durable, and puts the damaged copy
right. What was destroyed in both copies is reported as `lost-records`: the last good state
before it is given, the unknown is to be counted as delivered, and no entry is taken until the
caller has written a snapshot that accounts for it.

The areas are made at their full size when the journal is created and never grow: two slots that
take turns, each in two copies. A snapshot goes to the slot that is not in use, so the one in use
stays whole until the new one is confirmed. One process at a time may have a journal open.
"""

from contextlib import suppress
from dataclasses import dataclass

from cisterna.pump.records import (
    COPIES_SIZE,
    HEADER_SIZE,
    MAX_CAPACITY,
    MIN_CAPACITY,
    RECORD_OVERHEAD,
    Header,
    Kind,
    encode,
    header_link,
    record_link,
    serial_bytes,
)
from cisterna.pump.recovery import (
    AREAS,
    COPIES,
    SLOTS,
    Finding,
    Found,
    JournalRefused,
    area,
    recover,
    unfinished,
)
from cisterna.pump.storage import Storage, StorageError, StorageFull

__all__ = ["Durable", "Finding", "Journal", "JournalRefused", "NotDurable", "Recovered"]

UNSEEN = 1 << 20  # more generations than a copy that cannot be read may be ahead


@dataclass(eq=False)
class NotDurable(Exception):
    """The bytes are not confirmed: do nothing that needs them, go on with what was confirmed.

    Codes: `slot-full` (write a snapshot first), `too-large`, `storage-full`, `storage-failed`,
    `snapshot-due` (after a loss, a failed write or a copy that failed at opening).
    `may_reappear`: the bytes could not be taken back, so the next opening may find them.
    """

    code: str
    message: str
    way_out: str
    may_reappear: bool = False

    def __str__(self) -> str:
        return f"{self.message} {self.way_out}"


@dataclass(frozen=True, slots=True)
class Durable:
    """The record `seq` will survive a power cut; `missing` names the copies that do not hold it."""

    seq: int
    missing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Recovered:
    """The last confirmed snapshot, the entries after it in order, and what to log or alarm."""

    snapshot: bytes
    entries: tuple[bytes, ...]
    findings: tuple[Finding, ...]

    @property
    def lost(self) -> bool:
        """Whether confirmed records are gone: count the unknown as delivered, then snapshot."""
        return any(f.code == "lost-records" for f in self.findings)


@dataclass(slots=True)
class _Place:
    """Where the journal stands: the slot in use, its end, and the last numbers given."""

    slot: int
    generation: int
    seq: int
    end: int
    digest: bytes
    used: dict[int, int]  # for each slot how far it may hold anything but blanks


class Journal:
    """One pump's journal, open for writing. Make one with `create` or `open`."""

    def __init__(self, storage: Storage, serial: str, capacity: int, place: _Place) -> None:
        self._storage = storage
        self._serial = serial
        self._capacity = capacity
        self._place = place
        self._copies: tuple[str, ...] = ()
        self._lost = False
        self._unsettled: tuple[Found, frozenset[str]] | None = None

    @classmethod
    def create(cls, storage: Storage, serial: str, state: bytes, capacity: int) -> "Journal":
        """A new journal of four areas of `capacity` bytes with `state` as its first snapshot.

        Raises `JournalRefused` (`exists`) where there is anything of a journal, `NotDurable`
        where the storage fails, `ValueError` for an impossible serial or capacity.
        """
        serial_bytes(serial)
        if not MIN_CAPACITY <= capacity <= MAX_CAPACITY:
            raise ValueError(f"a capacity is {MIN_CAPACITY} to {MAX_CAPACITY} bytes")
        images, unread = _read(storage)
        if unread or not unfinished(images):
            raise JournalRefused("exists", "Something is stored here.", "Use an empty place.")
        place = _Place(SLOTS[-1], 0, 0, HEADER_SIZE, b"", dict.fromkeys(SLOTS, 0))
        journal = cls(storage, serial, capacity, place)
        try:
            for name in AREAS:
                journal._put(name, 0, bytes(capacity))
        except StorageError as problem:
            raise _failed(problem, may_reappear=False) from problem
        journal.snapshot(state)
        return journal

    @classmethod
    def open(cls, storage: Storage, serial: str) -> "tuple[Journal, Recovered]":
        """The journal and what it holds; a damaged copy is put right where that is possible.

        Raises `JournalRefused` for another pump, another version, a truncated or unreadable
        journal and where there is none. Failing storage is a finding (`copy-out`).
        """
        images, unread = _read(storage)
        found = recover(images, serial, unread)
        place = _Place(
            slot=found.slot,
            generation=found.last_generation,
            seq=found.last_seq,
            end=found.chain.end,
            digest=found.chain.records[-1].digest,
            used={slot.number: slot.end for slot in found.slots},
        )
        journal = cls(storage, serial, found.chain.header.capacity, place)
        findings = (*found.findings, *journal._settle(found, unread))
        return journal, Recovered(found.chain.records[0].payload, found.chain.entries, findings)

    def reread(self) -> "tuple[Journal, Recovered]":
        """The journal as the storage holds it now, to go on with. Raises as `open` does."""
        return Journal.open(self._storage, self._serial)

    @property
    def copies(self) -> tuple[str, ...]:
        """The copies that are being written; none where a snapshot must come first."""
        return self._copies

    @property
    def room(self) -> int:
        """Bytes that the largest next entry may have; negative where none fits."""
        return self._capacity - self._place.end - RECORD_OVERHEAD - COPIES_SIZE

    def append(self, entry: bytes) -> Durable:
        """Confirm an intent. It may be acted upon once this has returned.

        Raises `NotDurable`; the entries before stay confirmed. After a failed write a snapshot
        must come first, which tries every copy again.
        """
        if not self._copies:
            raise NotDurable(
                "snapshot-due", "The journal takes no entry.", "Write a snapshot of the state."
            )
        if len(entry) > self.room:
            raise NotDurable("slot-full", "No room for the entry.", "Write a snapshot first.")
        return self._add(Kind.ENTRY, entry)

    def snapshot(self, state: bytes) -> Durable:
        """Confirm the whole state; it supersedes every earlier snapshot and entry at once.

        Raises `NotDurable`; what was confirmed before stays so.
        """
        self._stand_firm()
        self._place.generation += 1
        header = Header(self._serial, self._capacity, self._place.generation).encode()
        record = encode(Kind.SNAPSHOT, self._place.seq + 1, state, header_link(header))
        used = header + record
        if len(used) + COPIES_SIZE > self._capacity:
            raise NotDurable("too-large", "The state exceeds the slot.", "Shorten its history.")
        slot = 1 - self._place.slot
        held = self._write(slot, 0, used.ljust(self._place.used[slot], b"\0"), COPIES)
        if held == COPIES:
            self._place.used[slot] = len(used)
        self._lost, self._place.slot = False, slot
        return self._confirmed(held, COPIES, record, len(used))

    def _add(self, kind: Kind, payload: bytes) -> Durable:
        place, asked = self._place, self._copies
        record = encode(kind, place.seq + 1, payload, place.digest)
        held = self._write(place.slot, place.end, record, asked)
        return self._confirmed(held, asked, record, place.end + len(record))

    def _confirmed(
        self, held: tuple[str, ...], asked: tuple[str, ...], record: bytes, end: int
    ) -> Durable:
        """The record is durable in `held`; a copy that has just failed is left out from here on."""
        place = self._place
        place.seq, place.end, place.digest = place.seq + 1, end, record_link(record)
        self._copies = held
        if held == asked == COPIES:
            return Durable(place.seq)
        done = Durable(place.seq, tuple(c for c in COPIES if c not in held))
        if held != asked:
            self._name_copies()
        return done

    def _name_copies(self) -> None:
        """Record which copies are written from here on, where there is room to say it.

        Without it a later reader could take the older copy for the whole journal.
        """
        if self._copies and self._place.end + COPIES_SIZE <= self._capacity:
            with suppress(NotDurable):
                self._add(Kind.COPIES, "".join(self._copies).encode("ascii"))

    def _write(
        self, slot: int, offset: int, data: bytes, copies: tuple[str, ...]
    ) -> tuple[str, ...]:
        """Write and sync one copy after the other; the copies that hold it. At least one does."""
        held: list[str] = []
        self._place.used[slot] = max(self._place.used[slot], offset + len(data))
        problem = StorageError("no copy is left")
        for copy in copies:
            try:
                self._put(area(copy, slot), offset, data)
                held.append(copy)
            except StorageError as raised:
                problem = raised
        if not held:
            self._copies = ()
            taken_back = self._take_back(slot, offset, len(data), copies)
            raise _failed(problem, may_reappear=not taken_back) from problem
        return tuple(held)

    def _take_back(self, slot: int, offset: int, length: int, copies: tuple[str, ...]) -> bool:
        """Blank what a failed write may have left; not after a loss, which must stay visible.

        Where the storage does not even sync, the bytes stay where a reader sees them: hidden
        from him they could still come back, after something else was confirmed in their place.
        """
        done = not self._lost
        for copy in copies if done else ():
            try:
                self._storage.sync(area(copy, slot))
                self._put(area(copy, slot), offset, bytes(length))
            except StorageError:
                done = False
        return done

    def _put(self, name: str, offset: int, data: bytes) -> None:
        self._storage.write(name, offset, data)
        self._storage.sync(name)

    def _settle(self, found: Found, unread: frozenset[str]) -> tuple[Finding, ...]:
        """Put each copy right in turn and make durable all that was read.

        Where a copy fails it may hold what cannot be seen now; a snapshot must come first, of a
        generation that is later than any there.
        """
        self._lost = found.lost
        out = tuple(c for c in COPIES if not self._settled(c, found, unread))
        if out:
            self._place.generation += UNSEEN
        if out == COPIES:
            self._unsettled = (found, unread)
        if out or found.lost:
            self._place.used = dict.fromkeys(SLOTS, self._capacity)
        else:
            self._copies = COPIES
            if found.chain.copies != COPIES:
                self._name_copies()
        return tuple(Finding("copy-out", f"Copy {c} cannot be read or written.") for c in out)

    def _stand_firm(self) -> None:
        """Confirm what was read, where opening could not, before the other slot is touched."""
        if self._unsettled is None:
            return
        held = [c for c in COPIES if self._settled(c, *self._unsettled)]
        if not held:
            raise _failed(StorageError("what was read is not confirmed"), may_reappear=False)
        self._unsettled = None

    def _settled(self, copy: str, found: Found, unread: frozenset[str]) -> bool:
        if any(area(copy, slot.number) in unread for slot in found.slots):
            return False
        try:
            for slot in found.slots:
                for offset, piece in () if found.lost else slot.repairs[copy]:
                    self._storage.write(area(copy, slot.number), offset, piece)
                self._storage.sync(area(copy, slot.number))
        except StorageError:
            return False
        return True


def _read(storage: Storage) -> tuple[dict[str, bytes], frozenset[str]]:
    """What each area holds, and the areas that could not be read."""
    images: dict[str, bytes] = {}
    unread: set[str] = set()
    for name in AREAS:
        try:
            images[name] = storage.read(name, min(storage.size(name), MAX_CAPACITY))
        except StorageError:
            images[name] = b""
            unread.add(name)
    return images, frozenset(unread)


def _failed(problem: StorageError, *, may_reappear: bool) -> NotDurable:
    full = isinstance(problem, StorageFull)
    return NotDurable(
        "storage-full" if full else "storage-failed",
        f"No copy of the journal took the bytes: {problem}.",
        "Go on with what was confirmed, refuse new doses, alarm; write a snapshot when it works.",
        may_reappear,
    )
