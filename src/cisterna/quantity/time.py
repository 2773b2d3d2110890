"""Device time and civil time, kept apart.

The pump counts milliseconds on a monotonic clock with a fixed offset from UTC. A person reads
civil time in a zone that changes its offset. `DeviceClock` is the only bridge between the two.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from fractions import Fraction

from cisterna.quantity.measure import DURATION, Quantity


@dataclass(frozen=True, slots=True, order=True)
class DeviceTime:
    """Milliseconds on the pump's monotonic clock."""

    ms: int

    def plus(self, duration: Quantity) -> "DeviceTime":
        """Later by `duration`, truncated to the millisecond."""
        return DeviceTime(self.ms + _whole_ms(duration))


@dataclass(frozen=True, slots=True)
class CivilTime:
    """An instant as a person reads it: a moment and the zone of the reader.

    Raises `ValueError` when the moment has no zone.
    """

    moment: datetime

    def __post_init__(self) -> None:
        if self.moment.utcoffset() is None:
            raise ValueError("a civil time needs a zone")

    def in_zone(self, zone: tzinfo) -> "CivilTime":
        """The same moment for a reader in another zone."""
        return CivilTime(self.moment.astimezone(zone))

    def iso(self) -> str:
        """ISO 8601 with offset."""
        return self.moment.isoformat()


@dataclass(frozen=True, slots=True)
class DeviceClock:
    """The pump's clock: the moment of device time zero and its fixed offset from UTC."""

    zero: datetime
    offset: timedelta

    @classmethod
    def started(cls, moment: CivilTime) -> "DeviceClock":
        """A clock that reads zero at `moment` and keeps the offset of that moment for good."""
        offset = moment.moment.utcoffset()
        return cls(moment.moment.astimezone(UTC), offset or timedelta(0))

    def civil(self, at: DeviceTime) -> CivilTime:
        """Civil time on the pump's own fixed offset."""
        moment = self.zero + timedelta(milliseconds=at.ms)
        return CivilTime(moment.astimezone(timezone(self.offset)))

    def device(self, at: CivilTime) -> DeviceTime:
        """Device time of a moment, truncated to the millisecond."""
        return DeviceTime((at.moment - self.zero) // timedelta(milliseconds=1))

    def shift(self, at: CivilTime) -> timedelta:
        """How far the reader's wall clock is ahead of the pump's clock at that moment."""
        return (at.moment.utcoffset() or timedelta(0)) - self.offset


def later(moment: datetime, duration: Quantity) -> datetime:
    """`moment` plus an exact duration, truncated to the millisecond (never later than exact)."""
    reached = moment.astimezone(UTC) + timedelta(milliseconds=_whole_ms(duration))
    return reached.astimezone(moment.tzinfo)


def between(start: datetime, end: datetime) -> Quantity:
    """The exact time from `start` to `end`, in days."""
    passed = end.astimezone(UTC) - start.astimezone(UTC)  # two wall clocks would hide a change
    micro = passed // timedelta(microseconds=1)
    return Quantity.of(Fraction(micro, 86_400_000_000), "day")


def _whole_ms(duration: Quantity) -> int:
    return duration.expect(DURATION).number("ms").__floor__()
