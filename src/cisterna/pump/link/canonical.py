"""One value, one sequence of bytes: the canonical JSON that is signed and read.

Sorted keys, no spaces, printable ASCII, integers whose size JavaScript holds exactly, no floats.
In a browser the same bytes are `JSON.stringify` of the object with its keys sorted. A reader that
takes only what it would have written itself has nothing left to be ambiguous about: a duplicate
key, a space, `1.0`, `-0`, an escape that was not needed all differ from what goes back out.
"""

import json
import re
from enum import StrEnum
from functools import lru_cache

LARGEST = 2**53 - 1
MOST_BYTES = 65_536
DEEPEST = 12
LONGEST_TEXT = 1024

Json = None | bool | int | str | list["Json"] | dict[str, "Json"]

_KEY = re.compile(r"[a-z][a-z0-9_-]{0,63}")
_TEXT = re.compile(r"[ -~]*")


class Reason(StrEnum):
    """Why bytes get no answer. It goes to the log; a peer always reads the same `Rejected`."""

    TOO_LONG = "too-long"
    NOT_CANONICAL = "not-canonical"
    NOT_A_FRAME = "not-a-frame"
    OTHER_VERSION = "other-version"
    OTHER_PUMP = "other-pump"
    UNKNOWN_KEY = "unknown-key"
    BAD_SIGNATURE = "bad-signature"
    BAD_PROOF = "bad-proof"
    NOT_OPEN = "not-open"


class Unfit(ValueError):
    """A value does not fit its schema. Never raised for bytes that came in over the link."""


def encode(value: Json) -> bytes:
    """The bytes of a value. Raises `Unfit` for what has no canonical form."""
    _check(value, DEEPEST)
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode("ascii")


def decode(body: bytes) -> Json | Reason:
    """The value of canonical bytes, or why they are none. Total: raises nothing."""
    if len(body) > MOST_BYTES:
        return Reason.TOO_LONG
    try:
        value: Json = json.loads(body.decode("ascii"))
        return value if encode(value) == body else Reason.NOT_CANONICAL
    except (ValueError, RecursionError):
        return Reason.NOT_CANONICAL


@lru_cache(1024)
def _is_key(name: str) -> bool:
    return _KEY.fullmatch(name) is not None


def _check(value: Json, depth: int) -> None:
    """`Unfit` unless every part of the value has one canonical form."""
    if isinstance(value, str):
        if len(value) > LONGEST_TEXT or not _TEXT.fullmatch(value):
            raise Unfit("a text is too long or not printable ASCII")
    elif isinstance(value, (list, dict)):
        if depth == 0:
            raise Unfit("nested too deeply")
        for item in value.values() if isinstance(value, dict) else value:
            _check(item, depth - 1)
        if isinstance(value, dict) and not all(map(_is_key, value)):
            raise Unfit("a key is not a plain name")
    elif isinstance(value, float) or (value is not None and abs(value) > LARGEST):
        raise Unfit("a number is not an integer below 2^53")
