"""A simulated disk: it forgets what was not synced, tears what is being written, and fills up.

It keeps a trace of all that was asked, so that one run of a history gives every moment at which
the power could have gone, and for each moment every content that the disk could then have.
"""

import itertools
import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from cisterna.pump.storage import StorageError, StorageFull

TORN = ("prefix", "suffix", "garbled", "blocks", "blast")
BLOCK = 16
MOST_SUBSETS = 8


class PowerCut(BaseException):
    """The power went in the middle of an operation."""


@dataclass(frozen=True)
class Op:
    """One write, or a sync where `data` is None."""

    area: str
    offset: int = 0
    data: bytes | None = None


@dataclass
class Disk:
    """A `Storage`: `kept` survives a power cut, `waiting` are the writes that may not.

    `fails` is asked before each write and sync; a number says how many bytes are still put
    before the storage reports that it is full (or, with `broken`, an error). With `power` that
    many more operations are done; then the power goes, `part` bytes into the next one.
    """

    kept: dict[str, bytes] = field(default_factory=dict)
    waiting: list[Op] = field(default_factory=list)
    trace: list[Op] = field(default_factory=list)
    fails: Callable[[int, Op], int | None] = lambda _, __: None
    broken: bool = False
    unreadable: frozenset[str] = frozenset()
    power: int | None = None
    part: int = 0

    def size(self, area: str) -> int:
        """Bytes in the area."""
        return len(self.read(area, 1 << 30))

    def read(self, area: str, length: int) -> bytes:
        """What a reader sees."""
        if area in self.unreadable:
            raise StorageError("no answer")
        return self.seen().get(area, b"")[:length]

    def write(self, area: str, offset: int, data: bytes) -> None:
        """Put, or fail, or lose power."""
        op = Op(area, offset, data)
        put = self._put(op)
        self.waiting.append(op if put is None else Op(area, offset, data[:put]))
        self._raise(put)

    def sync(self, area: str) -> None:
        """Keep what waits, or fail, or lose power."""
        put = self._put(Op(area))
        self._raise(put)
        mine = [op for op in self.waiting if op.area == area]
        self.kept = applied(self.kept, mine)
        self.waiting = [op for op in self.waiting if op.area != area]

    def seen(self) -> dict[str, bytes]:
        """What a reader sees while the power is on."""
        return applied(self.kept, self.waiting)

    def _put(self, op: Op) -> int | None:
        self.trace.append(op)
        if self.power is not None:
            self.power -= 1
            return self.part if self.power < 0 else None
        return self.fails(len(self.trace) - 1, op)

    def _raise(self, put: int | None) -> None:
        if self.power is not None and self.power < 0:
            raise PowerCut
        if put is not None:
            raise StorageError("input/output error") if self.broken else StorageFull("no space")


def applied(images: Mapping[str, bytes], ops: list[Op]) -> dict[str, bytes]:
    """The images after these writes, in this order."""
    changed = dict(images)
    for op in ops:
        old, data = changed.get(op.area, b""), op.data or b""
        if data:
            front = old[: op.offset].ljust(op.offset, b"\0")
            changed[op.area] = front + data + old[op.offset + len(data) :]
    return changed


def torn(images: Mapping[str, bytes], op: Op, cut: int, how: str) -> dict[str, bytes]:
    """The images when the power goes after `cut` bytes of the write `op`."""
    data, at = op.data or b"", op.offset
    if how == "prefix":
        return applied(images, [Op(op.area, at, data[:cut])])
    if how == "suffix":
        return applied(images, [Op(op.area, at + cut, data[cut:])])
    if how == "blocks":  # written block by block, in no order
        chosen = random.Random(cut * 1009 + len(data))  # noqa: S311 - a seed repeats it
        starts = [i for i in range(0, len(data), BLOCK) if chosen.random() < 0.5]
        return applied(images, [Op(op.area, at + i, data[i : i + BLOCK]) for i in starts])
    written = applied(images, [Op(op.area, at, data[:cut])])
    image = bytearray(written.get(op.area, b""))
    first = at + cut - (BLOCK if how == "blast" else 0)  # a blast harms what was there before
    for i in range(max(0, first), min(len(image), at + cut + BLOCK, at + len(data))):
        image[i] ^= 0xA5
    return {**written, op.area: bytes(image)}


def cuts(
    start: Mapping[str, bytes], trace: list[Op], every: int = 1
) -> Iterator[tuple[int, dict[str, bytes]]]:
    """(index of the operation, what the disk may hold) for a cut at every byte of every write.

    Each byte is cut with what came before and what comes after it written; the other ways to
    tear a write are taken at each `every`-th byte.
    """
    kept, waiting = dict(start), list[Op]()
    for index, op in enumerate(trace):
        if op.data is None:
            mine = [w for w in waiting if w.area == op.area]
            kept, waiting = applied(kept, mine), [w for w in waiting if w.area != op.area]
            yield index, kept
            continue
        for before in survivors(kept, waiting):
            for cut in range(len(op.data) + 1):
                for how in TORN if cut % every == 0 else TORN[:2]:
                    yield index, torn(before, op, cut, how)
        waiting.append(op)
    yield from ((len(trace), images) for images in survivors(kept, waiting))


def survivors(kept: Mapping[str, bytes], waiting: list[Op]) -> Iterator[dict[str, bytes]]:
    """What may be left of writes that were not synced: every subset, up to a bound, both ways."""
    subsets: Iterator[tuple[bool, ...]] = itertools.product((False, True), repeat=len(waiting))
    if len(waiting) > 3:
        chosen = random.Random(len(waiting))  # noqa: S311 - a seed repeats it
        subsets = iter([tuple(chosen.random() < 0.5 for _ in waiting) for _ in range(MOST_SUBSETS)])
    for subset in subsets:
        left = [op for op, stays in zip(waiting, subset, strict=True) if stays]
        yield applied(kept, left)
        if len(left) > 1:
            yield applied(kept, left[::-1])
