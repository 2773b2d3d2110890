"""The programmer's key: a file that its owner alone can read, or it is not used."""

import os
import stat
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key


class UnsafeKey(Exception):
    """The key's file is missing, open to others, or no Ed25519 key."""


def private_key(path: Path) -> Ed25519PrivateKey:
    """The key of a file with the rights 0600, owned by this user. Raises `UnsafeKey`."""
    try:
        file = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError as problem:
        raise UnsafeKey(f"the key cannot be opened: {problem}") from None
    with os.fdopen(file, "rb") as opened:
        found = os.fstat(file)
        if not stat.S_ISREG(found.st_mode) or found.st_uid != os.geteuid():
            raise UnsafeKey("the key is no file of this user")
        if stat.S_IMODE(found.st_mode) != 0o600:
            raise UnsafeKey("others may read the key: its rights must be 0600")
        body = opened.read(10_000)
    try:
        key = load_pem_private_key(body, None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise UnsafeKey("the file holds no key") from None
    if not isinstance(key, Ed25519PrivateKey):
        raise UnsafeKey("the key is no Ed25519 key")
    return key
