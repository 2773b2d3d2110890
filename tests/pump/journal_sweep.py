"""Histories of a journal, and what must be found after any accident: for tests and campaigns.

    python -m tests.pump.journal_sweep --seed 1 --histories 100

`sweep` plays seeded histories with compactions, full and broken storage, cuts of power at every
byte, cuts while a cut is being put right, and damaged copies, and says how much it looked at. A
violation carries the seed and the moment; the same seed plays the same again.
"""

import argparse
import random
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field

from cisterna.pump.journal import Durable, Journal, NotDurable
from cisterna.pump.recovery import JournalRefused
from tests.pump.disk import Disk, Op, cuts, survivors

SERIAL = "CR-0042"
CAPACITY = 448
AREAS = ("a0", "a1", "b0", "b1")


@dataclass(frozen=True)
class Content:
    """What a journal holds for its reader."""

    snapshot: bytes
    entries: tuple[bytes, ...] = ()


@dataclass(frozen=True)
class Step:
    """One call: a snapshot or an entry."""

    whole: bool
    payload: bytes

    def after(self, content: Content) -> Content:
        """The content once the call is done."""
        if self.whole:
            return Content(self.payload)
        return Content(content.snapshot, (*content.entries, self.payload))


@dataclass
class Played:
    """A history as it was played: at each operation the contents that may be found after a cut."""

    start: Mapping[str, bytes]
    trace: list[Op]
    allowed: list[frozenset[Content]]
    end: Content


@dataclass
class Tally:
    """How much a sweep looked at."""

    cuts: int = 0
    opened: int = 0
    nested: int = 0
    flips: int = 0
    failures: int = 0
    degraded: int = 0
    seen: set[int] = field(default_factory=set)

    def line(self) -> str:
        """The counts in words."""
        return (
            f"{self.cuts} cuts, {self.opened} different disks opened, {self.nested} cuts while "
            f"putting right, {self.flips} flips, {self.failures} writes that failed in both copies "
            f"and {self.degraded} in one"
        )


class Violation(AssertionError):
    """The journal broke its promise."""


def history(seed: int, number: int) -> list[Step]:
    """`number` steps, most of them entries; payloads of every size that fits."""
    chosen = random.Random(seed)  # noqa: S311 - a seed repeats it
    steps = []
    for index in range(number):
        whole = chosen.random() < 0.1
        size = chosen.randrange(0, 60 if whole else 24)
        name = f"{'state' if whole else 'intent'} {index} ".encode()
        steps.append(Step(whole, name + chosen.randbytes(size)))
    return steps


def play(steps: list[Step], disk: Disk | None = None) -> Played:
    """Play a history on a new journal; a full slot is compacted as a pump would do it."""
    disk = disk or Disk()
    first = Content(b"first")
    journal = Journal.create(disk, SERIAL, first.snapshot, CAPACITY)
    disk.trace.clear()
    start, content = disk.seen(), first
    allowed: list[frozenset[Content]] = []
    for step in steps:
        due = not step.whole and len(step.payload) > journal.room
        for call in [Step(True, b"compacted")] * due + [step]:
            after = call.after(content)
            journal_call(journal, call)
            allowed += [frozenset({content, after})] * (len(disk.trace) - len(allowed))
            content = after
    return Played(start, list(disk.trace), allowed, content)


def journal_call(journal: Journal, step: Step) -> Durable:
    return (journal.snapshot if step.whole else journal.append)(step.payload)


def opened(images: Mapping[str, bytes]) -> tuple[Content, tuple[str, ...], Disk]:
    """What opening finds: content, the codes of the findings, and the disk afterwards."""
    disk = Disk(dict(images))
    _, found = Journal.open(disk, SERIAL)
    return Content(found.snapshot, found.entries), tuple(f.code for f in found.findings), disk


def sweep_cuts(
    played: Played, tally: Tally, every: int = 1, every_nested: int = 0, label: str = ""
) -> None:
    """Cut the power at every byte; what opens must be what was confirmed before or after."""
    for index, images in cuts(played.start, played.trace, every):
        tally.cuts += 1
        allowed = played.allowed[min(index, len(played.allowed) - 1)]
        if index == len(played.trace):
            allowed = frozenset({played.end})
        key = hash((tuple(images.get(a, b"") for a in AREAS), allowed))
        if key in tally.seen:
            continue
        tally.seen.add(key)
        tally.opened += 1
        disk = _must_open(images, allowed, f"{label} operation {index}")
        if every_nested and tally.opened % every_nested == 0:
            _sweep_nested(images, disk, allowed, tally, f"{label} operation {index}, nested")


def _must_open(images: Mapping[str, bytes], allowed: frozenset[Content], label: str) -> Disk:
    try:
        content, codes, disk = opened(images)
    except Exception as problem:
        raise Violation(f"{label}: {problem!r}") from problem
    if content not in allowed:
        raise Violation(f"{label}: {content} is none of {allowed}")
    if not set(codes) <= {"torn-tail", "copy-repaired"}:
        raise Violation(f"{label}: {codes}")
    again, later, _ = opened(disk.kept) if codes else (content, (), disk)
    if again != content or later:
        raise Violation(f"{label}: opened again it is {again} with {later}")
    return disk


def _sweep_nested(
    images: Mapping[str, bytes],
    disk: Disk,
    allowed: frozenset[Content],
    tally: Tally,
    label: str,
) -> None:
    """Cut the power again at every byte of what opening puts right."""
    for _, again in cuts(images, disk.trace):
        tally.nested += 1
        content, codes, _ = opened(again)
        if content not in allowed or "lost-records" in codes:
            raise Violation(f"{label}: {content} with {codes}")


def flipped(images: Mapping[str, bytes], area: str, bit: int) -> dict[str, bytes]:
    """The images with one bit of one area turned over."""
    image = bytearray(images[area])
    image[bit // 8] ^= 1 << bit % 8
    return {**images, area: bytes(image)}


def sweep_flips(images: Mapping[str, bytes], end: Content, tally: Tally, every: int = 1) -> None:
    """Flip each bit of each copy: it must be reported and put right to the last byte."""
    for area in AREAS:
        for bit in range(0, 8 * len(images[area]), every):
            tally.flips += 1
            content, codes, disk = opened(flipped(images, area, bit))
            if content != end or len(codes) != 1 or codes[0] not in ("torn-tail", "copy-repaired"):
                raise Violation(f"bit {bit} of {area}: {content} with {codes}")
            if disk.kept != images:
                raise Violation(f"bit {bit} of {area} is not put right")


def failing(seed: int, steps: list[Step], tally: Tally) -> None:
    """Fail seeded writes, on one copy or both, once or for good; nothing confirmed may be lost.

    Bytes of a refused write may be found only where `may_reappear` says so.
    """
    chosen = random.Random(seed)  # noqa: S311 - a seed repeats it
    first = chosen.randrange(0, 4 * len(steps))
    last = first + chosen.choice((0, 1, 3, 10**9))
    copies = chosen.choice(("a", "b", "ab"))
    part = chosen.randrange(0, CAPACITY)

    def fails(index: int, op: Op) -> int | None:
        return part if first <= index <= last and op.area[0] in copies else None

    disk = Disk(broken=chosen.random() < 0.5)
    journal = Journal.create(disk, SERIAL, b"first", CAPACITY)
    disk.trace.clear()
    disk.fails = fails
    content, maybe = Content(b"first"), set[Content]()
    for step in steps:
        call = _possible(journal, step)
        try:
            tally.degraded += bool(journal_call(journal, call).missing)
            content, maybe = call.after(content), set()
        except NotDurable as problem:
            tally.failures += 1
            maybe |= {call.after(content)} if problem.may_reappear else set()
        for images in (disk.seen(), *survivors(disk.kept, disk.waiting)):
            _must_hold(images, {content, *maybe}, f"seed {seed}")


def _possible(journal: Journal, step: Step) -> Step:
    """The step, or the snapshot that must come first."""
    due = not journal.copies or len(step.payload) > journal.room
    return Step(True, b"compacted") if due and not step.whole else step


def _must_hold(images: Mapping[str, bytes], allowed: set[Content], label: str) -> None:
    """Failed storage may cost certainty (a loss that is none), never a confirmed record."""
    content, codes, _ = opened(images)
    if content not in allowed:
        raise Violation(f"{label}: {content} with {codes} is none of {allowed}")


def sweep(seed: int, histories: int, steps: int = 12) -> Tally:
    """Play `histories` seeded histories of `steps` steps with every accident."""
    total = Tally()
    for number in range(seed, seed + histories):
        played = play(history(number, steps))
        sweep_cuts(played, total, every_nested=503, label=f"seed {number}")
        last = Disk(dict(played.start), list(played.trace)).seen()
        sweep_flips(last, played.end, total, every=7)
        for turn in range(8):
            failing(number * 1000 + turn, history(number, 4 * steps), total)
        total.seen.clear()
    return total


def main(argv: list[str]) -> int:
    """Sweep and print what was looked at; 1 and the seed at the first violation."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--histories", type=int, default=10)
    asked = parser.parse_args(argv)
    try:
        print(f"seed {asked.seed}: {sweep(asked.seed, asked.histories).line()}")
    except (Violation, JournalRefused) as problem:
        print(f"seed {asked.seed}: {problem}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
