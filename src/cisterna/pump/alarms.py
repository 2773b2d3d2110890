"""What is wrong now: the alarms of a pump, in one place.

An alarm's table row (`facts/alarms.toml`) gives its priority, class, cause, and what it does to
the flow. A condition that ends clears its alarm, except a latched one, which stays until a person
acknowledges it. A silence lapses; a silenced alarm is still wrong and still logged.
"""

from dataclasses import dataclass, replace
from functools import cache
from typing import Literal

from cisterna.facts import cited, table

AlarmClass = Literal["critical", "non-critical"]
FlowEffect = Literal["none", "hold", "stop", "floor"]
_STRONGEST_FIRST: tuple[FlowEffect, ...] = ("stop", "hold", "floor")


@dataclass(frozen=True, slots=True)
class Kind:
    """One row of the alarm table."""

    code: str
    priority: int
    alarm_class: AlarmClass
    flow: FlowEffect
    latch: bool
    cause: str
    moment: bool = False


@dataclass(frozen=True, slots=True)
class Alarm:
    """One thing that is wrong, since when, and until when a person silenced it.

    `over` says that the condition has ended and only the acknowledgement is missing; `who` is the
    key concerned, where one is.
    """

    code: str
    since_ms: int
    silent_until_ms: int = 0
    over: bool = False
    who: str = ""

    @property
    def kind(self) -> Kind:
        """Its row of the table."""
        return kinds()[self.code]


Alarms = tuple[Alarm, ...]


@cache
def kinds() -> dict[str, Kind]:
    """The alarm table, by code."""
    rows = table("alarms")["alarm"]
    return {
        code: Kind(
            code=code,
            priority=r["priority"],
            alarm_class=r["class"],
            flow=r["flow"],
            latch=r["latch"],
            cause=r["cause"],
            moment=r.get("moment", False),
        )
        for code, r in rows.items()
    }


@cache
def interval_ms(alarm_class: AlarmClass) -> int:
    """How often an alarm of this class sounds."""
    row = table("alarms")["interval"][alarm_class]
    return int(cited(f"alarms.interval.{alarm_class}", row).value.number("ms"))


@cache
def rearm_ms() -> int:
    """How long a silence lasts."""
    return int(cited("alarms.rearm", table("alarms")["rearm"]).value.number("ms"))


@cache
def session_limit_ms() -> int:
    """How long a programming session may stay open before it alarms."""
    return int(cited("alarms.session", table("alarms")["session"]).value.number("ms"))


@cache
def self_test_ms() -> int:
    """How often the pump tests itself while it runs (SR-30)."""
    return int(cited("alarms.self-test", table("alarms")["self-test"]).value.number("ms"))


def raised(alarms: Alarms, code: str, at_ms: int, who: str = "") -> Alarms:
    """The alarms with this one; a condition that is there already keeps its beginning."""
    if not kinds()[code].moment and any(a.code == code and not a.over for a in alarms):
        return alarms
    rest = tuple(a for a in alarms if a.code != code)
    fresh = Alarm(code, at_ms, who=who)
    return tuple(sorted((*rest, fresh), key=lambda a: a.kind.priority))


def ended(alarms: Alarms, code: str) -> Alarms:
    """The condition is over: the alarm goes, or waits for its acknowledgement if it is latched."""
    kept = (replace(a, over=True) if a.code == code else a for a in alarms)
    return tuple(a for a in kept if not a.over or a.kind.latch)


def acknowledged(alarms: Alarms, code: str) -> Alarms:
    """A person has seen it: a latched alarm whose condition is over goes."""
    return tuple(a for a in alarms if not (a.code == code and a.over))


def silenced(alarms: Alarms, code: str, at_ms: int) -> Alarms:
    """No sound until the silence lapses; the alarm stays."""
    until = at_ms + rearm_ms()
    return tuple(replace(a, silent_until_ms=until) if a.code == code else a for a in alarms)


def wrong_now(alarms: Alarms) -> tuple[str, ...]:
    """What is wrong, the most urgent first."""
    return tuple(a.code for a in alarms if not a.over)


def sounding(alarms: Alarms, at_ms: int) -> AlarmClass | None:
    """The sound now: that of the most urgent alarm which is not silenced."""
    loud = [a.kind.alarm_class for a in alarms if a.silent_until_ms <= at_ms]
    return None if not loud else "critical" if "critical" in loud else "non-critical"


def effect(alarms: Alarms) -> FlowEffect:
    """What the alarms do to the flow: the strongest wins; none of them raises it."""
    found = {a.kind.flow for a in alarms if not a.over} if alarms else ()
    for strongest in _STRONGEST_FIRST:
        if strongest in found:
            return strongest
    return "none"
