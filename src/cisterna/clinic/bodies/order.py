"""The text of a prescription on the record; the gate's events name it by its SHA-256."""

import hashlib
from dataclasses import dataclass

from cisterna.clinic.event import event


@event
@dataclass(frozen=True, slots=True)
class OrderWritten:
    """A prescription as it was written, to the letter (TOML, `cisterna/prescription/1`)."""

    text: str

    @property
    def digest(self) -> str:
        """How orders and proposals name this text."""
        return text_digest(self.text)


def text_digest(text: str) -> str:
    """SHA-256 of a prescription's text."""
    return hashlib.sha256(text.encode()).hexdigest()
