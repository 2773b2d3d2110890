"""What the link has to say to the log, and which of it sounds an alarm."""

from dataclasses import dataclass
from enum import StrEnum


class What(StrEnum):
    """Something that happened at the link."""

    NOT_AUTHENTIC = "not-authentic"
    COMMAND_REFUSED = "command-refused"
    COMMAND_REPEATED = "command-repeated"
    TOUCHED = "touched"
    PAIRING_ASKED = "pairing-asked"
    PAIRING_OPENED = "pairing-opened"
    PAIRING_REFUSED = "pairing-refused"
    PAIRING_FAILED = "pairing-failed"
    PAIRING_CLOSED = "pairing-closed"
    KEY_ADDED = "key-added"
    KEY_REVOKED = "key-revoked"
    READER_ADMITTED = "reader-admitted"
    READER_REFUSED = "reader-refused"
    SESSION_OPENED = "session-opened"
    SESSION_CLOSED = "session-closed"
    SESSION_LOST = "session-lost"
    SESSION_TAKEN_OVER = "session-taken-over"
    WOKEN = "woken"
    NOT_WOKEN = "not-woken"


ALARMED = frozenset(
    {
        What.PAIRING_OPENED,
        What.PAIRING_FAILED,
        What.PAIRING_CLOSED,
        What.KEY_ADDED,
        What.KEY_REVOKED,
        What.READER_ADMITTED,
        What.SESSION_TAKEN_OVER,
    }
)
"""What a person has to be told at once."""


@dataclass(frozen=True, slots=True)
class Note:
    """One entry: what, the key concerned (empty for a stranger), and a detail.

    `number` is the programming session's, where the note is about one.
    """

    what: What
    who: str = ""
    detail: str = ""
    number: int = 0

    @property
    def alarm(self) -> bool:
        """Whether a person has to be told at once."""
        return self.what in ALARMED


Notes = tuple[Note, ...]
