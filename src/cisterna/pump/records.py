"""The bytes of a journal: a header at the front of each slot, then records that hang in a chain.

A record is its length, a mark, a kind, a sequence number, the payload, a digest and a CRC. The
digest (BLAKE2b) covers the digest of the record before, and the first one that of the header,
which names the pump and the generation: a record cannot be read at another place, in another
order, or in the journal of another pump. The CRC covers the record alone, so that a stray one
can be recognised. Integers are big-endian.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum
from hashlib import blake2b
from zlib import crc32

VERSION = 1
SERIAL_BYTES = 64

_MAGIC = b"CISTERNA"
_MARK = b"\xc1JR\x1d"
_PREFIX = struct.Struct(">8sHI")  # magic, version, CRC of both: the same in every version
_STATED = struct.Struct(">8sH")
_BODY = struct.Struct(f">IQB{SERIAL_BYTES}s")  # capacity, generation, length of serial, serial
_HEAD = struct.Struct(">I4sBQ")  # length of payload, mark, kind, sequence number
_CRC = struct.Struct(">I")
_DIGEST = 16

HEADER_SIZE = _PREFIX.size + _BODY.size + _DIGEST
RECORD_OVERHEAD = _HEAD.size + _DIGEST + _CRC.size
COPIES_SIZE = RECORD_OVERHEAD + 1
MIN_CAPACITY = HEADER_SIZE + RECORD_OVERHEAD + 2 * COPIES_SIZE
MAX_CAPACITY = 1 << 24


class Kind(IntEnum):
    """What a record holds."""

    SNAPSHOT = 1  # the whole state
    ENTRY = 2  # one intent after it
    COPIES = 3  # which copies hold the records from here on


@dataclass(frozen=True, slots=True)
class Header:
    """Whose journal a slot belongs to, how large the slot is and which generation it holds."""

    serial: str
    capacity: int
    generation: int

    def encode(self) -> bytes:
        """The bytes at the front of a slot."""
        stated = _STATED.pack(_MAGIC, VERSION)
        serial = serial_bytes(self.serial)
        body = _BODY.pack(self.capacity, self.generation, len(serial), serial)
        front = stated + _CRC.pack(crc32(stated)) + body
        return front + _digest(front)


@dataclass(frozen=True, slots=True)
class Record:
    """One record as it stands in a slot; `raw` are all its bytes, `digest` its link."""

    kind: Kind
    seq: int
    payload: bytes
    digest: bytes
    raw: bytes


def serial_bytes(serial: str) -> bytes:
    """A pump's serial as the header holds it; `ValueError` where it is empty or too long."""
    raw = serial.encode("utf-8")
    if not 0 < len(raw) <= SERIAL_BYTES:
        raise ValueError(f"a serial has 1 to {SERIAL_BYTES} bytes, not {len(raw)}")
    return raw


def stated_version(image: bytes) -> int | None:
    """The format version that the slot states, or None where none can be read."""
    if len(image) < _PREFIX.size:
        return None
    magic, version, crc = _PREFIX.unpack_from(image)
    known = magic == _MAGIC and crc == crc32(image[: _STATED.size])
    return int(version) if known else None


def read_header(image: bytes) -> Header | None:
    """The header of a slot of this version, or None where it is not whole."""
    front, digest = image[: HEADER_SIZE - _DIGEST], image[HEADER_SIZE - _DIGEST : HEADER_SIZE]
    if stated_version(image) != VERSION or digest != _digest(front):
        return None
    capacity, generation, length, serial = _BODY.unpack_from(front, _PREFIX.size)
    if not MIN_CAPACITY <= capacity <= MAX_CAPACITY:
        return None
    return Header(serial[:length].decode("utf-8", "replace"), capacity, generation)


def encode(kind: Kind, seq: int, payload: bytes, after: bytes) -> bytes:
    """The bytes of a record that follows the record, or the header, with the digest `after`."""
    front = _HEAD.pack(len(payload), _MARK, kind, seq) + payload
    body = front + _digest(after + front)
    return body + _CRC.pack(crc32(body))


def decode(image: bytes, offset: int, after: bytes | None) -> Record | None:
    """The whole record at `offset`, or None; with `after` also only if it follows that digest."""
    if offset + RECORD_OVERHEAD > len(image):
        return None
    length, mark, kind, seq = _HEAD.unpack_from(image, offset)
    end = offset + RECORD_OVERHEAD + length
    if mark != _MARK or kind not in _KINDS or end > len(image):
        return None
    raw = image[offset:end]
    front = raw[: _HEAD.size + length]
    digest = raw[len(front) : -_CRC.size]
    whole = crc32(raw[: -_CRC.size]) == _CRC.unpack(raw[-_CRC.size :])[0]
    if not whole or (after is not None and digest != _digest(after + front)):
        return None
    return Record(Kind(kind), seq, front[_HEAD.size :], digest, raw)


def stray(image: bytes, start: int) -> Iterator[Record]:
    """Every whole record from `start` on, wherever it stands and whatever it follows."""
    at = image.find(_MARK, start + 4)
    while at >= 0:
        record = decode(image, at - 4, None)
        if record is not None:
            yield record
        at = image.find(_MARK, at + 1)


def header_link(header: bytes) -> bytes:
    """The digest that the first record of a slot follows."""
    return header[-_DIGEST:]


def record_link(record: bytes) -> bytes:
    """The digest that the next record follows."""
    return record[-_CRC.size - _DIGEST : -_CRC.size]


_KINDS = frozenset(Kind)


def _digest(data: bytes) -> bytes:
    return blake2b(data, digest_size=_DIGEST, person=b"cisterna-journal").digest()
