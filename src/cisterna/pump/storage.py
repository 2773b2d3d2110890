"""Where a journal lives: named areas of bytes that a power cut may leave half written.

The journal does no input or output of its own; everything goes through this protocol. A file
system, a flash chip and the simulated disk of the tests are the same to it.
"""

from typing import Protocol


class StorageError(Exception):
    """The storage did not do what it was asked, or does not say that it did."""


class StorageFull(StorageError):
    """There is no room for the bytes."""


class Storage(Protocol):
    """Named areas. Only what was written before a `sync` that returned survives a power cut.

    Of later writes any part may survive, in any order. Every method may raise `StorageError`;
    after that a write or a sync may have been done in part, and no other byte has changed.
    """

    def size(self, area: str) -> int:
        """Bytes in the area; 0 for one that was never written."""
        ...

    def read(self, area: str, length: int) -> bytes:
        """The first `length` bytes of the area, or as many as there are."""
        ...

    def write(self, area: str, offset: int, data: bytes) -> None:
        """Put `data` at `offset`; an area grows with zeros up to there."""
        ...

    def sync(self, area: str) -> None:
        """Return once every earlier write to the area will survive a power cut."""
        ...
