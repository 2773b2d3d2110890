"""The planned looks of a watch as rows of a table: when, what for, and how each stands."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from cisterna.clinic.watch import Slot, Watch
from cisterna.clinic.web.words import title


@dataclass(frozen=True, slots=True)
class Row:
    """One planned look; `state` is done, missed, due-now or ahead."""

    due: datetime
    what: str
    state: str
    says: str


_SAYS = {"done": "done", "missed": "missed", "due-now": "due now", "ahead": ""}


def planned(watches: Iterable[Watch], at: datetime) -> tuple[Row, ...]:
    """Every planned look of these watches, in their order in time."""
    found = (row for watch in watches for row in _rows(watch, at))
    return tuple(sorted(found, key=lambda row: (row.due, row.what)))


def _rows(watch: Watch, at: datetime) -> Iterator[Row]:
    what = title("watch", watch.name)
    for slot in watch.slots:
        state = _state(slot, at)
        yield Row(slot.due, what, state, _SAYS[state])


def _state(slot: Slot, at: datetime) -> str:
    if slot.done:
        return "done"
    if slot.closes <= at:
        return "missed"
    return "due-now" if slot.opens <= at else "ahead"


def next_due(watches: Iterable[Watch], at: datetime) -> datetime | None:
    """When somebody has to look next."""
    found = [slot.due for watch in watches if (slot := watch.next(at)) is not None]
    return min(found, default=None)
