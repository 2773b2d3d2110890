"""What the four areas of a journal say together: the last confirmed state, and what is damaged.

Two slots take turns, each in two copies. Every write goes to copy a, which is synced before copy
b is touched, so a power cut can leave only one copy of one record unfinished. Hence:

- a record is good if either copy holds it whole in its place of the chain;
- what one copy alone shows after the end of the chain is a write that was never confirmed;
- what both copies show there was confirmed once and is destroyed: records are lost.

Nothing here changes a byte; it says which bytes to put right.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TypeVar

from cisterna.pump.records import (
    HEADER_SIZE,
    VERSION,
    Header,
    Kind,
    Record,
    decode,
    header_link,
    read_header,
    stated_version,
    stray,
)

T = TypeVar("T")

COPIES = ("a", "b")
SLOTS = (0, 1)


def area(copy: str, slot: int) -> str:
    """The name of the area that holds one copy of one slot."""
    return f"{copy}{slot}"


AREAS = tuple(area(copy, slot) for copy in COPIES for slot in SLOTS)


@dataclass(eq=False)
class JournalRefused(Exception):
    """No journal that the pump may go on with; nothing of it was used.

    Codes: `absent`, `exists`, `truncated`, `other-pump`, `other-version`, `unreadable`.
    """

    code: str
    message: str
    way_out: str

    def __str__(self) -> str:
        return f"{self.message} {self.way_out}"


@dataclass(frozen=True, slots=True)
class Finding:
    """Something about the journal that belongs in the pump's log.

    Codes: `torn-tail` (a write that was never confirmed), `copy-repaired`, `copy-out` (a copy
    that cannot be written), `copies-disagree` and `lost-records` (alarm: count the unknown as
    delivered).
    """

    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Chain:
    """What one slot holds: a snapshot and what was confirmed after it."""

    header: Header
    records: tuple[Record, ...]
    forked: bool = False

    @property
    def generation(self) -> int:
        """The generation of the slot; a later one supersedes this."""
        return self.header.generation

    @property
    def end(self) -> int:
        """The offset after the last record."""
        return HEADER_SIZE + sum(len(r.raw) for r in self.records)

    @property
    def entries(self) -> tuple[bytes, ...]:
        """The intents after the snapshot, in order."""
        return tuple(r.payload for r in self.records if r.kind is Kind.ENTRY)

    @property
    def copies(self) -> tuple[str, ...]:
        """The copies that hold the last records, as the journal itself says."""
        said = [r.payload for r in self.records if r.kind is Kind.COPIES]
        return tuple(said[-1].decode("ascii", "replace")) if said else COPIES

    def pieces(self) -> Iterator[tuple[int, bytes]]:
        """(offset, bytes) of the header, each record and the blank rest: what a copy must hold."""
        yield 0, self.header.encode()
        offset = HEADER_SIZE
        for record in self.records:
            yield offset, record.raw
            offset += len(record.raw)
        yield offset, bytes(self.header.capacity - offset)


@dataclass(frozen=True)
class Slot:
    """The two copies of one slot, filled up to the journal's capacity, as they were found."""

    number: int
    images: Mapping[str, bytes]
    headers: Mapping[str, Header | None]
    capacity: int
    serial: str

    @cached_property
    def short(self) -> tuple[str, ...]:
        """The copies that are shorter than the journal says."""
        return tuple(c for c in COPIES if len(self.images[c]) < self.capacity)

    @cached_property
    def full(self) -> Mapping[str, bytes]:
        """Each copy, cut or filled with blanks to the capacity."""
        size = self.capacity
        return {c: self.images[c][:size].ljust(size, b"\0") for c in COPIES}

    @cached_property
    def generations(self) -> Mapping[str, int | None]:
        """The generation that each copy states, or None where its header is not whole."""
        return {c: h.generation if h else None for c, h in self.headers.items()}

    @cached_property
    def chain(self) -> Chain | None:
        """The latest generation that has a whole snapshot in either copy."""
        stated = {g for g in self.generations.values() if g is not None}
        for generation in sorted(stated, reverse=True):
            chain = self._follow(Header(self.serial, self.capacity, generation))
            if chain.records:
                return chain
        return None

    @cached_property
    def end(self) -> int:
        """The offset after the last good record; 0 where there is none."""
        return self.chain.end if self.chain else 0

    def suspects(self, best: int) -> tuple[str, ...]:
        """Copies with something after the end that may be as late as the generation `best`."""
        return tuple(c for c in COPIES if self._later(c, best) and self._more(c))

    def damaged(self) -> tuple[str, ...]:
        """Copies that are not what they must be."""
        return tuple(c for c in COPIES if self.repairs[c])

    @cached_property
    def repairs(self) -> Mapping[str, tuple[tuple[int, bytes], ...]]:
        """For each copy (offset, bytes) that make it whole; sound pieces are left alone."""
        pieces = tuple(self.chain.pieces()) if self.chain else ((0, bytes(self.capacity)),)
        return {c: tuple(_unlike(self.images[c], pieces)) for c in COPIES}

    def strays(self) -> Iterator[Record]:
        """Whole records that stand after the end in either copy."""
        for copy in self.damaged():
            yield from stray(self.full[copy], self.end)

    def _later(self, copy: str, best: int) -> bool:
        stated = self.generations[copy]
        return stated is None or stated >= best

    def _more(self, copy: str) -> bool:
        return copy in self.short or not blank(self.full[copy][self.end :])

    def _follow(self, header: Header) -> Chain:
        """The records that follow each other from this header on, each from either copy."""
        records: list[Record] = []
        offset, after = HEADER_SIZE, header_link(header.encode())
        while True:
            found = {r.raw: r for r in self._records_at(offset, after) if _in_turn(r, records)}
            if len(found) != 1:
                return Chain(header, tuple(records), forked=len(found) > 1)
            (record,) = found.values()
            records.append(record)
            offset, after = offset + len(record.raw), record.digest

    def _records_at(self, offset: int, after: bytes) -> Iterator[Record]:
        first = decode(self.full["a"], offset, after)
        if first is not None:
            yield first
        if first is None or not self.full["b"].startswith(first.raw, offset):
            second = decode(self.full["b"], offset, after)
            if second is not None:
                yield second


@dataclass(frozen=True, slots=True)
class Found:
    """The last confirmed state and where it stands, what is lost, and what is to be put right."""

    slot: int
    chain: Chain
    slots: tuple[Slot, ...]
    findings: tuple[Finding, ...]
    lost: bool
    last_generation: int
    last_seq: int


def recover(images: Mapping[str, bytes], serial: str, unread: frozenset[str]) -> Found:
    """The journal of the pump `serial` in these areas; those in `unread` could not be read.

    Raises `JournalRefused` where it is none of this pump and version, or not whole.
    """
    headers = _headers(images, serial)
    capacities = {h.capacity for h in headers.values() if h}
    if not capacities:
        raise _nothing(images, unread)
    if len(capacities) > 1:
        raise _unreadable()
    capacity = capacities.pop()
    slots = tuple(
        Slot(n, _copies_of(images, n), _copies_of(headers, n), capacity, serial) for n in SLOTS
    )
    best = max(slots, key=lambda slot: slot.chain.generation if slot.chain else -1)
    chain = best.chain
    if any(len(slot.short) == len(COPIES) for slot in slots):
        raise _unreadable() if unread else _truncated()
    if chain is None:
        raise _nothing(images, unread)
    lost = _lost(slots, best, chain)
    strays = [r.seq for slot in slots for r in slot.strays()] if lost else []
    stated = [g for slot in slots for g in slot.generations.values() if g is not None]
    return Found(
        slot=best.number,
        chain=chain,
        slots=slots,
        findings=tuple(_findings(slots, chain, lost)),
        lost=lost,
        last_generation=max(stated),
        last_seq=max([chain.records[-1].seq, *strays]),
    )


def unfinished(images: Mapping[str, bytes]) -> bool:
    """Whether the areas are blank, or hold no more than the first, torn write of a creation."""
    first, *others = (images[name] for name in AREAS)
    if not all(map(blank, others)):
        return False
    return blank(first) or (all(others) and _first_snapshot(first) is None)


def blank(data: bytes) -> bool:
    """Whether there are only zeros."""
    return data == bytes(len(data))


def _first_snapshot(image: bytes) -> Record | None:
    header = read_header(image)
    return decode(image, HEADER_SIZE, header_link(header.encode())) if header else None


def _unlike(image: bytes, pieces: tuple[tuple[int, bytes], ...]) -> Iterator[tuple[int, bytes]]:
    """The pieces that the image does not hold in their place."""
    whole = b"".join(piece for _, piece in pieces)
    if not image.startswith(whole):
        yield from (piece for piece in pieces if not image.startswith(piece[1], piece[0]))


def _in_turn(record: Record, before: list[Record]) -> bool:
    """Whether a slot goes on with this record: a snapshot first, then rising numbers."""
    if not before:
        return record.kind is Kind.SNAPSHOT
    return record.kind is not Kind.SNAPSHOT and record.seq > before[-1].seq


def _lost(slots: tuple[Slot, ...], best: Slot, chain: Chain) -> bool:
    """Whether something that was confirmed cannot be read any more, or may have been."""
    suspects = {slot.number: slot.suspects(chain.generation) for slot in slots}
    if any(len(copies) == len(COPIES) for copies in suspects.values()):
        return True
    alone = len(chain.copies) == 1 and chain.copies[0] in suspects[best.number]
    last = chain.records[-1].seq
    witness = (r for slot in slots for r in slot.strays() if r.kind is Kind.COPIES)
    return alone or any(record.seq > last for record in witness)


def _findings(slots: tuple[Slot, ...], chain: Chain, lost: bool) -> Iterator[Finding]:
    if any(slot.chain and slot.chain.forked for slot in slots):
        yield Finding("copies-disagree", "The two copies of the journal go on differently.")
    if lost:
        last = chain.records[-1].seq
        yield Finding(
            "lost-records",
            f"Records after number {last} were confirmed and are destroyed in both copies.",
        )
        return
    for slot in slots:
        for copy in slot.damaged():
            yield _damage(slot, copy)


def _damage(slot: Slot, copy: str) -> Finding:
    where = f"copy {copy} of slot {slot.number}"
    if all(offset >= slot.end for offset, _ in slot.repairs[copy]) and copy not in slot.short:
        return Finding("torn-tail", f"A write in {where} was never confirmed; it is cleared.")
    return Finding("copy-repaired", f"What was damaged in {where} is taken from the other copy.")


def _copies_of(areas: Mapping[str, T], slot: int) -> dict[str, T]:
    return {copy: areas[area(copy, slot)] for copy in COPIES}


def _headers(images: Mapping[str, bytes], serial: str) -> dict[str, Header | None]:
    """The whole headers of the areas, once all of them are of this version and this pump."""
    for image in images.values():
        version = stated_version(image)
        if version not in (None, VERSION):
            raise JournalRefused(
                "other-version",
                f"The journal has format {version}; this pump writes format {VERSION}.",
                "Open it with the version that wrote it.",
            )
    headers = {name: read_header(image) for name, image in images.items()}
    for header in filter(None, headers.values()):
        if header.serial != serial:
            raise JournalRefused(
                "other-pump",
                f"The journal belongs to pump {header.serial}, not to {serial}.",
                "Give each pump the journal that was created for it.",
            )
    return headers


def _nothing(images: Mapping[str, bytes], unread: frozenset[str]) -> JournalRefused:
    if unread:
        return _unreadable()
    if unfinished(images):
        return JournalRefused(
            "absent", "No journal was ever completed here.", "Create one for this pump."
        )
    sizes = [len(image) for image in images.values()]
    return _truncated() if min(sizes) < max(sizes) or max(sizes) < HEADER_SIZE else _unreadable()


def _truncated() -> JournalRefused:
    return JournalRefused(
        "truncated",
        "Both copies of the journal are shorter than they were made.",
        "Stop the pump's use; a clinician reads the pump back and creates a new journal.",
    )


def _unreadable() -> JournalRefused:
    return JournalRefused(
        "unreadable",
        "No copy of the journal holds a whole state.",
        "Stop the pump's use; a clinician reads the pump back and creates a new journal.",
    )
