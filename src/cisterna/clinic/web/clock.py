"""The clinic's time: what an act is recorded at, and what "due" counts from.

In a real clinic it is the machine's. In a demonstration the pumps' host owns the time, and `use`
puts its clock here. Sign-ins and their ends always count in the machine's own time.
"""

from collections.abc import Callable
from datetime import datetime
from zoneinfo import ZoneInfo

from django.conf import settings

from cisterna.clinic import event

_source: Callable[[], datetime] = event.now


def now() -> datetime:
    """The clinic's time, with its offset."""
    return _source()


def zone() -> ZoneInfo:
    """The clinic's time zone: where its days begin. Raises `ZoneInfoNotFoundError`."""
    return ZoneInfo(settings.CLINIC_ZONE)


def use(source: Callable[[], datetime]) -> None:
    """Take the clinic's time from here on from `source`, which gives times with their offset."""
    global _source  # noqa: PLW0603  (one clinic in a process, one clock)
    _source = source
