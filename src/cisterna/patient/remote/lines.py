"""The relay's lines to the pumps: one for each pump, kept for a while, opened again when it broke.

Two frames of one visit go over one line, so that a pump is woken once and its clock does not run
ahead between them. A frame that a broken line may have lost is sent once more, byte for byte: a
pump never carries the same command out twice.
"""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field

from cisterna.patient.remote.relay import NoContact
from cisterna.pump.client import Line, NoAnswer, Station

KEPT_S = 20.0
"""How long a silent line is kept."""
MOST_LINES = 64
"""Lines kept at a time; the one that was silent longest goes first."""
PATIENCE_S = 9.0
"""How long a frame waits for another one to the same pump."""


@dataclass(slots=True)
class _Place:
    """The line to one pump, if there is one, and whose turn it is."""

    turn: threading.Lock = field(default_factory=threading.Lock)
    line: Line | None = None
    used: float = 0.0

    def close(self) -> None:
        """Hang up."""
        if self.line is not None:
            self.line.close()
            self.line = None


class Lines:
    """Carries frames to the pumps of a station's fleet, and to no others."""

    def __init__(self, station: Station, now: Callable[[], float] = time.monotonic) -> None:
        self._station = station
        self._now = now
        self._places: OrderedDict[str, _Place] = OrderedDict()
        self._all = threading.Lock()

    def exchange(self, serial: str, frame: bytes, knock: bytes | None = None) -> bytes:
        """A frame to a pump and its answer. Raises `NoContact`."""
        place = self._place(serial)
        if not place.turn.acquire(timeout=PATIENCE_S):
            raise NoContact
        try:
            return self._asked(serial, place, frame, knock)
        except NoAnswer:
            place.close()
            raise NoContact from None
        finally:
            place.used = self._now()
            place.turn.release()
            self._tidy()

    def close(self) -> None:
        """Hang up everywhere."""
        with self._all:
            for place in self._places.values():
                place.close()
            self._places.clear()

    def _asked(self, serial: str, place: _Place, frame: bytes, knock: bytes | None) -> bytes:
        if place.line is not None and self._now() - place.used < KEPT_S:
            try:
                return place.line.ask(frame)
            except NoAnswer:
                pass
        place.close()
        place.line = self._opened(serial, knock)
        return place.line.ask(frame)

    def _opened(self, serial: str, knock: bytes | None) -> Line:
        """With the knock if it is good, else as a stranger with a certificate of the fleet."""
        if knock is not None:
            try:
                return self._station.connect(serial, knock)
            except NoAnswer:
                pass
        return self._station.connect(serial)

    def _place(self, serial: str) -> _Place:
        if serial not in self._station.pumps:
            raise NoContact
        with self._all:
            place = self._places.setdefault(serial, _Place())
            self._places.move_to_end(serial)
            return place

    def _tidy(self) -> None:
        """Close lines that fell silent, and those beyond the bound."""
        with self._all:
            free = [p for p in self._places.values() if not p.turn.locked()]
            late = [p for p in free if self._now() - p.used >= KEPT_S]
            for place in {
                id(p): p for p in [*late, *free[: max(0, len(free) - MOST_LINES)]]
            }.values():
                place.close()
