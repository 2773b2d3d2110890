"""Hostile and broken bytes for the link's parser and its door.

    python -m tests.pump.link.fuzz --count 1000000 --seed 1

Whatever the bytes: no exception; what is read is written back as the same bytes; and no command
reaches the controller unless its bytes are exactly those that its sender signed.
"""

import argparse
import random
import time
from collections import Counter
from collections.abc import Callable, Sequence

from cisterna.pump.link import canonical, frame
from cisterna.pump.link.answer import ACCEPTED, Answer, Greeting, seal
from cisterna.pump.link.canonical import Reason
from cisterna.pump.link.door import Carry, receive
from cisterna.pump.link.pairing import offer
from cisterna.pump.link.verbs import Role
from tests.pump.link.people import (
    ADA,
    AT,
    CODE_KEY,
    EVERY_VERB,
    NOW,
    PATIENT,
    PUMP,
    PUMP_SECRET,
    READER,
    STRANGER,
    VERSION,
    in_session,
)

TOKENS = (
    *(b"{", b"}", b"[", b"]", b",", b":", b'"', b"\\", b"\\u0000", b"null", b"true", b"NaN"),
    *(b"Infinity", b"-0", b"1.0", b"1e309", b"-1", b"9007199254740992", b'"v":1'),
)
_LINK = in_session(ADA)


def _genuine() -> list[bytes]:
    people = (ADA, PATIENT, READER)
    found = [frame.body(who.says(v, 1)) for who in people for v in EVERY_VERB.values()]
    others: list[frame.Frame] = [
        frame.Hello("0" * 32),
        frame.Reader(STRANGER.public),
        offer(CODE_KEY, PUMP, Role.REMOTE, STRANGER.public),
        seal(Greeting(PUMP, "0" * 32, NOW, VERSION), PUMP_SECRET.sign),
        seal(Answer(PUMP, ADA.key, "0" * 32, NOW, VERSION, 1, ACCEPTED), PUMP_SECRET.sign),
        frame.Rejected(),
    ]
    return found + [frame.body(other) for other in others]


GENUINE = _genuine()
_GENUINE_SET = frozenset(GENUINE)


def _flip(source: random.Random, content: bytes) -> bytes:
    bent = bytearray(content)
    for _ in range(source.choice((1, 1, 1, 2, 8))):
        bent[source.randrange(len(bent))] ^= 1 << source.randrange(8)
    return bytes(bent)


def _cut(source: random.Random, content: bytes) -> bytes:
    return content[: source.randrange(len(content))]


def _insert(source: random.Random, content: bytes) -> bytes:
    at = source.randrange(len(content))
    return content[:at] + source.choice(TOKENS) + content[at:]


def _drop(source: random.Random, content: bytes) -> bytes:
    at = source.randrange(len(content))
    return content[:at] + content[at + source.randint(1, 40) :]


def _splice(source: random.Random, content: bytes) -> bytes:
    other = source.choice(GENUINE)
    return content[: source.randrange(len(content))] + other[source.randrange(len(other)) :]


def _digit(source: random.Random, content: bytes) -> bytes:
    digits = [n for n, byte in enumerate(content) if 48 <= byte <= 57 or 97 <= byte <= 102]
    at = source.choice(digits or [0])
    return content[:at] + source.choice(b"0123456789abcdef").to_bytes() + content[at + 1 :]


def _twice(source: random.Random, content: bytes) -> bytes:
    """A key that is there already, once more."""
    ends = [n for n, byte in enumerate(content) if byte == ord(",")] or [len(content) - 1]
    at = source.choice(ends)
    return content[:at] + b',"v":1' + content[at:]


def _nest(source: random.Random, content: bytes) -> bytes:
    deep = source.choice((5, 13, 200, 5000))
    return b'{"frame":' * deep + content + b"}" * deep


def _noise(source: random.Random, _: bytes) -> bytes:
    return source.randbytes(source.randrange(300))


BEND: tuple[Callable[[random.Random, bytes], bytes], ...] = (
    _flip,
    _flip,
    _cut,
    _insert,
    _drop,
    _splice,
    _digit,
    _digit,
    _twice,
    _nest,
    _noise,
)


def one(source: random.Random) -> str:
    """Bend one frame and try it; what became of it. Raises `AssertionError` on a fault."""
    content = source.choice(GENUINE)
    for _ in range(source.choice((1, 1, 1, 2, 3))):
        content = source.choice(BEND)(source, content or b"{}")
    tried(content)
    found = frame.inbound(content)
    return found.value if isinstance(found, Reason) else type(found).__name__


def tried(content: bytes) -> None:
    """Give bytes to every reader of the link. Raises `AssertionError` on a fault."""
    value = canonical.decode(content)
    if not isinstance(value, Reason):
        assert canonical.encode(value) == content
    for read in (frame.inbound, frame.outbound):
        found = read(content)
        if not isinstance(found, Reason):
            assert frame.body(found) == content
    frame.take(content)
    step = receive(_LINK, content, AT)
    assert not isinstance(step.outcome, Carry) or content in _GENUINE_SET


def fuzz(count: int, seed: int) -> Counter[str]:
    """Try so many inputs; how many became what."""
    source = random.Random(seed)  # noqa: S311 - repeatable, not secret
    return Counter(one(source) for _ in range(count))


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the campaign and print its figures."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--count", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=1)
    wanted = parser.parse_args(arguments)
    begun = time.monotonic()
    found = fuzz(wanted.count, wanted.seed)
    spent = time.monotonic() - begun
    print(f"seed {wanted.seed}: {wanted.count} inputs in {spent:.0f} s, no fault")
    for name, number in found.most_common():
        print(f"  {name:16} {number}")


if __name__ == "__main__":
    main()
