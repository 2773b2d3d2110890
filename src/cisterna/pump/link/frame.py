"""Frames: four bytes of length, then canonical JSON of one known shape.

`take` cuts frames out of a stream, `decode` reads one. Both are total: whatever the bytes, they
return a value and raise nothing. What a pump reads and what it writes are two tables, so a frame
that is thrown back at its sender is no frame there.
"""

from dataclasses import dataclass
from typing import TypeVar

from cisterna.pump.link import canonical
from cisterna.pump.link.answer import SignedAnswer, SignedGreeting
from cisterna.pump.link.canonical import MOST_BYTES, Reason, Unfit
from cisterna.pump.link.command import Command
from cisterna.pump.link.proof import VERSION
from cisterna.pump.link.record import Hex32, Id, build, plain
from cisterna.pump.link.verbs import Role

LENGTH_BYTES = 4


@dataclass(frozen=True, slots=True)
class Hello:
    """Ask for the pump's clock and programme version, under a nonce of one's own."""

    nonce: Id


@dataclass(frozen=True, slots=True)
class Pair:
    """A new key offers itself: its public half, and the proof of the printed code over it."""

    role: Role
    public: Hex32
    proof: Hex32


@dataclass(frozen=True, slots=True)
class Reader:
    """An emergency reader offers the key it will sign with; a touch must have gone before."""

    public: Hex32


@dataclass(frozen=True, slots=True)
class Paired:
    """The pump knows the key now; the proof under the same code shows the pump's own key."""

    key: Hex32
    public: Hex32
    proof: Hex32


@dataclass(frozen=True, slots=True)
class Admitted:
    """The emergency reader's key is known for a while; `public` is the pump's own key."""

    key: Hex32
    public: Hex32


@dataclass(frozen=True, slots=True)
class Rejected:
    """The one answer to everything that is not authentic."""


Inbound = Command | Hello | Pair | Reader
Outbound = SignedAnswer | SignedGreeting | Paired | Admitted | Rejected
Frame = Inbound | Outbound
F = TypeVar("F", bound=Frame)

_INBOUND: dict[str, type[Inbound]] = {
    "command": Command,
    "hello": Hello,
    "pair": Pair,
    "reader": Reader,
}
_OUTBOUND: dict[str, type[Outbound]] = {
    "admitted": Admitted,
    "answer": SignedAnswer,
    "greeting": SignedGreeting,
    "paired": Paired,
    "rejected": Rejected,
}
_KINDS: dict[type[Frame], str] = {
    **{kind: name for name, kind in _INBOUND.items()},
    **{kind: name for name, kind in _OUTBOUND.items()},
}


def body(frame: Frame) -> bytes:
    """The canonical bytes of a frame, without their length. Raises `Unfit` if it cannot travel."""
    fields = plain(frame)
    if not isinstance(fields, dict):
        raise Unfit("a frame is a record")
    found = canonical.encode({"frame": fields, "kind": _KINDS[type(frame)], "v": VERSION})
    if len(found) > MOST_BYTES:
        raise Unfit("a frame is too long")
    return found


def framed(frame: Frame) -> bytes:
    """A frame as it goes onto the stream."""
    content = body(frame)
    return len(content).to_bytes(LENGTH_BYTES) + content


def take(stream: bytes) -> tuple[bytes | Reason | None, bytes]:
    """The first frame's bytes and what follows; None while it is not all there.

    A length beyond the bound gives `Reason.TOO_LONG`: nothing is buffered, the stream is given up.
    """
    length = int.from_bytes(stream[:LENGTH_BYTES])
    if len(stream) >= LENGTH_BYTES and length > MOST_BYTES:
        return Reason.TOO_LONG, b""
    end = LENGTH_BYTES + length
    if len(stream) < end:
        return None, stream
    return stream[LENGTH_BYTES:end], stream[end:]


def inbound(content: bytes) -> Inbound | Reason:
    """The frame that a pump was sent, or why it is none."""
    return _decode(content, _INBOUND)


def outbound(content: bytes) -> Outbound | Reason:
    """The frame that a pump sent, or why it is none; for clients."""
    return _decode(content, _OUTBOUND)


def _decode(content: bytes, kinds: dict[str, type[F]]) -> F | Reason:
    value = canonical.decode(content)
    if isinstance(value, Reason):
        return value
    if not isinstance(value, dict) or value.keys() != {"frame", "kind", "v"}:
        return Reason.NOT_A_FRAME
    if type(value["v"]) is not int or value["v"] != VERSION:
        return Reason.OTHER_VERSION
    kind = value["kind"]
    if not isinstance(kind, str) or kind not in kinds:
        return Reason.NOT_A_FRAME
    try:
        return build(kinds[kind], value["frame"])
    except Unfit:
        return Reason.NOT_A_FRAME
